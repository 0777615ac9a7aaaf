# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an animal's named style goes with its strides, and statistics cannot tell.

Means and deviations over time, all that the network has of a style, do not say which leg a limp
spares, nor when a tail wags. A rhythm adds that, linear in the clocks of the legs.
"""

from typing import Final

import numpy as np

from .quadruped import LEGS
from .quat import Array
from .smoothing import smooth
from .style_features import ANIMAL, FEET

CLOCK: Final = slice(0, 4 * len(LEGS))
"""Cosines and sines of each leg's clock, and of twice it: what moves the trunk."""
SWING: Final = slice(CLOCK.stop, CLOCK.stop + len(LEGS))
"""How far each leg swings, 0 while it stands: what moves its own foot."""
SOFT: Final = 2.0
"""Frames over which a foot is taken up by its swing."""


def basis(conditions: Array) -> Array:
    """Return (..., T, B) what a rhythm is made of, of an animal's conditions (..., T, C)."""
    clock = conditions[..., ANIMAL.phase]
    x, y = clock[..., 0::2], clock[..., 1::2]
    going = 1.0 - conditions[..., ANIMAL.gait.start, None]
    swing = (1.0 - conditions[..., ANIMAL.contacts]) * going
    soft = np.moveaxis(smooth(np.moveaxis(swing, -2, 0), SOFT), 0, -2)
    return np.concatenate([x, y, x * x - y * y, 2.0 * x * y, swing * soft], axis=-1)


def parts() -> list[tuple[slice, Array]]:
    """Return the columns of the basis that features go by, and which (K,) features these are.

    Feet stay where they stand, so that theirs go by their own leg's swing alone.
    """
    feet = []
    for i, leg in enumerate(LEGS):
        turns = [np.arange(ANIMAL.features)[ANIMAL.joint(name)] for name in FEET[leg]]
        place = ANIMAL.ends.start + 3 * i + np.arange(3)
        column = SWING.start + i
        feet.append((slice(column, column + 1), np.concatenate([*turns, place])))
    trunk = np.setdiff1d(np.arange(ANIMAL.features), np.concatenate([f for _, f in feet]))
    return [(CLOCK, trunk), *feet]
