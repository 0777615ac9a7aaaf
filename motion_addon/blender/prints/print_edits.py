# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of footprints for the next bake of a take: stored ones, dragged keys and moved objects.

Stored edits are optional, since path or speed may have changed; those that the artist has made
since the last bake must be met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import bpy
from mathutils import Matrix

from ...errors import RefusedError
from ..keys import footfall_keys, takes
from ..scene.units import meters_per_unit
from . import footprint_axes, print_objects
from .rows import Row, pose_of, rows, turned, yaw_of

MOVED = 0.001
"""Meters from which an object counts as moved."""
TURNED = 0.2
"""Degrees from which an object counts as turned."""
SAME = 0.05
"""Seconds within which two edits name the same print."""

Edit = dict[str, Any]


class _Edits:
    """Edits of a recipe, of which some are made again."""

    def __init__(self, stored: Sequence[Edit]) -> None:
        self._all: list[Edit] = [{**edit, "optional": True} for edit in stored]

    def entry(self, foot: str, at: float, added: bool) -> Edit:
        """Return the edit of a print, to be changed; it must then be met."""
        edit = self._find(foot, at, added)
        if edit is None:
            edit = {"foot": foot, "at": round(at, 4)} | ({"add": True} if added else {})
            self._all.append(edit)
        edit.pop("optional", None)
        return edit

    def drop(self, foot: str, at: float, added: bool) -> None:
        """Forget the edit of a print."""
        edit = self._find(foot, at, added)
        if edit is not None:
            self._all.remove(edit)

    def out(self) -> tuple[Edit, ...]:
        """Return the edits that change anything."""
        return tuple(edit for edit in self._all if set(edit) - {"foot", "at", "optional"})

    def _find(self, foot: str, at: float, added: bool) -> Edit | None:
        for edit in self._all:
            same = edit["foot"] == foot and bool(edit.get("add")) == added
            if same and abs(edit["at"] - at) < SAME:
                return edit
        return None


def of(
    rig: bpy.types.Object, take: bpy.types.PropertyGroup, scene: bpy.types.Scene
) -> tuple[Edit, ...]:
    """Return the edits of footprints for the next bake of a take, as in a recipe.

    Raises RefusedError.
    """
    if not footfall_keys.movable(take):
        return ()
    edits = _Edits(footfall_keys.stored(take))
    for drag in footfall_keys.dragged(take):
        edit = edits.entry(drag.foot, drag.at, drag.added)
        for key, second in (("to", drag.to), ("lift", drag.lift)):
            edit.pop(key, None)
            if second is not None:
                edit[key] = second
    collection = print_objects.collection_of(rig, take)
    things = [] if collection is None else print_objects.objects_of(collection)
    if things:
        _read(edits, take, scene, things)
    return edits.out()


def edited(rig: bpy.types.Object, take: bpy.types.PropertyGroup, scene: bpy.types.Scene) -> bool:
    """Whether an object of a take's footprints is not as the bake put it."""
    collection = print_objects.collection_of(rig, take)
    things = [] if collection is None else print_objects.objects_of(collection)
    edits = _Edits(())
    if things:
        try:
            _read(edits, take, scene, things)
        except RefusedError:
            return True
    return bool(edits.out())


def is_copy(thing: bpy.types.Object) -> bool:
    """Whether a print object is a copy that the artist made, which adds a print."""
    for collection in thing.users_collection:
        things = print_objects.objects_of(collection)
        return thing not in print_objects.originals(things)
    return False


def poses(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> dict[int, Matrix]:
    """Return the poses of a take's print objects by session number."""
    collection = print_objects.collection_of(rig, take)
    things = [] if collection is None else print_objects.objects_of(collection)
    return {thing.session_uid: pose_of(thing) for thing in things}


def _read(
    edits: _Edits,
    take: bpy.types.PropertyGroup,
    scene: bpy.types.Scene,
    things: Sequence[bpy.types.Object],
) -> None:
    """Add what objects differ from where the bake put their prints."""
    known, own = rows(take, scene), print_objects.originals(things)
    meters, second = meters_per_unit(scene), _seconds(take)
    for row in known:
        thing = _object_of(row, own)
        if thing is None and row.added:
            edits.drop(row.foot, row.at, True)
        elif thing is None:
            edit = edits.entry(row.foot, row.at, False)
            edit.clear()
            edit |= {"foot": row.foot, "at": round(row.at, 4), "delete": True}
        else:
            changes = _moved(thing, row, meters)
            times = thing.footfall.print.touchdown, thing.footfall.print.liftoff
            for key, frame, was in zip(("to", "lift"), times, row.frames, strict=True):
                if frame != was:
                    changes[key] = second(frame)
            if changes:
                edit = edits.entry(row.foot, row.at, row.added)
                edit |= changes
    for thing in things:
        if thing not in own:
            edit = _added(thing, known, second, meters)
            edits.entry(edit["foot"], edit["at"], True).update(edit)


def object_of_edit(
    rig: bpy.types.Object,
    take: bpy.types.PropertyGroup,
    scene: bpy.types.Scene,
    foot: str,
    at: float,
    added: bool,
) -> bpy.types.Object | None:
    """Return the object of the print that an edit names, None if there is none."""
    collection = print_objects.collection_of(rig, take)
    things = [] if collection is None else print_objects.objects_of(collection)
    known, own = rows(take, scene), print_objects.originals(things)
    meters, second = meters_per_unit(scene), _seconds(take)
    for thing in things:
        mine = thing.footfall.print
        if mine.foot != foot:
            continue
        copy = thing not in own
        time = _added(thing, known, second, meters)["at"] if copy else mine.at
        if (copy or mine.added) == added and abs(time - at) < SAME:
            return thing
    return None


def _seconds(take: bpy.types.PropertyGroup) -> Callable[[float], float]:
    """Return the function from a frame of the scene to a second of a take."""
    fps, first = takes.report_of(take)["fps"], takes.recipe_of(take).get("frame_start", 1)
    return lambda frame: round((frame - first) / fps, 4)


def _object_of(row: Row, things: Sequence[bpy.types.Object]) -> bpy.types.Object | None:
    for thing in things:
        own = thing.footfall.print
        if (own.foot, own.added) == (row.foot, row.added) and abs(own.at - row.at) < SAME:
            return thing
    return None


def _moved(thing: bpy.types.Object, row: Row, meters: float) -> Edit:
    """Return the place and the direction that an object gives a print, if it is moved."""
    pose, out = pose_of(thing), Edit()
    way = pose.translation - row.matrix.translation
    if way.xy.length * meters > MOVED:
        out["place"] = _place(row, way, meters)
    turn = turned(yaw_of(row.matrix), yaw_of(pose))
    if abs(turn) > TURNED:
        out["yaw"] = round(row.yaw + turn, 3)
    return out


def _place(row: Row, way: Any, meters: float) -> list[float]:
    """Return the place of a print, as in a recipe, that is moved by ``way``."""
    here = footprint_axes.world_point(row.core_place, meters)
    return [round(here[0] + way.x, 5), round(here[1] + way.y, 5), round(here[2], 5)]


def _added(
    thing: bpy.types.Object, known: Sequence[Row], second: Callable[[float], float], meters: float
) -> Edit:
    """Return the edit that adds the print of a copied object, in the swing that it lies in."""
    foot, pose = thing.footfall.print.foot, pose_of(thing)
    here = pose.translation.xy
    own = sorted((row for row in known if row.foot == foot), key=lambda row: row.frames)
    gaps = list(pairwise(own))
    if not gaps:
        raise RefusedError(f"{thing.name} cannot be added: its foot makes no step; delete it")

    def detour(gap: tuple[Row, Row]) -> float:
        a, b = (row.matrix.translation.xy for row in gap)
        return float((here - a).length + (b - here).length - (b - a).length)

    before, after = min(gaps, key=detour)
    at = second(0.5 * (before.frames[1] + after.frames[0]))
    way = pose.translation - before.matrix.translation
    yaw = before.yaw + turned(yaw_of(before.matrix), yaw_of(pose))
    place = _place(before, way, meters)
    return {"foot": foot, "at": at, "add": True, "place": place, "yaw": round(yaw, 3)}
