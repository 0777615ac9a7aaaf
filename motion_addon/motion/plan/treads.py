# SPDX-License-Identifier: GPL-3.0-or-later
"""Flights of stairs along a path, and the pace at which a person takes one tread a step, or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..maths.quat import Array
from .path import Path

PERSON_HIPS = 0.95
"""Hip height (m) of the person for whom stairs are measured here; others by their size."""
_RISERS = (0.08, 0.30)
"""Least and most height of a riser, meters."""
_RUNS = (0.14, 0.8)
"""Least and most depth of a tread along the path, meters."""
_FEWEST = 3
"""Risers of the shortest flight."""
_STEEP = 1.0
"""Slope from which the ground is a riser."""
_MERGED = 0.05
"""Meters between the parts of one riser, such as a nosing."""
_EVEN_RUN, _EVEN_RISER = 0.3, 0.35
"""Share by which treads and risers of one flight may differ from the ones before."""
_FLAT = 0.3
"""Most change of height of a tread, in risers."""
_STEP_RATES = (1.6, 2.0)
"""Least and most steps a second that are natural on stairs."""
_ON_STAIRS = 0.5
"""Share of the speed on level ground at which stairs are climbed, for the number of treads."""

_SPEEDS = (0.3, 0.4, 0.5, 1.0, 1.4, 2.0, 2.5)
_RATES = (1.44, 1.495, 1.505, 1.68, 1.88, 2.27, 2.64)
"""Steps a second of the model ``biped`` walking at these speeds (m/s); measured."""
_QUICKENED = 1.31
"""How much the step rate of ``biped`` grows with the cadence; measured from 1 to 1.5."""
_CADENCES = (0.75, 1.5)


@dataclass(frozen=True)
class Flight:
    """A flight of stairs along a path."""

    start: float
    """Distance of its first riser along the path, meters."""
    stop: float
    """Distance of its last riser."""
    run: float
    """Depth of a tread along the path, meters."""
    riser: float
    """Height of a riser, meters."""
    up: bool


@dataclass(frozen=True)
class FlightPace:
    """How a flight is taken."""

    flight: Flight
    treads: int
    """Treads a step, one or two."""
    speed: float
    """Factor of the speed on level ground."""
    cadence: float
    """Factor of the step rate that the controller takes at that speed."""


def flights(path: Path, heights: Array, hip_height: float) -> list[Flight]:
    """Return the flights of stairs on the ground (N,) under a path, in their order."""
    size = hip_height / PERSON_HIPS
    risers = _risers(path, heights, size)
    found: list[Flight] = []
    flight: list[_Riser] = []
    for riser in risers:
        if flight and not _goes_on(flight, riser, heights, size, path.spacing):
            found += _flight(flight)
            flight = (
                flight[-1:] if _goes_on(flight[-1:], riser, heights, size, path.spacing) else []
            )
        flight.append(riser)
    return found + _flight(flight)


@dataclass(frozen=True)
class _Riser:
    first: int
    """Sample before the change of height."""
    last: int
    """Sample after it."""
    at: float
    """Distance along the path, meters."""
    height: float
    """Meters, negative downward."""


def _risers(path: Path, heights: Array, size: float) -> list[_Riser]:
    steep = np.abs(np.diff(heights)) > _STEEP * path.spacing
    edges = np.diff(np.concatenate([[False], steep, [False]]).astype(np.int8))
    runs = list(zip((edges > 0).nonzero()[0], (edges < 0).nonzero()[0], strict=True))
    merged: list[tuple[int, int]] = []
    for start, stop in runs:
        if merged and (start - merged[-1][1]) * path.spacing <= _MERGED * size:
            merged[-1] = (merged[-1][0], int(stop))
        else:
            merged.append((int(start), int(stop)))
    low, high = (bound * size for bound in _RISERS)
    all_of = [
        _Riser(a, b, 0.5 * (a + b) * path.spacing, float(heights[b] - heights[a]))
        for a, b in merged
    ]
    return [riser for riser in all_of if low <= abs(riser.height) <= high]


def _goes_on(
    flight: Sequence[_Riser], riser: _Riser, heights: Array, size: float, spacing: float
) -> bool:
    """Return whether a riser is the next of a flight."""
    last = flight[-1]
    run = riser.at - last.at
    tread = heights[last.last : riser.first + 1]
    low, high = (bound * size for bound in _RUNS)
    if not low <= run <= high or riser.height * last.height < 0.0 or not len(tread):
        return False
    if np.ptp(tread) > _FLAT * abs(riser.height):
        return False
    if abs(riser.height - last.height) > _EVEN_RISER * abs(last.height):
        return False
    known = [b.at - a.at for a, b in pairwise(flight)]
    slack = 1.5 * spacing
    return not known or abs(run - np.median(known)) <= _EVEN_RUN * np.median(known) + slack


def _flight(risers: Sequence[_Riser]) -> list[Flight]:
    if len(risers) < _FEWEST:
        return []
    first, last = risers[0], risers[-1]
    run = (last.at - first.at) / (len(risers) - 1)
    height = float(np.mean([riser.height for riser in risers]))
    return [Flight(first.at, last.at, run, abs(height), height > 0.0)]


def flight_pace(flight: Flight, speed: float, hip_height: float) -> FlightPace:
    """Return how a person who walks at ``speed`` (m/s) on level ground takes a flight.

    The step rate is natural for the size, and a step as long as one tread or as two, whichever is
    nearer to the step of that pace.
    """
    pace = np.sqrt(hip_height / PERSON_HIPS)
    slowest, fastest = (rate / pace for rate in _STEP_RATES)
    length = _ON_STAIRS * speed / (0.5 * (slowest + fastest))
    tread = np.hypot(flight.run, flight.riser)
    treads = 2 if abs(length - 2.0 * tread) < abs(length - tread) else 1
    step = treads * flight.run
    rate = float(np.clip(_ON_STAIRS * speed / step, min(slowest, speed / step), fastest))
    usual = np.interp(rate * step / pace, _SPEEDS, _RATES) / pace
    cadence = 1.0 + (rate / usual - 1.0) / _QUICKENED
    return FlightPace(flight, treads, rate * step / speed, float(np.clip(cadence, *_CADENCES)))


def flight_note(paces: Sequence[FlightPace]) -> str:
    """Return a sentence on the flights of a path."""
    most = {one.treads for one in paces}
    words = "one tread" if most == {1} else "two treads" if most == {2} else "one or two treads"
    return f"Stairs: {words} a step"
