# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on the edits of a take: clear them, and merge them down."""

from __future__ import annotations

import bpy

from ..keys import takes
from ..keys.layers import edit_count, take_layers
from ..rig import character
from ..scene import progress
from .bases import OnTake


class _OnLayers(OnTake):
    """Base of the operators on a take that stores its keys as they were baked."""

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why the take has no layers, or an empty text."""
        if take.action is None:
            return "The action of this take is gone"
        if take.action.library is not None:
            return "The action of this take is linked from another file"
        return "" if take.action.footfall.base else "This take is a plain action already"


class FOOTFALL_OT_clear_edits(_OnLayers, bpy.types.Operator):
    """Remove all that was changed in the active take since it was baked"""

    bl_idname = "footfall.clear_edits"
    bl_label = "Clear Edits"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why there are no edits to clear, or an empty text."""
        problem = super().take_problem(rig, take)
        if problem or edit_count.of(take) or take.action.footfall.waiting:
            return problem
        return "No keys were changed in this take since it was baked"

    def execute(self, context: bpy.types.Context) -> set[str]:
        progress.cancel("edits were cleared")
        rig = character.current(context)
        take = takes.active(rig)
        count = take_layers.clear(rig, take)
        self.report({"INFO"}, f"Cleared {count} keys from '{take.name}'")
        return {"FINISHED"}


class FOOTFALL_OT_merge_down(_OnLayers, bpy.types.Operator):
    """Make the active take one plain action, edits included; Bake Again then makes another take"""

    bl_idname = "footfall.merge_down"
    bl_label = "Merge Down"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        progress.cancel("a take was merged down")
        rig = character.current(context)
        take = takes.active(rig)
        count = take_layers.merge(rig, take)
        self.report({"INFO"}, f"Merged {count} keys into '{take.action.name}'")
        return {"FINISHED"}


classes = (FOOTFALL_OT_clear_edits, FOOTFALL_OT_merge_down)
register, unregister = bpy.utils.register_classes_factory(classes)
