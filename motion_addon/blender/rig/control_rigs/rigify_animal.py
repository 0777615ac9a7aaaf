# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigify's generated quadrupeds (basic, wolf, cat, horse): keys on their own controls.

Owns the controls of the bones of each leg, the controls of the tail, which copy each other, and
the switches: all four legs on IK with knees and elbows on their pole targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np

from ....motion.body.body import Body
from ....motion.body.body_pose import BodyPose
from ....motion.maths import quat
from ....motion.maths.quat import Array
from ....motion.retarget.channels import Channels, RootMotion
from ....motion.rigs import RigBones, RigMap
from .. import rig_copy
from .rigify_session import Session, Switches, derived, on_org_bones, parent_switch, present, strip

_LEGS = ("hindleg.L", "foreleg.L", "hindleg.R", "foreleg.R")
_STRAIGHT = (0.02, 0.08)
"""Sine of a leg's bend: below the first its plane follows the upper bone's twist alone."""
_HALF_AROUND = -0.9
"""Cosine between the sides of two bones below which bendy bones twist either way."""


@dataclass(frozen=True)
class _Limb:
    """One IK limb by the ORG bones it drives."""

    above: tuple[str, ...]
    """Mapped bones over the limb: the shoulder."""
    bones: tuple[str, ...]
    """Four or five bones from thigh or upper arm to the last toe."""

    def control(self, index: int, ending: str) -> str:
        """Return the control that Rigify derives from a bone of the limb."""
        return derived(self.bones[index], ending)

    @property
    def paw(self) -> str:
        """The control that carries the paw; its own place is the tip of the last toe."""
        return self.control(2, "_ik")

    @property
    def heel(self) -> str:
        """The control that turns the third bone about the paw."""
        return self.control(2, "_heel_ik")

    @property
    def pole(self) -> str:
        """The target that knee or elbow points at."""
        return self.control(0, "_ik_target")


def is_generated(rig: RigBones, rig_map: RigMap) -> bool:
    """Return whether the rig has the controls of a generated Rigify quadruped."""
    bones = [name for role in _LEGS for name in rig_map.roles.get(role, ())]
    heels = [name for name in bones if derived(name, "_heel_ik") in rig]
    return "torso" in rig and len(heels) == 4


def prepare(rig: RigBones, rig_map: RigMap) -> RigMap:
    """Return the map on ORG bones; the tail on its controls, as ORG tails may point backward.

    Raises RefusedError for bones whose controls are not known.
    """
    rig_map = on_org_bones(rig, rig_map)
    tail = tuple(strip(name) for name in rig_map.roles.get("tail", ()))
    return rig_map.with_role("tail", *(name for name in tail if name in rig))


def _limbs(body: Body) -> list[_Limb]:
    found = []
    for role in _LEGS:
        names = [body.rig.names[bone] for bone in body.roles[role]]
        top = next(i for i, name in enumerate(names) if derived(name, "_ik_target") in body.rig)
        bones = names[top:]
        while below := _next(body.rig, bones[-1]):
            bones.append(below)
        found.append(_Limb(tuple(names[:top]), tuple(bones)))
    return found


def _next(rig: RigBones, name: str) -> str:
    """Return the next ORG bone of the limb, or an empty text after the last toe."""
    for child in rig.children[rig.index(name)]:
        below = rig.names[child]
        marks = (derived(below, "_fk"), "MCH-" + derived(below, "_ik_socket"))
        if below.startswith("ORG-") and any(mark in rig for mark in marks):
            return below
    return ""


def _bindings(limbs: list[_Limb]) -> Iterator[tuple[str, str]]:
    """Yield helper bone and the bone its constraints bind it to, under our switches."""
    yield "MCH-torso.parent", "root"
    for limb in limbs:
        yield "MCH-" + limb.control(2, "_ik.parent"), "root"
        yield "MCH-" + limb.control(0, "_ik_target.parent"), "root"
        for name in limb.above:
            yield name, strip(name)


class _Animal(Session):
    """One conversion of an animal's pose into control channels."""

    def pivot(self, obj: bpy.types.Object) -> None:
        """Turn the helper between hips and chest, on which shoulders may hang, half-way."""
        helper: bpy.types.PoseBone | None = obj.pose.bones.get("MCH-pivot")
        for constraint in () if helper is None else helper.constraints:
            if constraint.type == "COPY_TRANSFORMS" and constraint.subtarget in self.rig:
                bone = self.rig.index(helper.name)
                hips = self.poser.rotation(self.rig.index(constraint.subtarget))
                chest = self.poser.unmoved_rotation(bone)
                self.poser.rotations[bone] = quat.slerp(chest, hips, constraint.influence)

    def tail(self) -> None:
        """Set the tail's controls."""
        for bone in self.body.roles.get("tail", ()):
            self.rotate(bone, self.turn(bone))

    def limb(self, limb: _Limb) -> None:
        """Set shoulder, paw and pole of one leg; the heel waits for ``heel``."""
        rig, rest = self.rig, self.rig.rest_heads
        for name in limb.above:
            self._shoulder(strip(name), rig.index(name))
        last = rig.index(limb.bones[-1])
        turn, place = self._turn_of(limb, -1), self._place_of(limb, -1)
        paw = rig.index(limb.paw)
        self.rotate(paw, turn)
        self.put(paw, place + quat.apply(turn, rest[paw] - rest[last]))
        if len(limb.bones) > 4:
            self.rotate(limb.control(3, "_ik"), self._turn_of(limb, 3))
        pole, knee = rig.index(limb.pole), rig.index(limb.bones[1])
        away = quat.apply(self._plane_turn(limb), rest[pole] - rest[knee])
        self.put(pole, self._place_of(limb, 1) + away)

    def _shoulder(self, name: str, bone: int) -> None:
        """Turn a shoulder, and move it if the spine's helpers carry it elsewhere."""
        control = self.rig.index(name)
        self.rotate(control, self.turn(bone))
        gap = self._places[bone] - self.poser.unmoved_position(control)
        if np.abs(gap).max() > 1e-3 * self.rig.lengths[bone]:
            self.put(control, self._places[bone])

    def heel(self, limb: _Limb, carried: Array) -> None:
        """Turn the heel, whose parent the rig has turned to ``carried`` (T, 4)."""
        heel = self.rig.index(limb.heel)
        self.poser.rotations[int(self.rig.parents[heel])] = carried
        self.rotate(heel, self._turn_of(limb, 2))

    def heel_parent(self, limb: _Limb) -> str:
        """Return the helper that carries the heel control."""
        return self.rig.names[self.rig.parents[self.rig.index(limb.heel)]]

    def _turn_of(self, limb: _Limb, index: int) -> Array:
        """Return the turn (T, 4) of a limb's bone; one without a role turns as the one above."""
        bones = [self.rig.index(name) for name in limb.bones]
        above = bones[: index % len(bones) + 1]
        return self.turn(next(bone for bone in reversed(above) if bone in self.staged.rotations))

    def _place_of(self, limb: _Limb, index: int) -> Array:
        """Return the head (T, 3) of a bone of a limb."""
        bones = [self.rig.index(name) for name in limb.bones]
        wanted = bones[index]
        known = next(b for b in reversed(bones[: index % len(bones) + 1]) if b in self._places)
        away = self.rig.rest_heads[wanted] - self.rig.rest_heads[known]
        return self._places[known] + quat.apply(self.turn(known), away)

    @property
    def _places(self) -> dict[int, Array]:
        return self.staged.positions

    def _plane_turn(self, limb: _Limb) -> Array:
        """Return the turn (T, 4) from rest of the plane in which knee or elbow bends."""
        rest = [self.rig.rest_heads[self.rig.index(name)] for name in limb.bones[:3]]
        hip, knee, hock = (self._place_of(limb, i) for i in range(3))
        turn = self._turn_of(limb, 0)
        carried = quat.apply(turn, _normal(*rest))
        bent = np.cross(knee - hip, hock - knee)
        size = np.linalg.norm(bent, axis=-1, keepdims=True)
        sine = size / np.maximum(_lengths(knee - hip) * _lengths(hock - knee), 1e-12)
        share = np.clip((sine - _STRAIGHT[0]) / (_STRAIGHT[1] - _STRAIGHT[0]), 0.0, 1.0)
        share = share * (np.sum(bent * carried, -1, keepdims=True) > 0.0)
        normal = quat.unit(share * bent / np.maximum(size, 1e-12) + (1.0 - share) * carried)
        return quat.mul(quat.between(carried, normal), turn)


def _lengths(vectors: Array) -> Array:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _normal(hip: Array, knee: Array, hock: Array) -> Array:
    return quat.unit(np.cross(knee - hip, hock - knee))


def _wanted_switches(
    obj: bpy.types.Object, limbs: list[_Limb], tail: str
) -> Iterator[tuple[str, str, float]]:
    yield "torso", "torso_parent", parent_switch(obj, "MCH-torso.parent")
    for name in ("neck_follow", "head_follow", "tail_follow"):
        yield "torso", name, 1.0
    yield tail, "tail_follow", 1.0
    for limb in limbs:
        leg = limb.control(0, "_parent")
        yield leg, "IK_FK", 0.0
        yield leg, "FK_limb_follow", 0.0
        yield leg, "IK_Stretch", 0.0
        yield leg, "pole_vector", 1.0
        yield leg, "IK_parent", parent_switch(obj, "MCH-" + limb.control(2, "_ik.parent"))
        yield leg, "pole_parent", parent_switch(obj, "MCH-" + limb.control(0, "_ik_target.parent"))
        # The solver may shorten bones by this share, which pulls joints back by centimeters.
        for helper in (limb.control(0, "_ik"), limb.control(1, "_ik")):
            for name in (helper, f"MCH-{helper}"):
                yield name, "ik_stretch", 0.0


def _resting(limbs: list[_Limb], tail: str) -> Iterator[str]:
    """Yield controls that are keyed once at rest, so that a pose left on them has no effect."""
    yield from ("root", "hips", "chest", "neck_bend", tail)
    for limb in limbs:
        yield limb.control(0, "_ik")
        yield limb.control(2, "_spin_ik")
        yield strip(limb.bones[-1])
        for name in limb.bones:
            yield derived(name, "_tweak")


def _uncopied(obj: bpy.types.Object, body: Body, channels: Channels) -> Channels:
    """Return the channels without the rotation that each tail control copies from another."""
    rotations = dict(channels.rotations)
    for bone in reversed(body.roles.get("tail", ())):
        for constraint in obj.pose.bones[body.rig.names[bone]].constraints:
            if constraint.type != "COPY_ROTATION" or constraint.subtarget not in body.rig:
                continue
            source = channels.rotations.get(body.rig.index(constraint.subtarget))
            if source is not None and len(source) > 1:
                axes = (constraint.use_x, constraint.use_y, constraint.use_z)
                own = quat.inv_mul(_axes_of(source, axes), rotations[bone])
                rotations[bone] = quat.unroll(own)
    return Channels(rotations, channels.locations, channels.object_positions, channels.object_turns)


def _axes_of(turn: Array, axes: tuple[bool, bool, bool]) -> Array:
    """Return the rotation (T, 4) about some of Blender's Euler axes XYZ."""
    angles = quat.to_euler(turn.astype(np.float64), "ZYX") * np.array(axes[::-1])
    return quat.from_euler(angles, "ZYX")


def plan(
    obj: bpy.types.Object, posed: BodyPose, root_motion: RootMotion
) -> tuple[Channels, Switches, tuple[str, ...]]:
    """Return channels of the controls, switches and notes. Raises RefusedError."""
    limbs = _limbs(posed.body)
    session = _Animal(posed, root_motion, _bindings(limbs))
    session.torso()
    session.pivot(obj)
    session.crown()
    session.tail()
    for limb in limbs:
        session.limb(limb)
    tail = next(iter(posed.body.roles.get("tail", ())), None)
    master = "" if tail is None else derived(posed.body.rig.names[tail], "_master")
    switches = present(obj, _wanted_switches(obj, limbs, master))
    resting = list(_resting(limbs, master))
    before_heels = session.channels([*resting, *(limb.heel for limb in limbs)])
    helpers = [session.heel_parent(limb) for limb in limbs]
    turned = rig_copy.rotations(obj, before_heels, switches, helpers)
    for limb, helper in zip(limbs, helpers, strict=True):
        session.heel(limb, turned[helper])
    return _uncopied(obj, posed.body, session.channels(resting)), switches, _rolled(obj)


def _rolled(obj: bpy.types.Object) -> tuple[str, ...]:
    """Return a note on a bendy deform bone that is rolled half around against the next one."""
    assert isinstance(obj.data, bpy.types.Armature)
    side = {bone.name: bone.matrix_local.to_3x3().col[2] for bone in obj.data.bones}
    for bone in obj.data.bones:
        if bone.bbone_segments > 1 and bone.name.startswith("DEF-spine"):
            for after in bone.children:
                if after.use_connect and side[bone.name].dot(side[after.name]) < _HALF_AROUND:
                    names = strip(bone.name), strip(after.name)
                    text = f'Rigify made "{names[0]}" rolled half around against "{names[1]}"'
                    return (f"{text}; its skin may twist. Turn its roll in the metarig.",)
    return ()
