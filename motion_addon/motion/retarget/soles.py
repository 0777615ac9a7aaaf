# SPDX-License-Identifier: GPL-3.0-or-later
"""Soles on a flat floor: heels and toes that would sink in lift the foot or bend."""

import numpy as np

from ..body.body import Leg
from ..maths import quat
from ..maths.leg_ik import soft_reach
from ..maths.quat import Array

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])
_STEEPER, _STEEPEST = 0.6, 0.4
"""A raised heel may rise further by this share of its angle, up to this many radians."""
_MOST = 0.06
"""Meters, the largest lift of a foot; deeper feet are below the floor on purpose."""


def lift(leg: Leg, ball: Array, ground: float) -> Array:
    """Return the ball joint's places (T, 3), raised where they are a little under the ground."""
    under = ground + leg.ball[1] - ball[:, 1]
    return np.asarray(ball + np.where(under < _MOST, np.maximum(under, 0.0), 0.0)[:, None] * _UP)


def lower_heel(leg: Leg, ball: Array, turn: Array, ground: float) -> Array:
    """Return the foot's turn (T, 4) from rest, pitched up only as far as its heel has room.

    ``ball`` (T, 3) is the ball joint's place: on the ground the sole lies flat, higher up the
    heel may point down until it touches.
    """
    assert leg.heel is not None
    forward = _forward(leg, turn)
    length = float(np.linalg.norm((leg.ball - leg.heel) * _FLAT))
    up = np.arcsin(np.clip(forward[:, 1], -1.0, 1.0))
    return _pitch(turn, forward, -np.maximum(up - _room(leg, ball, ground, length), 0.0))


def bend_toes(leg: Leg, ball: Array, turn: Array, ground: float) -> Array:
    """Return the toes' turn (T, 4) from rest, bent up so that their tips stay on the ground.

    ``ball`` (T, 3) is the ball joint's place, ``turn`` (T, 4) the turn of the toes with the foot.
    Toes that point up are unchanged.
    """
    forward = _forward(leg, turn)
    down = -np.arcsin(np.clip(forward[:, 1], -1.0, 1.0))
    return _pitch(turn, forward, np.maximum(down - _room(leg, ball, ground, leg.toe_length), 0.0))


def raise_heel(leg: Leg, hip: Array, ball: Array, turn: Array, most: float, soft: float) -> Array:
    """Return the foot's turn (T, 4) with the heel raised further where the leg is too short.

    ``hip`` and ``ball`` (T, 3) are joint places, ``most`` the leg's longest length (m), ``soft`` as
    in ``leg_ik.soft_reach``. Only a raised heel rises further, about the ball: a smaller foot
    pushes off steeper.
    """
    forward = _forward(leg, turn)
    room = np.clip(-_STEEPER * np.arcsin(np.clip(forward[:, 1], -1.0, 1.0)), 0.0, _STEEPEST)
    axis = -quat.unit(quat.cross(forward, np.broadcast_to(_UP, forward.shape)))
    up, back = hip - ball, quat.apply(turn, leg.points[2] - leg.ball)
    wanted = soft_reach(np.linalg.norm(up - back, axis=-1), most, soft)
    along = np.sum(up * back, axis=-1)
    across = np.sum(up * quat.cross(axis, back), axis=-1)
    span = np.hypot(along, across)
    goal = 0.5 * (np.sum(up * up, axis=-1) + np.sum(back * back, axis=-1) - wanted**2)
    angle = np.arctan2(across, along) - np.arccos(np.clip(goal / np.maximum(span, 1e-9), -1, 1))
    return _pitch(turn, forward, -np.clip(angle, 0.0, room))


def _forward(leg: Leg, turn: Array) -> Array:
    return quat.apply(quat.mul(turn, leg.foot_yaw), np.array([0.0, 0.0, 1.0]))


def _room(leg: Leg, ball: Array, ground: float, length: float) -> Array:
    """Return (T,) radians that a sole of ``length`` from the ball may point down."""
    return np.asarray(np.arcsin(np.clip((ball[:, 1] - ground - leg.ball[1]) / length, 0.0, 1.0)))


def _pitch(turn: Array, forward: Array, angle: Array) -> Array:
    """Return ``turn`` (T, 4) with its forward axis (T, 3) raised by ``angle`` (T,)."""
    axis = quat.unit(quat.cross(forward, np.broadcast_to(_UP, forward.shape)))
    return quat.mul(quat.from_axis_angle(axis, angle), turn)
