# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip relative to the root of its course, which can be moved onto the root of a plan."""

from dataclasses import dataclass

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import Trajectory

from .. import measures


@dataclass(frozen=True, eq=False)
class RootRelativeClip:
    """A clip relative to its root."""

    skeleton: Skeleton
    rotations: Array
    """(T, J, 4) local; the pelvis in the root's frame."""
    hips: Array
    """(T, 3) of the pelvis, meters."""
    contacts: Array
    """(T, 4)."""
    motion: Array
    """(T, 3) velocity of the root to the left and ahead (m/s), and its turning (rad/s)."""

    def at(self, frames: Array) -> "RootRelativeClip":
        """Return the clip at fractional frames (N,); contacts and root at the nearest frame."""
        low = np.clip(np.floor(frames).astype(np.int64), 0, len(self.hips) - 2)
        share = np.clip(frames - low, 0.0, 1.0)
        turned = quat.slerp(self.rotations[low], self.rotations[low + 1], share[:, None])
        hips = self.hips[low] + (self.hips[low + 1] - self.hips[low]) * share[:, None]
        near = np.where(share < 0.5, low, low + 1)
        return RootRelativeClip(self.skeleton, turned, hips, self.contacts[near], self.motion[near])

    def along(self, plan: Trajectory) -> Clip:
        """Return the clip with the root of a plan of as many frames."""
        root = features.root_rotations(plan)
        rotations = self.rotations.astype(np.float64)
        rotations[:, 0] = quat.mul(root, rotations[:, 0])
        hips = plan.positions + quat.apply(root, self.hips)
        return Clip(
            self.skeleton,
            quat.unroll(rotations).astype(np.float32),
            hips.astype(np.float32),
            float(plan.rate),
            self.contacts.astype(np.float32),
        )


def root_relative(clip: Clip) -> RootRelativeClip:
    """Return a clip with contacts relative to its root. Raises ValueError without contacts."""
    if clip.contacts is None:
        raise ValueError("The clip has no contacts")
    root = measures.course(clip)
    back = quat.inv(features.root_rotations(root))
    rotations = clip.rotations.astype(np.float64)
    rotations[:, 0] = quat.mul(back, rotations[:, 0])
    hips = quat.apply(back, clip.root_positions - root.positions)
    velocity = quat.apply(back, np.gradient(root.positions, axis=0) * clip.fps)
    turning = np.gradient(features.yaw(root)) * clip.fps
    motion = np.stack([velocity[:, 0], velocity[:, 2], turning], axis=-1)
    return RootRelativeClip(
        clip.skeleton, quat.unroll(rotations), hips, np.asarray(clip.contacts), motion
    )
