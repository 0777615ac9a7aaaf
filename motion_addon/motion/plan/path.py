# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawn path as dense, even samples, addressed by horizontal arc length.

Corners stay as drawn; `trajectory` rounds them, by the speed of the character.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import RefusedError
from ..maths.quat import Array

SPACING = 0.02
"""Distance aimed at between samples (m)."""
LONGEST = 20_000.0
"""Longest path (m), four hours of walking; a longer one has the wrong units."""
_LEAST_SAMPLES, _MOST_SAMPLES = 65, 400_001
_TANGENT_REACH = 0.04
_CURVATURE_REACH = 0.16


@dataclass(frozen=True)
class Path:
    """A curve on or over the ground, sampled evenly by horizontal arc length.

    Positions are meters in the motion frame (Y up). `s` is the horizontal distance from the
    first point. Outside [0, length] an open path continues straight and a cyclic one wraps.
    """

    samples: Array
    """(N, 3) positions `spacing` apart; a cyclic path repeats its first sample at the end."""
    spacing: float
    """Horizontal distance between samples (m)."""
    cyclic: bool = False
    """Whether the last sample joins the first."""

    @classmethod
    def from_points(cls, points: ArrayLike, cyclic: bool = False) -> Path:
        """Return the path through `points` (N, 3).

        Raises RefusedError for fewer than two points, for points that are not finite 3D positions,
        and for a path without horizontal length or longer than `LONGEST`.
        """
        drawn = _checked(points)
        if cyclic:
            drawn = np.concatenate([drawn, drawn[:1]])
        steps = np.hypot(*np.diff(drawn[:, [0, 2]], axis=0).T)
        moved = np.concatenate([[True], steps > 1e-9])
        drawn, arc = drawn[moved], np.concatenate([[0.0], np.cumsum(steps[steps > 1e-9])])
        length = float(arc[-1])
        if length < 1e-3:
            raise RefusedError("The path has no length over the ground; draw a longer path")
        if length > LONGEST:
            raise RefusedError(
                f"The path is longer than {LONGEST / 1000.0:g} km; give it in meters"
            )
        count = int(np.clip(round(length / SPACING) + 1, _LEAST_SAMPLES, _MOST_SAMPLES))
        even = np.linspace(0.0, length, count)
        samples = np.stack([np.interp(even, arc, drawn[:, axis]) for axis in range(3)], axis=-1)
        if cyclic:
            samples[-1] = samples[0]
        return cls(samples, length / (count - 1), bool(cyclic))

    @property
    def length(self) -> float:
        """Horizontal length of the path (m)."""
        return self.spacing * (len(self.samples) - 1)

    def position(self, s: ArrayLike) -> Array:
        """Return the (..., 3) position at distance `s` (...) along the path."""
        s = np.asarray(s, dtype=np.float64)
        inside = self._inside(s)
        found = _interpolate(self.samples, inside / self.spacing)
        if self.cyclic:
            return found
        return found + (s - inside)[..., None] * self.tangent(inside)

    def tangent(self, s: ArrayLike) -> Array:
        """Return the (..., 3) horizontal unit direction of travel at distance `s` (...)."""
        inside = self._inside(np.asarray(s, dtype=np.float64))
        reach = max(_TANGENT_REACH, self.spacing)
        ahead, behind = (self._clamped(inside + side) for side in (reach, -reach))
        chord = ahead - behind
        chord[..., 1] = 0.0
        size = np.linalg.norm(chord, axis=-1, keepdims=True)
        fallback = np.broadcast_to(_any_direction(self.samples), chord.shape)
        return np.asarray(np.where(size > 1e-9, chord / np.maximum(size, 1e-9), fallback))

    def curvature(self, s: ArrayLike) -> Array:
        """Return the signed horizontal curvature (...) at `s`, in 1/m, positive to the left.

        It is measured over about 0.3 m, which ignores the jitter of a freehand curve.
        """
        s = np.asarray(s, dtype=np.float64)
        before, after = (
            self.tangent(s - _CURVATURE_REACH),
            self.tangent(s + _CURVATURE_REACH),
        )
        left = before[..., 2] * after[..., 0] - before[..., 0] * after[..., 2]
        ahead = before[..., 2] * after[..., 2] + before[..., 0] * after[..., 0]
        return np.asarray(np.arctan2(left, ahead) / (2 * _CURVATURE_REACH))

    def _inside(self, s: Array) -> Array:
        if self.cyclic:
            return np.mod(s, self.length)
        return np.clip(s, 0.0, self.length)

    def _clamped(self, s: Array) -> Array:
        return _interpolate(self.samples, self._inside(s) / self.spacing)


def _checked(points: ArrayLike) -> Array:
    try:
        drawn = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        raise RefusedError("The path must be a list of [x, y, z] positions") from None
    if drawn.size == 0:
        raise RefusedError("The path has no points; draw at least two")
    if drawn.ndim != 2 or drawn.shape[1] != 3:
        raise RefusedError("The path must be a list of [x, y, z] positions")
    if len(drawn) < 2:
        raise RefusedError("The path has one point; draw at least two")
    if not np.isfinite(drawn).all():
        raise RefusedError(
            "A coordinate of the path is not a finite number; give numbers in meters"
        )
    if np.abs(drawn).max() > 1e6:
        raise RefusedError("The path reaches more than 1000 km from the origin; move it nearer")
    return drawn


def _interpolate(samples: Array, index: Array) -> Array:
    low = np.clip(index.astype(np.int64), 0, len(samples) - 2)
    share = (index - low)[..., None]
    return np.asarray(samples[low] * (1.0 - share) + samples[low + 1] * share)


def _any_direction(samples: Array) -> Array:
    """Return the (3,) horizontal direction from the first sample to the farthest one."""
    away = samples - samples[0]
    away[:, 1] = 0.0
    far = away[np.argmax(np.linalg.norm(away, axis=-1))]
    return np.asarray(far / max(float(np.linalg.norm(far)), 1e-9))
