# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators of the phase scrub: pose at a phase, and restore the pose before it."""

from __future__ import annotations

import bpy

from ...errors import RefusedError
from ..bake import scrub
from ..keys import state
from ..rig import character, readiness
from .bases import Explained, refuse


class FOOTFALL_OT_scrub(Explained, bpy.types.Operator):
    """Pose the character at a phase of its step cycle, without keys"""

    bl_idname = "footfall.scrub"
    bl_label = "Pose at Phase"
    bl_options = {"REGISTER", "UNDO"}

    phase: bpy.props.FloatProperty(
        name="Phase", description="Phase of the step cycle",
        min=0.0, max=1.0, default=0.0, subtype="FACTOR",
    )  # fmt: skip

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the character cannot be posed, or an empty text."""
        return readiness.refusal(character.current(context), context.view_layer)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            scrub.pose_at(context, character.current(context), self.phase)
        except RefusedError as error:
            return refuse(self, error)
        return {"FINISHED"}


class FOOTFALL_OT_scrub_end(bpy.types.Operator):
    """Restore the pose from before the scrub"""

    bl_idname = "footfall.scrub_end"
    bl_label = "Put Pose Back"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        rig = character.current(context)
        return rig is not None and bool(rig.footfall.scrub_before)

    def execute(self, context: bpy.types.Context) -> set[str]:
        done = state.put_pose_back(character.current(context))
        return {"FINISHED"} if done else {"CANCELLED"}


classes = (FOOTFALL_OT_scrub, FOOTFALL_OT_scrub_end)
register, unregister = bpy.utils.register_classes_factory(classes)
