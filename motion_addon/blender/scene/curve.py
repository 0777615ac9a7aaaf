# SPDX-License-Identifier: GPL-3.0-or-later
"""Path curves: reads a curve object into points, and makes one from drawn points.

Points of the motion core are in meters, Y up; Blender's are Z up. The motion core rounds and
resamples the path.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import bpy
from mathutils import Vector

from ...errors import RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESOLUTION = 48  # points a segment: 1 cm of a half circle of 10 m, and cheap
FIT_ERROR = 0.03  # largest distance in meters of a fitted curve from the drawn points
FARTHEST = 1.0e7  # units of a point from the origin: single precision is a whole unit there
PATH_NAME = "Footfall Path"


def core_from_world(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return Blender points (N, 3), Z up, as points of the motion core, Y up; same unit."""
    import numpy as np

    points = np.asarray(points, dtype=np.float64)
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def path_points(
    curve: bpy.types.Object, scene: bpy.types.Scene
) -> tuple[NDArray[np.float64], bool]:
    """Return world points (N, 3), Blender's axes, of a curve's longest line, and if it is closed.

    Includes modifiers, parents and edits in Edit Mode, but not bevel and extrusion. Raises
    RefusedError.
    """
    import numpy as np

    if curve.type != "CURVE":
        raise RefusedError(f"'{curve.name}' is not a curve; pick another path")
    points, edges = _evaluated_line(curve, scene)
    if not len(points):
        raise RefusedError(f"The curve '{curve.name}' has no points; draw a longer path")
    if not np.isfinite(points).all():
        raise RefusedError(f"The curve '{curve.name}' has a point that is not a number; move it")
    if np.abs(points).max() > FARTHEST:
        raise RefusedError(
            f"The curve '{curve.name}' has a point more than {FARTHEST:,.0f} units from the"
            " origin; move it, or check the scale"
        )
    lines = _lines(len(points), edges)
    if not lines:
        raise RefusedError(f"The curve '{curve.name}' has no length; draw a longer path")
    order, cyclic = max(lines, key=lambda line: _length(points[line[0]]))
    if _length(points[order]) < 1e-4:
        raise RefusedError(f"The curve '{curve.name}' has no length; draw a longer path")
    return points[order], cyclic


def _evaluated_line(
    curve: bpy.types.Object, scene: bpy.types.Scene
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return world points (N, 3) and edges (E, 2) of a finer copy without bevel.

    Empty if the curve, or what its modifiers make of it, has no points.
    """
    import numpy as np

    if curve.mode == "EDIT":
        curve.update_from_editmode()
    bare = curve.copy()
    bare.data = data = curve.data.copy()
    bare.hide_viewport = False
    data.bevel_depth = data.extrude = data.offset = 0.0
    data.bevel_object = data.taper_object = None
    data.resolution_u = max(data.resolution_u, RESOLUTION)
    for spline in data.splines:
        spline.resolution_u = max(spline.resolution_u, RESOLUTION)
    stage = bpy.data.scenes.new("Footfall Path Reader")
    try:
        stage.frame_set(scene.frame_current)
        stage.collection.objects.link(bare)
        stage.view_layers[0].update()
        evaluated = bare.evaluated_get(stage.view_layers[0].depsgraph)
        mesh = evaluated.to_mesh()
        if mesh is None:
            return np.empty((0, 3)), np.empty((0, 2), np.int32)
        points = np.empty((len(mesh.vertices), 3), np.float32)
        edges = np.empty((len(mesh.edges), 2), np.int32)
        mesh.vertices.foreach_get("co", points.ravel())
        mesh.edges.foreach_get("vertices", edges.ravel())
        world = np.array(evaluated.matrix_world, dtype=np.float64)
        evaluated.to_mesh_clear()
    finally:
        bpy.data.objects.remove(bare)
        bpy.data.curves.remove(data)  # type: ignore[arg-type]
        bpy.data.scenes.remove(stage)
    return points @ world[:3, :3].T + world[:3, 3], edges


def _lines(count: int, edges: NDArray[np.int32]) -> list[tuple[list[int], bool]]:
    """Return lines of vertex numbers chained from edges, each with whether it is closed."""
    neighbors: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges.tolist():
        neighbors[a].append(b)
        neighbors[b].append(a)
    seen = [False] * count
    lines = []
    ends = [i for i in range(count) if len(neighbors[i]) == 1]
    for first in [*ends, *range(count)]:
        if seen[first] or not neighbors[first]:
            continue
        line, here = [], first
        while here is not None:
            seen[here] = True
            line.append(here)
            here = next((n for n in neighbors[here] if not seen[n]), None)
        closed = len(line) > 2 and first in neighbors[line[-1]]
        lines.append((line, closed))
    return lines


def _length(points: NDArray[np.float64]) -> float:
    import numpy as np

    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def new_path(context: bpy.types.Context, drawn: Iterable[Vector], smooth: bool) -> bpy.types.Object:
    """Return a new Bezier curve through world points; ``smooth`` fits few points to freehand ones.

    The curve is selected and active. Raises RefusedError for fewer than two distinct points.
    """
    points = _distinct(drawn)
    if len(points) < 2:
        raise RefusedError("The path is too short; draw a longer one")
    data = bpy.data.curves.new(PATH_NAME, "CURVE")
    data.dimensions = "3D"
    path = bpy.data.objects.new(PATH_NAME, data)
    path.location = points[0]
    context.collection.objects.link(path)
    for other in context.selected_objects:
        other.select_set(False)
    path.select_set(True)
    context.view_layer.objects.active = path
    local = [point - points[0] for point in points]
    if smooth and len(local) > 2:
        _fit(context, path, points)
    if not data.splines:
        _through(data, local)
    return path


def _distinct(drawn: Iterable[Vector]) -> list[Vector]:
    points: list[Vector] = []
    for point in drawn:
        here = point.copy()
        if not points or (here - points[-1]).length > 1e-3:
            points.append(here)
    return points


def _through(data: bpy.types.Curve, points: list[Vector]) -> None:
    spline = data.splines.new("BEZIER")
    spline.bezier_points.add(len(points) - 1)
    for knot, point in zip(spline.bezier_points, points, strict=True):
        knot.co = point
        knot.handle_left_type = knot.handle_right_type = "AUTO"


def _fit(context: bpy.types.Context, path: bpy.types.Object, points: list[Vector]) -> None:
    """Fit a Bezier spline to the points with Blender's Draw Curve operator."""
    blank = {"mouse": (0, 0), "mouse_event": (0, 0), "pressure": 1.0, "size": 1.0, "time": 0.0}
    stroke = [
        {
            "name": "",
            "location": p.to_tuple(),
            "is_start": i == 0,
            "x_tilt": 0,
            "y_tilt": 0,
            **blank,
        }
        for i, p in enumerate(points)
    ]
    context.view_layer.update()
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.curve.draw(error_threshold=FIT_ERROR, stroke=stroke, use_cyclic=False)  # type: ignore[arg-type]
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
