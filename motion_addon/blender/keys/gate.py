# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate before every write: a bake writes only if its character and take are still there.

A bake takes a while, in which the artist goes on working. The gate notes what the bake was begun
on, by numbers that outlive undo and deletion, and finds it again right before the write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy

from ...errors import RefusedError
from ..rig import readiness
from ..scene import data_blocks
from . import takes

MEANWHILE = "while it was baked; nothing was written"


@dataclass(frozen=True)
class Gate:
    """The character and the take that a bake was begun on."""

    name: str
    """Name of the character, for messages."""
    rig: int
    """Session number of the character."""
    scene: int
    """Session number of the scene."""
    take: str = ""
    """Name of the take to write anew; empty for a new take."""
    action: int = 0
    """Session number of the action of that take."""
    edited: str = ""
    """Name of the take whose edits the new one keeps; empty for none."""

    def character(self) -> bpy.types.Object:
        """Return the character. Raises RefusedError if it was deleted."""
        rig: bpy.types.Object | None = data_blocks.same(bpy.data.objects, self.rig)
        if rig is None:
            raise RefusedError(f"'{self.name}' was deleted {MEANWHILE}")
        return rig

    def old_take(self, rig: bpy.types.Object) -> bpy.types.PropertyGroup | None:
        """Return the take to write anew, None for a new take.

        Raises RefusedError if it was removed, accepted or given another action.
        """
        if not self.take:
            return None
        take = takes.find(rig, self.take)
        if take is None or _number(take.action) != self.action:
            raise RefusedError(f"The take '{self.take}' was removed or changed {MEANWHILE}")
        if take.accepted:
            raise RefusedError(f"The take '{self.take}' was accepted {MEANWHILE}")
        return take

    def passed(self, context: bpy.types.Context) -> bpy.types.Object:
        """Return the character if a take of it can be written now. Raises RefusedError."""
        rig = self.character()
        if context.scene.session_uid != self.scene:
            raise RefusedError(f"Another scene was opened {MEANWHILE}")
        problem = readiness.refusal(rig, context.view_layer)
        if problem:
            raise RefusedError(problem)
        self.old_take(rig)
        return rig


def opened(
    context: bpy.types.Context, rig: bpy.types.Object, take: bpy.types.PropertyGroup | None = None
) -> Gate:
    """Return the gate of a bake that begins now; ``take`` is written anew unless accepted."""
    gate = Gate(rig.name, rig.session_uid, context.scene.session_uid)
    if take is None:
        return gate
    if take.accepted:
        return replace(gate, edited=take.name)
    return replace(gate, take=take.name, action=_number(take.action), edited=take.name)


def _number(action: bpy.types.Action | None) -> int:
    return 0 if action is None else action.session_uid
