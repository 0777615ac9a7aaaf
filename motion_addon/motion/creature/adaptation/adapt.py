# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapts an exemplar into a creature, feed-forward: encode, adapt, measure the residual.

The adapted network is run along the exemplar's own course with its own footfalls. The creature
keeps the exemplar's stride rate, and the difference between exemplar and network as cyclic
splines over the stride.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ...body import quadruped, quadruped_gaits
from ...clip.clip import Clip
from ...clip.skeleton import Skeleton
from ...controller import features
from ...controller.blending import GaitOptions, StrideClock, leg_offsets
from ...controller.controller import Controller, Run
from ...controller.gait_profile import Residual
from ...maths import cyclic_spline, quat
from ...maths.quat import Array
from ...plan.trajectory import RATE, Trajectory
from ..own_rig.own_motion import OwnMotion
from ..reading import touchdowns
from ..reading.exemplar import Exemplar
from ..reading.touchdowns import StrideTiming
from . import clip_tokens, learnet
from .clip_tokens import Posture, RootRelativeMotion
from .creature import Creature, model_of
from .learnet import Learnet

KNOTS: Final = 24
"""Knots of the splines over the stride."""
LONGEST: Final = 8.0
"""Longest part of an exemplar that is used, seconds."""
LOOSE: Final = 1e-4
"""Stiffness of the splines through the clip itself."""
STRAIGHT: Final = 0.2
"""Radians that a clip may turn and still be compared with a straight run."""
LEAD_IN: Final = 60
"""Frames that the network runs before the compared ones."""
SETTLED: Final = 30
"""Frames of a straight run before its strides are measured."""
STRIDES: Final = 4.0
"""Strides of a straight run that are measured, within MEASURED."""
MEASURED: Final = (150, 600)
"""Fewest and most measured frames."""
FARTHEST: Final = 0.2
"""Most strides by which a paw's touchdowns are shifted towards the network's."""


def adapt(
    exemplar: Exemplar, *, credit: str = "", residual: bool = True, own: Learnet | None = None
) -> Creature:
    """Return the creature of an exemplar, in under a second.

    ``residual`` False leaves out the residual. ``own`` replaces the shipped learnet. Raises
    RefusedError if the learnet is missing.
    """
    learner = own or learnet.load()
    clip = exemplar.clip.slice(0, round(LONGEST * RATE))
    gait = exemplar.footfalls.gait
    still = gait not in quadruped_gaits.GAITS[1:]
    steps = None if still else touchdowns.stride_timing(clip, exemplar.footfalls)
    if steps is not None and not steps.measured:
        clip = replace(clip, contacts=steps.contacts(clip))
    plan = clip_tokens.root_course(clip, quadruped_gaits.only(gait, clip.frames))
    seen = clip_tokens.root_relative(clip, plan)
    posture = _mean(seen, None if steps is None else steps.phase, clip.skeleton)
    offsets = _four(np.zeros(4) if steps is None else steps.offsets)
    shown = Creature(
        exemplar.name, clip.skeleton, exemplar.hip_height, learner.encode(seen, posture), posture,
        gait, exemplar.speed, offsets, 0.0 if steps is None else steps.rate, None,
        _four(touchdowns.soles(clip, exemplar.footfalls)), learner.digest, credit,
    )  # fmt: skip
    if steps is None:
        return replace(shown, own_motion=_own_motion(exemplar, None))
    shown, phase = _tuned(shown, seen, clip, plan, steps, learner, residual)
    return replace(shown, own_motion=_own_motion(exemplar, phase))


def _tuned(
    shown: Creature,
    seen: RootRelativeMotion,
    clip: Clip,
    plan: Trajectory,
    steps: StrideTiming,
    learner: Learnet,
    residual: bool,
) -> tuple[Creature, Array]:
    """Return the creature with its touchdowns and residual, and its stride phase (T,)."""
    run = _along(shown, plan, steps, learner)
    if not steps.measured:
        steps = _aligned(steps, seen, run, plan)
        shown = replace(shown, offsets=_four(steps.offsets))
        run = _along(shown, plan, steps, learner)
    if not residual:
        return shown, steps.phase
    if np.ptp(features.yaw(plan)) < STRAIGHT:
        run, plan = _ahead(shown, steps, learner)
    return replace(shown, residual=_residual(seen, steps.phase, run, plan)), steps.phase


def _ahead(shown: Creature, steps: StrideTiming, learner: Learnet) -> tuple[Run, Trajectory]:
    """Run a creature straight ahead at the clip's speed; return the run and its plan.

    The run's phase is the left hind's.
    """
    frames = np.arange(SETTLED + int(np.clip(STRIDES / steps.rate * RATE, *MEASURED)))
    ahead = np.array([0.0, 0.0, 1.0])
    way = frames * shown.speed / RATE
    plan = Trajectory(
        way[:, None] * ahead, np.tile(ahead, (len(frames), 1)),
        np.full(len(frames), shown.speed), quadruped_gaits.only(shown.gait, len(frames)), way,
    )  # fmt: skip
    model = model_of(shown, own=learner)
    *_, runs = Controller(model).run([plan], np.zeros(1), np.ones(1))
    assert isinstance(runs, list)
    run = replace(runs[0], phase=runs[0].phase - leg_offsets(model, plan)[0][:, 0]).after(SETTLED)
    return run, replace(plan, positions=plan.positions[SETTLED:], facing=plan.facing[SETTLED:])


def _own_motion(exemplar: Exemplar, phase: Array | None) -> dict[str, Array] | None:
    own = OwnMotion.of(exemplar, phase)
    return None if own is None else own.to_arrays()


def _four(values: Array) -> tuple[float, float, float, float]:
    a, b, c, d = (float(v) for v in values)
    return a, b, c, d


def _mean(seen: RootRelativeMotion, phase: Array | None, skeleton: Skeleton) -> Posture:
    """Return the mean pose over whole strides, or over a clip of less than one."""
    whole = 0.0 if phase is None else np.floor(phase[-1] - phase[0])
    part = np.ones(len(seen.hips), dtype=bool)
    if phase is not None and whole >= 1.0:
        part = phase - phase[0] <= whole
    return Posture.mean(skeleton, seen.axes[part], seen.hips[part])


def _along(shown: Creature, plan: Trajectory, steps: StrideTiming, learner: Learnet) -> Run:
    """Run the adapted network along a clip's own course with its own touchdowns."""
    before = np.arange(-LEAD_IN, 0)
    step = plan.positions[1] - plan.positions[0]
    led = Trajectory(
        np.concatenate([plan.positions[0] + before[:, None] * step, plan.positions]),
        *(
            np.concatenate([np.repeat(values[:1], LEAD_IN, axis=0), values])
            for values in (plan.facing, plan.speeds, plan.gait, plan.distance)
        ),
    )
    early = steps.phase[0] + before * steps.rate / RATE
    clock = StrideClock(np.concatenate([early, steps.phase]), np.tile(steps.offsets, (len(led), 1)))
    controller = Controller(model_of(shown, own=learner))
    *_, runs = controller.run([led], early[:1], np.ones(1), [GaitOptions(clock=clock)])
    assert isinstance(runs, list)
    return runs[0].after(LEAD_IN)


def _aligned(
    steps: StrideTiming, seen: RootRelativeMotion, run: Run, plan: Trajectory
) -> StrideTiming:
    """Return the timing with which the network's paws swing in phase with the clip's."""
    turn = np.exp(-2j * np.pi * steps.phase)
    paws = [quadruped.JOINTS.index(name) for name in quadruped.PAWS]
    own = seen.places[:, paws, 2]
    made = features.to_root(plan, run.clip.world()[1][:, paws] - plan.positions[:, None])[..., 2]
    waves = [(turn[:, None] * (y - y.mean(axis=0))).sum(axis=0) for y in (own, made)]
    late = -np.angle(waves[0] * np.conj(waves[1])) / (2.0 * np.pi)
    return steps.delayed(np.clip(late, -FARTHEST, FARTHEST))


def _residual(seen: RootRelativeMotion, phase: Array, run: Run, plan: Trajectory) -> Residual:
    """Return the difference of a clip with phase (T,) from a run along a plan, over the stride."""
    back = quat.inv(features.root_rotations(plan))
    own = cyclic_spline.evaluate(cyclic_spline.fit(phase, seen.axes, KNOTS, LOOSE), run.phase)
    hips = cyclic_spline.evaluate(cyclic_spline.fit(phase, seen.hips, KNOTS, LOOSE), run.phase)
    made = quat.mul(back[:, None], run.clip.world()[0])
    turns = quat.to_rotvec(quat.mul_inv(quat.from_two_axes(own), made))
    hips = hips - quat.apply(back, run.clip.root_positions - plan.positions)
    covered = min(float(np.ptp(phase)), 1.0)
    turns, hips = (
        (covered * cyclic_spline.fit(run.phase, values, KNOTS)).astype(np.float32)
        for values in (turns, hips)
    )
    contacts = cyclic_spline.fit(phase, seen.contacts, KNOTS, LOOSE).astype(np.float32)
    return Residual(turns, hips, contacts, covered)
