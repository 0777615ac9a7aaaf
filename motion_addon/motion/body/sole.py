# SPDX-License-Identifier: GPL-3.0-or-later
"""The sole of a leg's foot: the points of its skin, or of its bones, that meet the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..maths.quat import Array
from .body import Leg


@dataclass(frozen=True, eq=False)
class Sole:
    """Points of one foot at rest that may touch the ground, in the body frame, meters.

    Points of the heel move with the first bone of the foot, those of the ball and the toes with
    the bone that carries the ball. The heel of a paw, a hoof or a claw is the skin of the bone
    above it, which should not reach the ground.
    """

    heel: Array
    """(H, 3), may be empty for a paw."""
    ball: Array
    """(N, 3), at least one: ball and toes, from side to side and to the tip."""

    @staticmethod
    def of_bones(leg: Leg) -> Sole:
        """Return the sole of a leg whose skin is not known: level, under its ball and heel."""
        ahead = np.array([0.0, 0.0, leg.toe_length])
        floor = leg.ball * [1.0, 0.0, 1.0]
        heel = np.zeros((0, 3)) if leg.heel is None else leg.heel[None] * [1.0, 0.0, 1.0]
        return Sole(heel, np.stack([floor, floor + ahead]))
