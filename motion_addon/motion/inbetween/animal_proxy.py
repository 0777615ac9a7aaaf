# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxy of an animal: its own bones on the canonical quadruped of its proportions, and back.

After the conversion back, legs are bent so that paws are where the canonical ones are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..body.body import Body
from ..body.quadruped import ROLES
from ..clip.clip import Clip
from ..clip.skeleton import EndSite, Skeleton
from ..creature.own_rig import own_rig
from ..creature.own_rig.own_rig import BoneCorrections, BoneMotion, OwnRig
from ..creature.reading import animal_detection
from ..creature.reading.landmarks import BodyParts
from ..maths import quat
from ..maths.quat import Array
from ..rigs.axes import bone_ends
from . import treadmill
from .blend_joins import bridged_positions, bridged_rotations
from .model import Filler
from .proxy import BonePoses, Poses, Proxy


@dataclass(frozen=True, eq=False)
class AnimalProxy(Proxy):
    """The canonical quadruped in the proportions of an animal's rig."""

    own: OwnRig
    """Mapped bones, as they hang together in the body, meters, Y up."""
    bones: Array
    """(K,) indices of these bones among all bones of ``Poses``."""

    @staticmethod
    def of_body(body: Body) -> AnimalProxy:
        """Return the proxy of a measured rig.

        The bones hang together as in the body: in a control rig those of a spine or a leg need not.
        """
        bones = np.array(list(body.parents))
        row = {int(bone): i for i, bone in enumerate(bones)} | {-1: -1}
        parents = np.array([row[above] for above in body.parents.values()])
        heads = body.heads[bones]
        offsets = np.where(parents[:, None] < 0, heads, heads - heads[parents])
        names = tuple(body.rig.names[bone] for bone in bones)
        skeleton = Skeleton(names, parents, offsets, _tips(body, row))
        return AnimalProxy(OwnRig(skeleton, _parts(body), body.rotations[bones]), bones)

    def motion(self, poses: Poses) -> BoneMotion:
        """Return the motion of the mapped bones, as rotations from their rest pose."""
        rotations, positions = poses
        turns = quat.mul_inv(rotations[:, self.bones].astype(np.float64), self.own.rest)
        return BoneMotion(turns, positions[:, self.bones].astype(np.float64))

    def clip(self, poses: Poses, known: Array, fps: float) -> Clip:
        """Return the ``known`` (T,) frames of a motion on the canonical joints; others repeat them.

        The height of the ground stays.
        """
        bones = self.motion(poses)
        turns, places = bones.turns[known], bones.places[known]
        rig = self.own.canonical
        clip, _ = rig.convert(turns, places, fps)
        up = clip.root_positions[0] - rig.landmarks.places(turns, places)[0, 0]
        row = np.maximum.accumulate(np.where(known, np.cumsum(known) - 1, 0))
        roots = (clip.root_positions - up)[row].astype(np.float32)
        return Clip(clip.skeleton, clip.rotations[row], roots, fps)

    def filler_skeleton(self, filler: Filler, clip: Clip) -> Skeleton:
        """Return the clip's own skeleton: the filler takes animals of any proportions."""
        return clip.skeleton

    def travel(self, poses: Poses, known: Array, fps: float) -> Array:
        """Return the distance (T, 3) stepped but not covered by motion in place, meters."""
        stepped = treadmill.travel(self.own.canonical, self.motion(poses), known, fps)
        return stepped.astype(np.float32)

    def without_travel(self, roots: Array, travel: Array, known: Array) -> Array:
        """Return roots (T, 3) without a ``travel``; motion in place keeps its place."""
        roots = np.asarray(roots - travel)
        if not travel.any():
            return roots
        return treadmill.kept_in_place(roots, known, self.own.canonical.hip_height)

    def bone_motion(self, clip: Clip, bones: BoneMotion, known: Array) -> BoneMotion:
        """Return a rig's motion of a clip on the proxy; ``known`` (T,) frames stay as ``bones``."""
        made = own_rig.pose(self.own, clip, self._corrections(clip, bones, known), sink=False)
        return BoneMotion(
            bridged_rotations(made.turns, bones.turns, known, clip.fps),
            bridged_positions(made.places, bones.places, known, clip.fps),
        )

    def bone_poses(self, clip: Clip, poses: Poses, known: Array) -> BonePoses:
        """Return the rig's poses of a clip; ``known`` (T,) frames stay as in ``poses``."""
        made = self.bone_motion(clip, self.motion(poses), known)
        rotations, positions = {}, {}
        for i, bone in enumerate(self.bones):
            turned = quat.unroll(quat.mul(made.turns[:, i], self.own.rest[i]))
            rotations[int(bone)] = np.where(known[:, None], poses[0][:, bone], turned)
            positions[int(bone)] = np.where(known[:, None], poses[1][:, bone], made.places[:, i])
        return BonePoses(rotations, positions, np.asarray(clip.contacts))

    def _corrections(self, clip: Clip, bones: BoneMotion, known: Array) -> BoneCorrections:
        """Return the bones' offsets from the joints they follow, interpolated in new frames."""
        own = self.own
        given = own_rig.followed_rotations(own, clip)
        follows = np.stack(
            [own_rig.base_rotation(own, bones, given, b) for b in range(len(own.skeleton))], 1
        )
        off = quat.inv_mul(follows, bones.turns)
        mean = quat.normalize(quat.unroll(off[known]).mean(axis=0))
        turns = bridged_rotations(np.broadcast_to(mean, off.shape), off, known, clip.fps)
        moved = np.stack([own_rig.shift(own, bones, b) for b in range(len(own.skeleton))], 1)
        shifts = bridged_positions(np.zeros_like(moved), moved, known, clip.fps)
        count = range(len(own.skeleton))
        return BoneCorrections({b: turns[:, b] for b in count}, {b: shifts[:, b] for b in count})


def _tips(body: Body, row: dict[int, int]) -> tuple[EndSite, ...]:
    """Return the ends of the bones at the ends of chains; ``row`` is bone to joint."""
    ends = bone_ends(body.rig)[0] - body.rig.rest_heads
    out = []
    for bone in body.parents:
        if bone not in body.parents.values():
            x, y, z = (float(v) for v in quat.inv_apply(body.world_from_body, ends[bone]))
            out.append((row[bone], (x, y, z)))
    return tuple(out)


def _parts(body: Body) -> BodyParts:
    roles = {r: tuple(body.rig.names[b] for b in bones) for r, bones in body.roles.items()}
    legs = {leg: roles[role] for leg, role in ROLES.items()}
    return animal_detection.body_parts(body.rig, roles, legs, body.world_from_body)
