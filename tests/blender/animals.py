# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures, a clip and a small model of animals, for tests in Blender."""

from __future__ import annotations

from typing import Any

import addon_utils
import bpy
import numpy as np
from mathutils import Vector

from tests.blender.subjects import addon
from tests.motion import dogs

GENERATED = ("basic_quadruped", "horse", "cat", "wolf")


def step(gait: str = "walk", speed: float = 0.8, seconds: float = 2.0, **more: Any) -> Any:
    """Return a clip of the paper dog, 30 fps, as the installed add-on's own class."""
    made = dogs.stepping_dog(gait, speed, seconds, **more)
    skeleton = addon("motion.clip.skeleton").Skeleton(
        made.skeleton.names, made.skeleton.parents, made.skeleton.offsets
    )
    rotations, places, contacts = made.rotations, made.root_positions, made.contacts
    return (
        addon("motion.clip.clip")
        .Clip(skeleton, rotations, places, made.fps, contacts)
        .resample(30.0)
    )


def sized(rig: bpy.types.Object, rig_map: Any, clip: Any) -> Any:
    """Return a clip scaled to a rig."""
    bones = addon("blender.scene.armature").read_rig(rig)
    return clip.scaled(
        addon("motion.retarget.retarget").height_ratio(bones, rig_map, clip.skeleton)
    )


def metarig(kind: str) -> bpy.types.Object:
    """Add one of Rigify's metarigs."""
    addon_utils.enable("rigify", default_set=True)
    getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
    bpy.ops.object.mode_set(mode="OBJECT")
    return bpy.context.object


def deform_rig(name: str = "Dog", prefix: str = "") -> bpy.types.Object:
    """Make an armature of the paper dog's joints, ears and a jaw included."""
    skeleton = dogs.dog()
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    rig.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    heads = skeleton.rest_positions()
    heads = heads - np.array([0.0, heads[:, 1].min() - dogs.PAW_HEIGHT, 0.0])
    points = [Vector((x, -z, y)) for x, y, z in heads]
    made = []
    for joint, joint_name in enumerate(skeleton.names):
        below = np.flatnonzero(skeleton.parents == joint)
        bone = data.edit_bones.new(prefix + joint_name)
        bone.head = points[joint]
        bone.tail = points[below[0]] if len(below) else points[joint] + Vector((0.0, -0.05, 0.0))
        parent = int(skeleton.parents[joint])
        bone.parent = made[parent] if parent >= 0 else None
        made.append(bone)
    for extra, along in (("Ear", (0.05, 0.0, 0.1)), ("Jaw", (0.0, -0.1, -0.03))):
        bone = data.edit_bones.new(prefix + extra)
        head = made[skeleton.index("Head")]
        bone.head = head.tail
        bone.tail = head.tail + Vector(along)
        bone.parent = head
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig
