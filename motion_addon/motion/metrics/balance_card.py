# SPDX-License-Identifier: GPL-3.0-or-later
"""Balance in the report card of a bake: its figures, mocap's own, and a level for each moment."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from ..body import quadruped
from ..body.kinds import BIPED, QUADRUPED, Kind, kind_of
from ..clip.clip import Clip
from ..maths.quat import Array
from .balance import Balance, figures

FPS: Final = 10
"""Levels a second."""
GOOD, FAIR, POOR = "gfp"
"""Levels: no worse than mocap in the same gait, up to twice as bad, and beyond.

Mocap's error in stance is that of 95 % of its moments, in flight twice its mean."""

Figures = Mapping[str, float]

MOCAP: Final[Mapping[Kind, Mapping[str, Figures]]] = {
    BIPED: {
        "stand": {"zmp_median_cm": 0.0, "zmp_95_cm": 0.0},
        "walk": {"zmp_median_cm": 0.0, "zmp_95_cm": 7.4},
        "jog": {"zmp_median_cm": 0.0, "zmp_95_cm": 12.36, "flight_error_cm": 0.2},
        "run": {"zmp_median_cm": 0.87, "zmp_95_cm": 12.46, "flight_error_cm": 0.68},
    },
    QUADRUPED: {
        "stand": {"zmp_median_cm": 0.0, "zmp_95_cm": 0.0},
        "walk": {"zmp_median_cm": 0.0, "zmp_95_cm": 6.52},
        "pace": {"zmp_median_cm": 0.1, "zmp_95_cm": 18.16, "flight_error_cm": 1.6},
        "trot": {"zmp_median_cm": 0.51, "zmp_95_cm": 17.41, "flight_error_cm": 0.44},
        "canter": {"zmp_median_cm": 4.33, "zmp_95_cm": 27.1, "flight_error_cm": 2.6},
        "gallop": {"zmp_median_cm": 9.04, "zmp_95_cm": 33.57, "flight_error_cm": 1.74},
    },
}
"""Figures of the mocap of people and of the Labrador by gait, in a body of the model's size.

``python -m training.evaluate balance --data FOLDER`` measures them."""
SIZES: Final = {BIPED: 1.0, QUADRUPED: quadruped.LEG_SIZE}
"""``leg_size`` of those bodies."""
LEAST: Final = (5.0, 1.0)
"""Errors in cm, in stance and in flight, that are always good in a body of the model's size."""


def balance_card(balance: Balance, clip: Clip, gait: str) -> dict[str, object]:
    """Return the figures of a clip's balance, mocap's in its main ``gait``, and its levels.

    Mocap's figures grow with the body.
    """
    kind = kind_of(clip.skeleton)
    size = kind.leg_size(clip.skeleton) / SIZES[kind]
    card: dict[str, object] = {**figures(balance.zmp_errors, balance.flight_errors)}
    mocap = MOCAP[kind].get(gait, {})
    if mocap:
        card["mocap"] = {name: round(size * value, 3) for name, value in mocap.items()}
    stance = max(mocap.get("zmp_95_cm", 0.0), LEAST[0])
    flight = max(2.0 * mocap.get("flight_error_cm", 0.0), LEAST[1])
    error = np.maximum(
        np.linalg.norm(balance.outside, axis=-1) / stance,
        np.linalg.norm(balance.deviation, axis=-1) / flight,
    )
    card["spin"] = float(np.linalg.norm(balance.spin, axis=-1).mean())
    return {**card, "fps": FPS, "levels": _levels(100.0 * error / size, clip.fps)}


def _levels(error: Array, fps: float) -> str:
    """Return the worst level of each tenth of a second of errors (T,) over their limit."""
    moments = (np.arange(len(error)) * (FPS / fps)).astype(np.int64)
    worst = np.zeros(moments[-1] + 1)
    np.maximum.at(worst, moments, error)
    return "".join(GOOD if e <= 1.0 else FAIR if e <= 2.0 else POOR for e in worst)


def strip(levels: str, cells: int) -> list[str]:
    """Return the worst level of each of at most ``cells`` equal parts of a take."""
    count = min(cells, len(levels))
    edges = np.linspace(0, len(levels), count + 1).round().astype(int)
    return [max(levels[a:b], key=(GOOD, FAIR, POOR).index) for a, b in pairwise(edges)]
