# SPDX-License-Identifier: GPL-3.0-or-later
"""Similarity of a planned motion to an exemplar by gait, speed and turning."""

from typing import Final

import numpy as np

from ..body import quadruped_gaits
from ..maths.quat import Array
from ..maths.smoothing import smooth
from ..plan.trajectory import Trajectory
from . import features

PACE: Final = 0.3
"""Logarithm of the ratio of speeds at which the similarity falls to ``exp(-1/2)``."""
TURN: Final = 1.0
"""Turning, radians per second, at which the similarity falls to ``exp(-1/2)``."""
EASE: Final = 0.2
"""Standard deviation of the smoothing, seconds."""
FAR_PACE: Final = 0.5
"""Logarithm of the ratio of speeds from which a motion counts as extrapolated."""


def similarity(plan: Trajectory, gait: str, speed: float) -> Array:
    """Return (T,) the similarity of a plan to an exemplar: 1 is the same motion, 0 is far away.

    The plan and the exemplar's ``speed`` (m/s) are of the model's size; ``gait`` is one of
    ``quadruped_gaits.GAITS``. An exemplar that only stands is similar to a plan that stands.
    """
    share = plan.gait[:, quadruped_gaits.GAITS.index(gait)].astype(np.float64)
    if gait != "stand":
        pace = np.log(np.maximum(plan.speeds, 1e-3) / max(speed, 1e-3)) / PACE
        turn = np.gradient(features.yaw(plan)) * plan.rate / TURN if len(plan) > 1 else 0.0
        share = share * np.exp(-0.5 * (np.asarray(pace) ** 2 + np.asarray(turn) ** 2))
    return np.clip(smooth(share, EASE * plan.rate, plan.loops), 0.0, 1.0)


def moving(plan: Trajectory) -> Array:
    """Return (T,) 1 where a plan moves and 0 where it stands, smoothed."""
    return np.clip(smooth(1.0 - plan.gait[:, 0], EASE * plan.rate, plan.loops), 0.0, 1.0)


def warnings(plan: Trajectory, gait: str, speed: float) -> list[str]:
    """Return a sentence if a plan is far from the exemplar in gait or speed.

    The plan and the exemplar's ``speed`` (m/s) are of the model's size.
    """
    froude = float(quadruped_gaits.froude(speed, quadruped_gaits.HIP_HEIGHT))
    given = f"The exemplar is a {gait} at Froude {froude:.2g}"
    if gait == "stand":
        given = "The exemplar only stands"
    walked = plan.gait[plan.speeds > 0.3]
    if not len(walked):
        return []
    shares = walked[:, 1:].sum(axis=0) / max(float(walked[:, 1:].sum()), 1e-9)
    others = [
        name
        for name, share in zip(quadruped_gaits.GAITS[1:], shares, strict=True)
        if share > 0.05 and name != gait
    ]
    if others:
        are = "is" if len(others) == 1 else "are"
        return [f"{given}; a {' and a '.join(others)} {are} extrapolated."]
    usual = float(np.median(plan.speeds[plan.speeds > 0.3]))
    if abs(np.log(usual / max(speed, 1e-3))) > FAR_PACE:
        asked = float(quadruped_gaits.froude(usual, quadruped_gaits.HIP_HEIGHT))
        return [f"{given}; one at {asked:.2g} is extrapolated."]
    return []
