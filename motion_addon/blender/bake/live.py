# SPDX-License-Identifier: GPL-3.0-or-later
"""Live mode: bakes the shown take again when the path, a setting or a footprint changes.

Handlers only note the time of the change; the bake runs from a timer, a slice at a time, once
changes pause, and begins anew when another change comes. While a footprint is dragged, a bake that
was begun is finished first, so that the take follows the drag.
"""

from __future__ import annotations

import sys
import time

import bpy
from bpy.app.handlers import persistent

from ...errors import RefusedError
from ..keys import recipe, takes
from ..prints import print_edits, print_objects
from ..rig import character
from ..scene import ground_source, progress
from . import job, scene_request

PAUSE = 0.12  # seconds without a change before a bake
SLICE = 0.05  # seconds of work at a time
REST = 0.01  # seconds between two slices, for Blender to draw and listen

_Subject = tuple[int, int, str, int]


class _Watch:
    """The change that live mode waits for, and the bake that it works on."""

    def __init__(self) -> None:
        self.changed = 0.0
        self.scene = 0
        self.steps: job.Steps | None = None
        self.subject: _Subject | None = None
        self.pause = PAUSE
        self.tried: tuple[object, ...] = ()
        """State of the footprints that was baked or refused."""
        self.draft = False
        """Whether the bake that was begun is a draft, while a footprint is dragged."""
        self.after_drag = False
        """Whether a whole bake waits for the end of a drag."""

    def drop(self, _why: str = "") -> None:
        """Forget the change and the bake that was begun."""
        self.scene, self.subject, self.draft, self.after_drag = 0, None, False, False
        if self.steps is not None:
            self.steps.close()
            self.steps = None


_watch = _Watch()


def touch(scene: bpy.types.Scene) -> None:
    """Note that a setting of the scene changed; a bake that was begun is dropped."""
    if progress.now.own:
        return
    _watch.drop()
    if not scene.footfall.live or progress.now.running:
        return
    _watch.scene, _watch.changed, _watch.pause = scene.session_uid, time.monotonic(), PAUSE
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=PAUSE)


def touch_prints(scene: bpy.types.Scene) -> None:
    """Note that a footprint of the shown take was edited, if its object differs from the bake."""
    if progress.now.own or progress.now.running or not scene.footfall.live or _watch.scene:
        return
    now = _prints(bpy.context)
    if not now or now == _watch.tried:
        return
    if not _edited(bpy.context):
        _watch.tried = now
        return
    _watch.scene, _watch.changed, _watch.pause = scene.session_uid, time.monotonic(), 0.0
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=0.0)


def _prints(context: bpy.types.Context) -> tuple[object, ...]:
    """Return the state of the objects of the shown take's footprints."""
    rig = character.current(context) if has_take(context) else None
    return print_objects.state(rig, takes.shown(rig)) if rig is not None else ()


def _edited(context: bpy.types.Context) -> bool:
    """Whether an object of the shown take's footprints is not where the bake put it."""
    rig = character.current(context)
    return rig is not None and print_edits.edited(rig, takes.shown(rig), context.scene)


def waiting() -> bool:
    """Whether a change waits for its bake."""
    return bool(_watch.scene)


def baking() -> bool:
    """Whether a bake is in flight."""
    return _watch.steps is not None


@persistent
def _on_update(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    settings = scene.footfall
    if progress.now.own or not settings.live:
        return
    touch_prints(scene)
    if settings.path is None:
        return
    echo, progress.now.echo = progress.now.echo, False
    changed = {
        update.id.original
        for update in depsgraph.updates
        if update.is_updated_geometry or update.is_updated_transform
    }
    if echo and any(isinstance(one, bpy.types.Object) and one.pose for one in changed):
        return  # path or ground depends on a character that the add-on changed
    if changed & {settings.path, settings.path.data} or _ground_changed(settings, changed):
        touch(scene)


def _ground_changed(settings: bpy.types.PropertyGroup, changed: set[bpy.types.ID]) -> bool:
    """Whether ground or obstacles changed, other than objects that belong to the character."""
    if not (settings.ground or settings.ground_collection or settings.obstacles):
        return False
    ground = ground_source.sources(settings.ground, settings.ground_collection)
    ground |= ground_source.sources(None, settings.obstacles)
    rig = character.current(bpy.context)
    return any(not ground_source.belongs(one, rig) for one in ground if one in changed)


def tick() -> float | None:
    """Work on the bake for a slice; ends the timer when nothing is left to do."""
    scene = bpy.context.scene
    if scene is None or scene.session_uid != _watch.scene or progress.now.running:
        _watch.drop()
        return None
    if time.monotonic() - _watch.changed < _watch.pause:
        return PAUSE
    if _watch.after_drag and print_objects.dragging():
        if _prints(bpy.context) == _watch.tried:
            return PAUSE
        _watch.after_drag = False
    return REST if advance(SLICE) or _watch.scene else None


def advance(seconds: float) -> bool:
    """Work on the bake for some time, beginning it if needed; returns whether more is left.

    A bake whose take is no longer shown under review, or whose scene or character changed, is
    dropped.
    """
    until = time.monotonic() + seconds
    try:
        subject = _subject(bpy.context)
        if subject is None or (_watch.steps is not None and subject != _watch.subject):
            _watch.drop()
        elif _watch.steps is None:
            _watch.draft = print_objects.dragging()
            _watch.steps, _watch.subject = _again(bpy.context, _watch.draft), subject
            _watch.tried = _prints(bpy.context)
        with progress.own_changes(), progress.refusing_deleted():
            while _watch.steps is not None and time.monotonic() < until:
                next(_watch.steps)
    except StopIteration:
        progress.now.problem = ""
        progress.settle()
        _finish()
    except RefusedError as error:
        progress.now.problem = str(error)
        _watch.drop()
    except BaseException:
        _watch.drop()
        raise
    return baking()


def _finish() -> None:
    """End a bake; begin another where the artist has edited a footprint meanwhile."""
    scene, draft = bpy.context.scene, _watch.draft
    _watch.drop()
    touch_prints(scene)
    if draft and not _watch.scene:
        _watch.tried = _prints(bpy.context)
        _watch.scene, _watch.after_drag = scene.session_uid, True


def _subject(context: bpy.types.Context) -> _Subject | None:
    """Return the identity of the scene, character, take and action that live mode bakes.

    None if there is nothing to bake.
    """
    rig = character.current(context)
    take = takes.shown(rig) if rig is not None and has_take(context) else None
    if rig is None or take is None or not context.scene.footfall.live:
        return None
    return context.scene.session_uid, rig.session_uid, take.name, take.action.session_uid


def has_take(context: bpy.types.Context) -> bool:
    """Whether a take is shown that live mode may bake again: a baked one under review."""
    rig = character.current(context)
    if rig is None or rig.type != "ARMATURE" or not takes.in_review(rig):
        return False
    take = takes.shown(rig)
    return take is not None and not take.accepted and takes.baked(take)


def _again(context: bpy.types.Context, draft: bool) -> job.Steps:
    """Return the steps that bake the shown take under review from the settings."""
    rig = character.current(context)
    assert rig is not None
    take = takes.shown(rig)
    assert take is not None
    cycle = recipe.stored(take).cycle
    wanted = scene_request.from_settings(context.scene.footfall, rig, cycle)
    return job.rebake_steps(context, rig, take, wanted, draft)


def rebake(context: bpy.types.Context) -> str:
    """Bake at once, as the timer would; returns why not, if refused."""
    progress.cancel()
    _watch.scene = context.scene.session_uid
    while advance(SLICE):
        pass
    return progress.now.problem


@persistent
def _forget(*_arguments: object) -> None:
    """Drop the motions that are kept for quick bakes."""
    root = __package__.rpartition(".blender")[0]
    for name in ("motion.bake.driven_walks", "blender.rig.level_pose"):
        if f"{root}.{name}" in sys.modules:
            sys.modules[f"{root}.{name}"].forget()


def register() -> None:
    """Start to listen."""
    bpy.app.handlers.depsgraph_update_post.append(_on_update)
    bpy.app.handlers.load_pre.append(_forget)
    progress.on_cancel(_watch.drop)


def unregister() -> None:
    """Stop to listen."""
    bpy.app.handlers.depsgraph_update_post.remove(_on_update)
    bpy.app.handlers.load_pre.remove(_forget)
    _forget()
    progress.off_cancel(_watch.drop)
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    _watch.drop()
