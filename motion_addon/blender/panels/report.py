# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: the report card of the chosen take."""

from __future__ import annotations

import json

import bpy

from .. import character, takes
from .tab import Tab, sentence


class FOOTFALL_PT_report(Tab, bpy.types.Panel):
    """How good the chosen take is, in figures"""

    bl_label = "Report"
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        rig = character.current(context)
        take = takes.active(rig) if rig is not None and rig.type == "ARMATURE" else None
        if take is None or not take.report:
            layout.label(text="Bake a take first", icon="INFO")
            return
        layout.label(text=take.name, icon="ACTION")
        report = json.loads(take.report)
        for label, value in report.items():
            layout.label(text=f"{label}: {value}")
        for note in report.get("notes", ()):
            sentence(context, layout, note, "INFO")


classes = (FOOTFALL_PT_report,)
register, unregister = bpy.utils.register_classes_factory(classes)
