# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a turn in place: the root keeps its position while the body turns."""

import numpy as np

from ..body.mover import Mover
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from .trajectory import RATE, STANDING_SECONDS, Trajectory, check_length

_EASE = 0.25
"""Sigma (s) of the Gaussian that eases a turn in and out."""
_STEPPING = (0.15, 0.6)
"""Turn rates (rad/s) at which stepping begins, and from which it is full."""


def turn_in_place(
    position: Array,
    begin: float,
    turn: float,
    mover: Mover,
    gait: str = "auto",
    standing: tuple[bool, bool] = (True, True),
    pace: float = 1.0,
) -> Trajectory:
    """Return the plan of a turn at ``position`` (3,) by ``turn`` radians from the yaw ``begin``.

    Yaw 0 faces +Z and grows toward +X; ``turn`` may exceed a full circle. The feet step in
    ``gait``, one of the mover's; "auto" is its walk. ``standing`` adds a standing second before
    and after the turn; ``pace`` is as in ``check_length``. Raises RefusedError for a turn that
    lasts too long.
    """
    check_length(abs(turn) / mover.turn_in_place, pace)
    count = max(round(abs(turn) / mover.turn_in_place * RATE), 1)
    ease = round(3.0 * _EASE * RATE)
    pads = [ease + int(STANDING_SECONDS * RATE) * adds for adds in standing]
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
