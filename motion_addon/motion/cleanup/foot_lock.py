# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks feet: the point of each stance, and corrections bridged smoothly between stances.

A correction is known while a foot is on the ground and bridged while it swings, so that a foot
neither slides nor pops.
"""

from __future__ import annotations

import numpy as np

from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from .stances import Mask, Stance, stance_mask

EASE_SECONDS = 0.2
"""Time in which the speed of a correction dies out after a release (s)."""
FADE_SECONDS = (0.12, 0.05)
"""Times in which a foot regains its own height after a stance, and loses it before one (s)."""
SOFT_SECONDS = 0.02
"""Time over which a foot comes down onto the ground and off it (s, sigma)."""


def anchor(points: Array) -> Array:
    """Return the (3,) point of one stance, the weighted mean of raw positions (n, 3)."""
    weight = np.hanning(len(points) + 2)[1:-1, None]
    return np.asarray((points * weight).sum(axis=0) / weight.sum())


def anchored(points: Array, stances: list[Stance]) -> Array:
    """Return points (T, 3) that stay at one place in each stance."""
    out = points.copy()
    for stance in stances:
        out[stance.start : stance.stop] = anchor(points[stance.start : stance.stop])
    return out


def pinned(
    points: Array, places: Array, floor: Array, stances: list[Stance], land: float, fps: float
) -> Array:
    """Return the way (T, 3) of a ball or paw that is in its places in stances and swings between.

    ``places`` (T, 3) are its ``anchored`` points, ``floor`` (T,) its height on the ground, and
    ``land`` the frames over which it comes down all the way.
    """
    known = stance_mask(stances, len(points))
    target = places.copy()
    target[:, 1] = _landing_height(points[:, 1], floor, stances, land)
    off = bridged(target - points, known, fps)
    height = bridged((target - points)[:, 1:2], known, fps, FADE_SECONDS)
    off[:, 1:2] = smooth(height, SOFT_SECONDS * fps)
    return np.asarray(points + off)


def _landing_height(height: Array, floor: Array, stances: list[Stance], span: float) -> Array:
    """Return `height` (T,) of a ball or paw brought down onto `floor` (T,) in its stances.

    The last millimeters of its way down are kept and eased out in `span` frames.
    """
    out = height.copy()
    landing = 1.0 - eased(np.arange(round(span)) / span)
    for stance in stances:
        a, b = stance.start, stance.stop
        above = max(out[a] - floor[a], 0.0)
        out[a:b] = floor[a:b].mean()
        last = min(b - a, len(landing))
        out[a : a + last] += above * landing[:last]
    return np.asarray(out)


def raised(height: Array, least: Array, known: Mask, fps: float, size: float) -> Array:
    """Return how much (T,) a foot must rise to be ``least`` (T,) high where not ``known``."""
    rise = leg_ik.soft_maximum(height, least, 0.004 * size) - height
    return smooth(np.where(known, 0.0, rise), 0.025 * fps)


def bridged(
    values: Array, known: Mask, fps: float, fade: tuple[float, float] | None = None
) -> Array:
    """Return corrections (T, k) whose unknown stretches are bridged smoothly.

    `known` (T,) bool marks the frames whose values hold. Between them the values go over by a
    quintic; the speed they have at either end dies out within `EASE_SECONDS`. With `fade`
    (s after, s before) the values die out and rise in these times instead of going over.
    """
    frames = np.arange(len(values))
    marks = np.flatnonzero(known)
    if not len(marks):
        return np.zeros_like(values)
    before = np.maximum.accumulate(np.where(known, frames, -1))
    after = np.minimum.accumulate(np.where(known, frames, len(values))[::-1])[::-1]
    open_start, open_end = before < 0, after >= len(values)
    before = np.where(open_start, marks[0], before)
    after = np.where(open_end, marks[-1], after)
    since, until = np.abs(frames - before), np.abs(after - frames)
    gap = np.maximum(after - before, 1)
    if fade is None:
        share = np.where(open_start | open_end, 0.0, eased(since / gap))[:, None]
        out = values[before] + share * (values[after] - values[before])
    else:
        most = np.where(open_start | open_end, np.inf, 0.5 * gap)
        gone = 1.0 - eased(since / np.minimum(most, fade[0] * fps))
        back = 1.0 - eased(until / np.minimum(most, fade[1] * fps))
        out = np.where(open_start, 0.0, gone)[:, None] * values[before]
        out += np.where(open_end, 0.0, back)[:, None] * values[after]
    rate_in, rate_out = _end_rates(values, known)
    ease = EASE_SECONDS * fps
    span = np.where(open_start | open_end, ease, np.minimum(gap, ease))
    out += rate_out[before] * np.where(open_start, 0.0, _fading(since, span))[:, None]
    out -= rate_in[after] * np.where(open_end, 0.0, _fading(until, span))[:, None]
    return np.asarray(np.where(known[:, None], values, out))


def _end_rates(values: Array, known: Mask) -> tuple[Array, Array]:
    """Return the change per frame (T, k) of known values just after and just before each frame."""
    forward, backward = np.zeros_like(values), np.zeros_like(values)
    pair = known[2:] & known[:-2]
    change = 0.5 * (values[2:] - values[:-2])
    forward[:-2][pair] = change[pair]
    backward[2:][pair] = change[pair]
    return forward, backward


def eased(share: Array) -> Array:
    """Return the quintic from 0 to 1 over `share` (T,)."""
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(share**3 * (share * (6.0 * share - 15.0) + 10.0))


def _fading(frames: Array, span: Array) -> Array:
    """Return a bump (T,) that starts at slope one and is over, smoothly, after `span` frames."""
    return np.asarray(frames * np.clip(1.0 - frames / span, 0.0, 1.0) ** 3)


def untwisted(rotations: Array, stances: list[Stance], fps: float) -> Array:
    """Return world rotations (T, 4) of a foot that keeps its yaw while it is flat on the ground."""
    yaw = yaw_of_foot(rotations)
    known, off = np.zeros(len(yaw), dtype=bool), np.zeros(len(yaw))
    for stance in stances:
        frames = stance.start + np.flatnonzero(stance.flat)
        if len(frames) > 2:
            known[frames] = True
            off[frames] = np.clip(np.median(yaw[frames]) - yaw[frames], -0.35, 0.35)
    return quat.mul(quat.yaw(bridged(off[:, None], known, fps)[:, 0]), rotations)


def yaw_of_foot(rotations: Array) -> Array:
    """Return the yaw (T,) in radians of foot rotations (T, 4), from the sideways axis."""
    side = quat.apply(rotations, np.array([1.0, 0.0, 0.0], dtype=rotations.dtype))
    return np.unwrap(np.arctan2(-side[..., 2], side[..., 0]))
