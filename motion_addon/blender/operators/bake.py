# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that bake: modal with progress and Esc when pressed, blocking from scripts."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake import job, scene_request
from ..keys import takes
from ..keys.recipe import Recipe
from ..rig import character, readiness
from .modal_work import ModalWork
from .polling import NOT_BAKED


class Baking(ModalWork):
    """What the baking operators share."""

    what = "A bake is running"
    doing = "Baking a take"
    canceled = "Bake canceled, nothing was changed"

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        busy = super().problem(context)
        return busy or readiness.refusal(character.current(context), context.view_layer)

    def tell(self, made: Any) -> None:
        """Say that the bake is done, and what to beware of."""
        warnings = takes.report_of(made).get("warnings", ())
        self.report({"INFO"}, f"Baked '{made.name}'")
        for warning in warnings:
            self.report({"WARNING"}, warning)


class FOOTFALL_OT_bake(Baking, bpy.types.Operator):
    """Bake a walk along the path as a new take; the action before it is kept"""

    bl_idname = "footfall.bake"
    bl_label = "Bake"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        return super().problem(context) or scene_request.path_refusal(context.scene)

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of a new take."""
        rig = character.current(context)
        wanted = scene_request.from_settings(context.scene.footfall, rig)
        return job.bake_steps(context, rig, wanted)


class FOOTFALL_OT_bake_cycle(Baking, bpy.types.Operator):
    """Bake one step cycle in place that loops exactly, with its ground speed as a property"""

    bl_idname = "footfall.bake_cycle"
    bl_label = "Bake Cycle"
    bl_options = {"REGISTER", "UNDO"}

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of a cycle."""
        rig = character.current(context)
        wanted = scene_request.from_settings(context.scene.footfall, rig, cycle=True)
        return job.bake_steps(context, rig, wanted)


class FOOTFALL_OT_rebake_take(Baking, bpy.types.Operator):
    """Bake the chosen take again after its path or the settings have changed"""

    bl_idname = "footfall.rebake_take"
    bl_label = "Bake Again"
    bl_options = {"REGISTER", "UNDO"}

    stored: bpy.props.BoolProperty(
        name="Stored Settings",
        description="Use the settings the take was baked with instead of the panel's",
        default=False,
    )

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        problem = super().problem(context)
        rig = character.current(context)
        take = takes.active(rig) if rig is not None else None
        if not problem and take is None:
            return "Choose a take in the list"
        return problem or NOT_BAKED * (not takes.baked(take))

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of the chosen take, baked again."""
        rig = character.current(context)
        take = takes.active(rig)
        wanted = Recipe.from_json(takes.recipe_of(take))
        if not self.stored:
            wanted = scene_request.from_settings(context.scene.footfall, rig, wanted.cycle)
        return job.rebake_steps(context, rig, take, wanted)


classes = (FOOTFALL_OT_bake, FOOTFALL_OT_bake_cycle, FOOTFALL_OT_rebake_take)
register, unregister = bpy.utils.register_classes_factory(classes)
