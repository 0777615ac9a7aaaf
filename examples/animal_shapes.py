# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of the demo animals as tubes around Rigify's deform bones, one table for each.

A tube has a deform bone, the radius at its head and at its tail, and the tube's offset above the
bone, all in meters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Tube = tuple[str, float, float, float]


@dataclass(frozen=True)
class Shape:
    """The body of one animal."""

    middle: tuple[Tube, ...]
    """Tubes in the animal's median plane."""
    side: tuple[Tube, ...]
    """Tubes of one side; the other side is its mirror image."""
    fine: float
    """Grain of the skin, meters."""


WOLF: Final = Shape(
    (
        ("spine", 0.02, 0.035, 0.0),
        ("spine.001", 0.035, 0.045, 0.0),
        ("spine.002", 0.045, 0.05, 0.0),
        ("spine.003", 0.05, 0.085, -0.025),
        ("spine.004", 0.105, 0.13, -0.055),
        ("spine.005", 0.13, 0.12, -0.07),
        ("spine.006", 0.12, 0.14, -0.07),
        ("spine.007", 0.14, 0.155, -0.09),
        ("spine.008", 0.155, 0.125, -0.085),
        ("spine.009", 0.12, 0.10, -0.03),
        ("spine.010", 0.10, 0.09, -0.02),
        ("spine.011", 0.09, 0.085, -0.03),
        ("jaw", 0.075, 0.05, 0.04),
        ("nose", 0.07, 0.045, -0.035),
    ),
    (
        ("shoulder", 0.03, 0.07, -0.02),
        ("front_thigh", 0.07, 0.058, 0.0),
        ("front_thigh.001", 0.06, 0.05, 0.0),
        ("front_shin", 0.048, 0.038, 0.0),
        ("front_shin.001", 0.038, 0.03, 0.0),
        ("front_foot", 0.031, 0.032, 0.0),
        ("front_foot.001", 0.032, 0.036, 0.0),
        ("front_toe", 0.038, 0.026, 0.005),
        ("thigh", 0.045, 0.082, -0.03),
        ("thigh.001", 0.085, 0.06, 0.0),
        ("shin", 0.055, 0.042, 0.0),
        ("shin.001", 0.042, 0.03, 0.0),
        ("foot", 0.031, 0.03, 0.0),
        ("foot.001", 0.03, 0.036, 0.0),
        ("toe", 0.038, 0.026, 0.005),
        ("ear.001", 0.035, 0.03, 0.0),
        ("ear.002", 0.03, 0.016, 0.03),
    ),
    0.014,
)

HORSE: Final = Shape(
    (
        ("spine.001", 0.22, 0.26, -0.08),
        ("spine.002", 0.25, 0.27, -0.08),
        ("spine.003", 0.27, 0.28, -0.07),
        ("spine.004", 0.28, 0.28, -0.06),
        ("spine.005", 0.28, 0.28, -0.06),
        ("spine.006", 0.27, 0.20, -0.07),
        ("neck.001", 0.21, 0.165, -0.07),
        ("neck.002", 0.16, 0.135, -0.05),
        ("neck.003", 0.135, 0.12, -0.04),
        ("neck.004", 0.12, 0.115, -0.03),
        ("skull", 0.11, 0.062, -0.01),
        ("jaw", 0.085, 0.06, 0.0),
        ("jaw.001", 0.055, 0.045, 0.0),
        ("tail.001", 0.035, 0.045, 0.0),
        ("tail.002", 0.045, 0.055, 0.0),
        ("tail.003", 0.055, 0.06, 0.0),
        ("tail.004", 0.06, 0.045, 0.0),
        ("tail.005", 0.045, 0.015, 0.0),
    ),
    (
        ("shoulder", 0.04, 0.12, -0.09),
        ("upper_arm", 0.115, 0.10, 0.0),
        ("upper_arm.001", 0.10, 0.075, 0.0),
        ("forearm", 0.075, 0.055, 0.0),
        ("forearm.001", 0.052, 0.048, 0.0),
        ("forefoot", 0.05, 0.04, 0.0),
        ("forefoot.001", 0.036, 0.042, 0.0),
        ("f_toe", 0.042, 0.046, 0.0),
        ("f_hoof", 0.05, 0.058, 0.0),
        ("thigh", 0.06, 0.135, -0.06),
        ("thigh.001", 0.145, 0.105, 0.0),
        ("lower_leg", 0.10, 0.07, 0.0),
        ("lower_leg.001", 0.065, 0.052, 0.0),
        ("hind_foot", 0.05, 0.04, 0.0),
        ("hind_foot.001", 0.038, 0.044, 0.0),
        ("r_toe", 0.042, 0.046, 0.0),
        ("r_hoof", 0.05, 0.058, 0.0),
        ("ear", 0.035, 0.03, 0.0),
        ("ear.001", 0.03, 0.014, 0.0),
    ),
    0.026,
)

CAT: Final = Shape(
    (
        ("spine", 0.04, 0.048, -0.02),
        ("spine.001", 0.048, 0.05, -0.028),
        ("spine.002", 0.05, 0.05, -0.03),
        ("spine.003", 0.05, 0.042, -0.022),
        ("spine.004", 0.038, 0.034, -0.006),
        ("spine.005", 0.034, 0.034, 0.0),
        ("spine.006", 0.034, 0.04, -0.014),
        ("jaw", 0.02, 0.018, 0.01),
        ("nose.001", 0.02, 0.012, -0.006),
        ("tail.001", 0.012, 0.016, -0.004),
        ("tail.002", 0.011, 0.012, 0.0),
        ("tail.003", 0.01, 0.011, 0.0),
        ("tail.004", 0.008, 0.01, 0.0),
    ),
    (
        ("shoulder", 0.01, 0.022, -0.006),
        ("upper_arm", 0.025, 0.021, 0.0),
        ("upper_arm.001", 0.021, 0.017, 0.0),
        ("forearm", 0.016, 0.013, 0.0),
        ("forearm.001", 0.013, 0.011, 0.0),
        ("hand", 0.012, 0.012, 0.0),
        ("hand.001", 0.012, 0.013, 0.0),
        ("f_toe", 0.014, 0.011, 0.0),
        ("thigh", 0.016, 0.028, -0.01),
        ("thigh.001", 0.03, 0.021, 0.0),
        ("shin", 0.02, 0.016, 0.0),
        ("shin.001", 0.015, 0.011, 0.0),
        ("foot", 0.011, 0.011, 0.0),
        ("foot.001", 0.011, 0.012, 0.0),
        ("r_toe", 0.014, 0.011, 0.0),
        ("ear", 0.016, 0.016, 0.016),
        ("ear.002", 0.014, 0.005, 0.03),
    ),
    0.0046,
)

SHAPES: Final = {"wolf": WOLF, "horse": HORSE, "cat": CAT}
"""Shapes by the name of Rigify's metarig."""
