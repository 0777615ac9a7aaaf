# SPDX-License-Identifier: GPL-3.0-or-later
"""A bake request: one frozen value, checked, to and from JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...errors import RefusedError
from ...options import checks
from ...options.bake import (
    FACING,
    FOOTPRINTS,
    GAZE,
    MANNER,
    POINT_SCHEMA,
    STYLES,
    BakeOptions,
    read_facing,
    read_point,
)
from ...options.kinds import ANIMALS
from ...options.option import (
    REQUIRED,
    Form,
    check_all,
    flag,
    formed,
    holding,
    number,
    read_all,
    write_all,
)
from ..body.kinds import kind_of_model
from ..creature.request import CREATURE_MODEL, LegJoints, check_creature, checked_legs
from ..footing.footprint_edits import FootprintEdit, checked_edits
from ..plan.ground_file import plain_ground, read_ground
from ..plan.ground_mesh import GroundMesh
from ..style.request import StyleChoice, checked_styles, plain_styles

Point = tuple[float, float, float]
Outline = tuple[tuple[float, float], ...]
"""Corners x and z of an obstacle on the ground."""

SPEEDS: Final = (0.1, 6.0)
"""Limits of the speed (m/s) of a character of the model's size."""
HIP_HEIGHTS: Final = (0.02, 6.0)
"""Limits of the height of the hip joints in meters."""
LONGEST: Final = 3600.0
"""Seconds of motion in one bake."""


def read_path(name: str, value: Any) -> tuple[Point, ...]:
    """Return the points of a path, at least two. Raises RefusedError."""
    if not checks.is_list(value):
        raise RefusedError(f"{name} must be a list of [x, y, z] points, not {checks.shown(value)}")
    points = tuple(read_point(f"Point {i} of {name}", point) for i, point in enumerate(value))
    if len(points) < 2:
        raise RefusedError(f"The {name} has fewer than two points; give at least two")
    return points


def _read_obstacles(name: str, value: Any) -> tuple[Outline, ...]:
    if not checks.is_list(value) or not all(checks.is_list(one) and one for one in value):
        raise RefusedError(f"{name} must be a list of outlines, each a list of [x, z] in meters")
    out = []
    for i, outline in enumerate(value):
        for point in outline:
            if not checks.is_list(point) or len(point) != 2:
                shown = checks.shown(point)
                raise RefusedError(f"A corner of outline {i} of {name} must be [x, z], not {shown}")
        corners = [tuple(checks.number(v, f"outline {i} of {name}") for v in p) for p in outline]
        out.append(tuple((x, z) for x, z in corners))
    return tuple(out)


def _read_gaze(name: str, value: Any) -> tuple[Point, ...]:
    if not checks.is_list(value) or not value:
        raise RefusedError(
            f"{name} must be a point [x, y, z], or a list of them, one for each frame"
        )
    if not checks.is_list(value[0]):
        return (read_point(name, value),)
    return tuple(read_point(f"Point {i} of {name}", point) for i, point in enumerate(value))


def _read_facing(name: str, value: Any) -> str | tuple[str, Any]:
    if value == "path":
        return "path"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ("yaw", checks.number(value, name))
    turned = read_facing(name, value)
    if turned is not None:
        return turned
    if isinstance(value, Mapping) and set(value) == {"look_at"}:
        return ("look_at", read_point(f"look_at of {name}", value["look_at"]))
    raise RefusedError(
        f'{name} must be "path", {{"turned": degrees}}, {{"yaw": degrees}} or'
        f' {{"look_at": [x, y, z]}}, not {checks.shown(value)}'
    )


def _write_facing(value: Any) -> Any:
    return dict([value]) if isinstance(value, tuple) and len(value) == 2 else value


def _write_legs(value: Any) -> Any:
    return {leg: list(names) for leg, names in value}


def _write_footprints(value: Any) -> Any:
    return tuple(one.to_json() if isinstance(one, FootprintEdit) else one for one in value)


_OBJECTS: Final = {"type": "array", "items": {"type": "object"}}
_POINTS: Final = {"type": "array", "items": POINT_SCHEMA}
_PATH: Final = Form("list of [x, y, z], m", {**_POINTS, "minItems": 2}, read_path)
_FACING: Final = Form(
    '"path", {"turned": degrees}, {"yaw": degrees} or {"look_at": [x, y, z]}',
    {"anyOf": [{"const": "path"}, {"type": "object", "maxProperties": 1}]},
    _read_facing,
    _write_facing,
)
_GAZE: Final = Form(
    "[x, y, z], or a list with a point for each frame",
    {"anyOf": [POINT_SCHEMA, _POINTS]},
    _read_gaze,
)
_FOOTPRINTS: Final = Form(
    'list of {"foot", "at", "place", "yaw", "to", "lift", "delete", "add", "optional"}',
    _OBJECTS,
    checked_edits,
    _write_footprints,
)
_GROUND: Final = Form(
    '{"vertices": [[x, y, z], ...], "faces": [[i, j, k], ...]}, or the path of an OBJ file',
    {"anyOf": [{"type": "string"}, {"type": "object", "required": ["vertices", "faces"]}]},
    read_ground,
    plain_ground,
    GroundMesh,
)
_OBSTACLES: Final = Form(
    "list of outlines, each a list of [x, z], m",
    {"type": "array", "items": {"type": "array", "items": {"type": "array"}, "minItems": 1}},
    _read_obstacles,
)
_EXEMPLAR: Final = Form("text", {"type": "string"}, lambda name, value: checks.text(value, name))
_LEGS: Final = Form(
    '{"LH", "LF", "RH", "RF"}, each a list of joints',
    {"type": "object"},
    lambda _name, value: checked_legs(value),
    _write_legs,
)
_STYLE: Final = Form(
    'list of {"name": style, "strength": number}, or with "clip" for "name"',
    {"anyOf": [{"type": "object"}, _OBJECTS]},
    lambda _name, value: checked_styles(value),
    plain_styles,
)


@dataclass(frozen=True)
class BakeRequest(BakeOptions):
    """One bake, in the motion core's frame: meters, seconds, Y up."""

    path: tuple[Point, ...] = formed(
        REQUIRED, "Path", "Points of the path, at least two", _PATH, unit="m"
    )
    cyclic: bool = flag(False, "Cyclic", "Whether the path closes")
    obstacles: tuple[Outline, ...] = formed(
        (), "Obstacles", "Outlines around which the path bends, each a list of [x, z]", _OBSTACLES,
        unit="m",
    )  # fmt: skip
    ground: GroundMesh | None = formed(
        None, "Ground", "Faces that the path is laid on and the feet stand on; level if none",
        _GROUND, unit="m",
    )  # fmt: skip
    fps: float = number(
        30.0, "Frame Rate", "Frame rate of the result", low=1.0, high=240.0, unit="frames/s"
    )
    facing: str | tuple[str, Any] = holding(FACING, form=_FACING)
    """``path``, ("turned", degrees left of the path), ("yaw", degrees) or ("look_at", (x, y, z)).

    ("turned", 180) goes backward. On a path of a few centimeters the character turns on the spot
    from the path's direction: with "yaw" the shorter way, with "turned" by the angle given."""
    height: float | None = number(
        None, "Height", "Height of the body; none takes the model's own",
        low=0.3, high=10.0, unit="m",
    )  # fmt: skip
    hip_height: float | None = number(
        None, "Hip Height", "Height of the hip joints instead of height, for animals",
        low=HIP_HEIGHTS[0], high=HIP_HEIGHTS[1], unit="m",
    )  # fmt: skip
    gaze: tuple[Point, ...] | None = holding(GAZE, form=_GAZE)
    """One point, or one for each frame of the result; the last one is kept."""
    footprints: tuple[FootprintEdit, ...] = holding(FOOTPRINTS, form=_FOOTPRINTS)
    exemplar: str | None = formed(
        None, "Exemplar", "Path of a BVH file of a creature's motion, or of a stored creature",
        _EXEMPLAR, bodies=ANIMALS,
    )  # fmt: skip
    legs: LegJoints | None = formed(
        None, "Legs", "Joints of each leg of an exemplar, from its top to the paw; found if none",
        _LEGS, bodies=ANIMALS,
    )  # fmt: skip
    manner: float = holding(MANNER)
    style: tuple[StyleChoice, ...] = holding(STYLES, form=_STYLE)

    def __post_init__(self) -> None:
        check_all(self)
        check_creature(self)
        _check_size(self)
        _check_speed(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "BakeRequest":
        """Return the request of plain JSON values.

        Raises RefusedError for unknown keys and for values that make no sense.
        """
        return BakeRequest(**read_all(BakeRequest, data, "request"))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_json`` reads."""
        return write_all(self)


def _check_size(request: BakeRequest) -> None:
    if request.height is not None and request.hip_height is not None:
        raise RefusedError("Give the height or the hip_height, not both")


def _check_speed(request: BakeRequest) -> None:
    keys = request.speed if isinstance(request.speed, tuple) else ((0.0, request.speed),)
    for _, speed in keys:
        checks.within(speed, speeds(request), "speed (m/s, for this height)")
    steps = zip(request.path, request.path[1:], strict=False)
    length = sum(math.hypot(b[0] - a[0], b[2] - a[2]) for a, b in steps)
    if length > LONGEST * max(speed for _, speed in keys):
        raise RefusedError(
            f"The path is {length:.0f} m long, more than an hour's walk; check that it is in meters"
        )


def speeds(request: BakeRequest) -> tuple[float, float]:
    """Return the limits of the speed (m/s) for the body's size.

    While a creature's size is not known, the limits of all sizes.
    """
    low = high = pace(request)
    if request.model == CREATURE_MODEL and request.hip_height is None:
        low, high = (pace_of(CREATURE_MODEL, None, hips) for hips in HIP_HEIGHTS)
    return round(SPEEDS[0] * low, 3), round(SPEEDS[1] * high, 3)


def pace(request: BakeRequest) -> float:
    """Return the factor of speeds against the model's: the root of the ratio of sizes."""
    return pace_of(request.model, request.height, request.hip_height)


def pace_of(model: str, height: float | None, hip_height: float | None) -> float:
    """Return ``pace`` of a model at a height or at a hip height in meters."""
    if hip_height is not None:
        return math.sqrt(hip_height / kind_of_model(model).hip_height)
    return math.sqrt((height or 1.75) / 1.75)
