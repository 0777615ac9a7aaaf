# SPDX-License-Identifier: GPL-3.0-or-later
"""Number of edited keys of a take, counted again only after its action was changed."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

_known: dict[int, int] = {}
"""Numbers by the session number of the action."""


def of(take: bpy.types.PropertyGroup) -> int:
    """Return the number of keys that lie on top of a take's base."""
    action = take.action
    if action is None or not action.footfall.base:
        return 0
    number = action.session_uid
    if number not in _known:
        from . import edits

        _known[number] = edits.count(take.id_data, action)  # type: ignore[arg-type]
    return _known[number]


@persistent
def _on_update(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    for update in depsgraph.updates:
        if isinstance(update.id, bpy.types.Action):
            _known.pop(update.id.original.session_uid, None)


@persistent
def _on_replace(*_arguments: object) -> None:
    _known.clear()


def register() -> None:
    """Start to listen."""
    bpy.app.handlers.depsgraph_update_post.append(_on_update)
    handlers = bpy.app.handlers
    for event in (handlers.undo_post, handlers.redo_post, handlers.load_post):
        event.append(_on_replace)


def unregister() -> None:
    """Stop to listen."""
    handlers = bpy.app.handlers
    for event in (handlers.undo_post, handlers.redo_post, handlers.load_post):
        event.remove(_on_replace)
    bpy.app.handlers.depsgraph_update_post.remove(_on_update)
    _known.clear()
