# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: the report card of the chosen take with its footfalls; figures are the motion core's."""

from __future__ import annotations

from typing import Any

import bpy

from .. import character, footfall_keys, takes
from .tab import Tab, sentence

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
CELLS = {"##": "\u2588", "#.": "\u258c", ".#": "\u2590", "..": "\u2581"}
"""Two marks of a footfall chart in one cell; all cells are of one width in Blender's font."""
PIXELS_A_CELL = 11.0
MARKS_A_STRIDE = 9.0
FEET_SHARE = 0.14  # of the panel's width
MOST_CELLS = 60
LEAST_CELLS = 12


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
        report = takes.report_of(take)
        chart = _chart(context, report)
        feet = report.get("footfalls", {})
        report["footfalls"] = {side: len(stands) for side, stands in feet.items()}
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
        rows = layout.column(align=True)
        for name, marks in chart:
            row = rows.split(factor=FEET_SHARE) if marks else rows
            for text in filter(None, (name, marks)):
                row.label(text=text)
        self._draw_footfalls(context, layout, take)
        for credit in report.get("credits", ()):
            sentence(context, layout, credit)

    def _draw_footfalls(
        self, context: bpy.types.Context, layout: bpy.types.UILayout, take: bpy.types.PropertyGroup
    ) -> None:
        """Show which footfalls are moved, and the way to move them."""
        if not footfall_keys.possible(take):
            return
        keyed, moved = footfall_keys.offered(take), footfall_keys.moved(take)
        for line in moved:
            layout.label(text=line, icon="KEYFRAME_HLT")
        row = layout.row(align=True)
        row.operator("footfall.key_footfalls", icon="ACTION", depress=keyed)
        if keyed or moved:
            row.operator("footfall.clear_footfalls", icon="LOOP_BACK")
        if keyed:
            text = "Drag the bars of Footfalls in the Dope Sheet, then bake again"
            sentence(context, layout, text, "INFO")
            layout.operator("footfall.rebake_take", icon="FILE_REFRESH")


def _chart(context: bpy.types.Context, report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the footfall chart as wide as the panel: a heading, then each foot and its marks."""
    from ...motion.report import footfall_chart

    scale = context.preferences.system.ui_scale or 1.0
    width = (1.0 - FEET_SHARE) * (context.region.width / scale - 46.0) - 24.0
    cells = min(max(int(width / PIXELS_A_CELL), LEAST_CELLS), MOST_CELLS)
    often = report.get("stride_frequency") or report.get("cadence", 0.0) / 120.0
    seconds = 2 * cells / MARKS_A_STRIDE / max(often, 0.3)
    heading, *lines = footfall_chart(report, seconds, 2 * cells) or [""]
    rows = [line.split() for line in lines]
    feet = [(foot if foot.isupper() else foot.title(), marks) for foot, marks in rows]
    return [(heading, ""), *((foot, _in_cells(marks)) for foot, marks in feet)]


def _in_cells(marks: str) -> str:
    return "".join(CELLS[marks[i : i + 2]] for i in range(0, len(marks), 2))


def filled(form: str, report: dict[str, Any]) -> str:
    """Return a line of the card, or an empty text where the card has no such figure."""
    try:
        return form.format(**report)
    except (KeyError, TypeError, ValueError):
        return ""


classes = (FOOTFALL_PT_report,)
register, unregister = bpy.utils.register_classes_factory(classes)
