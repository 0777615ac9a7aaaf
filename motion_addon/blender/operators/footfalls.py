# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on footfalls: into the Dope Sheet, out of it, and back to where they were."""

from __future__ import annotations

import bpy

from ..keys import footfall_keys, takes
from ..rig import character
from .polling import OnTake


class _OnFootfalls(OnTake):
    """What these share: the chosen take must be shown and be one of an animal on a path."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why there are no footfalls to move, or an empty text."""
        problem = super().problem(context)
        rig = character.current(context)
        if problem or rig is None:
            return problem
        take = takes.active(rig)
        if not footfall_keys.movable(take):
            return "Footfalls can be moved in takes of animals along a path"
        return "" if take == takes.shown(rig) else "Show the take first: choose it in the list"


class FOOTFALL_OT_key_footfalls(_OnFootfalls, bpy.types.Operator):
    """Show the footfalls as keys in the Dope Sheet: drag them, then bake again"""

    bl_idname = "footfall.key_footfalls"
    bl_label = "Edit Footfalls"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.active(rig)
        if footfall_keys.has_keys(take):
            footfall_keys.remove_keys(rig, take)
        else:
            footfall_keys.add_keys(rig, take)
            self.report({"INFO"}, "Drag footfalls in the Dope Sheet, then press Bake Again")
        return {"FINISHED"}


class FOOTFALL_OT_clear_footfalls(_OnFootfalls, bpy.types.Operator):
    """Put all moved footfalls back to where they are by themselves, for the next bake"""

    bl_idname = "footfall.clear_footfalls"
    bl_label = "Clear Footfalls"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        footfall_keys.reset(rig, takes.active(rig))
        self.report({"INFO"}, "Footfalls are back in place; press Bake Again")
        return {"FINISHED"}


classes = (FOOTFALL_OT_key_footfalls, FOOTFALL_OT_clear_footfalls)
register, unregister = bpy.utils.register_classes_factory(classes)
