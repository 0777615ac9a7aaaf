# SPDX-License-Identifier: GPL-3.0-or-later
"""Baseline: style by modulating the statistics of the PFNN's hidden units while it runs.

An example's poses are inputs of the network (teacher forcing), which gives the mean and deviation
of each hidden unit. During a run each unit's running mean and deviation are moved toward them; the
output is fed back, so that the style enters the loop. Nothing is trained.
``training.style.judging.compare_methods`` compares it with the shipped network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motion_addon.motion.bake.planning import load_model, plan_walk, walked_path
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.cleanup.cleanup import clean
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.controller.blending import GaitOptions, StrideClock
from motion_addon.motion.controller.controller import PRE_ROLL, Controller, Run
from motion_addon.motion.controller.model import Model
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.network import MixedNetwork, Stepper, phase_basis
from motion_addon.motion.plan.trajectory import RATE, WINDOW, Trajectory

from ...biped.prepare import label
from ...shared.dataset import states

STRIDE = 1.1 * RATE
"""Time constant of the running mean and deviation, frames."""
EPSILON = 1e-3
"""Added to deviations, so that a constant unit stays constant."""
MOST = 3.0
"""Largest factor of a deviation."""
LAYERS = 2
"""Hidden layers."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and deviation of the hidden units of each layer, (L, H)."""

    mean: Array
    deviation: Array

    def shifted(self, plain: "Statistics", style: "Statistics") -> "Statistics":
        """Return these statistics, changed by the difference of ``style`` from ``plain``."""
        ratio = (style.deviation + EPSILON) / (plain.deviation + EPSILON)
        moved: Array = self.mean + style.mean - plain.mean
        return Statistics(moved, self.deviation * np.minimum(ratio, MOST))


class Watched(Stepper):
    """A stepper that records its hidden units."""

    def __init__(self, network: MixedNetwork, split: int, characters: int = 1) -> None:
        """Prepare the stepper and the buffers."""
        super().__init__(network, split, characters)
        self.seen = [np.empty_like(flat) for flat in self._flat[:LAYERS]]
        """(N, H) of the last step, by layer."""

    def _bent(self, i: int) -> Array:
        out = super()._bent(i)
        self.seen[i][:] = out
        return out


class Modulated(Stepper):
    """A stepper for one character that moves its hidden units to the statistics of a style."""

    def __init__(
        self,
        network: MixedNetwork,
        split: int,
        begin: Statistics,
        aim: Statistics,
        strength: Array,
    ) -> None:
        """``begin`` holds the initial statistics, ``strength`` (T,) the strength of each step."""
        super().__init__(network, split, 1)
        self._mean, self._square = begin.mean.copy(), begin.deviation**2
        self._aim, self._strength, self._steps = aim, strength, 0

    def _bent(self, i: int) -> Array:
        out = super()._bent(i)
        mean, square = self._mean[i], self._square[i]
        mean += (out[0] - mean) / STRIDE
        square += ((out[0] - mean) ** 2 - square) / STRIDE
        ratio = (self._aim.deviation[i] + EPSILON) / (np.sqrt(square) + EPSILON)
        more = self._aim.mean[i] + np.minimum(ratio, MOST) * (out[0] - mean) - out[0]
        out[0] += self._strength[min(self._steps, len(self._strength) - 1)] * more
        self._steps += i == LAYERS - 1
        return out


class Driven(Controller):
    """A controller with a modulated network."""

    def __init__(self, model: Model, begin: Statistics, aim: Statistics, strength: Array) -> None:
        """``strength`` (T,) holds the strength of each frame of the plan."""
        super().__init__(model)
        held = np.concatenate([np.full(3 * PRE_ROLL, strength[0]), strength])
        split = model.inputs.control.stop
        self._stepper = Modulated(model.network, split, begin, aim, held)


def forced(
    model: Model, clip: Clip, gaits: Sequence[int], styled: Clip | None = None
) -> Statistics:
    """Return the statistics of the hidden units with the poses of a clip at 60 Hz as inputs.

    The clip is on the model's skeleton; only moving frames of ``gaits`` are used. With ``styled``,
    a clip of the same steps, the poses come from it; trajectory and gait stay those of ``clip``.
    Raises ValueError if there are no such frames.
    """
    labels = label(clip)
    found = labels if styled is None else label(styled)
    ones = found | {"clip": np.zeros(clip.frames, dtype=np.int64)}
    positions, velocities = states(model.skeleton, ones, model.state_joints)
    before = np.maximum(np.arange(clip.frames) - 1, 0)
    carried = positions[before] @ found["matrices"] + found["moves"][:, None]
    turned = velocities[before] @ found["matrices"]
    state = np.concatenate([carried, turned], axis=1).reshape(clip.frames, -1)
    stepper = Watched(model.network, model.inputs.control.stop, clip.frames)
    known = stepper.prepare(labels["control"])
    stepper.step(known, state.astype(np.float32), phase_basis(labels["phase"]))
    window = labels["control"][:, features.TRAJECTORY][:, 4 * len(WINDOW) :]
    now = window.reshape(clip.frames, len(WINDOW), -1)[:, list(WINDOW).index(0)]
    chosen = now[:, list(gaits)].sum(axis=1) > 0.8
    if not chosen.any():
        raise ValueError("The clip has no moving frames in the requested gaits")
    return statistics_of([seen[chosen] for seen in stepper.seen])


def statistics_of(hidden: Sequence[Array]) -> Statistics:
    """Return the statistics of hidden units (T, H), by layer."""
    return Statistics(
        np.stack([layer.mean(axis=0) for layer in hidden]),
        np.stack([layer.std(axis=0) for layer in hidden]),
    )


def drive(plan: Trajectory, controller: Controller, clock: StrideClock | None = None) -> Run:
    """Run one character along a plan, with a fixed clock if it is given."""
    for given in controller.run([plan], np.zeros(1), np.ones(1), [GaitOptions(clock=clock)]):
        if not isinstance(given, float):
            return given[0]
    raise RuntimeError("The controller ended without a result")


@dataclass(frozen=True, eq=False)
class PlainRun:
    """A run without a style, which is the base of styled runs."""

    model: Model
    plan: Trajectory
    run: Run
    own: Statistics
    """Statistics of its hidden units."""


def plain_run(request: BakeRequest, gaits: Sequence[int]) -> PlainRun:
    """Return a run at the model's size in ``gaits``."""
    model = load_model(request)
    plan = plan_walk(request, walked_path(request), 1.0, model.kind.mover)
    run = drive(plan, Controller(model))
    return PlainRun(model, plan, run, forced(model, run.clip, gaits))


def restyled(plain: PlainRun, aim: Statistics, strength: float, hold: bool = True) -> Clip:
    """Return the cleaned clip at 60 Hz of a modulated run; standing is not modulated.

    With ``hold`` the run keeps the gait cycle of ``plain``.
    """
    clock = StrideClock(plain.run.phase, np.zeros((len(plain.plan), 4))) if hold else None
    going = strength * (1.0 - plain.plan.gait[:, 0])
    run = drive(plain.plan, Driven(plain.model, plain.own, aim, going), clock)
    assert run.clip.contacts is not None
    return clean(run.clip, run.clip.contacts, plain.plan)
