# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping soles out of a flat floor: heels that lift the foot, toes that bend at push-off."""

import numpy as np

from . import quat
from .anatomy import Leg
from .quat import Array

_UP = np.array([0.0, 1.0, 0.0])
_MOST = 0.06
"""Metres, the highest that a foot is lifted; deeper feet are below the floor on purpose."""


def lift(leg: Leg, ankle: Array, turn: Array, ground: float) -> Array:
    """Return (T,) metres by which a foot must rise so that heel and ball stay on the ground.

    ``ankle`` (T, 3) is its place and ``turn`` (T, 4) its turn from rest, ``ground`` a height.
    """
    heel = (ankle + quat.apply(turn, leg.heel - leg.ankle))[:, 1]
    ball = (ankle + quat.apply(turn, leg.ball - leg.ankle))[:, 1] - leg.ball[1]
    under = ground - np.minimum(heel, ball)
    return np.asarray(np.where(under < _MOST, np.maximum(under, 0.0), 0.0))


def bend_toes(leg: Leg, ball: Array, turn: Array, ground: float) -> Array:
    """Return the toes' turn (T, 4) from rest, bent up so that their tips stay on the ground.

    ``ball`` (T, 3) is the ball joint's place, ``turn`` (T, 4) how the toes would turn with the
    foot. Toes that point up are left alone.
    """
    forward = quat.apply(quat.mul(turn, leg.foot_yaw), np.array([0.0, 0.0, 1.0]))
    down = np.arcsin(np.clip(-forward[:, 1], -1.0, 1.0))
    room = np.clip((ball[:, 1] - ground - leg.ball[1]) / leg.toe_length, 0.0, 1.0)
    excess = np.maximum(down - np.arcsin(room), 0.0)
    axis = quat.unit(quat.cross(forward, np.broadcast_to(_UP, forward.shape)))
    return quat.mul(quat.from_axis_angle(axis, excess), turn)
