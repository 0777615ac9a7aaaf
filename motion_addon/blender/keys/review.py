# SPDX-License-Identifier: GPL-3.0-or-later
"""The review of takes: the state before them, and accepting and rejecting them.

While takes are under review, the state before them is stored with the character: Reject restores
it exactly, Accept discards it. The action before them is the artist's. It holds a fake user while
the review lasts, so that it outlives anything that happens to the character meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from ..rig import override_copy
from . import scene_range, state, takes

LENT = "fake_user"
"""Key in the stored state: the action before was given its fake user by the review."""


def begin(rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Store the present state, unless the character shows a take under review.

    If the artist left an earlier review by assigning something else, that review ends: its action
    keeps its fake user.
    """
    state.put_pose_back(rig)
    if takes.in_review(rig) and takes.shown(rig) is not None:
        return
    action = rig.animation_data.action if rig.animation_data else None
    stored = json.loads(state.capture(rig, scene))
    stored[LENT] = action is not None and action.library is None and not action.use_fake_user
    if stored[LENT]:
        action.use_fake_user = True
    rig.footfall.before = json.dumps(stored)
    rig.footfall.before_action = action


@contextmanager
def listed_only() -> Iterator[None]:
    """Let the active take be set within the context without being shown."""
    _picking.shows = False
    try:
        yield
    finally:
        _picking.shows = True


class _Picking:
    shows = True


_picking = _Picking()


def show_active(rig: bpy.types.Object) -> None:
    """Assign the action of the active take to the character."""
    take = takes.active(rig)
    if not _picking.shows or take is None or take.action is None or take == takes.shown(rig):
        return
    begin(rig, bpy.context.scene)
    takes.assign(rig, take.action)
    override_copy.keep(rig)


class SavedState:
    """The state and review of a character, to restore if a bake is interrupted."""

    def __init__(self, rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
        """Save the present state and review."""
        self._rig, self._scene = rig, scene
        self._action = rig.animation_data.action if rig.animation_data else None
        self._fake_user = self._action is not None and self._action.use_fake_user
        self._review = (rig.footfall.before, rig.footfall.before_action)
        self._scrub = (rig.footfall.scrub_before, rig.footfall.scrub_posed)
        self._state = state.capture(rig, scene)
        self._range = scene_range.saved(scene)

    def restore(self) -> None:
        """Restore the saved state and review."""
        state.restore(self._rig, self._scene, self._state, self._action)
        if self._action is not None and self._action.use_fake_user != self._fake_user:
            self._action.use_fake_user = self._fake_user
        kept = self._rig.footfall
        kept.before, kept.before_action = self._review
        kept.scrub_before, kept.scrub_posed = self._scrub
        scene_range.restore(self._scene, self._range)


@contextmanager
def rewound(rig: bpy.types.Object, scene: bpy.types.Scene) -> Iterator[None]:
    """Show the state before any take within the context, then the present one again."""
    saved = SavedState(rig, scene)
    rewind(rig, scene)
    try:
        yield
    finally:
        saved.restore()


def rewind(rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Restore the state before the takes, if one is stored, without ending the review."""
    kept = rig.footfall
    state.put_pose_back(rig)
    if takes.in_review(rig) and takes.shown(rig) is not None:
        state.restore(rig, scene, kept.before, kept.before_action)


def accept(rig: bpy.types.Object) -> bpy.types.PropertyGroup:
    """End the review, keeping the shown take; the previous action stays in the file."""
    take = takes.shown(rig)
    if take is None:
        raise LookupError("No take is shown on the character")
    for scene in rig.users_scene:
        scene_range.keep(scene, take)
    take.accepted = True
    action = rig.footfall.before_action
    if action is not None and action.library is None:
        action.use_fake_user = True  # reviews that an older version began hold no fake user
    _end(rig)
    return take


def reject(rig: bpy.types.Object, scene: bpy.types.Scene) -> str:
    """Restore the state before the active take if it is shown, and delete it; returns its name.

    An accepted take stays in the list: its keys are the artist's.
    """
    take = takes.active(rig)
    if take is None:
        raise LookupError("No take is active")
    name, accepted = str(take.name), take.accepted
    if takes.in_review(rig) and take == takes.shown(rig):
        last, stored = scene_range.last_frame(take.action), json.loads(rig.footfall.before)
        _put_back(rig, scene, stored)
        for other in {scene, *rig.users_scene}:
            scene_range.put_back(other, stored, last)
    if accepted:
        takes.choose(rig, "")
    else:
        takes.remove(rig, rig.footfall.active_take)
    return name


def _put_back(rig: bpy.types.Object, scene: bpy.types.Scene, stored: dict[str, Any]) -> None:
    """Restore the state before the takes and end the review."""
    names, action = state.renamed(rig, stored.get("bones", [])), rig.footfall.before_action
    rewind(rig, scene)
    if action is not None and action.library is None:
        for old, new in names.items():
            _rename_bone(action, old, new)
        if stored.get(LENT):
            action.use_fake_user = False
    _end(rig)


def _rename_bone(action: bpy.types.Action, old: str, new: str) -> None:
    """Let an action's F-curves animate a bone by its new name, as Blender does if it is assigned.

    Nothing changes if the action animates a bone of the new name already.
    """
    from ..scene import fcurves

    start, other, curves = fcurves.bone_path(old), fcurves.bone_path(new), takes.curves(action)
    if any(curve.data_path.startswith(other) for curve in curves):
        return
    for curve in curves:
        if curve.data_path.startswith(start):
            curve.data_path = other + curve.data_path[len(start) :]


def _end(rig: bpy.types.Object) -> None:
    rig.footfall.before = ""
    rig.footfall.before_action = None
    override_copy.keep(rig)
