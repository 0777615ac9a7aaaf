# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on the path: draw one on the ground or a surface, and edit it."""

from __future__ import annotations

import bpy
from mathutils import Vector

from ...errors import RefusedError
from ..rig import character
from ..scene import curve, drawn_path
from .bases import Explained, refuse

HELP = "Drag: Draw    Click: Add Point    Backspace: Undo Point    Enter: Finish    Esc: Cancel"
DRAG = 8  # pixels of a move that make a press a drag
NAVIGATION = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM"}


class FOOTFALL_OT_draw_path(Explained, bpy.types.Operator):
    """Draw a path on the ground or on a surface by dragging, or by clicking point by point"""

    bl_idname = "footfall.draw_path"
    bl_label = "Draw Path"
    bl_options = {"REGISTER", "UNDO"}

    points: bpy.props.StringProperty(
        name="Points",
        description="World positions as JSON [[x, y, z], ...]; empty makes a straight path ahead",
        options={"SKIP_SAVE", "HIDDEN"},
    )
    smooth: bpy.props.BoolProperty(
        name="Smooth", description="Fit few points to the positions, as for a freehand path",
        default=True,
    )  # fmt: skip

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why no path can be added, or an empty text."""
        if not context.collection or context.collection.library is not None:
            return "The active collection is linked from another file"
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        try:
            points = (
                drawn_path.from_json(self.points) if self.points else drawn_path.straight_ahead(rig)
            )
            path = curve.new_path(context, points, self.smooth)
        except RefusedError as error:
            return refuse(self, error)
        settings = context.scene.footfall
        settings.path = path
        if settings.character is None:
            settings.character = rig
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if context.area is None or context.area.type != "VIEW_3D":
            return self.execute(context)
        self._drawing = drawn_path.DrawnPath(context, HELP)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type in NAVIGATION or event.alt:
            return {"PASS_THROUGH"}
        if self._drawing.stopped or event.type == "ESC":
            self._drawing.stop()
            return {"CANCELLED"}
        if event.type in {"RET", "NUMPAD_ENTER", "RIGHTMOUSE"} and event.value == "PRESS":
            return self._finish(context)
        if event.type == "BACK_SPACE" and event.value == "PRESS":
            self._drawing.undo()
        elif event.type == "LEFTMOUSE" and event.value == "PRESS":
            self._drawing.press(self._under(context, event), (event.mouse_x, event.mouse_y))
        elif event.type == "MOUSEMOVE":
            self._drawing.move(self._under(context, event), (event.mouse_x, event.mouse_y), DRAG)
        elif event.type == "LEFTMOUSE" and self._drawing.release():
            return self._finish(context)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._drawing.stop()

    def _under(self, context: bpy.types.Context, event: bpy.types.Event) -> Vector | None:
        region = self._drawing.region
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        view = self._drawing.area.spaces.active.region_3d
        return drawn_path.under_mouse(context, region, view, at, character.current(context))

    def _finish(self, context: bpy.types.Context) -> set[str]:
        self._drawing.stop()
        self.points, self.smooth = self._drawing.to_json(), self._drawing.freehand
        return self.execute(context)


class FOOTFALL_OT_edit_path(Explained, bpy.types.Operator):
    """Edit the path's points with Blender's curve pen, or leave editing"""

    bl_idname = "footfall.edit_path"
    bl_label = "Edit Path"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why there is no path to edit, or an empty text."""
        path = context.scene.footfall.path
        if path is None:
            return "Pick or draw a path first"
        if path.library is not None or path.data.library is not None:
            return "The path is linked from another file"
        if not path.visible_get(view_layer=context.view_layer):
            return "The path is hidden; show it first"
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = context.scene.footfall.path
        if path.mode == "EDIT":
            bpy.ops.object.mode_set(mode="OBJECT")
            return {"FINISHED"}
        if context.object is not None and context.object.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        for other in context.selected_objects:
            other.select_set(False)
        path.select_set(True)
        context.view_layer.objects.active = path
        bpy.ops.object.mode_set(mode="EDIT")
        if context.area is not None and context.area.type == "VIEW_3D":
            bpy.ops.wm.tool_set_by_id(name="builtin.pen")
        return {"FINISHED"}


classes = (FOOTFALL_OT_draw_path, FOOTFALL_OT_edit_path)
register, unregister = bpy.utils.register_classes_factory(classes)
