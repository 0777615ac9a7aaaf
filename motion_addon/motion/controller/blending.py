# SPDX-License-Identifier: GPL-3.0-or-later
"""Blending weights of the network's experts along a gait cycle, and the clock inputs.

A PFNN blends its sets of weights by the gait phase. A gated mixture runs on a stride clock: each
leg has an offset on it, and the legs' phases are inputs of the network and of its gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..maths.quat import Array
from ..nn.mixture import GateStepper
from ..nn.network import phase_basis
from ..plan.trajectory import Trajectory
from . import stride_clock
from .model import Model


@dataclass(frozen=True, eq=False)
class StrideClock:
    """A stride clock that replaces the network's own."""

    phase: Array
    """(T,) in cycles, unwrapped."""
    offsets: Array
    """(T, 4) touchdowns of the legs on it, in cycles."""


@dataclass(frozen=True)
class GaitOptions:
    """Options of one character's gait; only a model on a stride clock uses them."""

    lead: str = "auto"
    """``auto`` (the inner leg of a turn), ``left`` or ``right``, in canter and gallop."""
    experts: tuple[float, ...] | None = None
    """Factor of each expert's share, not all zero; 0 mutes, None leaves all as they are."""
    clock: StrideClock | None = None
    """Replaces the network's stride rate and the plan's offsets; None keeps them."""


class Blending(Protocol):
    """Blending weights and clock inputs of a number of characters."""

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return weights (N, K) and clock inputs (N, C) at a frame and phases (N,) in cycles.

        The clock inputs are overwritten by the next call.
        """


class PhaseBlending:
    """Blending by the phase alone: the spline of a PFNN."""

    def __init__(self, characters: int) -> None:
        """Prepare for a number of ``characters``."""
        self._none = np.zeros((characters, 0), dtype=np.float32)

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return the spline's weights and no clock inputs."""
        return phase_basis(phase), self._none


class GatedBlending:
    """Blending by a gate that sees a stride clock with an offset for each leg along a plan."""

    def __init__(
        self,
        model: Model,
        plans: Sequence[Trajectory],
        control: Array,
        options: Sequence[GaitOptions],
    ) -> None:
        """Prepare for N plans with their options; ``control`` (T, N, CONTROL) holds their inputs.

        Raises ValueError for a model without a gate.
        """
        if model.gate is None:
            raise ValueError(f"The model {model.name} has no gate")
        frames = len(control)
        courses = [_course(model, p, w) for p, w in zip(plans, options, strict=True)]
        offsets, self._amplitude = (
            np.stack([_held(course[part], frames) for course in courses], axis=1) for part in (0, 1)
        )
        self._turned = 2.0 * np.pi * offsets
        self._amplitude = self._amplitude.astype(np.float32)
        everyone = (1.0,) * model.network.sets
        factors = np.array([everyone if w.experts is None else w.experts for w in options])
        self._gate = GateStepper(model.gate, len(stride_clock.GATE_COLUMNS), len(plans), factors)
        self._wanted = self._gate.prepare(control[..., list(stride_clock.GATE_COLUMNS)])
        self._clock = np.empty((len(plans), 2 * len(model.kind.legs)), dtype=np.float32)

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return the gate's weights and each leg's phase, as ``stride_clock.clock``."""
        angle = (2.0 * np.pi) * phase[:, None] - self._turned[frame]
        amplitude, clock = self._amplitude[frame], self._clock
        np.multiply(np.cos(angle), amplitude, out=clock[:, 0::2], casting="same_kind")
        np.multiply(np.sin(angle), amplitude, out=clock[:, 1::2], casting="same_kind")
        return self._gate(clock, self._wanted[frame]), clock


def leg_offsets(model: Model, plan: Trajectory, lead: str = "auto") -> tuple[Array, Array]:
    """Return the offsets (cycles) and amplitudes (T, 4) of the legs on the clock along a plan."""
    return stride_clock.planned(plan, lead, model.gait_profile.table, model.gait_profile.left)


def _course(model: Model, plan: Trajectory, options: GaitOptions) -> tuple[Array, Array]:
    """Return ``leg_offsets`` of one character, or those of its own clock."""
    offsets, amplitude = leg_offsets(model, plan, options.lead)
    return (offsets if options.clock is None else options.clock.offsets), amplitude


def given_phase(options: Sequence[GaitOptions], frames: int) -> Array:
    """Return the phases (T, N) of given clocks; nan where the network advances the phase."""
    none = np.full(1, np.nan)
    phases = [none if option.clock is None else option.clock.phase for option in options]
    return np.stack([_held(phase, frames) for phase in phases], axis=1)


def _held(values: Array, frames: int) -> Array:
    """Return ``values`` (T, ...) held at its last row up to ``frames`` rows."""
    return np.asarray(values[np.minimum(np.arange(frames), len(values) - 1)])


def blending_of(
    model: Model,
    plans: Sequence[Trajectory],
    control: Array,
    options: Sequence[GaitOptions] | None = None,
) -> Blending:
    """Return the blending of a model along plans; arguments as in ``GatedBlending``."""
    if model.gate is None:
        return PhaseBlending(len(plans))
    return GatedBlending(model, plans, control, options or [GaitOptions()] * len(plans))
