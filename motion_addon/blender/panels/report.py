# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: Report, the report card of the active take with its footfall chart."""

from __future__ import annotations

from typing import Any

import bpy

from ..keys import takes
from .charts import draw_chart, footfall_chart
from .tab import Tab, active_take, sentence

LINES = (
    ("Length", "{frames} frames, {seconds:.1f} s"),
    ("Path error", "{path_mean_cm:.1f} cm, max {path_max_cm:.1f}"),
    ("Speed error", "{speed_error_mean:.3f} m/s"),
    ("Foot slip", "{slip_median_cm:.2f} cm, 95% {slip_95_cm:.2f}"),
    ("Foot skate", "{foot_skate:.3f} cm/frame"),
    ("Steps", "{footfalls[left]} left, {footfalls[right]} right"),
    ("Steps hind", "LH {footfalls[LH]}, RH {footfalls[RH]}"),
    ("Steps fore", "LF {footfalls[LF]}, RF {footfalls[RF]}"),
    ("Gait by footfalls", "{gait_measured}"),
    ("Duty hind", "LH {duty[LH]:.2f}, RH {duty[RH]:.2f}"),
    ("Duty fore", "LF {duty[LF]:.2f}, RF {duty[RF]:.2f}"),
    ("Stride", "{stride_length:.2f} m"),
    ("Cadence", "{cadence:.0f} steps/min"),
    ("Hip height", "{hip_height:.2f} m"),
    ("Knee pops", "{knee_pops:.0f} a minute"),
    ("Ground speed", "{ground_speed:.2f} m/s"),
    ("Loop", "{period:.2f} s"),
    ("Seed", "{seed}"),
    ("Model", "{model[name]} {model[weights]}"),
)


class FOOTFALL_PT_report(Tab, bpy.types.Panel):
    """The quality of the active take in figures"""

    bl_label = "Report"
    bl_order = 90
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        take = active_take(context)
        if take is None or not take.report:
            layout.label(text="Bake a take first", icon="INFO")
            return
        report = takes.report_of(take)
        chart = footfall_chart(context, report)
        feet = report.get("footfalls", {})
        report["footfalls"] = {side: len(stances) for side, stances in feet.items()}
        layout.label(text=take.name, icon="ACTION")
        for warning in report.get("warnings", ()):
            sentence(context, layout, warning, "ERROR")
        for note in report.get("notes", ()):
            sentence(context, layout, note, "INFO")
        column = layout.column(align=True)
        for label, form in LINES:
            text = filled(form, report)
            if text:
                row = column.split(factor=0.4)
                row.label(text=label)
                row.label(text=text)
        draw_chart(layout, chart)
        for credit in report.get("credits", ()):
            sentence(context, layout, credit)


def filled(form: str, report: dict[str, Any]) -> str:
    """Return a line of the card, or an empty text if the card lacks its figures."""
    try:
        return form.format(**report)
    except (KeyError, TypeError, ValueError):
        return ""


classes = (FOOTFALL_PT_report,)
register, unregister = bpy.utils.register_classes_factory(classes)
