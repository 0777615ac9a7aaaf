# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion of any rig as it is read from a file or a scene, before its bones are identified."""

from dataclasses import dataclass, replace

import numpy as np

from ...body.rig_bones import RigBones
from ...clip.clip import Clip
from ...clip.skeleton import EndSite, Skeleton
from ...maths import quat
from ...maths.quat import Array
from ...rigs.axes import bone_ends


@dataclass(frozen=True, eq=False)
class Recording:
    """Poses of a rig's bones over time."""

    rig: RigBones
    """The rest pose, in the file's unit of length."""
    rotations: Array
    """(T, B, 4) world_from_bone."""
    positions: Array
    """(T, B, 3) heads of the bones, world, Y up."""
    fps: float
    name: str = ""
    tips: tuple[EndSite, ...] | None = None
    """Ends of chains relative to their bone at rest, world axes; None uses the bones' tails."""

    def __post_init__(self) -> None:
        frames, bones = len(self.rotations), len(self.rig)
        shapes = (self.rotations.shape, self.positions.shape)
        if shapes != ((frames, bones, 4), (frames, bones, 3)):
            raise ValueError("A recording needs a rotation and a position of every bone and frame")

    @staticmethod
    def of_clip(clip: Clip, name: str = "") -> "Recording":
        """Return a clip of any skeleton, such as a BVH file's, as a recording."""
        rotations, positions = clip.world()
        rig = RigBones.from_skeleton(clip.skeleton)
        return Recording(rig, rotations, positions, clip.fps, name, clip.skeleton.end_sites)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.rotations)

    @property
    def seconds(self) -> float:
        """Duration from the first to the last frame."""
        return max(self.frames - 1, 0) / self.fps

    @property
    def finite(self) -> bool:
        """Whether all rotations and positions are finite."""
        return bool(np.isfinite(self.rotations).all() and np.isfinite(self.positions).all())

    def turns_from_rest(self) -> Array:
        """Return (T, B, 4) the rotations of the bones away from their rest pose, world."""
        return quat.mul_inv(self.rotations, self.rig.rest_rotations.astype(np.float32))

    def with_rest_pose(self, frame: int) -> "Recording":
        """Return the recording with the pose of a frame as its rest pose."""
        turn = quat.mul_inv(self.rotations[frame].astype(np.float64), self.rig.rest_rotations)
        tips = self.tips
        if tips is not None:
            tips = tuple((j, _triple(quat.apply(turn[j], np.array(tip)))) for j, tip in tips)
        rig = replace(
            self.rig,
            rest_heads=self.positions[frame],
            rest_rotations=self.rotations[frame],
        )
        return replace(self, rig=rig, tips=tips)

    def skeleton(self, body_from_world: Array) -> Skeleton:
        """Return the rest pose as a skeleton, rotated by ``body_from_world`` (4,).

        A skeleton has one root: other bones without a parent become children of the first bone.
        """
        rig = self.rig
        heads = quat.apply(body_from_world, rig.rest_heads)
        parents = np.where(rig.parents < 0, 0, rig.parents)
        offsets = heads - heads[parents]
        parents[0] = -1
        tips = self.tips
        if tips is None:
            arms = bone_ends(rig)[0] - rig.rest_heads
            leaves = [bone for bone in range(len(rig)) if not rig.children[bone]]
            tips = tuple((bone, _triple(arms[bone])) for bone in leaves)
        turned = tuple((j, _triple(quat.apply(body_from_world, np.array(tip)))) for j, tip in tips)
        return Skeleton(rig.names, parents, offsets, turned)


def _triple(vector: Array) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
