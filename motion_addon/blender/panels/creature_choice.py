# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of a creature, for several panels."""

from __future__ import annotations

from typing import Any

import bpy


def draw_choice(layout: bpy.types.UILayout, rig: Any, text: str = "") -> None:
    """Draw the choice of a rig's creature; an empty field chooses none."""
    kept = rig.footfall
    layout.prop_search(
        kept, "creature", kept, "creatures", text=text, icon="OUTLINER_DATA_ARMATURE"
    )
