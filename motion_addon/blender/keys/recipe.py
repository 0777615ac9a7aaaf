# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe: all that is needed to bake a take again, as plain JSON values."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ...errors import RefusedError
from ..scene.choices import CONTROLS, KEYS, ROOT_MOTIONS

CHOICES = {"root_motion": ROOT_MOTIONS, "keys": KEYS, "controls": CONTROLS}
"""Fields that take one of a few words; the motion core checks the words of its own."""


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
        """Return the recipe of plain JSON values. Raises RefusedError."""
        if not isinstance(values, dict):
            raise RefusedError("A recipe must be a JSON object")
        known = {field.name: field for field in fields(Recipe)}
        for name, value in values.items():
            if name not in known:
                raise RefusedError(f"A recipe has no key '{name}'")
            words = [choice[0] for choice in CHOICES.get(name, ())]
            if not _fits(name, value, known[name].default) or (words and value not in words):
                raise RefusedError(f"The recipe's '{name}' cannot be {value!r}")
        speed = values.get("speed", Recipe.speed)
        if isinstance(speed, list | tuple):
            values = {**values, "speed": _speed_pairs(speed)}
        lists = ("experts", "footfalls", "spot", "gaze", "styles")
        tuples = {n: tuple(values[n]) for n in lists if isinstance(values.get(n), list)}
        for name, count in (("spot", 4), ("gaze", 3)):
            numbers = tuples.get(name, (0.0,) * count)
            if len(numbers) != count or not all(_is_number(number) for number in numbers):
                raise RefusedError(f"The recipe's '{name}' must hold {count} numbers")
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
        raise RefusedError("The recipe's 'speed' must hold [place, speed] pairs") from error


def named(recipe: Recipe, take: str) -> Recipe:
    """Return the recipe with the name of its take."""
    return replace(recipe, take=take)
