# SPDX-License-Identifier: GPL-3.0-or-later
"""Operator that bakes the selected armatures as a herd, in one undo step."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake import herd
from .bake import Baking
from .modal_work import ModalWork


class FOOTFALL_OT_bake_herd(Baking, bpy.types.Operator):
    """Bake a take on each selected armature, along the selected curves or in lanes"""

    bl_idname = "footfall.bake_herd"
    bl_label = "Bake Herd"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        return ModalWork.problem(context) or herd.refusal(context)

    def steps(self, context: bpy.types.Context) -> Any:
        """Return the steps of a herd."""
        return herd.bake_steps(context)

    def report_result(self, made: Any) -> None:
        """Report the number of takes and their warnings."""
        said, warnings = herd.summary(made)
        self.report({"INFO"}, said)
        for warning in warnings:
            self.report({"WARNING"}, warning)


classes = (FOOTFALL_OT_bake_herd,)
register, unregister = bpy.utils.register_classes_factory(classes)
