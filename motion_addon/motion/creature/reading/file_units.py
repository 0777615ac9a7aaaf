# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file's unit of length is: meters, or what else makes size and stride those of an animal.

A big animal's strides take longer, as the root of its size, so that a mouse that seems as big as
an elephant gives itself away by its hurry.
"""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped_gaits

HIPS = (0.012, 4.5)
"""Meters, the heights of hips that there are: from mice to the largest dinosaurs on four legs."""
STRIDES = (1.1, 16.0)
"""Strides in units of time, root of hip height over gravity, from a hasty gallop to a prowl."""
UNITS = (1.0, 0.01, 0.001, 0.0254, 0.1, 100.0, 1000.0, 10.0)
"""Meters to the units that are tried, the usual ones first."""
HURRY = 3.0
"""Factor by which strides must be beyond those that there are to tell of a wrong unit alone."""
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
class Scale:
    """The unit of length of a recording."""

    unit: float
    """Meters to it."""
    sure: float
    """0..1."""

    @staticmethod
    def guess(hips: float, stride: float) -> "Scale":
        """Return the likeliest unit of hips ``hips`` high with strides of ``stride`` seconds.

        Meters, unless they make no animal; 0 seconds where there are no strides.
        """
        costs = [implausible(hips * unit, stride) for unit in UNITS]
        known = _beyond(hips, HIPS) == 0.0
        if costs[0] < (2.0 * np.log(HURRY) if known else np.log(1.25)):
            return Scale(1.0, 1.0)
        best = int(np.argmin(np.array(costs) + 0.05 * np.arange(len(UNITS))))
        return Scale(UNITS[best], float(np.clip(0.5 + 0.5 * (costs[0] - costs[best]), 0.0, 0.95)))


def implausible(hips: float, stride: float) -> float:
    """Return by what factor (its logarithm) an animal is beyond those that there are.

    ``hips`` in meters; ``stride`` in seconds, 0 without strides.
    """
    out = _beyond(hips, HIPS)
    if stride > 0.0:
        out += 2.0 * _beyond(stride / np.sqrt(hips / quadruped_gaits.GRAVITY), STRIDES)
    return float(out)


def _beyond(value: float, limits: tuple[float, float]) -> float:
    low, high = np.log(limits)
    return float(max(low - np.log(max(value, 1e-12)), np.log(max(value, 1e-12)) - high, 0.0))
