# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns the figures of four-legged motion: on paws, footfalls and gait.

What bipeds and quadrupeds share is in `metrics`. Columns are legs in the order of
``quadruped.LEGS``.
"""

from __future__ import annotations

import numpy as np

from .quadruped import LEG_CHAINS, LEGS
from .quat import Array
from .skeleton import Skeleton

HIND_LENGTH = 0.663
"""Length (m) of the hind leg's bones in an animal whose hip joint is 0.56 m high."""
HIP_HEIGHT = 0.56
"""Height (m) of that hip joint."""
PAW_HEIGHTS = {"H": 0.008, "F": 0.034}
"""Heights (m) of the joints of its standing hind and fore paws over the ground."""


def dog_size(skeleton: Skeleton) -> float:
    """Return the length of an animal's hind legs over that of the model's Labrador."""
    lengths = [
        sum(float(np.linalg.norm(skeleton.offsets[skeleton.index(name)])) for name in chain[1:])
        for leg, chain in LEG_CHAINS.items()
        if leg[1] == "H"
    ]
    return float(np.mean(lengths)) / HIND_LENGTH


def paw_heights(skeleton: Skeleton) -> Array:
    """Return (4,) how high (m) the joints of standing paws are over the ground."""
    return np.array([PAW_HEIGHTS[leg[1]] for leg in LEGS]) * dog_size(skeleton)
