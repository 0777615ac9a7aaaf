# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running gait cycle tells the network: the shares of its sets of weights, and a clock.

A biped's cycle is the phase of the PFNN. A quadruped's is a stride clock; each leg is on it by
an offset, and the legs' places are both inputs of the network and what its gate sees.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from . import stride
from .models import Model
from .network import phase_basis
from .quat import Array
from .trajectory import Trajectory


class Pacing(Protocol):
    """How a kind of body keeps time."""

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return shares (N, K) and clock inputs (N, C) at a frame and phases (N,) in cycles."""


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

    def __init__(self, model: Model, plans: Sequence[Trajectory], control: Array) -> None:
        """``control`` (T, N, CONTROL) holds the inputs of all plans, N of them."""
        if model.gate is None:
            raise ValueError(f"The model {model.name} has no gate")
        frames = len(control)
        courses = [stride.planned(plan) for plan in plans]
        self.offsets, self.amplitude = (
            np.stack([_held(course[part], frames) for course in courses], axis=1) for part in (0, 1)
        )
        self._wanted = control[..., list(stride.GATE_COLUMNS)]
        self._gate = model.gate

    def __call__(self, frame: int, phase: Array) -> tuple[Array, Array]:
        """Return the gate's shares and each leg's place on the clock."""
        clock = stride.clock(phase[:, None] - self.offsets[frame], self.amplitude[frame])
        return self._gate(np.concatenate([clock, self._wanted[frame]], axis=-1)), clock


def _held(values: Array, frames: int) -> Array:
    """Return ``values`` (T, ...) held at its last row up to ``frames`` rows."""
    return np.asarray(values[np.minimum(np.arange(frames), len(values) - 1)])


def pacing(model: Model, plans: Sequence[Trajectory], control: Array) -> Pacing:
    """Return how a model's body keeps time along its plans; ``control`` as in StridePacing."""
    if model.body == "quadruped":
        return StridePacing(model, plans, control)
    return PhasePacing(len(plans))
