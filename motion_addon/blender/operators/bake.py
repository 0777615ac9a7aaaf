# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that bake: modal with progress and Esc from a button, blocking from a script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ..bake import job, scene_request
from ..keys import recipe, takes
from ..rig import character, readiness
from .bases import NOT_BAKED
from .modal_work import ModalWork


class Baking(ModalWork):
    """Base of the operators that bake."""

    what = "A bake is running"
    doing = "Baking a take"
    canceled = "The bake was canceled"

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        rig = character.current(context)
        refusal = super().problem(context) or readiness.refusal(rig, context.view_layer)
        return refusal or cls.rig_problem(rig)

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why the character cannot be baked this way, or an empty text."""
        return ""

    def report_result(self, made: Any) -> None:
        """Report the take and its warnings."""
        warnings = takes.report_of(made).get("warnings", ())
        self.report({"INFO"}, f"Baked '{made.name}'")
        for warning in warnings:
            self.report({"WARNING"}, warning)


class FOOTFALL_OT_bake(Baking, bpy.types.Operator):
    """Bake a walk along the path as a new take and keep the previous action"""

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
    """Bake one step cycle in place that loops exactly and stores its ground speed"""

    bl_idname = "footfall.bake_cycle"
    bl_label = "Bake Cycle"
    bl_options = {"REGISTER", "UNDO"}

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of a cycle."""
        rig = character.current(context)
        wanted = scene_request.from_settings(context.scene.footfall, rig, cycle=True)
        return job.bake_steps(context, rig, wanted)


class _BakingAgain(Baking):
    """Base of the operators that bake the active take again."""

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why no take can be baked again, or an empty text."""
        take = takes.active(rig)
        if take is None:
            return "Choose a take in the list"
        return "" if takes.baked(take) else NOT_BAKED


class FOOTFALL_OT_rebake_take(_BakingAgain, bpy.types.Operator):
    """Bake the active take again with the present path and settings"""

    bl_idname = "footfall.rebake_take"
    bl_label = "Bake Again"
    bl_options = {"REGISTER", "UNDO"}

    stored: bpy.props.BoolProperty(
        name="Stored Settings",
        description="Use the take's settings instead of the panel's",
        default=False,
    )

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps that bake the active take again."""
        rig = character.current(context)
        take = takes.active(rig)
        wanted = recipe.stored(take)
        if not self.stored:
            wanted = scene_request.from_settings(context.scene.footfall, rig, wanted.cycle)
        return job.rebake_steps(context, rig, take, wanted)


class FOOTFALL_OT_balance_take(_BakingAgain, bpy.types.Operator):
    """Bake the active take again, with its own settings and its errors of balance mended"""

    bl_idname = "footfall.balance_take"
    bl_label = "Balance"
    bl_options = {"REGISTER", "UNDO"}

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps that bake the active take again in balance."""
        rig = character.current(context)
        take = takes.active(rig)
        wanted = replace(recipe.stored(take), balance=1.0)
        return job.rebake_steps(context, rig, take, wanted)

    def report_result(self, made: Any) -> None:
        """Report the take, and keep the setting for the next bake."""
        bpy.context.scene.footfall.balance = 1.0
        super().report_result(made)


classes = (
    FOOTFALL_OT_bake,
    FOOTFALL_OT_bake_cycle,
    FOOTFALL_OT_rebake_take,
    FOOTFALL_OT_balance_take,
)
register, unregister = bpy.utils.register_classes_factory(classes)
