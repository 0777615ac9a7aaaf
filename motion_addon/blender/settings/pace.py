# SPDX-License-Identifier: GPL-3.0-or-later
"""Speeds relative to an animal's size: their names and the usual speeds of each gait.

Sizes are compared by the Froude number, speed squared over gravity and the height of the hip
joints: a mouse trots at a speed at which an elephant hardly walks.
"""

from __future__ import annotations

import math

USUAL = (
    ("slow_walk", "Slow Walk", 0.12),
    ("walk", "Walk", 0.28),
    ("trot", "Trot", 1.0),
    ("canter", "Canter", 2.6),
    ("gallop", "Gallop", 5.0),
)
"""Presets for animals and their Froude numbers."""
FASTEST = 9.0
"""Froude number that few animals of the model's build exceed."""


def usual_speed(froude: float, hip_height: float) -> float:
    """Return the speed (m/s) that has a Froude number at a hip height (m), to two decimals."""
    from ...motion.body.quadruped_gaits import GRAVITY

    return round(math.sqrt(froude * GRAVITY * hip_height), 2)


def in_words(speed: float, hip_height: float) -> str:
    """Return the name of a speed (m/s) at a hip height (m), such as "slow walk" or "trot"."""
    from ...motion.body import quadruped_gaits

    froude = float(quadruped_gaits.froude(speed, hip_height))
    steps = (
        (0.04, "very slow walk"),
        (0.18, "slow walk"),
        (0.36, "walk"),
        (quadruped_gaits.TROT_FROM, "fast walk"),
        (0.8, "slow trot"),
        (1.5, "trot"),
        (quadruped_gaits.CANTER_FROM, "fast trot"),
        (quadruped_gaits.GALLOP_FROM, "canter"),
        (5.5, "gallop"),
        (FASTEST, "fast gallop"),
    )
    return next((words for top, words in steps if froude < top), "faster than it could run")


def sentence(speed: float, hip_height: float) -> str:
    """Return the line that a panel shows under a speed (m/s)."""
    return f"{speed:.2f} m/s: {in_words(speed, hip_height)} for this size"
