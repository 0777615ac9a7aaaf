# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground of a scene: instances, collections and modifiers are read, the rest is left out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import subjects
from tests.cases import each

LINE = np.array([[0.0, 0.0, z] for z in range(7)])
"""From the origin along -Y of Blender."""


def linked(name: str, data: Any, collection: bpy.types.Collection | None = None) -> Any:
    made = bpy.data.objects.new(name, data)
    (collection or bpy.context.scene.collection).objects.link(made)
    return made


def plane(name: str = "Plane", size: float = 9.0, z: float = 0.0, **where: Any) -> Any:
    """Make a level square that looks up."""
    mesh = bpy.data.meshes.new(name)
    corners = [(-size, -size, z), (size, -size, z), (size, size, z), (-size, size, z)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    return linked(name, mesh, **where)


def collection(name: str, *objects: bpy.types.Object, shown: bool = True) -> Any:
    made = bpy.data.collections.new(name)
    if shown:
        bpy.context.scene.collection.children.link(made)
    for one in objects:
        bpy.context.scene.collection.objects.unlink(one)
        made.objects.link(one)
    return made


def read(ground: str = "", group: str = "", reach: float = 2.0, left_out: tuple = ()) -> Any:
    bpy.context.view_layer.update()
    source = subjects.addon("blender.scene.ground_source")
    names = source.GroundNames(ground, group)
    return source.read(names, bpy.context.scene, LINE, reach, left_out)


def height(mesh: Any, x: float, z: float) -> float:
    return float(mesh.heights(np.array([[x, 9.0, z]]))[0])


def scattered(ground: bpy.types.Object) -> None:
    """Scatter cubes of 0.2 m on the vertices of a ground by Geometry Nodes."""
    tree = bpy.data.node_groups.new("Scatter", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    given, cube, onto, join, out = (
        tree.nodes.new(kind)
        for kind in (
            "NodeGroupInput", "GeometryNodeMeshCube", "GeometryNodeInstanceOnPoints",
            "GeometryNodeJoinGeometry", "NodeGroupOutput",
        )
    )  # fmt: skip
    cube.inputs["Size"].default_value = (0.2, 0.2, 0.2)
    for a, b in (
        (given.outputs[0], onto.inputs["Points"]),
        (cube.outputs[0], onto.inputs["Instance"]),
        (onto.outputs[0], join.inputs[0]),
        (given.outputs[0], join.inputs[0]),
        (join.outputs[0], out.inputs[0]),
    ):
        tree.links.new(a, b)
    ground.modifiers.new("Scatter", "NODES").node_group = tree


def test_instances_of_geometry_nodes_are_ground() -> None:
    ground = plane(size=1.0)
    ground.location.z = 0.5
    scattered(ground)
    mesh = read("Plane")
    assert len(mesh.triangles) == 2 + 4 * 12
    assert height(mesh, 0.0, 0.0) == pytest.approx(0.5)
    assert height(mesh, 1.0, 1.0) == pytest.approx(0.6)


def test_a_collection_counts_with_what_it_instances() -> None:
    bpy.ops.mesh.primitive_cube_add(location=(0.0, 0.0, 1.0))
    block = collection("Block", bpy.context.object, shown=False)
    empty = bpy.data.objects.new("Inner", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", block
    inner = bpy.data.collections.new("Inner")
    inner.objects.link(empty)
    outer = linked("Outer", None)
    outer.instance_type, outer.instance_collection = "COLLECTION", inner
    outer.location, outer.scale = (0.0, -3.0, 1.0), (-1.0, 1.0, 1.0)
    bpy.ops.curve.primitive_nurbs_path_add()
    bar = bpy.context.object
    bar.data.bevel_depth = 0.25
    land = collection("Land", plane(), outer, bar)
    below = collection("Below", plane("Lower", z=-1.0))
    land.children.link(below)
    mesh = read(group="Land")
    assert height(mesh, 0.0, 3.0) == pytest.approx(3.0)
    assert height(mesh, 0.0, 6.0) == pytest.approx(0.0)
    assert height(mesh, 0.0, 0.0) == pytest.approx(0.25, abs=0.01)
    _, heights, facing = mesh.layers(np.array([[0.5, 0.0, 3.5]]))
    assert heights == pytest.approx([-1.0, 0.0, 1.0, 3.0])
    assert facing.tolist() == [1.0, 1.0, -1.0, 1.0], "a mirrored box looks outward"


def test_what_is_hidden_or_belongs_to_the_character_is_no_ground() -> None:
    rig = subjects.mixamo()
    body, hat, hidden, way = (plane(name, z=i + 1.0) for i, name in enumerate("BHSW"))
    body.modifiers.new("Armature", "ARMATURE").object = rig
    hat.parent = body
    body.parent = rig
    hidden.hide_set(True)
    collection("Land", plane(), body, hat, hidden, way)
    assert height(read(group="Land", left_out=(rig, way)), 0.0, 0.0) == 0.0


def test_only_faces_near_the_path_are_kept() -> None:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=200, y_subdivisions=200, size=100.0)
    bpy.context.scene.unit_settings.scale_length = 0.5
    mesh = read("Grid")
    assert 50 < len(mesh.triangles) < 4000
    assert np.abs(mesh.vertices[:, 0]).max() < 6.0
    assert (mesh.vertices[:, 1] == 0.0).all()
    assert len(mesh.vertices) < len(mesh.triangles)


def test_a_ground_in_edit_mode_has_its_present_shape() -> None:
    import bmesh

    ground = plane()
    bpy.context.view_layer.objects.active = ground
    bpy.ops.object.mode_set(mode="EDIT")
    bmesh.ops.translate(bm := bmesh.from_edit_mesh(ground.data), verts=bm.verts, vec=(0, 0, 0.75))
    assert height(read("Plane"), 0.0, 0.0) == pytest.approx(0.75)
    bpy.ops.object.mode_set(mode="OBJECT")


def no_faces(settings: Any) -> None:
    settings.ground = linked("Wire", bpy.data.meshes.new("Wire"))


def switched_off(settings: Any) -> None:
    settings.ground = plane()
    settings.ground.hide_viewport = True


def far_away(settings: Any) -> None:
    settings.ground = plane()
    settings.ground.location.x = 100.0


def not_finite(settings: Any) -> None:
    settings.ground = plane()
    settings.ground.data.vertices[0].co.z = math.nan


def empty_collection(settings: Any) -> None:
    settings.ground_collection = collection("Land")


def a_cliff(settings: Any) -> None:
    settings.ground = plane()
    settings.ground.location.y = -10.0


@each(
    ("given", "why"),
    [
        (no_faces, "The ground 'Wire' has no faces; pick one that has faces"),
        (switched_off, "The ground 'Plane' is switched off in viewports; switch it on"),
        (far_away, "The ground 'Plane' is nowhere under the path; move the path"),
        (not_finite, "A vertex of the ground 'Plane' is not a finite number; repair"),
        (empty_collection, "The ground 'Land' has no faces; pick one that has faces"),
        (a_cliff, r"begins beside the ground and reaches it after 1\.0 m"),
    ],
)
def test_ground_that_cannot_be_used_is_refused(given: Callable[[Any], None], why: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo()
    given(subjects.ready(rig))
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.footfall.bake()
    assert not rig.footfall.takes
    assert rig.animation_data is None


def test_a_recipe_names_objects_and_collections() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.ground = plane(size=9.0)
    settings.ground_collection = collection("Land", plane("Step", size=0.4, z=0.2))
    settings.slope_pace = 0.5
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    stored = json.loads(rig.footfall.takes[0].recipe)
    assert (stored["ground"], stored["ground_collection"]) == ("Plane", "Land")
    assert stored["slope_pace"] == 0.5
    settings.ground = settings.ground_collection = None
    assert bpy.ops.footfall.load_recipe() == {"FINISHED"}
    assert settings.ground.name == "Plane"
    assert settings.ground_collection.name == "Land"
    settings.ground_collection.name = "Renamed"
    recipe = subjects.addon("blender.keys.recipe").Recipe.from_json(stored)
    request = subjects.addon("blender.bake.scene_request")
    size = subjects.addon("blender.rig.character_size").CharacterSize(1.8, None, None, 1.0)
    with pytest.raises(subjects.addon("errors").RefusedError, match="no collection 'Land' in the"):
        request.request(recipe, bpy.context.scene, size)
