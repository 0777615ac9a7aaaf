# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the style mix of the next bake: its styles and their strengths."""

from __future__ import annotations

import bpy
from bpy.props import CollectionProperty, EnumProperty, PointerProperty

from ...options.bake import STRENGTH
from ...options.choices import ANIMAL_STYLES, STYLES
from .declared import declared


def _changed(self: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from ..bake import live

    live.touch(self.id_data)  # type: ignore[arg-type]


class FootfallStyle(bpy.types.PropertyGroup):
    """One style of a mix."""

    style: EnumProperty(
        name="Style", description="How the character carries itself", items=STYLES, update=_changed
    )
    animal_style: EnumProperty(
        name="Style", description="How the animal carries itself", items=ANIMAL_STYLES,
        update=_changed,
    )  # fmt: skip
    action: PointerProperty(
        type=bpy.types.Action, name="Action", update=_changed,
        description="Motion of this character in the style, two seconds or a loop",
    )  # fmt: skip
    strength: declared(STRENGTH, update=_changed)


class FootfallStyles(bpy.types.PropertyGroup):
    """The styles of the next bake."""

    mix: CollectionProperty(type=FootfallStyle)


classes = (FootfallStyle, FootfallStyles)


def register() -> None:
    """Add the types of the properties."""
    for cls in classes:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Take them away again."""
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
