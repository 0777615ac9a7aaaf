# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the In-Between panel: ``scene.footfall_between.*``."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty

from ...options.fill import FillOptions
from .declared import declare

SPANS = (
    ("all", "All Keys", "From the first key of the action to its last"),
    ("selected", "Selected Keys", "From the first selected key to the last"),
    ("frames", "Frames", "From one frame to another"),
)
PLACES = (
    ("follow", "Continue", "The second continues from the end of the first"),
    ("keep", "Stay", "The second keeps its own place"),
)


def _is_for_objects(_self: object, found: bpy.types.Action) -> bool:
    slots = list(found.slots)
    return not slots or any(s.target_id_type in {"OBJECT", "UNSPECIFIED"} for s in slots)


class FootfallBetween(bpy.types.PropertyGroup):
    """Settings of the next filling."""

    span: EnumProperty(name="Range", description="Keys between which gaps are filled", items=SPANS)
    first: IntProperty(name="First", description="First frame of the range", default=1)
    last: IntProperty(name="Last", description="Last frame of the range", default=60)
    action: PointerProperty(
        name="Then", description="Action or take that follows", type=bpy.types.Action,
        poll=_is_for_objects,
    )  # fmt: skip
    place: EnumProperty(name="Place", description="Place of the second motion", items=PLACES)


declare(FootfallBetween, FillOptions)
classes = (FootfallBetween,)


def register() -> None:
    """Add the properties to Blender's own types."""
    for cls in classes:
        bpy.utils.register_class(cls)
    bpy.types.Scene.footfall_between = PointerProperty(type=FootfallBetween)


def unregister() -> None:
    """Take the properties away again."""
    del bpy.types.Scene.footfall_between
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
