# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns one foot over time: pinned where it stands, rolled over its ball, clear of the ground.

Gives the ankle's way; reaching for it is left to `leg` and `cleanup`.
"""

from __future__ import annotations

import numpy as np

from ..clip import contacts as foot_contacts
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from ..plan.ground import GroundHeight
from . import foot_lock
from .foot_lock import Mask, Stance
from .lower_body import SIDES, LowerBody

FADE_SECONDS = (0.12, 0.05)
"""Times in which a foot gets back its own height after, and gives it up before, a stand (s)."""
LAND_SECONDS = 0.1
"""Time in which a ball that lands comes down all the way (s)."""
CLEAR_HEIGHT = 0.028
"""Height (m) of the ball over the ground in a swing, at least, for a leg of the model's size."""
CLEAR_SPEEDS = (0.05, 0.5)
"""Speeds of the ball (m/s) at which it needs none and all of that height."""
SOFT_SECONDS = 0.02
"""Time over which a foot comes down onto the ground and off it (s, sigma)."""
HEEL_HEIGHT = 0.018
"""Least height (m) of the heel over the ground, for a leg of the model's size."""
TIP_HEIGHT = 0.015
"""Least height (m) of the tip of the toes, likewise."""

_X = np.array([1.0, 0.0, 0.0])


def planted(
    body: LowerBody, stands: list[Stance], side: str, level: GroundHeight
) -> tuple[Array, Array]:
    """Pin one foot; return its ankle's targets (T, 3) and the bends of its toes (T,) in radians."""
    frames, fps = len(body.root), body.fps
    known = np.zeros(frames, dtype=bool)
    for stand in stands:
        known[stand.start : stand.stop] = True
    ankle = body.positions[f"{side}Foot"]
    _roll(body, side, ankle, known, level)
    rotation = foot_lock.untwisted(body.rotations[f"{side}Foot"], stands, fps)
    body.rotations[f"{side}Foot"] = rotation
    to_ball = quat.apply(rotation, body.offset(f"{side}Toe"))
    sole = body.sole
    raw = ankle + to_ball
    raw[:, 1] = leg_ik.soft_maximum(raw[:, 1], level(raw) + sole, 0.004 * body.size)
    target = raw.copy()
    for stand in stands:
        a, b = stand.start, stand.stop
        target[a:b] = foot_lock.anchor(raw[a:b])
    target[:, 1] = landing_height(raw[:, 1], level(raw) + sole, stands, LAND_SECONDS * fps)
    off = foot_lock.bridged(target - raw, known, fps)
    height = foot_lock.bridged((target - raw)[:, 1:2], known, fps, FADE_SECONDS)
    off[:, 1:2] = smooth(height, SOFT_SECONDS * fps)
    ball = raw + off
    ball[:, 1] += _clearance(ball, known, level(ball) + sole, fps, body.size)
    ball[:, 1] = np.maximum(ball[:, 1], level(ball) + sole - np.where(known, 0.001, 0.0))
    rotation = _heel_up(body, side, ball, level(ball))
    ankle = ball - quat.apply(rotation, body.offset(f"{side}Toe"))
    bends = _toe_bends(rotation, stands, fps)
    return ankle, _tip_up(body, side, ball[:, 1] - level(ball), rotation, bends)


def _clearance(ball: Array, known: Mask, floor: Array, fps: float, size: float) -> Array:
    """Return how much (T,) a swinging ball must rise: the faster it goes, the higher it is."""
    speed = np.linalg.norm(np.gradient(ball[:, [0, 2]], axis=0), axis=-1) * fps
    least = floor + CLEAR_HEIGHT * size * smoothstep(speed, *CLEAR_SPEEDS)
    rise = leg_ik.soft_maximum(ball[:, 1], least, 0.004 * size) - ball[:, 1]
    return smooth(np.where(known, 0.0, rise), 0.025 * fps)


def landing_height(height: Array, floor: Array, stands: list[Stance], span: float) -> Array:
    """Return `height` (T,) of a ball or paw brought down onto `floor` (T,) while it stands.

    The last millimeters of its way down are kept and eased out in `span` frames.
    """
    out = height.copy()
    landing = 1.0 - foot_lock.eased(np.arange(round(span)) / span)
    for stand in stands:
        a, b = stand.start, stand.stop
        above = max(out[a] - floor[a], 0.0)
        out[a:b] = floor[a:b].mean()
        last = min(b - a, len(landing))
        out[a : a + last] += above * landing[:last]
    return np.asarray(out)


def _roll(body: LowerBody, side: str, ankle: Array, known: Mask, level: GroundHeight) -> None:
    """Pitch the foot so that its ball comes down as it lands and stays while the heel comes up.

    The mocap's foot is rigid from heel to toe tip, so its ball rises early; a real one bends at
    the ball. The ankle keeps its place. While the heel is down the foot is pitched no further
    than flat.
    """
    rotation = body.rotations[f"{side}Foot"]
    to_ball = quat.apply(rotation, body.offset(f"{side}Toe"))
    length = float(np.linalg.norm(body.offset(f"{side}Toe")))
    rest = float(-body.offset(f"{side}Toe")[1]) + body.sole
    height = ankle[:, 1] - level(ankle)
    wanted = np.arcsin(np.clip((body.sole - height) / length, -0.98, 0.98))
    pitch = np.arcsin(np.clip(to_ball[:, 1] / length, -1.0, 1.0))
    rise = smoothstep((height - rest) / (0.025 * body.size))
    flat = float(np.arcsin(body.offset(f"{side}Toe")[1] / length))
    lowest = np.maximum(wanted, flat + rise * (-0.5 * np.pi - flat))
    more = np.clip(pitch - lowest, 0.0, 0.45)
    more = np.where(known, more, 0.0)[:, None]
    more = foot_lock.bridged(more, known, body.fps, FADE_SECONDS)[:, 0]
    more = smooth(more, 0.02 * body.fps)
    side_axis = quat.apply(rotation, _X)
    body.rotations[f"{side}Foot"] = quat.mul(quat.from_axis_angle(side_axis, more), rotation)


def _toe_bends(rotation: Array, stands: list[Stance], fps: float) -> Array:
    """Return how far (T,) toes bend up so as to lie flat while the heel is up."""
    forward = quat.apply(rotation, np.array([0.0, 0.0, 1.0]))
    pitch = np.maximum(-np.arcsin(np.clip(forward[:, 1], -1.0, 1.0)), 0.0)
    share = np.zeros(len(pitch))
    for stand in stands:
        share[stand.start : stand.stop] = 1.0
    return np.asarray(pitch * smooth(share, 0.035 * fps))


def _heel_up(body: LowerBody, side: str, ball: Array, floor: Array) -> Array:
    """Pitch the foot about its ball where the heel would go into the ground; return (T, 4)."""
    rotation = body.rotations[f"{side}Foot"]
    heel = foot_contacts.heel_offset(body.skeleton, SIDES.index(side)).astype(np.float64)
    arm = quat.apply(rotation, heel - body.offset(f"{side}Toe"))
    least = floor + HEEL_HEIGHT * body.size - ball[:, 1]
    lack = leg_ik.soft_maximum(arm[:, 1], least, 0.002 * body.size) - arm[:, 1]
    away = np.maximum(np.linalg.norm(arm[:, [0, 2]], axis=-1), 0.05 * body.size)
    turn = quat.from_axis_angle(quat.apply(rotation, _X), np.arctan2(lack, away))
    body.rotations[f"{side}Foot"] = quat.mul(turn, rotation)
    return body.rotations[f"{side}Foot"]


def _tip_up(body: LowerBody, side: str, height: Array, rotation: Array, bends: Array) -> Array:
    """Return `bends` (T,) raised where the tip of the toes would go into the ground.

    `height` (T,) is that of the ball over the ground, `rotation` (T, 4) that of the foot.
    """
    tips = dict(body.skeleton.end_sites)
    joint = body.skeleton.index(f"{side}Toe")
    if joint not in tips:
        return bends
    tip = np.array(tips[joint])
    length = float(np.linalg.norm(tip))
    along = quat.apply(rotation, tip)
    pitch = np.arcsin(np.clip(along[:, 1] / length, -1.0, 1.0)) + bends
    least = np.arcsin(np.clip((TIP_HEIGHT * body.size - height) / length, -1.0, 1.0))
    return np.asarray(bends + leg_ik.soft_maximum(pitch, least, 0.03) - pitch)
