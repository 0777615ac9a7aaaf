# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigify's generated human: keys on its own controls.

Owns which control stands for which part of the body, which helper bones its constraints bind to
what, and the switches: arms on FK, legs on IK with the knee on its pole target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np

from ...motion import quat
from ...motion.anatomy import Body, Leg
from ...motion.channels import Channels, RigPoser, RootMotion, Staged, put_root
from ...motion.quat import Array
from ...motion.reach import leg_frame
from ...motion.retarget import BodyPose
from ...motion.rigs import RigBones, RigError, RigMap

_ARM = ("upper_arm", "forearm", "hand")
_RESTING = (
    *("root", "hips", "chest", "foot_spin_ik.{s}", "foot_heel_ik.{s}", "thigh_ik.{s}"),
    *("foot_tweak.{s}", "shin_tweak.{s}", "thigh_tweak.{s}", "tweak_spine"),
)
"""Controls that are keyed once at rest, so that a pose left on them does not add up."""
HELPERS = ("MCH-", "ORG-", "DEF-", "tweak_")
"""Beginnings of names of bones that are not for keys."""


@dataclass(frozen=True, eq=False)
class _Controls:
    """Bone indices of the controls of one generated rig."""

    rig: RigBones
    spine: tuple[tuple[int, int], ...]
    """(ORG bone, FK control) from the hips upwards."""
    torso: int


def is_generated(rig: RigBones) -> bool:
    """Return whether the rig has the controls of a generated Rigify human."""
    marks = ("torso", "thigh_parent.L", "thigh_ik_target.L", "foot_ik.L", "upper_arm_fk.L")
    return all(name in rig for name in marks)


def on_org_bones(rig: RigBones, rig_map: RigMap) -> RigMap:
    """Return the map with deform bones replaced by the ORG bones that they follow.

    Raises RigError for other bones: only from ORG bones the controls are known.
    """
    for role, names in rig_map.roles.items():
        if role == "root":
            continue
        found = tuple(f"ORG-{_strip(name)}" for name in names)
        for name, org in zip(names, found, strict=True):
            if org not in rig:
                raise RigError(
                    f'"{name}" is not an ORG or DEF bone of this Rigify rig; '
                    "detect the bone map again"
                )
        rig_map = rig_map.with_role(role, *found)
    return rig_map


def _strip(name: str) -> str:
    return name.removeprefix("ORG-").removeprefix("DEF-")


def _fk_name(name: str) -> str:
    stem, dot, rest = _strip(name).partition(".")
    return f"{stem}_fk{dot}{rest}"


def _controls(body: Body) -> _Controls:
    rig = body.rig
    torso = [*body.roles["hips"], *body.roles.get("spine", ())]
    spine = [(b, rig.index(n)) for b in torso if (n := _fk_name(rig.names[b])) in rig]
    return _Controls(rig, tuple(spine), rig.index("torso"))


def _bindings(rig: RigBones) -> Iterator[tuple[str, str]]:
    """Yield helper bone and the bone its constraints bind it to, under our switches."""
    yield "MCH-torso.parent", "root"
    for s in "LR":
        yield f"MCH-foot_ik.parent.{s}", "root"
        yield f"MCH-thigh_ik_target.parent.{s}", "root"
        yield f"ORG-shoulder.{s}", f"shoulder.{s}"
        for name in (f"MCH-toe_ik_parent.{s}", f"MCH-toe.{s}"):
            yield name, f"foot_ik.{s}"


class _Session:
    """One conversion of a pose into control channels."""

    def __init__(self, posed: BodyPose, root_motion: RootMotion):
        self.body, self.rig, self.posed = posed.body, posed.body.rig, posed
        self.staged = Staged.of(posed, root_motion)
        self.controls = _controls(self.body)
        follows = {
            self.rig.index(a): self.rig.index(b)
            for a, b in _bindings(self.rig)
            if a in self.rig and b in self.rig
        }
        self.poser = RigPoser(self.rig, len(posed.root_yaws), follows=follows)
        self.moved: list[int] = []
        self.turned: list[int] = []
        if root_motion == "root":
            root = put_root(self.body, self.poser, self.staged.placement)
            self.moved.append(root)
            self.turned.append(root)

    def turn(self, bone: int) -> Array:
        """Return (T, 4) how far a mapped bone has turned from rest, in the world."""
        return quat.mul(self.staged.rotations[bone], quat.inv(self.rig.rest_rotations[bone]))

    def role_turn(self, role: str) -> Array | None:
        bone = self.body.bone(role)
        return self.turn(bone) if bone in self.staged.rotations else None

    def rotate(self, control: str | int, turn: Array | None) -> None:
        """Turn a control as the body part it stands for has turned."""
        if turn is None or (isinstance(control, str) and control not in self.rig):
            return
        bone = self.rig.index(control) if isinstance(control, str) else control
        self.poser.rotations[bone] = quat.mul(turn, self.rig.rest_rotations[bone])
        self.turned.append(bone)

    def put(self, control: int, place: Array) -> None:
        self.poser.positions[control] = place
        self.moved.append(control)

    def torso(self) -> None:
        """Set torso and FK spine; the torso's place is what brings the hips to theirs."""
        hips = self.body.bone("hips")
        torso = self.controls.torso
        self.rotate(torso, self.turn(hips))
        for bone, control in self.controls.spine:
            self.rotate(control, self.turn(bone))
        trial = RigPoser(
            self.rig, self.poser.frames, dict(self.poser.rotations), dict(self.poser.positions)
        )
        trial.follows = self.poser.follows
        trial.positions[torso] = np.zeros((trial.frames, 3))
        self.put(torso, self.staged.positions[hips] - trial.position(hips))

    def crown(self) -> None:
        """Set the neck, one control for all its bones, so that the head comes to its place."""
        neck, head = self.body.roles.get("neck", ()), self.body.bone("head")
        if neck and head >= 0:
            rest = self.rig.rest_heads[head] - self.rig.rest_heads[neck[0]]
            reach = self.staged.positions[head] - self.staged.positions[neck[0]]
            turn = quat.slerp(self.turn(neck[0]), self.turn(neck[-1]), 0.5)
            self.rotate("neck", quat.mul(quat.between(quat.apply(turn, rest), reach), turn))
        self.rotate("head", self.role_turn("head"))

    def arms(self) -> None:
        for s in "LR":
            self.rotate(f"shoulder.{s}", self.role_turn(f"shoulder.{s}"))
            for part in _ARM:
                self.rotate(f"{part}_fk.{s}", self.role_turn(f"{part}.{s}"))

    def leg(self, side: int) -> None:
        s, leg = "LR"[side], self.body.legs[side]
        rest = self.rig.rest_heads
        foot, turn = self.rig.index(f"foot_ik.{s}"), self.turn(leg.foot)
        ankle = self.staged.positions[leg.foot]
        pivot, place, flat = leg.foot, ankle, turn
        heel = f"foot_heel_ik.{s}"
        if self._rolls(leg, heel):
            flat = self._without_roll(leg, heel, turn)
            pivot = leg.toe
            place = ankle + quat.apply(turn, rest[pivot] - rest[leg.foot])
            self.rotate(heel, turn)
        self.rotate(foot, flat)
        self.put(foot, place + quat.apply(flat, rest[foot] - rest[pivot]))
        toe = next((n for n in (f"toe_ik.{s}", f"toe.{s}") if n in self.rig), None)
        if toe is not None:
            self.rotate(toe, self.role_turn(f"toe.{s}"))
        target = self.rig.index(f"thigh_ik_target.{s}")
        plane = self._plane_turn(side, leg)
        knee = self.staged.positions[leg.shin]
        self.put(target, knee + quat.apply(plane, rest[target] - rest[leg.shin]))

    def _rolls(self, leg: Leg, control: str) -> bool:
        """Whether the heel control rolls the foot over its ball about the foot's own side axis."""
        if control not in self.rig or leg.toe < 0:
            return False
        side = quat.apply(self.rig.rest_rotations[self.rig.index(control)], np.eye(3)[0])
        left = quat.apply(self.body.world_from_body, np.eye(3)[0])
        return bool(side @ left > 0.9)

    def _without_roll(self, leg: Leg, control: str, turn: Array) -> Array:
        """Return the foot's turn (T, 4) with a raised heel put down about the control's axis."""
        rest = self.rig.rest_rotations[self.rig.index(control)]
        side = quat.apply(rest, np.eye(3)[0])
        frame = quat.mul(self.body.world_from_body, leg.foot_yaw)
        forward = quat.apply(quat.mul(turn, frame), np.eye(3)[2])
        raised = np.maximum(np.arcsin(np.clip(-forward[:, 1], -1.0, 1.0)), 0.0)
        return quat.mul(turn, quat.from_axis_angle(side, -raised))

    def _plane_turn(self, side: int, leg: Leg) -> Array:
        """Return (T, 4) the turn from rest of the plane in which the leg bends."""
        places = self.staged.positions
        line = quat.unit(places[leg.foot] - places[leg.thigh])
        pole = self.staged_pole(side)
        pole = quat.unit(pole - line * np.sum(pole * line, -1, keepdims=True))
        rest_line = quat.unit(leg.ankle - leg.hip)
        rest = leg_frame(rest_line, quat.cross(leg.pole, rest_line))
        now = leg_frame(line, quat.cross(pole, line))
        body_turn = quat.mul(now, quat.inv(rest))
        return quat.mul(body_turn, quat.inv(self.body.world_from_body))

    def staged_pole(self, side: int) -> Array:
        """Return (T, 3) the way the knee points, as the staged object sees it."""
        pole, leg = self.posed.poles[side], self.body.legs[side]
        back = quat.mul(self.staged.rotations[leg.foot], quat.inv(self.posed.rotations[leg.foot]))
        return quat.apply(back, pole)


def _parent_switch(obj: bpy.types.Object, helper: str) -> float:
    """Return the value that hangs ``helper`` on the root in its parent switch."""
    assert obj.pose is not None
    if helper not in obj.pose.bones:
        return 1.0
    for constraint in obj.pose.bones[helper].constraints:
        if isinstance(constraint, bpy.types.ArmatureConstraint):
            targets = [target.subtarget for target in constraint.targets]
            if "root" in targets:
                return float(targets.index("root") + 1)
    return 1.0


def _wanted_switches(obj: bpy.types.Object) -> Iterator[tuple[str, str, float]]:
    yield "torso", "torso_parent", _parent_switch(obj, "MCH-torso.parent")
    yield "torso", "neck_follow", 1.0
    yield "torso", "head_follow", 1.0
    for s in "LR":
        arm, leg = f"upper_arm_parent.{s}", f"thigh_parent.{s}"
        yield arm, "IK_FK", 1.0
        yield arm, "FK_limb_follow", 0.0
        yield leg, "IK_FK", 0.0
        yield leg, "FK_limb_follow", 0.0
        yield leg, "IK_Stretch", 0.0
        yield leg, "pole_vector", 1.0
        yield leg, "IK_parent", _parent_switch(obj, f"MCH-foot_ik.parent.{s}")
        yield leg, "pole_parent", _parent_switch(obj, f"MCH-thigh_ik_target.parent.{s}")
        # The solver may shorten bones by this share, which pulls the knee back by centimeters.
        for bone in (f"thigh_ik.{s}", f"MCH-shin_ik.{s}", f"MCH-thigh_ik.{s}"):
            yield bone, "ik_stretch", 0.0


def switches(obj: bpy.types.Object) -> tuple[tuple[str, str, float], ...]:
    """Return the switches that this rig has, with the values that our keys need."""
    assert obj.pose is not None
    bones = obj.pose.bones
    return tuple(
        (name, prop, value)
        for name, prop, value in _wanted_switches(obj)
        if name in bones and (bones[name].get(prop) is not None or prop == "ik_stretch")
    )


def plan(
    obj: bpy.types.Object, posed: BodyPose, root_motion: RootMotion
) -> tuple[Channels, tuple[tuple[str, str, float], ...], tuple[str, ...]]:
    """Return channels of the controls, switches and notes. Raises RigError."""
    session = _Session(posed, root_motion)
    session.torso()
    session.crown()
    session.arms()
    for side in (0, 1):
        session.leg(side)
    channels = session.staged.collect(session.poser, session.turned, session.moved)
    names = [form.format(s=s) for form in _RESTING for s in ("LR" if "{s}" in form else "L")]
    still = np.array([[1.0, 0.0, 0.0, 0.0]])
    rotations = {session.rig.index(n): still for n in names if n in session.rig}
    locations = {bone: np.zeros((1, 3)) for bone in rotations}
    return (
        Channels(
            {**rotations, **channels.rotations},
            {**locations, **channels.locations},
            channels.object_positions,
            channels.object_turns,
        ),
        switches(obj),
        (),
    )
