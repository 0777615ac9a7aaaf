# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of a written take: whether it plays as planned, and the obstacles if it does not.

The character is played in a scene of its own, on a few frames. Blender pulls its parents, targets
and drivers into that scene, and nothing of the artist's scene changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..scene.units import meters_per_unit
from . import obstacles

if TYPE_CHECKING:
    from .expected_places import Expected
    from .key_plan import KeyPlan

_UNEXPLAINED = 8.0
"""Limits by which a take may miss its places if no obstacle is found."""
_LISTED = 4


def warnings(
    plan: KeyPlan, frame_start: float, rig: bpy.types.Object, scene: bpy.types.Scene
) -> list[str]:
    """Return a sentence if the shown take does not play as planned, else nothing.

    Compares hips and feet on a few frames with the plan's expected places, through all parents,
    constraints, drivers and NLA strips.
    """
    wanted = plan.expected
    if wanted is None or not wanted.places or rig.hide_viewport:
        return []
    with _stage(rig, scene) as stage:
        gaps = [_gap(rig, wanted, row, _go(stage, plan, row, frame_start)) for row in wanted.rows]
        far = max(gaps)
        if far <= wanted.limit:
            return []
        row = wanted.rows[gaps.index(far)]
        graph = _go(stage, plan, row, frame_start)
        found = list(dict.fromkeys(obstacles.find(rig, plan, wanted, row, graph)))
    if not found and far < _UNEXPLAINED * wanted.limit:
        return []
    return [_sentence(found, far * meters_per_unit(scene))]


def _go(stage: bpy.types.Scene, plan: KeyPlan, row: int, frame_start: float) -> bpy.types.Depsgraph:
    """Move the stage to a frame of the plan; returns its evaluated dependency graph."""
    frame = float(plan.frames[row]) + frame_start
    stage.frame_set(int(np.floor(frame)), subframe=frame - float(np.floor(frame)))
    return stage.view_layers[0].depsgraph


def _gap(rig: bpy.types.Object, wanted: Expected, row: int, graph: bpy.types.Depsgraph) -> float:
    """Return the largest distance of a bone from its place."""
    played = rig.evaluated_get(graph)
    assert played.pose is not None
    world = np.array(played.matrix_world, dtype=np.float64)
    heads = np.array([played.pose.bones[name].head for name in wanted.places])
    places = np.array([place[row] for place in wanted.places.values()])
    gaps = np.linalg.norm(heads @ world[:3, :3].T + world[:3, 3] - places, axis=1)
    return float(gaps.max()) if np.isfinite(gaps).all() else np.inf


def _sentence(found: list[str], meters: float) -> str:
    far = f"{meters:.1f} m" if meters >= 1.0 else f"{100.0 * meters:.0f} cm"
    start = f"The take plays up to {far} off the planned motion"
    if not found:
        return f"{start}; look for constraints, drivers or parents that move the rig"
    listed = found[:_LISTED]
    if len(found) > _LISTED:
        listed.append(f"{len(found) - _LISTED} more")
    joined = " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
    them = "them" if len(found) > 1 else "it"
    return f"{start} because of {joined}; mute or clear {them} and bake again"


@contextmanager
def _stage(rig: bpy.types.Object, scene: bpy.types.Scene) -> Iterator[bpy.types.Scene]:
    """Provide a new scene with the rig alone, and keep frame handlers from running in it.

    ``Scene.frame_set`` there leaves the original data-blocks as they are; an update of its view
    layer would overwrite edits that have no keys yet.
    """
    handlers = (bpy.app.handlers.frame_change_pre, bpy.app.handlers.frame_change_post)
    kept = [list(calls) for calls in handlers]
    stage = bpy.data.scenes.new("Footfall Playback Check")
    try:
        for calls in handlers:
            calls.clear()
        for key, value in scene.items():
            if isinstance(value, int | float | str):  # drivers may read the scene's properties
                stage[key] = value
        stage.collection.objects.link(rig)
        yield stage
    finally:
        bpy.data.scenes.remove(stage)
        for calls, own in zip(handlers, kept, strict=True):
            calls[:] = own
