# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions of a recipe: from the scene's settings, back into them, and to a bake request.

The recipe's JSON is stored with a take and read by the command line.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ...options.bake import BakeOptions
from ...options.option import options_of
from ...options.take import TakeOptions
from ..keys.recipe import Recipe
from ..prints import footprint_axes
from ..rig import character
from ..scene.kind_settings import KIND_SETTINGS, settings_of
from ..scene.units import frame_rate, meters_per_unit
from ..style import style_mix
from . import experts, obstacles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...motion.bake.planning import PlannedWalk
    from ...motion.bake.request import BakeRequest
    from ...motion.plan.ground_mesh import GroundMesh
    from ...motion.plan.path import Path
    from ..keys.key_plan import KeySettings
    from ..rig.character_size import CharacterSize

BACKWARD = 180.0
"""Degrees by which a body is turned from its path to go backward."""
HIPS = 0.58
"""Height of a person's hips over the body's height."""


def from_settings(
    settings: bpy.types.PropertyGroup, rig: bpy.types.Object, cycle: bool = False
) -> Recipe:
    """Return the recipe of the scene's settings for a character."""
    speed: float | tuple[tuple[float, float], ...] = settings.speed
    if settings.vary_speed and len(settings.speed_points):
        speed = tuple(sorted((p.at / 100.0, p.speed) for p in settings.speed_points))
    facing: str | dict[str, Any] = "path"
    if settings.facing == "yaw":
        facing = {"yaw": math.degrees(settings.facing_yaw)}
    elif settings.facing == "turned":
        facing = {"turned": BACKWARD}
    elif settings.facing == "look_at":
        facing = {"look_at": settings.facing_target.name if settings.facing_target else ""}
    of_kind, creatures = settings_of(rig), character.has_creatures(rig)
    kept = rig.footfall.creatures.get(rig.footfall.creature) if creatures else None
    return Recipe(
        character=rig.name,
        curve=settings.path.name if settings.path else "",
        turn=math.degrees(settings.turn) if settings.way == "spot" and not cycle else None,
        ground=settings.ground.name if settings.ground else "",
        ground_collection=settings.ground_collection.name if settings.ground_collection else "",
        obstacles=settings.obstacles.name if settings.obstacles else "",
        cycle=cycle,
        model=rig.footfall.kind,
        creature=rig.footfall.creature if creatures else "",
        creature_digest=kept.digest if kept is not None else "",
        manner=rig.footfall.manner if creatures and rig.footfall.creature else 1.0,
        gait=getattr(settings, of_kind.gait),
        experts=experts.factors(settings) if of_kind.has("experts") else None,
        gaze=settings.gaze.name if settings.gaze else "",
        styles=style_mix.from_settings(settings, of_kind.kind),
        speed=speed,
        facing=facing,
        **{name: getattr(settings, name) for name in _plain(rig.footfall.kind)},
    )


def _plain(body: str) -> list[str]:
    """Return the options of a kind of body that the scene's settings hold as a recipe does."""
    known = options_of(TakeOptions).items()
    return [name for name, option in known if option.in_panel and option.serves(body)]


def to_settings(recipe: Recipe, scene: bpy.types.Scene) -> None:
    """Put a recipe back into the scene's settings."""
    settings = scene.footfall
    for name in _plain(recipe.model):
        setattr(settings, name, getattr(recipe, name))
    of_kind = KIND_SETTINGS[recipe.model]
    setattr(settings, of_kind.gait, recipe.gait)
    if of_kind.has("experts"):
        experts.show(settings, recipe.experts)
    style_mix.to_settings(scene, recipe.styles, recipe.model)
    settings.path = scene.objects.get(recipe.curve)
    settings.way = "path" if recipe.turn is None else "spot"
    settings.turn = math.radians(recipe.turn or 0.0)
    settings.gaze = scene.objects.get(recipe.gaze) if isinstance(recipe.gaze, str) else None
    settings.ground = scene.objects.get(recipe.ground)
    settings.obstacles = obstacles.find(scene, recipe.obstacles)
    known = {one.name: one for one in scene.collection.children_recursive}
    settings.ground_collection = known.get(recipe.ground_collection)
    settings.vary_speed = not isinstance(recipe.speed, int | float)
    if isinstance(recipe.speed, int | float):
        settings.speed = recipe.speed
    else:
        settings.speed_points.clear()
        for at, speed in recipe.speed:
            point = settings.speed_points.add()
            point.at, point.speed = at * 100.0, speed
    facing = recipe.facing if isinstance(recipe.facing, dict) else {}
    settings.facing = next(iter(facing), "path")
    settings.facing_yaw = math.radians(facing.get("yaw", 0.0))
    target = facing.get("look_at")
    settings.facing_target = scene.objects.get(target) if isinstance(target, str) else None


def key_settings(recipe: Recipe, scene: bpy.types.Scene, size: CharacterSize) -> KeySettings:
    """Return how the recipe's clip becomes keys."""
    from ..keys.key_plan import KeySettings

    choices: dict[str, Any] = {
        "root_motion": "in_place" if recipe.cycle else recipe.root_motion,
        "keys": "dense" if recipe.cycle else recipe.keys,
        "controls": recipe.controls,
    }
    return KeySettings(
        tolerance=recipe.tolerance,
        fps=frame_rate(scene),
        cyclic=recipe.cycle,
        ball_height=size.ball_height,
        gaze=recipe.gaze_strength if recipe.gaze and not recipe.cycle else 0.0,
        **choices,
    )


def request(
    recipe: Recipe,
    scene: bpy.types.Scene,
    size: CharacterSize,
    herd: Sequence[bpy.types.Object] = (),
    width: float = 0.0,
) -> BakeRequest:
    """Return the bake request of a recipe, with its curve, ground and styles read from the scene.

    The rigs of a ``herd`` are no ground, and its ground is read to ``width`` (m) farther from the
    path. A gaze is added by ``looking`` once the walk is planned. Raises RefusedError.
    """
    import numpy as np

    from ...motion.bake.request import BakeRequest
    from ...motion.plan.path import Path

    points, cyclic = _path(recipe, scene, size)
    walls = []
    if recipe.obstacles and not recipe.cycle and recipe.turn is None:
        walls = _obstacles(recipe, scene, size, points, herd)
    ground = None
    if (recipe.ground or recipe.ground_collection) and not recipe.cycle:
        width += max((float(np.ptp(wall, axis=0).max()) for wall in walls), default=0.0)
        ground = _ground(recipe, scene, size, Path.from_points(points, cyclic), herd, width)
    edits = footprint_axes.for_request(recipe.footprints, size.meters)
    shared = {name: getattr(recipe, name) for name in options_of(BakeOptions)}
    asked = BakeRequest.from_json(
        {
            **shared, "path": points, "cyclic": cyclic, "fps": frame_rate(scene),
            "facing": _facing(recipe, scene), "height": size.height,
            "hip_height": size.hip_height, "ground": ground, "obstacles": walls,
            "footprints": edits,
        }
    )  # fmt: skip
    return style_mix.with_styles(asked, recipe, scene, frame_rate(scene))


def looking(walk: PlannedWalk, recipe: Recipe, scene: bpy.types.Scene) -> PlannedWalk:
    """Return a planned walk whose head turns to the recipe's object or point on each frame."""
    import numpy as np

    from ..scene import gaze_target
    from ..scene.curve import core_from_world

    if not recipe.gaze or not recipe.gaze_strength or recipe.cycle:
        return walk
    if isinstance(recipe.gaze, str):
        found: bpy.types.Object | None = scene.objects.get(recipe.gaze)
        if found is None:
            raise RefusedError(f"There is no object '{recipe.gaze}' in the scene to look at")
        first = recipe.frame_start
        points = gaze_target.positions(found, range(first, first + walk.frames))
    else:
        points = np.array([recipe.gaze])
    points = core_from_world(points) * meters_per_unit(scene)
    return walk.looking_at(tuple(map(tuple, points.tolist())))


def path_refusal(scene: bpy.types.Scene) -> str:
    """Return in one plain sentence why the picked path cannot be walked; empty if it may be."""
    path: bpy.types.Object | None = scene.footfall.path
    if scene.footfall.way == "spot":
        return ""
    if path is None:
        return "Pick or draw a path first"
    if scene.objects.get(path.name) is not path:
        return f"There is no curve '{path.name}' in the scene any more; pick another path"
    return ""


def _path(
    recipe: Recipe, scene: bpy.types.Scene, size: CharacterSize
) -> tuple[list[list[float]], bool]:
    """Points in the motion core's axes and whether they close; a cycle needs no curve."""
    from ..rig import standing_place
    from ..scene import curve

    if recipe.cycle:
        return [[0.0, 0.0, 0.0], [0.0, 0.0, 10.0]], False
    if recipe.spot is not None:
        hips = size.hip_height or 0.5 * (size.height or 0.0)
        points, cyclic = standing_place.path(recipe.spot, hips / meters_per_unit(scene)), False  # type: ignore[arg-type]
        return (curve.core_from_world(points) * meters_per_unit(scene)).tolist(), cyclic
    if not recipe.curve:
        raise RefusedError("Pick or draw a path first")
    path: bpy.types.Object | None = scene.objects.get(recipe.curve)
    if path is None:
        raise RefusedError(f"There is no curve '{recipe.curve}' in the scene; pick another")
    points, cyclic = curve.path_points(path, scene)
    return (curve.core_from_world(points) * meters_per_unit(scene)).tolist(), cyclic


def _ground(
    recipe: Recipe,
    scene: bpy.types.Scene,
    size: CharacterSize,
    path: Path,
    herd: Sequence[bpy.types.Object],
    width: float,
) -> GroundMesh:
    """Return the ground near a path, in the motion core's axes and meters. Raises RefusedError."""
    import numpy as np

    from ...motion.bake.path_ground import REACH
    from ..scene import ground_source

    hips = size.hip_height or HIPS * (size.height or 1.0)
    reach = max(REACH[0] * hips, REACH[1]) + width
    line = path.position(np.append(np.arange(0.0, path.length, 0.5 * reach), path.length))
    ends = {recipe.character, recipe.curve} - {""}
    own = [scene.objects[name] for name in ends if name in scene.objects]
    names = ground_source.GroundNames(recipe.ground, recipe.ground_collection)
    return ground_source.read(names, scene, line, reach, [*own, *herd])


def _obstacles(
    recipe: Recipe,
    scene: bpy.types.Scene,
    size: CharacterSize,
    points: list[list[float]],
    herd: Sequence[bpy.types.Object],
) -> list[list[list[float]]]:
    """Return the outlines of the obstacles beside a path, for a request. Raises RefusedError."""
    heights = [point[1] for point in points]
    tall = size.height or 2.0 * (size.hip_height or 1.0)
    own = [scene.objects[n] for n in (recipe.character, recipe.curve) if n in scene.objects]
    span = min(heights) - tall, max(heights) + tall
    return obstacles.outlines(recipe.obstacles, scene, span, [*own, *herd])


def _facing(recipe: Recipe, scene: bpy.types.Scene) -> str | dict[str, Any]:
    import numpy as np

    from ..scene.curve import core_from_world

    if recipe.turn is not None:
        return {"turned": recipe.turn}
    if not isinstance(recipe.facing, dict) or "look_at" not in recipe.facing:
        return recipe.facing
    target = recipe.facing["look_at"]
    if isinstance(target, str):
        found: bpy.types.Object | None = scene.objects.get(target)
        if found is None:
            raise RefusedError("Pick an object to look at")
        target = found.matrix_world.translation.to_tuple()
    return {"look_at": (core_from_world(np.array([target]))[0] * meters_per_unit(scene)).tolist()}
