# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties that a .blend file keeps: ``scene.footfall.*`` and ``object.footfall.*``.

Options of a bake come from their declarations in ``motion_addon.options``; the rest is declared
here. The effects of a change are in ``live``, ``takes`` and ``character``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ...options.bake import FACING, FACTOR, MANNER, SPEED, BakeOptions
from ...options.choices import ANIMAL_GAITS, GAITS, KINDS, WAYS
from ...options.herd import HerdOptions
from ...options.option import options_of
from ...options.take import TakeOptions
from .creature import FootfallCreature, FootfallOneShot
from .declared import declare, declared
from .override import FootfallOverride
from .prints import FootfallPrint
from .style import FootfallStyles

_BAKE = options_of(BakeOptions)
OWN: Any = {"LIBRARY_OVERRIDABLE"}
OWN_LIST: Any = {"LIBRARY_OVERRIDABLE", "USE_INSERTION"}


def _is_armature(_self: object, found: bpy.types.Object) -> bool:
    return found.type == "ARMATURE"


def _is_curve(_self: object, found: bpy.types.Object) -> bool:
    return found.type == "CURVE"


def _can_be_ground(_self: object, found: bpy.types.Object) -> bool:
    from ..scene import ground_source

    return ground_source.can_be_ground(found)


def _character_picked(self: FootfallSettings, _context: bpy.types.Context) -> None:
    from ..rig import character

    if self.character is not None and not self.character.footfall.bones:
        character.try_detect(self.character)


def _setting_changed(self: FootfallSettings, _context: bpy.types.Context) -> None:
    from ..bake import live

    live.touch(self.id_data)  # type: ignore[arg-type]


def _unless_restoring(changed: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Return a callback that does nothing while the copy of an override is restored."""

    def call(self: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
        from ..rig import override_copy

        if not override_copy.restoring():
            changed(self, context)

    return call


@_unless_restoring
def _manner_changed(_self: FootfallObject, context: bpy.types.Context) -> None:
    from ..bake import live

    live.touch(context.scene)


@_unless_restoring
def _kind_picked(self: FootfallObject, _context: bpy.types.Context) -> None:
    from ..rig import character

    character.lay_rows(self.id_data)  # type: ignore[arg-type]


@_unless_restoring
def _take_picked(self: FootfallObject, _context: bpy.types.Context) -> None:
    from ..keys import review
    from ..scene import progress

    progress.cancel("another take was shown")
    review.show_active(self.id_data)  # type: ignore[arg-type]
    progress.settle()


@_unless_restoring
def _scrubbed(self: FootfallObject, context: bpy.types.Context) -> None:
    from ..bake import scrub

    scrub.follow_slider(context, self.id_data)  # type: ignore[arg-type]


class FootfallSpeedPoint(bpy.types.PropertyGroup):
    """Speed at a place on the path."""

    at: FloatProperty(
        name="At", description="Place on the path, from its start to its end",
        min=0.0, max=100.0, default=0.0, precision=0, subtype="PERCENTAGE", update=_setting_changed,
    )  # fmt: skip
    speed: declared(
        SPEED, description="Speed there, in meters a second", step=3, update=_setting_changed
    )


class FootfallExpert(bpy.types.PropertyGroup):
    """Factor of one expert of a mixture."""

    factor: declared(FACTOR, update=_setting_changed)
    mute: BoolProperty(
        name="Mute", description="Leave this expert out", default=False, update=_setting_changed
    )
    solo: BoolProperty(
        name="Solo", description="Leave out all experts that are not soloed",
        default=False, update=_setting_changed,
    )  # fmt: skip


class FootfallSettings(bpy.types.PropertyGroup):
    """Settings of the next bake; kept with the scene."""

    character: PointerProperty(
        name="Character", description="Armature to animate; empty takes the active one",
        type=bpy.types.Object, poll=_is_armature, update=_character_picked,
    )  # fmt: skip
    path: PointerProperty(
        name="Path", description="Curve to walk along",
        type=bpy.types.Object, poll=_is_curve, update=_setting_changed,
    )  # fmt: skip
    ground: PointerProperty(
        name="Ground",
        description="Object to walk on, with its instances; empty uses the curve's own height",
        type=bpy.types.Object, poll=_can_be_ground, update=_setting_changed,
    )  # fmt: skip
    ground_collection: PointerProperty(
        name="Ground Collection", description="Collection to walk on, in addition to the ground",
        type=bpy.types.Collection, update=_setting_changed,
    )  # fmt: skip
    obstacles: PointerProperty(
        name="Obstacles", description="Collection of objects around which the path bends",
        type=bpy.types.Collection, update=_setting_changed,
    )  # fmt: skip
    way: EnumProperty(
        name="Way",
        description="Move along a path, or turn in place",
        items=WAYS,
        update=_setting_changed,
    )
    turn: FloatProperty(
        name="Turn", description="How far to turn on the spot; positive turns left",
        subtype="ANGLE", default=math.radians(90.0), min=math.radians(-720.0),
        max=math.radians(720.0), update=_setting_changed,
    )  # fmt: skip
    live: BoolProperty(
        name="Live", description="Bake the shown take again whenever path or settings change",
        default=False, update=_setting_changed,
    )  # fmt: skip
    gait: declared(_BAKE["gait"], items=GAITS, update=_setting_changed)
    animal_gait: declared(
        _BAKE["gait"], items=ANIMAL_GAITS, update=_setting_changed,
        description="Order in which the four feet touch down",
    )  # fmt: skip
    experts: CollectionProperty(type=FootfallExpert)
    oneshot: PointerProperty(type=FootfallOneShot)
    speed: declared(
        SPEED, description="Speed along the path, in meters a second", update=_setting_changed
    )
    vary_speed: BoolProperty(
        name="Vary Along Path", description="Give different speeds at places on the path",
        default=False, update=_setting_changed,
    )  # fmt: skip
    speed_points: CollectionProperty(type=FootfallSpeedPoint)
    active_speed_point: IntProperty(name="Active Speed Point", default=0)
    styles: PointerProperty(type=FootfallStyles)
    facing: declared(FACING, update=_setting_changed)
    facing_yaw: FloatProperty(
        name="Direction", description="Direction to face: 0 is the -Y axis, positive turns left",
        subtype="ANGLE", default=0.0, update=_setting_changed,
    )  # fmt: skip
    facing_target: PointerProperty(
        name="Target", description="Object to face", type=bpy.types.Object, update=_setting_changed
    )
    gaze: PointerProperty(
        name="Look At", description="Object that neck and head turn to, also while it moves",
        type=bpy.types.Object, update=_setting_changed,
    )  # fmt: skip
    range_own: IntProperty(
        name="Artist's End", description="End of the range that the artist set", options={"HIDDEN"}
    )  # fmt: skip
    range_set: IntProperty(
        name="Set End", description="End of the range that a take under review set, -1 for none",
        default=-1, options={"HIDDEN"},
    )  # fmt: skip
    overrides: CollectionProperty(type=FootfallOverride)


declare(FootfallSettings, TakeOptions, _setting_changed)
declare(FootfallSettings, HerdOptions, _setting_changed, prefix="herd_")


class FootfallBone(bpy.types.PropertyGroup):
    """One row of the bone map: a role and the bone that plays it."""

    name: StringProperty(name="Role", description="Part of the body", override=OWN)
    bone: StringProperty(
        name="Bone", description="Bone of this character that plays the role", override=OWN
    )


class FootfallTake(bpy.types.PropertyGroup):
    """One bake: its action and all that is needed to bake it again."""

    name: StringProperty(name="Name", description="Name of the take", override=OWN)
    action: PointerProperty(
        name="Action", description="Action of the take", type=bpy.types.Action, override=OWN
    )
    accepted: BoolProperty(
        name="Accepted", description="The take was accepted", default=False, override=OWN
    )
    recipe: StringProperty(name="Recipe", description="Settings of the take as JSON", override=OWN)
    report: StringProperty(name="Report", description="Measures of the take as JSON", override=OWN)
    prints: StringProperty(
        name="Footprints", description="Mark of the collection of its footprints", override=OWN
    )


class FootfallAction(bpy.types.PropertyGroup):
    """Data of a take's action: its keys as they were baked, beneath the artist's edits."""

    take: StringProperty(name="Take", description="Mark that an action shares only with its copies")
    base: StringProperty(
        name="Base", description="Keys as they were baked, compressed", subtype="BYTE_STRING"
    )
    laid: StringProperty(
        name="Edits", description="Edits that lie on the base, compressed", subtype="BYTE_STRING"
    )


class FootfallObject(bpy.types.PropertyGroup):
    """Data of a character, also on a library override: its bone map and its takes."""

    kind: EnumProperty(
        name="Kind", description="On how many legs the character walks", items=KINDS,
        update=_kind_picked, override=OWN,
    )  # fmt: skip
    hip_height: FloatProperty(
        name="Hip Height", description="Height of an animal's hip joints in the rig's own units",
        min=0.0, default=0.0, override=OWN,
    )  # fmt: skip
    family: StringProperty(name="Rig", description="Rig family that was detected", override=OWN)
    confidence: FloatProperty(
        name="Confidence", description="Confidence of the detection", override=OWN
    )
    notes: StringProperty(name="Notes", description="Notes of the detection", override=OWN)
    bones: CollectionProperty(type=FootfallBone, override=OWN_LIST)
    active_bone: IntProperty(name="Active Role", default=0, override=OWN)
    takes: CollectionProperty(type=FootfallTake, override=OWN_LIST)
    active_take: IntProperty(
        name="Active Take", description="Take shown on the character", default=-1,
        update=_take_picked, override=OWN,
    )  # fmt: skip
    before: StringProperty(
        name="Before", description="State before the takes under review, as JSON", override=OWN
    )
    before_action: PointerProperty(
        name="Previous Action", description="Action before the takes under review",
        type=bpy.types.Action, override=OWN,
    )  # fmt: skip
    owner: StringProperty(
        name="Owner", description="Name of the character that the takes are of", override=OWN
    )
    print: PointerProperty(type=FootfallPrint)
    creatures: CollectionProperty(type=FootfallCreature, override=OWN_LIST)
    creature: StringProperty(
        name="Creature", description="Creature that moves this animal; empty for none",
        update=_manner_changed, override=OWN,
    )  # fmt: skip
    manner: declared(MANNER, update=_manner_changed, override=OWN)
    scrub: FloatProperty(
        name="Phase", description="Pose the character at this phase of its step cycle",
        min=0.0, max=1.0, default=0.0, subtype="FACTOR", update=_scrubbed, options=set(),
        override=OWN,
    )  # fmt: skip
    scrub_before: StringProperty(
        name="Before Scrub", description="Pose before the scrub, as JSON", override=OWN
    )
    scrub_posed: StringProperty(
        name="Scrub Pose", description="Pose that the scrub has set, as JSON", override=OWN
    )


classes = (
    FootfallSpeedPoint,
    FootfallExpert,
    FootfallSettings,
    FootfallBone,
    FootfallTake,
    FootfallAction,
    FootfallObject,
)


def register() -> None:
    """Add the properties to Blender's own types."""
    for cls in classes:
        bpy.utils.register_class(cls)
    bpy.types.Scene.footfall = PointerProperty(type=FootfallSettings)
    bpy.types.Object.footfall = PointerProperty(type=FootfallObject, override=OWN)
    bpy.types.Action.footfall = PointerProperty(type=FootfallAction)


def unregister() -> None:
    """Take the properties away again."""
    del bpy.types.Action.footfall
    del bpy.types.Object.footfall
    del bpy.types.Scene.footfall
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
