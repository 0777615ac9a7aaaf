# SPDX-License-Identifier: GPL-3.0-or-later
"""How slopes change the pace: slower up and down, with shorter and quicker steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from .path import Path
from .treads import Flight, FlightPace

_SMOOTHED = 0.5
"""Sigma of the Gaussian over which a slope is measured, in hip heights; steps are no slopes."""
_UP, _UP_POWER = np.radians(35.2), 1.5
"""Rise at which the speed is halved, and how fast it falls: 0.7 of the speed at 20 degrees."""
_DOWN, _DOWN_POWER = np.radians(40.0), 2.0
"""Likewise downward: 0.8 of the speed at 20 degrees."""
_QUICKER, _AT, _QUICKEST = 0.12, np.radians(20.0), 0.25
"""More steps at a slope of 20 degrees, and most."""
_RAMP = 0.6
"""Distance before and after a flight of stairs in which the pace changes, in hip heights."""


@dataclass(frozen=True, eq=False)
class PaceChange:
    """Factors of the pace along a path."""

    speed: Array
    """(N,) of the speed at the path's samples."""
    cadence: Array
    """(N,) of the step rate that a controller takes at that speed."""


def rises(path: Path, heights: Array, hip_height: float) -> Array:
    """Return the angle (N,) in radians of the ground along a path, positive where it rises."""
    even = smooth(heights, _SMOOTHED * hip_height / path.spacing, path.cyclic)
    return np.asarray(np.arctan(np.gradient(even, path.spacing)))


def speed_factor(rise: Array) -> Array:
    """Return the factor of the speed on slopes of angles (...) in radians."""
    up, down = np.maximum(rise, 0.0), np.maximum(-rise, 0.0)
    slower = (up / _UP) ** _UP_POWER + (down / _DOWN) ** _DOWN_POWER
    return np.asarray(1.0 / (1.0 + slower))


def slope_pace(
    path: Path, heights: Array, hip_height: float, amount: float, flights: Sequence[FlightPace] = ()
) -> PaceChange:
    """Return how slopes and flights of stairs along a path change the pace.

    ``amount`` scales the change from 0, level ground's pace, to 1.
    """
    rise = rises(path, heights, hip_height)
    speed = speed_factor(rise)
    cadence = 1.0 + np.minimum(_QUICKER * (np.abs(rise) / _AT) ** _UP_POWER, _QUICKEST)
    at = np.arange(len(heights)) * path.spacing
    for one in flights:
        inside = _within(at, one.flight, _RAMP * hip_height)
        speed += inside * (one.speed - speed)
        cadence += inside * (one.cadence - cadence)
    return PaceChange(1.0 + amount * (speed - 1.0), 1.0 + amount * (cadence - 1.0))


def _within(at: Array, flight: Flight, ramp: float) -> Array:
    """Return 1 on a flight, where a step before it is already in its pace, and 0 away from it."""
    lead = 0.5 * flight.run
    before = smoothstep(at, flight.start - lead - ramp, flight.start - lead)
    after = smoothstep(at, flight.stop, flight.stop + ramp)
    return np.asarray(before * (1.0 - after))
