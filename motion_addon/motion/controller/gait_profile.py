# SPDX-License-Identifier: GPL-3.0-or-later
"""Per-animal gait profile: footfalls, stride rate and the residual that the network misses."""

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
from .plan_similarity import similarity

STRIDE_POWER: Final = 0.6
"""Power of the speed with which stride rate grows (Alexander and Jayes 1983, between the gaits)."""


@dataclass(frozen=True, eq=False)
class Residual:
    """Residual that is added to a network's output over the stride; K knots of cyclic splines."""

    turns: Array
    """(K, J, 3) rotation vectors of the joints in the root frame, applied on the left."""
    hips: Array
    """(K, 3) meters at the model animal's size."""
    contacts: Array
    """(K, 4) contacts that replace the network's; a sum would leave a paw half in contact."""
    contact_share: float = 1.0
    """Share in which they replace the network's."""

    def scaled(self, strength: float) -> Residual:
        """Return the residual at a strength."""
        return replace(
            self,
            turns=strength * self.turns,
            hips=strength * self.hips,
            contact_share=min(strength, 1.0) * self.contact_share,
        )

    def at(self, phase: Array, share: Array) -> tuple[Array, Array]:
        """Return the residual at phases and shares (T,): turns (T, J, 3) and hips (T, 3)."""
        weight = cyclic_spline.basis(phase, len(self.hips)) * share[:, None]
        turns = np.einsum("tk,kjc->tjc", weight, self.turns)
        return turns, np.asarray(weight @ self.hips)

    def blended_contacts(self, contacts: Array, phase: Array, share: Array) -> Array:
        """Return the network's contacts (T, 4) blended with the residual's."""
        weight = (self.contact_share * share)[:, None]
        return np.asarray(
            contacts + weight * (cyclic_spline.evaluate(self.contacts, phase) - contacts)
        )


@dataclass(frozen=True, eq=False)
class GaitProfile:
    """An animal's own gait; the defaults are those of any dog."""

    table: Mapping[str, Gait] = field(default_factory=lambda: quadruped_gaits.TABLE)
    """Footfalls by gait; canter and gallop on the right lead."""
    left: bool = False
    """Whether it takes the left lead if the lead is automatic."""
    gait: str = "stand"
    """Gait of its exemplar."""
    speed: float = 0.0
    """Speed of its exemplar, m/s at the model animal's size."""
    rate: float = 0.0
    """Strides per second of its exemplar, which replace the network's; 0 for none."""
    residual: Residual | None = None
    soles: tuple[float, float, float, float] | None = None
    """Heights of the joints of standing paws above the ground, meters, in the order of LEGS; None
    uses those of a dog of its size."""

    def similarity(self, plan: Trajectory, lead: str = "auto") -> Array:
        """Return (T,) the similarity of a plan to the exemplar's motion, 0 to 1."""
        share = similarity(plan, self.gait, self.speed)
        if self.gait in quadruped_gaits.ASYMMETRIC:
            share = share * (stride_clock.leads_left(plan, lead, self.left) == self.left)
        return np.asarray(share)

    @property
    def mover(self) -> Mover:
        """Moves along a path; with automatic gait, in its own gait near its exemplar's speed."""
        usual = quadruped_gaits.GAITS[max(int(quadruped_gaits.weights(self.speed).argmax()), 1)]
        if self.gait in ("stand", usual):
            return quadruped_gaits.MOVER
        return replace(quadruped_gaits.MOVER, weights=partial(_instead, usual, self.gait))

    def rates(self, plan: Trajectory, lead: str = "auto") -> tuple[Array, Array]:
        """Return the weight (T,) of the network's stride rate along a plan, and an added rate (T,).

        The added rate is in strides per second and grows with the speed's STRIDE_POWER.
        """
        if not self.rate:
            return np.ones(len(plan)), np.zeros(len(plan))
        share = self.similarity(plan, lead)
        pace = (np.maximum(plan.speeds, 0.05) / max(self.speed, 0.05)) ** STRIDE_POWER
        return 1.0 - share, share * self.rate * pace


def _instead(usual: str, own: str, speeds: ArrayLike, gait: str = "auto") -> Array:
    """Return ``quadruped_gaits.weights``; an automatic gait has ``own`` instead of ``usual``."""
    out = quadruped_gaits.weights(speeds, gait)
    if gait == "auto":
        before, after = quadruped_gaits.GAITS.index(usual), quadruped_gaits.GAITS.index(own)
        out[..., after] += out[..., before]
        out[..., before] = 0.0
    return out


DEFAULT_PROFILE: Final = GaitProfile()
