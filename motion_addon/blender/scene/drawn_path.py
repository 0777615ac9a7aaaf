# SPDX-License-Identifier: GPL-3.0-or-later
"""A path while it is drawn: points under the mouse, whether it is freehand, and its preview."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import bpy
import gpu
from bpy_extras import view3d_utils
from gpu_extras.batch import batch_for_shader
from mathutils import Vector
from mathutils.geometry import intersect_line_plane

from ...errors import RefusedError
from . import progress
from .curve import FARTHEST
from .ground_source import belongs

COLOR = (1.0, 0.55, 0.1, 1.0)
LIFT = 0.01  # meters of the preview above the ground
AHEAD = 5.0  # meters of the straight path that needs no drawing


class DrawnPath:
    """Points of a path in world space, from presses, moves and releases of the mouse."""

    def __init__(self, context: bpy.types.Context, text: str) -> None:
        """Start with no points; show the preview in all 3D views, and a text in the status bar."""
        self.area = context.area
        self.region = next(region for region in self.area.regions if region.type == "WINDOW")
        self.points: list[Vector] = []
        self.freehand = False
        self._pressed: tuple[int, int] | None = None
        self._window, self._workspace = context.window, context.workspace
        self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")
        self._workspace.status_text_set(text)
        self._window.cursor_modal_set("PAINT_BRUSH")
        progress.on_cancel(self.stop)

    def press(self, point: Vector | None, pixel: tuple[int, int]) -> None:
        """Add a point for a press of the mouse, which may become a drag."""
        if point is not None:
            self._pressed = pixel
            self.points.append(point)
            self.area.tag_redraw()

    def move(self, point: Vector | None, pixel: tuple[int, int], drag: int) -> None:
        """Add a point for a move of the mouse if it drags; ``drag`` pixels begin a drag."""
        if self._pressed is None or point is None:
            return
        way = abs(pixel[0] - self._pressed[0]) + abs(pixel[1] - self._pressed[1])
        if self.freehand or (way > drag and len(self.points) == 1):
            self.freehand = True
            self.points.append(point)
            self.area.tag_redraw()

    def release(self) -> bool:
        """Handle a release of the mouse; returns whether a freehand path has ended."""
        self._pressed = None
        return self.freehand

    def undo(self) -> None:
        """Remove the last point."""
        if self.points:
            self.points.pop()
            self.area.tag_redraw()

    def to_json(self) -> str:
        """Return the points as JSON; without points, one point, which is refused as too short."""
        return json.dumps([point.to_tuple() for point in self.points] or [[0.0, 0.0, 0.0]])

    @property
    def stopped(self) -> bool:
        """Whether drawing has ended."""
        return self._handle is None

    def stop(self, _why: str = "") -> None:
        """Remove the preview, the text and the cursor of drawing."""
        if self._handle is None:
            return
        bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
        self._handle = None
        progress.off_cancel(self.stop)
        with suppress(ReferenceError):  # the window may be gone
            self.area.tag_redraw()
            self._workspace.status_text_set(None)
            self._window.cursor_modal_restore()

    def _draw(self) -> None:
        if not self.points:
            return
        lifted = [(p.x, p.y, p.z + LIFT) for p in self.points]
        gpu.state.line_width_set(3.0)
        gpu.state.point_size_set(7.0)
        shader = gpu.shader.from_builtin("UNIFORM_COLOR")
        shader.uniform_float("color", COLOR)
        if len(lifted) > 1:
            batch_for_shader(shader, "LINE_STRIP", {"pos": lifted}).draw(shader)
        marks = lifted[:1] if self.freehand else lifted
        batch_for_shader(shader, "POINTS", {"pos": marks}).draw(shader)
        gpu.state.line_width_set(1.0)


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
        if not belongs(found.original, ignore):
            return location.copy()
        start = location + direction * 1e-3
    if view.is_perspective and (direction.z < 0.0) != (origin.z > 0.0):
        return None  # above the horizon
    return intersect_line_plane(origin, origin + direction, Vector(), Vector((0.0, 0.0, 1.0)))


def straight_ahead(rig: bpy.types.Object | None) -> list[Vector]:
    """Return a straight path along -Y of a character from its place, or from the origin."""
    start = rig.matrix_world.translation.copy() if rig else Vector()
    way = rig.matrix_world.to_3x3() @ Vector((0.0, -1.0, 0.0)) if rig else Vector((0.0, -1.0, 0.0))
    way.z = 0.0
    if way.length < 1e-6:
        way = Vector((0.0, -1.0, 0.0))
    return [start, start + way.normalized() * AHEAD]


def from_json(text: str) -> list[Vector]:
    """Return the points of JSON [[x, y, z], ...]. Raises RefusedError."""
    try:
        points = [Vector((float(x), float(y), float(z))) for x, y, z in json.loads(text)]
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RefusedError("The points must be JSON: [[x, y, z], ...]") from error
    if not all(math.isfinite(value) for point in points for value in point):
        raise RefusedError("A point of the path is not a finite number; give finite numbers")
    if any(abs(value) > FARTHEST for point in points for value in point):
        raise RefusedError(
            f"A point of the path is more than {FARTHEST:,.0f} units from the origin"
        )
    return points
