# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panels: One Shot, from a clip of an animal to a creature that moves like it, and Creature."""

from __future__ import annotations

from typing import Any

import bpy

from ..creature import exemplar, one_shot, stored_creatures
from ..operators.one_shot import FOOTFALL_OT_adapt, FOOTFALL_OT_examine
from ..rig import character
from ..scene import progress
from .charts import draw_chart, footfall_chart
from .rig_fields import draw_bones, draw_choice
from .tab import Tab, progress_bar, sentence

ICONS = {"error": "CANCEL", "warning": "ERROR", "note": "INFO"}
MARGIN = 28.0  # pixels of a box's margins


class FOOTFALL_PT_oneshot(Tab, bpy.types.Panel):
    """Learn the motion of an animal from one clip"""

    bl_label = "One Shot"
    bl_order = 50
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.footfall.oneshot
        rig = exemplar.picked_rig(context)
        row = layout.row(align=True)
        hint = "Pick the clip's armature" if rig is None else f"Character: {rig.name}"
        row.prop(settings, "rig", text="", icon="ARMATURE_DATA", placeholder=hint)
        row.operator("footfall.exemplar_import", text="", icon="IMPORT")
        action = exemplar.picked_action(context)
        hint = "Pick a clip" if action is None else f"Its action: {action.name}"
        layout.prop(settings, "action", text="", icon="ACTION", placeholder=hint)
        row = layout.row(align=True)
        row.prop(settings, "part")
        if settings.part:
            row.prop(settings, "frame_start", text="")
            row.prop(settings, "frame_end", text="")
        if progress.now.running:
            progress_bar(layout)
            return
        layout.operator("footfall.examine", icon="VIEWZOOM")
        problem = FOOTFALL_OT_examine.problem(context)
        if problem:
            sentence(context, layout, problem, "INFO")
        else:
            self._draw_findings(context, layout)
        button = layout.column()
        button.scale_y = 1.5
        button.operator("footfall.adapt", icon="OUTLINER_DATA_ARMATURE")
        held = FOOTFALL_OT_adapt.problem(context)
        if held and held != problem:
            sentence(context, layout, held, "INFO")

    def _draw_findings(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        """Draw the findings on the picked clip, if it was examined."""
        found = one_shot.shown(context)
        if found is None:
            return
        box = layout.box()
        column = box.column(align=True)
        for label, text in one_shot.lines(found):
            row = column.split(factor=0.3)
            row.label(text=label)
            row.label(text=text)
        marks = footfall_chart(context, one_shot.chart(found), MARGIN)[1:]
        if marks:
            draw_chart(box, [("Footfalls, stride after stride", ""), *marks])
        for finding in found.findings:
            text = f"{one_shot.said(finding)} ({one_shot.sureness(finding.confidence)})"
            sentence(context, box, text, ICONS[finding.severity])


class FOOTFALL_PT_oneshot_bones(Tab, bpy.types.Panel):
    """The legs, spine, head and tail among the bones of the clip's armature"""

    bl_label = "Bones of the Clip"
    bl_parent_id = "FOOTFALL_PT_oneshot"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        rig = exemplar.picked_rig(context)
        return rig is not None and rig.type == "ARMATURE" and len(rig.footfall.bones) > 0

    def draw(self, context: bpy.types.Context) -> None:
        rig: Any = exemplar.picked_rig(context)
        self.layout.context_pointer_set(character.MAPPED, rig)
        side = draw_bones(self.layout, rig, "clip")
        side.operator("footfall.detect_rig", text="", icon="FILE_REFRESH")


class FOOTFALL_MT_ready_creatures(bpy.types.Menu):
    """Creatures that ship with Footfall"""

    bl_label = "Ready Creatures"

    def draw(self, _context: bpy.types.Context) -> None:
        names = stored_creatures.ready()
        for name in names:
            self.layout.operator("footfall.creature_ready", text=name).name = name
        if not names:
            self.layout.label(text="None ship with this copy")


class FOOTFALL_PT_creature(Tab, bpy.types.Panel):
    """The character's creature, and creatures in files"""

    bl_label = "Creature"
    bl_parent_id = "FOOTFALL_PT_oneshot"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        rig = character.current(context)
        return rig is not None and rig.type == "ARMATURE"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        problem = stored_creatures.refusal(context)
        if problem:
            sentence(context, layout, problem, "INFO")
            return
        rig: Any = character.current(context)
        row = layout.row(align=True)
        draw_choice(row, rig)
        row.menu("FOOTFALL_MT_ready_creatures", text="", icon="ASSET_MANAGER")
        row.operator("footfall.creature_import", text="", icon="IMPORT")
        row.operator("footfall.creature_export", text="", icon="EXPORT")
        row.operator("footfall.creature_remove", text="", icon="X")
        kept = stored_creatures.chosen(rig)
        if kept is None:
            text = "Adapt one, import one, or choose a ready one"
            sentence(context, layout, text, "INFO")
            return
        layout.prop(rig.footfall, "manner", slider=True)
        for text in stored_creatures.summary(kept):
            sentence(context, layout, text)
        if sum(thing.type == "ARMATURE" for thing in context.selected_objects) > 1:
            layout.operator("footfall.creature_share", icon="DUPLICATE")


classes = (
    FOOTFALL_PT_oneshot,
    FOOTFALL_PT_oneshot_bones,
    FOOTFALL_MT_ready_creatures,
    FOOTFALL_PT_creature,
)
register, unregister = bpy.utils.register_classes_factory(classes)
