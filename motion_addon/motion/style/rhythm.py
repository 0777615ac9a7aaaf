# SPDX-License-Identifier: GPL-3.0-or-later
"""Stride-phase component of a named style, which AdaIN statistics miss.

The network knows a style by means and deviations over time. These do not say which leg a limp
spares, or when a tail wags. A rhythm adds this part, linear in the stride clocks of the legs.
"""

from typing import Final

import numpy as np

from ..body.quadruped import LEGS
from ..maths.quat import Array
from ..maths.smoothing import smooth
from .style_features import ANIMAL, FEET, StyleLayout

SOFT: Final = 2.0
"""Frames over which a foot's rhythm fades in at lift-off."""
_HARMONICS: Final = 4
"""Cosine and sine of a clock, and of twice it."""


def clock(layout: StyleLayout) -> slice:
    """Return the columns of the basis that move the trunk: harmonics of the stride phase.

    For an animal those of each leg's clock, for a person those of the gait phase.
    """
    return slice(0, _HARMONICS * (len(LEGS) if layout == ANIMAL else 1))


def swing(layout: StyleLayout) -> slice:
    """Return the columns that move each leg's own foot: 1 in its swing, 0 in its stance."""
    start = clock(layout).stop
    return slice(start, start + len(layout.tips))


def basis(layout: StyleLayout, conditions: Array) -> Array:
    """Return the basis (..., T, B) of rhythms from conditions (..., T, C) of a layout."""
    waves = conditions[..., layout.phase]
    if layout == ANIMAL:
        x, y = waves[..., 0::2], waves[..., 1::2]
        waves = np.concatenate([x, y, x * x - y * y, 2.0 * x * y], axis=-1)
    down = conditions[..., layout.contacts]
    down = down.reshape(*down.shape[:-1], len(layout.tips), -1).max(axis=-1)
    swings = (1.0 - down) * (1.0 - conditions[..., layout.gait.start, None])
    soft = np.moveaxis(smooth(np.moveaxis(swings, -2, 0), SOFT), 0, -2)
    return np.concatenate([waves, swings * soft], axis=-1)


def parts(layout: StyleLayout) -> list[tuple[slice, Array]]:
    """Return pairs of basis columns and the features (K,) that they move.

    Feet stay in place in their stance, so that only their own leg's swing moves them.
    """
    feet = []
    joints = list(FEET.values()) if layout == ANIMAL else [(tip,) for tip in layout.tips]
    for i, own in enumerate(joints):
        turns = [np.arange(layout.features)[layout.joint(name)] for name in own]
        place = layout.ends.start + 3 * i + np.arange(3)
        column = swing(layout).start + i
        feet.append((slice(column, column + 1), np.concatenate([*turns, place])))
    trunk = np.setdiff1d(np.arange(layout.features), np.concatenate([f for _, f in feet]))
    return [(clock(layout), trunk), *feet]
