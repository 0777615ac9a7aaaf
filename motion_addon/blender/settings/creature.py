# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of One Shot: the picked clip, and the creatures that are stored with rigs.

Only data and its limits live here; ``exemplar`` and ``creatures`` give them their meaning.
"""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, PointerProperty, StringProperty

OWN: Any = {"LIBRARY_OVERRIDABLE"}


def _is_armature(_self: object, found: bpy.types.Object) -> bool:
    return found.type == "ARMATURE"


def _fits(self: FootfallOneShot, found: bpy.types.Action) -> bool:
    from ..creature import exemplar

    rig = self.rig if self.rig is not None else self.id_data.footfall.character
    return rig is None or rig.type != "ARMATURE" or exemplar.moves(rig, found)


def _exemplar_picked(self: FootfallOneShot, _context: bpy.types.Context) -> None:
    from ..rig import character

    if self.rig is not None and self.rig.library is None and not self.rig.footfall.bones:
        character.try_detect(self.rig)


class FootfallOneShot(bpy.types.PropertyGroup):
    """The clip that a creature is made from; kept with the scene."""

    rig: PointerProperty(
        name="Clip's Armature",
        description="Armature that plays the clip; empty takes the character",
        type=bpy.types.Object, poll=_is_armature, update=_exemplar_picked,
    )  # fmt: skip
    action: PointerProperty(
        name="Clip", description="Action to learn from; empty takes the one the armature plays",
        type=bpy.types.Action, poll=_fits,
    )  # fmt: skip
    part: BoolProperty(
        name="Only a Part", description="Learn from some frames of the action instead of all",
        default=False,
    )  # fmt: skip
    frame_start: IntProperty(name="First Frame", description="First frame to learn from", default=1)
    frame_end: IntProperty(name="Last Frame", description="Last frame to learn from", default=60)


class FootfallCreature(bpy.types.PropertyGroup):
    """A creature that is stored with a rig: the manner of one clip, ready to drive."""

    name: StringProperty(name="Name", description="Name of the creature", override=OWN)
    digest: StringProperty(
        name="Digest", description="First letters of the checksum of its data", override=OWN
    )
    data: StringProperty(
        name="Data", description="The creature's file as base64 text", override=OWN
    )
    about: StringProperty(name="About", description="What it was made from, as JSON", override=OWN)


classes = (FootfallOneShot, FootfallCreature)
register, unregister = bpy.utils.register_classes_factory(classes)
