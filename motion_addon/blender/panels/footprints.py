# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: Footprints, the prints of the active take as objects and as keys, and their edits."""

from __future__ import annotations

import bpy

from ..keys import footfall_keys
from ..prints import nearest_place, print_edits, print_objects
from ..rig import character
from .tab import Tab, active_take, sentence


class FOOTFALL_PT_footprints(Tab, bpy.types.Panel):
    """Show and edit the footprints of the active take"""

    bl_label = "Footprints"
    bl_order = 45
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, take = self.layout, active_take(context)
        if take is None or not take.report:
            layout.label(text="Bake a take first", icon="INFO")
            return
        if not footfall_keys.movable(take):
            text = "Footprints can be edited in takes that were baked, but not in cycles"
            sentence(context, layout, text, "INFO")
            return
        rig = character.current(context)
        keyed = footfall_keys.has_keys(take)
        shown = print_objects.collection_of(rig, take) is not None
        lines = footfall_keys.moved_lines(take)
        row = layout.row(align=True)
        name = "Hide Footprints" if shown else "Show Footprints"
        row.operator("footfall.show_footprints", text=name, icon="HIDE_OFF", depress=shown)
        row.operator("footfall.key_footfalls", icon="ACTION", depress=keyed)
        refused = nearest_place.sentence(take)
        if refused:
            box = layout.box()
            sentence(context, box, refused, "ERROR")
            box.operator("footfall.use_nearest_place", icon="SNAP_ON")
        if shown:
            self._draw_selected(context, layout, take)
        for line in lines:
            layout.label(text=line, icon="KEYFRAME_HLT")
        if shown or keyed:
            layout.operator("footfall.rebake_take", icon="FILE_REFRESH")
        if shown or keyed or lines:
            layout.operator("footfall.reset_footprints", icon="LOOP_BACK")

    def _draw_selected(
        self, context: bpy.types.Context, layout: bpy.types.UILayout, take: bpy.types.PropertyGroup
    ) -> None:
        """Draw the foot and the times of the active print object."""
        thing = context.view_layer.objects.active
        owner = print_objects.print_take(thing)
        if thing is None or owner is None or owner[1] != take.name:
            sentence(context, layout, "Select a footprint to see its foot and its times", "INFO")
            return
        own = thing.footfall.print
        column = layout.column(align=True)
        edited = print_edits.is_copy(thing)
        column.label(text=f"{thing.name}, new" if edited else thing.name, icon="OBJECT_DATA")
        if not edited:
            column.prop(own, "touchdown")
            column.prop(own, "liftoff")


classes = (FOOTFALL_PT_footprints,)
register, unregister = bpy.utils.register_classes_factory(classes)
