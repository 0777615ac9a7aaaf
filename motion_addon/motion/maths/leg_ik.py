# SPDX-License-Identifier: GPL-3.0-or-later
"""Inverse kinematics of legs: two bones in closed form, and any number of bones by iteration.

``two_bone`` starts from a pose and keeps the plane of its knee; ``two_bone_from_rest`` takes that
plane from a pole. ``scale_bends`` keeps the style of a chain's bends, ``nearest_turns`` changes the
joints of a chain as little as possible. Nothing here knows of contacts or time: T is any number of
independent poses.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from . import quat
from .quat import Array

STRAIGHTEST = 0.9993
"""Longest hip-ankle distance over the length of the straight leg: the knee keeps 4 degrees."""
ROOM = 0.6
"""Share of the room left to the straight leg that a longer reach may use up."""
FREE = 0.985
"""Reach, as a share of the straight leg, up to which a target is reached exactly."""
_POLE = 0.03
_FRONT = np.array([0.0, 0.0, 1.0])
_BISECTIONS = 20
_LEAST, _GREATEST = 0.02, 20.0
"""Factors by which the bends of a chain may shrink and grow."""
_SHARPEST = 2.6
"""Radians, no joint of a chain bends further."""
_ROUNDS = 12
_DAMPING = 3e-3
"""Share of the chain's length; its square damps straight chains."""
_STEP = 0.25
"""Radians, the largest turn of a joint in one round."""


def soft_maximum(values: Array, least: Array | float, width: float) -> Array:
    """Return ``values`` bent smoothly over ``least``, unchanged where well above it."""
    return np.asarray(least + width * np.logaddexp(0.0, (values - least) / width))


def soft_reach(length: Array, most: float, soft: float) -> Array:
    """Return lengths (T,) that approach ``most`` ever more slowly and never exceed it.

    ``soft`` is the share of ``most`` over which they slow down.
    """
    start, width = (1.0 - soft) * most, soft * most
    over = np.maximum(length - start, 0.0)
    return np.asarray(np.minimum(length, start + width * (1.0 - np.exp(-over / width))))


def swing(rotation: Array, before: Array, after: Array) -> Array:
    """Return rotations (..., 4) turned the shortest way from ``before`` to ``after`` (..., 3)."""
    return quat.mul(quat.between(before, after), rotation)


def frame_along(direction: Array, hinge: Array) -> Array:
    """Return rotations (..., 4) with +Z along ``direction`` and +X near ``hinge``."""
    side = quat.unit(_across(hinge, direction))
    return quat.from_matrix(np.stack([side, quat.cross(direction, side), direction], axis=-1))


def two_bone(
    hip: Array, knee: Array, ankle: Array, thigh: Array, target: Array, front: Array = _FRONT
) -> tuple[Array, Array]:
    """Return the new knee and ankle (..., 3) of a leg whose ankle goes to ``target`` (..., 3).

    ``hip``, ``knee`` and ``ankle`` (..., 3) are the pose to start from; the hip stays. ``thigh``
    (..., 4) is the world rotation of the thigh and ``front`` (3,) the direction in it to which the
    knee points: +Z, for an elbow -Z. The knee keeps its plane. A target out of reach is approached
    softly along the same line.
    """
    upper = np.linalg.norm(knee - hip, axis=-1, keepdims=True)
    lower = np.linalg.norm(ankle - knee, axis=-1, keepdims=True)
    length = upper + lower
    was = np.linalg.norm(ankle - hip, axis=-1, keepdims=True) / length
    wanted = np.linalg.norm(target - hip, axis=-1, keepdims=True) / length
    reach = _stretched(wanted, was) * length
    reach = np.maximum(reach, 1.02 * np.abs(upper - lower) + 1e-6)
    before = quat.unit(ankle - hip)
    along = quat.unit(target - hip)
    ahead = quat.apply(thigh, front.astype(thigh.dtype))
    pole = _across(knee - hip, before) + _POLE * _across(ahead, before)
    pole = quat.unit(_across(quat.apply(quat.between(before, along), pole), along))
    cosine = (upper**2 + reach**2 - lower**2) / (2.0 * upper * reach)
    cosine = np.clip(cosine, -1.0, 1.0)
    bent = hip + upper * (cosine * along + np.sqrt(1.0 - cosine**2) * pole)
    return bent, hip + reach * along


def two_bone_from_rest(
    rest: Array, rest_pole: Array, hip: Array, ankle: Array, pole: Array, most: float
) -> tuple[Array, ...]:
    """Return knee, ankle (T, 3) and the turns (T, 4) from rest of thigh and shin.

    ``rest`` (3, 3) are hip, knee and ankle at rest and ``rest_pole`` (3,) the direction to which
    the knee points there; ``hip``, ``ankle`` and ``pole`` are (T, 3). An ankle farther than
    ``most`` meters from the hip is pulled in along the line.
    """
    upper, lower = (float(np.linalg.norm(bone)) for bone in np.diff(rest, axis=0))
    line = ankle - hip
    length = np.linalg.norm(line, axis=-1, keepdims=True)
    line = line / np.maximum(length, 1e-9)
    length = np.clip(length, abs(upper - lower) + 0.02 * (upper + lower), most)
    pole = quat.unit(_across(pole, line))
    along = (length**2 + upper**2 - lower**2) / (2.0 * length)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    knee = hip + line * along + pole * aside
    ankle = hip + line * length
    hinge = quat.cross(pole, line)
    rest_hinge = quat.cross(rest_pole, quat.unit(rest[2] - rest[0]))
    turns = []
    for bone, (start, end) in zip(np.diff(rest, axis=0), pairwise((hip, knee, ankle)), strict=True):
        now = frame_along(quat.unit(end - start), hinge)
        turns.append(quat.mul_inv(now, frame_along(quat.unit(bone), rest_hinge)))
    return knee, ankle, turns[0], turns[1]


def drop(hip: Array, ankle: Array, target: Array, length: float) -> Array:
    """Return the vertical move (..., m, 0 or less) of the hip that lets the leg reach ``target``.

    The leg may become a little straighter than it is from ``hip`` to ``ankle`` (..., 3).
    """
    was = np.minimum(np.linalg.norm(ankle - hip, axis=-1) / length, STRAIGHTEST)
    limit = length * np.maximum(was + 0.3 * ROOM * (1.0 - was), FREE)
    return drop_to(hip, target, limit)


def drop_to(hip: Array, target: Array, limit: Array) -> Array:
    """Return the vertical move (..., m, 0 or less) of the hip to within ``limit`` of ``target``."""
    away = ((hip - target)[..., [0, 2]] ** 2).sum(axis=-1)
    height = np.sqrt(np.maximum(limit**2 - away, (0.5 * limit) ** 2))
    return np.asarray(np.minimum(target[..., 1] + height - hip[..., 1], 0.0))


def _stretched(wanted: Array, was: Array) -> Array:
    """Return reaches, as shares of the straight leg, that never become 1.

    A reach shorter than before is unchanged; a longer one uses up at most ``ROOM`` of the rest, so
    that the knee stretches softly and keeps its own rhythm.
    """
    base = np.maximum(np.minimum(was, STRAIGHTEST), FREE)
    room = ROOM * (1.0 - base)
    more = np.maximum(wanted - base, 0.0)
    return np.asarray(np.minimum(wanted, base) + room * np.tanh(more / room))


def _across(vector: Array, direction: Array) -> Array:
    """Return the part of ``vector`` (..., 3) at right angles to a unit ``direction`` (..., 3)."""
    return np.asarray(vector - (vector * direction).sum(axis=-1, keepdims=True) * direction)


def scale_bends(segments: Array, turns: Array, goal: Array, shares: Array) -> Array:
    """Return turns (bones, T, 4) that bring a chain's end to ``goal`` (T, 3) from its top.

    ``segments`` (bones, 3) are the bones at rest, meters, ``turns`` (bones, T, 4) the turns from
    rest to start from. All bends grow or shrink by one factor and keep their axes; then the chain
    swings. Joints take only ``shares`` (bones - 1,) of the growth. A goal out of reach is
    approached.
    """
    lengths = np.linalg.norm(segments, axis=1)
    along = quat.apply(turns, quat.unit(segments)[:, None])
    axes, angles = _bends(along)
    wanted = np.linalg.norm(goal, axis=-1)
    low, high = np.full(wanted.shape, _LEAST), np.full(wanted.shape, _GREATEST)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        end, _ = _chain(along[0], axes, _scaled(angles, middle, shares), lengths)
        long = np.linalg.norm(end, axis=-1) > wanted
        low, high = np.where(long, middle, low), np.where(long, high, middle)
    end, frames = _chain(along[0], axes, _scaled(angles, 0.5 * (low + high), shares), lengths)
    before = _chain(along[0], axes, angles, lengths)[1]
    onward = quat.between(end, goal)
    return np.stack(
        [
            quat.mul(onward, quat.mul(frame, quat.inv_mul(was, turn)))
            for frame, was, turn in zip(frames, before, turns, strict=True)
        ]
    )


def _bends(along: Array) -> tuple[Array, Array]:
    """Return axes (bones - 1, T, 3) and angles (bones - 1, T) of a chain's bends.

    ``along`` (bones, T, 3) are the directions of its bones. Each axis is given in the frame that
    the bends before it have turned.
    """
    axes, angles = [], []
    frame = np.broadcast_to(quat.IDENTITY.astype(np.float64), (*along.shape[1:-1], 4))
    for before, after in pairwise(along):
        local = quat.inv_apply(frame, after)
        start = quat.inv_apply(frame, before)
        vector = quat.to_rotvec(quat.between(start, local))
        angle = np.linalg.norm(vector, axis=-1)
        axes.append(vector / np.maximum(angle, 1e-9)[..., None])
        angles.append(angle)
        frame = quat.mul(frame, quat.from_rotvec(vector))
    return np.array(axes), np.array(angles)


def _scaled(angles: Array, factor: Array, shares: Array) -> Array:
    """Return angles (bones - 1, T) times a factor (T,); joints take ``shares`` of its growth."""
    more = np.maximum(factor - 1.0, 0.0)
    return np.asarray(
        np.minimum(angles * (np.minimum(factor, 1.0) + shares[:, None] * more), _SHARPEST)
    )


def _chain(first: Array, axes: Array, angles: Array, lengths: Array) -> tuple[Array, list[Array]]:
    """Return the chain's end (T, 3) from its top and the frames (T, 4) of its bones."""
    frame = np.broadcast_to(quat.IDENTITY.astype(np.float64), (*first.shape[:-1], 4))
    end, frames = lengths[0] * first, [frame]
    for axis, angle, length in zip(axes, angles, lengths[1:], strict=True):
        frame = quat.mul(frame, quat.from_axis_angle(axis, angle))
        end = end + length * quat.apply(frame, first)
        frames.append(frame)
    return end, frames


def nearest_turns(points: Array, rotations: Array, goal: Array, length: float) -> Array:
    """Return rotations (T, N, 4) that bring a chain's end near ``goal`` (T, 3).

    ``points`` (T, N + 1, 3) are its joints and its end, ``rotations`` (T, N, 4) its bones and
    ``length`` (m) scales the damping. All joints turn as little as possible (damped least squares).
    """
    joints, end, out = points[:, :-1], points[:, -1], rotations
    damping = (_DAMPING * length) ** 2 * np.eye(3)
    for _ in range(_ROUNDS):
        arms = end[:, None] - joints
        squared = (arms**2).sum(axis=-1)[..., None, None] * np.eye(3)
        normal = (squared - arms[..., :, None] * arms[..., None, :]).sum(axis=1)
        pull = np.linalg.solve(normal + damping, (goal - end)[..., None])[..., 0]
        steps = np.cross(arms, pull[:, None])
        largest = np.linalg.norm(steps, axis=-1).max(axis=1)[:, None, None]
        steps = steps * (_STEP / np.maximum(largest, _STEP))
        joints, out, end = _turned(joints, out, end, quat.from_rotvec(steps))
    return out


def _turned(joints: Array, turns: Array, end: Array, steps: Array) -> tuple[Array, Array, Array]:
    """Return joints (T, N, 3), turns (T, N, 4) and end (T, 3) after each joint's own step."""
    chain = np.concatenate([joints, end[:, None]], axis=1)
    links = np.diff(chain, axis=1)
    frame = steps[:, 0]
    places, out = [joints[:, 0]], []
    for i in range(joints.shape[1]):
        if i:
            frame = quat.mul(steps[:, i], frame)
        out.append(quat.mul(frame, turns[:, i]))
        places.append(places[-1] + quat.apply(frame, links[:, i]))
    return np.stack(places[:-1], axis=1), np.stack(out, axis=1), places[-1]
