# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a take's footprints: shown in a collection of their own, placed, and removed.

The collection and the take share a mark, which survives renaming, saving and undo. What an object
is, is in ``object.footfall.print``; where the bake put its print is in the take's report.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import bpy
from mathutils import Matrix

from ..keys import takes
from ..scene.units import meters_per_unit
from . import shapes
from .rows import NEAR, Row, pose_of, rows

MARK = "footfall_prints"
"""Custom property of a collection of prints: the mark that its take has, too."""
DRAGS = ("TRANSFORM_OT_", "OBJECT_OT_", "GIZMOGROUP_OT_")
"""Prefixes of the operators that drag objects."""
OWNER = "footfall_rig"
"""Custom property of a collection of prints: name of the character, of which copies may exist."""


def collection_of(
    rig: bpy.types.Object, take: bpy.types.PropertyGroup | None
) -> bpy.types.Collection | None:
    """Return the collection with the footprints of a take, None if they are not shown."""
    if take is None or not take.prints:
        return None
    for one in bpy.data.collections:
        if one.get(MARK) == take.prints and one.library is None:
            owner: bpy.types.Object | None = bpy.data.objects.get(one.get(OWNER, ""))
            if owner in (rig, None) or take.prints not in {t.prints for t in owner.footfall.takes}:
                return one
    return None


def objects_of(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """Return the objects of a collection that are footprints, by name."""
    found = [thing for thing in collection.all_objects if thing.footfall.print.foot]
    return sorted(found, key=lambda thing: thing.name)


def print_take(thing: bpy.types.Object | None) -> tuple[bpy.types.Object, str] | None:
    """Return the character and the name of the take to which a print object belongs."""
    if thing is None or not thing.footfall.print.foot:
        return None
    own = [one for one in thing.users_collection if one.get(MARK)]
    for rig in bpy.data.objects if own else ():
        for take in rig.footfall.takes:
            if collection_of(rig, take) in own:
                return rig, take.name
    return None


def originals(things: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """Return the objects that a bake made, without copies of them."""
    best: dict[tuple[str, float, bool], bpy.types.Object] = {}
    for thing in things:
        own = thing.footfall.print
        key = own.foot, round(own.at, 3), own.added
        known = best.get(key)
        if known is None or (own.name == thing.name and known.footfall.print.name != known.name):
            best[key] = thing
    return [thing for thing in things if thing in best.values()]


def show(
    context: bpy.types.Context, rig: bpy.types.Object, take: bpy.types.PropertyGroup
) -> bpy.types.Collection:
    """Show the footprints of a take as objects, or renew those that are shown."""
    found = collection_of(rig, take)
    if found is None:
        take.prints = uuid.uuid4().hex
        found = bpy.data.collections.new(f"Footprints {rig.name}")
        found[MARK], found[OWNER] = take.prints, rig.name
        found.hide_render = True
        context.scene.collection.children.link(found)
    place(rig, take, context.scene)
    return found


def hide(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> None:
    """Remove the objects of a take's footprints."""
    found = collection_of(rig, take)
    if found is not None:
        _remove(found)
    take.prints = ""


def remove_unowned() -> None:
    """Remove the footprints of takes that are gone."""
    marks = {take.prints for rig in bpy.data.objects for take in rig.footfall.takes}
    for one in [c for c in bpy.data.collections if c.get(MARK) and c.library is None]:
        if one[MARK] not in marks:
            _remove(one)


def hand_over(old: bpy.types.PropertyGroup, new: bpy.types.PropertyGroup) -> None:
    """Let the shown footprints of a take be those of the take that was baked from it."""
    if old != new and old.prints:
        new.prints, old.prints = old.prints, ""


def place(
    rig: bpy.types.Object,
    take: bpy.types.PropertyGroup,
    scene: bpy.types.Scene,
    read: dict[int, Matrix] | None = None,
) -> None:
    """Put the objects of a take where its prints are; add those that lack, remove the others.

    ``read`` has the poses of objects by session number when the bake began: those that the artist
    has moved since stay in their place. While objects are dragged, none is removed.
    """
    collection = collection_of(rig, take)
    if collection is None:
        return
    if collection.get(OWNER) != rig.name:
        collection[OWNER] = rig.name
    left = objects_of(collection)
    known, meshes = _matched(rows(take, scene), left), {}
    _rename([(row, thing) for row, thing in known if thing is not None])
    outlines = takes.report_of(take).get("outlines") or {}
    for row, found in known:
        thing = found
        if thing is None:
            if row.foot not in meshes:
                outline = outlines.get(row.foot, ())
                meshes[row.foot] = shapes.mesh(row.foot, outline, meters_per_unit(scene))
            thing = _new(collection, row, meshes[row.foot])
        else:
            left.remove(thing)
        _set(thing, row)
        was = (read or {}).get(thing.session_uid)
        if found is None or was is None or _same(was, pose_of(thing)):
            move(thing, row.matrix)
    if not dragging():
        for thing in left:
            _delete(thing)


def state(
    rig: bpy.types.Object, take: bpy.types.PropertyGroup | None
) -> tuple[tuple[object, ...], ...]:
    """Return the poses and the times of a take's print objects, to compare; empty without any."""
    collection = collection_of(rig, take)
    out = []
    for thing in objects_of(collection) if collection is not None else ():
        pose = tuple(round(v, 5) for row in pose_of(thing) for v in row)
        own = thing.footfall.print
        out.append((thing.session_uid, pose, own.touchdown, own.liftoff))
    return tuple(out)


def dragging() -> bool:
    """Whether objects are dragged in any window, or another of Blender's operators on them runs."""
    windows = bpy.context.window_manager.windows
    running = [one for window in windows for one in getattr(window, "modal_operators", ())]
    return any(one.bl_idname.startswith(DRAGS) for one in running)


def _matched(
    found: Sequence[Row], things: Sequence[bpy.types.Object]
) -> list[tuple[Row, bpy.types.Object | None]]:
    """Return each print with its object: that of the same touchdown, else any that is left."""
    made = originals(things)
    free = [*made, *(one for one in things if one not in made)]
    out: dict[int, bpy.types.Object] = {}
    for exact in (True, False):
        for index, row in enumerate(found):
            own = [thing for thing in free if thing.footfall.print.foot == row.foot]
            if index in out or not own:
                continue
            if exact:
                own = [thing for thing in own if _is_of(thing, row)]
                best = min(own, key=lambda t: abs(t.footfall.print.at - row.at), default=None)
            else:
                to = row.matrix.translation
                best = min(own, key=lambda t: (pose_of(t).translation - to).length)
            if best is not None:
                out[index] = best
                free.remove(best)
    return [(row, out.get(index)) for index, row in enumerate(found)]


def _is_of(thing: bpy.types.Object, row: Row) -> bool:
    own = thing.footfall.print
    return own.added == row.added and abs(own.at - row.at) < NEAR


def _new(collection: bpy.types.Collection, row: Row, mesh: bpy.types.Mesh) -> bpy.types.Object:
    made: bpy.types.Object = bpy.data.objects.new(row.name, mesh)
    made.hide_render = True
    made.show_in_front = True
    made.show_name = True
    made.lock_scale = (True, True, True)
    collection.objects.link(made)
    return made


def _rename(pairs: Sequence[tuple[Row, bpy.types.Object]]) -> None:
    """Number objects anew, but for those that the artist has given other names."""
    ours = [(row, thing) for row, thing in pairs if _is_named(thing)]
    others = [(row, thing) for row, thing in ours if thing.name != row.name]
    for _, thing in others:
        thing.name = f"Footprint {uuid.uuid4().hex}"
    for row, thing in others:
        thing.name = row.name


def _is_named(thing: bpy.types.Object) -> bool:
    """Whether an object has the name that it was given here, or that of a copy of it."""
    first, _, last = thing.name.rpartition(".")
    stem = first if last.isdigit() else thing.name
    given, _, number = thing.footfall.print.name.rpartition(".")
    return stem == (given if number.isdigit() else thing.footfall.print.name)


def _set(thing: bpy.types.Object, row: Row) -> None:
    own = thing.footfall.print
    values = {
        "foot": row.foot, "at": row.at, "added": row.added, "name": thing.name,
        "touchdown": row.frames[0], "liftoff": row.frames[1],
    }  # fmt: skip
    for key, value in values.items():
        if getattr(own, key) != value:
            setattr(own, key, value)


def move(thing: bpy.types.Object, matrix: Matrix) -> None:
    """Give an object another world matrix."""
    if not _same(pose_of(thing), matrix):
        if thing.parent is None and not len(thing.constraints):
            thing.matrix_basis = matrix
        else:
            thing.matrix_world = matrix


def _same(one: Matrix, other: Matrix) -> bool:
    return max(abs(one[i][j] - other[i][j]) for i in range(4) for j in range(4)) < 1e-5


def _remove(collection: bpy.types.Collection) -> None:
    for thing in objects_of(collection):
        _delete(thing)
    if not len(collection.all_objects) and not len(collection.children):
        bpy.data.collections.remove(collection)
    else:  # the artist has put something else there
        del collection[MARK], collection[OWNER]
    shapes.remove_unused()


def _delete(thing: bpy.types.Object) -> None:
    mesh = thing.data
    bpy.data.objects.remove(thing)
    if isinstance(mesh, bpy.types.Mesh) and not mesh.users:
        bpy.data.meshes.remove(mesh)
