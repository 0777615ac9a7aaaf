# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Panel: the share of each expert of the model in the active take, and its factor."""

from __future__ import annotations

import bpy

from ..bake import experts
from ..keys import takes
from .tab import Tab, active_take, sentence

PIXELS_A_BAR = 11.0
MOST_BARS = 60
LEAST_BARS = 8


class FOOTFALL_PT_experts(Tab, bpy.types.Panel):
    """Shares of the model's experts in the take, to mute, solo or scale and bake again"""

    bl_label = "Experts"
    bl_parent_id = "FOOTFALL_PT_bake"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(_shares(context))

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        shares = _shares(context)
        rows = context.scene.footfall.experts
        scale = context.preferences.system.ui_scale or 1.0
        width = 0.7 * (context.region.width / scale - 46.0)
        columns = min(max(int(width / PIXELS_A_BAR), LEAST_BARS), MOST_BARS)
        means, lines = experts.mean_shares(shares), experts.sparklines(shares, columns)
        weighable = len(rows) == len(means)
        for number, (mean, line) in enumerate(zip(means, lines, strict=True)):
            column = layout.column(align=True)
            split = column.split(factor=0.3)
            split.label(text=f"{number + 1}    {mean:.0%}")
            split.label(text=line)
            if weighable:
                row = column.row(align=True)
                row.prop(rows[number], "factor", text="", slider=True)
                row.prop(rows[number], "mute", toggle=True)
                row.prop(rows[number], "solo", toggle=True)
        if not weighable:
            sentence(context, layout, "Bake the take again to scale its experts", "INFO")
        layout.operator("footfall.rebake_take", icon="FILE_REFRESH")


def _shares(context: bpy.types.Context) -> list[list[float]]:
    """Return the activations (T, K) of the active take; empty if there are none."""
    take = active_take(context)
    return [] if take is None else experts.shares_of(takes.report_of(take))


classes = (FOOTFALL_PT_experts,)
register, unregister = bpy.utils.register_classes_factory(classes)
