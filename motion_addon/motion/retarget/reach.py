# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs that reach their feet, and the body's smoothed track on the ground.

Owns two-bone legs with knees that never snap straight, how far a pelvis comes down so that both
feet stay in reach, and smoothing that wraps around for loops.
"""

import numpy as np

from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import running_max, smooth
from ..rigs.measure import Leg

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])
_TRACK = 0.15
"""Seconds, the spread of the smoothing that makes a root track out of swaying hips."""


def is_loop(clip: Clip) -> bool:
    """Return whether the frame after the last would be the first: an in-place cycle."""
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

    ``joints`` and ``ankles`` are (T, 3) for each leg, ``reaches`` the legs' longest lengths, for
    ``soft`` see ``soft_reach``.
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


def soft_reach(length: Array, most: float, soft: float) -> Array:
    """Return lengths (T,) that come to ``most`` ever more slowly instead of striking it.

    ``soft`` is the share of ``most`` over which they slow down.
    """
    start, width = (1.0 - soft) * most, soft * most
    over = np.maximum(length - start, 0.0)
    return np.asarray(np.minimum(length, start + width * (1.0 - np.exp(-over / width))))


def leg_frame(direction: Array, hinge: Array) -> Array:
    """Return rotations (..., 4) with +Z along ``direction`` and +X near ``hinge``."""
    side = quat.unit(hinge - direction * np.sum(hinge * direction, -1, keepdims=True))
    return quat.from_matrix(np.stack([side, quat.cross(direction, side), direction], axis=-1))


def reach(leg: Leg, hip: Array, ankle: Array, pole: Array, most: float) -> tuple[Array, ...]:
    """Return knee, ankle (T, 3) and the turns (T, 4) of thigh and shin from rest.

    ``hip``, ``ankle`` and ``pole`` (the way the knee points) are (T, 3); an ankle farther than
    ``most`` meters from the hip is drawn in along the line.
    """
    line = ankle - hip
    length = np.linalg.norm(line, axis=-1, keepdims=True)
    line = line / np.maximum(length, 1e-9)
    least = abs(leg.thigh_length - leg.shin_length) + 0.02 * leg.reach
    length = np.clip(length, least, most)
    pole = quat.unit(pole - line * np.sum(pole * line, -1, keepdims=True))
    along = (length**2 + leg.thigh_length**2 - leg.shin_length**2) / (2.0 * length)
    aside = np.sqrt(np.maximum(leg.thigh_length**2 - along**2, 0.0))
    knee = hip + line * along + pole * aside
    ankle = hip + line * length
    hinge = quat.cross(pole, line)
    rest_line = quat.unit(leg.ankle - leg.hip)
    rest_hinge = quat.cross(leg.pole, rest_line)
    turns = []
    for start, end, rest in ((hip, knee, leg.knee - leg.hip), (knee, ankle, leg.ankle - leg.knee)):
        now = leg_frame(quat.unit(end - start), hinge)
        turns.append(quat.mul_inv(now, leg_frame(quat.unit(rest), rest_hinge)))
    return knee, ankle, turns[0], turns[1]


def ground_under(
    balls: list[Array], ball_height: float, fps: float, loop: bool, planted: Array | None = None
) -> Array:
    """Return (T,) the height of the ground under two feet; all the same where it is level.

    ``balls`` are the ball joints (T, 3), ``planted`` (T, 2) bool when they stand, if known.
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
