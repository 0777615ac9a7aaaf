# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns the figures of four-legged motion: on paws, footfalls and gait.

What bipeds and quadrupeds share is in `metrics`. Columns are legs in the order of
``quadruped.LEGS``.
"""

from __future__ import annotations

from .quadruped import LEG_CHAINS
from .skeleton import Skeleton

HIP_DROP = 0.541
"""Way (m) from the hip joint down to the paw of the model's Labrador at rest."""
PAW_HEIGHT = 0.02
"""Height (m) of the joints of its standing paws over the ground."""


def dog_size(skeleton: Skeleton) -> float:
    """Return the length of an animal over that of the model's Labrador, by its hind legs."""
    places = skeleton.rest_positions()
    top, paw = (skeleton.index(LEG_CHAINS["LH"][part]) for part in (0, -1))
    return float(places[top, 1] - places[paw, 1]) / HIP_DROP


def paw_height(skeleton: Skeleton) -> float:
    """Return how high (m) the joints of standing paws are over the ground."""
    return PAW_HEIGHT * dog_size(skeleton)
