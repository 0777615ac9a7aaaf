# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of a creature, as several panels show it."""

from __future__ import annotations

from typing import Any

import bpy


def draw_choice(layout: bpy.types.UILayout, rig: Any, text: str = "") -> None:
    """Show which of its creatures moves a rig; none is chosen by emptying the field."""
    kept = rig.footfall
    layout.prop_search(
        kept, "creature", kept, "creatures", text=text, icon="OUTLINER_DATA_ARMATURE"
    )
