# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground of a scene: the faces of an object and of a collection, near a path.

An object counts with its modifiers and with its instances: those of Geometry Nodes, of faces or
vertices, and of a collection. What is hidden, the characters and the path are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from .units import meters_per_unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...motion.plan.ground_mesh import GroundMesh

TYPES = {"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD"}
"""Types of objects that have faces, or may get some from modifiers."""
_CORE_FROM_WORLD = ((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, -1.0, 0.0, 0.0), (0, 0, 0, 1))


@dataclass(frozen=True)
class GroundNames:
    """What a recipe takes as ground, by name."""

    ground: str
    """Object; empty for none."""
    collection: str
    """Collection of the scene; empty for none."""

    @property
    def shown(self) -> str:
        """The names for a message."""
        return " and ".join(f"'{name}'" for name in (self.ground, self.collection) if name)


def can_be_ground(found: bpy.types.Object) -> bool:
    """Whether an object may have faces or instances of some."""
    return found.type in TYPES or found.instance_type == "COLLECTION"


def belongs(found: bpy.types.Object, rig: bpy.types.Object | None) -> bool:
    """Whether an object is a character, deformed by it or below it."""
    if rig is None:
        return False
    if found == rig or found.find_armature() == rig:
        return True
    parent = found.parent
    while parent is not None:
        if parent == rig:
            return True
        parent = parent.parent
    return False


def sources(
    ground: bpy.types.Object | None, collection: bpy.types.Collection | None
) -> set[bpy.types.Object]:
    """Return the objects of a ground, with those of the collections that they instance."""
    found: set[bpy.types.Object] = set()
    waiting = [ground] if ground is not None else []
    waiting += list(collection.all_objects) if collection is not None else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            if one.instance_collection is not None:
                waiting += one.instance_collection.all_objects
    return found


def read(
    names: GroundNames,
    scene: bpy.types.Scene,
    line: NDArray[np.float64],
    reach: float,
    left_out: Sequence[bpy.types.Object],
) -> GroundMesh:
    """Return the faces within about ``reach`` (m) of a line (N, 3) of the motion core, in meters.

    The points of the line are at most ``reach`` apart. ``left_out`` are the characters and the
    path; they and what belongs to them are no ground. Raises RefusedError.
    """
    from ...motion.plan.ground_mesh import GroundMesh

    tops = {one for one in _named(names, scene) if not any(belongs(one, o) for o in left_out)}
    for one in tops:
        if one.mode == "EDIT":
            one.update_from_editmode()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    shapes = _shapes(depsgraph, tops, left_out)
    if not shapes:
        if tops and not any(one.visible_get() for one in tops):
            raise RefusedError(
                f"The ground {names.shown} is switched off in viewports; switch it on"
            )
        raise RefusedError(f"The ground {names.shown} has no faces; pick one that has faces")
    _keep_near(shapes, meters_per_unit(scene), line, reach)
    for instance in depsgraph.object_instances:
        found = _ground_of(instance, tops, left_out)
        if found is not None:
            shapes[found.data.as_pointer()].read(found)
    parts = [part for shape in shapes.values() for part in shape.parts(names, line, reach)]
    if not parts:
        raise RefusedError(
            f"The ground {names.shown} is nowhere under the path; move the path over it or pick"
            " another ground"
        )
    return GroundMesh.joined(parts)


def _named(names: GroundNames, scene: bpy.types.Scene) -> set[bpy.types.Object]:
    """Return the object and the collection's objects by name. Raises RefusedError."""
    tops: set[bpy.types.Object] = set()
    if names.ground:
        ground: bpy.types.Object | None = scene.objects.get(names.ground)
        if ground is None or not can_be_ground(ground):
            raise RefusedError(
                f"There is no object '{names.ground}' with faces to walk on in the scene; pick"
                " another ground"
            )
        tops.add(ground)
    if names.collection:
        known = {one.name: one for one in scene.collection.children_recursive}
        if names.collection not in known:
            raise RefusedError(
                f"There is no collection '{names.collection}' in the scene to walk on; pick another"
            )
        tops |= set(known[names.collection].all_objects)
    return tops


@dataclass(eq=False)
class _Shape:
    """One mesh, at all places where it is ground."""

    bounds: list[tuple[float, ...]]
    """Corners of its box in its own coordinates."""
    worlds: list[list[list[float]]] = field(default_factory=list)
    """``world_from_local`` of each place."""
    places: NDArray[np.float64] | None = None
    """(K, 4, 4) ``core_from_local`` of the places near the path, in meters."""
    vertices: NDArray[np.float32] | None = None
    """(V, 3) in its own coordinates; None until it is read."""
    triangles: NDArray[np.int32] | None = None
    """(F, 3)"""

    def read(self, found: bpy.types.Object) -> None:
        """Read vertices and triangles once, if the mesh comes near the path."""
        import numpy as np

        if self.vertices is not None or self.places is None or not len(self.places):
            return
        mesh = found.to_mesh()
        self.vertices = np.empty((len(mesh.vertices), 3), np.float32)
        mesh.vertices.foreach_get("co", self.vertices.ravel())
        self.triangles = np.empty((len(mesh.loop_triangles), 3), np.int32)
        mesh.loop_triangles.foreach_get("vertices", self.triangles.ravel())
        found.to_mesh_clear()

    def parts(
        self, names: GroundNames, line: NDArray[np.float64], reach: float
    ) -> Iterator[GroundMesh]:
        """Yield the triangles near the line, at all places, in the motion core's axes."""
        import numpy as np

        from ...motion.plan.ground_mesh import GroundMesh

        if self.vertices is None or self.triangles is None or not len(self.triangles):
            return
        if not np.isfinite(self.vertices).all():
            raise RefusedError(
                f"A vertex of the ground {names.shown} is not a finite number; repair the mesh"
            )
        for place in self.places if self.places is not None else ():
            vertices = self.vertices @ place[:3, :3].T + place[:3, 3]
            mirrored = np.linalg.det(place[:3, :3]) < 0.0
            triangles = self.triangles[:, ::-1] if mirrored else self.triangles
            near = GroundMesh(vertices, triangles).near(line, reach)
            if near is not None:
                yield near.compact()


def _shapes(
    depsgraph: bpy.types.Depsgraph,
    tops: set[bpy.types.Object],
    left_out: Sequence[bpy.types.Object],
) -> dict[int, _Shape]:
    """Return the visible meshes of the ground that have faces, with their places."""
    shapes: dict[int, _Shape] = {}
    for instance in depsgraph.object_instances:
        found = _ground_of(instance, tops, left_out)
        if found is None:
            continue
        key = found.data.as_pointer()
        if key not in shapes:
            shapes[key] = _Shape([tuple(corner) for corner in found.bound_box])
        shapes[key].worlds.append([list(row) for row in instance.matrix_world])
    return shapes


def _ground_of(
    instance: bpy.types.DepsgraphObjectInstance,
    tops: set[bpy.types.Object],
    left_out: Sequence[bpy.types.Object],
) -> bpy.types.Object | None:
    """Return the object of an instance if it is ground with faces, else None.

    The faces of curves, texts and the like are instances of a mesh, too.
    """
    found: bpy.types.Object = instance.object
    if found.type != "MESH" or not instance.show_self:
        return None
    top = instance.parent.original if instance.is_instance else found.original
    if top not in tops or any(belongs(found.original, one) for one in left_out):
        return None
    return found if len(found.data.polygons) or found.mode == "EDIT" else None


def _keep_near(
    shapes: dict[int, _Shape], unit: float, line: NDArray[np.float64], reach: float
) -> None:
    """Keep the places whose box comes near the line."""
    import numpy as np

    from ...motion.plan.ground_mesh import corridor

    core_from_world = np.array(_CORE_FROM_WORLD) * [[unit], [unit], [unit], [1.0]]
    for shape in shapes.values():
        places = core_from_world @ np.array(shape.worlds, dtype=np.float64)
        corners = np.array(shape.bounds) @ places[:, :3, :3].swapaxes(1, 2) + places[:, None, :3, 3]
        finite = np.isfinite(corners).all(axis=(1, 2))
        places, corners = places[finite], corners[finite]
        low, high = corners.min(axis=1), corners.max(axis=1)
        ends = np.stack([low, high, low], axis=1).reshape(-1, 3)
        boxes = np.arange(len(ends)).reshape(-1, 3)
        shape.places = places[corridor(ends, boxes, line, reach)]
