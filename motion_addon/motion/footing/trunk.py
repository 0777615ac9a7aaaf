# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the trunk with the feet: height, way aside, pitch with the slope, a head that stays level.

Everything that the trunk carries moves rigidly with it; the legs reach afterwards.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..body.body_pose import BodyPose
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth

RISE_SECONDS = 0.13
"""Slowness (s, sigma) with which the trunk goes up and down with its feet."""
YIELD_SECONDS = 0.22
"""Slowness with which it follows feet that are moved aside."""
LEAN_SECONDS = 0.4
"""Slowness of the lean into a slope."""
UPHILL, DOWNHILL = 0.42, 0.08
"""Share of a slope's angle by which an upright trunk leans ahead going up, and back going down."""
SQUARE = 0.45
"""Share by which the legs of a level trunk are square to a slope rather than upright: without it
the legs ahead are too short downhill, and those behind uphill."""
STEEPEST = 0.6
"""Radians, the steepest slope that counts for a lean and the most a level trunk pitches."""
_LEVEL_HEAD = {False: 0.7, True: 0.85}
"""Share of the trunk's pitch that neck and head undo, of an upright and of a level trunk."""

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])


def moved(pose: BodyPose, moves: Array) -> BodyPose:
    """Return a pose whose trunk follows the moves (T, L, 3) of its feet; legs stay behind.

    Bones of legs keep their places, but for the top joints, which move with the trunk.
    """
    body, fps = pose.body, pose.fps
    level = bool(body.forelegs)
    aside = smooth(moves.mean(axis=1) * _FLAT, YIELD_SECONDS * fps)
    heights = [
        smooth(moves[:, [body.legs.index(leg) for leg in legs], 1].mean(axis=1), RISE_SECONDS * fps)
        for legs in (body.hind_legs, body.forelegs)
        if legs
    ]
    pitch = _pitch(pose, heights) if level else _lean(pose, heights[0])
    offset = aside + heights[0][:, None] * _UP
    if level:
        back = SQUARE * body.leg_length * smooth(np.sin(pitch), LEAN_SECONDS * fps)
        offset = offset - back[:, None] * _ahead(pose)
    if not offset.any() and not pitch.any():
        return pose
    return _carried(pose, offset, pitch, _LEVEL_HEAD[level])


def lifted(pose: BodyPose, height: Array) -> BodyPose:
    """Return a pose whose trunk is raised by ``height`` (T,) meters; legs stay behind."""
    return _carried(pose, height[:, None] * _UP, np.zeros(len(height)), 0.0)


def _ahead(pose: BodyPose) -> Array:
    """Return (T, 3) the direction in which the body faces."""
    return np.stack([np.sin(pose.root_yaws), 0.0 * pose.root_yaws, np.cos(pose.root_yaws)], -1)


def _middle(pose: BodyPose, legs: tuple) -> Array:  # type: ignore[type-arg]
    return np.asarray(np.mean([pose.positions[leg.top] for leg in legs], axis=0))


def _pitch(pose: BodyPose, heights: list[Array]) -> Array:
    """Return (T,) radians by which a level trunk's front rises so that both ends keep height."""
    hind, fore = (_middle(pose, legs) for legs in (pose.body.hind_legs, pose.body.forelegs))
    line = fore - hind
    far = np.linalg.norm(line * _FLAT, axis=-1)
    before = np.arctan2(line[:, 1], far)
    length = np.linalg.norm(line, axis=-1)
    rise = np.clip((line[:, 1] + heights[1] - heights[0]) / length, -0.95, 0.95)
    return np.asarray(np.clip(np.arcsin(rise) - before, -STEEPEST, STEEPEST))


def _lean(pose: BodyPose, height: Array) -> Array:
    """Return (T,) radians by which an upright trunk leans back: less than 0 is ahead."""
    fps = pose.fps
    if np.ptp(height) < 1e-6:
        return np.zeros(len(height))
    slow = LEAN_SECONDS * fps
    climb = np.gradient(smooth(height, slow)) * fps
    steps = np.gradient(smooth(pose.root_positions * _FLAT, slow), axis=0) * fps
    speed = np.linalg.norm(steps, axis=-1)
    slope = np.clip(np.arctan2(climb, np.maximum(speed, 0.3)), -STEEPEST, STEEPEST)
    return np.where(slope > 0.0, -UPHILL * slope, -DOWNHILL * slope)


def _carried(pose: BodyPose, offset: Array, pitch: Array, level_head: float) -> BodyPose:
    """Return the pose with its trunk pitched about the hips by (T,) radians and moved (T, 3)."""
    body = pose.body
    pivot = _middle(pose, body.hind_legs)
    ahead = _ahead(pose)
    turn = quat.from_axis_angle(quat.cross(ahead, np.broadcast_to(_UP, ahead.shape)), pitch)
    in_legs = {bone for leg in body.legs for bone in leg.bones}
    tops = {leg.top for leg in body.legs}
    rotations, positions = dict(pose.rotations), dict(pose.positions)
    for bone in pose.rotations:
        if bone not in in_legs:
            rotations[bone] = quat.mul(turn, pose.rotations[bone])
        if bone not in in_legs or bone in tops:
            arm = quat.apply(turn, pose.positions[bone] - pivot)
            positions[bone] = pivot + offset + arm
    if pitch.any():
        _level_head(pose, rotations, positions, turn, level_head)
    root = pose.root_positions + offset
    return replace(pose, rotations=rotations, positions=positions, root_positions=root)


def _level_head(
    pose: BodyPose,
    rotations: dict[int, Array],
    positions: dict[int, Array],
    turn: Array,
    share: float,
) -> None:
    """Turn neck and head back, more along the chain, by a ``share`` of the trunk's turn."""
    chain = [bone for bone in pose.body.crown if bone in rotations]
    none, back = quat.mul_inv(turn, turn), quat.inv(turn)
    for place, bone in enumerate(chain):
        part = share * (place + 1) / len(chain)
        undone = quat.slerp(none, back, part)
        if place:
            before = chain[place - 1]
            local = quat.inv_apply(
                pose.rotations[before], pose.positions[bone] - pose.positions[before]
            )
            positions[bone] = positions[before] + quat.apply(rotations[before], local)
        rotations[bone] = quat.mul(undone, rotations[bone])
