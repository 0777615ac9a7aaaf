# SPDX-License-Identifier: GPL-3.0-or-later
"""Obstacles of the scene: walks bend around a collection's objects, its instances included."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest

from tests.blender import subjects


def cube(place: tuple[float, float, float], collection: bpy.types.Collection) -> bpy.types.Object:
    mesh = bpy.data.meshes.new("Cube")
    corners = [(a, b, c) for a in (-0.4, 0.4) for b in (-0.4, 0.4) for c in (0.0, 0.8)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh.from_pydata(corners, [], faces)
    made = bpy.data.objects.new("Cube", mesh)
    made.location = place
    collection.objects.link(made)
    return made


def test_a_walk_bends_around_a_collection() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -8, 0)))
    group = bpy.data.collections.new("Rocks")
    bpy.context.scene.collection.children.link(group)
    cube((0.1, -4.0, 0.0), group)
    cube((0.0, -2.0, 9.0), group)  # far over the path
    settings.obstacles = group
    settings.speed = 1.6
    bpy.ops.footfall.bake()
    take = rig.footfall.takes[-1]
    assert json.loads(take.recipe)["obstacles"] == "Rocks"
    assert "The path bends around an obstacle." in json.loads(take.report)["notes"]
    gaps = []
    for frame in range(1, int(take.action.frame_range[1]) + 1, 4):
        bpy.context.scene.frame_set(frame)
        hips = rig.matrix_world @ rig.pose.bones["mixamorig:Hips"].head
        gaps.append(np.linalg.norm(np.maximum(np.abs([hips.x - 0.1, hips.y + 4.0]) - 0.4, 0.0)))
    assert min(gaps) > 0.2


def test_missing_obstacles_are_refused() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -4, 0)))
    settings.obstacles = bpy.data.collections.new("Loose")
    with pytest.raises(RuntimeError, match="no collection 'Loose' in the scene"):
        bpy.ops.footfall.bake()
    assert not len(rig.footfall.takes)
