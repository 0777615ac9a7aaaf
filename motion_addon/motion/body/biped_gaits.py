# SPDX-License-Identifier: GPL-3.0-or-later
"""The gaits of people: their names and the speeds at which each is used."""

import numpy as np
from numpy.typing import ArrayLike

from ..maths.quat import Array
from ..maths.smoothing import smoothstep
from .mover import Mover

GAITS = ("stand", "walk", "jog", "run", "crouch")
"""Columns of `Trajectory.gait`."""


def gait_weights(speeds: ArrayLike, gait: str = "auto") -> Array:
    """Return the (..., 5) weights of `GAITS` at `speeds` (...) in m/s; rows sum to 1."""
    speeds = np.asarray(speeds, dtype=np.float64)
    moving = smoothstep(speeds, 0.05, 0.35)
    weights = np.zeros((*speeds.shape, len(GAITS)))
    weights[..., 0] = 1.0 - moving
    if gait != "auto":
        weights[..., GAITS.index(gait)] += moving
        return weights
    jogging, running = smoothstep(speeds, 1.7, 2.0), smoothstep(speeds, 2.3, 2.9)
    weights[..., 1] = moving * (1.0 - jogging)
    weights[..., 2] = moving * jogging * (1.0 - running)
    weights[..., 3] = moving * jogging * running
    return weights


MOVER = Mover(GAITS, gait_weights, 6.0, 3.4, ((1.0, 3.0), (1.1, 2.0)), 1.3)
"""How the model's person moves."""
