# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of characters: the copy's take is the copy of the action that it plays.

Duplicating an object also duplicates its action, but its list of takes still names the action of
the original. An action and its copies share a mark, by which the take of the copy is found.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import takes


def adopt(rig: bpy.types.Object) -> None:
    """Let the take that a copied character plays be the copy of its action.

    A copy that the artist made of a take's action on the same character stays theirs.
    """
    action = rig.animation_data.action if rig.animation_data else None
    if action is None or not action.footfall.take or takes.shown(rig) is not None:
        return
    if rig.footfall.owner == rig.name:
        return
    rig.footfall.owner = rig.name
    if bpy.data.user_map(subset={action})[action] != {rig}:
        return
    for take in rig.footfall.takes:
        old = take.action
        if old is None or old.footfall.take != action.footfall.take:
            continue
        if bpy.data.user_map(subset={old})[old] - {rig}:
            take.action = action
            return


@persistent
def _on_update(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    for update in depsgraph.updates:
        thing = update.id.original
        if not isinstance(thing, bpy.types.Object) or thing.library is not None:
            continue
        if thing.type == "ARMATURE" and len(thing.footfall.takes):
            adopt(thing)


def register() -> None:
    """Start to listen."""
    bpy.app.handlers.depsgraph_update_post.append(_on_update)


def unregister() -> None:
    """Stop to listen."""
    bpy.app.handlers.depsgraph_update_post.remove(_on_update)
