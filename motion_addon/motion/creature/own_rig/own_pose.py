# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of a creature's own rig in another program, such as Blender.

Owns which bones are posed by the creature and which by the general retarget, and the channels of
bones that are in no rig map.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...body.body import Body
from ...body.body_pose import BodyPose
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones
from .own_motion import OwnMotion
from .own_rig import BoneCorrections, BoneMotion

ALIKE = 0.05
"""Share by which a leg's bones may differ in length from those of the creature's own rig."""
_STILL = 1e-3
"""Least movement that is keyed: radians, or shares of the hip height."""


@dataclass(frozen=True, eq=False)
class OwnPose:
    """Motion of the bones of a creature's own rig in a bake, in the world of its clip."""

    own: OwnMotion
    bones: BoneMotion
    corrections: BoneCorrections
    size: float
    """Size of the clip relative to the rig."""

    @staticmethod
    def of(own: OwnMotion, clip: Clip, corrections: BoneCorrections) -> "OwnPose":
        """Return the pose of the rig for a canonical ``clip`` of the creature."""
        return OwnPose(own, own.bones(clip, corrections), corrections, own.size(clip))

    def applied_to(self, posed: BodyPose) -> BodyPose:
        """Return a body's pose with the creature's bones, if the body is the creature's own rig.

        A body of another size keeps the clip's root.
        """
        body, own = posed.body, self.own.rig
        size = size_ratio(self.own, body.rig)
        if size is None:
            return posed
        rotations, positions = dict(posed.rotations), dict(posed.positions)
        root, share = posed.root_positions, size / self.size
        moved = set()
        for bone in sorted(_carried(self.own)):
            index = body.rig.index(own.skeleton.names[bone])
            rotations[index] = quat.mul(self.bones.turns[:, bone], own.rest[bone])
            positions[index] = root + share * (self.bones.places[:, bone] - root)
            if bone in self.corrections.shifts:
                moved.add(index)
        return replace(posed, rotations=rotations, positions=positions, moved=frozenset(moved))

    def extra_channels(self, body: Body) -> Iterator[tuple[str, Array, Array | None]]:
        """Yield the channels of bones that are not in the rig map: ears, jaw, fingers.

        A channel is a name, a rotation (T, 4) and a location (T, 3), in the bone's own rest basis
        and the rig's unit; the location is None if the bone only rotates. A rig with other bone
        names has none; a rig with the same names may have other proportions.
        """
        own, rig = self.own.rig, body.rig
        if not _named(self.own, rig):
            return
        size = size_ratio(self.own, rig)
        unit = (self.size if size is None else size) / rig.scale
        known = {*_carried(self.own), *own.above}
        for bone, turn in self.corrections.turns.items():
            name = own.skeleton.names[bone]
            if bone in known or name not in rig:
                continue
            rest = body.rotations[rig.index(name)] if size is None else own.rest[bone]
            basis = quat.inv_mul(rest, quat.mul(turn, rest))
            shift = self.corrections.shifts.get(bone)
            if shift is None and np.abs(quat.to_rotvec(basis)).max() < _STILL:
                continue
            place = None
            if shift is not None:
                place = quat.inv_apply(rest, shift) * unit
            yield name, quat.unroll(basis), place


def _named(own: OwnMotion, rig: RigBones) -> bool:
    """Return whether a rig has all bones of a creature that follow canonical joints."""
    return all(own.rig.skeleton.names[bone] in rig for bone in own.rig.shares)


def _carried(own: OwnMotion) -> set[int]:
    """Return the bones that follow canonical joints, and those between them."""
    skeleton, out = own.rig.skeleton, set(own.rig.shares)
    for bone in own.rig.shares:
        between: list[int] = []
        above = int(skeleton.parents[bone])
        while above >= 0 and above not in own.rig.above:
            if above in own.rig.shares:
                out.update(between)
                break
            between.append(above)
            above = int(skeleton.parents[above])
    return out


def size_ratio(own: OwnMotion, rig: RigBones) -> float | None:
    """Return the size of a rig relative to the creature's own; None if it is another rig."""
    rest = own.rig.skeleton.rest_positions()
    if not _named(own, rig):
        return None
    ratios = []
    for chain in own.rig.parts.legs.values():
        theirs = rest[[own.rig.skeleton.index(name) for name in chain]]
        ours = rig.rest_heads[[rig.index(name) for name in chain]]
        lengths = [np.linalg.norm(np.diff(line, axis=0), axis=-1) for line in (ours, theirs)]
        ratios.append(lengths[0].sum() / max(float(lengths[1].sum()), 1e-9))
        if np.abs(lengths[0] - ratios[-1] * lengths[1]).max() > ALIKE * lengths[0].sum():
            return None
    spread = float(np.ptp(ratios) / np.mean(ratios))
    return float(np.mean(ratios)) if spread < ALIKE else None
