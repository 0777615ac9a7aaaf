# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares two motions of one animal: stride rate, footfalls, pose over a stride, and slip.

Hand-keyed paws slide, so contacts are not used: a leg's place in its stride is the phase of the
first harmonic of its paw's swing under the body. Lengths are in % of the hip height.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.creature.reading.footfall_pattern import (
    StrideRhythm,
    paw_swings,
    stride_rhythm,
)
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.plan.trajectory import Trajectory

PHASES: Final = 48
"""Phases of a mean stride."""
LOW: Final = 0.015
"""Height above its lowest, as a share of the hip height, below which a paw is on the ground."""
LEAST_STANCE: Final = 5
"""Frames of the shortest stance, including its first and last, in which the paw still moves."""
STRAIGHT: Final = 0.1
"""Radians by which the trunk may turn on a straight course, measured over a stride."""


def course(clip: Clip) -> Trajectory:
    """Return the root trajectory of a motion: straight at one speed, or along its bends.

    The gait (T, 6) is zero.
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


def relative_to_root(clip: Clip, root: Trajectory) -> Array:
    """Return joint positions (T, J, 3) relative to the root of a course, meters."""
    places = clip.world()[1].astype(np.float64) - root.positions[: clip.frames, None]
    back = quat.yaw(-quat.yaw_of(root.facing[: clip.frames]))
    return np.asarray(quat.apply(back[:, None], places))


def mean_stride(clip: Clip, root: Trajectory | None = None) -> Array:
    """Return the mean pose (PHASES, J, 3) over the strides of a steady motion, meters.

    It begins at the left hind's touchdown, relative to ``root`` (by default the clip's own
    course). Without strides every phase has the mean pose.
    """
    seen = relative_to_root(clip, root or course(clip))
    found = stride_rhythm(clip)
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
    """Return the mean joint error of mean strides (PHASES, J, 3), % of the hip height.

    The strides are aligned at the phase shift of least error.
    """
    shifted = (np.roll(made, shift, axis=0) for shift in range(len(made)))
    off = [float(np.linalg.norm(one - real, axis=-1).mean()) for one in shifted]
    return 100.0 * min(off) / quadruped_gaits.HIP_HEIGHT


def footfall_errors(made: StrideRhythm, real: StrideRhythm) -> Array:
    """Return (3,) the errors of the touchdowns of LF, RH and RF after LH, strides.

    Errors are cyclic, so 0.5 at most; 0.5 without strides.
    """
    off = np.abs((made.offsets - real.offsets + 0.5) % 1.0 - 0.5)[1:]
    return np.where(np.isfinite(off), off, 0.5)


def period_error(made: StrideRhythm, real: StrideRhythm) -> float:
    """Return the relative error of the stride period, %; 100 without strides."""
    if made.rate == 0.0 or real.rate == 0.0:
        return 100.0
    return 100.0 * abs(real.rate / made.rate - 1.0)


def planted_slips(clip: Clip) -> Array:
    """Return (N,) the path lengths of paws in the clip's contacts, % of the hip height."""
    if clip.contacts is None:
        return np.empty(0)
    points = quadruped.paw_points(clip).astype(np.float64)
    slips = clip_metrics.planted_slips(points, clip.contacts, range(4))
    return np.asarray(slips / quadruped_gaits.HIP_HEIGHT)


def visible_slips(clip: Clip) -> Array:
    """Return (N,) the path length of paws over the ground in each visible stance, % of hip height.

    A paw is in visible stance while it is low and moves back under the body, however fast it
    slides and whatever the clip's contacts say. Paws that are held in place exactly have up to
    0.5 %, from the frames of touchdown and lift-off.
    """
    points = quadruped.paw_points(clip).astype(np.float64)
    steps = np.linalg.norm(np.diff(points[..., [0, 2]], axis=0), axis=-1)
    back = np.gradient(paw_swings(clip), axis=0) < 0.0
    low = (
        points[..., 1]
        < np.percentile(points[..., 1], 1.0, axis=0) + LOW * quadruped_gaits.HIP_HEIGHT
    )
    slips = []
    for leg in range(points.shape[1]):
        for start, stop in runs((low & back)[:, leg]):
            if stop - start >= LEAST_STANCE:
                slips.append(steps[start + 1 : stop - 2, leg].sum())
    return 100.0 * np.array(slips) / quadruped_gaits.HIP_HEIGHT
