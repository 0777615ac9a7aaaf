# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: Path, the curve to walk along or a turn in place."""

from __future__ import annotations

import bpy

from ..bake import live
from ..scene import progress
from .tab import Tab, sentence


class FOOTFALL_PT_path(Tab, bpy.types.Panel):
    """The path of the character"""

    bl_label = "Path"
    bl_order = 10

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.footfall
        layout.row(align=True).prop(settings, "way", expand=True)
        if settings.way == "spot":
            layout.prop(settings, "turn")
        else:
            self._draw_curve(context, layout, settings)
        self._draw_ground(layout, settings)
        layout.prop(settings, "live", text="Live: Bake While Editing", icon="RECORD_ON")
        if settings.live and progress.now.problem:
            sentence(context, layout, progress.now.problem, "ERROR")
        elif settings.live and not live.has_take(context):
            sentence(context, layout, "Bake a take first; Live then keeps it up to date", "INFO")

    def _draw_curve(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        settings: bpy.types.PropertyGroup,
    ) -> None:
        layout.prop(settings, "path", text="", icon="CURVE_DATA", placeholder="Pick a curve")
        row = layout.row(align=True)
        row.operator("footfall.draw_path", text="Draw", icon="GREASEPENCIL")
        editing = settings.path is not None and settings.path.mode == "EDIT"
        label = "Done" if editing else "Edit"
        row.operator("footfall.edit_path", text=label, icon="EDITMODE_HLT", depress=editing)
        if settings.path is None:
            sentence(context, layout, "Draw a path, or pick a curve", "INFO")

    def _draw_ground(self, layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
        column = layout.column(align=True)
        column.prop(settings, "ground", text="", icon="MESH_GRID", placeholder="Ground object")
        column.prop(
            settings, "ground_collection", text="", icon="OUTLINER_COLLECTION",
            placeholder="Ground collection",
        )  # fmt: skip
        if settings.way == "path":
            column.prop(
                settings, "obstacles", text="", icon="OUTLINER_COLLECTION", placeholder="Obstacles"
            )
        if settings.ground is not None or settings.ground_collection is not None:
            layout.prop(settings, "slope_pace", slider=True)


classes = (FOOTFALL_PT_path,)
register, unregister = bpy.utils.register_classes_factory(classes)
