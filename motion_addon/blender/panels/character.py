# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panels: Character, with the detected rig and its problems, and Bone Map."""

from __future__ import annotations

from typing import Any

import bpy

from ..creature import stored_creatures
from ..rig import character
from .rig_fields import draw_bones
from .tab import Tab, sentence

UNSURE = 0.75  # confidence below which the label says "perhaps"


class FOOTFALL_UL_bones(bpy.types.UIList):
    """Rows of the bone map: a role and its bone"""

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
        split = layout.split(factor=0.42)
        rig: Any = data.id_data
        split.label(text=character.row_label(rig, index))
        bone = split.row()
        bone.alert = bool(item.bone) and item.bone not in rig.data.bones
        bone.label(text=item.bone or "none")


class FOOTFALL_PT_character(Tab, bpy.types.Panel):
    """The character to animate"""

    bl_label = "Character"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        rig = character.current(context)
        row = layout.row(align=True)
        row.prop(
            context.scene.footfall,
            "character",
            text="",
            icon="ARMATURE_DATA",
            placeholder="Pick an armature",
        )
        row.operator("footfall.detect_rig", text="", icon="FILE_REFRESH")
        problem = character.refusal(rig, context.view_layer)
        if problem or rig is None:
            sentence(context, layout, problem, "INFO")
            return
        if context.scene.footfall.character is None:
            layout.label(text=f"Using {rig.name}", icon="RESTRICT_SELECT_OFF")
        if not rig.footfall.bones:
            layout.operator("footfall.detect_rig", text="Detect Rig", icon="VIEWZOOM")
            return
        label = f"Recognized: {character.family_label(rig)}"
        if rig.footfall.family in {"", "custom"}:
            layout.row().prop(rig.footfall, "kind", expand=True)
        if rig.footfall.confidence < UNSURE:
            label = f"{label}, perhaps"
        layout.label(text=label, icon="OUTLINER_OB_ARMATURE")
        if stored_creatures.chosen(rig) is not None and character.has_creatures(rig):
            name = rig.footfall.creature
            layout.label(text=f"Moves like: {name}", icon="OUTLINER_DATA_ARMATURE")
        problem = character.map_refusal(rig)
        if problem:
            sentence(context, layout, problem, "ERROR")
        for note in rig.footfall.notes.splitlines():
            sentence(context, layout, note, "INFO")


class FOOTFALL_PT_bone_map(Tab, bpy.types.Panel):
    """The bone of each part of the body"""

    bl_label = "Bone Map"
    bl_parent_id = "FOOTFALL_PT_character"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        rig = character.current(context)
        return rig is not None and len(rig.footfall.bones) > 0

    def draw(self, context: bpy.types.Context) -> None:
        side = draw_bones(self.layout, character.current(context), "")
        side.separator()
        side.operator("footfall.map_import", text="", icon="IMPORT")
        side.operator("footfall.map_export", text="", icon="EXPORT")


classes = (FOOTFALL_UL_bones, FOOTFALL_PT_character, FOOTFALL_PT_bone_map)
register, unregister = bpy.utils.register_classes_factory(classes)
