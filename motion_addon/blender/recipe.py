# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe: owns all that is needed to bake a take again, as settings, JSON and a request.

The same JSON is stored with a take, read by the command line and shown in a bug report.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import bpy

from . import experts, fit, style
from .choices import CONTROLS, KEYS, ROOT_MOTIONS

if TYPE_CHECKING:
    from ..motion.bake import BakeRequest
    from .apply import KeySettings
    from .fit import Fit

PLAIN = (
    "start", "stop", "start_phase", "cadence", "seed", "cleanup", "gaze_strength",
    "frame_start", "fit_range", "root_motion", "keys", "tolerance", "controls",
)  # fmt: skip
"""Fields with the same name and value in the scene's settings."""


BACKWARD = 180.0
"""Degrees by which a body is turned from its path to go backward."""
CHOICES = {"root_motion": ROOT_MOTIONS, "keys": KEYS, "controls": CONTROLS}
"""Fields that take one of a few words; the motion core checks the words of its own."""


class RecipeError(ValueError):
    """A recipe cannot be used; the message is one plain sentence."""


@dataclass(frozen=True)
class Recipe:
    """How one take is baked; objects are named, never pointed at."""

    character: str = ""
    """Armature object."""
    curve: str = ""
    """Curve object to walk along."""
    turn: float | None = None
    """Degrees to turn on the spot, to the left, instead of a walk along a curve."""
    spot: tuple[float, ...] | None = None
    """Where to turn, x, y, z in Blender's axes, and the direction to face first, degrees; none
    takes the character's as it is posed."""
    ground: str = ""
    """Mesh object to lay the path on; empty for none."""
    take: str = ""
    """Name of the take; empty finds a free one."""
    cycle: bool = False
    """One looping cycle in place instead of a walk along the curve."""
    model: str = "biped"
    """Folder name under models/."""
    creature: str = ""
    """Creature stored with the character whose manner moves it; empty for none."""
    creature_digest: str = ""
    """Digest of that creature, as one may be made anew under its name."""
    manner: float = 1.0
    """Strength of its manner: 0 for any animal's, 1 for its own, up to 1.5."""
    gait: str = "auto"
    """auto, walk, jog, run or crouch; for animals auto, walk, pace, trot, canter or gallop."""
    lead: str = "auto"
    """Leading foreleg of an animal: auto, left or right."""
    experts: tuple[float, ...] | None = None
    """Factor of each expert's share; none leaves them as they are."""
    footfalls: tuple[dict[str, Any], ...] = ()
    """Moved footfalls of an animal, as in a request of the motion core."""
    speed: float | tuple[tuple[float, float], ...] = 1.4
    """Meters a second, or (place on the path 0..1, meters a second) pairs."""
    facing: str | dict[str, Any] = "path"
    """path, {"turned": degrees left of it}, {"yaw": degrees} or {"look_at": object name or
    [x, y, z] in Blender's axes}."""
    start: bool = True
    """Begin standing."""
    stop: bool = True
    """End standing."""
    start_phase: float = 0.0
    """Place in the step cycle to begin with, 0..1."""
    cadence: float = 1.0
    """Step rate multiplier."""
    seed: int = 0
    """Chooses among natural variations."""
    cleanup: bool = True
    """Plant the feet."""
    follow_through: float = 0.0
    """How far an animal's tail and head lag behind its trunk, 0..2."""
    gaze: str | tuple[float, ...] = ""
    """Object name or [x, y, z] in Blender's axes that the head turns to; empty for none."""
    gaze_strength: float = 1.0
    """Share of that turn, 0..1."""
    styles: tuple[dict[str, Any], ...] = ()
    """Styles as {"name": ..., "strength": ...}, or with "action" for "name"; a strength may be a
    list of [frame, strength] pairs."""
    frame_start: int = 1
    """Frame of the first key."""
    fit_range: bool = True
    """Let the scene's frame range reach the end of the take."""
    root_motion: str = "hips"
    """hips, root, object or in_place."""
    keys: str = "dense"
    """dense or sparse."""
    tolerance: float = 0.002
    """Largest error of sparse keys, meters and radians."""
    controls: str = "auto"
    """auto or deform."""

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(values: Any) -> Recipe:
        """Return the recipe of plain JSON values. Raises RecipeError."""
        if not isinstance(values, dict):
            raise RecipeError("A recipe must be a JSON object")
        known = {field.name: field for field in fields(Recipe)}
        for name, value in values.items():
            if name not in known:
                raise RecipeError(f"A recipe has no key '{name}'")
            words = [choice[0] for choice in CHOICES.get(name, ())]
            if not _fits(name, value, known[name].default) or (words and value not in words):
                raise RecipeError(f"The recipe's '{name}' cannot be {value!r}")
        speed = values.get("speed", Recipe.speed)
        if isinstance(speed, list | tuple):
            values = {**values, "speed": _speed_pairs(speed)}
        lists = ("experts", "footfalls", "spot", "gaze", "styles")
        tuples = {n: tuple(values[n]) for n in lists if isinstance(values.get(n), list)}
        for name, count in (("spot", 4), ("gaze", 3)):
            numbers = tuples.get(name, (0.0,) * count)
            if len(numbers) != count or not all(_is_number(number) for number in numbers):
                raise RecipeError(f"The recipe's '{name}' must hold {count} numbers")
        return Recipe(**{**values, **tuples})


def _fits(name: str, value: object, default: object) -> bool:
    """Whether a JSON value has the kind of its field; a few take two kinds."""
    kinds: dict[str, tuple[type, ...]] = {
        "speed": (int, float, list, tuple),
        "facing": (str, dict),
        "experts": (list, tuple, type(None)),
        "footfalls": (list, tuple),
        "turn": (int, float, type(None)),
        "spot": (list, tuple, type(None)),
        "gaze": (str, list, tuple),
        "styles": (list, tuple),
    }
    fallback = (int, float) if isinstance(default, float) else (type(default),)
    if isinstance(value, bool) != isinstance(default, bool):
        return False
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, kinds.get(name, fallback))


def _is_number(value: object) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and math.isfinite(value)  # type: ignore[arg-type]


def _speed_pairs(pairs: Any) -> tuple[tuple[float, float], ...]:
    try:
        return tuple((float(at), float(speed)) for at, speed in pairs)
    except (TypeError, ValueError) as error:
        raise RecipeError("The recipe's 'speed' must hold [place, speed] pairs") from error


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
    animal = rig.footfall.kind == "quadruped"
    kept = rig.footfall.creatures.get(rig.footfall.creature) if animal else None
    return Recipe(
        character=rig.name,
        curve=settings.path.name if settings.path else "",
        turn=math.degrees(settings.turn) if settings.way == "spot" and not cycle else None,
        ground=settings.ground.name if settings.ground else "",
        cycle=cycle,
        model=rig.footfall.kind,
        creature=rig.footfall.creature if animal else "",
        creature_digest=kept.digest if kept is not None else "",
        manner=rig.footfall.manner if animal and rig.footfall.creature else 1.0,
        gait=settings.animal_gait if animal else settings.gait,
        lead=settings.lead if animal else "auto",
        experts=experts.factors(settings) if animal else None,
        follow_through=settings.follow_through if animal else 0.0,
        gaze=settings.gaze.name if settings.gaze else "",
        styles=style.wanted(settings, animal),
        speed=speed,
        facing=facing,
        **{name: getattr(settings, name) for name in PLAIN},
    )


def to_settings(recipe: Recipe, scene: bpy.types.Scene) -> None:
    """Put a recipe back into the scene's settings."""
    settings = scene.footfall
    for name in PLAIN:
        setattr(settings, name, getattr(recipe, name))
    if recipe.model == "quadruped":
        settings.animal_gait, settings.lead = recipe.gait, recipe.lead
        settings.follow_through = recipe.follow_through
        experts.show(settings, recipe.experts)
    else:
        settings.gait = recipe.gait
    style.show(scene, recipe.styles, recipe.model == "quadruped")
    settings.path = scene.objects.get(recipe.curve)
    settings.way = "path" if recipe.turn is None else "spot"
    settings.turn = math.radians(recipe.turn or 0.0)
    settings.gaze = scene.objects.get(recipe.gaze) if isinstance(recipe.gaze, str) else None
    settings.ground = scene.objects.get(recipe.ground)
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


def named(recipe: Recipe, take: str) -> Recipe:
    """Return the recipe with the name of its take."""
    return replace(recipe, take=take)


def frame_rate(scene: bpy.types.Scene) -> float:
    """Return the scene's frames per second."""
    return float(scene.render.fps / scene.render.fps_base)


def key_settings(recipe: Recipe, scene: bpy.types.Scene, size: Fit) -> KeySettings:
    """Return how the recipe's clip becomes keys."""
    from .apply import KeySettings

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


def request(recipe: Recipe, scene: bpy.types.Scene, size: Fit) -> BakeRequest:
    """Read the curve and return what the motion core is asked for.

    Raises RecipeError, CurveError and RequestError, each one plain sentence.
    """
    from ..motion.bake import BakeRequest

    points, cyclic = _path(recipe, scene, size)
    speed = recipe.speed if isinstance(recipe.speed, tuple) else float(recipe.speed)
    asked = BakeRequest.from_json(
        {
            "model": recipe.model, "path": points, "cyclic": cyclic, "speed": speed,
            "gait": recipe.gait, "fps": frame_rate(scene), "start_phase": recipe.start_phase,
            "cadence": recipe.cadence, "facing": _facing(recipe, scene), "start": recipe.start,
            "stop": recipe.stop, "height": size.height, "hip_height": size.hip_height,
            "seed": recipe.seed, "cleanup": recipe.cleanup, "lead": recipe.lead,
            "experts": recipe.experts, "footfalls": list(recipe.footfalls),
            "follow_through": recipe.follow_through,
            "gaze_strength": recipe.gaze_strength,
        }
    )  # fmt: skip
    return style.worn(looking(asked, recipe, scene), recipe, scene, frame_rate(scene))


def looking(asked: BakeRequest, recipe: Recipe, scene: bpy.types.Scene) -> BakeRequest:
    """Return a request in which the head turns to what the recipe says, on each frame of it."""
    import numpy as np

    from ..motion import bake
    from . import gaze
    from .curve import core_from_world

    if not recipe.gaze or not recipe.gaze_strength or recipe.cycle:
        return asked
    if isinstance(recipe.gaze, str):
        found: bpy.types.Object | None = scene.objects.get(recipe.gaze)
        if found is None:
            raise RecipeError(f"There is no object '{recipe.gaze}' in the scene to look at")
        first = recipe.frame_start
        points = gaze.places(found, range(first, first + bake.frames(asked)))
    else:
        points = np.array([recipe.gaze])
    points = core_from_world(points) * fit.meters(scene)
    return replace(asked, gaze=tuple(map(tuple, points.tolist())))


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


def _path(recipe: Recipe, scene: bpy.types.Scene, size: Fit) -> tuple[list[list[float]], bool]:
    """Points in the motion core's axes and whether they close; a cycle needs no curve."""
    from . import curve, ground, spot

    if recipe.cycle:
        return [[0.0, 0.0, 0.0], [0.0, 0.0, 10.0]], False
    if recipe.spot is not None:
        hips = size.hip_height or 0.5 * (size.height or 0.0)
        points, cyclic = spot.path(recipe.spot, hips / fit.meters(scene)), False  # type: ignore[arg-type]
        return (curve.core_from_world(points) * fit.meters(scene)).tolist(), cyclic
    if not recipe.curve:
        raise RecipeError("Pick or draw a path first")
    path: bpy.types.Object | None = scene.objects.get(recipe.curve)
    if path is None:
        raise RecipeError(f"There is no curve '{recipe.curve}' in the scene")
    points, cyclic = curve.path_points(path, scene)
    if recipe.ground:
        surface: bpy.types.Object | None = scene.objects.get(recipe.ground)
        if surface is None or surface.type != "MESH":
            raise RecipeError(f"There is no mesh '{recipe.ground}' to lay the path on")
        points = ground.drop(points, surface, bpy.context.evaluated_depsgraph_get())
    return (curve.core_from_world(points) * fit.meters(scene)).tolist(), cyclic


def _facing(recipe: Recipe, scene: bpy.types.Scene) -> str | dict[str, Any]:
    import numpy as np

    from .curve import core_from_world

    if recipe.turn is not None:
        return {"turned": recipe.turn}
    if not isinstance(recipe.facing, dict) or "look_at" not in recipe.facing:
        return recipe.facing
    target = recipe.facing["look_at"]
    if isinstance(target, str):
        found: bpy.types.Object | None = scene.objects.get(target)
        if found is None:
            raise RecipeError("Pick an object to look at")
        target = found.matrix_world.translation.to_tuple()
    return {"look_at": (core_from_world(np.array([target]))[0] * fit.meters(scene)).tolist()}
