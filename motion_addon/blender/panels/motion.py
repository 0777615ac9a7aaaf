# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panels: Motion with its further settings, and Phase Scrub."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.speed import PRESETS
from ..rig import character, character_size
from ..scene.kind_settings import settings_of
from ..settings import pace
from .rig_fields import draw_choice
from .tab import Tab, sentence


class FOOTFALL_UL_speeds(bpy.types.UIList):
    """Rows of the speeds along the path"""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: bpy.types.PropertyGroup,
        item: bpy.types.PropertyGroup,
        _icon: int,
        _active_data: object,
        _active_property: str,
        _index: int = 0,
        _flag: int = 0,
    ) -> None:
        row = layout.row(align=True)
        row.prop(item, "at", text="", emboss=False)
        row.prop(item, "speed", text="", emboss=False)
        row.label(text="m/s")


class FOOTFALL_PT_motion(Tab, bpy.types.Panel):
    """The motion of the character"""

    bl_label = "Motion"
    bl_order = 20

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.footfall
        rig = character.current(context)
        hips = character_size.hip_height(rig, context.scene) if rig is not None else 0.0
        going = settings.way == "path"
        if going:
            self._draw_speed(layout, settings, hips)
        if going and hips and not settings.vary_speed:
            sentence(context, layout, pace.sentence(settings.speed, hips))
        layout.use_property_split = True
        layout.use_property_decorate = False
        if rig is not None and len(rig.footfall.creatures) and character.has_creatures(rig):
            self._draw_manner(layout, rig)
        of_kind = settings_of(rig)
        layout.prop(settings, of_kind.gait)
        if of_kind.has("lead"):
            layout.prop(settings, "lead")
        if going:
            layout.prop(settings, "facing")
        if going and settings.facing == "yaw":
            layout.prop(settings, "facing_yaw")
        elif going and settings.facing == "look_at":
            layout.prop(settings, "facing_target")
        column = layout.column(heading="Standing")
        column.prop(settings, "start", text="At Start")
        column.prop(settings, "stop", text="At End")
        column = layout.column()
        column.prop(settings, "gaze", text="Head Looks At")
        if settings.gaze is not None:
            column.prop(settings, "gaze_strength")
        if of_kind.has("follow_through"):
            layout.prop(settings, "follow_through")

    def _draw_manner(self, layout: bpy.types.UILayout, rig: Any) -> None:
        """Show the creature that the animal moves like, and how much."""
        column = layout.column(align=True)
        draw_choice(column, rig, "Creature")
        if rig.footfall.creature:
            column.prop(rig.footfall, "manner", slider=True)

    def _draw_speed(
        self, layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup, hips: float
    ) -> None:
        row = layout.row(align=True)
        for key, label, froude in pace.USUAL if hips else ():
            preset = row.operator("footfall.animal_speed", text=label.split()[0])
            preset.speed, preset.gait = pace.usual_speed(froude, hips), key
        for key, label, _text, _speed in () if hips else PRESETS:
            row.operator("footfall.speed_preset", text=label).preset = key
        if not settings.vary_speed:
            layout.prop(settings, "speed", text="Speed (m/s)")
        layout.prop(settings, "vary_speed")
        if settings.vary_speed:
            row = layout.row()
            row.template_list(
                "FOOTFALL_UL_speeds", "", settings, "speed_points",
                settings, "active_speed_point", rows=3,
            )  # fmt: skip
            side = row.column(align=True)
            side.operator("footfall.speed_point_add", text="", icon="ADD")
            side.operator("footfall.speed_point_remove", text="", icon="REMOVE")


class FOOTFALL_PT_motion_more(Tab, bpy.types.Panel):
    """Settings that are seldom needed"""

    bl_label = "More"
    bl_parent_id = "FOOTFALL_PT_motion"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.footfall
        for name in ("cadence", "start_phase", "seed", "cleanup", "balance"):
            layout.prop(settings, name)


class FOOTFALL_PT_scrub(Tab, bpy.types.Panel):
    """Pose the character at any phase of its step cycle"""

    bl_label = "Phase Scrub"
    bl_parent_id = "FOOTFALL_PT_motion"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        rig = character.current(context)
        usable = not character.refusal(rig, context.view_layer) and len(rig.footfall.bones) > 0
        if not usable:
            layout.label(text="Pick a character first", icon="INFO")
            return
        layout.prop(rig.footfall, "scrub", slider=True)
        layout.operator("footfall.scrub_end", icon="LOOP_BACK")


classes = (FOOTFALL_UL_speeds, FOOTFALL_PT_motion, FOOTFALL_PT_motion_more, FOOTFALL_PT_scrub)
register, unregister = bpy.utils.register_classes_factory(classes)
