# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the Footfall data of library overrides, kept in the local scene.

Blender builds an override from its library again when a file or a library is loaded. Rows of equal
names then collide, Blender 5 drops a property group that the library lacks, and a file that was
opened without Footfall drops all of it. A scene of the file keeps its properties in all three
cases, and the users of the actions that they point to.

A copy is written before a file is saved, before a library is loaded, and by `keep`. It is restored
when the override's data-block was built again since, known by the session's number of the block.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import bpy
from bpy.app.handlers import persistent

SESSION = uuid.uuid4().hex
"""Name of this session of Blender; numbers of data-blocks hold within one session."""


class _Restoring:
    """Whether a copy is being restored; update callbacks of properties do nothing then."""

    now = False


def restoring() -> bool:
    """Whether a copy is being restored, so that properties change without their effects."""
    return _Restoring.now


def keep(rig: bpy.types.Object) -> None:
    """Store a copy of a rig's Footfall data, if the rig is an override that changed it."""
    if not _is_override(rig):
        return
    blocks: list[bpy.types.ID] = []
    values = _values(rig.footfall, blocks)
    rows = _rows(rig)
    changed = not _same_as_library(rig, values, blocks)
    for overrides, index in reversed(rows[1:] if changed else rows):
        overrides.remove(index)
    if changed:
        overrides, index = rows[0] if rows else (_home(rig), -1)
        row = overrides[index] if rows else overrides.add()
        for name, value in (("rig", rig), ("data", json.dumps(values)), ("block", _block(rig))):
            if getattr(row, name) != value:
                setattr(row, name, value)
        if [link.block for link in row.links] != blocks:
            row.links.clear()
            for block in blocks:
                row.links.add().block = block


def keep_all() -> None:
    """Store copies for all overrides of the file; drop the copies that nothing needs."""
    restore_rebuilt()
    for scene in _local_scenes():
        overrides = scene.footfall.overrides
        for index in reversed(range(len(overrides))):
            if not _is_override(overrides[index].rig):
                overrides.remove(index)
    for rig in bpy.data.objects:
        if rig.type == "ARMATURE":
            keep(rig)


def restore_rebuilt() -> None:
    """Restore the copies of all overrides that Blender built again since they were copied."""
    for scene in _local_scenes():
        for row in scene.footfall.overrides:
            if _is_override(row.rig) and row.block != _block(row.rig):
                _restore(row)


def _restore(row: bpy.types.PropertyGroup) -> None:
    row.block = _block(row.rig)
    try:
        values = json.loads(row.data)
    except ValueError:
        return
    _Restoring.now = True
    try:
        _assign(row.rig.footfall, values, [link.block for link in row.links])
    finally:
        _Restoring.now = False


def _is_override(rig: bpy.types.Object | None) -> bool:
    """Whether a rig is a local override that is still in use."""
    return (
        rig is not None
        and rig.library is None
        and rig.override_library is not None
        and (bool(rig.users_collection) or rig.use_fake_user)
    )


def _block(rig: bpy.types.Object) -> str:
    """Return the name of a rig's data-block as it is in memory; another if it is built again."""
    return f"{SESSION}:{rig.session_uid}"


def _local_scenes() -> list[bpy.types.Scene]:
    return [s for s in bpy.data.scenes if s.library is None and s.override_library is None]


def _rows(rig: bpy.types.Object) -> list[tuple[Any, int]]:
    """Return the copies of a rig as pairs of a scene's copies and a place among them."""
    found = [scene.footfall.overrides for scene in _local_scenes()]
    return [(rows, n) for rows in found for n, row in enumerate(rows) if row.rig == rig]


def _home(rig: bpy.types.Object) -> Any:
    """Return the copies of the scene that keeps a rig's copy: one that shows it, if any does."""
    scenes = _local_scenes()
    return next((s for s in scenes if s in rig.users_scene), scenes[0]).footfall.overrides


def _same_as_library(rig: bpy.types.Object, values: dict, blocks: list[bpy.types.ID]) -> bool:
    """Whether a rig's data is its library's, so that changes of the library come through."""
    library = rig.override_library.reference
    pointed: list[bpy.types.ID] = []
    return library is not None and (_values(library.footfall, pointed), pointed) == (values, blocks)


def _properties(group: bpy.types.PropertyGroup) -> Iterator[bpy.types.Property]:
    return (prop for prop in group.bl_rna.properties if prop.identifier != "rna_type")


def _values(group: bpy.types.PropertyGroup, blocks: list[bpy.types.ID]) -> dict[str, Any]:
    """Return all properties of a group as JSON values; ``blocks`` gets the data-blocks in use.

    A pointer becomes a place in ``blocks``.
    """
    return {prop.identifier: _value(group, prop, blocks) for prop in _properties(group)}


def _value(
    group: bpy.types.PropertyGroup, prop: bpy.types.Property, blocks: list[bpy.types.ID]
) -> Any:
    value = getattr(group, prop.identifier)
    if prop.type == "COLLECTION":
        return [_values(row, blocks) for row in value]
    if prop.type == "POINTER" and isinstance(value, bpy.types.ID):
        blocks.append(value)
        return len(blocks) - 1
    if prop.type == "POINTER":
        return None if value is None else _values(value, blocks)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a list for the numbers of an array or the flags of a set."""
    if isinstance(value, set):
        return sorted(value)
    return value if isinstance(value, bool | int | float | str) else list(value)


def _assign(group: bpy.types.PropertyGroup, values: Any, blocks: list[bpy.types.ID]) -> None:
    """Set the properties of a group that differ; unknown ones are ignored."""
    for prop in _properties(group) if isinstance(values, dict) else ():
        if prop.identifier in values:
            _assign_one(group, prop, values[prop.identifier], blocks)


def _assign_one(
    group: bpy.types.PropertyGroup,
    prop: bpy.types.Property,
    value: Any,
    blocks: list[bpy.types.ID],
) -> None:
    now = getattr(group, prop.identifier)
    wanted: Any = value
    if prop.type == "COLLECTION":
        _assign_rows(now, value if isinstance(value, list) else [], blocks)
        return
    if isinstance(now, bpy.types.PropertyGroup):
        _assign(now, value, blocks)
        return
    if prop.type == "POINTER":
        wanted = blocks[value] if isinstance(value, int) and 0 <= value < len(blocks) else None
        differs = now != wanted
    else:
        wanted = set(value) if isinstance(now, set) else value
        differs = _plain(now) != value
    if differs and not prop.is_readonly:
        with contextlib.suppress(TypeError, ValueError):  # a choice that this version lacks
            setattr(group, prop.identifier, wanted)


def _assign_rows(rows: Any, values: list, blocks: list[bpy.types.ID]) -> None:
    """Set the rows of a collection; rows of the library cannot be removed and are emptied."""
    with contextlib.suppress(TypeError):
        while len(rows) > len(values):
            rows.remove(len(rows) - 1)
    while len(rows) < len(values):
        rows.add()
    for row, wanted in zip(rows, values, strict=False):
        _assign(row, wanted, blocks)
    for row in rows[len(values) :]:
        for prop in _properties(row):
            if prop.identifier != "name":
                row.property_unset(prop.identifier)


@persistent
def _before_save(*_arguments: object) -> None:
    keep_all()


@persistent
def _before_import(*_arguments: object) -> None:
    """Copy all overrides and have them restored: loading a library builds them again."""
    keep_all()
    for scene in _local_scenes():
        for row in scene.footfall.overrides:
            row.block = ""


@persistent
def _after_change(*_arguments: object) -> None:
    restore_rebuilt()


def _handlers() -> list[tuple[list, Any]]:
    events = bpy.app.handlers
    return [
        (events.save_pre, _before_save),
        (events.blend_import_pre, _before_import),
        (events.blend_import_post, _after_change),
        (events.load_post, _after_change),
        (events.depsgraph_update_post, _after_change),
    ]


def register() -> None:
    """Start to keep copies; those of the open file are restored once its data can be read."""
    for event, handler in _handlers():
        event.append(handler)
    bpy.app.timers.register(restore_rebuilt, first_interval=0.0)


def unregister() -> None:
    """Keep a last copy, and stop."""
    if bpy.app.timers.is_registered(restore_rebuilt):
        bpy.app.timers.unregister(restore_rebuilt)
    for event, handler in _handlers():
        event.remove(handler)
    if hasattr(bpy.data, "scenes"):  # else Blender bars access, as while add-ons are enabled
        keep_all()
