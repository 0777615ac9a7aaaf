# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion of neck, head and tail on a trunk.

The head is kept level and still, nods down as the withers rise, and looks along the path and now
and then elsewhere. The tail follows the pelvis, a lizard's as a wave. Swing by the parts' own
weight is added by ``motion.cleanup.secondary_motion``.
"""

from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.cleanup.secondary_motion import CLEAR, TRIES, follow_through, lifted
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.plan.trajectory import Trajectory

from .clock import LegTiming
from .creature import Manner, SyntheticCreature
from .trunk import Sway, oriented

LEVEL: Final = (0.55, 0.75, 0.9, 1.0)
"""Share of the withers' pitch that each joint of neck and head compensates."""
CARRIED: Final = (0.8, 0.9, 0.9, 0.35)
"""Cumulative share of a raised neck at each joint."""
LOOKED: Final = (0.25, 0.5, 0.75, 1.0)
"""Cumulative share of a look to the side at each joint."""
NODS: Final = {"walk": 2.8, "pace": 1.5, "trot": 1.0, "canter": 0.4, "gallop": 0.3}
"""Drop of the head for a unit rise of the withers."""
STRETCH: Final = {"walk": 0.0, "pace": 0.0, "trot": 0.06, "canter": -0.1, "gallop": -0.25}
"""Radians by which the neck is raised in each gait."""
LOOK_AHEAD: Final = 0.5
"""Seconds ahead at which the head looks."""
MOST_LOOK: Final = 0.7
"""Radians, largest look to the side."""
WAVE: Final = 0.09
"""Delay of each joint of a tail to its parent, in strides."""
SWING: Final = 0.6
"""Amount of the secondary motion of neck and tail."""
_FLAT = np.zeros(1)


def head(
    creature: SyntheticCreature,
    manner: Manner,
    plan: Trajectory,
    clock: LegTiming,
    sway: Sway,
    withers: Array,
    rng: np.random.Generator,
) -> Array:
    """Return world rotations (T, 4, 4) of neck and head on the withers' rotation (T, 4)."""
    fps = plan.rate
    ahead = quat.to_two_axes(withers)[:, :3]
    pitch = np.arcsin(np.clip(ahead[:, 1], -1.0, 1.0))
    yaw = sway.heading + np.angle(np.exp(1j * (quat.yaw_of(ahead) - sway.heading)))
    moving = plan.gait[:, 1:]
    nods = moving @ np.array([NODS[name] for name in quadruped_gaits.GAITS[1:]])
    raised = moving @ np.array([STRETCH[name] for name in quadruped_gaits.GAITS[1:]])
    slow = smooth(sway.rise[:, 1], 0.5 * fps)
    lever = max(creature.build.neck + 0.3 * creature.build.head, 0.4) * quadruped_gaits.HIP_HEIGHT
    spared = 1.6 if manner.limp is not None and manner.limp % 2 else 1.0
    nod = -nods * (sway.rise[:, 1] - slow) / lever * spared * manner.sway
    raised = smooth(raised, 0.2 * fps) + np.radians(manner.head)
    raised += nod + 0.03 * _slow(len(plan), fps, rng)
    look = _look(plan, clock, rng)
    out = []
    for level, carried, looked in zip(LEVEL, CARRIED, LOOKED, strict=True):
        turned = yaw + looked * (sway.heading + look - yaw)
        up = (1.0 - level) * pitch + carried * raised
        out.append(oriented(turned, up, (1.0 - level) * 0.5 * (sway.roll[:, 1])))
    return np.stack(out, axis=1)


def _slow(frames: int, fps: float, rng: np.random.Generator) -> Array:
    noise = smooth(rng.standard_normal(frames), 0.8 * fps)
    return np.asarray(noise / max(float(noise.std()), 1e-9))


def _look(plan: Trajectory, clock: LegTiming, rng: np.random.Generator) -> Array:
    """Return (T,) the head's yaw relative to the heading, radians, positive to the left."""
    yaw = np.unwrap(quat.yaw_of(plan.facing))
    frames = np.arange(len(plan))
    turn = np.interp(frames + LOOK_AHEAD * plan.rate, frames, yaw) - yaw
    wander = (0.22 - 0.17 * clock.moving) * _slow(len(plan), plan.rate, rng)
    look = smooth(0.9 * turn + wander, 0.15 * plan.rate)
    return np.asarray(MOST_LOOK * np.tanh(look / MOST_LOOK))


def tail(
    creature: SyntheticCreature,
    manner: Manner,
    plan: Trajectory,
    clock: LegTiming,
    sway: Sway,
    pelvis: Array,
) -> Array:
    """Return world rotations (T, 5, 4) of the tail on the pelvis' rotation (T, 4)."""
    fps, count = plan.rate, len(quadruped.TAIL)
    ahead = quat.to_two_axes(pelvis)[:, :3]
    pitch = np.arcsin(np.clip(ahead[:, 1], -1.0, 1.0))
    frames = np.arange(len(plan))
    side = smooth(sway.yaw[:, 0], 0.05 * fps)
    long = np.clip((creature.build.bending - 1.2) / 1.2, 0.0, 1.0)
    fast = smooth(np.clip(clock.froude, 0.0, 1.5), 0.3 * fps)
    raised = np.radians(manner.tail) + 0.12 * fast * (1.0 - long)
    out = []
    for k in range(count):
        later = frames - WAVE * k * fps / np.maximum(clock.rate, 0.8)
        wave = np.interp(later, frames, side) * (0.7 + 0.12 * k)
        yaw = sway.heading + long * wave + (1.0 - long) * side * (0.7 - 0.15 * k)
        up = (0.6 - 0.1 * k) * pitch - raised * (1.0 - 0.12 * k)
        out.append(oriented(yaw, up, _FLAT + (0.5 - 0.1 * k) * sway.roll[:, 0]))
    return np.stack(out, axis=1)


def swung(creature: SyntheticCreature, clip: Clip) -> Clip:
    """Return a clip with secondary motion of head and tail, the tail clear of the ground.

    Long tails are stiffer and swing less.
    """
    clip = follow_through(clip, SWING / max(1.0, 1.5 * creature.build.tail))
    for _ in range(TRIES):
        clip = lifted(clip, quadruped.TAIL, np.array(CLEAR * quadruped_gaits.HIP_HEIGHT))
    return clip


def parts(skeleton: Skeleton) -> list[int]:
    """Return the joint indices of neck, head and tail."""
    return [skeleton.index(name) for name in (*quadruped.NECK, *quadruped.TAIL)]
