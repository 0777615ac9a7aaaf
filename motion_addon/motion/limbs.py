# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs of any number of bones that follow another animal's leg and reach their paw.

Owns which part of the other leg a bone follows, and the bending of a whole chain: its bends grow
or shrink together until the paw is far enough away, then the chain swings towards it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from . import quat
from .quadruped_body import Limb
from .quat import Array

_STEPS = 18
_LEAST, _GREATEST = 0.02, 3.0
"""Factors by which the bends of a leg may shrink and grow."""
_SHARPEST = 2.6
"""Radians, no joint of a leg bends further."""
_OFF = 0.12
"""What it costs to leave a joint without its counterpart, in shares of the leg."""


def _shares(limb: Limb) -> Array:
    """Return (K,) how far down the leg its joints are: the mean of length and height, 0 to 1."""
    steps = np.linalg.norm(limb.segments, axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    fall = limb.points[0, 1] - limb.points[:, 1]
    down = np.maximum.accumulate(np.clip(fall / max(float(fall[-1]), 1e-9), 0.0, 1.0))
    return np.asarray(0.5 * (along + down))


def _bends(limb: Limb) -> Array:
    """Return (K,) how much the leg bends at each joint, forward or back; nothing at the ends."""
    along = quat.unit(limb.segments)
    out = np.zeros(len(limb.points))
    out[1:-1] = np.cross(along[:-1], along[1:])[:, 0]
    return out


def align(ours: Limb, theirs: Limb) -> Array:
    """Return (bones, other bones) by what shares each bone follows those of another leg.

    Joints find their counterparts in order, by place and bend; between them length decides.
    """
    places = _shares(ours), _shares(theirs)
    bends = _bends(ours), _bends(theirs)
    gap = np.abs(places[0][:, None] - places[1]) + 0.15 * np.abs(bends[0][:, None] - bends[1])
    pairs = _counterparts(gap)
    lengths = np.linalg.norm(theirs.segments, axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    own = np.concatenate([[0.0], np.cumsum(np.linalg.norm(ours.segments, axis=1))])
    knots = np.interp(own, own[[a for a, _ in pairs]], along[[b for _, b in pairs]])
    start = np.maximum(knots[:-1, None], along[:-1])
    stop = np.minimum(knots[1:, None], along[1:])
    share = np.maximum(stop - start, 0.0)
    return np.asarray(share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12))


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


def turns_along(shares: Array, turns: list[Array]) -> Array:
    """Return (bones, T, 4) turns mixed from those of another leg by shares (bones, others)."""
    stack = np.stack(turns)
    stack = stack * np.where(np.sum(stack * stack[:1], axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
    return quat.normalize(np.einsum("bo,otk->btk", shares, stack))


@dataclass(frozen=True, eq=False)
class Reach:
    """A leg to be bent."""

    segments: Array
    """(bones, 3) its bones at rest, meters."""
    turns: Array
    """(bones, T, 4) how they are turned from rest to begin with."""


def bend(leg: Reach, goal: Array) -> Array:
    """Return (bones, T, 4) turns that put the leg's end at ``goal`` (T, 3) from its top.

    All bends grow or shrink by one factor and keep their directions; then the leg swings.
    """
    lengths = np.linalg.norm(leg.segments, axis=1)
    along = quat.apply(leg.turns, quat.unit(leg.segments)[:, None])
    axes, angles = _joints(along)
    wanted = np.linalg.norm(goal, axis=-1)
    low = np.full(wanted.shape, _LEAST)
    high = np.full(wanted.shape, _GREATEST)
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        long = np.linalg.norm(_end(along[0], axes, angles, middle, lengths)[0], axis=-1) > wanted
        low, high = np.where(long, middle, low), np.where(long, high, middle)
    end, frames = _end(along[0], axes, angles, 0.5 * (low + high), lengths)
    before = _end(along[0], axes, angles, np.ones_like(wanted), lengths)[1]
    swing = quat.between(end, goal)
    return np.stack(
        [
            quat.mul(swing, quat.mul(frame, quat.mul(quat.inv(was), turn)))
            for frame, was, turn in zip(frames, before, leg.turns, strict=True)
        ]
    )


def _joints(along: Array) -> tuple[Array, Array]:
    """Return axes (bones - 1, T, 3) and angles (bones - 1, T) of a chain's bends.

    ``along`` (bones, T, 3) are the directions of its bones. Each axis is seen from the frame
    that the bends before it have turned.
    """
    axes, angles = [], []
    frame = np.broadcast_to(quat.IDENTITY.astype(np.float64), (*along.shape[1:-1], 4))
    for before, after in pairwise(along):
        local = quat.apply(quat.inv(frame), after)
        start = quat.apply(quat.inv(frame), before)
        vector = quat.to_rotvec(quat.between(start, local))
        angle = np.linalg.norm(vector, axis=-1)
        axes.append(vector / np.maximum(angle, 1e-9)[..., None])
        angles.append(angle)
        frame = quat.mul(frame, quat.from_rotvec(vector))
    return np.array(axes), np.array(angles)


def _end(
    first: Array, axes: Array, angles: Array, factor: Array, lengths: Array
) -> tuple[Array, list[Array]]:
    """Return the chain's end (T, 3) from its top and the frames (T, 4) of its bones."""
    frame = np.broadcast_to(quat.IDENTITY.astype(np.float64), (*first.shape[:-1], 4))
    end, frames = lengths[0] * first, [frame]
    for axis, angle, length in zip(axes, angles, lengths[1:], strict=True):
        turned = quat.from_axis_angle(axis, np.minimum(angle * factor, _SHARPEST))
        frame = quat.mul(frame, turned)
        end = end + length * quat.apply(frame, first)
        frames.append(frame)
    return end, frames
