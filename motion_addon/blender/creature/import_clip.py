# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips from files: Blender's importers, and finding the armature that was imported.

The data of a file without an animated armature is removed again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from ...errors import RefusedError
from . import exemplar

DATA_BLOCKS = ("objects", "armatures", "actions", "meshes", "materials", "images", "collections")
"""Data that importers add, in the order in which it is removed."""


def _bvh(file: str) -> None:
    bpy.ops.import_anim.bvh(filepath=file, axis_forward="-Z", axis_up="Y", use_fps_scale=True)


def _gltf(file: str) -> None:
    bpy.ops.import_scene.gltf(filepath=file)


def _fbx(file: str) -> None:
    if hasattr(bpy.types, "WM_OT_fbx_import"):
        bpy.ops.wm.fbx_import(filepath=file)
    else:
        bpy.ops.import_scene.fbx(filepath=file)


IMPORTERS: dict[str, Callable[[str], None]] = {
    ".bvh": _bvh,
    ".glb": _gltf,
    ".gltf": _gltf,
    ".fbx": _fbx,
}
GAITS = ("walk", "trot", "amble", "pace", "canter", "gallop", "run", "sneak")
"""Words in the names of usable clips, the best first."""
PATTERN = ";".join(f"*{ending}" for ending in IMPORTERS)


def bring_in(context: bpy.types.Context, file: Path) -> tuple[bpy.types.Object, bpy.types.Action]:
    """Import a file; return its animated armature and the most suitable of its clips.

    Keeps the selection. Raises RefusedError, with nothing added, if the file cannot be imported
    or has no animated armature.
    """
    run = IMPORTERS.get(file.suffix.lower())
    if run is None:
        raise RefusedError(f"'{file.name}' is not a BVH, glTF or FBX file")
    if not file.is_file():
        raise RefusedError(f"There is no file '{file}'")
    if context.mode != "OBJECT":
        raise RefusedError("Switch to Object Mode before you import a clip")
    before = {kind: set(getattr(bpy.data, kind)) for kind in DATA_BLOCKS}
    chosen, active = context.selected_objects, context.view_layer.objects.active
    try:
        run(str(file))
        rig = _animated(before)
    except RuntimeError as error:
        _remove_new(before)
        raise RefusedError(f"'{file.name}' could not be imported: {_cause(error)}") from error
    if rig is None:
        _remove_new(before)
        raise RefusedError(f"There is no animated armature in '{file.name}'")
    if active is not None:
        for other in context.selected_objects:
            other.select_set(False)
        for other in chosen:
            other.select_set(True)
        context.view_layer.objects.active = active
    return rig, _likeliest(rig, before)


def _likeliest(rig: bpy.types.Object, before: dict[str, set]) -> bpy.types.Action:
    """Return the new action that is named by a gait, else the armature's action."""
    new = [action for action in bpy.data.actions if action not in before["actions"]]
    fitting = [action for action in new if exemplar.moves(rig, action)]
    for word in GAITS:
        named = [action for action in fitting if word in action.name.lower()]
        if named:
            return min(named, key=lambda action: (len(action.name), action.name))
    return rig.animation_data.action


def _animated(before: dict[str, set]) -> bpy.types.Object | None:
    """Return the new armature with an action that has the most bones, or None."""
    new = [thing for thing in bpy.data.objects if thing not in before["objects"]]
    rigs = [thing for thing in new if thing.type == "ARMATURE"]
    moved = [rig for rig in rigs if rig.animation_data and rig.animation_data.action]
    return max(moved, key=lambda rig: len(rig.data.bones), default=None)


def _remove_new(before: dict[str, set]) -> None:
    for kind in DATA_BLOCKS:
        found = getattr(bpy.data, kind)
        for thing in [thing for thing in found if thing not in before[kind]]:
            found.remove(thing)


def _cause(error: RuntimeError) -> str:
    """Return the last line of an importer's error."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else "it is damaged").removeprefix("Error: ")
