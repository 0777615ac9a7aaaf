# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: the list of a character's bakes, and which of them is shown.

A take is an action with the recipe that it was baked from. ``review`` owns what a take replaces,
``commit`` writes takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import bpy

from ..rig import override_copy
from ..scene import lane
from . import recipe

FILLED = "between"
"""Recipe key of a take that was not baked but filled between keys."""


def shown(rig: bpy.types.Object) -> bpy.types.PropertyGroup | None:
    """Return the take whose action is assigned to the character, or None."""
    action = rig.animation_data.action if rig.animation_data else None
    if action is None:
        return None
    return next((take for take in rig.footfall.takes if take.action == action), None)


def active(rig: bpy.types.Object) -> bpy.types.PropertyGroup | None:
    """Return the active take of the list, or None."""
    kept = rig.footfall
    if 0 <= kept.active_take < len(kept.takes):
        return kept.takes[kept.active_take]
    return None


def in_review(rig: bpy.types.Object) -> bool:
    """Whether a state before the takes is stored, so that Reject can restore it."""
    return bool(rig.footfall.before)


def find(rig: bpy.types.Object, name: str) -> bpy.types.PropertyGroup | None:
    """Return the take of that name, or None."""
    return next((take for take in rig.footfall.takes if take.name == name), None)


def choose(rig: bpy.types.Object, name: str) -> None:
    """Make a take active in the list; its action must be assigned already."""
    names = [take.name for take in rig.footfall.takes]
    rig.footfall.active_take = names.index(name) if name in names else -1


def baked(take: bpy.types.PropertyGroup) -> bool:
    """Whether a take was baked, and can be baked again; else it was filled between keys."""
    return FILLED not in recipe_of(take)


def free_name(rig: bpy.types.Object, wanted: str, stem: str) -> str:
    """Return the wanted name if it is free, else the first free 'stem 01', 'stem 02', ..."""
    taken = {take.name for take in rig.footfall.takes}
    if wanted and wanted not in taken:
        return wanted
    return next(n for i in range(1, 10_000) if (n := f"{stem} {i:02d}") not in taken)


def curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return all F-curves of an action."""
    bags = [b for layer in action.layers for strip in layer.strips for b in strip.channelbags]
    return [curve for bag in bags for curve in bag.fcurves]


def assign(rig: bpy.types.Object, action: bpy.types.Action) -> None:
    """Assign an action so that it overrides the NLA on its channels."""
    data = rig.animation_data or rig.animation_data_create()
    data.action = action
    fitting = [slot for slot in action.slots if slot.target_id_type in {"OBJECT", "UNSPECIFIED"}]
    data.action_slot = fitting[0] if fitting else None
    data.action_blend_type = "REPLACE"
    data.action_extrapolation = "HOLD"
    data.action_influence = 1.0
    for track in data.nla_tracks:
        if track.is_solo:
            track.is_solo = False


def remove(rig: bpy.types.Object, index: int) -> str:
    """Remove a take from the list; returns its name.

    Its action is deleted unless something else uses it; that of an accepted take is the artist's
    and stays in the file.
    """
    take = rig.footfall.takes[index]
    name, action, accepted = take.name, take.action, take.accepted
    curve = recipe_of(take).get("curve", "")
    try:
        rig.footfall.takes.remove(index)
    except TypeError:
        return name  # an override keeps the rows of its library
    override_copy.keep(rig)
    now = shown(rig)
    choose(rig, now.name if now else "")
    if curve:
        lane.delete_unused(curve, _curves_needed())
    if action is not None and accepted and action.library is None:
        action.use_fake_user = True
    delete_unused(action)
    return name


def _curves_needed() -> Iterator[str]:
    """Yield the names of the curves that the recipes of all takes name."""
    rows = (take for thing in bpy.data.objects for take in thing.footfall.takes)
    return (recipe_of(take).get("curve", "") for take in rows)


def delete_unused(action: bpy.types.Action | None) -> None:
    """Delete an action that nothing uses, neither the artist by a fake user nor another owner."""
    if action is not None and action.users == 0 and action.library is None:
        bpy.data.actions.remove(action)


def shared(rig: bpy.types.Object, action: bpy.types.Action) -> bool:
    """Whether an action of a character's take is used by anything but that take.

    Other users are other objects, NLA strips, and another take of the character.
    """
    users = bpy.data.user_map(subset={action})[action] - {rig}
    if rig.override_library is not None:  # its scene holds a copy of the list
        users = {user for user in users if not isinstance(user, bpy.types.Scene)}
    if users:
        return True
    tracks = rig.animation_data.nla_tracks if rig.animation_data else ()
    strips = [strip for track in tracks for strip in track.strips]
    rows = [take for take in rig.footfall.takes if take.action == action]
    return len(rows) > 1 or any(strip.action == action for strip in strips)


def own_action(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> bpy.types.Action:
    """Return the action of a take for writing: a copy of it if anything else uses it."""
    action: bpy.types.Action = take.action
    if not shared(rig, action):
        return action
    is_shown = take == shown(rig)
    take.action = action.copy()
    if is_shown:
        slot = rig.animation_data.action_slot
        rig.animation_data.action = take.action
        if slot is not None:
            same = [s for s in take.action.slots if s.identifier == slot.identifier]
            rig.animation_data.action_slot = same[0] if same else None
    own: bpy.types.Action = take.action
    return own


def report_of(take: bpy.types.PropertyGroup) -> dict[str, Any]:
    """Return the stored report card of a take; empty if its text is damaged."""
    try:
        report = json.loads(take.report or "{}")
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def recipe_of(take: bpy.types.PropertyGroup) -> dict[str, Any]:
    """Return the stored recipe of a take, as ``recipe.plain``."""
    return recipe.plain(take.recipe)
