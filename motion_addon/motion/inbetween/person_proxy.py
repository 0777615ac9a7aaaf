# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxy of a person: a rig's mapped bones on the joints of a model, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..body.body import Body, Leg
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..retarget.chains import part_way
from ..rigs import RigBones, detect
from ..rigs.measure import measure
from .blend_joins import bridged_positions, bridged_rotations
from .model import Filler
from .proxy import BonePoses, Poses, Proxy

PALMS = 0.7
"""Radians by which the models' mocap turns the hands outwards about the forearm."""

_ARMS = {"upper_arm": 0.0, "forearm": 0.35, "hand": 1.0}
"""Parts of an arm and their shares in turning the palm."""
_LEGS = ("thigh", "shin", "foot", "toe")


@dataclass(frozen=True, eq=False)
class PersonProxy(Proxy):
    """A model's joints with the legs and the size of a person's rig."""

    body: Body
    model: Skeleton

    @cached_property
    def _own(self) -> Body:
        """The model's skeleton as a body; bones are its joints."""
        rig = RigBones.from_skeleton(self.model)
        return measure(rig, detect(rig))

    @cached_property
    def scale(self) -> float:
        """Size of the model over that of the body."""
        return self._own.leg_length / self.body.leg_length

    @cached_property
    def _frames(self) -> dict[int, tuple[int, Array]]:
        """Joint to its one bone and to the rotation of its rest pose from the bone's."""
        one = quat.IDENTITY.astype(np.float64)
        pairs = {role: one for role in ("hips", "head", "shoulder.L", "shoulder.R")}
        for side, ours, theirs in zip("LR", self._own.legs, self.body.legs, strict=True):
            pairs |= {
                f"{p}.{side}": turn for p, turn in zip(_LEGS, _legs(ours, theirs), strict=True)
            }
        for part, twist in _ARMS.items():
            roll = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), -PALMS * twist)
            for role in (f"{part}.L", f"{part}.R"):
                if role in self._own.arm_frames and role in self.body.arm_frames:
                    back = quat.mul_inv(roll, self._own.arm_frames[role])
                    pairs[role] = quat.mul(self.body.arm_frames[role], back)
        found = {}
        for role, turn in pairs.items():
            joint, bone = self._own.bone(role), self.body.bone(role)
            if joint >= 0 and bone >= 0:
                found[joint] = (bone, turn)
        return found

    @cached_property
    def _center(self) -> Array:
        """(3,) from the root joint to the middle of the hip joints, at the body's size."""
        middle: Array = self.model.offsets[[leg.top for leg in self._own.legs]].mean(axis=0)
        return middle.astype(np.float64) / self.scale

    @cached_property
    def skeleton(self) -> Skeleton:
        """The model's joints with the body's legs."""
        offsets = self.model.offsets.astype(np.float64) / self.scale
        for ours, theirs in zip(self._own.legs, self.body.legs, strict=True):
            offsets[ours.top] = self._center + theirs.points[0] - self.body.hip_center
            for joint, above, arm in (
                (ours.middle, ours.top, theirs.points[1] - theirs.points[0]),
                (ours.end, ours.middle, theirs.points[2] - theirs.points[1]),
                (ours.toe, ours.end, theirs.ball - theirs.points[2]),
            ):
                offsets[joint] = quat.inv_apply(self._frames[above][1], arm)
        return replace(self.model.scaled(1.0 / self.scale), offsets=offsets)

    def clip(self, poses: Poses, known: Array, fps: float) -> Clip:
        """Return all frames of a rig's motion on the proxy."""
        (rotations, positions), body = poses, self.body
        turns = quat.mul_inv(rotations.astype(np.float64), body.rotations)
        world = np.tile(quat.IDENTITY.astype(np.float64), (len(turns), len(self.model), 1))
        chains = self._chains(lambda bone: turns[:, bone], body, self._own)
        for joint, parent in enumerate(self.model.parents):
            if joint in self._frames:
                bone, frame = self._frames[joint]
                world[:, joint] = quat.mul(turns[:, bone], frame)
            elif joint in chains:
                world[:, joint] = chains[joint]
            elif parent >= 0:
                world[:, joint] = world[:, parent]
        hips = world[:, self._own.bone("hips")]
        center = positions[:, [leg.top for leg in body.legs]].mean(axis=1)
        root = center - quat.apply(hips, self._center)
        local = quat.unroll(quat.normalize(self.skeleton.local(world)))
        return Clip(self.skeleton, local, root, fps)

    def _chains(self, turn: object, source: Body, target: Body) -> dict[int, Array]:
        """Return the rotations of the target's spine and neck, spread from the source's."""
        out: dict[int, Array] = {}
        spine = [turn(bone) for bone in (*source.roles["hips"], *source.roles.get("spine", ()))]  # type: ignore[operator]
        crown = [turn(b) for r in ("neck", "head") for b in source.roles.get(r, ())]  # type: ignore[operator]
        for role, values, extra in (
            ("spine", spine, 0),
            ("neck", [spine[-1], *(crown or [spine[-1]])], 1),
        ):
            bones = target.roles.get(role, ())
            for number, bone in enumerate(bones, start=1):
                out[bone] = part_way(values, number / (len(bones) + extra))
        return out

    def bone_poses(self, clip: Clip, poses: Poses, known: Array) -> BonePoses:
        """Return the rig's poses of a clip; ``known`` (T,) frames stay as in ``poses``."""
        (rotations, positions), body = poses, self.body
        world, places = clip.world()
        turns = self._chains(lambda joint: world[:, joint], self._own, body)
        for joint, (bone, frame) in self._frames.items():
            turns[bone] = quat.mul_inv(world[:, joint], frame)
        out = {
            bone: bridged_rotations(
                quat.mul(turn, body.rotations[bone]), rotations[:, bone], known, clip.fps
            )
            for bone, turn in turns.items()
        }
        hips = body.bone("hips")
        thighs = [leg.top for leg in self._own.legs]
        center = places[:, thighs].mean(axis=1)
        arm = quat.apply(turns[hips], body.heads[hips] - body.hip_center)
        heads = {hips: bridged_positions(center + arm, positions[:, hips], known, clip.fps)}
        for bone, above in body.parents.items():
            while above >= 0 and above not in heads:
                above = body.parents[above]
            if bone in heads or bone not in out or above < 0:
                continue
            rest = quat.inv(body.rotations[above])
            arm = quat.apply(rest, body.heads[bone] - body.heads[above])
            place = heads[above] + quat.apply(out[above], arm)
            heads[bone] = bridged_positions(place, positions[:, bone], known, clip.fps)
        contacts = np.zeros((clip.frames, 4)) if clip.contacts is None else clip.contacts
        return BonePoses(out, heads, contacts)

    def filler_skeleton(self, filler: Filler, clip: Clip) -> Skeleton:
        """Return the model's skeleton: the filler knows people of one build."""
        return filler.skeleton


def _legs(ours: Leg, theirs: Leg) -> tuple[Array, ...]:
    """Return the rotations from thigh, shin, foot and toe of a model at rest to a body's."""
    bones = []
    assert ours.pole is not None and theirs.pole is not None
    for mine, other in zip(ours.segments, theirs.segments, strict=True):
        bones.append(quat.mul_inv(_along(other, theirs.pole), _along(mine, ours.pole)))
    foot = quat.mul_inv(theirs.foot_yaw, ours.foot_yaw)
    return (*bones, foot, foot)


def _along(line: Array, pole: Array) -> Array:
    """Return the rotation (4,) of a frame whose -Y runs along a bone and whose +Z is its pole."""
    up = -quat.unit(line)
    front = quat.unit(pole - up * (pole @ up))
    return quat.from_matrix(np.stack([np.cross(up, front), up, front], axis=-1))
