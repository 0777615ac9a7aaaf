# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character looks at: owns where that is on each frame of a take.

A copy plays in a scene of its own, with all that moves it, so that the artist's current frame and
edits without keys stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from numpy.typing import NDArray


def positions(target: bpy.types.Object, frames: Sequence[int]) -> NDArray:
    """Return (N, 3) world places of an object on the frames, Blender's axes.

    One that stays where it is has a single place, N = 1.
    """
    import numpy as np

    double = target.copy()
    double.hide_viewport = False
    stage = bpy.data.scenes.new("Footfall Gaze")
    found = np.empty((len(frames), 3))
    try:
        stage.collection.objects.link(double)
        for row, frame in enumerate(frames):
            stage.frame_set(frame)
            seen = double.evaluated_get(stage.view_layers[0].depsgraph)
            found[row] = seen.matrix_world.translation
    finally:
        bpy.data.scenes.remove(stage)
        bpy.data.objects.remove(double)
    return found[:1] if np.ptp(found, axis=0).max() < 1e-6 else found
