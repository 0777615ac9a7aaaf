# SPDX-License-Identifier: GPL-3.0-or-later
"""Matching of two animals' legs of any number of bones.

Owns which bones of the other leg a bone follows, and how a leg that rests straight folds.
"""

from dataclasses import dataclass

import numpy as np

from ..body.body import Leg
from ..maths import quat
from ..maths.leg_ik import scale_bends, soft_maximum
from ..maths.quat import Array

_STIFF = 0.25
"""Share of the growth of a leg's bends that wrists and pasterns take."""
_WRIST = 3
"""Which joint of the canonical foreleg is the wrist."""
_CLEAR = 0.08
"""A bend (sine) that shows the direction in which a joint folds."""
_STRAIGHT = 0.1
"""Radians, the least bend of a joint that rests straight, to grow from."""
_OFF = 0.2
"""Cost of a joint without a counterpart, in shares of the leg."""


def _shares(leg: Leg) -> Array:
    """Return (K,) places of the joints down the leg, 0 to 1: the mean of length and height."""
    steps = np.linalg.norm(leg.segments, axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    fall = leg.points[0, 1] - leg.points[:, 1]
    down = np.maximum.accumulate(np.clip(fall / max(float(fall[-1]), 1e-9), 0.0, 1.0))
    return np.asarray(0.5 * (along + down))


def _bends(leg: Leg) -> Array:
    """Return (K,) sines of the bend at each joint, forward or back; 0 at the ends."""
    along = quat.unit(leg.segments)
    out = np.zeros(len(leg.points))
    out[1:-1] = np.cross(along[:-1], along[1:])[:, 0]
    return out


@dataclass(frozen=True, eq=False)
class LegMatch:
    """Shares by which the bones of a leg follow the bones of another leg."""

    shares: Array
    """(bones, other bones) share of each other bone in a bone's turn; rows sum to one."""
    wrist: int
    """Position of the first joint that is a wrist, ankle or below it in the other leg."""


def match_legs(ours: Leg, theirs: Leg) -> LegMatch:
    """Return the bones of another leg that each bone follows.

    Joints find their counterparts in order, by place and bend; between them length decides.
    """
    places = _shares(ours), _shares(theirs)
    bends = _bends(ours), _bends(theirs)
    gap = np.abs(places[0][:, None] - places[1]) + 0.15 * np.abs(bends[0][:, None] - bends[1])
    if ours.joints.fore and theirs.bent > _WRIST:
        # A foreleg's middle that bends ahead at rest is a wrist, however high: elbows bend back.
        wrists = (bends[0] > _CLEAR) & (places[0] > 0.4)
        gap[wrists, :_WRIST] += 1.0
        gap[wrists, _WRIST] = -0.2
    pairs = _counterparts(gap)
    lengths = np.linalg.norm(theirs.segments, axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    own = np.concatenate([[0.0], np.cumsum(np.linalg.norm(ours.segments, axis=1))])
    knots = np.interp(own, own[[a for a, _ in pairs]], along[[b for _, b in pairs]])
    start = np.maximum(knots[:-1, None], along[:-1])
    stop = np.minimum(knots[1:, None], along[1:])
    share = np.maximum(stop - start, 0.0)
    share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
    return LegMatch(share, next(a for a, b in pairs if b >= min(_WRIST, theirs.bent)))


def _counterparts(gap: Array) -> list[tuple[int, int]]:
    """Return the cheapest pairs of joints in order, the first and the last with each other."""
    rows, columns = gap.shape
    cost = np.full((rows, columns), np.inf)
    back: dict[tuple[int, int], tuple[int, int]] = {}
    cost[0, 0] = 0.0
    for a in range(1, rows):
        for b in range(1, columns):
            for c in range(a):
                for d in range(b):
                    skipped = _OFF * ((a - c - 1) + (b - d - 1))
                    total = cost[c, d] + skipped + (0.0 if a == rows - 1 else gap[a, b])
                    if total < cost[a, b]:
                        cost[a, b], back[a, b] = total, (c, d)
    at, pairs = (rows - 1, columns - 1), [(rows - 1, columns - 1)]
    while at != (0, 0):
        at = back[at]
        pairs.append(at)
    return pairs[::-1]


def matched_turns(match: LegMatch, turns: list[Array]) -> Array:
    """Return (bones, T, 4) turns mixed from those (T, 4) of the other leg's bones."""
    stack = np.stack(turns)
    stack = stack * np.where(np.sum(stack * stack[:1], axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
    return quat.normalize(np.einsum("bo,otk->btk", match.shares, stack))


def _loosened(leg: Leg, turns: Array) -> Array:
    """Return turns (bones, T, 4) whose joints that rest straight are bent the way they fold."""
    bends, places = _bends(leg), _shares(leg)
    upper = -1.0 if leg.joints.fore else 1.0
    usual = np.where(places < 0.45, upper, -upper)
    signs = np.where(np.abs(bends) > 0.25 * _CLEAR, np.sign(bends), usual)
    lines = quat.apply(turns, quat.unit(leg.segments)[:, None])
    out, frame = [turns[0]], quat.IDENTITY.astype(np.float64)
    for joint in range(1, len(turns)):
        if abs(bends[joint]) < _CLEAR:
            axis = quat.apply(turns[joint - 1], np.array([1.0, 0.0, 0.0]))
            bent = np.sum(quat.cross(lines[joint - 1], lines[joint]) * axis, axis=-1)
            bent = bent * signs[joint]
            more = signs[joint] * (soft_maximum(bent, _STRAIGHT, 0.3 * _STRAIGHT) - bent)
            frame = quat.mul(quat.from_axis_angle(axis, more), frame)
        out.append(quat.mul(frame, turns[joint]))
    return np.stack(out)


def bend(leg: Leg, turns: Array, goal: Array, wrist: int) -> Array:
    """Return (bones, T, 4) turns that put a leg's end at ``goal`` (T, 3) from its top.

    ``turns`` (bones, T, 4) are the turns to start from. From the joint ``wrist`` on, bends grow
    less than above, where a leg has joints to fold.
    """
    bends = np.abs(_bends(leg))
    folds = bends[1:wrist].max(initial=0.0) > 2.0 * _CLEAR
    shares = np.where((np.arange(1, len(turns)) >= wrist) & folds, _STIFF, 1.0)
    return scale_bends(leg.segments, _loosened(leg, turns), goal, shares)
