# SPDX-License-Identifier: GPL-3.0-or-later
"""Obstacles of a scene: the outlines on the ground of the objects of a collection.

An object counts with its modifiers and its instances, by the convex hull of its shape seen from
above. What is hidden, the characters and the path are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..scene import ground_source
from ..scene.units import meters_per_unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 50_000
"""Vertices up to which a shape counts by its vertices, and beyond by its bounding box."""


def find(scene: bpy.types.Scene, name: str) -> bpy.types.Collection | None:
    """Return a collection of a scene by name; None if there is none."""
    known = {one.name: one for one in scene.collection.children_recursive}
    return known.get(name)


def outlines(
    name: str,
    scene: bpy.types.Scene,
    span: tuple[float, float],
    left_out: Sequence[bpy.types.Object],
) -> list[list[list[float]]]:
    """Return the outlines [[x, z], ...] of a collection's objects, in meters of the motion core.

    Objects that lie wholly over or under ``span`` (m) are no obstacles, nor are ``left_out`` and
    what belongs to them. Raises RefusedError.
    """
    from ...motion.plan.obstacles import hull

    collection = find(scene, name)
    if collection is None:
        raise RefusedError(f"There is no collection '{name}' in the scene; pick other obstacles")
    tops = {
        one
        for one in ground_source.sources(None, collection)
        if not any(ground_source.belongs(one, o) for o in left_out)
    }
    depsgraph, out = bpy.context.evaluated_depsgraph_get(), []
    for instance in depsgraph.object_instances:
        owner = instance.parent if instance.is_instance else instance.object
        shape = instance.object
        if owner is None or owner.original not in tops or shape.type not in ground_source.TYPES:
            continue
        points = _points(shape, instance) * meters_per_unit(scene)
        if points[:, 2].max() > span[0] and points[:, 2].min() < span[1]:
            out.append((hull(points[:, :2]) * [1.0, -1.0]).tolist())
    if not out and not tops:
        raise RefusedError(f"The obstacles '{name}' are empty; put objects into the collection")
    return out


def _points(
    shape: bpy.types.Object, instance: bpy.types.DepsgraphObjectInstance
) -> NDArray[np.float64]:
    """Return points (N, 3) in the world whose hull is that of a shape."""
    import numpy as np

    matrix = np.array(instance.matrix_world, dtype=np.float64)
    points = np.array([tuple(corner) for corner in shape.bound_box], dtype=np.float64)
    data = shape.data
    if isinstance(data, bpy.types.Mesh) and 0 < len(data.vertices) <= MOST:
        flat = np.empty(3 * len(data.vertices), dtype=np.float32)
        data.vertices.foreach_get("co", flat)
        points = flat.reshape(-1, 3).astype(np.float64)
    return points @ matrix[:3, :3].T + matrix[:3, 3]
