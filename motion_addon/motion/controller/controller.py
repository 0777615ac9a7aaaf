# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a model along planned trajectories: the closed loop of the network.

Each frame the body of the frame before is carried into the new root frame, the network gives
the new body, and its phase rate moves the gait cycle on. Everything known beforehand
(trajectory windows, root motion, the first layer's share of them) is worked out for all
frames at once; several characters step together.
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
from .gait_profile import Residual
from .model import Model
from .pacing import Pacing, Wishes, given_phase, legs, pacing

PRE_ROLL = 90
"""Frames run before the first, so that a walk that starts walking has found its stride."""
FASTEST = 3.5
"""Cycles per second, the most that a phase rate may be."""
SLICE = 120
"""Frames prepared at once, and between two reports of progress."""


@dataclass(frozen=True, eq=False)
class Run:
    """Raw motion of one character at 60 Hz, before clean-up."""

    clip: Clip
    """Contacts are the network's, clipped to 0..1."""
    phase: Array
    """(T,) gait phase in cycles, unwrapped; whole at right strikes, or at the left hind's."""
    rates: Array
    """(T,) cycles per second that the network takes by itself."""
    shares: Array | None = None
    """(T, K) of the experts of a gated mixture."""

    def after(self, start: int) -> Run:
        """Return the run from frame ``start`` on."""
        shares = None if self.shares is None else self.shares[start:]
        return Run(self.clip.slice(start, self.clip.frames), self.phase[start:],
                   self.rates[start:], shares)  # fmt: skip


class Own(NamedTuple):
    """What an animal adds to its network's answers."""

    residual: Residual
    phase: Array
    """(T,) of the left hind's stride, cycles."""
    share: Array
    """(T,) how much of it counts."""


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
    """All that is known of N plans before they are run; first axis frames."""

    def __init__(self, step: Step, plans: Sequence[Trajectory], rates: tuple[Array, Array]) -> None:
        """``rates`` (T, N) are factors of the phase rate, and what is added to it."""
        self.frames = max(len(plan) for plan in plans)
        self.control, self.turns, self.moves = stacked(plans, self.frames)
        self.rates, self.added = rates
        self._step, self._from = step, 0
        self._known = step.prepare(self.control[:SLICE])

    def known(self, frame: int) -> Array:
        """Return a frame's control inputs, (N, ...), as the stepper prepared them.

        That is done for a slice of frames at once, so that crowds fit into memory.
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

    def _step(self, course: _Course, pace: Pacing, i: int) -> Array:
        layout, half, carried = self._layout, self._states, self._carried
        np.matmul(self._state, course.turns[i], out=carried)
        carried[:, :half] += course.moves[i][:, None]
        self._shares, clock = pace(i, self._phase)
        self._fed[:, : self._clocks] = clock
        out = self._stepper.step(course.known(i), self._fed, self._shares)
        placed = self._place(out)
        self._state[:, half:] = (placed - carried[:, :half]) * RATE
        self._state[:, :half] = placed
        speed = np.minimum(np.maximum(out[:, layout.phase_rate], 0.0), FASTEST)
        self._phase = self._phase + (speed * course.rates[i] + course.added[i]) / RATE
        return out

    def _settle(self, course: _Course, pace: Pacing, phase: Array) -> None:
        self._state[:] = self._start
        self._phase = np.zeros(len(self._start))
        # First find the natural rate, then follow it in strict time, so as to end on ``phase``.
        for _ in range(PRE_ROLL):
            self._step(course, pace, 0)
        begun = self._phase.copy()
        for _ in range(PRE_ROLL):
            self._step(course, pace, 0)
        advance = (self._phase - begun) / PRE_ROLL
        for left in range(PRE_ROLL, 0, -1):
            self._phase = phase - left * advance
            self._step(course, pace, 0)
        self._phase = np.array(phase)

    def _rates(
        self, plans: Sequence[Trajectory], cadence: Array, wishes: Sequence[Wishes]
    ) -> tuple[Array, Array]:
        """Return factors (T, N) of the phase rate and what is added to it, cycles per second."""
        frames = max(len(plan) for plan in plans)
        own = [
            self._model.gait_profile.rates(p, w.lead) for p, w in zip(plans, wishes, strict=True)
        ]
        shares, added = (
            np.stack([np.pad(v, (0, frames - len(v)), mode="edge") for v in part], axis=1)
            for part in zip(*own, strict=True)
        )
        return np.asarray(cadence) * shares, np.asarray(cadence) * added

    def _own(self, plan: Trajectory, lead: str, phase: Array) -> Own | None:
        """Return what the animal adds to its network's answers along a plan; ``phase`` (T,)."""
        profile = self._model.gait_profile
        if profile.residual is None:
            return None
        late = legs(self._model, plan, lead)[0][:, 0]
        return Own(profile.residual, phase - late, profile.similarity(plan, lead))

    def run(
        self,
        plans: Sequence[Trajectory],
        phase: Array,
        cadence: Array,
        wishes: Sequence[Wishes] | None = None,
    ) -> Iterator[float | list[Run]]:
        """Yield progress (0..1) now and then, and last the list of runs.

        ``phase`` (N,) cycles at the first frame; ``cadence`` (N,) or (T, N) multiplies the
        network's phase rate; ``wishes`` are for a quadruped.
        """
        wishes = wishes or [Wishes()] * len(plans)
        course = _Course(self._stepper, plans, self._rates(plans, cadence, wishes))
        pace = pacing(self._model, plans, course.control, wishes)
        self._settle(course, pace, np.asarray(phase, dtype=np.float64))
        frames, skeleton = course.frames, self._model.skeleton
        outputs = np.empty((frames, len(plans), self._layout.size), dtype=np.float32)
        phases = np.empty((frames, len(plans)))
        shares = np.empty((frames, *self._shares.shape), dtype=np.float32)
        given = given_phase(wishes, frames)
        for i in range(frames):
            phases[i] = self._phase = np.where(np.isnan(given[i]), self._phase, given[i])
            outputs[i] = self._step(course, pace, i)
            shares[i] = self._shares
            if i % SLICE == SLICE - 1:
                yield (i + 1) / frames
        runs = []
        for n, plan in enumerate(plans):
            out = outputs[: len(plan), n]
            own = self._own(plan, wishes[n].lead, phases[: len(plan), n])
            run = decode(skeleton, plan, out, phases[:, n], own)
            gated = self._model.gate is not None
            runs.append(replace(run, shares=shares[: len(plan), n].copy()) if gated else run)
        yield runs


def decode(
    skeleton: Skeleton,
    plan: Trajectory,
    outputs: Array,
    phase: Array,
    own: Own | None = None,
) -> Run:
    """Return the motion of outputs (T, O) along a plan of T frames.

    ``own`` is what an animal adds to it.
    """
    layout = features.OutputLayout(len(skeleton))
    turned = quat.from_two_axes(outputs[:, layout.axes].reshape(len(outputs), -1, 6))
    hips, contacts = outputs[:, layout.hips], outputs[:, layout.contacts]
    if own is not None:
        turns, moved = own.residual.at(own.phase, own.share)
        turned = quat.mul(quat.from_rotvec(turns), turned)
        hips, contacts = hips + moved, own.residual.blended_contacts(contacts, own.phase, own.share)
    root = features.root_rotations(plan)
    world = quat.mul(root[:, None], turned).astype(np.float32)
    hips = plan.positions + quat.apply(root, hips)
    rotations = quat.unroll(skeleton.local(world))
    contacts = np.clip(contacts, 0.0, 1.0).astype(np.float32)
    clip = Clip(skeleton, rotations, hips.astype(np.float32), float(RATE), contacts)
    return Run(clip, np.array(phase[: len(outputs)]), outputs[:, layout.phase_rate].copy())
