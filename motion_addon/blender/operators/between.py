# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators that fill motion between keys: Fill Between, Stitch and Close Loop."""

from __future__ import annotations

from typing import Any

import bpy

from ...errors import RefusedError
from ..between import fill_between
from ..keys import takes
from ..rig import character
from ..scene import progress
from .bases import Explained, refuse


class Filling(Explained):
    """Base of the operators that fill: they add a take in one undo step."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        return fill_between.refusal(character.current(context), context.view_layer)

    def work(self, context: bpy.types.Context, rig: bpy.types.Object) -> Any:
        """Return the new take. Raises RefusedError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        progress.cancel("motion was filled between keys")
        try:
            take = self.work(context, character.current(context))
        except RefusedError as error:
            return refuse(self, error)
        self.report({"INFO"}, f"Made '{take.name}'")
        for warning in takes.report_of(take).get("warnings", ()):
            self.report({"WARNING"}, warning)
        return {"FINISHED"}


class FOOTFALL_OT_fill_between(Filling, bpy.types.Operator):
    """Fill the gaps between keyed poses with motion, as a new take that keeps the poses"""

    bl_idname = "footfall.fill_between"
    bl_label = "Fill Between"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context: bpy.types.Context, rig: bpy.types.Object) -> Any:
        """Return a take with filled gaps."""
        return fill_between.fill(context, rig, fill_between.from_settings(context.scene))


class FOOTFALL_OT_stitch(Filling, bpy.types.Operator):
    """Continue the character's action with another action, as a new take"""

    bl_idname = "footfall.stitch"
    bl_label = "Stitch"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        problem = super().problem(context)
        if not problem and context.scene.footfall_between.action is None:
            return "Pick the action or take to continue with"
        return problem

    def work(self, context: bpy.types.Context, rig: bpy.types.Object) -> Any:
        """Return a take of both actions."""
        from ..between import action_transitions

        second = context.scene.footfall_between.action
        return action_transitions.stitch(
            context, rig, second, fill_between.from_settings(context.scene)
        )


class FOOTFALL_OT_close_loop(Filling, bpy.types.Operator):
    """Make the action cyclic by filling the frames before its end, as a new take"""

    bl_idname = "footfall.close_loop"
    bl_label = "Close Loop"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context: bpy.types.Context, rig: bpy.types.Object) -> Any:
        """Return a take that ends as it begins."""
        from ..between import action_transitions

        return action_transitions.loop(context, rig, fill_between.from_settings(context.scene))


classes = (FOOTFALL_OT_fill_between, FOOTFALL_OT_stitch, FOOTFALL_OT_close_loop)
register, unregister = bpy.utils.register_classes_factory(classes)
