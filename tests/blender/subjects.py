# SPDX-License-Identifier: GPL-3.0-or-later
"""Small rigs and paths for the Blender tests."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np

MODULE = "bl_ext.user_default.footfall.motion_addon"

CENTER = {
    "hips": ((0.0, 0.0, 1.0), (0.0, 0.0, 1.1), None),
    "spine": ((0.0, 0.0, 1.1), (0.0, 0.0, 1.25), "hips"),
    "chest": ((0.0, 0.0, 1.25), (0.0, 0.0, 1.48), "spine"),
    "neck": ((0.0, 0.0, 1.48), (0.0, 0.0, 1.58), "chest"),
    "head": ((0.0, 0.0, 1.58), (0.0, 0.0, 1.78), "neck"),
}
SIDE = {
    "shoulder": ((0.03, 0.0, 1.45), (0.16, 0.0, 1.45), "chest"),
    "upper_arm": ((0.16, 0.0, 1.45), (0.44, 0.02, 1.45), "shoulder"),
    "forearm": ((0.44, 0.02, 1.45), (0.70, 0.0, 1.45), "upper_arm"),
    "hand": ((0.70, 0.0, 1.45), (0.86, 0.0, 1.45), "forearm"),
    "thigh": ((0.1, 0.0, 0.96), (0.1, -0.01, 0.52), "hips"),
    "shin": ((0.1, -0.01, 0.52), (0.1, 0.02, 0.09), "thigh"),
    "foot": ((0.1, 0.02, 0.09), (0.1, -0.12, 0.025), "shin"),
    "toe": ((0.1, -0.12, 0.025), (0.1, -0.2, 0.025), "foot"),
}
MIXAMO = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine1", "neck": "Neck", "head": "Head",
    "shoulder": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand",
    "thigh": "UpLeg", "shin": "Leg", "foot": "Foot", "toe": "ToeBase",
}  # fmt: skip


def addon(name: str) -> ModuleType:
    """Return a module of the installed extension."""
    return importlib.import_module(f"{MODULE}.{name}")


def mixamo(name: str = "Armature") -> bpy.types.Object:
    """Make a human of 1.8 m with Mixamo's bone names, active and selected."""

    def called(part: str, side: str = "") -> str:
        return f"mixamorig:{side}{MIXAMO[part]}"

    bones = [(called(n), h, t, p and called(p)) for n, (h, t, p) in CENTER.items()]
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for part, (head, tail, parent) in SIDE.items():
            ends = [(sign * x, y, z) for x, y, z in (head, tail)]
            above = called(parent, side if parent in SIDE else "")
            bones.append((called(part, side), *ends, above))
    return armature(name, bones)


def armature(name: str, bones: list[tuple]) -> bpy.types.Object:
    """Make an armature of (bone, head, tail, parent or None), active and selected."""
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(rig)
    for other in bpy.context.selected_objects:
        other.select_set(False)
    bpy.context.view_layer.objects.active = rig
    rig.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    for bone, head, tail, parent in bones:
        made = data.edit_bones.new(bone)
        made.head, made.tail = head, tail
        made.parent = data.edit_bones[parent] if parent else None
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def rigify() -> bpy.types.Object:
    """Generate Rigify's basic human."""
    import addon_utils

    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_basic_human_metarig_add()
    meta = bpy.context.object
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.pose.rigify_generate()
    rig = meta.data.rigify_target_rig
    bpy.data.objects.remove(meta)
    bpy.context.view_layer.objects.active = rig
    return rig


def imported_bvh(folder: Path) -> bpy.types.Object:
    """Import a skeleton of the model's kind through Blender's own BVH importer."""
    quat, bvh, clip = (addon(f"motion.{name}") for name in ("maths.quat", "clip.bvh", "clip.clip"))
    skeleton = addon("motion.controller.model").load("biped").skeleton
    rotations = np.tile(quat.IDENTITY, (2, len(skeleton), 1)).astype(np.float32)
    root = np.tile(np.array([0.0, 1.0, 0.0], np.float32), (2, 1))
    file = folder / "body.bvh"
    bvh.write(file, clip.Clip(skeleton, rotations, root, 30.0))
    bpy.ops.import_anim.bvh(filepath=str(file), axis_forward="-Z", axis_up="Y")
    return bpy.context.object


def path(*points: tuple[float, float, float], kind: str = "POLY") -> bpy.types.Object:
    """Make a curve object through points (straight ahead by default)."""
    points = points or ((0.0, 0.0, 0.0), (0.0, -3.0, 0.0))
    data = bpy.data.curves.new("Path", "CURVE")
    data.dimensions = "3D"
    spline = data.splines.new(kind)
    knots = spline.bezier_points if kind == "BEZIER" else spline.points
    knots.add(len(points) - 1)
    for knot, point in zip(knots, points, strict=True):
        knot.co = point if kind == "BEZIER" else (*point, 1.0)
        if kind == "BEZIER":
            knot.handle_left_type = knot.handle_right_type = "AUTO"
    if kind == "NURBS":
        spline.use_endpoint_u = True
    curve = bpy.data.objects.new("Path", data)
    bpy.context.scene.collection.objects.link(curve)
    return curve


def ready(rig: bpy.types.Object, curve: bpy.types.Object | None = None) -> bpy.types.PropertyGroup:
    """Fill the panel for a short walk; returns the scene's settings."""
    settings = bpy.context.scene.footfall
    settings.character = rig
    settings.path = curve or path()
    settings.start = settings.stop = False
    return settings


def pose_heads(rig: bpy.types.Object, frame: int) -> dict[str, np.ndarray]:
    """Return world positions of all bone heads at a frame."""
    bpy.context.scene.frame_set(frame)
    return {b.name: np.array(rig.matrix_world @ b.head) for b in rig.pose.bones}


def animated() -> bpy.types.Object:
    """A rig with an action of its own, an NLA track, an unkeyed pose and odd settings."""
    rig = mixamo("Hero")
    spine, head = rig.pose.bones["mixamorig:Spine"], rig.pose.bones["mixamorig:Head"]
    head.rotation_mode = "XYZ"
    head.rotation_euler = (0.1, 0.2, 0.3)
    head["blink"] = 0.25
    head["mood"] = "calm"
    rig["chapter"] = 7
    spine.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    for frame, height in ((1, 0.0), (20, 0.4)):
        rig.location.z = height
        rig.keyframe_insert("location", frame=frame)
    own = rig.animation_data.action
    own.name = "Own"
    data = rig.animation_data
    track = data.nla_tracks.new()
    track.strips.new("Wave", 1, bpy.data.actions.new("Wave"))
    track.mute = True
    data.action_influence = 0.5
    data.action_blend_type = "ADD"
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 17
    bpy.context.scene.frame_set(5)
    spine.location.x = 0.123
    return rig


def everything(rig: bpy.types.Object) -> dict:
    """All that Reject has to put back."""
    data = rig.animation_data
    scene = bpy.context.scene
    state: dict = {"frames": (scene.frame_start, scene.frame_end), "chapter": rig.get("chapter")}
    state["animated"] = data is not None
    if data is not None:
        state["action"] = data.action.name if data.action else None
        state["slot"] = data.action_slot.identifier if data.action_slot else None
        names = ("action_blend_type", "action_extrapolation", "action_influence", "use_nla")
        state["mixing"] = [getattr(data, name) for name in names]
        state["tracks"] = [(t.name, t.mute, t.is_solo, len(t.strips)) for t in data.nla_tracks]
    if data is not None and data.action is not None:
        state["users"] = data.action.use_fake_user
        state["keys"] = [
            (c.data_path, c.array_index, [tuple(k.co) for k in c.keyframe_points])
            for c in addon("blender.keys.takes").curves(data.action)
        ]
    for owner in (rig, *rig.pose.bones):
        state[owner.name + str(type(owner))] = (
            owner.rotation_mode,
            tuple(owner.location),
            tuple(owner.rotation_quaternion),
            tuple(owner.rotation_euler),
            tuple(owner.rotation_axis_angle),
            tuple(owner.scale),
            [
                (k, owner[k])
                for k in sorted(owner.keys())
                if isinstance(owner[k], int | float | str)
            ],
        )
    return state


def check_one_undo_step(rig: bpy.types.Object) -> None:
    """Bake onto a rig that is ready; check that undo takes it all back, and that redo brings it."""
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    before = everything(rig)
    bpy.ops.footfall.bake()
    bpy.ops.ed.undo_push(message="Bake")
    bpy.ops.ed.undo()
    rig = bpy.data.objects[name]
    assert everything(rig) == before
    assert len(rig.footfall.takes) == 0
    bpy.ops.ed.redo()
    rig = bpy.data.objects[name]
    assert rig.animation_data.action == rig.footfall.takes[0].action
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before
