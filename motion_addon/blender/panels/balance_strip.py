# SPDX-License-Identifier: GPL-3.0-or-later
"""A strip of the balance of a take in a panel: green, yellow and red cells from start to end."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import FloatVectorProperty, PointerProperty

PIXELS_A_CELL = 9.0
MOST_CELLS = 80
LEAST_CELLS = 12
NAMES = {"g": "good", "f": "fair", "p": "poor"}
"""Level in a report to the name of its color."""


def _color(red: float, green: float, blue: float, meaning: str) -> Any:
    """Return a property of a color that cannot be changed."""
    return FloatVectorProperty(
        name="Balance",
        description=meaning,
        subtype="COLOR",
        size=3,
        get=lambda _group: (red, green, blue),
    )


class FootfallBalanceColors(bpy.types.PropertyGroup):
    """Colors of the levels of balance."""

    good: _color(0.11, 0.40, 0.11, "As well in balance as mocap in the same gait")
    fair: _color(0.75, 0.50, 0.03, "Up to twice as far out of balance as mocap")
    poor: _color(0.60, 0.06, 0.04, "More than twice as far out of balance as mocap")


def draw_strip(
    context: bpy.types.Context, layout: bpy.types.UILayout, report: dict[str, Any]
) -> None:
    """Draw the strip of a report, and the button that mends the take; nothing without levels."""
    from ...motion.metrics.balance_card import strip

    levels = report.get("balance", {}).get("levels", "")
    if not levels:
        return
    scale = context.preferences.system.ui_scale or 1.0
    cells = int((context.region.width / scale - 70.0) / PIXELS_A_CELL)
    column = layout.column(align=True)
    column.label(text="Balance from start to end")
    row = column.row(align=True)
    row.scale_y = 0.6
    for level in strip(levels, min(max(cells, LEAST_CELLS), MOST_CELLS)):
        row.prop(context.window_manager.footfall_balance, NAMES[level], text="")
    column.separator()
    column.operator("footfall.balance_take", icon="MOD_PHYSICS")


def register() -> None:
    """Register the colors of the strip."""
    bpy.utils.register_class(FootfallBalanceColors)
    bpy.types.WindowManager.footfall_balance = PointerProperty(type=FootfallBalanceColors)


def unregister() -> None:
    """Unregister the colors of the strip."""
    del bpy.types.WindowManager.footfall_balance
    bpy.utils.unregister_class(FootfallBalanceColors)
