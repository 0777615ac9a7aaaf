# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that several panels share: the rows of a bone map, and the choice of a creature."""

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


def draw_choice(layout: bpy.types.UILayout, rig: Any, text: str = "") -> None:
    """Draw the choice of a rig's creature; an empty field chooses none."""
    kept = rig.footfall
    layout.prop_search(
        kept, "creature", kept, "creatures", text=text, icon="OUTLINER_DATA_ARMATURE"
    )
