# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running gait cycle tells the network: the shares of its sets of weights, and a clock.

A biped's cycle is the phase of the PFNN. A quadruped's is a stride clock; each leg is on it by
an offset, and the legs' places are both inputs of the network and what its gate sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..body import quadruped
from ..maths.quat import Array
from ..nn.mixture import GateStepper
from ..nn.network import phase_basis
from ..plan.trajectory import Trajectory
from . import stride_clock
from .model import Model


@dataclass(frozen=True, eq=False)
class Clock:
    """A stride clock that is given instead of the network's own."""

    phase: Array
    """(T,) in cycles, unwrapped."""
    offsets: Array
    """(T, 4) touchdowns of the legs on it, in cycles."""


@dataclass(frozen=True)
class Wishes:
    """What one character is asked for besides its plan; a biped has no use for it."""

    lead: str = "auto"
    """``auto`` (the inner leg of a turn), ``left`` or ``right``, in canter and gallop."""
    experts: tuple[float, ...] | None = None
    """Factor of each expert's share, not all zero; 0 mutes, None leaves all as they are."""
    clock: Clock | None = None
    """Held through the motion; None leaves the rate to the network and the offsets to the plan."""


class Pacing(Protocol):
    """How a kind of body keeps time."""

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return shares (N, K) and clock inputs (N, C) at a frame and phases (N,) in cycles.

        The clock is overwritten by the next call.
        """


class PhasePacing:
    """The biped's: the phase alone."""

    def __init__(self, characters: int) -> None:
        """``characters`` keep time at once."""
        self._none = np.zeros((characters, 0), dtype=np.float32)

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return the spline's weights and no clock."""
        return phase_basis(phase), self._none


class StridePacing:
    """The quadruped's: a clock with an offset for each leg along a plan, and a gate."""

    def __init__(
        self, model: Model, plans: Sequence[Trajectory], control: Array, wishes: Sequence[Wishes]
    ) -> None:
        """``control`` (T, N, CONTROL) holds the inputs of all plans, N of them, with a wish each.

        Raises ValueError for a model without a gate.
        """
        if model.gate is None:
            raise ValueError(f"The model {model.name} has no gate")
        frames = len(control)
        courses = [_course(model, p, w) for p, w in zip(plans, wishes, strict=True)]
        offsets, self._amplitude = (
            np.stack([_held(course[part], frames) for course in courses], axis=1) for part in (0, 1)
        )
        self._turned = 2.0 * np.pi * offsets
        self._amplitude = self._amplitude.astype(np.float32)
        everyone = (1.0,) * model.network.sets
        factors = np.array([everyone if w.experts is None else w.experts for w in wishes])
        self._gate = GateStepper(model.gate, len(stride_clock.GATE_COLUMNS), len(plans), factors)
        self._wanted = self._gate.prepare(control[..., list(stride_clock.GATE_COLUMNS)])
        self._clock = np.empty((len(plans), 2 * len(quadruped.LEGS)), dtype=np.float32)

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return the gate's shares and each leg's place on the clock, as ``stride.clock``."""
        angle = (2.0 * np.pi) * phase[:, None] - self._turned[frame]
        amplitude, clock = self._amplitude[frame], self._clock
        np.multiply(np.cos(angle), amplitude, out=clock[:, 0::2], casting="same_kind")
        np.multiply(np.sin(angle), amplitude, out=clock[:, 1::2], casting="same_kind")
        return self._gate(clock, self._wanted[frame]), clock


def legs(model: Model, plan: Trajectory, lead: str = "auto") -> tuple[Array, Array]:
    """Return the offsets and amplitudes (T, 4) of a quadruped's legs along a plan."""
    return stride_clock.planned(plan, lead, model.gait_profile.table, model.gait_profile.left)


def _course(model: Model, plan: Trajectory, wish: Wishes) -> tuple[Array, Array]:
    """Return the offsets and amplitudes (T, 4) of one character's legs."""
    offsets, amplitude = legs(model, plan, wish.lead)
    return (offsets if wish.clock is None else wish.clock.offsets), amplitude


def given_phase(wishes: Sequence[Wishes], frames: int) -> Array:
    """Return the phases (T, N) of clocks that are given; nan where the network paces."""
    none = np.full(1, np.nan)
    phases = [none if wish.clock is None else wish.clock.phase for wish in wishes]
    return np.stack([_held(phase, frames) for phase in phases], axis=1)


def _held(values: Array, frames: int) -> Array:
    """Return ``values`` (T, ...) held at its last row up to ``frames`` rows."""
    return np.asarray(values[np.minimum(np.arange(frames), len(values) - 1)])


def pacing(
    model: Model,
    plans: Sequence[Trajectory],
    control: Array,
    wishes: Sequence[Wishes] | None = None,
) -> Pacing:
    """Return how a model's body keeps time along its plans; the rest as in StridePacing."""
    if model.gate is None:
        return PhasePacing(len(plans))
    return StridePacing(model, plans, control, wishes or [Wishes()] * len(plans))
