# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns where a foot stands: the stretches in which it is pinned, to what, and the way between.

A correction is known while the foot stands and bridged smoothly while it swings, so that a foot
neither slides nor pops. Legs and the pelvis are left to `cleanup`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..clip import contacts as foot_contacts
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep

Mask = NDArray[np.bool_]

EASE_SECONDS = 0.2
"""Time in which the speed of a correction dies out after a release (s)."""
TRIM_SECONDS = 0.12
"""Most that is cut off either end of a contact in which the foot still moves (s)."""
TRIM_DISTANCE = 0.022
"""Distance (of a leg length of 0.87 m) from its standing point at which a foot still moves."""
DRAG = 1.2
"""Speed, over the limit of a contact, at which a foot is dragged and does not stand."""
CALM = 0.6
"""Speed, over the limit of a contact, under which a foot stands wherever it is."""
CALM_SPEEDS = (0.8, 2.5)
"""Speeds of the body (m/s) under which its feet do not trip, and over which they may."""
CREEP = 0.08
"""Distance (m, of the model's size) a standing foot may creep before it has to step."""
STEP_SECONDS = 0.2
"""Time for such a step (s)."""


@dataclass(frozen=True)
class Rules:
    """What makes a stand of a contact; galloping paws stand for a twelfth of a second."""

    shortest: int = 4
    """Fewest frames of a stand."""
    trim_share: float = 0.35
    """Most that is cut off either end of a contact, as a share of it."""
    blur_seconds: float = 0.03
    """Smoothing of the speed by which a dragged foot is known (s, sigma)."""
    calm_seconds: float = 0.0
    """Least time of a stand or a swing of a body that hardly goes, so that feet do not trip."""
    sliding: float = 1.0
    """How much faster and further than usual feet may slide and are still made to stand."""


@dataclass(frozen=True)
class Stance:
    """One stand of one foot, frames `start` up to but not including `stop`."""

    start: int
    stop: int
    flat: Mask
    """(n,) bool, whether the heel is down too."""


def stances(
    heel: Array,
    ball: Array,
    points: Array,
    pace: Array,
    fps: float,
    size: float,
    rules: Rules | None = None,
) -> list[Stance]:
    """Return the stands of one foot.

    `heel` and `ball` (T,) are binary contacts, `points` (T, 3) the ball, `pace` (T,) the speed of
    the body (m/s), `size` the length of the character over that of the model. Where a foot is
    dragged along it does not stand, whatever its contact says; a drag becomes a small step.
    """
    found = []
    rules = rules or Rules()
    speed = np.linalg.norm(np.gradient(points[:, [0, 2]], axis=0), axis=-1) * fps
    limit = foot_contacts.SPEED_LIMIT * size + foot_contacts.SPEED_SHARE * pace
    speed = smooth(speed, rules.blur_seconds * fps)
    slow, calm = speed < rules.sliding * DRAG * limit, speed < CALM * limit
    stood = ((ball > 0.5) & slow)[:, None].astype(np.float32)
    down = foot_contacts.clean(stood, fps, rules.shortest / fps)[:, 0] > 0.5
    _calm(down, pace, rules.calm_seconds * fps)
    for first, last in foot_contacts.runs(down):
        for start, stop in _steps(points, first, last, fps, rules.sliding * CREEP * size):
            most = min(round(TRIM_SECONDS * fps), int(rules.trim_share * (stop - start)))
            start, stop = _trimmed(points, calm, start, stop, most, TRIM_DISTANCE * size)
            if stop - start >= rules.shortest:
                found.append(Stance(start, stop, heel[start:stop] > 0.5))
    return found


def _calm(down: Mask, pace: Array, least: float) -> None:
    """Close swings and drop stands of less than `least` frames, fewer the faster the body goes."""
    needed = least * (1.0 - smoothstep(pace, *CALM_SPEEDS))
    for standing in (False, True):
        for start, stop in foot_contacts.runs(down == standing):
            inside = start > 0 and stop < len(down)
            if inside and stop - start < needed[start:stop].mean():
                down[start:stop] = not standing


def _steps(
    points: Array, start: int, stop: int, fps: float, creep: float
) -> Iterator[tuple[int, int]]:
    """Yield the parts of a contact in which the foot stays in place, with time for steps between.

    A part ends where the foot has crept by ``creep`` from its own first tenth of a second.
    """
    half = round(0.5 * STEP_SECONDS * fps)
    while True:
        home = points[start : start + max(round(0.1 * fps), 1)].mean(axis=0)
        away = np.linalg.norm((points[start:stop] - home)[:, [0, 2]], axis=-1) > creep
        if not away.any() or stop - start - int(np.argmax(away)) < 2 * half:
            yield start, stop
            return
        crept = start + int(np.argmax(away))
        yield start, max(crept - half, start + 1)
        start = crept + half


def _trimmed(
    points: Array, calm: Mask, start: int, stop: int, limit: int, most: float
) -> tuple[int, int]:
    """Return the stretch without the ends, of `limit` frames at most, with a foot on its way."""
    off = points[start:stop] - np.median(points[start:stop], axis=0)
    still = (np.linalg.norm(off[:, [0, 2]], axis=-1) <= most) | calm[start:stop]
    landed, left = still & (off[:, 1] <= most), still & (off[:, 1] <= 0.6 * most)
    lead = int(np.argmax(landed)) if landed.any() else limit
    tail = int(np.argmax(left[::-1])) if left.any() else limit
    # A contact cut by an end of the motion neither lands nor leaves there.
    lead, tail = lead if start > 0 else 0, tail if stop < len(points) else 0
    return start + min(lead, limit), stop - min(tail, limit)


def anchor(points: Array) -> Array:
    """Return the (3,) point a foot stands on, from its raw positions (n, 3) in one stand."""
    weight = np.hanning(len(points) + 2)[1:-1, None]
    return np.asarray((points * weight).sum(axis=0) / weight.sum())


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


def untwisted(rotations: Array, stands: list[Stance], fps: float) -> Array:
    """Return world rotations (T, 4) of a foot that keeps its yaw while it stands flat."""
    yaw = yaw_of_foot(rotations)
    known, off = np.zeros(len(yaw), dtype=bool), np.zeros(len(yaw))
    for stand in stands:
        frames = stand.start + np.flatnonzero(stand.flat)
        if len(frames) > 2:
            known[frames] = True
            off[frames] = np.clip(np.median(yaw[frames]) - yaw[frames], -0.35, 0.35)
    return quat.mul(quat.yaw(bridged(off[:, None], known, fps)[:, 0]), rotations)


def yaw_of_foot(rotations: Array) -> Array:
    """Return the yaw (T,) in radians of foot rotations (T, 4), from the sideways axis."""
    side = quat.apply(rotations, np.array([1.0, 0.0, 0.0], dtype=rotations.dtype))
    return np.unwrap(np.arctan2(-side[..., 2], side[..., 0]))
