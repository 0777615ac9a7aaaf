# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's frame range: takes under review extend its end, and only that is put back.

The scene remembers the end that the artist chose and the end that was set. If the end is another by
now, the artist has set it, and it is theirs from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from . import takes

Saved = tuple[int, int, int]


def refit(scene: bpy.types.Scene) -> None:
    """Set the end of the range to hold all takes under review, never before the artist's end."""
    kept = scene.footfall
    own = kept.range_own if is_ours(scene) else scene.frame_end
    end = max([own, *_ends(scene)])
    if scene.frame_end != end:
        scene.frame_end = end
    kept.range_own, kept.range_set = (own, end) if end != own else (0, -1)


def is_ours(scene: bpy.types.Scene) -> bool:
    """Whether the end of the range is still as a take set it."""
    return bool(scene.footfall.range_set == scene.frame_end)


def keep(scene: bpy.types.Scene, take: bpy.types.PropertyGroup) -> None:
    """Keep the end that an accepted take needs: it is the artist's from now on."""
    if is_ours(scene) and _extends(take):
        scene.footfall.range_own = max(scene.footfall.range_own, _end(take))


def put_back(scene: bpy.types.Scene, stored: dict[str, Any], last: int) -> None:
    """Put the end back after a take with its last key at ``last`` is gone.

    ``stored`` is the state before the takes; files of older versions hold the range in it.
    """
    if is_ours(scene):
        refit(scene)
    elif "frames" in stored and scene.frame_end == max(stored["frames"][1], last):
        scene.frame_end = stored["frames"][1]


def saved(scene: bpy.types.Scene) -> Saved:
    """Return the end of the range and what is remembered of it."""
    return scene.frame_end, scene.footfall.range_own, scene.footfall.range_set


def restore(scene: bpy.types.Scene, was: Saved) -> None:
    """Restore what ``saved`` returned."""
    if scene.frame_end != was[0]:
        scene.frame_end = was[0]
    scene.footfall.range_own, scene.footfall.range_set = was[1:]


def last_frame(action: bpy.types.Action | None) -> int:
    """Return the frame of an action's last key; 0 without an action."""
    return 0 if action is None else round(action.frame_range[1])


def _ends(scene: bpy.types.Scene) -> Iterator[int]:
    for thing in scene.objects:
        if thing.type == "ARMATURE" and takes.in_review(thing):
            take = takes.shown(thing)
            if take is not None and not take.accepted and _extends(take):
                yield _end(take)


def _extends(take: bpy.types.PropertyGroup) -> bool:
    recipe = takes.recipe_of(take)
    return bool(recipe.get("fit_range")) and not recipe.get("cycle")


def _end(take: bpy.types.PropertyGroup) -> int:
    return last_frame(take.action)
