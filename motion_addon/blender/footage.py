# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips from files: Blender's own importers, and which armature came in.

A file without an animated armature leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from . import job

KINDS = ("objects", "armatures", "actions", "meshes", "materials", "images", "collections")
"""What an importer may add to a file, in the order in which it is taken out again."""


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
PATTERN = ";".join(f"*{ending}" for ending in IMPORTERS)


def bring_in(context: bpy.types.Context, file: Path) -> bpy.types.Object:
    """Import a file and return its animated armature; the selection stays as it was.

    Raises job.RefusedError if it cannot be imported or holds none; then nothing is added.
    """
    run = IMPORTERS.get(file.suffix.lower())
    if run is None:
        raise job.RefusedError(f"'{file.name}' is not a BVH, glTF or FBX file")
    if not file.is_file():
        raise job.RefusedError(f"There is no file '{file}'")
    if context.mode != "OBJECT":
        raise job.RefusedError("Switch to Object Mode before you import a clip")
    before = {kind: set(getattr(bpy.data, kind)) for kind in KINDS}
    chosen, active = context.selected_objects, context.view_layer.objects.active
    try:
        run(str(file))
        rig = _animated(before)
    except RuntimeError as error:
        _take_out(before)
        raise job.RefusedError(f"'{file.name}' could not be imported: {_cause(error)}") from error
    if rig is None:
        _take_out(before)
        raise job.RefusedError(f"There is no armature with a motion in '{file.name}'")
    if active is not None:
        for other in context.selected_objects:
            other.select_set(False)
        for other in chosen:
            other.select_set(True)
        context.view_layer.objects.active = active
    return rig


def _animated(before: dict[str, set]) -> bpy.types.Object | None:
    """Return the new armature with the most bones among those that play an action."""
    new = [thing for thing in bpy.data.objects if thing not in before["objects"]]
    rigs = [thing for thing in new if thing.type == "ARMATURE"]
    moved = [rig for rig in rigs if rig.animation_data and rig.animation_data.action]
    return max(moved, key=lambda rig: len(rig.data.bones), default=None)


def _take_out(before: dict[str, set]) -> None:
    for kind in KINDS:
        found = getattr(bpy.data, kind)
        for thing in [thing for thing in found if thing not in before[kind]]:
            found.remove(thing)


def _cause(error: RuntimeError) -> str:
    """Return what an importer says went wrong, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else "it is damaged").removeprefix("Error: ")
