# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the sole of a carried foot exactly onto the ground in stances, and over it in swings."""

from __future__ import annotations

import numpy as np

from ..cleanup.foot_lock import FADE_SECONDS, bridged, eased
from ..clip.contacts import runs
from ..maths.quat import Array
from ..maths.smoothing import running_max, smooth
from .foot import FootTrack
from .surface import Surface

_UP = np.array([0.0, 1.0, 0.0])
MOST_PITCH = 0.3
"""Radians by which a heel may be turned to meet the ground."""
HANGING = 0.07
"""How far the ground under a heel may be off that under the ball, over the leg's length; beyond it
the heel hangs over an edge."""
LOWEST = 0.05
"""Most that a standing foot comes down to the ground, over the leg's length."""
CLEARANCE = 0.016
"""Least height of a foot in the middle of a swing over uneven ground, over the leg's length."""
WIDER = 0.015
"""How far ahead and back of its sole a swinging foot keeps clear, likewise."""
CLEAR_SECONDS = 0.16
"""Time in which that height is reached after a stance, and left before one."""
SOFT_SECONDS = 0.035
"""Smoothing of the rise of a swinging foot (s, sigma)."""
SLACK = 0.005
"""How far a foot may be in the ground for its rise to be smooth, over the leg's length."""


def touching(
    track: FootTrack, marks: tuple[Array, Array], surface: Surface, near: Array, fps: float
) -> FootTrack:
    """Return the track with its heel, then its lowest point, on the ground in stances.

    ``marks`` (T,) bool are heel and ball in contact, ``near`` (T,) the height of the ground.
    """
    heel, ball = marks
    if track.rolls and len(track.sole.heel) and track.leg.foot:
        track = _heel_down(track, heel & ball, surface, near, fps)
    down = heel | ball
    if not down.any():
        return track
    most = LOWEST * track.leg.reach
    over = np.where(down, _lowest(track, surface, near, track.rolls), 0.0)
    off = -np.where(np.isfinite(over), np.minimum(over, most), 0.0)
    # Skin that lies lower than the bones is lower in swings, too.
    usual = float(np.median(off[down]))
    rise = usual + bridged(off[:, None] - usual, down, fps, FADE_SECONDS)
    return track.moved(rise * _UP)


def _heel_down(
    track: FootTrack, flat: Array, surface: Surface, near: Array, fps: float
) -> FootTrack:
    """Pitch the foot about its ball, by one angle a stance, so that ball and heel both stand."""
    if not flat.any():
        return track
    gap = _heel_gap(track, surface, near)
    angle = np.zeros((len(gap), 1))
    for start, stop in runs(flat):
        known = gap[start:stop][np.isfinite(gap[start:stop])]
        if len(known):
            # Later in a stance the heel has begun to rise.
            least = float(np.percentile(known, 20))
            angle[start:stop] = -np.clip(least, -MOST_PITCH, MOST_PITCH)
    return track.pitched(bridged(angle, flat, fps)[:, 0])


def _heel_gap(track: FootTrack, surface: Surface, near: Array) -> Array:
    """Return the angle (T,) by which a heel, or the arch, is pitched up from the ground.

    NaN where the whole heel hangs over an edge.
    """
    ball = surface.over(track.balls, near).min(axis=1)
    over = surface.over(track.heels, near) - ball[:, None]
    arm = np.linalg.norm((track.heels - track.ball[:, None])[..., ::2], axis=-1)
    gap = np.arctan2(over, np.maximum(arm, 1e-6))
    gap[~(np.abs(over) < HANGING * track.leg.reach)] = np.inf
    least = gap.min(axis=1)
    return np.where(np.isfinite(least), least, np.nan)


def _lowest(track: FootTrack, surface: Surface, near: Array, heel: bool) -> Array:
    """Return how high (T,) the lowest point of a sole is over the ground; infinite if none.

    With its ``heel``, or without: a paw stands on its own skin, not on that of the bone above.
    """
    over = surface.over(track.balls, near).min(axis=1)
    if heel and len(track.sole.heel):
        over = np.minimum(over, surface.over(track.heels, near).min(axis=1))
    return np.asarray(over)


def clear(
    track: FootTrack,
    level: FootTrack,
    down: Array,
    surface: Surface,
    near: Array,
    way: Array,
    fps: float,
    uneven: bool,
) -> FootTrack:
    """Return the track raised in its swings over the ground that lies between two stances.

    It is clear of ``uneven`` ground by ``CLEARANCE``, and of other ground at least as the track on
    level ground, ``level``, is.
    ``down`` (T,) bool are its stances, ``way`` (T,) the share of the way to the next one.
    """
    needed = -_lowest(track, surface, near, True)
    if surface.mesh is not None:
        for step in _beside(track):
            needed = np.maximum(needed, -_lowest(track.moved(step), surface, near, True))
    needed = np.where(np.isfinite(needed), needed, -np.inf)
    if surface.mesh is not None:
        most = CLEARANCE * track.leg.reach
        own = _lowest(level, Surface(None, 0.0), np.zeros(len(near)), True)
        usual = most if uneven else np.clip(own, 0.0, most)
        needed += usual * eased(_away(down, CLEAR_SECONDS * fps))
    rise = np.zeros(len(down))
    for start, stop in runs(~down):
        need = needed[start:stop]
        if need.max() <= 0.0:
            continue
        if start > 0 and stop < len(down):
            rise[start:stop] = _hull(way[start:stop], need)
        else:
            rise[start:stop] = np.maximum(running_max(need, max(round(0.1 * fps), 1)), 0.0)
    if not rise.any():
        return track
    rise = smooth(running_max(rise, max(round(0.02 * fps), 1)), SOFT_SECONDS * fps)
    rise *= eased(_away(down, SOFT_SECONDS * 2.0 * fps))
    rise = np.maximum(rise, needed - SLACK * track.leg.reach)
    return track.moved(np.where(down, 0.0, np.maximum(rise, 0.0))[:, None] * _UP)


def _beside(track: FootTrack) -> tuple[Array, Array]:
    """Return offsets (T, 3) a little ahead on a foot's way and back: it is wider than its sole."""
    way = np.gradient(track.ball, axis=0) * [1.0, 0.0, 1.0]
    far = np.linalg.norm(way, axis=-1, keepdims=True)
    step = WIDER * track.leg.reach * way / np.maximum(far, 1e-9)
    return step, -step


def _away(down: Array, span: float) -> Array:
    """Return (T,) 0 in stances that rises to 1 over ``span`` frames from them."""
    frames = np.arange(len(down))
    last = np.maximum.accumulate(np.where(down, frames, -(10**6)))
    following = np.minimum.accumulate(np.where(down, frames, 10**6)[::-1])[::-1]
    near = np.minimum(frames - last, following - frames)
    return np.asarray(np.clip(near / max(span, 1.0), 0.0, 1.0))


def _hull(way: Array, need: Array) -> Array:
    """Return the lowest concave rise (n,) over ``way`` (n,) that is 0 at both ends.

    It is nowhere lower than ``need`` (n,).
    """
    points: list[tuple[float, float]] = [(0.0, 0.0)]
    known = zip(way.tolist(), need.tolist(), strict=True)
    for x, y in [*known, (1.0, 0.0)]:
        if y <= 0.0 and x < 1.0:
            continue
        while len(points) > 1 and _above(points[-2], points[-1], (x, y)):
            points.pop()
        points.append((x, y))
    xs, ys = np.array(points).T
    return np.maximum(np.interp(way, xs, ys), np.maximum(need, 0.0))


def _above(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Return whether ``b`` lies under the line from ``a`` to ``c``."""
    return (b[0] - a[0]) * (c[1] - a[1]) >= (b[1] - a[1]) * (c[0] - a[0])
