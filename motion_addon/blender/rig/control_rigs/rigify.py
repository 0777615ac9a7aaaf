# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigify's generated human: keys on its own controls.

Owns the control of each part of the body, the bones that its constraints bind helper bones to,
and the switches: arms on FK, legs on IK with the knee on its pole target.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ....motion.body.body import Leg
from ....motion.body.body_pose import BodyPose
from ....motion.maths import quat
from ....motion.maths.leg_ik import frame_along
from ....motion.maths.quat import Array
from ....motion.retarget.channels import Channels, RootMotion
from ....motion.rigs import RigBones
from .rigify_session import Session, Switches, parent_switch, present

_ARM = ("upper_arm", "forearm", "hand")
_RESTING = (
    *("root", "hips", "chest", "foot_spin_ik.{s}", "foot_heel_ik.{s}", "thigh_ik.{s}"),
    *("foot_tweak.{s}", "shin_tweak.{s}", "thigh_tweak.{s}", "tweak_spine"),
)
"""Controls that are keyed once at rest, so that a pose left on them has no effect."""


def is_generated(rig: RigBones) -> bool:
    """Return whether the rig has the controls of a generated Rigify human."""
    marks = ("torso", "thigh_parent.L", "thigh_ik_target.L", "foot_ik.L", "upper_arm_fk.L")
    return all(name in rig for name in marks)


def _bindings(rig: RigBones) -> Iterator[tuple[str, str]]:
    """Yield helper bone and the bone its constraints bind it to, under our switches."""
    yield "MCH-torso.parent", "root"
    for s in "LR":
        yield f"MCH-foot_ik.parent.{s}", "root"
        yield f"MCH-thigh_ik_target.parent.{s}", "root"
        yield f"ORG-shoulder.{s}", f"shoulder.{s}"
        for name in (f"MCH-toe_ik_parent.{s}", f"MCH-toe.{s}"):
            yield name, f"foot_ik.{s}"


class _Human(Session):
    """One conversion of a person's pose into control channels."""

    def arms(self) -> None:
        for s in "LR":
            self.rotate(f"shoulder.{s}", self.role_turn(f"shoulder.{s}"))
            for part in _ARM:
                self.rotate(f"{part}_fk.{s}", self.role_turn(f"{part}.{s}"))

    def leg(self, side: int) -> None:
        s, leg = "LR"[side], self.body.legs[side]
        rest = self.rig.rest_heads
        foot, turn = self.rig.index(f"foot_ik.{s}"), self.turn(leg.end)
        ankle = self.staged.positions[leg.end]
        pivot, place, flat = leg.end, ankle, turn
        heel = f"foot_heel_ik.{s}"
        if self._rolls(leg, heel):
            flat = self._without_roll(leg, heel, turn)
            pivot = leg.toe
            place = ankle + quat.apply(turn, rest[pivot] - rest[leg.end])
            self.rotate(heel, turn)
        self.rotate(foot, flat)
        self.put(foot, place + quat.apply(flat, rest[foot] - rest[pivot]))
        toe = next((n for n in (f"toe_ik.{s}", f"toe.{s}") if n in self.rig), None)
        if toe is not None:
            self.rotate(toe, self.role_turn(f"toe.{s}"))
        target = self.rig.index(f"thigh_ik_target.{s}")
        plane = self._plane_turn(side, leg)
        knee = self.staged.positions[leg.middle]
        self.put(target, knee + quat.apply(plane, rest[target] - rest[leg.middle]))

    def _rolls(self, leg: Leg, control: str) -> bool:
        """Whether the heel control rolls the foot over its ball about the foot's own side axis."""
        if control not in self.rig or leg.toe < 0:
            return False
        side = quat.apply(self.rig.rest_rotations[self.rig.index(control)], np.eye(3)[0])
        left = quat.apply(self.body.world_from_body, np.eye(3)[0])
        return bool(side @ left > 0.9)

    def _without_roll(self, leg: Leg, control: str, turn: Array) -> Array:
        """Return the foot's turn (T, 4) with a raised heel lowered about the control's axis."""
        rest = self.rig.rest_rotations[self.rig.index(control)]
        side = quat.apply(rest, np.eye(3)[0])
        frame = quat.mul(self.body.world_from_body, leg.foot_yaw)
        forward = quat.apply(quat.mul(turn, frame), np.eye(3)[2])
        raised = np.maximum(np.arcsin(np.clip(-forward[:, 1], -1.0, 1.0)), 0.0)
        return quat.mul(turn, quat.from_axis_angle(side, -raised))

    def _plane_turn(self, side: int, leg: Leg) -> Array:
        """Return the turn (T, 4) from rest of the plane in which the leg bends."""
        places = self.staged.positions
        line = quat.unit(places[leg.end] - places[leg.top])
        pole = self.staged_pole(side)
        pole = quat.unit(pole - line * np.sum(pole * line, -1, keepdims=True))
        rest_line = quat.unit(leg.points[2] - leg.points[0])
        assert leg.pole is not None
        rest = frame_along(rest_line, quat.cross(leg.pole, rest_line))
        now = frame_along(line, quat.cross(pole, line))
        body_turn = quat.mul_inv(now, rest)
        return quat.mul_inv(body_turn, self.body.world_from_body)

    def staged_pole(self, side: int) -> Array:
        """Return the direction (T, 3) of the knee with the object at rest."""
        pole, leg = self.posed.poles[side], self.body.legs[side]
        back = quat.mul_inv(self.staged.rotations[leg.end], self.posed.rotations[leg.end])
        return quat.apply(back, pole)


def _wanted_switches(obj: bpy.types.Object) -> Iterator[tuple[str, str, float]]:
    yield "torso", "torso_parent", parent_switch(obj, "MCH-torso.parent")
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
        yield leg, "IK_parent", parent_switch(obj, f"MCH-foot_ik.parent.{s}")
        yield leg, "pole_parent", parent_switch(obj, f"MCH-thigh_ik_target.parent.{s}")
        # The solver may shorten bones by this share, which pulls the knee back by centimeters.
        for bone in (f"thigh_ik.{s}", f"MCH-shin_ik.{s}", f"MCH-thigh_ik.{s}"):
            yield bone, "ik_stretch", 0.0


def switches(obj: bpy.types.Object) -> Switches:
    """Return the switches that this rig has, with the values for our keys."""
    return present(obj, _wanted_switches(obj))


def plan(
    obj: bpy.types.Object, posed: BodyPose, root_motion: RootMotion
) -> tuple[Channels, Switches, tuple[str, ...]]:
    """Return channels of the controls, switches and notes. Raises RefusedError."""
    session = _Human(posed, root_motion, _bindings(posed.body.rig))
    session.torso()
    session.crown()
    session.arms()
    for side in (0, 1):
        session.leg(side)
    resting = [form.format(s=s) for form in _RESTING for s in ("LR" if "{s}" in form else "L")]
    return session.channels(resting), switches(obj), ()
