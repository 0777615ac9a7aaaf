# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns the stillness of a stand at either end of a motion.

A model that walks keeps swaying while it stands; a person's sway is several times smaller.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..plan.trajectory import Trajectory
from . import foot_lock

STILLNESS = 0.85
"""Share of the sway that is taken out of a stand."""
SETTLE_SECONDS = 0.6
"""Time in which a body comes to rest, and in which it stirs before it goes (s)."""
_STANDING = 0.02


def settled(clip: Clip, trajectory: Trajectory) -> Clip:
    """Return `clip` with quiet stands where its plan begins or ends in one.

    The pose is drawn towards the mean of the stand; nothing else changes.
    """
    last = len(trajectory) - 1
    at = np.clip(np.round(np.arange(clip.frames) * trajectory.rate / clip.fps), 0, last)
    moving = np.flatnonzero(trajectory.speeds[at.astype(np.int64)] > _STANDING)
    if not len(moving):
        return clip
    frames, ramp = np.arange(clip.frames), SETTLE_SECONDS * clip.fps
    first, stopped = int(moving[0]), int(moving[-1]) + 1
    still = _drawn(clip, slice(0, first), foot_lock.eased((first - frames) / ramp))
    return _drawn(still, slice(stopped, clip.frames), foot_lock.eased((frames - stopped) / ramp))


def _drawn(clip: Clip, stand: slice, share: Array) -> Clip:
    """Return `clip` drawn by `share` (T,) towards the mean pose of its frames in `stand`."""
    if stand.stop - stand.start < 2:
        return clip
    part = STILLNESS * share[stand, None].astype(np.float32)
    rotations, root = clip.rotations.copy(), clip.root_positions.copy()
    pose = quat.normalize(quat.unroll(rotations[stand]).mean(axis=0))
    pose = np.broadcast_to(pose, rotations[stand].shape)
    rotations[stand] = quat.slerp(rotations[stand], pose, part)
    root[stand] += part * (root[stand].mean(axis=0) - root[stand])
    return replace(clip, rotations=rotations, root_positions=root)
