# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab of all panels, and the parts that several panels draw."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy

from ..keys import takes
from ..rig import character
from ..scene import progress

PIXELS_A_LETTER = 6.0  # of the interface font at scale 1


class Tab:
    """Base of the panels: the Footfall tab of the sidebar."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Footfall"


def sentence(
    context: bpy.types.Context, layout: bpy.types.UILayout, text: str, icon: Any = "NONE"
) -> None:
    """Draw a sentence, wrapped to the panel's width."""
    scale = context.preferences.system.ui_scale or 1.0
    width = context.region.width / scale - (66.0 if icon != "NONE" else 46.0)
    lines = textwrap.wrap(text, max(int(width / PIXELS_A_LETTER), 16))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(lines):
        if icon == "NONE":
            column.label(text=line)
        else:
            column.label(text=line, icon=icon if number == 0 else "BLANK1")


def progress_bar(layout: bpy.types.UILayout) -> None:
    """Draw the progress of the running work."""
    factor = progress.now.factor
    layout.progress(factor=factor, type="BAR", text=f"{factor:.0%}    Esc cancels")


def active_take(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """Return the active take of the character, or None."""
    rig = character.current(context)
    return takes.active(rig) if rig is not None and rig.type == "ARMATURE" else None
