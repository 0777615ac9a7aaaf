# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a take in Blender: its objects by name, its bake, and the way that it is keyed."""

from dataclasses import dataclass
from typing import Any, Final

from ..errors import RefusedError
from . import checks
from .bake import (
    FACING,
    FOOTPRINTS,
    GAZE,
    MANNER,
    POINT_SCHEMA,
    SPEED,
    STYLES,
    BakeOptions,
    Keys,
    read_facing,
    read_point,
)
from .choices import CONTROLS, KEYS, ROOT_MOTIONS
from .option import Form, flag, formed, holding, number, text, whole, word

MOST_FRAMES: Final = 1_048_574
"""Last frame that Blender has; the first is its negative."""
_OBJECTS: Final = {"type": "array", "items": {"type": "object"}}


def _read_gaze(name: str, value: Any) -> str | tuple[float, ...]:
    if isinstance(value, str):
        return value
    if not checks.is_list(value):
        raise RefusedError(f"{name} must be the name of an object or [x, y, z]")
    return read_point(name, value)


def _read_facing(name: str, value: Any) -> str | dict[str, Any]:
    turned = read_facing(name, value)
    if turned is not None:
        return dict([turned])
    if value == "path":
        return "path"
    if isinstance(value, dict) and set(value) == {"look_at"}:
        return {"look_at": _read_gaze(f"look_at of {name}", value["look_at"])}
    raise RefusedError(
        f'{name} must be "path", {{"turned": degrees}}, {{"yaw": degrees}} or'
        f' {{"look_at": object name or [x, y, z]}}, not {checks.shown(value)}'
    )


def _read_spot(name: str, value: Any) -> tuple[float, ...]:
    if not checks.is_list(value) or len(value) != 4:
        raise RefusedError(f"{name} must be [x, y, z, degrees], not {checks.shown(value)}")
    return tuple(checks.number(v, name) for v in value)


def _read_objects(name: str, value: Any) -> tuple[dict[str, Any], ...]:
    if not checks.is_list(value) or not all(isinstance(one, dict) for one in value):
        raise RefusedError(f"{name} must be a list of objects, not {checks.shown(value)}")
    return tuple(value)


_SPOT: Final = Form(
    "[x, y, z, degrees]",
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    _read_spot,
)
_FOOTPRINTS: Final = Form(
    "list of footprints, as in a request; place in Blender's axes and units",
    _OBJECTS,
    _read_objects,
)
_FACING: Final = Form(
    '"path", {"turned": degrees}, {"yaw": degrees} or {"look_at": object name or [x, y, z]}',
    {"anyOf": [{"const": "path"}, {"type": "object", "maxProperties": 1}]},
    _read_facing,
)
_GAZE: Final = Form(
    "object name or [x, y, z]", {"anyOf": [{"type": "string"}, POINT_SCHEMA]}, _read_gaze
)
_STYLES: Final = Form(
    'list of {"name": style, "strength": number}, or with "action" for "name"',
    _OBJECTS,
    _read_objects,
)


@dataclass(frozen=True, kw_only=True)
class TakeOptions(BakeOptions):
    """Options of a take, in Blender's axes and units; objects are named, never pointed at."""

    character: str = text("", "Character", "Armature to animate")
    curve: str = text("", "Path", "Curve to walk along")
    turn: float | None = number(
        None, "Turn", "How far to turn on the spot instead of a walk; positive turns left",
        unit="degrees", panel=None,
    )  # fmt: skip
    spot: tuple[float, ...] | None = formed(
        None, "Spot", "Place to turn at and direction to face first; the character's own if none",
        _SPOT,
    )  # fmt: skip
    ground: str = text(
        "", "Ground", "Object to walk on, with its instances; empty uses the curve's own height"
    )
    obstacles: str = text("", "Obstacles", "Collection of objects around which the path bends")
    ground_collection: str = text(
        "", "Ground Collection", "Collection to walk on, in addition to the ground"
    )
    take: str = text("", "Take", "Name of the take; empty finds a free one")
    cycle: bool = flag(
        False, "Cycle", "One looping cycle in place instead of a walk along the curve", panel=None
    )
    creature: str = text(
        "", "Creature", "Creature stored with the character whose manner moves it; empty for none"
    )
    creature_digest: str = text(
        "",
        "Creature Digest",
        "Checksum of that creature, which may be adapted again under the same name",
    )
    manner: float = holding(MANNER, panel=None)
    footprints: tuple[dict[str, Any], ...] = holding(FOOTPRINTS, form=_FOOTPRINTS)
    speed: float | Keys = holding(SPEED, default=1.4)
    facing: str | dict[str, Any] = holding(FACING, form=_FACING)
    gaze: str | tuple[float, ...] = holding(GAZE, default="", form=_GAZE)
    styles: tuple[dict[str, Any], ...] = holding(STYLES, form=_STYLES)
    frame_start: int = whole(
        1, "Start Frame", "Frame of the first key", low=-MOST_FRAMES, high=MOST_FRAMES
    )
    fit_range: bool = flag(
        True, "Extend Scene Range", "Extend the scene's frame range to the end of the take",
        panel={"live": False},
    )  # fmt: skip
    root_motion: str = word(ROOT_MOTIONS, "Root Motion", "What carries the travel")
    keys: str = word(KEYS, "Keys", "How many keys are written")
    tolerance: float = number(
        0.002, "Tolerance", "Largest error of the fewest keys, in meters and radians",
        low=0.0001, high=0.1, panel={"precision": 4, "step": 0.05},
    )  # fmt: skip
    controls: str = word(CONTROLS, "Key On", "Bones that are keyed")
