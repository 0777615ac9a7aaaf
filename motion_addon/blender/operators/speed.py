# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on speed: presets, and the list of speeds along the path."""

from __future__ import annotations

import bpy

PRESETS = (
    ("stroll", "Stroll", "0.8 m/s, in no hurry", 0.8),
    ("walk", "Walk", "1.4 m/s, an everyday walk", 1.4),
    ("brisk", "Brisk", "1.7 m/s, late for the bus", 1.7),
    ("jog", "Jog", "2.5 m/s, an easy jog", 2.5),
    ("run", "Run", "3.5 m/s, a steady run", 3.5),
)


class FOOTFALL_OT_speed_preset(bpy.types.Operator):
    """Set a usual speed"""

    bl_idname = "footfall.speed_preset"
    bl_label = "Speed"
    bl_options = {"REGISTER", "UNDO"}

    preset: bpy.props.EnumProperty(
        name="Speed", description="Usual speed", items=[preset[:3] for preset in PRESETS]
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: FOOTFALL_OT_speed_preset) -> str:
        return next(text for key, _name, text, _speed in PRESETS if key == properties.preset)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.footfall
        settings.speed = next(p[3] for p in PRESETS if p[0] == self.preset)
        settings.vary_speed = False
        return {"FINISHED"}


class FOOTFALL_OT_animal_speed(bpy.types.Operator):
    """Set a usual speed for an animal of this size"""

    bl_idname = "footfall.animal_speed"
    bl_label = "Speed"
    bl_options = {"REGISTER", "UNDO"}

    speed: bpy.props.FloatProperty(
        name="Speed", description="Meters a second", min=0.0, default=1.0, options={"SKIP_SAVE"}
    )
    gait: bpy.props.StringProperty(
        name="Gait", description="Gait at this speed and size", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: FOOTFALL_OT_animal_speed) -> str:
        return f"{properties.speed:g} m/s, a {properties.gait.replace('_', ' ')} for this size"

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.footfall
        settings.speed = self.speed
        settings.vary_speed = False
        return {"FINISHED"}


class FOOTFALL_OT_speed_point_add(bpy.types.Operator):
    """Add a speed at a point of the path"""

    bl_idname = "footfall.speed_point_add"
    bl_label = "Add Speed"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.footfall
        last = settings.speed_points[-1] if len(settings.speed_points) else None
        at = min(last.at + 25.0, 100.0) if last else 0.0
        speed = last.speed if last else settings.speed
        point = settings.speed_points.add()
        point.at, point.speed = at, speed
        settings.active_speed_point = len(settings.speed_points) - 1
        return {"FINISHED"}


class FOOTFALL_OT_speed_point_remove(bpy.types.Operator):
    """Remove the active speed from the list"""

    bl_idname = "footfall.speed_point_remove"
    bl_label = "Remove Speed"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return len(context.scene.footfall.speed_points) > 0

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.footfall
        settings.speed_points.remove(settings.active_speed_point)
        settings.active_speed_point = max(settings.active_speed_point - 1, 0)
        return {"FINISHED"}


classes = (
    FOOTFALL_OT_speed_preset,
    FOOTFALL_OT_animal_speed,
    FOOTFALL_OT_speed_point_add,
    FOOTFALL_OT_speed_point_remove,
)
register, unregister = bpy.utils.register_classes_factory(classes)
