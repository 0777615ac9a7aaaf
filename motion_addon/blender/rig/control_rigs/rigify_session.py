# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared part of generated Rigify rigs: bone names, torso, neck and head, and switches.

Owns the conversion of a pose into channels of controls, except the limbs, which differ between
people (``rigify``) and animals (``rigify_animal``).
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np

from ....errors import RefusedError
from ....motion.body.body import Body
from ....motion.body.body_pose import BodyPose
from ....motion.maths import quat
from ....motion.maths.quat import Array
from ....motion.retarget.channels import Channels, RigPoser, RootMotion, Staged, put_root
from ....motion.rigs import RigBones, RigMap

HELPERS = ("MCH-", "ORG-", "DEF-", "tweak_")
"""Prefixes of the names of bones that take no keys."""

Switches = tuple[tuple[str, str, float], ...]


def on_org_bones(rig: RigBones, rig_map: RigMap) -> RigMap:
    """Return the map with deform bones replaced by the ORG bones that they follow.

    Raises RefusedError for other bones, whose controls are not known.
    """
    for role, names in rig_map.roles.items():
        if role == "root":
            continue
        found = tuple(f"ORG-{strip(name)}" for name in names)
        for name, org in zip(names, found, strict=True):
            if org not in rig:
                raise RefusedError(
                    f'"{name}" is not an ORG or DEF bone of this Rigify rig; '
                    "detect the bone map again"
                )
        rig_map = rig_map.with_role(role, *found)
    return rig_map


def strip(name: str) -> str:
    """Return the name that the bone had in the metarig."""
    return name.removeprefix("ORG-").removeprefix("DEF-")


def derived(name: str, ending: str) -> str:
    """Return the name of a control made from a bone: thigh.L and _fk give thigh_fk.L."""
    stem, dot, rest = strip(name).partition(".")
    return f"{stem}{ending}{dot}{rest}"


class Session:
    """One conversion of a pose into control channels."""

    def __init__(
        self, posed: BodyPose, root_motion: RootMotion, bindings: Iterable[tuple[str, str]]
    ):
        """Prepare; ``bindings`` name helper bones and the bones that our switches bind them to."""
        self.body: Body = posed.body
        self.rig, self.posed = posed.body.rig, posed
        self.staged = Staged.of(posed, root_motion)
        follows = {
            self.rig.index(a): self.rig.index(b)
            for a, b in bindings
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
        """Return the world turn (T, 4) of a mapped bone from rest."""
        return quat.mul_inv(self.staged.rotations[bone], self.rig.rest_rotations[bone])

    def role_turn(self, role: str) -> Array | None:
        """Return the world turn (T, 4) of a role's first bone from rest, or None."""
        bone = self.body.bone(role)
        return self.turn(bone) if bone in self.staged.rotations else None

    def rotate(self, control: str | int, turn: Array | None) -> None:
        """Turn a control from rest by a world turn (T, 4)."""
        if turn is None or (isinstance(control, str) and control not in self.rig):
            return
        bone = self.rig.index(control) if isinstance(control, str) else control
        self.poser.rotations[bone] = quat.mul(turn, self.rig.rest_rotations[bone])
        self.turned.append(bone)

    def put(self, control: int, place: Array) -> None:
        """Move a control to a world position (T, 3)."""
        self.poser.positions[control] = place
        self.moved.append(control)

    def torso(self) -> None:
        """Set torso and FK spine; the torso is placed so that the hips reach their position."""
        hips = self.body.bone("hips")
        torso = self.rig.index("torso")
        self.rotate(torso, self.turn(hips))
        for bone in (*self.body.roles["hips"], *self.body.roles.get("spine", ())):
            self.rotate(derived(self.rig.names[bone], "_fk"), self.turn(bone))
        probe = RigPoser(
            self.rig, self.poser.frames, dict(self.poser.rotations), dict(self.poser.positions)
        )
        probe.follows = self.poser.follows
        probe.positions[torso] = np.zeros((probe.frames, 3))
        self.put(torso, self.staged.positions[hips] - probe.position(hips))

    def crown(self) -> None:
        """Set the neck, one control for all its bones, so that the head reaches its position."""
        neck, head = self.body.roles.get("neck", ()), self.body.bone("head")
        if neck and head >= 0:
            rest = self.rig.rest_heads[head] - self.rig.rest_heads[neck[0]]
            reach = self.staged.positions[head] - self.staged.positions[neck[0]]
            turn = quat.slerp(self.turn(neck[0]), self.turn(neck[-1]), 0.5)
            self.rotate("neck", quat.mul(quat.between(quat.apply(turn, rest), reach), turn))
        self.rotate("head", self.role_turn("head"))

    def channels(self, resting: Iterable[str]) -> Channels:
        """Return all channels; controls named in ``resting`` get single keys at rest.

        A pose left on those controls then has no effect.
        """
        own = self.staged.collect(self.poser, self.turned, self.moved)
        still = np.array([[1.0, 0.0, 0.0, 0.0]])
        rotations = {self.rig.index(name): still for name in resting if name in self.rig}
        locations = {bone: np.zeros((1, 3)) for bone in rotations}
        return Channels(
            {**rotations, **own.rotations},
            {**locations, **own.locations},
            own.object_positions,
            own.object_turns,
        )


def parent_switch(obj: bpy.types.Object, helper: str) -> float:
    """Return the value of the parent switch that parents ``helper`` to the root."""
    assert obj.pose is not None
    if helper not in obj.pose.bones:
        return 1.0
    for constraint in obj.pose.bones[helper].constraints:
        if isinstance(constraint, bpy.types.ArmatureConstraint):
            targets = [target.subtarget for target in constraint.targets]
            if "root" in targets:
                return float(targets.index("root") + 1)
    return 1.0


def present(obj: bpy.types.Object, wanted: Iterable[tuple[str, str, float]]) -> Switches:
    """Return those of the switches that this rig has."""
    assert obj.pose is not None
    bones = obj.pose.bones
    return tuple(
        (name, prop, value)
        for name, prop, value in wanted
        if name in bones and (prop == "ik_stretch" or bones[name].get(prop) is not None)
    )
