# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins new frames to the kept poses without a jump of position or speed.

A filling misses the kept poses at its ends by a little, the more so the less a body resembles the
model's training data. The miss and the jump in speed fade out within the gap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cleanup.foot_lock import bridged, eased
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..maths import quat
from ..maths.quat import Array

SECONDS = 0.3
"""Time in which a miss fades out, at most half of a gap."""
RATE = 30.0
"""Frames a second at which new frames are averaged once with their neighbors."""
LEAST = 4
"""Frames of the shortest gap whose ends are joined."""


def blended_joins(clip: Clip, known: Array) -> Clip:
    """Return ``clip`` with frames where ``known`` (T,) is False joined to the kept ones."""
    rotations, roots = _even(clip, known)
    ends = [(a, b) for a, b in runs(~known) if b - a >= LEAST and a > 0 and b < len(known)]
    for start, stop in ends:
        span = min(SECONDS * clip.fps, 0.5 * (stop - start) + 1.0)
        for key, step in ((start - 1, 1), (stop, -1)):
            _reach(rotations, roots, key, step, span)
    joined = [_speed_off(rotations, roots, known, start, stop) for start, stop in ends]
    for (start, stop), offs in zip(ends, joined, strict=True):
        span = min(SECONDS * clip.fps, 0.5 * (stop - start) + 1.0)
        for key, step, off in zip((start - 1, stop), (1, -1), offs, strict=True):
            away = np.arange(1, int(np.ceil(span)))
            rows = key + step * away
            weight = away * (1.0 - away / span) ** 3
            _add(rotations, roots, rows, weight, *off)
    return replace(clip, rotations=quat.unroll(rotations), root_positions=roots)


def _even(clip: Clip, known: Array) -> tuple[Array, Array]:
    """Return rotations and roots with new frames smoothed a little over time."""
    rotations, roots = quat.unroll(clip.rotations), np.array(clip.root_positions)
    new = ~known[1:-1]
    for _ in range(max(round(clip.fps / RATE), 1)):
        for values in (rotations, roots):
            mean = 0.25 * values[:-2] + 0.5 * values[1:-1] + 0.25 * values[2:]
            values[1:-1][new] = mean[new]
        rotations = np.where(known[:, None, None], rotations, quat.normalize(rotations))
    return rotations, roots


def _seen(rotations: Array, roots: Array, key: int, rows: list[int]) -> tuple[Array, Array]:
    """Return turns (N, J, 3) and steps (N, 3) from a kept frame to other frames."""
    turns = quat.to_rotvec(quat.inv_mul(rotations[key], rotations[rows]))
    return turns, roots[rows] - roots[key]


def _reach(rotations: Array, roots: Array, key: int, step: int, span: float) -> None:
    """Change the frames next to a kept one so that they lead to it."""
    turns, steps = _seen(rotations, roots, key, [key + step * n for n in (1, 2, 3)])
    off = [-(3.0 * part[0] - 3.0 * part[1] + part[2]) for part in (turns, steps)]
    away = np.arange(1, int(np.ceil(span)))
    _add(rotations, roots, key + step * away, 1.0 - eased(away / span), *off)


def _speed(rotations: Array, roots: Array, key: int, step: int) -> tuple[Array, Array]:
    """Return the speed per frame at a kept frame, from the frames on one side of it."""
    turns, steps = _seen(rotations, roots, key, [key + step, key + 2 * step])
    return step * (2.0 * turns[0] - 0.5 * turns[1]), step * (2.0 * steps[0] - 0.5 * steps[1])


def _speed_off(
    rotations: Array, roots: Array, known: Array, start: int, stop: int
) -> list[tuple[Array, Array]]:
    """Return the jumps in speed at both ends of a gap, per frame away from the kept frame."""
    found = []
    for key, step in ((start - 1, 1), (stop, -1)):
        inner = _speed(rotations, roots, key, step)
        beyond = [key - step, key - 2 * step]
        if min(beyond) < 0 or max(beyond) >= len(known) or len(set(known[beyond])) > 1:
            found.append((0.0 * inner[0], 0.0 * inner[1]))
            continue
        outer = _speed(rotations, roots, key, -step)
        share = 1.0 if known[beyond[0]] else 0.5
        found.append((step * share * (outer[0] - inner[0]), step * share * (outer[1] - inner[1])))
    return found


def _add(
    rotations: Array, roots: Array, rows: Array, weight: Array, turn: Array, step: Array
) -> None:
    more = quat.from_rotvec(weight[:, None, None] * turn)
    rotations[rows] = quat.mul(rotations[rows], more.astype(rotations.dtype))
    roots[rows] += (weight[:, None] * step).astype(roots.dtype)


def bridged_rotations(turned: Array, before: Array, known: Array, fps: float) -> Array:
    """Return rotations (T, ..., 4) that are ``before`` at ``known`` (T,) frames.

    Elsewhere they are ``turned``, corrected by the interpolated difference at the kept frames.
    """
    off = quat.to_rotvec(quat.inv_mul(turned, before.astype(np.float64)))
    out = quat.mul(turned, quat.from_rotvec(_bridged(off, known, fps)))
    return quat.unroll(np.where(_like(known, out), before, out))


def bridged_positions(placed: Array, before: Array, known: Array, fps: float) -> Array:
    """Return positions (T, ..., 3) that are ``before`` at ``known`` (T,) frames, likewise."""
    out = placed + _bridged(before - placed, known, fps)
    return np.where(_like(known, out), before, out)


def _bridged(off: Array, known: Array, fps: float) -> Array:
    """Return values (T, ...) of ``known`` (T,) frames, interpolated smoothly over the others."""
    off = np.where(_like(known, off), off, 0.0)
    return bridged(off.reshape(len(off), -1), known, fps).reshape(off.shape)


def _like(known: Array, values: Array) -> Array:
    return known.reshape(-1, *(1,) * (values.ndim - 1))
