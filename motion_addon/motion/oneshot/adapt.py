# SPDX-License-Identifier: GPL-3.0-or-later
"""From an exemplar to a creature, feed-forward: encode, adapt, and look at what is missed.

The adapted network is run along the exemplar's own course, on its own footfalls. How much faster
or slower the exemplar steps is kept, and so is what the network misses of it, as cyclic splines
over the phase of the stride.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from .. import cyclic, features, gaits, quadruped, quat
from ..clip import Clip
from ..controller import Controller, Run
from ..habits import Residual
from ..pacing import Clock, Wishes
from ..quat import Array
from ..skeleton import Skeleton
from ..trajectory import RATE, Trajectory
from . import learnet, signature, stepping
from .creature import Creature, model_of
from .exemplar import Exemplar
from .learnet import Learnet
from .own_motion import OwnMotion
from .signature import Posture, Seen
from .stepping import Steps

KNOTS: Final = 24
"""Of the splines over the phase."""
LONGEST: Final = 8.0
"""Seconds of an exemplar that are run along."""
LEAD_IN: Final = 60
"""Frames that the network is run before those that are compared."""
TEMPOS: Final = (0.3, 3.0)
FARTHEST: Final = 0.2
"""Strides by which a paw's steps are moved to those of the network."""


def adapt(
    exemplar: Exemplar, *, credit: str = "", residual: bool = True, own: Learnet | None = None
) -> Creature:
    """Return the creature that an exemplar shows, in under a second.

    ``residual`` False leaves out what the network misses. ``own`` is a learner other than the
    shipped one. Raises ``models.ModelError`` without it.
    """
    learner = own or learnet.load()
    clip = exemplar.clip.slice(0, round(LONGEST * RATE))
    gait = exemplar.footfalls.gait
    plan = signature.course(clip, _gait(clip, gait))
    still = gait not in gaits.GAITS[1:]
    steps = None if still else stepping.steps(clip, exemplar.footfalls)
    if steps is not None and not steps.sure:
        clip = replace(clip, contacts=steps.contacts())
    seen = signature.seen(clip, plan)
    posture = _mean(seen, None if steps is None else steps.phase, clip.skeleton)
    offsets = _four(np.zeros(4) if steps is None else steps.offsets)
    shown = Creature(
        exemplar.name, clip.skeleton, exemplar.hip_height, learner.encode(seen, posture), posture,
        gait, exemplar.speed, offsets, 1.0, None, credit,
    )  # fmt: skip
    if steps is None:
        return replace(shown, extras=_extras(exemplar, None))
    shown, phase = _tuned(shown, seen, clip, plan, steps, learner, residual)
    return replace(shown, extras=_extras(exemplar, phase))


def _tuned(
    shown: Creature,
    seen: Seen,
    clip: Clip,
    plan: Trajectory,
    steps: Steps,
    learner: Learnet,
    residual: bool,
) -> tuple[Creature, Array]:
    """Return a creature with its steps, its tempo and what is missed, and its phase (T,)."""
    run = _along(shown, plan, steps, learner)
    if not steps.sure:
        steps = _aligned(steps, seen, run, plan)
        shown = replace(shown, offsets=_four(steps.offsets))
        run = _along(shown, plan, steps, learner)
    tempo = float(np.clip(steps.rate / max(float(run.rates.mean()), 0.1), *TEMPOS))
    missed = _missed(run, plan, clip, steps.phase) if residual else None
    return replace(shown, tempo=tempo, residual=missed), steps.phase


def _extras(exemplar: Exemplar, phase: Array | None) -> dict[str, Array] | None:
    own = OwnMotion.of(exemplar, phase)
    return None if own is None else own.to_arrays()


def _four(values: Array) -> tuple[float, float, float, float]:
    a, b, c, d = (float(v) for v in values)
    return a, b, c, d


def _gait(clip: Clip, name: str) -> Array:
    """Return (T, 6) the weights of a clip that is in one gait all along."""
    out = np.zeros((clip.frames, len(gaits.GAITS)), dtype=np.float32)
    out[:, gaits.GAITS.index(name)] = 1.0
    return out


def _mean(seen: Seen, phase: Array | None, skeleton: Skeleton) -> Posture:
    """Return the mean pose over whole strides, or over all of less than one."""
    whole = 0.0 if phase is None else np.floor(phase[-1] - phase[0])
    part = np.ones(len(seen.hips), dtype=bool)
    if phase is not None and whole >= 1.0:
        part = phase - phase[0] <= whole
    return Posture.mean(skeleton, seen.axes[part], seen.hips[part])


def _along(shown: Creature, plan: Trajectory, steps: Steps, learner: Learnet) -> Run:
    """Return how the adapted network moves along a clip's own course and steps."""
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
    clock = Clock(np.concatenate([early, steps.phase]), np.tile(steps.offsets, (len(led), 1)))
    controller = Controller(model_of(shown, own=learner))
    *_, runs = controller.run([led], early[:1], np.ones(1), [Wishes(clock=clock)])
    assert isinstance(runs, list)
    return runs[0].after(LEAD_IN)


def _aligned(steps: Steps, seen: Seen, run: Run, plan: Trajectory) -> Steps:
    """Return steps with which the network's paws go forth and back when the clip's do."""
    turn = np.exp(-2j * np.pi * steps.phase)
    paws = [quadruped.JOINTS.index(name) for name in quadruped.PAWS]
    own = seen.places[:, paws, 2]
    made = features.to_root(plan, run.clip.world()[1][:, paws] - plan.positions[:, None])[..., 2]
    waves = [(turn[:, None] * (y - y.mean(axis=0))).sum(axis=0) for y in (own, made)]
    late = -np.angle(waves[0] * np.conj(waves[1])) / (2.0 * np.pi)
    return steps.moved(np.clip(late, -FARTHEST, FARTHEST))


def _missed(run: Run, plan: Trajectory, clip: Clip, phase: Array) -> Residual:
    """Return what a run along a clip's own course misses of it, over the phase."""
    back = quat.inv(features.root_rotations(plan))
    (own, _), (made, _) = clip.world(), run.clip.world()
    away = quat.mul(back[:, None], quat.mul(own, quat.inv(made)))
    turns = quat.to_rotvec(quat.mul(away, quat.inv(back)[:, None]))
    hips = quat.apply(back, clip.root_positions - run.clip.root_positions)
    touched = np.asarray(clip.contacts) - np.asarray(run.clip.contacts)
    covered = min(float(np.ptp(phase)), 1.0)
    turns, hips, touched = (
        (covered * cyclic.fit(phase, values, KNOTS)).astype(np.float32)
        for values in (turns, hips, touched)
    )
    return Residual(turns, hips, touched)
