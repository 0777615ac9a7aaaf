# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips from files: Blender's importers, and finding the armature that was imported.

All data of a file without an animated armature is removed again, and the scene's settings restored.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ...errors import RefusedError
from ..scene.snapshot import Snapshot
from . import exemplar


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
    before = Snapshot(context)
    try:
        run(str(file))
        rig = _animated(before.new())
        if rig is None:
            raise RefusedError(f"There is no animated armature in '{file.name}'")
    except RuntimeError as error:
        before.restore()
        raise RefusedError(f"'{file.name}' could not be imported: {_cause(error)}") from error
    except BaseException:
        before.restore()
        raise
    before.restore_properties()
    if before.active is not None:
        before.restore_selection()
    return rig, _likeliest(rig, before.new())


def _likeliest(rig: bpy.types.Object, new: list[Any]) -> bpy.types.Action:
    """Return the new action that is named by a gait, else the armature's action."""
    actions = [block for block in new if isinstance(block, bpy.types.Action)]
    fitting = [action for action in actions if exemplar.moves(rig, action)]
    for word in GAITS:
        named = [action for action in fitting if word in action.name.lower()]
        if named:
            return min(named, key=lambda action: (len(action.name), action.name))
    return rig.animation_data.action


def _animated(new: list[Any]) -> bpy.types.Object | None:
    """Return the new armature with an action that has the most bones, or None."""
    objects = [block for block in new if isinstance(block, bpy.types.Object)]
    rigs = [thing for thing in objects if thing.type == "ARMATURE"]
    moved = [rig for rig in rigs if rig.animation_data and rig.animation_data.action]
    return max(moved, key=lambda rig: len(rig.data.bones), default=None)


def _cause(error: RuntimeError) -> str:
    """Return the last line of an importer's error; an importer's own fault says nothing more."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines or any("Traceback" in line for line in lines):
        return "it is damaged"
    return lines[-1].removeprefix("Error: ")
