# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on takes: accept, reject, remove, load their settings, clear and merge edits."""

from __future__ import annotations

import bpy

from ...errors import RefusedError
from ..bake import scene_request
from ..creature import stored_creatures
from ..keys import footfall_keys, recipe, review, takes
from ..keys.layers import edit_count, take_layers
from ..prints import print_objects
from ..rig import character
from ..scene import progress
from ..style import style_mix
from .bases import NOT_BAKED, OnTake, refuse


class _Reviewing(OnTake):
    """Base of Accept and Reject: the active take is shown and under review."""

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why no take can be accepted or rejected, or an empty text."""
        if not takes.in_review(rig) or takes.shown(rig) != take:
            return "The active take is not under review"
        return ""


class FOOTFALL_OT_accept_take(_Reviewing, bpy.types.Operator):
    """Keep the shown take; the previous action stays in the file"""

    bl_idname = "footfall.accept_take"
    bl_label = "Accept"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        progress.cancel("a take was accepted")
        rig = character.current(context)
        take = review.accept(rig)
        footfall_keys.remove_unused_properties(rig)
        self.report({"INFO"}, f"Accepted '{take.name}'")
        return {"FINISHED"}


class FOOTFALL_OT_reject_take(_Reviewing, bpy.types.Operator):
    """Delete the shown take and restore exactly the state before it"""

    bl_idname = "footfall.reject_take"
    bl_label = "Reject"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        progress.cancel("a take was rejected")
        name = review.reject(character.current(context), context.scene)
        print_objects.remove_unowned()
        self.report({"INFO"}, f"Rejected '{name}'")
        return {"FINISHED"}


class FOOTFALL_OT_remove_take(bpy.types.Operator):
    """Delete a take that is not shown on the character, with its action"""

    bl_idname = "footfall.remove_take"
    bl_label = "Remove Take"
    bl_options = {"REGISTER", "UNDO"}

    index: bpy.props.IntProperty(name="Index", description="Place in the list of takes", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        if rig is None or self.index >= len(rig.footfall.takes):
            return refuse(self, "There is no such take")
        if rig.footfall.takes[self.index] == takes.shown(rig):
            return refuse(self, "The take is shown on the character; reject it instead")
        progress.cancel("a take was removed")
        name = takes.remove(rig, self.index)
        print_objects.remove_unowned()
        self.report({"INFO"}, f"Removed '{name}'")
        return {"FINISHED"}


class FOOTFALL_OT_load_recipe(OnTake, bpy.types.Operator):
    """Load the settings of the active take into the panel"""

    bl_idname = "footfall.load_recipe"
    bl_label = "Use Its Settings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why the take has no settings, or an empty text."""
        return "" if takes.baked(take) else NOT_BAKED

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.active(rig)
        try:
            stored = recipe.stored(take)
            style_mix.check(stored)
        except RefusedError as error:
            return refuse(self, error)
        progress.cancel("the settings of a take were loaded")
        scene_request.to_settings(stored, context.scene)
        stored_creatures.choose(rig, stored)
        return {"FINISHED"}


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
        if problem or edit_count.of(take) or take.action.footfall.laid:
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


classes = (
    FOOTFALL_OT_accept_take,
    FOOTFALL_OT_reject_take,
    FOOTFALL_OT_remove_take,
    FOOTFALL_OT_load_recipe,
    FOOTFALL_OT_clear_edits,
    FOOTFALL_OT_merge_down,
)
register, unregister = bpy.utils.register_classes_factory(classes)
