# SPDX-License-Identifier: GPL-3.0-or-later
"""From an exemplar to a creature, feed-forward: encode, adapt, and look at what is missed.

The adapted network is run along the exemplar's own course, on its own footfalls. How much faster
or slower the exemplar steps is kept, and so is what the network misses of it, as cyclic splines
over the phase of the stride.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .. import cyclic, features, gaits, quadruped, quat, stride
from ..clip import Clip
from ..controller import Controller, Run
from ..habits import Residual
from ..pacing import Clock, Wishes
from ..quat import Array
from ..skeleton import Skeleton
from ..trajectory import RATE, Trajectory
from . import learnet, signature
from .creature import Creature, model_of
from .exemplar import Exemplar
from .footfalls import Footfalls
from .learnet import Learnet
from .own_motion import OwnMotion
from .signature import Posture, Seen

KNOTS: Final = 24
"""Of the splines over the phase."""
LONGEST: Final = 8.0
"""Seconds of an exemplar that are run along."""
LEAD_IN: Final = 60
"""Frames that the network is run before those that are compared."""
TEMPOS: Final = (0.3, 3.0)
FARTHEST: Final = 0.2
"""Strides by which a paw's steps are moved to those of the network."""
AGREE: Final = 0.12
"""Difference of stride rates by contacts and by the paws' way up to which contacts are believed."""


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
    steps = _steps(clip, exemplar.footfalls)
    seen = signature.seen(clip, plan)
    posture = _mean(seen, steps.phase, clip.skeleton)
    shown = Creature(
        exemplar.name, clip.skeleton, exemplar.hip_height, learner.encode(seen, posture), posture,
        gait, exemplar.speed, _four(steps.offsets), 1.0, None, credit,
    )  # fmt: skip
    if gait not in gaits.GAITS[1:]:
        return replace(shown, extras=_extras(exemplar, None))
    run = _along(shown, plan, steps, learner)
    if not steps.sure:
        steps = _aligned(steps, seen, run, plan)
        shown = replace(shown, offsets=_four(steps.offsets))
        run = _along(shown, plan, steps, learner)
    tempo = float(np.clip(steps.rate / max(float(run.rates.mean()), 0.1), *TEMPOS))
    missed = _missed(run, plan, clip, steps.phase) if residual else None
    return replace(shown, tempo=tempo, residual=missed, extras=_extras(exemplar, steps.phase))


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


@dataclass(frozen=True, eq=False)
class _Steps:
    """When the paws of a clip come down."""

    phase: Array
    """(T,) of the left hind's stride, unwrapped."""
    offsets: Array
    """(4,) touchdowns after it."""
    rate: float
    """Strides per second."""
    sure: bool
    """Whether the paws' stands are clear; else phases are those of the paws' way."""


def _steps(clip: Clip, falls: Footfalls) -> _Steps:
    """Return the steps of a clip, by its contacts where these agree with the paws' way."""
    strides = stride.measured(np.asarray(clip.contacts), RATE)
    moving = strides.amplitude.min(axis=1) > 0.9
    wanted = 1.0 / falls.stride if falls.stride > 0.0 else 1.0
    if moving.mean() > 0.6 and np.ptp(strides.phase[moving, 0]) > 1.0:
        inside = np.flatnonzero(moving)
        part = slice(int(inside[0]), int(inside[-1]) + 1)
        rate = np.ptp(strides.phase[part, 0]) / (part.stop - 1 - part.start) * RATE
        turns = np.exp(2j * np.pi * (strides.phase[:, :1] - strides.phase)[moving]).mean(axis=0)
        if abs(rate / wanted - 1.0) < AGREE and np.abs(turns).min() > 0.9:
            offsets = np.angle(turns) / (2.0 * np.pi) % 1.0
            return _Steps(_carried(strides.phase[:, 0], part, rate), offsets, float(rate), True)
    phase = np.arange(clip.frames) / RATE * wanted
    return _Steps(phase, np.array(falls.offsets), wanted, False)


def _carried(phase: Array, part: slice, rate: float) -> Array:
    """Return a phase (T,) known in a ``part``, carried on at a rate before and after it."""
    frames = np.arange(len(phase))
    out = phase.astype(np.float64).copy()
    first, last = part.start, part.stop - 1
    out[:first] = out[first] + (frames[:first] - first) * rate / RATE
    out[last:] = out[last] + (frames[last:] - last) * rate / RATE
    return out


def _mean(seen: Seen, phase: Array, skeleton: Skeleton) -> Posture:
    """Return the mean pose over whole strides, or over all of less than one."""
    whole = np.floor(phase[-1] - phase[0])
    part = phase - phase[0] <= whole if whole >= 1.0 else np.ones(len(phase), dtype=bool)
    return Posture.mean(skeleton, seen.axes[part], seen.hips[part])


def _along(shown: Creature, plan: Trajectory, steps: _Steps, learner: Learnet) -> Run:
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


def _aligned(steps: _Steps, seen: Seen, run: Run, plan: Trajectory) -> _Steps:
    """Return steps with each paw's way as the network makes it when it is to come down so."""
    turn = np.exp(-2j * np.pi * steps.phase)
    paws = [quadruped.JOINTS.index(name) for name in quadruped.PAWS]
    own = seen.places[:, paws, 2]
    made = features.to_root(plan, run.clip.world()[1][:, paws] - plan.positions[:, None])[..., 2]
    waves = [(turn[:, None] * (y - y.mean(axis=0))).sum(axis=0) for y in (own, made)]
    late = -np.angle(waves[0] * np.conj(waves[1])) / (2.0 * np.pi)
    offsets = steps.offsets + np.clip(late, -FARTHEST, FARTHEST)
    return replace(steps, phase=steps.phase - offsets[0], offsets=(offsets - offsets[0]) % 1.0)


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
