# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of plain JSON values; each error says which key is wrong and what it must be."""

import math
from collections.abc import Sequence
from typing import Any

from ..errors import RefusedError

LARGEST = 1e9
"""Bound of the size of every number."""
_SHOWN = 40


def shown(value: object) -> str:
    """Return a wrong value for a message, on one line and not too long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def number(value: Any, name: str) -> float:
    """Return a plain JSON number; raises RefusedError if it is none or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(f"{name} must be a number, not {shown(value)}")
    if not -LARGEST < value < LARGEST:
        raise RefusedError(f"{name} must be a finite number, at most {LARGEST:g}")
    return float(value)


def within(value: float, bounds: tuple[float, float], name: str) -> None:
    """Raise RefusedError unless ``value`` lies within ``bounds``."""
    if not math.isfinite(value) or not bounds[0] <= value <= bounds[1]:
        raise RefusedError(
            f"{name} must lie between {bounds[0]:g} and {bounds[1]:g}, not {value:g}"
        )


def limited(value: Any, name: str, low: float | None, high: float | None) -> float:
    """Return a plain JSON number from ``low`` to ``high``; raises RefusedError if it is none."""
    read = number(value, name)
    if low is not None and high is not None:
        within(read, (low, high), name)
    elif low is not None and read < low:
        raise RefusedError(f"{name} must be {low:g} or more, not {read:g}")
    elif high is not None and read > high:
        raise RefusedError(f"{name} must be at most {high:g}, not {read:g}")
    return read


def whole(value: Any, name: str, low: float | None, high: float | None) -> int:
    """Return a whole JSON number from ``low`` to ``high``; raises RefusedError if it is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusedError(f"{name} must be a whole number, not {shown(value)}")
    if low is not None and value < low:
        raise RefusedError(f"{name} must be {low:.10g} or more, not {shown(value)}")
    if high is not None and value > high:
        raise RefusedError(f"{name} must be at most {high:.10g}, not {shown(value)}")
    return value


def flag(value: Any, name: str) -> bool:
    """Return true or false; raises RefusedError for anything else."""
    if not isinstance(value, bool):
        raise RefusedError(f"{name} must be true or false, not {shown(value)}")
    return value


def text(value: Any, name: str) -> str:
    """Return a text; raises RefusedError for anything else."""
    if not isinstance(value, str):
        raise RefusedError(f"{name} must be text, not {shown(value)}")
    return value


def word(value: Any, name: str, known: Sequence[str]) -> str:
    """Return one of some ``known`` words; raises RefusedError for anything else."""
    if not isinstance(value, str) or value not in known:
        raise RefusedError(f"{name} must be one of {', '.join(known)}, not {shown(value)}")
    return value


def is_list(value: object) -> bool:
    """Whether a plain value is a list; text is none."""
    return isinstance(value, list | tuple)
