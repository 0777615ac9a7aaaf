# SPDX-License-Identifier: GPL-3.0-or-later
"""Baseline: the exemplar re-mixed from its own patches, after GenMM.

A compact implementation of patch matching over one clip (Li et al. 2023, "Example-based Motion
Synthesis via Generative Motion Matching"): from coarse to fine, every patch of the motion is
replaced with the exemplar's nearest patch, frequent patches cost more, and overlaps are blended.
The course of the root is given and is part of the distance. One clip has one speed only, so copies
at other speeds can be chosen, too.
"""

from typing import Final

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.plan.trajectory import Trajectory

from .root_relative import RootRelativeClip, root_relative

PATCH: Final = 11
"""Frames of a patch, at each scale."""
SCALES: Final = (8, 4, 2, 1)
"""Frames per frame of a scale, coarse to fine."""
ROUNDS: Final = 5
"""Matchings at each scale."""
COMPLETE: Final = 0.01
"""GenMM's alpha: a smaller value uses more of the exemplar."""
TEMPO: Final = 1.2
"""Ratio of neighboring tempi of the exemplar."""
TEMPI: Final = (0.3, 4.0)
"""Slowest and fastest tempo."""
COURSE_WEIGHT: Final = 1.0
"""Weight of the root's course relative to the pose."""


def remixed(exemplar: Clip, plan: Trajectory, seed: int = 1) -> Clip:
    """Return the exemplar re-mixed along a plan, both of the model animal's size at 60 Hz."""
    known = tempi(root_relative(exemplar), plan)
    scale = _scale(known)
    examples = [_features(one, scale) for one in known]
    wanted = _course(plan, scale)
    rng = np.random.default_rng(seed)
    frames, width = len(plan), examples[0].shape[1] - 3
    made = np.zeros((0, width))
    for step in SCALES:
        parts = [_coarse(one, step) for one in examples]
        parts = [one for one in parts if len(one) >= PATCH] or [max(parts, key=len)]
        given = _coarse(wanted, step)
        if len(made):
            made = _stretched(made, len(given))
        else:
            both = np.concatenate(parts)[:, :width]
            made = both.mean(axis=0) + rng.normal(size=(len(given), width)) * both.std(axis=0)
        for _ in range(ROUNDS):
            made = matched(np.concatenate([made, given], axis=1), parts)[:, :width]
    return _motion(_stretched(made, frames), exemplar, scale).along(plan)


def tempi(motion: RootRelativeClip, plan: Trajectory) -> list[RootRelativeClip]:
    """Return the motion at the tempi that match a plan's speeds."""
    own = max(float(np.hypot(*motion.motion[:, :2].mean(axis=0))), 0.05)
    going = plan.speeds[plan.speeds > 0.1]
    low, high = np.percentile(going if len(going) else [own], [2.0, 98.0]) / own
    low, high = np.clip([low, high], *TEMPI)
    count = int(np.ceil(np.log(high / low) / np.log(TEMPO) - 1e-6)) + 1
    out = []
    for tempo in np.geomspace(low, high, count):
        frames = np.arange(0.0, len(motion.hips) - 1 + 1e-6, tempo)
        part = motion.at(frames)
        out.append(
            RootRelativeClip(
                part.skeleton, part.rotations, part.hips, part.contacts, part.motion * tempo
            )
        )
    return out


def matched(made: Array, examples: list[Array]) -> Array:
    """Return ``made`` (T, F) composed of the nearest patches of ``examples`` (each (N, F)).

    A patch's distance is divided by the least distance at which it is used at all, and
    overlapping patches are blended by their distances.
    """
    size = min(PATCH, len(made), *(len(one) for one in examples))
    asked, keys = _patches(made, size), np.concatenate([_patches(one, size) for one in examples])
    away = (asked**2).sum(axis=1)[:, None] - 2.0 * asked @ keys.T + (keys**2).sum(axis=1)
    away = np.maximum(away, 0.0) / asked.shape[1]
    chosen = np.argmin(away / (COMPLETE + away.min(axis=0)), axis=1)
    weight = np.exp(-away[np.arange(len(chosen)), chosen])
    picked = keys[chosen].reshape(len(chosen), size, -1)
    total, share = np.zeros_like(made), np.zeros((len(made), 1))
    for i in range(size):
        rows = slice(i, i + len(chosen))
        total[rows] += weight[:, None] * picked[:, i]
        share[rows] += weight[:, None]
    return np.asarray(total / share)


def _patches(values: Array, size: int) -> Array:
    """Return (T - size + 1, size * F) all stretches of ``values`` (T, F)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, size, axis=0)
    return np.ascontiguousarray(windows.transpose(0, 2, 1)).reshape(len(windows), -1)


def _scale(known: list[RootRelativeClip]) -> Array:
    """Return (3,) spreads of the root's course: across and ahead (m/s) and turning (rad/s)."""
    motion = np.concatenate([one.motion for one in known])
    speed = max(float(np.hypot(motion[:, 0], motion[:, 1]).mean()), 0.1)
    return np.array([speed, speed, 2.0]) / COURSE_WEIGHT


def _features(motion: RootRelativeClip, scale: Array) -> Array:
    """Return (T, F) of a motion: axes of its joints, pelvis, contacts, and the root's course."""
    axes = quat.to_two_axes(motion.rotations).reshape(len(motion.hips), -1)
    parts = (axes, motion.hips / 0.1, motion.contacts, smooth(motion.motion, 6.0) / scale)
    return np.asarray(np.concatenate(parts, axis=1), dtype=np.float64)


def _course(plan: Trajectory, scale: Array) -> Array:
    """Return (T, 3) the root's course of a plan, as in the features."""
    yaw = quat.yaw_of(plan.facing)
    back = quat.yaw(-yaw)
    velocity = quat.apply(back, np.gradient(plan.positions, axis=0) * plan.rate)
    turning = np.gradient(np.unwrap(yaw)) * plan.rate
    return np.asarray(np.stack([velocity[:, 0], velocity[:, 2], turning], axis=-1) / scale)


def _coarse(values: Array, step: int) -> Array:
    """Return ``values`` (T, F) at every ``step``-th frame, smoothed for it."""
    return smooth(values, 0.4 * step)[::step] if step > 1 else values


def _stretched(values: Array, frames: int) -> Array:
    """Return ``values`` (T, F) over another number of frames."""
    at = np.linspace(0.0, len(values) - 1.0, frames)
    low = np.minimum(np.floor(at).astype(np.int64), max(len(values) - 2, 0))
    share = (at - low)[:, None]
    high = np.minimum(low + 1, len(values) - 1)
    return np.asarray(values[low] * (1.0 - share) + values[high] * share)


def _motion(made: Array, exemplar: Clip, scale: Array) -> RootRelativeClip:
    """Return the motion of features (T, F) without the course."""
    joints = 6 * len(exemplar.skeleton)
    rotations = quat.from_two_axes(made[:, :joints].reshape(len(made), -1, 6))
    hips, contacts = made[:, joints : joints + 3] * 0.1, made[:, joints + 3 : joints + 7]
    nothing = np.zeros((len(made), len(scale)))
    return RootRelativeClip(
        exemplar.skeleton, quat.unroll(rotations), hips, contacts.clip(0.0, 1.0), nothing
    )
