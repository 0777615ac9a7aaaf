# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's units of time."""

from __future__ import annotations

import bpy


def frame_rate(scene: bpy.types.Scene) -> float:
    """Return the scene's frames per second."""
    return float(scene.render.fps / scene.render.fps_base)
