# SPDX-License-Identifier: GPL-3.0-or-later
"""Live mode: bakes the shown take again when the path or a setting changes.

Handlers only note the time of the change; the bake runs from a timer, a slice at a time, once
changes pause, and begins anew when another change comes.
"""

from __future__ import annotations

import time

import bpy
from bpy.app.handlers import persistent

from ...errors import RefusedError
from ..keys import takes
from ..keys.recipe import Recipe
from ..rig import character
from ..scene import progress
from . import job, scene_request

PAUSE = 0.12  # seconds without a change before a bake
SLICE = 0.05  # seconds of work at a time
REST = 0.01  # seconds between two slices, for Blender to draw and listen


class _Watch:
    """The change that live mode waits for, and the bake that it works on."""

    def __init__(self) -> None:
        self.changed = 0.0
        self.scene = ""
        self.steps: job.Steps | None = None

    def drop(self) -> None:
        """Forget the change and the bake that was begun."""
        self.scene = ""
        if self.steps is not None:
            self.steps.close()
            self.steps = None


_watch = _Watch()


def touch(scene: bpy.types.Scene) -> None:
    """Note that a setting of the scene changed."""
    if not scene.footfall.live or progress.now.running:
        return
    _watch.drop()
    _watch.scene, _watch.changed = scene.name, time.monotonic()
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=PAUSE)


def waiting() -> bool:
    """Whether a change waits for its bake."""
    return bool(_watch.scene)


@persistent
def _on_update(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    settings = scene.footfall
    if not settings.live or settings.path is None:
        return
    watched = {settings.path, settings.path.data, settings.ground}
    for update in depsgraph.updates:
        if update.id.original in watched and (
            update.is_updated_geometry or update.is_updated_transform
        ):
            touch(scene)
            return


@persistent
def _on_replace(*_arguments: object) -> None:
    """Forget the bake that was begun; undo, redo and loading replace the data that it reads."""
    _watch.drop()
    progress.now.problem = ""


def _tick() -> float | None:
    """Go on with the bake for a slice; ends the timer when nothing is left to do."""
    scene = bpy.context.scene
    if scene is None or scene.name != _watch.scene or progress.now.running:
        _watch.drop()
        return None
    if time.monotonic() - _watch.changed < PAUSE:
        return PAUSE
    if _watch.steps is None:
        _watch.steps = _again(bpy.context)
    return REST if _watch.steps is not None and advance(SLICE) else None


def advance(seconds: float) -> bool:
    """Work on the bake for some time; returns whether more is left to do."""
    until = time.monotonic() + seconds
    try:
        while _watch.steps is not None and time.monotonic() < until:
            next(_watch.steps)
    except StopIteration:
        progress.now.problem = ""
        _watch.drop()
    except RefusedError as error:
        progress.now.problem = str(error)
        _watch.drop()
    return _watch.steps is not None


def has_take(context: bpy.types.Context) -> bool:
    """Whether a take is shown that live mode may bake again: one under review."""
    rig = character.current(context)
    if rig is None or rig.type != "ARMATURE" or not takes.in_review(rig):
        return False
    take = takes.shown(rig)
    return take is not None and not take.accepted and takes.baked(take)


def _again(context: bpy.types.Context) -> job.Steps | None:
    """Return the steps that bake the shown take under review from the settings."""
    rig = character.current(context)
    take = takes.shown(rig) if rig is not None and has_take(context) else None
    if rig is None or take is None:
        _watch.drop()
        return None
    cycle = Recipe.from_json(takes.recipe_of(take)).cycle
    wanted = scene_request.from_settings(context.scene.footfall, rig, cycle)
    return job.rebake_steps(context, rig, take, wanted)


def rebake(context: bpy.types.Context) -> str:
    """Bake at once, as the timer would; returns why not, if refused."""
    _watch.steps = _again(context)
    while advance(SLICE):
        pass
    return progress.now.problem


def register() -> None:
    """Start to listen."""
    handlers = bpy.app.handlers
    handlers.depsgraph_update_post.append(_on_update)
    for event in (handlers.undo_pre, handlers.redo_pre, handlers.load_pre):
        event.append(_on_replace)


def unregister() -> None:
    """Stop to listen."""
    handlers = bpy.app.handlers
    for event in (handlers.undo_pre, handlers.redo_pre, handlers.load_pre):
        event.remove(_on_replace)
    handlers.depsgraph_update_post.remove(_on_update)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _watch.drop()
