# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo animal: a wolf of tubes around the deform bones of Rigify's generated quadruped.

Owns its shape, weights and colors. Knows nothing of motion, cameras or files.
"""

from __future__ import annotations

from typing import Final

import addon_utils
import bpy
import numpy as np

from .character import COLORS, Character

Tube = tuple[str, float, float, float]

SPINE_TUBES: Final[tuple[Tube, ...]] = (
    ("spine", 0.02, 0.035, 0.0),
    ("spine.001", 0.035, 0.045, 0.0),
    ("spine.002", 0.045, 0.05, 0.0),
    ("spine.003", 0.05, 0.08, -0.02),
    ("spine.004", 0.12, 0.13, -0.07),
    ("spine.005", 0.13, 0.12, -0.07),
    ("spine.006", 0.12, 0.14, -0.07),
    ("spine.007", 0.14, 0.16, -0.10),
    ("spine.008", 0.16, 0.125, -0.10),
    ("spine.009", 0.12, 0.10, -0.03),
    ("spine.010", 0.10, 0.09, -0.02),
    ("spine.011", 0.09, 0.085, -0.03),
    ("jaw", 0.075, 0.05, 0.04),
    ("nose", 0.07, 0.045, -0.035),
)
"""Deform bone, radius at its head and at its tail, and how far the tube lies above it (meters)."""

SIDE_TUBES: Final[tuple[Tube, ...]] = (
    ("shoulder", 0.07, 0.075, 0.0),
    ("front_thigh", 0.075, 0.06, 0.0),
    ("front_thigh.001", 0.06, 0.05, 0.0),
    ("front_shin", 0.048, 0.038, 0.0),
    ("front_shin.001", 0.038, 0.03, 0.0),
    ("front_foot", 0.031, 0.032, 0.0),
    ("front_foot.001", 0.032, 0.036, 0.0),
    ("front_toe", 0.038, 0.026, 0.005),
    ("thigh", 0.10, 0.085, 0.0),
    ("thigh.001", 0.085, 0.06, 0.0),
    ("shin", 0.055, 0.042, 0.0),
    ("shin.001", 0.042, 0.03, 0.0),
    ("foot", 0.031, 0.03, 0.0),
    ("foot.001", 0.03, 0.036, 0.0),
    ("toe", 0.038, 0.026, 0.005),
    ("ear.001", 0.035, 0.03, 0.0),
    ("ear.002", 0.03, 0.016, 0.03),
)
"""The same for one side."""

VOXEL: Final = 0.014
BLEND: Final = 0.018
"""Meters over which one bone's weight fades into the next's."""


def rigify_wolf() -> Character:
    """Generate Rigify's wolf and bind a body of tubes to it."""
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_wolf_metarig_add()
    bpy.ops.object.mode_set(mode="OBJECT")
    metarig = bpy.context.object
    bpy.ops.pose.rigify_generate()
    rig = metarig.data.rigify_target_rig
    bpy.data.objects.remove(metarig)
    rig.name = "Rigify Wolf"
    tubes = _tubes(rig)
    body = _skin(tubes)
    _weigh(body, tubes)
    _color(body)
    body.parent = rig
    body.modifiers.new("Armature", "ARMATURE").object = rig
    return Character(rig, body)


def _tubes(rig: bpy.types.Object) -> dict[str, np.ndarray]:
    """Both ends of each bone's tube (2, 4): place and radius."""
    table = list(SPINE_TUBES)
    for side in ".L", ".R":
        table += [(_sided(name, side), *sizes) for name, *sizes in SIDE_TUBES]
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


def _skin(tubes: dict[str, np.ndarray]) -> bpy.types.Object:
    """One closed, smooth mesh around all tubes."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=2, radius=1.0)
    body = bpy.context.object
    ball = np.array([vertex.co for vertex in body.data.vertices])
    triangles = np.array([polygon.vertices[:] for polygon in body.data.polygons])
    balls = []
    for start, end in tubes.values():
        count = max(2, int(np.linalg.norm(end[:3] - start[:3]) / 0.012) + 1)
        balls += [start + (end - start) * part for part in np.linspace(0.0, 1.0, count)]
    points = np.concatenate([ball * each[3] + each[:3] for each in balls])
    faces = np.concatenate([triangles + len(ball) * number for number in range(len(balls))])
    body.data.clear_geometry()
    body.data.from_pydata(points.tolist(), [], faces.tolist())
    body.name = body.data.name = "Wolf Body"
    remesh = body.modifiers.new("Remesh", "REMESH")
    remesh.mode, remesh.voxel_size = "VOXEL", VOXEL
    smooth = body.modifiers.new("Smooth", "SMOOTH")
    smooth.factor, smooth.iterations = 0.5, 5
    for modifier in (remesh, smooth):
        bpy.ops.object.modifier_apply(modifier=modifier.name)
    body.data.polygons.foreach_set("use_smooth", np.ones(len(body.data.polygons), dtype=bool))
    return body


def _weigh(body: bpy.types.Object, tubes: dict[str, np.ndarray], most: int = 3) -> None:
    """Weigh each vertex to the few tubes whose surfaces are nearest."""
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
    weights = np.exp(-(found - found[:, :1]) / BLEND)
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
    right = [int(polygon.center.x < 0.0) for polygon in body.data.polygons]
    body.data.polygons.foreach_set("material_index", right)
