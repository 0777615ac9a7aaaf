# SPDX-License-Identifier: GPL-3.0-or-later
"""The object that a character looks at: its place on each frame of a take.

A copy of the object is evaluated in a scene of its own, so that the artist's current frame and
unkeyed edits stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from .curve import FARTHEST

if TYPE_CHECKING:
    from numpy.typing import NDArray


def positions(target: bpy.types.Object, frames: Sequence[int]) -> NDArray:
    """Return world positions (N, 3) of an object on the frames, Blender's axes.

    An object that does not move has one position, N = 1. Raises RefusedError.
    """
    import numpy as np

    found = np.empty((len(frames), 3))
    stage = bpy.data.scenes.new("Footfall Gaze")
    double = target.copy()
    try:
        double.hide_viewport = False
        stage.collection.objects.link(double)
        for row, frame in enumerate(frames):
            stage.frame_set(frame)
            seen = double.evaluated_get(stage.view_layers[0].depsgraph)
            found[row] = seen.matrix_world.translation
    finally:
        bpy.data.scenes.remove(stage)
        bpy.data.objects.remove(double)
    if not (np.abs(found) < FARTHEST).all():  # also where it is not a number
        raise RefusedError(
            f"The object to look at '{target.name}' has no place; check its location"
        )
    return found[:1] if np.ptp(found, axis=0).max() < 1e-6 else found
