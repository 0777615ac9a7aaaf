# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a turn on the spot: the root stays where it is and the body turns."""

import numpy as np

from ..body.mover import Mover
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from .trajectory import RATE, STAND_SECONDS, Trajectory

_EASE = 0.25
"""Seconds (sigma) over which a turn begins and ends."""
_STEPPING = (0.15, 0.6)
"""rad/s at which the feet begin to step, and at which they all do."""


def pivot(
    position: Array,
    begin: float,
    turn: float,
    mover: Mover,
    gait: str = "auto",
    stands: tuple[bool, bool] = (True, True),
) -> Trajectory:
    """Return the plan of a turn at ``position`` (3,) by ``turn`` from the yaw ``begin``, rad.

    Yaw 0 faces +Z, positive to +X; more than once around is fine. The feet step as in ``gait`` of
    the mover's, "auto" for its walk. ``stands`` says whether a standing second comes before and
    after.
    """
    count = max(round(abs(turn) / mover.spot * RATE), 1)
    ease = round(3.0 * _EASE * RATE)
    pads = [ease + int(STAND_SECONDS * RATE) * stand for stand in stands]
    rate = np.concatenate([np.zeros(pads[0]), np.full(count, turn / count), np.zeros(pads[1])])
    rate = smooth(rate, _EASE * RATE)
    yaw = begin + np.cumsum(rate)
    moving = smoothstep(np.abs(rate) * RATE, *_STEPPING)
    weights = np.zeros((len(yaw), len(mover.gaits)))
    weights[:, 0] = 1.0 - moving
    weights[:, mover.gaits.index("walk" if gait == "auto" else gait)] += moving
    still = np.zeros(len(yaw))
    positions = np.repeat(np.asarray(position, dtype=np.float64)[None], len(yaw), axis=0)
    facing = np.stack([np.sin(yaw), still, np.cos(yaw)], axis=-1)
    return Trajectory(positions, facing, still, weights, still.copy())
