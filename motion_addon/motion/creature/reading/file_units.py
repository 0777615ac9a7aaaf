# SPDX-License-Identifier: GPL-3.0-or-later
"""Guesses a file's unit of length: the one in which hip height and stride suit an animal.

The time of a stride grows with the square root of an animal's size, so a mouse that seems as big
as an elephant steps too fast for its size.
"""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped_gaits

HIPS = (0.012, 4.5)
"""Hip heights of animals, meters: from mice to the largest four-legged dinosaurs."""
STRIDES = (1.1, 16.0)
"""Duration of a stride over ``sqrt(hip height / gravity)``: from a fast gallop to a prowl."""
UNITS = (1.0, 0.01, 0.001, 0.0254, 0.1, 100.0, 1000.0, 10.0)
"""Units that are tried, in meters, the most usual first."""
HURRY = 3.0
"""Factor beyond ``STRIDES`` at which the stride alone shows that the unit is wrong."""
NAMES = {
    1.0: "meters",
    0.01: "centimeters",
    0.001: "millimeters",
    0.0254: "inches",
    0.1: "decimeters",
    10.0: "units of 10 meters",
    100.0: "units of 100 meters",
    1000.0: "kilometers",
}


@dataclass(frozen=True)
class LengthUnit:
    """The unit of length of a recording, and how sure the guess is."""

    meters: float
    """Meters in one unit."""
    confidence: float
    """0..1."""

    @staticmethod
    def guess(hips: float, stride: float) -> "LengthUnit":
        """Return the likeliest unit for a hip height in units and a stride in seconds.

        Meters are kept unless no animal has that size. A stride of 0 means no strides.
        """
        costs = [implausible(hips * unit, stride) for unit in UNITS]
        known = _beyond(hips, HIPS) == 0.0
        if costs[0] < (2.0 * np.log(HURRY) if known else np.log(1.25)):
            return LengthUnit(1.0, 1.0)
        best = int(np.argmin(np.array(costs) + 0.05 * np.arange(len(UNITS))))
        return LengthUnit(
            UNITS[best], float(np.clip(0.5 + 0.5 * (costs[0] - costs[best]), 0.0, 0.95))
        )


def implausible(hips: float, stride: float) -> float:
    """Return the logarithm of the factor by which an animal is outside ``HIPS`` and ``STRIDES``.

    ``hips`` is in meters, ``stride`` in seconds (0 without strides).
    """
    out = _beyond(hips, HIPS)
    if stride > 0.0:
        out += 2.0 * _beyond(stride / np.sqrt(hips / quadruped_gaits.GRAVITY), STRIDES)
    return float(out)


def _beyond(value: float, limits: tuple[float, float]) -> float:
    low, high = np.log(limits)
    return float(max(low - np.log(max(value, 1e-12)), np.log(max(value, 1e-12)) - high, 0.0))
