# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the copies that a scene keeps of the Footfall data of library overrides.

Only data lives here; ``rig.override_copy`` gives it its meaning.
"""

from __future__ import annotations

import bpy
from bpy.props import CollectionProperty, PointerProperty, StringProperty


class FootfallLink(bpy.types.PropertyGroup):
    """A data-block that a copy points to."""

    block: PointerProperty(
        name="Data-Block", description="Data-block that the copy points to", type=bpy.types.ID
    )


class FootfallOverride(bpy.types.PropertyGroup):
    """The copy of one override's bone map, takes and creatures."""

    rig: PointerProperty(
        name="Rig", description="Library override that the copy is of", type=bpy.types.Object
    )
    data: StringProperty(name="Data", description="Properties of the rig as JSON")
    links: CollectionProperty(type=FootfallLink)
    block: StringProperty(
        name="Block", description="Session and number of the data-block that was copied"
    )


classes = (FootfallLink, FootfallOverride)
register, unregister = bpy.utils.register_classes_factory(classes)
