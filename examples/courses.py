# SPDX-License-Identifier: GPL-3.0-or-later
"""Ground to walk over, built in Blender: slopes, bumps, stairs and rubble, each along -Y.

Each course is the collection ``Course`` of the scene; paths begin at the origin. Meters, Z up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from mathutils import Matrix
from mathutils.bvhtree import BVHTree

from examples.stage import FLOOR, material
from motion_addon.motion.plan.ground_mesh import GroundMesh

COLLECTION: Final = "Course"
WIDTH: Final = 4.0
MARGIN: Final = 3.0
"""Ground before and after the path."""
CELLS: Final = (200, 50)
"""Faces of a course of one surface along and across: 20,000 triangles."""
FLAT: Final = 2.0
"""Level way before a slope or stairs."""
UP: Final = 0.5


@dataclass(frozen=True, eq=False)
class Ground:
    """A built course as triangles: for Blender's own ray casts, and for the bake."""

    tree: BVHTree
    mesh: GroundMesh
    """In the motion core's axes."""

    def over(self, points: np.ndarray) -> np.ndarray:
        """Return the signed distances (N,) of points (N, 3) from the surface, below 0 inside."""
        out = np.full(len(points), np.inf)
        down = (0.0, 0.0, -1.0)
        for i, (x, y, z) in enumerate(points.tolist()):
            hit = self.tree.ray_cast((x, y, z + UP), down)[0]
            if hit is not None:
                near = self.tree.find_nearest((x, y, z))[3]
                drop = z - hit.z
                out[i] = np.copysign(min(abs(drop), near), drop)
        return out

    def heights(self, places: np.ndarray) -> np.ndarray:
        """Return the heights (N,) of the highest surface at places (N, 2)."""
        down = (0.0, 0.0, -1.0)
        hits = [self.tree.ray_cast((x, y, 20.0), down)[0] for x, y in places.tolist()]
        return np.array([np.nan if hit is None else hit.z for hit in hits])


def _slope(degrees: float) -> Callable[[float], None]:
    def build(length: float) -> None:
        rise = np.tan(np.radians(degrees))

        def height(way: np.ndarray, _aside: np.ndarray) -> np.ndarray:
            return rise * np.clip(way - FLAT, 0.0, length - FLAT)

        _surface(height, length)

    return build


def _cross(length: float) -> None:
    _surface(lambda _way, aside: np.tan(np.radians(15.0)) * aside, length)


def _bumps(length: float) -> None:
    rng = np.random.default_rng(7)
    waves = rng.uniform(0.9, 1.1, 5) * 2.0 * np.pi / 1.2
    turns, phases = rng.uniform(0.0, 2.0 * np.pi, (2, 5))

    def height(way: np.ndarray, aside: np.ndarray) -> np.ndarray:
        total = np.zeros(np.shape(way))
        for wave, turn, phase in zip(waves, turns, phases, strict=True):
            total = total + np.sin(wave * (np.cos(turn) * way + np.sin(turn) * aside) + phase)
        return np.clip(0.1 * total / 2.2, -0.1, 0.1)

    _surface(height, length)


def _stairs(length: float) -> None:
    """Build stairs up, a landing, stairs down and a floor."""
    rng = np.random.default_rng(3)
    rises = rng.uniform(0.15, 0.18, 6)
    way, height = FLAT, 0.0
    profile = [(-MARGIN, 0.0)]
    for rise, run in zip(
        [*rises, *-rises[::-1]], [*[0.28] * 5, 1.4, *[0.28] * 5, 0.0], strict=True
    ):
        profile += [(way, height), (way, height + rise)]
        way, height = way + run, height + rise
    profile.append((max(length, way) + MARGIN, 0.0))
    sides = (-0.5 * WIDTH, 0.5 * WIDTH)
    vertices = [(aside, -along, up) for along, up in profile for aside in sides]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(profile) - 1)]
    checks = [1 - i % 2 for i in range(len(faces))]
    _add("Stairs", np.array(vertices), np.array(faces), np.array(checks))


def _rubble(length: float) -> None:
    """Scatter instances of a collection of stones over a plane."""
    _surface(lambda way, _aside: 0.0 * way, length)
    rng = np.random.default_rng(11)
    stones = bpy.data.collections.new("Stones")
    for size in rng.uniform((0.08, 0.08, 0.03), (0.28, 0.28, 0.08), (6, 3)):
        corners = np.array([(x, y, z) for z in (0, 1) for y in (-1, 1) for x in (-1, 1)], float)
        corners[4:, :2] *= 0.7
        sides = [(4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6)]
        mesh = bpy.data.meshes.new("Stone")
        mesh.from_pydata((corners * size * [0.5, 0.5, 1.0]).tolist(), [], sides)
        mesh.materials.append(material("Stone", (0.42, 0.33, 0.25)))
        one = bpy.data.collections.new("Stone")
        one.objects.link(bpy.data.objects.new("Stone", mesh))
        stones.children.link(one)
    kinds = list(stones.children)
    for number in range(int(3.0 * length)):
        empty = bpy.data.objects.new("Rubble", None)
        empty.instance_type = "COLLECTION"
        empty.instance_collection = kinds[number % len(kinds)]
        along, aside = rng.uniform(1.0, length), rng.normal(0.0, 0.35)
        empty.matrix_world = Matrix.Translation((aside, -along, 0.0)) @ Matrix.Rotation(
            rng.uniform(0.0, 6.3), 4, "Z"
        )
        bpy.data.collections[COLLECTION].objects.link(empty)


COURSES: Final[dict[str, Callable[[float], None]]] = {
    "flat": lambda length: _surface(lambda way, _aside: 0.0 * way, length),
    "up": _slope(20.0),
    "down": _slope(-20.0),
    "cross": _cross,
    "bumps": _bumps,
    "stairs": _stairs,
    "rubble": _rubble,
}


def build(name: str, length: float) -> Ground:
    """Replace the scene's course by another one for a path of ``length`` meters."""
    old: bpy.types.Collection | None = bpy.data.collections.get(COLLECTION)
    if old is not None:
        for item in list(old.objects):
            bpy.data.objects.remove(item)
        bpy.data.collections.remove(old)
    bpy.context.scene.collection.children.link(bpy.data.collections.new(COLLECTION))
    COURSES[name](length)
    bpy.context.view_layer.update()
    return _read()


def _surface(height: Callable[[np.ndarray, np.ndarray], np.ndarray], length: float) -> None:
    along, across = CELLS
    way = np.linspace(-MARGIN, length + MARGIN, along + 1)
    aside = np.linspace(-0.5 * WIDTH, 0.5 * WIDTH, across + 1)
    ways, sides = (grid.ravel() for grid in np.meshgrid(way, aside, indexing="ij"))
    vertices = np.stack([sides, -ways, height(ways, sides)], axis=1)
    row, column = (grid.ravel() for grid in np.indices(CELLS))
    corner = row * (across + 1) + column
    faces = np.stack([corner, corner + 1, corner + across + 2, corner + across + 1], axis=1)
    tile = np.floor(ways / 0.5) + np.floor(sides / 0.5 + 1e-6)
    _add("Surface", vertices, faces, (tile[corner] % 2).astype(int))


def _add(name: str, vertices: np.ndarray, faces: np.ndarray, checks: np.ndarray) -> None:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    for color_name, color in FLOOR.items():
        mesh.materials.append(material(color_name, color))
    mesh.polygons.foreach_set("material_index", checks.astype(np.int32))
    bpy.data.collections[COLLECTION].objects.link(bpy.data.objects.new(name, mesh))


def _read() -> Ground:
    """Return all triangles of the course, those of instances included."""
    own = set(bpy.data.collections[COLLECTION].objects)
    vertices, triangles, count = [], [], 0
    for instance in bpy.context.evaluated_depsgraph_get().object_instances:
        item = instance.object
        if item.type != "MESH" or (instance.parent or item).original not in own:
            continue
        mesh = item.to_mesh()
        mesh.calc_loop_triangles()
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
        corners = np.empty(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        matrix = np.array(instance.matrix_world)
        vertices.append(points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3])
        triangles.append(corners.reshape(-1, 3) + count)
        count += len(vertices[-1])
        item.to_mesh_clear()
    places, faces = np.concatenate(vertices).astype(np.float64), np.concatenate(triangles)
    core = np.stack([places[:, 0], places[:, 2], -places[:, 1]], axis=1)
    tree = BVHTree.FromPolygons(places.tolist(), faces.tolist(), all_triangles=True)
    return Ground(tree, GroundMesh(core, faces.astype(np.int64)))
