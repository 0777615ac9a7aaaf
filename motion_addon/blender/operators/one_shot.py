# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators of One Shot: import a clip, examine it, adapt a creature to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy_extras.io_utils import ImportHelper

from ...errors import RefusedError
from ..creature import exemplar, import_clip, one_shot, stored_creatures
from ..scene import units
from .bases import refuse
from .modal_work import ModalWork, Steps


class FOOTFALL_OT_exemplar_import(bpy.types.Operator, ImportHelper):
    """Import a clip from a BVH, glTF or FBX file and pick it"""

    bl_idname = "footfall.exemplar_import"
    bl_label = "Import Clip"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".bvh"
    filter_glob: bpy.props.StringProperty(default=import_clip.PATTERN, options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        rate = units.frame_rate(context.scene)
        try:
            rig, action = import_clip.bring_in(context, Path(self.filepath))
        except RefusedError as error:
            return refuse(self, error)
        settings = context.scene.footfall.oneshot
        settings.rig, settings.action = rig, action
        settings.part = False
        self.report({"INFO"}, f"Imported '{rig.name}' and picked its clip '{action.name}'")
        now = units.frame_rate(context.scene)
        if now != rate:
            self.report({"WARNING"}, f"The scene has {now:g} frames a second now, as the file has")
        return {"FINISHED"}


class ClipWork(ModalWork):
    """Base of the operators that read the picked clip."""

    what = "A clip is being read"
    doing = "Reading a clip"
    canceled = "The reading was canceled"


class FOOTFALL_OT_examine(ClipWork, bpy.types.Operator):
    """Examine the clip without changing anything, and show the findings"""

    bl_idname = "footfall.examine"
    bl_label = "Examine"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why there is nothing to examine, or an empty text."""
        return super().problem(context) or exemplar.refusal(context)

    def steps(self, context: bpy.types.Context) -> Steps:
        """Return the steps of an examination."""
        return one_shot.examine_steps(context)

    def report_result(self, made: Any) -> None:
        """Report whether the clip can be used."""
        _reading, diagnosis = made
        fault = one_shot.fault(diagnosis)
        self.report({"WARNING"} if fault else {"INFO"}, fault or "The clip can be learned from")


class FOOTFALL_OT_adapt(ClipWork, bpy.types.Operator):
    """Make a creature that moves like the clip, and move the character like it"""

    bl_idname = "footfall.adapt"
    bl_label = "Adapt"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why no creature can be made, or an empty text."""
        return (
            super().problem(context)
            or stored_creatures.refusal(context)
            or one_shot.clip_refusal(context)
        )

    def steps(self, context: bpy.types.Context) -> Steps:
        """Return the steps of making a creature."""
        return one_shot.adapt_steps(context)

    def report_result(self, made: Any) -> None:
        """Report the creature and the rig."""
        self.report({"INFO"}, f"'{made.id_data.name}' moves like '{made.name}'")


classes = (FOOTFALL_OT_exemplar_import, FOOTFALL_OT_examine, FOOTFALL_OT_adapt)
register, unregister = bpy.utils.register_classes_factory(classes)
