# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's units: frames per second and meters per Blender unit."""

from __future__ import annotations

import bpy


def frame_rate(scene: bpy.types.Scene) -> float:
    """Return the scene's frames per second."""
    return float(scene.render.fps / scene.render.fps_base)


def meters_per_unit(scene: bpy.types.Scene) -> float:
    """Return the length of a Blender unit in meters."""
    return float(scene.unit_settings.scale_length)
