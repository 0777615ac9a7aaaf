# SPDX-License-Identifier: GPL-3.0-or-later
"""Heights of a clip's balls, ankles and paws over the ground in stances.

Rest poses do not show them: recorded feet stand a little pitched against their rest pose.
"""

import numpy as np

from ..body.biped import ball_height
from ..body.body import Body, Leg
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths.quat import Array

_SLOW = 0.2
"""m/s, a ball joint that moves slower may stand."""
_NEAR = 0.015
"""Meters over its lowest level; a ball joint that is higher does not stand."""
_PAW = 0.036
"""Usual height of the paws' joints as a share of the height of the hips."""


def usual_ball_height(skeleton: Skeleton, body: Body) -> float:
    """Return the height (m) of a skeleton's ball joints on flat ground, without a clip."""
    return ball_height(skeleton) if "LeftToe" in skeleton.names else body.ball_height


def planted_ball_height(clip: Clip, body: Body) -> float:
    """Return the height (m) of the ball joints when planted on flat ground at zero.

    Falls back on body proportions when the clip's ground is clearly not at zero.
    """
    usual = usual_ball_height(clip.skeleton, body)
    places = clip.world()[1].astype(np.float64)
    heights = np.stack([places[:, leg.carrier, 1] for leg in body.legs], axis=-1)
    down = None if clip.contacts is None else clip.contacts[:, list(body.kind.balls)] > 0.5
    if down is not None and np.any(down):
        level = float(np.median(heights[down]))
    else:
        level = float(np.percentile(heights.min(axis=1), 5))
    drops = [0.0 if leg.toe >= 0 else float((leg.points[2] - leg.ball)[1]) for leg in body.legs]
    level -= float(np.mean(drops))
    return level if 0.0 < level < 2.5 * usual else usual


def planted_paw_height(clip: Clip, body: Body) -> float:
    """Return the height (m) of the paws' joints when planted on flat ground at zero.

    Falls back on the rest pose when the clip's ground is clearly not at zero.
    """
    known = body.kind.fits(clip.skeleton)
    usual = body.kind.foot.height(clip.skeleton) if known else _PAW * body.leg_length
    heights = clip.world()[1][:, [leg.end for leg in body.legs], 1]
    if clip.contacts is not None and np.any(clip.contacts > 0.5):
        level = float(np.median(heights[clip.contacts > 0.5]))
    else:
        level = float(np.percentile(heights.min(axis=1), 5))
    return level if 0.0 < level < 3.0 * usual else usual


def planted_ankle_height(clip: Clip, body: Body, places: Array) -> float:
    """Return the height (m) of the ankles over the ground while both ends of the foot stand.

    ``places`` are the clip's world positions (T, J, 3).
    """
    above = []
    for side, leg in enumerate(body.legs):
        if leg.toe >= 0:
            rise = places[:, leg.end, 1] - places[:, leg.toe, 1]
            above.append(rise[_standing(clip, leg, side, places)])
    rises = np.concatenate(above) if above else np.empty(0)
    rest = float(np.mean([leg.points[2][1] - leg.ball[1] for leg in body.legs]))
    rise = float(np.median(rises)) if len(rises) else rest
    return body.ball_height + (rise if 0.5 * rest < rise < 1.3 * rest else rest)


def _standing(clip: Clip, leg: Leg, side: int, places: Array) -> Array:
    """Return (T,) bool, heel and ball in stance: by contacts, else by speed and height."""
    if clip.contacts is not None:
        return np.asarray(np.all(clip.contacts[:, 2 * side : 2 * side + 2] > 0.5, axis=-1))
    if clip.frames < 2:
        return np.ones(clip.frames, dtype=bool)
    ball, ankle = places[:, leg.toe], places[:, leg.end, 1]
    speed = np.linalg.norm(np.gradient(ball, axis=0), axis=-1) * clip.fps
    down = (speed < _SLOW) & (ball[:, 1] < np.percentile(ball[:, 1], 5) + _NEAR)
    # The lower half: a foot whose heel has come up still stands on its ball.
    return np.asarray(down & (ankle <= np.median(ankle[down]))) if np.any(down) else down
