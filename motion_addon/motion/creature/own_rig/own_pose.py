# SPDX-License-Identifier: GPL-3.0-or-later
"""A creature's motion as poses of its own rig in another program, such as Blender.

Owns which bones take their place from the creature and which from the general retarget, and the
channels of the bones that no map knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...body.body import Body
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array
from ...retarget.body_pose import BodyPose
from ...rigs import RigBones
from .own_motion import OwnMotion
from .own_rig import Bones, Misfit

ALIKE = 0.05
"""Share by which the bones of a leg may differ in length from those of the creature's own rig."""
_STILL = 1e-3
"""Radians, or shares of the hip's height: what moves less is not keyed."""


@dataclass(frozen=True, eq=False)
class OwnPose:
    """What the bones of a creature's own rig do in a bake, in the world of its clip."""

    own: OwnMotion
    bones: Bones
    misfit: Misfit
    size: float
    """Of the clip against the rig."""

    @staticmethod
    def of(own: OwnMotion, clip: Clip, misfit: Misfit) -> "OwnPose":
        """Return that of a canonical ``clip`` of the creature."""
        return OwnPose(own, own.bones(clip, misfit), misfit, own.size(clip))

    def on(self, posed: BodyPose) -> BodyPose:
        """Return the pose of a body with the creature's where it is the body of its own rig.

        A body of another size stands where the clip does.
        """
        body, own = posed.body, self.own.rig
        size = size_of(self.own, body.rig)
        if size is None:
            return posed
        rotations, positions = dict(posed.rotations), dict(posed.positions)
        root, share = posed.root_positions, size / self.size
        moved = set()
        for bone in sorted(_carried(self.own)):
            index = body.rig.index(own.skeleton.names[bone])
            rotations[index] = quat.mul(self.bones.turns[:, bone], own.rest[bone])
            positions[index] = root + share * (self.bones.places[:, bone] - root)
            if bone in self.misfit.shifts:
                moved.add(index)
        return replace(posed, rotations=rotations, positions=positions, moved=frozenset(moved))

    def besides(self, body: Body) -> Iterator[tuple[str, Array, Array | None]]:
        """Yield channels of bones that the creature's map does not know: ears, jaw, fingers.

        Name, rotation (T, 4) and location (T, 3) in the bone's own rest basis and the rig's
        units, the latter None where the bone only turns. Nothing for rigs whose bones have other
        names; another rig of the same names may have other proportions.
        """
        own, rig = self.own.rig, body.rig
        if not _named(self.own, rig):
            return
        size = size_of(self.own, rig)
        unit = (self.size if size is None else size) / rig.scale
        known = {*_carried(self.own), *own.above}
        for bone, turn in self.misfit.turns.items():
            name = own.skeleton.names[bone]
            if bone in known or name not in rig:
                continue
            rest = body.rotations[rig.index(name)] if size is None else own.rest[bone]
            basis = quat.inv_mul(rest, quat.mul(turn, rest))
            shift = self.misfit.shifts.get(bone)
            if shift is None and np.abs(quat.to_rotvec(basis)).max() < _STILL:
                continue
            place = None
            if shift is not None:
                place = quat.inv_apply(rest, shift) * unit
            yield name, quat.unroll(basis), place


def _named(own: OwnMotion, rig: RigBones) -> bool:
    """Whether a rig has all bones of a creature that follow canonical joints."""
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


def size_of(own: OwnMotion, rig: RigBones) -> float | None:
    """Return how large a rig is against a creature's own; None if it is another one."""
    rest = own.rig.skeleton.rest_positions()
    if not _named(own, rig):
        return None
    ratios = []
    for chain in own.rig.limbs.legs.values():
        theirs = rest[[own.rig.skeleton.index(name) for name in chain]]
        ours = rig.rest_heads[[rig.index(name) for name in chain]]
        lengths = [np.linalg.norm(np.diff(line, axis=0), axis=-1) for line in (ours, theirs)]
        ratios.append(lengths[0].sum() / max(float(lengths[1].sum()), 1e-9))
        if np.abs(lengths[0] - ratios[-1] * lengths[1]).max() > ALIKE * lengths[0].sum():
            return None
    spread = float(np.ptp(ratios) / np.mean(ratios))
    return float(np.mean(ratios)) if spread < ALIKE else None
