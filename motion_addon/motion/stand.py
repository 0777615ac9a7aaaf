# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns the stillness of a stand at either end of a motion.

A model that walks keeps swaying while it stands; a person's sway is several times smaller.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import footlock, quat
from .clip import Clip
from .quat import Array
from .trajectory import Trajectory

STILLNESS = 0.85
"""Share of the sway that is taken out of a stand."""
SETTLE_SECONDS = 0.6
"""Time in which a body comes to rest, and in which it stirs before it goes (s)."""
_STANDING = 0.02


def settled(clip: Clip, trajectory: Trajectory) -> Clip:
    """Return `clip` with quiet stands where its plan begins or ends in one.

    The pose is drawn towards that of the first and of the last frame; nothing else changes.
    """
    last = len(trajectory) - 1
    at = np.clip(np.round(np.arange(clip.frames) * trajectory.rate / clip.fps), 0, last)
    moving = np.flatnonzero(trajectory.speeds[at.astype(np.int64)] > _STANDING)
    if not len(moving):
        return clip
    frames, ramp = np.arange(clip.frames), SETTLE_SECONDS * clip.fps
    still = clip
    for frame, since in ((0, moving[0] - frames), (-1, frames - moving[-1])):
        share = STILLNESS * footlock.eased(since / ramp)
        still = _drawn(still, clip, frame, share)
    return still


def _drawn(still: Clip, clip: Clip, frame: int, share: Array) -> Clip:
    """Return `still` drawn by `share` (T,) towards one frame of `clip`."""
    touched = share > 0.0
    if not touched.any():
        return still
    part = share[touched].astype(np.float32)
    rotations, root = still.rotations.copy(), still.root_positions.copy()
    pose = np.broadcast_to(clip.rotations[frame], rotations[touched].shape)
    rotations[touched] = quat.slerp(rotations[touched], pose, part[:, None])
    root[touched] += part[:, None] * (clip.root_positions[frame] - root[touched])
    return replace(still, rotations=rotations, root_positions=root)
