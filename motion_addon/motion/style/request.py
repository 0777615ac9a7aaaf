# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles of a request, and the strength of each over time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import RefusedError
from ...options.bake import MOST_STYLES, STRENGTH
from ...options.checks import limited, number

_FORM = (
    'style must be {"name": ..., "strength": ...}, the same with "clip" for "name", or a list of'
    f" up to {MOST_STYLES} of them"
)
_STRENGTH = "strength of a style"


@dataclass(frozen=True)
class StyleChoice:
    """One style of a mix: a named one, an example's, or a measured one."""

    name: str | None = None
    """A style that ships."""
    clip: str | None = None
    """BVH file of a motion in the style, on any skeleton of the same kind of body."""
    embedding: tuple[float, ...] | None = None
    """The style as ``transfer.embedding`` measured it."""
    strength: float | tuple[tuple[float, float], ...] = STRENGTH.default
    """Its strength, or pairs of (seconds from the first frame, strength)."""


def checked_styles(value: Any) -> tuple[StyleChoice, ...]:
    """Return the styles of plain JSON values; raises RefusedError for invalid ones."""
    if value is None:
        return ()
    entries = [value] if isinstance(value, Mapping) else value
    if not isinstance(entries, list | tuple):
        raise RefusedError(_FORM)
    if len(entries) > MOST_STYLES:
        raise RefusedError(f"At most {MOST_STYLES} styles can be mixed, not {len(entries)}")
    return tuple(_choice(entry) for entry in entries)


def plain_styles(choices: tuple[StyleChoice, ...]) -> list[dict[str, Any]]:
    """Return plain JSON values that ``checked_styles`` reads."""
    return [{k: v for k, v in asdict(one).items() if v is not None} for one in choices]


def _choice(entry: Any) -> StyleChoice:
    if not isinstance(entry, Mapping):
        raise RefusedError(_FORM)
    known = [f.name for f in fields(StyleChoice)]
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise RefusedError(f"A style has no key {unknown[0]!r}; it has {', '.join(known)}")
    given = [k for k in ("name", "clip", "embedding") if entry.get(k) is not None]
    if len(given) != 1:
        raise RefusedError("A style needs either a name or a clip")
    values = {
        given[0]: entry[given[0]],
        "strength": _strength(entry.get("strength", STRENGTH.default)),
    }
    if given[0] == "embedding":
        numbers = entry["embedding"]
        if not isinstance(numbers, list | tuple):
            raise RefusedError("embedding of a style must be a list of numbers")
        values["embedding"] = tuple(
            number(v, "A number of the embedding of a style") for v in numbers
        )
    elif not isinstance(entry[given[0]], str):
        raise RefusedError(f"{given[0]} of a style must be text, not {entry[given[0]]!r}")
    return StyleChoice(**values)


def _strength(value: Any) -> float | tuple[tuple[float, float], ...]:
    if not isinstance(value, list | tuple):
        return _one_strength(value)
    pairs = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise RefusedError(
                f"{_STRENGTH} must be a number or a list of [seconds, strength] pairs"
            )
        second = number(pair[0], "A time of the strength of a style")
        pairs.append((second, _one_strength(pair[1])))
    if not pairs:
        raise RefusedError("The list of strengths of a style is empty")
    return tuple(pairs)


def _one_strength(value: Any) -> float:
    return limited(value, _STRENGTH, STRENGTH.low, STRENGTH.high)
