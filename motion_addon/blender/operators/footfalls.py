# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on footprints: keys in the Dope Sheet, objects in the viewport, and reset."""

from __future__ import annotations

import bpy

from ..bake import job
from ..keys import footfall_keys, recipe, takes
from ..prints import nearest_place, print_objects
from ..rig import character
from ..scene import progress
from .bake import Baking
from .bases import OnTake


class _OnFootfalls(OnTake):
    """Base of the operators on footprints: the active take is shown and its prints can move."""

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why there are no footfalls to move, or an empty text."""
        if not footfall_keys.movable(take):
            return "Footprints can be edited in takes that were baked, but not in cycles"
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


class FOOTFALL_OT_show_footprints(_OnFootfalls, bpy.types.Operator):
    """Show the footprints as objects: move, turn, delete or duplicate them, and bake again"""

    bl_idname = "footfall.show_footprints"
    bl_label = "Show Footprints"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why there are no footprints to show, or an empty text."""
        if take.prints:
            return ""
        problem = super().take_problem(rig, take)
        known = "footprints" in takes.report_of(take)
        return problem or ("" if known else "Bake the take again first: it has no footprints yet")

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.active(rig)
        progress.cancel("footprints were shown or hidden")
        with progress.own_changes():
            if print_objects.collection_of(rig, take) is not None:
                print_objects.hide(rig, take)
                return {"FINISHED"}
            if context.scene.footfall.character is None:
                context.scene.footfall.character = rig
            print_objects.show(context, rig, take)
        self.report({"INFO"}, "Move, turn, delete or duplicate footprints, then press Bake Again")
        return {"FINISHED"}


class FOOTFALL_OT_reset_footprints(_OnFootfalls, bpy.types.Operator):
    """Put all footprints back to their original places and times, for the next bake"""

    bl_idname = "footfall.reset_footprints"
    bl_label = "Reset Footprints"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.active(rig)
        progress.cancel("footprints were edited")
        footfall_keys.reset(rig, take)
        print_objects.place(rig, take, context.scene)
        nearest_place.forget()
        self.report({"INFO"}, "Footprints are back in place; press Bake Again")
        return {"FINISHED"}


class FOOTFALL_OT_use_nearest_place(Baking, bpy.types.Operator):
    """Move the footprint that is out of reach to its nearest possible place and bake again"""

    bl_idname = "footfall.use_nearest_place"
    bl_label = "Use Nearest Place"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why there is nothing to move, or an empty text."""
        return "" if nearest_place.sentence(takes.active(rig)) else "No footprint is out of reach"

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps that bake the active take again with the print in reach."""
        rig = character.current(context)
        take = takes.active(rig)
        wanted = recipe.stored(take)
        nearest_place.use(rig, take, context.scene)
        return job.rebake_steps(context, rig, take, wanted)


classes = (
    FOOTFALL_OT_key_footfalls,
    FOOTFALL_OT_show_footprints,
    FOOTFALL_OT_reset_footprints,
    FOOTFALL_OT_use_nearest_place,
)
register, unregister = bpy.utils.register_classes_factory(classes)
