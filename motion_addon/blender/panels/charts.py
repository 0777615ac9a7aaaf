# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfall charts in a panel: cells that draw the marks of the motion core."""

from __future__ import annotations

from typing import Any

import bpy

CELLS = {"##": "\u2588", "#.": "\u258c", ".#": "\u2590", "..": "\u2581"}
"""Cell for two marks of a footfall chart; all cells have one width in Blender's font."""
PIXELS_A_CELL = 11.0
MARKS_A_STRIDE = 9.0
FEET_SHARE = 0.14  # of the panel's width
MOST_CELLS = 60
LEAST_CELLS = 12


def footfall_chart(
    context: bpy.types.Context, report: dict[str, Any], margin: float = 0.0
) -> list[tuple[str, str]]:
    """Return a footfall chart of the panel's width: a heading, then each foot and its marks.

    ``margin`` is the width in pixels of a box around it.
    """
    from ...motion.metrics.report import footfall_chart as lines_of

    scale = context.preferences.system.ui_scale or 1.0
    width = (1.0 - FEET_SHARE) * (context.region.width / scale - 46.0 - margin) - 24.0
    cells = min(max(int(width / PIXELS_A_CELL), LEAST_CELLS), MOST_CELLS)
    often = report.get("stride_frequency") or report.get("cadence", 0.0) / 120.0
    seconds = 2 * cells / MARKS_A_STRIDE / max(often, 0.3)
    heading, *lines = lines_of(report, seconds, 2 * cells) or [""]
    rows = [line.split() for line in lines]
    feet = [(foot if foot.isupper() else foot.title(), marks) for foot, marks in rows]
    return [(heading, ""), *((foot, _in_cells(marks)) for foot, marks in feet)]


def draw_chart(layout: bpy.types.UILayout, chart: list[tuple[str, str]]) -> None:
    """Draw a footfall chart, a line for each foot."""
    rows = layout.column(align=True)
    for name, marks in chart:
        row = rows.split(factor=FEET_SHARE) if marks else rows
        for text in filter(None, (name, marks)):
            row.label(text=text)


def _in_cells(marks: str) -> str:
    return "".join(CELLS[marks[i : i + 2]] for i in range(0, len(marks), 2))
