# SPDX-License-Identifier: GPL-3.0-or-later
"""How a character's size meets the model's: owns the height to ask for and the scene's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from ..motion.clip import Clip
    from ..motion.rigs import RigMap


@dataclass(frozen=True)
class Fit:
    """Sizes for one bake."""

    height: float
    """Body height in meters to ask for, so that the stride fits the character's legs."""
    ball_height: float
    """Height in Blender units of the planted balls of the feet in the clip that comes back."""
    meters: float
    """Meters in a Blender unit."""

    def in_units(self, clip: Clip) -> Clip:
        """Return a clip in meters as one in Blender units."""
        return clip if self.meters == 1.0 else clip.scaled(1.0 / self.meters)


def meters(scene: bpy.types.Scene) -> float:
    """Return the length of a Blender unit in meters."""
    return float(scene.unit_settings.scale_length)


def measure(rig: bpy.types.Object, rig_map: RigMap, model: str, scene: bpy.types.Scene) -> Fit:
    """Measure a character against a model. Raises RigError and RequestError."""
    from ..motion import models, retarget
    from ..motion.request import RequestError
    from . import armature

    try:
        own = models.load(model)
    except models.ModelError as error:
        raise RequestError(str(error)) from error
    ratio = retarget.height_ratio(armature.read_rig(rig), rig_map, own.skeleton)
    ball = float(own.info["ball_height"]) * ratio
    return Fit(own.height * ratio * meters(scene), ball, meters(scene))
