# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a model along planned trajectories: the closed loop of the network.

Each frame transforms the previous pose into the new root frame, evaluates the network and advances
the gait cycle by its phase rate. Everything that the plan fixes (trajectory windows, root motion,
their part of the first layer) is computed for all frames at once; several characters step
together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..nn.mixture import Step, stepper
from ..plan.trajectory import RATE, Trajectory
from . import features
from .blending import Blending, GaitOptions, blending_of, given_phase, leg_offsets
from .gait_profile import Residual
from .model import Model

PRE_ROLL = 90
"""Frames run before the first, so that a walk without a start has found its stride."""
FASTEST = 3.5
"""Cycles per second, the upper limit of the phase rate."""
SLICE = 120
"""Frames prepared at once, and between two reports of progress."""


@dataclass(frozen=True, eq=False)
class Run:
    """Raw motion of one character at 60 Hz, before clean-up."""

    clip: Clip
    """Contacts are the network's, clipped to 0..1."""
    phase: Array
    """(T,) gait phase in cycles, unwrapped; whole as the right foot or left hind paw lands."""
    rates: Array
    """(T,) the network's own phase rate, cycles per second."""
    shares: Array | None = None
    """(T, K) weights of the experts of a gated mixture."""

    def after(self, start: int) -> Run:
        """Return the run from frame ``start`` on."""
        shares = None if self.shares is None else self.shares[start:]
        return Run(self.clip.slice(start, self.clip.frames), self.phase[start:],
                   self.rates[start:], shares)  # fmt: skip


class ProfileResidual(NamedTuple):
    """The residual of an animal's gait profile along a motion."""

    residual: Residual
    phase: Array
    """(T,) of the left hind leg's stride, cycles."""
    share: Array
    """(T,) weight, 0 to 1."""

    def motion(self) -> tuple[Array, Array]:
        """Return turns (T, J, 3) of the joints and moves (T, 3) of the hips, as ``Residual.at``."""
        return self.residual.at(self.phase, self.share)

    def contacts(self, contacts: Array) -> Array:
        """Return the network's contacts (T, P) blended with the residual's."""
        return self.residual.blended_contacts(contacts, self.phase, self.share)


class Placer:
    """Positions of the state joints of an output vector, for the feedback.

    Forward kinematics without a loop and almost without allocation: the axes are
    orthonormalized (Gram-Schmidt on forward) and the bones summed along each chain.
    """

    def __init__(self, model: Model) -> None:
        """Gather what forward kinematics needs."""
        skeleton = model.skeleton
        state = [skeleton.index(name) for name in model.state_joints]
        chain = features.ancestors(skeleton)[state]
        used = np.flatnonzero(chain.any(axis=0))
        self._chain = np.ascontiguousarray(chain[:, used])
        # x y z x y, so that a cross product is a difference of products of slices.
        first = model.layout.axes.start + 6 * skeleton.parents[used][:, None]
        self._forward = first + np.array([0, 1, 2, 0, 1])
        self._up = first + 3 + np.array([0, 1, 2, 0, 1])
        self._x, self._y, self._z = np.moveaxis(skeleton.offsets[used], 1, 0)
        self._hips = model.layout.hips

    def __call__(self, outputs: Array) -> Array:
        """Return (N, S, 3) positions in the root frame of outputs (N, O)."""
        forward, up = outputs[:, self._forward], outputs[:, self._up]
        right = up[..., 1:4] * forward[..., 2:5] - up[..., 2:5] * forward[..., 1:4]
        forward, up = forward[..., :3], up[..., :3]
        square = np.einsum("nji,nji->nj", forward, forward)
        lean = np.einsum("nji,nji->nj", forward, up) / square
        length = np.sqrt(square)
        area = np.sqrt(np.einsum("nji,nji->nj", right, right))
        up -= forward * lean[..., None]
        bones = right * (self._x / area)[..., None]
        bones += up * (self._y * length / area)[..., None]
        bones += forward * (self._z / length)[..., None]
        return np.asarray(self._chain @ bones + outputs[:, None, self._hips])


def stacked(plans: Sequence[Trajectory], last: int) -> tuple[Array, Array, Array]:
    """Return controls (T, N, C), matrices (T, N, 3, 3) and moves (T, N, 3) of N plans.

    T is ``last``; a plan that is over stays at its last frame.
    """
    controls, matrices, moves = [], [], []
    for plan in plans:
        at = np.minimum(np.arange(last), len(plan.positions) - 1)
        turn, move = features.carry(plan)
        controls.append(features.control(plan)[at])
        matrices.append(turn[at])
        moves.append(move[at])
    return np.stack(controls, axis=1), np.stack(matrices, axis=1), np.stack(moves, axis=1)


class _Course:
    """Network inputs of N plans, computed before they are run; first axis frames."""

    def __init__(self, step: Step, plans: Sequence[Trajectory], rates: tuple[Array, Array]) -> None:
        """``rates`` are factors (T, N) of the phase rate, and addends (T, N)."""
        self.frames = max(len(plan) for plan in plans)
        self.control, self.turns, self.moves = stacked(plans, self.frames)
        self.rates, self.added = rates
        self._step, self._from = step, 0
        self._known = step.prepare(self.control[:SLICE])

    def known(self, frame: int) -> Array:
        """Return a frame's control inputs, (N, ...), as the stepper prepared them.

        A slice of frames is prepared at once, so that crowds fit into memory.
        """
        if not self._from <= frame < self._from + SLICE:
            self._from = frame - frame % SLICE
            self._known = self._step.prepare(self.control[self._from : self._from + SLICE])
        return np.asarray(self._known[frame - self._from])


class Controller:
    """Runs one model for a number of characters at once."""

    def __init__(self, model: Model, characters: int = 1) -> None:
        """Prepare buffers for ``characters``."""
        self._model = model
        self._layout = model.layout
        mixing = str(model.info.get("mixing", "blend"))
        active = 0 if model.gate is None else model.gate.active
        split = model.inputs.control.stop
        self._stepper = stepper(model.network, mixing, active, split, characters)
        self._place = Placer(model)
        self._states = len(model.state_joints)
        start = model.start_state.reshape(-1, 3).astype(np.float32)
        self._start = np.repeat(start[None], characters, axis=0)
        self._state = self._start.copy()
        self._phase = np.zeros(characters)
        self._fed = np.empty((characters, model.inputs.size - split), dtype=np.float32)
        self._clocks = model.inputs.clock.stop - split
        self._carried = self._fed[:, self._clocks :].reshape(self._start.shape)
        self._shares = np.zeros((characters, model.network.sets), dtype=np.float32)

    def _step(self, course: _Course, blending: Blending, i: int) -> Array:
        layout, half, carried = self._layout, self._states, self._carried
        np.matmul(self._state, course.turns[i], out=carried)
        carried[:, :half] += course.moves[i][:, None]
        self._shares, clock = blending(i, self._phase)
        self._fed[:, : self._clocks] = clock
        out = self._stepper.step(course.known(i), self._fed, self._shares)
        placed = self._place(out)
        self._state[:, half:] = (placed - carried[:, :half]) * RATE
        self._state[:, :half] = placed
        speed = np.minimum(np.maximum(out[:, layout.phase_rate], 0.0), FASTEST)
        self._phase = self._phase + (speed * course.rates[i] + course.added[i]) / RATE
        return out

    def _settle(self, course: _Course, blending: Blending, phase: Array) -> None:
        self._state[:] = self._start
        self._phase = np.zeros(len(self._start))
        # Find the natural rate first, then advance by exactly that rate, to end on ``phase``.
        for _ in range(PRE_ROLL):
            self._step(course, blending, 0)
        begun = self._phase.copy()
        for _ in range(PRE_ROLL):
            self._step(course, blending, 0)
        advance = (self._phase - begun) / PRE_ROLL
        for left in range(PRE_ROLL, 0, -1):
            self._phase = phase - left * advance
            self._step(course, blending, 0)
        self._phase = np.array(phase)

    def _rates(
        self, plans: Sequence[Trajectory], cadence: Array, options: Sequence[GaitOptions]
    ) -> tuple[Array, Array]:
        """Return factors (T, N) of the phase rate and addends (T, N) in cycles per second."""
        frames = max(len(plan) for plan in plans)
        profile = self._model.gait_profile
        rates = [profile.rates(p, o.lead) for p, o in zip(plans, options, strict=True)]
        shares, added = (
            np.stack([np.pad(v, (0, frames - len(v)), mode="edge") for v in part], axis=1)
            for part in zip(*rates, strict=True)
        )
        return np.asarray(cadence) * shares, np.asarray(cadence) * added

    def _residual(self, plan: Trajectory, lead: str, phase: Array) -> ProfileResidual | None:
        """Return the residual of the gait profile along a plan, at the clock's phases (T,)."""
        profile = self._model.gait_profile
        if profile.residual is None:
            return None
        late = leg_offsets(self._model, plan, lead)[0][:, 0]
        return ProfileResidual(profile.residual, phase - late, profile.similarity(plan, lead))

    def run(
        self,
        plans: Sequence[Trajectory],
        phase: Array,
        cadence: Array,
        options: Sequence[GaitOptions] | None = None,
    ) -> Iterator[float | list[Run]]:
        """Yield progress (0..1) now and then, and last the list of runs.

        ``phase`` (N,) cycles at the first frame; ``cadence`` (N,) or (T, N) multiplies the
        network's phase rate; ``options`` are for models on a stride clock.
        """
        options = options or [GaitOptions()] * len(plans)
        course = _Course(self._stepper, plans, self._rates(plans, cadence, options))
        blending = blending_of(self._model, plans, course.control, options)
        self._settle(course, blending, np.asarray(phase, dtype=np.float64))
        frames, skeleton = course.frames, self._model.skeleton
        outputs = np.empty((frames, len(plans), self._layout.size), dtype=np.float32)
        phases = np.empty((frames, len(plans)))
        shares = np.empty((frames, *self._shares.shape), dtype=np.float32)
        given = given_phase(options, frames)
        for i in range(frames):
            phases[i] = self._phase = np.where(np.isnan(given[i]), self._phase, given[i])
            outputs[i] = self._step(course, blending, i)
            shares[i] = self._shares
            if i % SLICE == SLICE - 1:
                yield (i + 1) / frames
        runs = []
        for n, plan in enumerate(plans):
            out = outputs[: len(plan), n]
            residual = self._residual(plan, options[n].lead, phases[: len(plan), n])
            run = decode(skeleton, plan, out, phases[:, n], residual)
            gated = self._model.gate is not None
            runs.append(replace(run, shares=shares[: len(plan), n].copy()) if gated else run)
        yield runs


def decode(
    skeleton: Skeleton,
    plan: Trajectory,
    outputs: Array,
    phase: Array,
    residual: ProfileResidual | None = None,
) -> Run:
    """Return the motion of outputs (T, O) along a plan of T frames.

    ``residual`` is added to the network's output.
    """
    layout = features.OutputLayout(len(skeleton))
    hips, contacts = outputs[:, layout.hips], outputs[:, layout.contacts]
    if residual is not None:
        turns, moved = residual.motion()
        hips, contacts = hips + moved, residual.contacts(contacts)
    root = features.root_rotations(plan)
    world = np.empty((len(outputs), len(skeleton), 4), dtype=np.float32)
    for start in range(0, len(outputs), SLICE):
        some = slice(start, start + SLICE)
        axes = outputs[some, layout.axes]
        turned = quat.from_two_axes(axes.reshape(len(axes), -1, 6))
        if residual is not None:
            turned = quat.mul(quat.from_rotvec(turns[some]), turned)
        world[some] = quat.mul(root[some, None], turned)
    hips = plan.positions + quat.apply(root, hips)
    rotations = quat.unroll(skeleton.local(world))
    contacts = np.clip(contacts, 0.0, 1.0).astype(np.float32)
    clip = Clip(skeleton, rotations, hips.astype(np.float32), float(RATE), contacts)
    return Run(clip, np.array(phase[: len(outputs)]), outputs[:, layout.phase_rate].copy())
