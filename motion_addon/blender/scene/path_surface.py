# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface under a path: points projected onto a mesh, and rays from the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy_extras import view3d_utils
from mathutils import Matrix, Vector
from mathutils.geometry import intersect_line_plane

from ...errors import RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REACH = 1.0e4  # meters above a point from which rays look for the surface


def drop(
    points: NDArray[np.float64], ground: bpy.types.Object, depsgraph: bpy.types.Depsgraph
) -> NDArray[np.float64]:
    """Return world points (N, 3), Z up, moved vertically to the nearest surface of a mesh.

    Points that miss the mesh keep their height. Raises RefusedError if it is switched off.
    """
    surface = ground.evaluated_get(depsgraph)
    local_from_world = surface.matrix_world.inverted_safe()
    down = (local_from_world.to_3x3() @ Vector((0.0, 0.0, -1.0))).normalized()
    dropped = points.copy()
    try:
        for i, point in enumerate(points):
            dropped[i, 2] = _height(surface, local_from_world, down, Vector(point))
    except RuntimeError as error:
        raise RefusedError(
            f"The ground '{ground.name}' is switched off in viewports; switch it on"
        ) from error
    return dropped


def _height(
    surface: bpy.types.Object, local_from_world: Matrix, down: Vector, point: Vector
) -> float:
    """Return the height of the nearest hit of rays from just above, up from and far above."""
    found = []
    above = Vector((0.0, 0.0, 1.0))
    for direction, origin in ((down, point + above), (-down, point), (down, point + above * REACH)):
        hit, location, _normal, _face = surface.ray_cast(local_from_world @ origin, direction)
        if hit:
            found.append((surface.matrix_world @ location).z)
    return min(found, key=lambda z: abs(z - point.z), default=point.z)


def under_mouse(
    context: bpy.types.Context,
    region: bpy.types.Region,
    view: bpy.types.RegionView3D,
    at: tuple[float, float],
    ignore: bpy.types.Object | None,
) -> Vector | None:
    """Return the world point under a pixel of a 3D view: on a visible mesh, else on the floor.

    The character ``ignore`` and its meshes are passed. None where the ray meets nothing.
    """
    origin = view3d_utils.region_2d_to_origin_3d(region, view, at)
    direction = view3d_utils.region_2d_to_vector_3d(region, view, at)
    depsgraph = context.evaluated_depsgraph_get()
    start = origin
    for _ in range(8):
        hit, location, _normal, _face, found, _matrix = context.scene.ray_cast(
            depsgraph, start, direction
        )
        if not hit:
            break
        if not _belongs(found, ignore):
            return location.copy()
        start = location + direction * 1e-3
    if view.is_perspective and (direction.z < 0.0) != (origin.z > 0.0):
        return None  # above the horizon
    return intersect_line_plane(origin, origin + direction, Vector(), Vector((0.0, 0.0, 1.0)))


def _belongs(found: bpy.types.Object, rig: bpy.types.Object | None) -> bool:
    """Whether a mesh is a child of the character or deformed by it."""
    if rig is None:
        return False
    if found.original == rig or found.original.find_armature() == rig:
        return True
    parent = found.original.parent
    while parent is not None:
        if parent == rig:
            return True
        parent = parent.parent
    return False
