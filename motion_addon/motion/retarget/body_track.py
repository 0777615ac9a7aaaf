# SPDX-License-Identifier: GPL-3.0-or-later
"""The body over the ground: the ground's height, the pelvis's lowering and the smoothed root.

Smoothing wraps around for loops.
"""

import numpy as np

from ..clip.clip import Clip
from ..maths import quat
from ..maths.leg_ik import soft_reach
from ..maths.quat import Array
from ..maths.smoothing import running_max, smooth

_FLAT = np.array([1.0, 0.0, 1.0])
_TRACK = 0.15
"""Seconds, the spread of the smoothing that turns swaying hips into a root track."""


def is_loop(clip: Clip) -> bool:
    """Return whether the clip is an in-place cycle: its first frame follows its last."""
    if clip.frames < 8:
        return False
    ends = np.stack([clip.rotations[-1], clip.rotations[0]])
    gap = 1.0 - np.abs(np.sum(ends[0] * ends[1], axis=-1)).min()
    steps = 1.0 - np.abs(np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1)).min(axis=-1)
    moves = np.linalg.norm(np.diff(clip.root_positions, axis=0), axis=-1)
    jump = np.linalg.norm(clip.root_positions[0] - clip.root_positions[-1])
    return bool(gap <= 2.0 * steps.max() + 1e-6 and jump <= 2.0 * moves.max() + 1e-4)


def lowering(
    joints: list[Array],
    ankles: list[Array],
    reaches: list[float],
    fps: float,
    loop: bool,
    soft: float,
) -> Array:
    """Return (T,) meters the pelvis must come down for every ankle to be in reach, smoothed.

    ``joints`` and ``ankles`` are (T, 3) for each leg, ``reaches`` the legs' longest lengths (m);
    ``soft`` as in ``leg_ik.soft_reach``.
    """
    need = np.zeros(len(ankles[0]))
    for joint, ankle, reach in zip(joints, ankles, reaches, strict=True):
        across = np.sum(((joint - ankle) * _FLAT) ** 2, axis=-1)
        length = soft_reach(np.linalg.norm(joint - ankle, axis=-1), reach, soft)
        lowest = np.sqrt(np.maximum(length * length - across, (0.3 * reach) ** 2))
        need = np.maximum(need, (joint - ankle)[:, 1] - lowest)
    if not need.any():
        return need
    # Widen each peak before smoothing it, so that the smooth curve still covers the peak.
    half = max(round(0.1 * fps), 1)
    wide = running_max(need, half, loop)
    return smooth(smooth(wide, 0.25 * half, loop), 0.2 * half, loop)


def ground_under(
    balls: list[Array], ball_height: float, fps: float, loop: bool, planted: Array | None = None
) -> Array:
    """Return (T,) the height of the ground under the feet, constant where it is level.

    ``balls`` are the balls of the feet (T, 3), ``planted`` (T, legs) bool their stances, if known.
    """
    soles = np.stack([ball[:, 1] for ball in balls], axis=-1) - ball_height
    if planted is not None and planted.any():
        standing = soles[planted]
        if np.ptp(np.percentile(standing, [3.0, 97.0])) < 0.03:
            return np.full(len(soles), float(np.median(standing)))
    low = -running_max(-soles.min(axis=-1), max(min(round(0.6 * fps), len(soles) - 1), 0), loop)
    if np.ptp(low) < 0.03:
        return np.full(len(low), float(np.median(low)))
    return smooth(low, 0.3 * fps, loop)


def track(center: Array, turns: list[Array], fps: float, loop: bool) -> tuple[Array, Array]:
    """Return the smoothed ground positions (T, 3) and headings (T,) of a body.

    ``center`` (T, 3) is the middle of the hips, ``turns`` (T, 4) of hips, chest, shoulders.
    """
    ahead = np.zeros_like(center)
    for turn in turns:
        ahead = ahead + quat.apply(turn, np.array([0.0, 0.0, 1.0]))
    ahead = quat.unit(smooth(ahead * _FLAT, _TRACK * fps, loop))
    return smooth(center * _FLAT, _TRACK * fps, loop), np.unwrap(quat.yaw_of(ahead))
