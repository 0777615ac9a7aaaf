# SPDX-License-Identifier: GPL-3.0-or-later
"""Footprints of a motion on level ground, read from its contacts."""

from __future__ import annotations

import numpy as np

from ..body.kinds import kind_of
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..maths import quat
from ..maths.quat import Array
from .footprints import Footprint

_UP = np.array([0.0, 1.0, 0.0])
_SIDE = np.array([1.0, 0.0, 0.0])


def prints_of(clip: Clip) -> list[Footprint]:
    """Return the footprints of a level clip with contacts, in order of touchdown.

    A stance lasts from the first to the last contact of heel or ball; its place is the ball's.
    """
    if clip.contacts is None:
        return []
    kind = kind_of(clip.skeleton)
    rotations, positions = clip.world()
    down = np.asarray(clip.contacts > 0.5)
    out = []
    for leg, ball in zip(kind.legs, kind.balls, strict=True):
        places = positions[:, clip.skeleton.index(leg.ball)].astype(np.float64)
        foot = rotations[:, clip.skeleton.index(leg.end if kind.foot.rolls else leg.ball)]
        first = ball + 1 - len(kind.foot.points)
        for start, stop in runs(down[:, first : ball + 1].any(axis=1)):
            stood = (
                down[start:stop, ball]
                if down[start:stop, ball].any()
                else np.ones(stop - start, bool)
            )
            place = places[start:stop][stood].mean(axis=0) * [1.0, 0.0, 1.0]
            yaw = yaw_of(foot[start:stop][stood])
            out.append(Footprint(leg.name, place, yaw, _UP, start / clip.fps, stop / clip.fps))
    return sorted(out, key=lambda one: (one.touchdown, one.foot))


def yaw_of(rotations: Array) -> float:
    """Return the mean yaw (radians) of a foot's rotations (T, 4), by its sideways axis."""
    side = quat.apply(rotations.astype(np.float64), _SIDE).mean(axis=0)
    return float(np.arctan2(-side[2], side[0]))
