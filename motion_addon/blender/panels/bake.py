# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panels: Bake with the list of takes, Keys, and Herd."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake import herd
from ..keys import takes
from ..keys.layers import edit_count
from ..operators.bake import FOOTFALL_OT_bake
from ..rig import character
from ..scene import progress
from .tab import Tab, progress_bar, sentence


class FOOTFALL_UL_takes(bpy.types.UIList):
    """Takes of the character"""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.PropertyGroup,
        item: bpy.types.PropertyGroup,
        _icon: int,
        _active_data: object,
        _active_property: str,
        index: int = 0,
        _flag: int = 0,
    ) -> None:
        rig: Any = data.id_data
        shown = takes.shown(rig) == item
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="PLAY" if shown else "ACTION")
        edited = edit_count.of(item)
        if edited:
            row.label(text=str(edited), icon="KEYFRAME_HLT")
        if item.accepted:
            row.label(text="", icon="CHECKMARK")
        if not shown:
            row.operator("footfall.remove_take", text="", icon="X", emboss=False).index = index


class FOOTFALL_PT_bake(Tab, bpy.types.Panel):
    """Bake, and accept or reject the take"""

    bl_label = "Bake"
    bl_order = 40

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        button = layout.column()
        button.scale_y = 1.8
        if progress.now.running:
            progress_bar(button)
            return
        button.operator("footfall.bake", icon="REC")
        problem = FOOTFALL_OT_bake.problem(context)
        if problem:
            sentence(context, layout, problem, "INFO")
        layout.operator("footfall.bake_cycle", text="Bake Cycle in Place")
        rig = character.current(context)
        if rig is not None and rig.type == "ARMATURE" and len(rig.footfall.takes):
            self._draw_takes(context, layout, rig)

    def _draw_takes(
        self, context: bpy.types.Context, layout: bpy.types.UILayout, rig: bpy.types.Object
    ) -> None:
        kept = rig.footfall
        if takes.in_review(rig) and takes.shown(rig) is not None:
            row = layout.row(align=True)
            row.scale_y = 1.3
            row.operator("footfall.accept_take", icon="CHECKMARK")
            row.operator("footfall.reject_take", icon="X")
            was = kept.before_action
            before = f"Before: {was.name}" if was else "Before: no action"
            sentence(context, layout, before)
            for warning in takes.report_of(takes.shown(rig)).get("warnings", ()):
                sentence(context, layout, warning, "ERROR")
        layout.template_list("FOOTFALL_UL_takes", "", kept, "takes", kept, "active_take", rows=2)
        row = layout.row(align=True)
        row.operator("footfall.rebake_take", icon="FILE_REFRESH")
        row.operator("footfall.load_recipe", icon="COPYDOWN")
        take = takes.active(rig)
        edited = 0 if take is None else edit_count.of(take)
        if edited:
            one = edited == 1
            keys, them = ("1 key lies", "it") if one else (f"{edited} keys lie", "them")
            sentence(context, layout, f"{keys} on top of the bake; Bake Again keeps {them}")
            row = layout.row(align=True)
            row.operator("footfall.clear_edits", icon="LOOP_BACK")
            row.operator("footfall.merge_down", icon="TRIA_DOWN_BAR")


class FOOTFALL_PT_keys(Tab, bpy.types.Panel):
    """The keys of a take"""

    bl_label = "Keys"
    bl_parent_id = "FOOTFALL_PT_bake"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.footfall
        for name in ("frame_start", "root_motion", "controls", "keys"):
            layout.prop(settings, name)
        if settings.keys == "sparse":
            layout.prop(settings, "tolerance")
        layout.prop(settings, "fit_range")


class FOOTFALL_PT_herd(Tab, bpy.types.Panel):
    """Bake all selected armatures, each along its own path"""

    bl_label = "Herd"
    bl_parent_id = "FOOTFALL_PT_bake"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return len(herd.chosen(context, "ARMATURE")) > 1

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        box = layout.box()
        box.use_property_split = True
        box.use_property_decorate = False
        settings = context.scene.footfall
        for name in ("herd_spacing", "herd_lanes", "herd_speed_jitter", "herd_seed"):
            box.prop(settings, name)
        box.operator("footfall.bake_herd")
        problem = herd.refusal(context)
        if problem:
            sentence(context, box, problem, "INFO")


classes = (FOOTFALL_UL_takes, FOOTFALL_PT_bake, FOOTFALL_PT_keys, FOOTFALL_PT_herd)
register, unregister = bpy.utils.register_classes_factory(classes)
