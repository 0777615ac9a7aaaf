# SPDX-License-Identifier: GPL-3.0-or-later
"""What one animal does in its own way: its footfalls, its step rate, and its way of moving at the
gait and speed that it was seen at, as far as the network does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ..body import quadruped_gaits
from ..body.mover import Mover
from ..body.quadruped_gaits import Gait
from ..maths import cyclic_spline
from ..maths.quat import Array
from ..plan.trajectory import Trajectory
from . import stride_clock
from .plan_similarity import nearness

STRIDE_POWER: Final = 0.6
"""Power of the speed by which animals step faster (Alexander and Jayes 1983, between the gaits)."""


@dataclass(frozen=True, eq=False)
class Residual:
    """What is added to a network's answers over the phase of the stride; K knots of a spline."""

    turns: Array
    """(K, J, 3) rotation vectors of the joints in the root frame, on the left."""
    hips: Array
    """(K, 3) meters at the model animal's size."""
    contacts: Array
    """(K, 4) which take the place of the network's: between, a paw would half stand."""
    own: float = 1.0
    """Share of the contacts that do."""

    def scaled(self, strength: float) -> Residual:
        """Return so much of it."""
        return replace(
            self,
            turns=strength * self.turns,
            hips=strength * self.hips,
            own=min(strength, 1.0) * self.own,
        )

    def at(self, phase: Array, share: Array) -> tuple[Array, Array]:
        """Return what is added at phases and shares (T,): turns (T, J, 3) and hips (T, 3)."""
        weight = cyclic_spline.basis(phase, len(self.hips)) * share[:, None]
        turns = np.einsum("tk,kjc->tjc", weight, self.turns)
        return turns, np.asarray(weight @ self.hips)

    def touching(self, contacts: Array, phase: Array, share: Array) -> Array:
        """Return a network's contacts (T, 4) with its own in their place."""
        weight = (self.own * share)[:, None]
        return np.asarray(
            contacts + weight * (cyclic_spline.evaluate(self.contacts, phase) - contacts)
        )


@dataclass(frozen=True, eq=False)
class Habits:
    """An animal's own ways; these are of one that has none."""

    table: Mapping[str, Gait] = field(default_factory=lambda: quadruped_gaits.TABLE)
    """Its footfalls; canter and gallop on the right lead."""
    left: bool = False
    """Whether it leads with the left where nothing says which."""
    gait: str = "stand"
    """In which it was seen."""
    speed: float = 0.0
    """At which it was seen, m/s at the model animal's size."""
    rate: float = 0.0
    """Strides per second as it was seen, which take the place of its network's."""
    residual: Residual | None = None
    soles: tuple[float, float, float, float] | None = None
    """Meters over the ground of the joints of its paws as they stand, in the order of LEGS; those
    of a dog of its size if None."""

    def near(self, plan: Trajectory, lead: str = "auto") -> Array:
        """Return (T,) how much a plan is like the motion that it was seen in, 0 to 1."""
        share = nearness(plan, self.gait, self.speed)
        if self.gait in quadruped_gaits.ASYMMETRIC:
            share = share * (stride_clock.leads_left(plan, lead, self.left) == self.left)
        return np.asarray(share)

    @property
    def mover(self) -> Mover:
        """How it moves along a path; by itself in its own gait at speeds like that of its clip."""
        usual = quadruped_gaits.GAITS[max(int(quadruped_gaits.weights(self.speed).argmax()), 1)]
        if self.gait in ("stand", usual):
            return quadruped_gaits.DOG
        return replace(quadruped_gaits.DOG, weights=partial(_instead, usual, self.gait))

    def rates(self, plan: Trajectory, lead: str = "auto") -> tuple[Array, Array]:
        """Return how much (T,) the network's step rate counts along a plan, and what is added.

        The latter is in strides a second; at other speeds strides are longer, too.
        """
        if not self.rate:
            return np.ones(len(plan)), np.zeros(len(plan))
        near = self.near(plan, lead)
        pace = (np.maximum(plan.speeds, 0.05) / max(self.speed, 0.05)) ** STRIDE_POWER
        return 1.0 - near, near * self.rate * pace


def _instead(usual: str, own: str, speeds: ArrayLike, gait: str = "auto") -> Array:
    """Return ``gaits.weights``, where nothing says which with ``own`` in the place of ``usual``."""
    out = quadruped_gaits.weights(speeds, gait)
    if gait == "auto":
        before, after = quadruped_gaits.GAITS.index(usual), quadruped_gaits.GAITS.index(own)
        out[..., after] += out[..., before]
        out[..., before] = 0.0
    return out


USUAL: Final = Habits()
