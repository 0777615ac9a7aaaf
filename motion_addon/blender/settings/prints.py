# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of an object that is a footprint of a take."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty


def _timed(_self: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from ..bake import live

    live.touch_prints(context.scene)


class FootfallPrint(bpy.types.PropertyGroup):
    """Which footprint an object is, and the times that the artist gives it."""

    foot: StringProperty(name="Foot", description="Foot of the print; empty for other objects")
    name: StringProperty(name="Name", description="Name of the object; that of a copy differs")
    at: FloatProperty(name="At", description="Second by which edits name the print", precision=4)
    added: BoolProperty(name="Added", description="The print was added", default=False)
    touchdown: IntProperty(
        name="Touchdown", description="Frame in which the foot touches down", update=_timed
    )
    liftoff: IntProperty(
        name="Lift-Off", description="First frame in which the foot is off the ground",
        update=_timed,
    )  # fmt: skip


classes = (FootfallPrint,)
register, unregister = bpy.utils.register_classes_factory(classes)
