# SPDX-License-Identifier: GPL-3.0-or-later
"""How a character's size meets the model's: owns the size to ask for and the scene's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..scene import units

if TYPE_CHECKING:
    from ...motion.clip.clip import Clip
    from ...motion.controller import model
    from ...motion.rigs import RigMap


@dataclass(frozen=True)
class CharacterSize:
    """Sizes for one bake."""

    height: float | None
    """Body height in meters to ask for, so that the stride fits a person's legs."""
    hip_height: float | None
    """Height of the hip joints in meters to ask for instead: how animals are measured."""
    ball_height: float | None
    """Height in Blender units of the planted balls of the feet in the clip that comes back."""
    meters: float
    """Meters in a Blender unit."""

    def in_units(self, clip: Clip) -> Clip:
        """Return a clip in meters as one in Blender units."""
        return clip if self.meters == 1.0 else clip.scaled(1.0 / self.meters)


def measure(
    rig: bpy.types.Object, rig_map: RigMap, own: model.Model, scene: bpy.types.Scene
) -> CharacterSize:
    """Measure a character against the model that moves it. Raises RefusedError and RefusedError."""
    from ...motion.retarget import retarget
    from ..scene import armature

    if own.kind is not rig_map.kind:
        text = f"The model {own.name} moves {own.kind.a_noun}, the character is another kind"
        raise RefusedError(text)
    ratio = retarget.height_ratio(armature.read_rig(rig), rig_map, own.skeleton)
    unit = units.meters_per_unit(scene)
    if own.kind.by_hips:
        return CharacterSize(None, own.hip_height * ratio * unit, None, unit)
    return CharacterSize(
        own.height * ratio * unit, None, float(own.info["ball_height"]) * ratio, unit
    )


def load_model(name: str) -> model.Model:
    """Return a shipped model. Raises RefusedError, in one plain sentence, if it is not there."""
    from ...motion.controller import model
    from ...motion.nn import weights

    try:
        return model.load(name)
    except RefusedError as error:
        if name == "quadruped" and not (weights.FOLDER / name).is_dir():
            text = "Animals need the quadruped model, which this copy of Footfall lacks; reinstall"
            raise RefusedError(f"{text} Footfall") from error
        raise RefusedError(str(error)) from error


def own_hip_height(rig: bpy.types.Object, rig_map: RigMap) -> float:
    """Return the height of an animal's hip joints in the rig's own units; 0 if there are none."""
    from ...motion.rigs.measure import measure as measure_body
    from ..scene import armature

    if not rig_map.kind.by_hips or not rig_map.usable:
        return 0.0
    try:
        bones = armature.read_rig(rig)
        return measure_body(bones, rig_map).leg_length / bones.scale
    except RefusedError:
        return 0.0


def hip_height(rig: bpy.types.Object, scene: bpy.types.Scene) -> float:
    """Return the height in meters of an animal's hip joints as it was detected; 0 if unknown."""
    size = float(rig.matrix_world.median_scale)
    return float(rig.footfall.hip_height) * size * units.meters_per_unit(scene)
