# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns one leg as an inverse-kinematics problem: hip, knee and ankle, and how far they reach.

Knows nothing of contacts or time; every function works on any number of frames at once.
"""

from __future__ import annotations

import numpy as np

from . import quat
from .quat import Array

STRAIGHTEST = 0.9993
"""Longest hip-ankle distance over the length of the straight leg: the knee keeps 4 degrees."""
ROOM = 0.6
"""Share of what is left to the straight leg that a longer reach may use up."""
_FREE = 0.985
_POLE = 0.03
_FRONT = np.array([0.0, 0.0, 1.0])


def soft_maximum(values: Array, least: Array | float, width: float) -> Array:
    """Return `values` bent smoothly over `least`, untouched where well above it."""
    return np.asarray(least + width * np.logaddexp(0.0, (values - least) / width))


def two_bone(
    hip: Array, knee: Array, ankle: Array, thigh: Array, target: Array, front: Array = _FRONT
) -> tuple[Array, Array]:
    """Return the new knee and ankle (..., 3) of a leg whose ankle goes to `target` (..., 3).

    `hip`, `knee` and `ankle` (..., 3) are the pose to start from, with the hip where it shall
    stay; `thigh` (..., 4) is the world rotation of the thigh and `front` (3,) the direction in it
    that the knee points to: +Z, for an elbow -Z. The knee keeps its plane. A target out of reach
    is approached softly along the same line.
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


def swing(rotation: Array, before: Array, after: Array) -> Array:
    """Return `rotation` (..., 4) turned the shortest way from `before` to `after` (..., 3)."""
    return quat.mul(quat.between(before, after), rotation)


def drop(hip: Array, ankle: Array, target: Array, length: float) -> Array:
    """Return how far (..., m, 0 or less) the hip must come down for the leg to reach `target`.

    The leg may become a little straighter than it is from `hip` to `ankle` (..., 3).
    """
    was = np.minimum(np.linalg.norm(ankle - hip, axis=-1) / length, STRAIGHTEST)
    limit = length * np.maximum(was + 0.3 * ROOM * (1.0 - was), _FREE)
    away = ((hip - target)[..., [0, 2]] ** 2).sum(axis=-1)
    height = np.sqrt(np.maximum(limit**2 - away, (0.5 * limit) ** 2))
    return np.asarray(np.minimum(target[..., 1] + height - hip[..., 1], 0.0))


def _stretched(wanted: Array, was: Array) -> Array:
    """Return reaches, as shares of the straight leg, that never get to it.

    A shorter reach than before is taken as it is; a longer one uses up at most `ROOM` of what was
    left, so that a knee stretches softly and keeps its own rhythm.
    """
    base = np.maximum(np.minimum(was, STRAIGHTEST), _FREE)
    room = ROOM * (1.0 - base)
    more = np.maximum(wanted - base, 0.0)
    return np.asarray(np.minimum(wanted, base) + room * np.tanh(more / room))


def _across(vector: Array, direction: Array) -> Array:
    """Return the part of `vector` (..., 3) at right angles to a unit `direction` (..., 3)."""
    return np.asarray(vector - (vector * direction).sum(axis=-1, keepdims=True) * direction)
