# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's properties of declared options: their names, tooltips, limits and choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty

from ...options.option import Option, options_of

Changed = Callable[[Any, bpy.types.Context], None]


def declared(option: Option, **more: Any) -> Any:
    """Return the property of an option; ``more`` has arguments of Blender's that differ."""
    given = {"name": option.label, "description": option.meaning, "default": option.default}
    if option.low is not None:
        given["min"] = option.low
    if option.high is not None:
        given["max"] = option.high
    given |= {key: value for key, value in (option.panel or {}).items() if key != "live"} | more
    if option.choices:
        return EnumProperty(**{"items": option.choices, **given})
    if isinstance(option.default, bool):
        return BoolProperty(**given)
    if isinstance(option.default, int):
        return IntProperty(**given)
    return FloatProperty(**given)


def declare(group: type, options: type, changed: Changed | None = None, prefix: str = "") -> None:
    """Add a property for each plain option of ``options`` to a group of properties.

    ``changed`` is called when an artist sets one that is ``live``. Called before the group is
    registered.
    """
    for name, option in options_of(options).items():
        if option.in_panel and option.panel is not None:
            live = changed is not None and option.panel.get("live", True)
            group.__annotations__[prefix + name] = declared(
                option, **({"update": changed} if live else {})
            )
