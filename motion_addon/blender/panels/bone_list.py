# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a bone map's rows, with the buttons that change it."""

from __future__ import annotations

from typing import Any

import bpy

from ..rig import character


def draw_bones(layout: bpy.types.UILayout, rig: Any, identifier: str) -> bpy.types.UILayout:
    """Draw the rows of a rig's bone map; returns the column of buttons beside them."""
    kept = rig.footfall
    row = layout.row()
    row.template_list("FOOTFALL_UL_bones", identifier, kept, "bones", kept, "active_bone", rows=8)
    side = row.column(align=True)
    side.operator("footfall.map_add", text="", icon="ADD")
    side.operator("footfall.map_clear", text="", icon="REMOVE")
    side.operator("footfall.map_fill", text="", icon="CON_KINEMATIC")
    chosen = character.active_row(rig)
    if chosen is not None:
        row = layout.row(align=True)
        row.prop_search(chosen, "bone", rig.data, "bones", text="")
        row.operator("footfall.map_from_bone", text="", icon="EYEDROPPER")
    return side
