# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on the styles of the next bake."""

from __future__ import annotations

import bpy

from ...options.bake import MOST_STYLES
from ..bake import live
from ..style import style_keys
from .bases import refuse


class FOOTFALL_OT_style_add(bpy.types.Operator):
    """Add a style to the next bake"""

    bl_idname = "footfall.style_add"
    bl_label = "Add Style"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return len(context.scene.footfall.styles.mix) < MOST_STYLES

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.footfall.styles.mix.add()
        live.touch(context.scene)
        return {"FINISHED"}


class FOOTFALL_OT_style_remove(bpy.types.Operator):
    """Remove a style from the mix"""

    bl_idname = "footfall.style_remove"
    bl_label = "Remove Style"
    bl_options = {"REGISTER", "UNDO"}

    index: bpy.props.IntProperty(
        name="Index", description="Row of the style in the mix", min=0, options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        mix = context.scene.footfall.styles.mix
        if self.index >= len(mix):
            return refuse(self, "There is no such style")
        style_keys.close_up(context.scene, self.index, len(mix))
        mix.remove(self.index)
        live.touch(context.scene)
        return {"FINISHED"}


classes = (FOOTFALL_OT_style_add, FOOTFALL_OT_style_remove)
register, unregister = bpy.utils.register_classes_factory(classes)
