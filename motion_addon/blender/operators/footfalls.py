# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on footfalls: edit them as keys in the Dope Sheet, and reset them."""

from __future__ import annotations

import bpy

from ..keys import footfall_keys, takes
from ..rig import character
from ..scene import progress
from .bases import OnTake


class _OnFootfalls(OnTake):
    """Base of the operators on footfalls: the active take is shown and has movable footfalls."""

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why there are no footfalls to move, or an empty text."""
        if not footfall_keys.movable(take):
            return "Footfalls can be moved in takes that were baked, but not in cycles"
        return "" if take == takes.shown(rig) else "Show the take first: choose it in the list"


class FOOTFALL_OT_key_footfalls(_OnFootfalls, bpy.types.Operator):
    """Show the footfalls as keys in the Dope Sheet, to drag them and bake again"""

    bl_idname = "footfall.key_footfalls"
    bl_label = "Edit Footfalls"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.active(rig)
        progress.cancel("footfalls were edited")
        if footfall_keys.has_keys(take):
            footfall_keys.remove_keys(rig, take)
        else:
            footfall_keys.add_keys(rig, take)
            self.report({"INFO"}, "Drag footfalls in the Dope Sheet, then press Bake Again")
        return {"FINISHED"}


class FOOTFALL_OT_clear_footfalls(_OnFootfalls, bpy.types.Operator):
    """Move all footfalls back to their original times, for the next bake"""

    bl_idname = "footfall.clear_footfalls"
    bl_label = "Clear Footfalls"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        progress.cancel("footfalls were edited")
        footfall_keys.reset(rig, takes.active(rig))
        self.report({"INFO"}, "Footfalls are back in place; press Bake Again")
        return {"FINISHED"}


classes = (FOOTFALL_OT_key_footfalls, FOOTFALL_OT_clear_footfalls)
register, unregister = bpy.utils.register_classes_factory(classes)
