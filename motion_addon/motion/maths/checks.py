# SPDX-License-Identifier: GPL-3.0-or-later
"""What every request's values are checked with: numbers, bounds, and the error that tells."""

import math
from typing import Any

from ...errors import RefusedError

LARGEST = 1e9
"""What no number of a request reaches."""


def number(value: Any, name: str) -> float:
    """Return a plain JSON number; raises RefusedError where ``value`` is none or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(f"{name} must be a number, not {value!r}")
    if not -LARGEST < value < LARGEST:
        raise RefusedError(f"{name} must be a finite number, at most {LARGEST:g}")
    return float(value)


def within(value: float, bounds: tuple[float, float], text: str) -> None:
    """Raise RefusedError unless ``value`` lies within ``bounds``; ``text`` says what it is."""
    if not math.isfinite(value) or not bounds[0] <= value <= bounds[1]:
        raise RefusedError(
            f"{text} must lie between {bounds[0]:g} and {bounds[1]:g}, not {value:g}"
        )
