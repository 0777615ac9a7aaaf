# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: the list of a character's bakes, and showing, accepting and rejecting them.

A take is an action with the recipe that it was baked from. While takes are under review, the
state before them is stored with the character: Reject restores it exactly, Accept discards it.
"""

from __future__ import annotations

import json
from typing import Any

import bpy

from . import state

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


def begin_review(rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Store the present state, unless the character shows a take under review."""
    state.put_pose_back(rig)
    if in_review(rig) and shown(rig) is not None:
        return
    rig.footfall.before = state.capture(rig, scene)
    rig.footfall.before_action = rig.animation_data.action if rig.animation_data else None


class SavedState:
    """The state and review of a character, to restore if a bake is interrupted."""

    def __init__(self, rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
        """Save the present state and review."""
        self._rig, self._scene = rig, scene
        self._action = rig.animation_data.action if rig.animation_data else None
        self._review = (rig.footfall.before, rig.footfall.before_action)
        self._state = state.capture(rig, scene)

    def restore(self) -> None:
        """Restore the saved state and review."""
        state.restore(self._rig, self._scene, self._state, self._action)
        self._rig.footfall.before, self._rig.footfall.before_action = self._review


def add(
    rig: bpy.types.Object, name: str, action: bpy.types.Action, recipe: dict, report: dict
) -> bpy.types.PropertyGroup:
    """Add a take to the list and make it active; its action must be assigned already."""
    take = rig.footfall.takes.add()
    take.name = name
    update(take, action, recipe, report)
    choose(rig, name)
    return take


def update(
    take: bpy.types.PropertyGroup, action: bpy.types.Action, recipe: dict, report: dict
) -> bpy.types.PropertyGroup:
    """Store action, recipe and report card of a bake in a take; returns the take."""
    take.action = action
    take.recipe = json.dumps(recipe)
    take.report = json.dumps(report)
    return take


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


def blank_action(
    rig: bpy.types.Object, name: str, old: bpy.types.PropertyGroup | None
) -> bpy.types.Action:
    """Return an action without keys: a new one, or the emptied action of the take ``old``.

    Blender 5 may lose a library override's list of takes on reload; a fake user keeps the actions.
    """
    if old is None or old.action is None:
        made = bpy.data.actions.new(f"{rig.name} {name}")
        made.use_fake_user = rig.override_library is not None
        return made
    action: bpy.types.Action = old.action
    for layer in list(action.layers):
        action.layers.remove(layer)
    return action


def curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return all F-curves of an action."""
    bags = [b for layer in action.layers for strip in layer.strips for b in strip.channelbags]
    return [curve for bag in bags for curve in bag.fcurves]


def rewind(rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Restore the state before the takes, if one is stored, without ending the review."""
    kept = rig.footfall
    state.put_pose_back(rig)
    if in_review(rig) and shown(rig) is not None:
        state.restore(rig, scene, kept.before, kept.before_action)


def show_active(rig: bpy.types.Object) -> None:
    """Assign the action of the active take to the character."""
    take = active(rig)
    if take is None or take.action is None or take == shown(rig):
        return
    begin_review(rig, bpy.context.scene)
    assign(rig, take.action)


def assign(rig: bpy.types.Object, action: bpy.types.Action) -> None:
    """Assign an action so that it overrides the NLA on its channels."""
    data = rig.animation_data or rig.animation_data_create()
    data.action = action
    fitting = [slot for slot in action.slots if slot.target_id_type in {"OBJECT", "UNSPECIFIED"}]
    data.action_slot = fitting[0] if fitting else None
    take_over(rig)


def take_over(rig: bpy.types.Object) -> None:
    """Let the assigned action override NLA tracks on its channels."""
    data = rig.animation_data
    data.action_blend_type = "REPLACE"
    data.action_extrapolation = "HOLD"
    data.action_influence = 1.0
    for track in data.nla_tracks:
        if track.is_solo:
            track.is_solo = False


def accept(rig: bpy.types.Object) -> bpy.types.PropertyGroup:
    """End the review, keeping the shown take; the previous action stays in the file."""
    take = shown(rig)
    if take is None:
        raise LookupError("No take is shown on the character")
    take.accepted = True
    kept = rig.footfall
    if kept.before_action is not None and kept.before_action.library is None:
        kept.before_action.use_fake_user = True
    _end_review(rig)
    return take


def reject(rig: bpy.types.Object, scene: bpy.types.Scene) -> str:
    """Delete the active take, restoring the state before it if shown; returns its name."""
    take = active(rig)
    if take is None:
        raise LookupError("No take is active")
    if in_review(rig) and take == shown(rig):
        scene.frame_start, scene.frame_end = state.frame_range(rig.footfall.before)
        rewind(rig, scene)
        _end_review(rig)
    return remove(rig, rig.footfall.active_take)


def remove(rig: bpy.types.Object, index: int) -> str:
    """Delete a take, and its action unless something else uses it; returns its name."""
    take = rig.footfall.takes[index]
    name, action = take.name, take.action
    rig.footfall.takes.remove(index)
    now = shown(rig)
    choose(rig, now.name if now else "")
    if action is not None and not _used_elsewhere(action):
        bpy.data.actions.remove(action)
    return name


def _end_review(rig: bpy.types.Object) -> None:
    rig.footfall.before = ""
    rig.footfall.before_action = None


def _used_elsewhere(action: bpy.types.Action) -> bool:
    """Whether anything but the list of takes still uses the action."""
    return action.users - int(action.use_fake_user) > 0


def report_of(take: bpy.types.PropertyGroup) -> dict[str, Any]:
    """Return the stored report card of a take."""
    report: dict[str, Any] = json.loads(take.report or "{}")
    return report


def recipe_of(take: bpy.types.PropertyGroup) -> dict[str, Any]:
    """Return the stored recipe of a take."""
    recipe: dict[str, Any] = json.loads(take.recipe or "{}")
    return recipe
