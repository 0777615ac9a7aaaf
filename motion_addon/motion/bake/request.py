# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist asks for: one frozen request, checked, to and from JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import RefusedError
from ..body import biped_gaits, quadruped_gaits
from ..controller.footfall_edits import Footfall, checked_footfalls
from ..creature.request import CREATURE_MODEL, LegJoints, check_creature, checked_legs
from ..maths.checks import number, within
from ..style.request import StyleChoice, checked_styles, plain_styles

__all__ = [
    "BakeRequest",
    "Footfall",
    "Point",
    "RefusedError",
    "checked_footfalls",
    "checked_path",
    "pace",
    "pace_of",
]

Point = tuple[float, float, float]

GAITS = tuple(dict.fromkeys((*biped_gaits.GAITS, *quadruped_gaits.GAITS)))
"""Of every kind of body; which of them a model has is checked when it is loaded."""
SPEEDS = (0.1, 6.0)
"""m/s, what may be asked of a character of the model's size."""
CADENCES = (0.75, 1.5)
"""Factors of the natural step rate that the biped obeys to within a tenth or so."""
HEIGHTS = (0.3, 10.0)
HIP_HEIGHTS = (0.02, 6.0)
BIPED_HIP_HEIGHT = 0.95
"""Meters, roughly the biped model's."""
FRAME_RATES = (1.0, 240.0)
LEADS = ("auto", "left", "right")
FACTORS = (0.0, 4.0)
"""Of an expert's share."""
LAGS = (0.0, 2.0)
"""Of tail and head behind the trunk, times the natural one."""
LONGEST = 3600.0
"""Seconds of motion in one bake."""


@dataclass(frozen=True)
class BakeRequest:
    """One bake, in the motion core's frame: meters, seconds, Y up."""

    path: tuple[Point, ...]
    """Points of the path, at least two."""
    model: str = "biped"
    """Folder name under ``models``."""
    cyclic: bool = False
    """Whether the path closes."""
    speed: float | tuple[tuple[float, float], ...] = 1.3
    """m/s, or pairs of (fraction of the path, m/s)."""
    gait: str = "auto"
    """``auto`` (by speed) or a gait's name."""
    fps: float = 30.0
    """Frame rate of the result."""
    start_phase: float = 0.0
    """Place in the gait cycle of the first frame, 0..1; 0 is the right foot's strike."""
    cadence: float = 1.0
    """Multiplies the natural step rate at the same speed: above one, shorter steps."""
    facing: str | tuple[str, Any] = "path"
    """``path``, ("turned", degrees left of the path), ("yaw", degrees) or ("look_at", (x, y, z)).

    ("turned", 180) goes backward. On a path of a few centimeters one turns on the spot
    from the path's direction: with "yaw" the shorter way, with "turned" as far as it says."""
    start: bool = True
    """Begin from standing."""
    stop: bool = True
    """End standing."""
    height: float | None = None
    """Body height in meters; the model's own if None."""
    hip_height: float | None = None
    """Height of the hip joints in meters, instead of ``height``: how animals are measured."""
    seed: int = 0
    """Other than 0: a natural, repeatable variation of the step rate."""
    cleanup: bool = True
    """Plant the feet; without it the network's own motion is returned."""
    lead: str = "auto"
    """Leading foreleg in canter and gallop: ``auto`` (the inner of a turn), ``left``, ``right``."""
    experts: tuple[float, ...] | None = None
    """Factor of each expert's share before they are made to sum to one: 0 mutes, 1 leaves it."""
    follow_through: float = 0.0
    """How far an animal's tail and head lag behind its trunk by their weight: 1 is natural."""
    gaze: tuple[Point, ...] | None = None
    """Point that neck and head turn to; of several there is one for each frame of the result,
    the last one is kept."""
    gaze_strength: float = 1.0
    """Share of that turn, 0..1."""
    footfalls: tuple[Footfall, ...] = ()
    """Stands of a quadruped's paws that are moved in time."""
    exemplar: str | None = None
    """Of a creature: the path of a BVH file of its motion, or of a creature that was stored."""
    legs: LegJoints | None = None
    """Where the legs of an exemplar are; found if None."""
    manner: float = 1.0
    """How much a creature moves as its exemplar: 0 as any animal of its build, 1 as it, or more."""
    style: tuple[StyleChoice, ...] = ()
    """Styles that the motion is put into; up to four are mixed."""

    def __post_init__(self) -> None:
        _check(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "BakeRequest":
        """Return the request of plain JSON values.

        Raises RefusedError for unknown keys and for values that make no sense.
        """
        if not isinstance(data, Mapping):
            raise RefusedError("A request must be a JSON object")
        known = {f.name for f in fields(BakeRequest)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise RefusedError(
                f"Unknown key {unknown[0]!r} in the request; known are {', '.join(sorted(known))}"
            )
        if "path" not in data:
            raise RefusedError("The request has no path")
        values = dict(data)
        values["path"] = checked_path(values["path"])
        if "speed" in values:
            values["speed"] = _speed(values["speed"])
        if "facing" in values:
            values["facing"] = _facing(values["facing"])
        numbers = ("fps", "start_phase", "cadence", "follow_through", "gaze_strength", "manner")
        for name in numbers:
            if name in values:
                values[name] = number(values[name], name)
        for name in ("height", "hip_height"):
            if values.get(name) is not None:
                values[name] = number(values[name], name)
        if values.get("experts") is not None:
            values["experts"] = _experts(values["experts"])
        if values.get("gaze") is not None:
            values["gaze"] = _gaze(values["gaze"])
        if "footfalls" in values:
            values["footfalls"] = checked_footfalls(values["footfalls"])
        if values.get("legs") is not None:
            values["legs"] = checked_legs(values["legs"])
        if "style" in values:
            values["style"] = checked_styles(values["style"])
        return BakeRequest(**values)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_json`` reads."""
        data = asdict(self)
        if not isinstance(self.facing, str):
            data["facing"] = {self.facing[0]: self.facing[1]}
        if self.legs is not None:
            data["legs"] = {leg: list(names) for leg, names in self.legs}
        data["style"] = plain_styles(self.style)
        return data


def checked_path(value: Any) -> tuple[Point, ...]:
    """Return the points of a path of plain values; raises RefusedError if they are none."""
    if isinstance(value, str) or not hasattr(value, "__len__"):
        raise RefusedError("path must be a list of [x, y, z] points")
    points = tuple(_point(point, f"Point {i} of the path") for i, point in enumerate(value))
    if len(points) < 2:
        raise RefusedError("The path needs at least two points")
    return points


def _point(value: Any, name: str) -> Point:
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 3:
        raise RefusedError(f"{name} is not [x, y, z]")
    x, y, z = (number(v, name) for v in value)
    return (x, y, z)


def _gaze(value: Any) -> tuple[Point, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise RefusedError("gaze must be a point [x, y, z], or a list of them, one for each frame")
    if not isinstance(value[0], list | tuple):
        return (_point(value, "gaze"),)
    return tuple(_point(point, f"Point {i} of gaze") for i, point in enumerate(value))


def _speed(value: Any) -> float | tuple[tuple[float, float], ...]:
    if not hasattr(value, "__len__") or isinstance(value, str):
        return number(value, "speed")
    pairs = []
    for pair in value:
        if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
            raise RefusedError("speed must be a number or a list of [fraction, m/s] pairs")
        pairs.append((number(pair[0], "A speed's fraction"), number(pair[1], "A speed")))
    if not pairs:
        raise RefusedError("The list of speeds is empty")
    return tuple(pairs)


def _facing(value: Any) -> str | tuple[str, Any]:
    if value == "path":
        return "path"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ("yaw", number(value, "facing"))
    if isinstance(value, Mapping) and len(value) == 1:
        kind, what = next(iter(value.items()))
        if kind in ("yaw", "turned"):
            return (kind, number(what, "facing"))
        if kind == "look_at" and hasattr(what, "__len__") and len(what) == 3:
            return ("look_at", tuple(number(v, "look_at") for v in what))
    raise RefusedError(
        'facing must be "path", {"turned": degrees}, {"yaw": degrees} or {"look_at": [x, y, z]},'
        f" not {value!r}"
    )


def _experts(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise RefusedError("experts must be a list of factors, one for each expert")
    factors = tuple(number(v, "A factor of experts") for v in value)
    for factor in factors:
        within(factor, FACTORS, "A factor of experts")
    if not any(factors):
        raise RefusedError("All experts are muted; leave at least one factor of experts above 0")
    return factors


def _check(request: BakeRequest) -> None:
    if not isinstance(request.model, str):
        raise RefusedError("model must be a name")
    if request.gait != "auto" and request.gait not in GAITS[1:]:
        names = ", ".join(GAITS[1:])
        raise RefusedError(f"gait must be auto or one of {names}, not {request.gait!r}")
    if request.lead not in LEADS:
        raise RefusedError(f"lead must be one of {', '.join(LEADS)}, not {request.lead!r}")
    if request.experts is not None:
        _experts(request.experts)
    if request.gaze is not None and _gaze(request.gaze) != request.gaze:
        raise RefusedError("gaze must be a tuple of points, one for each frame")
    if not all(isinstance(one, Footfall) for one in request.footfalls):
        raise RefusedError("footfalls must be a tuple of Footfall")
    checked_footfalls([asdict(one) for one in request.footfalls])
    check_creature(request)
    if not all(isinstance(one, StyleChoice) for one in request.style):
        raise RefusedError("style must be a tuple of StyleChoice")
    checked_styles(plain_styles(request.style))
    for name in ("start", "stop", "cyclic", "cleanup"):
        if not isinstance(getattr(request, name), bool):
            raise RefusedError(f"{name} must be true or false")
    if isinstance(request.seed, bool) or not isinstance(request.seed, int) or request.seed < 0:
        raise RefusedError("seed must be a whole number from 0 up")
    checked_path(request.path)
    if isinstance(request.facing, tuple) and len(request.facing) == 2:
        _facing(dict([request.facing]))
    elif request.facing != "path":
        _facing(None)
    _check_size(request)
    within(request.fps, FRAME_RATES, "fps")
    within(request.start_phase, (0.0, 1.0), "start_phase")
    within(request.cadence, CADENCES, "cadence (a factor of the natural step rate)")
    within(request.follow_through, LAGS, "follow_through")
    within(request.gaze_strength, (0.0, 1.0), "gaze_strength")
    keys = request.speed if isinstance(request.speed, tuple) else ((0.0, request.speed),)
    bounds = speeds(request)
    for fraction, speed in keys:
        within(fraction, (0.0, 1.0), "A speed's fraction of the path")
        within(speed, bounds, "speed (m/s, for this height)")
    steps = zip(request.path, request.path[1:], strict=False)
    length = sum(math.hypot(b[0] - a[0], b[2] - a[2]) for a, b in steps)
    if length > LONGEST * max(speed for _, speed in keys):
        raise RefusedError(
            f"The path is {length:.0f} m long, more than an hour's walk; is it in meters?"
        )


def _check_size(request: BakeRequest) -> None:
    if request.height is not None and request.hip_height is not None:
        raise RefusedError("Give the height or the hip_height, not both")
    if request.height is not None:
        within(request.height, HEIGHTS, "height (meters)")
    if request.hip_height is not None:
        within(request.hip_height, HIP_HEIGHTS, "hip_height (meters)")


def speeds(request: BakeRequest) -> tuple[float, float]:
    """Return the least and the greatest speed (m/s) that may be asked for by the body's size.

    A creature's size may not be known yet; then those of any size.
    """
    low = high = pace(request)
    if request.model == CREATURE_MODEL and request.hip_height is None:
        low, high = (pace_of(CREATURE_MODEL, None, hips) for hips in HIP_HEIGHTS)
    return round(SPEEDS[0] * low, 3), round(SPEEDS[1] * high, 3)


def pace(request: BakeRequest) -> float:
    """Return how fast the body is against the model's by its size: the root of their ratio."""
    return pace_of(request.model, request.height, request.hip_height)


def pace_of(model: str, height: float | None, hip_height: float | None) -> float:
    """Return ``pace`` of a model at a height or at a hip height in meters."""
    if hip_height is not None:
        four_legged = model in ("quadruped", CREATURE_MODEL)
        usual = quadruped_gaits.HIP_HEIGHT if four_legged else BIPED_HIP_HEIGHT
        return math.sqrt(hip_height / usual)
    return math.sqrt((height or 1.75) / 1.75)
