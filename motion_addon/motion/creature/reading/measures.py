# SPDX-License-Identifier: GPL-3.0-or-later
"""How alike two motions of one animal are: rhythm, footfalls, the pose over a stride, slip.

Hand-keyed paws slide, so nothing here trusts contacts: a leg's place in its stride is that of the
first harmonic of its paw's swing under the body. Lengths come back in % of the hip's height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...body import quadruped, quadruped_gaits
from ...clip.clip import Clip
from ...clip.contacts import runs
from ...controller import stride_clock
from ...maths import quat
from ...maths.quat import Array
from ...metrics import clip_metrics
from ...plan.trajectory import Trajectory
from .gait_names import footfalls, swings

PHASES: Final = 48
"""Moments of a mean stride."""
LOW: Final = 0.015
"""Height over its lowest, as a share of the hip's height, under which a paw is on the ground."""
LEAST_STAND: Final = 5
"""Frames of the shortest stand, with the first and the last, in which a paw comes and goes."""
STRAIGHT: Final = 0.1
"""Radians by which the trunk may turn on a straight course, seen over a stride."""
_FINER: Final = np.linspace(-0.06, 0.06, 121)
"""Shares by which a stride's rate is searched around a first guess."""


@dataclass(frozen=True, eq=False)
class Beat:
    """The rhythm of a steady motion."""

    rate: float
    """Strides per second; 0 without strides."""
    touchdowns: Array
    """(4,) cycles, each leg's after the clip's first frame; nan without strides."""

    @property
    def offsets(self) -> Array:
        """(4,) touchdowns after the left hind's, as shares of the stride, in 0..1."""
        return np.asarray((self.touchdowns - self.touchdowns[0]) % 1.0)


def beat(clip: Clip) -> Beat:
    """Return the rhythm of a steady motion at the model animal's size, of 1.5 strides or more."""
    guess = footfalls(clip, quadruped_gaits.HIP_HEIGHT).stride
    if guess <= 0.0:
        return Beat(0.0, np.full(4, np.nan))
    along = swings(clip)
    seconds = np.arange(clip.frames) / clip.fps
    window = np.hanning(clip.frames + 2)[1:-1, None]
    rates = (1.0 + _FINER) / guess
    waves = np.exp(-2j * np.pi * rates[:, None] * seconds) @ (along * window)
    best = int(np.argmax((np.abs(waves) ** 2).sum(axis=1)))
    return Beat(float(rates[best]), -np.angle(waves[best]) / (2.0 * np.pi))


def course(clip: Clip) -> Trajectory:
    """Return where the root of a motion goes: straight on at one speed, or along its bends.

    The gait (T, 6) is left at zero.
    """
    places = clip.world()[1].astype(np.float64)
    pelvis, withers = (places[:, clip.skeleton.index(n)] for n in ("Pelvis", "Withers"))
    flat = np.array([1.0, 0.0, 1.0])
    center, ahead = 0.5 * (pelvis + withers) * flat, quat.unit((withers - pelvis) * flat)
    gait = np.zeros((clip.frames, len(quadruped_gaits.GAITS)))
    third = max(clip.frames // 3, 1)
    turned = quat.unit(ahead[-third:].mean(axis=0)) * quat.unit(ahead[:third].mean(axis=0))
    if np.arccos(np.clip(turned.sum(), -1.0, 1.0)) > STRAIGHT:
        return stride_clock.root_track(clip.skeleton, places, gait)
    frames = np.arange(clip.frames) - 0.5 * (clip.frames - 1)
    step = (frames @ center) / max(float(frames @ frames), 1e-9)
    facing = np.broadcast_to(quat.unit(ahead.mean(axis=0)), center.shape)
    speed = float(np.linalg.norm(step)) * clip.fps
    speeds = np.full(clip.frames, speed)
    line = center.mean(axis=0) + frames[:, None] * step
    return Trajectory(line, facing, speeds, gait, np.cumsum(speeds) / clip.fps)


def about(clip: Clip, root: Trajectory) -> Array:
    """Return joint positions (T, J, 3) seen from the root of a course, meters."""
    places = clip.world()[1].astype(np.float64) - root.positions[: clip.frames, None]
    back = quat.yaw(-quat.yaw_of(root.facing[: clip.frames]))
    return np.asarray(quat.apply(back[:, None], places))


def mean_stride(clip: Clip, root: Trajectory | None = None) -> Array:
    """Return the mean pose (PHASES, J, 3) over the strides of a steady motion, meters.

    It begins with the left hind's touchdown and is seen from the ``root``, which is the clip's
    own course if not given. Without strides it is the mean pose throughout.
    """
    seen = about(clip, root or course(clip))
    found = beat(clip)
    if found.rate == 0.0:
        return np.repeat(seen.mean(axis=0, keepdims=True), PHASES, axis=0)
    phase = np.arange(clip.frames) * (found.rate / clip.fps) - found.touchdowns[0]
    wanted = np.arange(np.ceil(phase[0] * PHASES), np.floor(phase[-1] * PHASES) + 1.0) / PHASES
    at = np.interp(wanted, phase, np.arange(clip.frames, dtype=np.float64))
    low = np.minimum(np.floor(at).astype(np.int64), clip.frames - 2)
    share = (at - low)[:, None, None]
    poses = seen[low] * (1.0 - share) + seen[low + 1] * share
    column = np.round(wanted * PHASES).astype(np.int64) % PHASES
    total = np.zeros((PHASES, *seen.shape[1:]))
    np.add.at(total, column, poses)
    return np.asarray(total / np.bincount(column, minlength=PHASES)[:, None, None])


def pose_error(made: Array, real: Array) -> float:
    """Return how far joints are off over a mean stride (PHASES, J, 3), % of the hip's height.

    The mean over joints and moments, strides laid over each other where they fit best.
    """
    shifted = (np.roll(made, shift, axis=0) for shift in range(len(made)))
    off = [float(np.linalg.norm(one - real, axis=-1).mean()) for one in shifted]
    return 100.0 * min(off) / quadruped_gaits.HIP_HEIGHT


def footfall_errors(made: Beat, real: Beat) -> Array:
    """Return (3,) how far LF, RH and RF touch down after LH from when they should, strides.

    On the circle, so 0.5 at most, and 0.5 for one that makes no strides.
    """
    off = np.abs((made.offsets - real.offsets + 0.5) % 1.0 - 0.5)[1:]
    return np.where(np.isfinite(off), off, 0.5)


def period_error(made: Beat, real: Beat) -> float:
    """Return how much longer or shorter a stride takes than it should, %; 100 without strides."""
    if made.rate == 0.0 or real.rate == 0.0:
        return 100.0
    return 100.0 * abs(real.rate / made.rate - 1.0)


def planted_slips(clip: Clip) -> Array:
    """Return the way (N,) that each paw travels in each of the clip's contacts, % of hip height."""
    if clip.contacts is None:
        return np.empty(0)
    points = quadruped.paw_points(clip).astype(np.float64)
    slips = clip_metrics.planted_slips(points, clip.contacts, range(4))
    return np.asarray(slips / quadruped_gaits.HIP_HEIGHT)


def seen_slips(clip: Clip) -> Array:
    """Return the way (N,) that paws travel over the ground in each stand, % of the hip's height.

    As an onlooker finds it: a paw stands while it is low and goes back under the body, however
    fast it slides and whatever the clip's contacts say. Paws that are held in place exactly have
    up to 0.5 %, of frames in which they touch down and lift off.
    """
    points = quadruped.paw_points(clip).astype(np.float64)
    steps = np.linalg.norm(np.diff(points[..., [0, 2]], axis=0), axis=-1)
    back = np.gradient(swings(clip), axis=0) < 0.0
    low = (
        points[..., 1]
        < np.percentile(points[..., 1], 1.0, axis=0) + LOW * quadruped_gaits.HIP_HEIGHT
    )
    slips = []
    for leg in range(points.shape[1]):
        for start, stop in runs((low & back)[:, leg]):
            if stop - start >= LEAST_STAND:
                slips.append(steps[start + 1 : stop - 2, leg].sum())
    return 100.0 * np.array(slips) / quadruped_gaits.HIP_HEIGHT
