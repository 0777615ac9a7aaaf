# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds stances: the stretches in which a foot stays in one place on the ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..clip import contacts as foot_contacts
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep

Mask = NDArray[np.bool_]

TRIM_SECONDS = 0.12
"""Most that is cut off either end of a contact while the foot still moves (s)."""
TRIM_DISTANCE = 0.022
"""Distance (m, legs of the model's size) from the middle of a stance at which a foot moves."""
DRAG = 1.2
"""Speed, over the limit of a contact, from which a foot is dragged and has no stance."""
STILL = 0.6
"""Speed, over the limit of a contact, under which a foot is in stance wherever it is."""
SLOW_SPEEDS = (0.8, 2.5)
"""Speeds of the body (m/s) under which short stances and swings are removed, and over which they
are kept."""
CREEP = 0.08
"""Distance (m, legs of the model's size) that a foot may creep before it has to step."""
STEP_SECONDS = 0.2
"""Time for such a step (s)."""


@dataclass(frozen=True)
class StanceRules:
    """Which contacts are stances; a galloping paw's lasts a twelfth of a second."""

    shortest: int = 4
    """Fewest frames of a stance."""
    trim_share: float = 0.35
    """Most that is cut off either end of a contact, as a share of it."""
    blur_seconds: float = 0.03
    """Smoothing of the speed by which a dragged foot is known (s, sigma)."""
    slow_seconds: float = 0.0
    """Least time of a stance or a swing of a slow body, so that feet do not trip (s)."""
    sliding: float = 1.0
    """Factor of the speed and distance that a foot may slide in a stance."""


@dataclass(frozen=True)
class Stance:
    """One stance of one foot, frames `start` up to but not including `stop`."""

    start: int
    stop: int
    flat: Mask
    """(n,) bool, whether the heel is on the ground too."""


def find_stances(
    heel: Array,
    ball: Array,
    points: Array,
    pace: Array,
    fps: float,
    size: float,
    rules: StanceRules | None = None,
) -> list[Stance]:
    """Return the stances of one foot.

    `heel` and `ball` (T,) are binary contacts, `points` (T, 3) the ball, `pace` (T,) the speed of
    the body (m/s), `size` the length of the legs over the model's. A dragged foot has no stance,
    whatever its contact says; a slow drag becomes small steps.
    """
    found = []
    rules = rules or StanceRules()
    speed = np.linalg.norm(np.gradient(points[:, [0, 2]], axis=0), axis=-1) * fps
    limit = foot_contacts.SPEED_LIMIT * size + foot_contacts.SPEED_SHARE * pace
    speed = smooth(speed, rules.blur_seconds * fps)
    slow, still = speed < rules.sliding * DRAG * limit, speed < STILL * limit
    stood = ((ball > 0.5) & slow)[:, None].astype(np.float32)
    down = foot_contacts.clean(stood, fps, rules.shortest / fps)[:, 0] > 0.5
    _merge_short(down, pace, rules.slow_seconds * fps)
    for first, last in foot_contacts.runs(down):
        for start, stop in _steps(points, first, last, fps, rules.sliding * CREEP * size):
            most = min(round(TRIM_SECONDS * fps), int(rules.trim_share * (stop - start)))
            start, stop = _trimmed(points, still, start, stop, most, TRIM_DISTANCE * size)
            if stop - start >= rules.shortest:
                found.append(Stance(start, stop, heel[start:stop] > 0.5))
    return found


def _merge_short(down: Mask, pace: Array, least: float) -> None:
    """Close swings and drop stances of under `least` frames, fewer the faster the body moves."""
    needed = least * (1.0 - smoothstep(pace, *SLOW_SPEEDS))
    for standing in (False, True):
        for start, stop in foot_contacts.runs(down == standing):
            inside = start > 0 and stop < len(down)
            if inside and stop - start < needed[start:stop].mean():
                down[start:stop] = not standing


def _steps(
    points: Array, start: int, stop: int, fps: float, creep: float
) -> Iterator[tuple[int, int]]:
    """Yield the parts of a contact in which the foot stays in place, with gaps for steps.

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
    points: Array, still: Mask, start: int, stop: int, limit: int, most: float
) -> tuple[int, int]:
    """Return the stretch without its ends of at most `limit` frames in which the foot moves."""
    off = points[start:stop] - np.median(points[start:stop], axis=0)
    placed = (np.linalg.norm(off[:, [0, 2]], axis=-1) <= most) | still[start:stop]
    landed, left = placed & (off[:, 1] <= most), placed & (off[:, 1] <= 0.6 * most)
    lead = int(np.argmax(landed)) if landed.any() else limit
    tail = int(np.argmax(left[::-1])) if left.any() else limit
    # A contact cut by an end of the motion neither lands nor leaves there.
    lead, tail = lead if start > 0 else 0, tail if stop < len(points) else 0
    return start + min(lead, limit), stop - min(tail, limit)


def stance_mask(stances: list[Stance], frames: int) -> Mask:
    """Return (T,) bool, the frames that are in one of the stances."""
    mask = np.zeros(frames, dtype=bool)
    for stance in stances:
        mask[stance.start : stance.stop] = True
    return mask
