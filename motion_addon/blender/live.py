# SPDX-License-Identifier: GPL-3.0-or-later
"""Live mode: owns noticing that the path or a setting changed and baking the shown take again.

Handlers only note the time of the change; the bake runs from a timer once changes pause.
"""

from __future__ import annotations

import time

import bpy
from bpy.app.handlers import persistent

from . import character, job, progress, recipe, takes

PAUSE = 0.12  # seconds without a change before a bake
_changed: dict[str, float] = {}  # scene name to the time of its last change


def touch(scene: bpy.types.Scene) -> None:
    """Note that a setting of the scene changed."""
    if not scene.footfall.live or progress.now.running:
        return
    _changed[scene.name] = time.monotonic()
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=PAUSE)


def waiting() -> bool:
    """Whether a change waits for its bake."""
    return bool(_changed)


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


def _tick() -> float | None:
    """Bake scenes that have been quiet for a moment; ends the timer when none is left."""
    for name, changed in list(_changed.items()):
        if time.monotonic() - changed < PAUSE:
            return PAUSE
        del _changed[name]
        if bpy.context.scene is not None and bpy.context.scene.name == name:
            rebake(bpy.context)
    return None


def rebake(context: bpy.types.Context) -> str:
    """Bake the shown take under review again from the settings; returns why not, if refused."""
    rig = character.current(context)
    take = takes.shown(rig) if rig is not None and takes.in_review(rig) else None
    if rig is None or take is None or take.accepted or progress.now.running:
        return ""
    cycle = recipe.Recipe.from_json(takes.recipe_of(take)).cycle
    wanted = recipe.named(recipe.from_settings(context.scene.footfall, rig, cycle), take.name)
    progress.now.running = True
    try:
        job.run(job.bake_steps(context, rig, wanted, again=True))
        progress.now.problem = ""
    except job.RefusedError as error:
        progress.now.problem = str(error)
    finally:
        progress.now.running = False
    return progress.now.problem


def register() -> None:
    """Start to listen."""
    bpy.app.handlers.depsgraph_update_post.append(_on_update)


def unregister() -> None:
    """Stop to listen."""
    bpy.app.handlers.depsgraph_update_post.remove(_on_update)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _changed.clear()
