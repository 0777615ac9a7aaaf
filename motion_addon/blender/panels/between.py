# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panels: In-Between with Fill Between, and Stitch and Loop."""

from __future__ import annotations

import bpy

from ..between import fill_between
from ..keys import takes
from ..rig import character
from .tab import Tab, sentence


class FOOTFALL_PT_between(Tab, bpy.types.Panel):
    """Fill the gaps between keyed poses"""

    bl_label = "In-Between"
    bl_order = 60
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        asked = context.scene.footfall_between
        rig = character.current(context)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(asked, "span")
        if asked.span == "frames":
            row = column.row(align=True)
            row.prop(asked, "first", text="Frames")
            row.prop(asked, "last", text="")
        column.prop(asked, "seed")
        column.prop(asked, "lock")
        column.prop(context.scene.footfall, "keys")
        button = layout.column()
        button.scale_y = 1.4
        button.operator("footfall.fill_between", icon="KEYFRAME_HLT")
        problem = fill_between.refusal(rig, context.view_layer)
        if problem:
            sentence(context, layout, problem, "INFO")
        elif takes.in_review(rig) and takes.shown(rig) is not None:
            row = layout.row(align=True)
            row.operator("footfall.accept_take", icon="CHECKMARK")
            row.operator("footfall.reject_take", icon="X")


class FOOTFALL_PT_transitions(Tab, bpy.types.Panel):
    """Continue with another action, or loop the action"""

    bl_label = "Stitch and Loop"
    bl_parent_id = "FOOTFALL_PT_between"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        asked = context.scene.footfall_between
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(asked, "seam")
        column.prop(asked, "action")
        column.prop(asked, "place")
        layout.operator("footfall.stitch", icon="NLA_PUSHDOWN")
        layout.operator("footfall.close_loop", icon="FILE_REFRESH")


classes = (FOOTFALL_PT_between, FOOTFALL_PT_transitions)
register, unregister = bpy.utils.register_classes_factory(classes)
