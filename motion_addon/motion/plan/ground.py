# SPDX-License-Identifier: GPL-3.0-or-later
"""The height of the ground under a foot: the plan's slope along the path, level across it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..maths.quat import Array
from .trajectory import Trajectory

GroundHeight = Callable[[Array], Array]
"""Returns the ground height (T, ...) under positions (T, ..., 3) of T frames, in meters."""

_REACH = 15
"""Steps of the plan before and after a frame between which its slope is measured."""


def level(height: float = 0.0) -> GroundHeight:
    """Return level ground at `height` (m)."""
    return lambda points: np.full(points.shape[:-1], height)


def ground_of(trajectory: Trajectory | None, frames: int, fps: float) -> GroundHeight:
    """Return the ground height under a motion of ``frames`` at ``fps`` along a plan.

    Where the plan climbs, the ground is the plane through it, level across the path. Without a
    plan the ground is level at 0.
    """
    if trajectory is None:
        return level()
    if np.ptp(trajectory.positions[:, 1]) < 1e-6:
        return level(float(trajectory.positions[0, 1]))
    last = len(trajectory) - 1
    at = np.clip(np.arange(frames) * trajectory.rate / fps, 0, last).astype(np.int64)
    here = trajectory.positions[at]
    ahead = trajectory.positions[np.minimum(at + _REACH, last)]
    way = ahead - trajectory.positions[np.maximum(at - _REACH, 0)]
    run = np.maximum((way[:, [0, 2]] ** 2).sum(axis=-1), 1e-6)
    slope = way * (way[:, 1] / run)[:, None]

    def under(points: Array) -> Array:
        shape = (len(here),) + (1,) * (points.ndim - 2) + (3,)
        off = (points - here.reshape(shape)) * slope.reshape(shape)
        return np.asarray(here.reshape(shape)[..., 1] + off[..., 0] + off[..., 2])

    return under
