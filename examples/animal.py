# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo animals: bodies of tubes on Rigify's generated rigs, and CC0 animals from glTF files.

Owns their skins, weights and colors, but no motion, cameras or files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import addon_utils
import bpy
import numpy as np

from examples.animal_shapes import SHAPES, Shape
from examples.character import COLORS, Character

BLEND: Final = 2.2
"""Width of the weight transition between bones, in grains of the skin."""


def rigify_wolf() -> Character:
    """Generate Rigify's wolf and bind a body of tubes to it."""
    return rigify_animal("wolf")


def rigify_animal(kind: str) -> Character:
    """Generate Rigify's horse, wolf or cat and bind a body of tubes to it."""
    addon_utils.enable("rigify", default_set=True)
    getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
    bpy.ops.object.mode_set(mode="OBJECT")
    metarig = bpy.context.object
    _straighten_rolls(metarig)
    bpy.ops.pose.rigify_generate()
    rig = metarig.data.rigify_target_rig
    bpy.data.objects.remove(metarig)
    rig.name = f"Rigify {kind.title()}"
    shape = SHAPES[kind]
    tubes = _tubes(rig, shape)
    body = _skin(tubes, shape.fine)
    _weigh(body, tubes, BLEND * shape.fine)
    _color(body)
    body.name = body.data.name = f"{kind.title()} Body"
    body.parent = rig
    body.modifiers.new("Armature", "ARMATURE").object = rig
    return Character(rig, body)


def _straighten_rolls(metarig: bpy.types.Object) -> None:
    """Roll spine bones that are half a turn away from the next bone, such as the horse's first.

    Otherwise Rigify's bendy bones twist in either direction with any small change.
    """
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in metarig.data.edit_bones:
        for after in bone.children if bone.name.startswith("spine") else ():
            if after.use_connect and bone.z_axis.dot(after.z_axis) < 0.0:
                bone.align_roll(after.z_axis)
    bpy.ops.object.mode_set(mode="OBJECT")


def gltf_animal(path: Path, hip_height: float | None = None) -> Character:
    """Import a skinned animal without its clips and colors.

    Args:
        path: a glTF file with one armature and the meshes that it deforms.
        hip_height: meters, to scale the animal to; None keeps its size.
    """
    before = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(path), disable_bone_shape=True)
    new = [item for item in bpy.data.objects if item not in before]
    rig = next(item for item in new if item.type == "ARMATURE")
    rig.animation_data_clear()
    for bone in rig.pose.bones:
        bone.matrix_basis.identity()
    skins = [item for item in new if item.type == "MESH" and item.parent == rig]
    body = max(skins, key=lambda item: len(item.data.vertices))
    body.data.materials.clear()
    _color(body)
    if hip_height is not None:
        _resize(rig, hip_height)
    return Character(rig, body)


def _resize(rig: bpy.types.Object, hip_height: float) -> None:
    """Scale an imported rig from its topmost parent."""
    from motion_addon.blender.scene import armature
    from motion_addon.motion import rigs
    from motion_addon.motion.rigs import measure

    bpy.context.view_layer.update()
    bones = armature.read_rig(rig)
    top = rig
    while top.parent is not None:
        top = top.parent
    top.scale *= hip_height / measure.measure(bones, rigs.detect(bones)).leg_length
    bpy.context.view_layer.update()


def _tubes(rig: bpy.types.Object, shape: Shape) -> dict[str, np.ndarray]:
    """Both ends of each bone's tube (2, 4): position and radius."""
    table = list(shape.middle)
    for side in ".L", ".R":
        table += [(_sided(name, side), *sizes) for name, *sizes in shape.side]
    tubes = {}
    for name, first, last, above in table:
        bone = rig.data.bones[f"DEF-{name}"]
        ends = np.array([[*bone.head_local, first], [*bone.tail_local, last]])
        ends[:, 2] += above
        # Paws lie on the floor, not in it.
        ends[:, 2] = np.maximum(ends[:, 2], ends[:, 3])
        tubes[bone.name] = ends
    return tubes


def _sided(name: str, side: str) -> str:
    """Rigify numbers segments after the side: 'thigh.L.001'."""
    base, dot, number = name.partition(".")
    return base + side + dot + number


def _skin(tubes: dict[str, np.ndarray], fine: float) -> bpy.types.Object:
    """One closed, smooth mesh around all tubes."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=2, radius=1.0)
    body = bpy.context.object
    ball = np.array([vertex.co for vertex in body.data.vertices])
    triangles = np.array([polygon.vertices[:] for polygon in body.data.polygons])
    balls = []
    for start, end in tubes.values():
        count = max(2, int(np.linalg.norm(end[:3] - start[:3]) / (0.85 * fine)) + 1)
        balls += [start + (end - start) * part for part in np.linspace(0.0, 1.0, count)]
    points = np.concatenate([ball * each[3] + each[:3] for each in balls])
    faces = np.concatenate([triangles + len(ball) * number for number in range(len(balls))])
    body.data.clear_geometry()
    body.data.from_pydata(points.tolist(), [], faces.tolist())
    remesh = body.modifiers.new("Remesh", "REMESH")
    remesh.mode, remesh.voxel_size = "VOXEL", fine
    smooth = body.modifiers.new("Smooth", "SMOOTH")
    smooth.factor, smooth.iterations = 0.5, 9
    for modifier in (remesh, smooth):
        bpy.ops.object.modifier_apply(modifier=modifier.name)
    body.data.polygons.foreach_set("use_smooth", [True] * len(body.data.polygons))
    return body


def _weigh(
    body: bpy.types.Object, tubes: dict[str, np.ndarray], blend: float, most: int = 4
) -> None:
    """Weight each vertex to the few tubes with the nearest surfaces."""
    points = np.array([vertex.co for vertex in body.data.vertices])
    gaps = []
    for start, end in tubes.values():
        along = end[:3] - start[:3]
        part = np.clip((points - start[:3]) @ along / (along @ along), 0.0, 1.0)
        ball = start + part[:, None] * (end - start)
        gaps.append(np.linalg.norm(points - ball[:, :3], axis=1) - ball[:, 3])
    distances = np.array(gaps).T
    nearest = np.argsort(distances, axis=1)[:, :most]
    found = np.take_along_axis(distances, nearest, axis=1)
    weights = np.exp(-(found - found[:, :1]) / blend)
    weights /= weights.sum(axis=1, keepdims=True)
    groups = [body.vertex_groups.new(name=name) for name in tubes]
    for vertex, (bones, shares) in enumerate(zip(nearest.tolist(), weights.tolist(), strict=True)):
        for bone, share in zip(bones, shares, strict=True):
            groups[bone].add([vertex], share, "REPLACE")


def _color(body: bpy.types.Object) -> None:
    """Color the left half and the right half as the human's are."""
    for name in "Body Left", "Body Right":
        material = bpy.data.materials.get(name) or bpy.data.materials.new(name)
        material.diffuse_color = (*COLORS[name], 1.0)
        body.data.materials.append(material)
    across = np.array(body.matrix_world)[0]
    middles = np.array([(*polygon.center, 1.0) for polygon in body.data.polygons])
    right = (middles @ across < 0.0).astype(np.int32)
    body.data.polygons.foreach_set("material_index", right)
