# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a bake: those that requests, recipes and the panel share, and those with own forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import RefusedError
from . import checks
from .choices import ALL_GAITS, FACINGS, LEADS
from .kinds import ANIMALS, PERSON
from .option import Form, Option, flag, formed, holding, number, text, whole, word

Keys = tuple[tuple[float, float], ...]
"""Pairs of a place or time and the value there."""

MOST_STYLES: Final = 4
"""Styles that can be mixed."""


def read_speed(name: str, value: Any) -> float | Keys:
    """Return a speed, or its pairs of (fraction of the path, m/s). Raises RefusedError."""
    if not checks.is_list(value):
        return checks.number(value, name)
    if not value:
        raise RefusedError(f"{name} is an empty list; give at least one [fraction, m/s] pair")
    pairs = []
    for pair in value:
        if not checks.is_list(pair) or len(pair) != 2:
            raise RefusedError(f"{name} must be a number or a list of [fraction, m/s] pairs")
        fraction = checks.number(pair[0], f"The fraction of a pair of {name}")
        checks.within(fraction, (0.0, 1.0), f"The fraction of a pair of {name}")
        pairs.append((fraction, checks.number(pair[1], name)))
    return tuple(pairs)


def read_factors(name: str, value: Any) -> tuple[float, ...]:
    """Return the factors of experts, not all of them 0. Raises RefusedError."""
    if not checks.is_list(value) or not value:
        raise RefusedError(f"{name} must be a list of factors, one for each expert")
    one = f"A factor of {name}"
    factors = tuple(checks.limited(v, one, FACTOR.low, FACTOR.high) for v in value)
    if not any(factors):
        raise RefusedError(f"All {name} are muted; leave at least one factor above 0")
    return factors


def read_point(name: str, value: Any) -> tuple[float, float, float]:
    """Return a point of [x, y, z]. Raises RefusedError."""
    if not checks.is_list(value) or len(value) != 3:
        raise RefusedError(f"{name} must be [x, y, z], not {checks.shown(value)}")
    x, y, z = (checks.number(v, name) for v in value)
    return (x, y, z)


def read_facing(name: str, value: Any) -> tuple[str, Any] | None:
    """Return ("yaw", degrees) or ("turned", degrees) of plain JSON; None if it is neither."""
    if isinstance(value, Mapping) and len(value) == 1:
        kind, what = next(iter(value.items()))
        if kind in ("yaw", "turned"):
            return (kind, checks.number(what, f"{kind} of {name}"))
    return None


_NUMBER: Final = {"type": "number"}
POINT_SCHEMA: Final = {"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3}
PAIRS_SCHEMA: Final = {
    "type": "array",
    "items": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
    "minItems": 1,
}

FACTOR: Final = Option(
    "Factor", "Multiplies the share of this expert; 1 does not change it", 1.0, low=0.0, high=4.0,
    panel={"step": 5, "precision": 2},
)  # fmt: skip
_FACTORS: Final = Form(
    "list of factors from 0 to 4",
    {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 4}},
    read_factors,
)
STRENGTH: Final = Option(
    "Strength",
    "0 leaves the motion alone, 1 is the style, more exaggerates it; may be keyed over the take",
    1.0, low=0.0, high=2.0, panel={"soft_max": 1.5, "step": 5, "precision": 2},
)  # fmt: skip
SPEED: Final = Option(
    "Speed", "Speed along the path, or pairs of a fraction of the path and the speed there", 1.3,
    unit="m/s",
    form=Form(
        "number, or list of [fraction, m/s]", {"anyOf": [_NUMBER, PAIRS_SCHEMA]}, read_speed
    ),
    panel={
        "default": 1.4, "step": 10, "precision": 2,
        "min": 0.02, "max": 15.0, "soft_min": 0.2, "soft_max": 6.0,
    },
)  # fmt: skip
"""The limits go by the body's size: 0.1 to 6 m/s at the model's. The panel's are for all sizes."""
FACING: Final = Option("Facing", "Direction in which the body faces", "path", choices=FACINGS)
GAZE: Final = Option("Look At", "Point that neck and head turn to, also while it moves", None)
FOOTPRINTS: Final = Option(
    "Footprints", "Footprints that are moved, turned, re-timed, added or deleted", (), panel=None,
    formerly="footfalls",
)  # fmt: skip
STYLES: Final = Option(
    "Style", "Up to four styles of the motion, each with its strength", (), panel=None
)
MANNER: Final = Option(
    "Manner", "0 moves like any animal of this build, 1 like the clip, above 1 exaggerates", 1.0,
    low=0.0, high=1.5, bodies=ANIMALS, panel={"step": 5, "subtype": "FACTOR"},
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BakeOptions:
    """Options with the same name and form in a bake request and in a recipe.

    One more field here is one more key of both, one more property of the scene's settings if it
    is a plain value, and one more line of the JSON schema and of the page of options.
    """

    model: str = text(PERSON, "Model", "Folder name of the model under models/")
    speed: float | Keys = holding(SPEED)
    gait: str = word(
        ALL_GAITS, "Gait", "Gait: chosen by the speed, or one gait throughout", panel=None
    )
    start: bool = flag(True, "Start Standing", "Start from a standing pose")
    stop: bool = flag(True, "Stop at End", "Stop in a standing pose at the end of the path")
    start_phase: float = number(
        0.0, "Start Phase", "Phase of the gait cycle at the start",
        low=0.0, high=1.0, unit="cycles", panel={"subtype": "FACTOR"},
    )  # fmt: skip
    cadence: float = number(
        1.0, "Cadence", "Factor of the natural step rate: above 1 takes shorter, quicker steps",
        low=0.75, high=1.5, panel={"step": 5},
    )  # fmt: skip
    slope_pace: float = number(
        1.0, "Mind Slopes",
        "How much slopes and stairs change speed and steps; 0 keeps the pace of level ground",
        low=0.0, high=1.0, panel={"subtype": "FACTOR"},
    )  # fmt: skip
    seed: int = whole(0, "Seed", "Repeatable natural variation of the step rate; 0 has none", low=0)
    cleanup: bool = flag(True, "Plant Feet", "Keep feet still while they are on the ground")
    balance: float = number(
        0.0, "Balance", "Share of the errors of balance that hips and trunk mend; 0 mends none",
        low=0.0, high=1.0, panel={"subtype": "FACTOR"},
    )  # fmt: skip
    lead: str = word(LEADS, "Lead", "Leading foreleg in canter and gallop", bodies=ANIMALS)
    experts: tuple[float, ...] | None = formed(
        None, "Experts", "Factor of each expert's share: 0 mutes it, 1 does not change it",
        _FACTORS, bodies=ANIMALS, panel=None,
    )  # fmt: skip
    follow_through: float = number(
        0.0, "Follow-Through",
        "How far tail and head lag behind the trunk by their weight; 0 adds nothing, 1 is natural",
        low=0.0, high=2.0, bodies=ANIMALS, panel={"default": 0.5, "step": 5},
    )  # fmt: skip
    gaze_strength: float = number(
        1.0, "Strength", "Share of the turn of neck and head to the point that they look at",
        low=0.0, high=1.0, panel={"subtype": "FACTOR"},
    )  # fmt: skip
