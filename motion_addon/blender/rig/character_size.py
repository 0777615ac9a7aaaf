# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of a character relative to the model that moves it, and loading that model."""

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
    """Sizes of a character for one bake."""

    height: float | None
    """Body height in meters at which the stride fits the character's legs; None for animals."""
    hip_height: float | None
    """Height of the hip joints in meters, the measure of animals; None for people."""
    ball_height: float | None
    """Height in Blender units of the planted balls of the feet in the baked clip."""
    meters: float
    """Meters in a Blender unit."""

    def in_units(self, clip: Clip) -> Clip:
        """Return a clip in meters scaled to Blender units."""
        return clip if self.meters == 1.0 else clip.scaled(1.0 / self.meters)


def measure(
    rig: bpy.types.Object, rig_map: RigMap, own: model.Model, scene: bpy.types.Scene
) -> CharacterSize:
    """Measure a character against the model that moves it. Raises RefusedError."""
    from ...motion.retarget import retarget
    from ..scene import armature

    if own.kind is not rig_map.kind:
        text = f"The model {own.name} moves {own.kind.a_noun}, the character is another kind"
        raise RefusedError(text)
    ratio = retarget.height_ratio(armature.read_rig(rig), rig_map, own.skeleton)
    unit = units.meters_per_unit(scene)
    if own.kind.by_hips:
        hips = _usable(rig, "hip_height", own.hip_height * ratio * unit)
        return CharacterSize(None, hips, None, unit)
    height = _usable(rig, "height", own.height * ratio * unit)
    return CharacterSize(height, None, float(own.info["ball_height"]) * ratio, unit)


def _usable(rig: bpy.types.Object, option: str, size: float) -> float:
    """Return a size in meters that lies within the limits of an option. Raises RefusedError."""
    from ...motion.bake.request import BakeRequest
    from ...options.option import options_of

    low, high = options_of(BakeRequest)[option].limits
    if low <= size <= high:
        return size
    what, other = ("small", "up") if size < low else ("large", "down")
    part = "its hips are at" if option == "hip_height" else "its height is"
    raise RefusedError(
        f"'{rig.name}' is too {what} to walk: {part} {size:.3g} m; scale it {other}, or change the"
        " unit scale of the scene"
    )


def load_model(name: str) -> model.Model:
    """Return a shipped model. Raises RefusedError."""
    from ...motion.body.kinds import KINDS
    from ...motion.controller import model
    from ...motion.nn import weights

    try:
        return model.load(name)
    except RefusedError as error:
        ships = name in {kind.controller for kind in KINDS.values()}
        if ships and not (weights.FOLDER / name).is_dir():
            raise RefusedError(
                f"This copy of Footfall lacks the model '{name}'; reinstall Footfall"
            ) from error
        raise


def own_hip_height(rig: bpy.types.Object, rig_map: RigMap) -> float:
    """Return the height of an animal's hip joints in the rig's units; 0 for people."""
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
    """Return the detected height of an animal's hip joints in meters; 0 for people."""
    size = float(rig.matrix_world.median_scale)
    return float(rig.footfall.hip_height) * size * units.meters_per_unit(scene)
