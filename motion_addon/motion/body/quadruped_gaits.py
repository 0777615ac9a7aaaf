# SPDX-License-Identifier: GPL-3.0-or-later
"""The gaits of four-legged animals: footfalls, duty factors, and when each is used.

Footfalls are fractions of a stride after the left hind's touchdown, in the order of
``quadruped.LEGS``, as in Hildebrand's gait diagrams. Speeds are compared by the Froude number
``v^2 / (g h)``, ``h`` the height of the hip joint, so that a mouse and an elephant share a table
(Alexander and Jayes 1983).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ..maths.quat import Array
from ..maths.smoothing import smoothstep
from .mover import Mover

GRAVITY: Final = 9.81
GAITS: Final = ("stand", "walk", "pace", "trot", "canter", "gallop")
"""Columns of a quadruped's ``Trajectory.gait``."""


@dataclass(frozen=True)
class Gait:
    """One gait of the table."""

    offsets: tuple[float, float, float, float]
    """Touchdowns of LH, LF, RH, RF as fractions of the stride after LH."""
    duty: float
    """Duty factor: usual share of the stance in the stride."""


TABLE: Final = {
    "walk": Gait((0.0, 0.25, 0.5, 0.75), 0.62),
    "pace": Gait((0.0, 0.05, 0.5, 0.55), 0.42),
    "trot": Gait((0.0, 0.5, 0.5, 0.0), 0.42),
    "canter": Gait((0.0, 0.3, 0.3, 0.65), 0.35),
    "gallop": Gait((0.0, 0.5, 0.12, 0.62), 0.24),
}
"""Canter and gallop on the right lead; ``mirrored`` gives the left one."""
ASYMMETRIC: Final = ("canter", "gallop")
"""Gaits with a lead."""

BACKWARD: Final = "trot"
"""How a dog goes backward at any speed: diagonal legs together, as measured on the Labrador."""
TROT_FROM, CANTER_FROM, GALLOP_FROM = 0.5, 2.2, 3.0
"""Froude numbers at which the next gait is taken up."""
_CHANGE = 0.06
"""Share of a speed over which one gait blends into the next."""
HIP_HEIGHT: Final = 0.56
"""Meters, of the model's animal: a Labrador."""


def froude(speeds: ArrayLike, hip_height: float) -> Array:
    """Return the Froude number of speeds (m/s) at a hip height (m)."""
    return np.asarray(np.square(np.asarray(speeds, dtype=np.float64)) / (GRAVITY * hip_height))


def mirrored(offsets: Array) -> Array:
    """Return touchdowns (..., 4) with left and right exchanged, again counted from LH."""
    swapped = np.asarray(offsets)[..., [2, 3, 0, 1]]
    return np.asarray((swapped - swapped[..., :1]) % 1.0)


def weights(speeds: ArrayLike, gait: str = "auto") -> Array:
    """Return the (..., 6) weights of GAITS at speeds (...) in m/s of the model's animal.

    ``gait`` is a name of GAITS, or "auto": by the Froude number.
    """
    speeds = np.asarray(speeds, dtype=np.float64)
    moving = smoothstep(speeds, 0.04, 0.2)
    out = np.zeros((*speeds.shape, len(GAITS)))
    out[..., 0] = 1.0 - moving
    if gait != "auto":
        out[..., GAITS.index(gait)] += moving
        return out
    left = moving
    for above, name in ((GALLOP_FROM, "gallop"), (CANTER_FROM, "canter"), (TROT_FROM, "trot")):
        at = np.sqrt(above * GRAVITY * HIP_HEIGHT)
        share = smoothstep(speeds, (1.0 - _CHANGE) * at, (1.0 + _CHANGE) * at)
        out[..., GAITS.index(name)] = left * share
        left = left * (1.0 - share)
    out[..., GAITS.index("walk")] = left
    return out


def only(gait: str, frames: int) -> Array:
    """Return (T, 6) weights of GAITS of a motion that is in one gait all along."""
    out = np.zeros((frames, len(GAITS)), dtype=np.float32)
    out[:, GAITS.index(gait)] = 1.0
    return out


MOVER: Final = Mover(GAITS, weights, 7.0, 3.6, ((0.7, 4.0), (1.0, 3.0)), 0.8, BACKWARD)
"""How the model's animal moves."""
