# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: the styles of the next bake."""

from __future__ import annotations

import bpy

from ...options.bake import MOST_STYLES
from ..rig import character
from ..scene.kind_settings import settings_of
from ..style.style_mix import FROM_ACTION
from .tab import Tab, sentence


class FOOTFALL_PT_style(Tab, bpy.types.Panel):
    """The styles of the character's motion"""

    bl_label = "Style"
    bl_order = 25
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        mix = context.scene.footfall.styles.mix
        rig = character.current(context)
        choice = settings_of(rig).style
        for index, one in enumerate(mix):
            box = layout.box().column()
            row = box.row(align=True)
            row.prop(one, choice, text="")
            row.operator("footfall.style_remove", text="", icon="X").index = index
            if getattr(one, choice) == FROM_ACTION:
                box.prop(one, "action", text="")
            box.prop(one, "strength", slider=True)
        row = layout.row()
        row.enabled = len(mix) < MOST_STYLES
        row.operator("footfall.style_add", icon="ADD")
        if len(mix) == MOST_STYLES:
            sentence(context, layout, f"At most {MOST_STYLES} styles can be mixed")


classes = (FOOTFALL_PT_style,)
register, unregister = bpy.utils.register_classes_factory(classes)
