# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduces the sway of the standing pose at either end of a motion.

A walking model keeps swaying while it stands; a person's sway is several times smaller.
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
"""Share of the sway that is removed."""
SETTLE_SECONDS = 0.6
"""Time in which a body comes to rest, and in which it starts to move again (s)."""
_STANDING = 0.02


def with_still_ends(clip: Clip, trajectory: Trajectory) -> Clip:
    """Return `clip` with less sway where its plan begins or ends standing.

    The pose is blended towards the mean pose of these frames; nothing else changes.
    """
    last = len(trajectory) - 1
    at = np.clip(np.round(np.arange(clip.frames) * trajectory.rate / clip.fps), 0, last)
    moving = np.flatnonzero(trajectory.speeds[at.astype(np.int64)] > _STANDING)
    if not len(moving):
        return clip
    frames, ramp = np.arange(clip.frames), SETTLE_SECONDS * clip.fps
    first, stopped = int(moving[0]), int(moving[-1]) + 1
    still = _blended(clip, slice(0, first), foot_lock.eased((first - frames) / ramp))
    return _blended(still, slice(stopped, clip.frames), foot_lock.eased((frames - stopped) / ramp))


def _blended(clip: Clip, span: slice, share: Array) -> Clip:
    """Return `clip` blended by `share` (T,) towards the mean pose of its frames in `span`."""
    if span.stop - span.start < 2:
        return clip
    part = STILLNESS * share[span, None].astype(np.float32)
    rotations, root = clip.rotations.copy(), clip.root_positions.copy()
    pose = quat.normalize(quat.unroll(rotations[span]).mean(axis=0))
    pose = np.broadcast_to(pose, rotations[span].shape)
    rotations[span] = quat.slerp(rotations[span], pose, part)
    root[span] += part * (root[span].mean(axis=0) - root[span])
    return replace(clip, rotations=rotations, root_positions=root)
