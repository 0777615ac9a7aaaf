# SPDX-License-Identifier: GPL-3.0-or-later
"""Readiness of a character: why it cannot be baked, and its checked bone map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from . import character

if TYPE_CHECKING:
    from ...motion.rigs import RigMap


def refusal(rig: bpy.types.Object | None, view_layer: bpy.types.ViewLayer) -> str:
    """Return in one plain sentence why a character cannot be baked; empty if it can."""
    problem = character.refusal(rig, view_layer)
    if problem or rig is None:
        return problem
    return character.map_refusal(rig) if rig.footfall.bones else ""


def mapped(rig: bpy.types.Object) -> RigMap:
    """Return the bone map of a rig, detected now if there is none. Raises RefusedError."""
    if not rig.footfall.bones:
        character.detect(rig)
    problem = character.map_refusal(rig)
    if problem:
        raise RefusedError(problem)
    return character.load_map(rig)
