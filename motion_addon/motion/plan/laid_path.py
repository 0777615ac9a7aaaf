# SPDX-License-Identifier: GPL-3.0-or-later
"""A path laid on the ground: the height of the surface along it, and where it cannot be walked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import RefusedError
from ..maths.quat import Array
from ..maths.smoothing import smooth
from .ground_mesh import GroundMesh
from .path import Path

STEP = 0.55
"""Most height of one step up or down, in hip heights."""
GAP = 0.5
"""Longest gap in the ground that is stepped over, in hip heights."""
_EDGE = 0.15
"""Distance in which a change of height is one step, in hip heights."""
_STEEPEST = np.tan(np.radians(46.0))
_SMOOTHED = 0.2
"""Sigma of the Gaussian over which a slope is measured, in hip heights; treads are no slopes."""
_LEVEL = 0.05
"""Hip heights by which the two ends of a closed path may differ."""


@dataclass(frozen=True, eq=False)
class LaidPath:
    """The ground along a path."""

    heights: Array
    """(N,) meters, under the path's samples."""
    notes: tuple[str, ...]
    """What an artist may want to know, one sentence each."""


def laid(path: Path, ground: GroundMesh, hip_height: float) -> LaidPath:
    """Return the ground under a path, for a character whose hips are at ``hip_height`` (m).

    It begins on the surface nearest to the drawn height, and goes on over the highest surface that
    one step reaches; so it goes under bridges and over them. Short gaps are bridged. Raises
    RefusedError where the ground cannot be walked.
    """
    found = _Layers.under(path, ground)
    heights = found.followed(STEP * hip_height)
    _check_walls(path, found, heights, STEP * hip_height)
    gaps = _gaps(np.isnan(heights))
    widest = 0.0
    for start, stop in gaps:
        span = (stop - start + 1) * path.spacing
        if span > GAP * hip_height:
            raise _missing(path, found, heights, (start, stop), hip_height)
        widest = max(widest, span)
    known = np.flatnonzero(~np.isnan(heights))
    heights = np.interp(np.arange(len(heights)), known, heights[known])
    _check_steps(path, heights, hip_height)
    _check_slope(path, heights, hip_height)
    if path.cyclic:
        _check_closed(heights, hip_height)
        heights[-1] = heights[0]
    notes: tuple[str, ...] = ()
    if gaps:
        count = "A gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
        notes = (f"{count} of up to {widest:.2f} m in the ground under the path: stepped over",)
    return LaidPath(heights, notes)


@dataclass(frozen=True, eq=False)
class _Layers:
    """All surfaces under and over the samples of a path."""

    drawn: Array
    """(N,) heights of the path as drawn, meters."""
    starts: Array
    """(N + 1,) where the surfaces of each sample begin."""
    heights: Array
    """(M,) meters, rising within a sample."""
    facing: Array
    """(M,) 1 where the front is up, -1 where it is down."""

    @staticmethod
    def under(path: Path, ground: GroundMesh) -> _Layers:
        who, heights, facing = ground.layers(path.samples)
        if not len(who):
            raise RefusedError(
                "The ground is nowhere under the path; move the path over it or pick another ground"
            )
        starts = np.searchsorted(who, np.arange(len(path.samples) + 1))
        return _Layers(path.samples[:, 1], starts, heights, facing)

    def at(self, sample: int) -> Array:
        """Return the heights of the surfaces at a sample."""
        return self.heights[self.starts[sample] : self.starts[sample + 1]]

    def followed(self, step: float) -> Array:
        """Return the height (N,) of the surface that is followed; NaN where a step finds none."""
        out = np.full(len(self.drawn), np.nan)
        first = int(np.flatnonzero(np.diff(self.starts))[0])
        last = out[first] = self._nearest(first)
        starts, heights = self.starts.tolist(), self.heights.tolist()
        for sample in range(first + 1, len(out)):
            for height in reversed(heights[starts[sample] : starts[sample + 1]]):
                if height <= last + step:
                    if height >= last - step:
                        last = out[sample] = height
                    break
        return out

    def _nearest(self, sample: int) -> float:
        """Return the surface nearest to the drawn height; fronts before backs."""
        heights = self.at(sample)
        fronts = heights[self.facing[self.starts[sample] : self.starts[sample + 1]] > 0]
        some = fronts if len(fronts) else heights
        return float(some[np.abs(some - self.drawn[sample]).argmin()])

    def balance(self, heights: Array) -> tuple[Array, Array]:
        """Return the sums (N,) of the facings of surfaces over ``heights`` (N,), and of others."""
        each = np.diff(self.starts)
        over = self.heights > np.repeat(heights, each)
        who = np.repeat(np.arange(len(heights)), each)
        above, below = (
            np.bincount(who[some], self.facing[some], len(heights)) for some in (over, ~over)
        )
        return above, below


def _gaps(missing: Array) -> list[tuple[int, int]]:
    """Return the first and last sample of each run of missing ones."""
    edges = np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8))
    return list(zip((edges > 0).nonzero()[0], (edges < 0).nonzero()[0] - 1, strict=True))


def _missing(
    path: Path, found: _Layers, heights: Array, gap: tuple[int, int], hip_height: float
) -> RefusedError:
    """Return why a path cannot go on at a gap that is too long."""
    (start, stop), most = gap, STEP * hip_height
    at = start * path.spacing
    if start == 0:
        reached = (stop + 1) * path.spacing
        return RefusedError(
            f"The path begins beside the ground and reaches it after {reached:.1f} m; begin the"
            " path on the ground or extend the ground"
        )
    layers, last = found.at(start), heights[start - 1]
    lower, higher = layers[layers < last], layers[layers > last]
    if len(lower):
        return RefusedError(
            f"The ground drops by {last - lower[-1]:.1f} m at {at:.1f} m along the path, more than"
            f" the {most:.2f} m of a step; move the path or put a ramp or stairs there"
        )
    if len(higher):
        return _wall(at, higher[0] - last, most)
    if stop == len(heights) - 1:
        return RefusedError(
            f"The ground ends {at:.1f} m along the path, {path.length - at:.1f} m before its end;"
            " shorten the path or extend the ground"
        )
    return RefusedError(
        f"The ground has a gap of {(stop - start + 1) * path.spacing:.1f} m at {at:.1f} m along the"
        f" path, more than the {GAP * hip_height:.2f} m of a step; close the gap or move the path"
    )


def _wall(at: float, height: float, most: float) -> RefusedError:
    return RefusedError(
        f"The ground rises by {height:.1f} m at {at:.1f} m along the path, more than the"
        f" {most:.2f} m of a step; move the path or put a ramp or stairs there"
    )


def _check_walls(path: Path, found: _Layers, heights: Array, step: float) -> None:
    """Refuse a path that goes into a solid: it passes a front overhead and a back underfoot."""
    known = np.flatnonzero(~np.isnan(heights))
    filled = np.interp(np.arange(len(heights)), known, heights[known])
    above, below = found.balance(filled + step)
    into = (np.diff(above) >= 1.0) & (np.diff(below) <= -1.0)
    if into.any():
        sample = int(into.argmax()) + 1
        over = found.at(sample)
        over = over[over > filled[sample] + step]
        raise _wall(sample * path.spacing, float(over[0] - filled[sample]), step)


def _check_steps(path: Path, heights: Array, hip_height: float) -> None:
    count = max(round(_EDGE * hip_height / path.spacing), 1)
    change = heights[count:] - heights[:-count]
    if not len(change) or np.abs(change).max() <= STEP * hip_height:
        return
    where = int(np.abs(change).argmax())
    at, by = (where + 0.5 * count) * path.spacing, float(change[where])
    if by > 0.0:
        raise _wall(at, by, STEP * hip_height)
    raise RefusedError(
        f"The ground drops by {-by:.1f} m at {at:.1f} m along the path, more than the"
        f" {STEP * hip_height:.2f} m of a step; move the path or put a ramp or stairs there"
    )


def _check_slope(path: Path, heights: Array, hip_height: float) -> None:
    count = max(round(hip_height / path.spacing), 1)
    even = smooth(heights, _SMOOTHED * hip_height / path.spacing)
    slope = np.abs(even[count:] - even[:-count]) / (count * path.spacing)
    if not len(slope) or slope.max() <= _STEEPEST:
        return
    where = int(slope.argmax())
    at, angle = (where + 0.5 * count) * path.spacing, np.degrees(np.arctan(slope[where]))
    raise RefusedError(
        f"The ground slopes by {angle:.0f} degrees at {at:.1f} m along the path, too steep to walk;"
        " lead the path across the slope or make the ground less than 45 degrees steep"
    )


def _check_closed(heights: Array, hip_height: float) -> None:
    if abs(heights[-1] - heights[0]) > _LEVEL * hip_height:
        raise RefusedError(
            f"The closed path ends {abs(heights[-1] - heights[0]):.1f} m above or below its start,"
            " on another level of the ground; open the path or move it to one level"
        )
