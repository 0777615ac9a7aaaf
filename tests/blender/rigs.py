# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures and a clip for the tests of retargeting inside Blender."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import addon_utils
import bpy
import numpy as np
from mathutils import Vector

from tests.blender.subjects import addon

HEIGHT = 0.98
GENERATED = tempfile.TemporaryDirectory(prefix="footfall-rigs-")
"""Folder of the Rigify rigs that were generated once."""


def walk(frames: int = 60) -> Any:
    """Return a clip of the model's skeleton that strides ahead on drawn legs; 30 fps."""
    quat, clip_ = addon("motion.maths.quat"), addon("motion.clip.clip")
    skeleton = addon("motion.controller.model").load("biped").skeleton
    time = np.arange(frames)[:, None] / 30.0
    phase = 2.0 * np.pi * time
    local = np.tile(np.array([1.0, 0.0, 0.0, 0.0]), (frames, len(skeleton), 1))

    def turn(name: str, vector: np.ndarray) -> None:
        local[:, skeleton.index(name)] = quat.from_rotvec(vector)

    across, up = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    turn("Hips", 0.1 * np.sin(phase) * up)
    turn("Spine2", -0.2 * np.sin(phase) * up + 0.05 * across)
    turn("Head", 0.1 * np.cos(phase) * up)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        swing = sign * np.sin(phase)
        turn(f"{side}UpLeg", (-0.4 * swing - 0.2) * across)
        turn(f"{side}Leg", (0.5 + 0.3 * np.cos(phase) * sign) * across)
        turn(f"{side}Foot", -0.25 * across)
        turn(f"{side}Arm", 0.5 * swing * across - sign * 0.9 * np.array([0.0, 0.0, 1.0]))
        turn(f"{side}ForeArm", -sign * 0.6 * up)
    root = np.concatenate([0.02 * np.sin(phase), HEIGHT + 0.0 * time, 1.2 * time], axis=-1)
    rotations = quat.unroll(local).astype(np.float32)
    return clip_.Clip(skeleton, rotations, root.astype(np.float32), 30.0)


def bones(skeleton: Any, seed: int | None = None, prefix: str = "") -> bpy.types.Object:
    """Make an armature of a motion skeleton; a seed gives bones random directions and rolls."""
    rng = np.random.default_rng(seed)
    data = bpy.data.armatures.new("Bones")
    rig = bpy.data.objects.new("Bones", data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    heads = skeleton.rest_positions()
    heads = heads - np.array([0.0, heads[:, 1].min() - 0.04, 0.0])
    made = []
    for joint, name in enumerate(skeleton.names):
        below = np.flatnonzero(skeleton.parents == joint)
        parent = skeleton.parents[joint]
        end = heads[below[0]] if len(below) else 1.4 * heads[joint] - 0.4 * heads[parent]
        bone = data.edit_bones.new(prefix + name)
        bone.head, bone.tail = _blender(heads[joint]), _blender(end)
        if seed is not None:
            bone.tail = bone.head + Vector(rng.normal(size=3)).normalized() * 0.1
            bone.roll = rng.uniform(-3.0, 3.0)
        if parent >= 0:
            bone.parent = made[parent]
        made.append(bone)
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def _blender(point: np.ndarray) -> Vector:
    return Vector((point[0], -point[2], point[1]))


def rigify(kind: str) -> bpy.types.Object:
    """Return a Rigify rig, generated once for each metarig and read from a file from then on."""
    addon_utils.enable("rigify", default_set=True)
    kept = Path(GENERATED.name) / f"{kind}.blend"
    if kept.exists():
        with bpy.data.libraries.load(str(kept)) as (_, found):
            found.objects = ["rig"]
        (rig,) = found.objects
        bpy.context.scene.collection.objects.link(rig)
        bpy.context.view_layer.objects.active = rig
        rig.select_set(True)
        return rig
    getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
    meta = bpy.context.object
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.pose.rigify_generate()
    rig = meta.data.rigify_target_rig
    bpy.data.objects.remove(meta)
    bpy.context.view_layer.objects.active = rig
    bpy.data.libraries.write(str(kept), {rig})
    return rig


def wanted(rig: bpy.types.Object, rig_map: Any, clip: Any) -> Any:
    """Return the pose that the mapped bones should take, straight from the motion core."""
    armature, retarget = addon("blender.scene.armature"), addon("motion.retarget.retarget")
    body = addon("motion.rigs.measure").measure(armature.read_rig(rig), rig_map)
    settings = addon("motion.retarget.settings").RetargetSettings(
        palms=addon("blender.keys.key_plan").KeySettings().palms
    )
    return retarget.pose(clip, retarget.source_body(clip), body, settings)


def detected(rig: bpy.types.Object) -> Any:
    """Return the bone map of an armature."""
    return addon("motion.rigs").detect(addon("blender.scene.armature").read_rig(rig))


def errors(
    rig: bpy.types.Object, posed: Any, frames: list[int], names: dict[str, str] | None = None
) -> dict[str, tuple[float, float, float]]:
    """Return bone to largest error of place (m), direction and rotation (degrees) as evaluated.

    ``names`` gives other bones to compare with, such as deform bones.
    """
    rotations, heads = addon("blender.scene.armature").sample(rig, frames)
    order = [bone.name for bone in rig.pose.bones]
    rows = np.array(frames) - 1
    quat, found = addon("motion.maths.quat"), {}
    for bone, place in posed.positions.items():
        name = posed.body.rig.names[bone]
        column = order.index((names or {}).get(name, name))
        gap = np.linalg.norm(heads[:, column] - place[rows], axis=-1).max()
        angles = _angles(quat, rotations[:, column], posed.rotations[bone][rows])
        found[name] = (float(gap), *angles)
    return found


def _angles(quat: ModuleType, got: np.ndarray, want: np.ndarray) -> tuple[float, float]:
    along = np.array([0.0, 1.0, 0.0])
    cosine = np.sum(quat.apply(got, along) * quat.apply(want, along), axis=-1)
    turn = np.linalg.norm(quat.to_rotvec(quat.inv_mul(want, got)), axis=-1)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).max()), float(np.degrees(turn.max()))


def match_rest(rig: bpy.types.Object, constraint: bpy.types.Constraint, bone: str) -> None:
    """Set the pole angle at which an IK leaves the head of a bone where it rests."""

    def gap(angle: float) -> float:
        constraint.pole_angle = math.radians(angle)
        bpy.context.view_layer.update()
        return (rig.pose.bones[bone].head - rig.data.bones[bone].head_local).length

    near = min(range(-180, 180, 6), key=gap)
    constraint.pole_angle = math.radians(min(np.arange(near - 6, near + 6, 0.25), key=gap))
