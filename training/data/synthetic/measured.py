# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured gaits of real animals, to compare synthetic ones with.

The Labrador's figures are from the quadruped's training data, the horse's from high-speed video of
one horse on a treadmill. Phases are touchdowns in strides after the left hind.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Row:
    """One gait at one speed, at the animal's own size."""

    gait: str
    speed: float
    """m/s"""
    frequency: float
    """Strides per second."""
    stride: float
    """m"""
    phases: tuple[float, float, float] | None
    """LF, RH, RF; None if leads are mixed."""
    duty: float
    """Mean of the four legs; underestimated above 2.5 m/s."""


LABRADOR_HIP: Final = 0.56
"""Hip height, meters."""
LABRADOR: Final = (
    Row("walk", 0.72, 1.27, 0.55, (0.28, 0.50, 0.78), 0.65),
    Row("walk", 1.12, 1.36, 0.83, (0.25, 0.49, 0.73), 0.60),
    Row("walk", 1.57, 1.74, 0.92, (0.27, 0.48, 0.76), 0.495),
    Row("trot", 1.55, 1.63, 0.93, (0.47, 0.50, 0.02), 0.495),
    Row("trot", 2.03, 2.00, 1.06, (0.50, 0.52, 0.03), 0.41),
    Row("trot", 2.85, 2.20, 1.30, (0.51, 0.50, 0.03), 0.33),
    Row("canter", 3.14, 2.31, 1.34, None, 0.26),
    Row("gallop", 3.91, 2.55, 1.55, None, 0.20),
    Row("gallop", 4.99, 2.61, 1.94, None, 0.16),
)
HORSE_HIP: Final = 1.22
"""Hip height in meters, for withers at 1.29 m."""
HORSE: Final = (
    Row("walk", 1.57, 0.95, 1.66, (0.25, 0.51, 0.74), 0.64),
    Row("trot", 2.85, 1.47, 1.95, (0.47, 0.49, 0.97), 0.50),
)
