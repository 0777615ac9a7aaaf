# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on takes: accept, reject, remove, and take their settings back into the panel."""

from __future__ import annotations

import bpy

from ...errors import RefusedError
from ..bake import scene_request
from ..creature import stored_creatures
from ..keys import footfall_keys, takes
from ..keys.recipe import Recipe
from ..rig import character
from ..style import style_mix
from .polling import NOT_BAKED, OnTake


class _Reviewing(OnTake):
    """What accepting and rejecting share: the chosen take must be shown and under review."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why no take can be accepted or rejected, or an empty text."""
        problem = super().problem(context)
        rig = character.current(context)
        if problem or rig is None:
            return problem
        if not takes.in_review(rig) or takes.shown(rig) != takes.active(rig):
            return "The chosen take is not under review"
        return ""


class FOOTFALL_OT_accept_take(_Reviewing, bpy.types.Operator):
    """Keep the shown take; the action before it stays in the file"""

    bl_idname = "footfall.accept_take"
    bl_label = "Accept"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.accept(rig)
        footfall_keys.tidy(rig)
        self.report({"INFO"}, f"Accepted '{take.name}'")
        return {"FINISHED"}


class FOOTFALL_OT_reject_take(_Reviewing, bpy.types.Operator):
    """Delete the shown take and put back exactly what was there before it"""

    bl_idname = "footfall.reject_take"
    bl_label = "Reject"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = takes.reject(character.current(context), context.scene)
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
            self.report({"ERROR"}, "There is no such take")
            return {"CANCELLED"}
        if rig.footfall.takes[self.index] == takes.shown(rig):
            self.report({"ERROR"}, "The take is shown on the character; reject it instead")
            return {"CANCELLED"}
        name = takes.remove(rig, self.index)
        self.report({"INFO"}, f"Removed '{name}'")
        return {"FINISHED"}


class FOOTFALL_OT_load_recipe(OnTake, bpy.types.Operator):
    """Put the settings of the chosen take back into the panel"""

    bl_idname = "footfall.load_recipe"
    bl_label = "Use Its Settings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why there are no settings to take, or an empty text."""
        problem = super().problem(context)
        rig = character.current(context)
        if problem or rig is None:
            return problem
        return "" if takes.baked(takes.active(rig)) else NOT_BAKED

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        take = takes.active(rig)
        try:
            stored = Recipe.from_json(takes.recipe_of(take))
            style_mix.check(stored)
        except RefusedError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        scene_request.to_settings(stored, context.scene)
        stored_creatures.choose(rig, stored)
        return {"FINISHED"}


classes = (
    FOOTFALL_OT_accept_take,
    FOOTFALL_OT_reject_take,
    FOOTFALL_OT_remove_take,
    FOOTFALL_OT_load_recipe,
)
register, unregister = bpy.utils.register_classes_factory(classes)
