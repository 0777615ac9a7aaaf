# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that bend around obstacles: convex outlines on the ground, kept at a distance.

An outline is widened by the distance, outlines that then meet become one. Where a path goes
through, it takes the shorter way around, smoothly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import RefusedError
from ..maths.quat import Array
from ..maths.smoothing import smooth
from .path import Path

_CORNERS = 24
"""Corners of the circle by which outlines are widened."""
_MARGINS = (0.35, 0.6, 1.0)
"""Shares of the distance that detours keep more, to be eased by; tried in turn."""
_LEAD = 4.0
"""Where a detour leaves the path, in distances before the wall."""
_FIRM = 1e-4
"""Meters that a point must be behind an outline to be inside."""
_ROUNDS = 40
"""Most detours of a path."""


def around(path: Path, outlines: Sequence[Array], distance: float) -> tuple[Path, list[str]]:
    """Return a path that keeps ``distance`` (m) from outlines, and notes on its detours.

    Outlines are (K, 2) corners x and z, meters, in any order. A path that touches none is returned
    as it is. Raises RefusedError where it begins or ends too near one.
    """
    walls = _merged([_widened(outline, distance) for outline in outlines])
    met = [wall for wall in walls if wall.inside(path.samples[:, ::2]).any()]
    if not met:
        return path, []
    _check_ends(path, met, distance)
    for margin in _MARGINS:
        ends = path.samples[[0, -1]][:, ::2]
        wide = _merged([_wide(outline, distance, margin, ends) for outline in outlines])
        bent = _bent(path, wide, margin * distance, _LEAD * max(distance, 0.2))
        if not any(wall.inside(bent.samples[:, ::2]).any() for wall in walls):
            many = f"{len(met)} obstacles" if len(met) > 1 else "an obstacle"
            return bent, [f"The path bends around {many}."]
    raise RefusedError(
        "The obstacles leave no way along the path; move them apart or draw a path around them"
    )


def _bent(path: Path, walls: Sequence[_Wall], ease: float, lead: float) -> Path:
    """Return a path led around walls, beginning ``lead`` (m) before each, eased by ``ease`` (m)."""
    bent = path
    for _ in range(_ROUNDS):
        met = next((wall for wall in walls if wall.inside(bent.samples[:, ::2]).any()), None)
        if met is None:
            break
        points = met.detour(bent.samples, max(round(lead / bent.spacing), 1))
        bent = Path.from_points(points[:-1] if path.cyclic else points, path.cyclic)
    points, sigma = bent.samples, ease / bent.spacing
    if path.cyclic:
        return Path.from_points(smooth(points[:-1], sigma, True), True)
    line = np.linspace(points[0], points[-1], len(points))
    return Path.from_points(line + _pinned(points - line, sigma))


@dataclass(frozen=True, eq=False)
class _Wall:
    """A convex outline that a path may not enter."""

    corners: Array
    """(K, 2) counterclockwise."""

    @property
    def _edges(self) -> tuple[Array, Array]:
        """Directions (K, 2) and outward normals (K, 2) of the edges, unit."""
        along = np.roll(self.corners, -1, axis=0) - self.corners
        along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
        return along, np.stack([along[:, 1], -along[:, 0]], axis=1)

    def depths(self, points: Array) -> Array:
        """Return (N, K) how far points (N, 2) are behind each edge, meters."""
        gaps = self.corners[None] - points[:, None]
        return np.asarray((gaps * self._edges[1]).sum(axis=-1))

    def inside(self, points: Array, slack: float = _FIRM) -> Array:
        """Return (N,) bool, points (N, 2) that are inside by more than ``slack`` (m)."""
        return np.asarray((self.depths(points) > slack).all(axis=1))

    def detour(self, points: Array, lead: int) -> Array:
        """Return points (N, 3) of a path that goes around on the shorter side, as a taut string.

        It leaves the path ``lead`` points before the wall, and comes back as far after it.
        """
        within = np.flatnonzero(self.inside(points[:, ::2]))
        first = max(int(within[0]) - lead, 0)
        last = min(int(within[-1]) + lead, len(points) - 1)
        start, stop = points[first, ::2], points[last, ::2]
        ring = hull(np.concatenate([self.corners, start[None], stop[None]]))
        a, b = (int(np.square(ring - end).sum(axis=1).argmin()) for end in (start, stop))
        ring = np.roll(ring, -a, axis=0)
        split = (b - a) % len(ring)
        ways = ring[: split + 1], np.concatenate([ring[:1], ring[: split - 1 : -1]])
        way = min(ways, key=_length)
        arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
        count = max(last - first + 1, 2)
        x, z = (np.interp(np.linspace(0.0, arc[-1], count), arc, column) for column in way.T)
        middle = np.stack([x, points[first : last + 1, 1], z], axis=-1)
        return np.concatenate([points[:first], middle, points[last + 1 :]])


def _length(way: Array) -> float:
    return float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())


def hull(points: Array) -> Array:
    """Return the corners (K, 2) of the convex hull of points (N, 2), counterclockwise."""
    ordered = np.unique(np.asarray(points, dtype=np.float64), axis=0)
    if len(ordered) < 3:
        return ordered

    def half(line: Array) -> list[Array]:
        out: list[Array] = []
        for point in line:
            while len(out) > 1 and _turn(out[-2], out[-1], point) <= 0.0:
                out.pop()
            out.append(point)
        return out[:-1]

    return np.array([*half(ordered), *half(ordered[::-1])])


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _widened(outline: Array, distance: float) -> _Wall:
    angle = np.arange(_CORNERS) * (2.0 * np.pi / _CORNERS)
    circle = distance / np.cos(np.pi / _CORNERS) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _Wall(hull((np.asarray(outline)[:, None] + circle).reshape(-1, 2)))


def _wide(outline: Array, distance: float, margin: float, ends: Array) -> _Wall:
    """Return an outline widened by a margin more, if the path's ends (2, 2) stay outside it."""
    wide = _widened(outline, (1.0 + margin) * distance)
    return _widened(outline, 1.02 * distance) if wide.inside(ends).any() else wide


def _merged(walls: list[_Wall]) -> list[_Wall]:
    """Return walls of which no two overlap: those that do become the hull of both."""
    waiting, out = list(walls), list[_Wall]()
    while waiting:
        wall = waiting.pop()
        other = next((one for one in out if _overlap(wall, one)), None)
        if other is None:
            out.append(wall)
        else:
            out.remove(other)
            waiting.append(_Wall(hull(np.concatenate([wall.corners, other.corners]))))
    return out


def _overlap(one: _Wall, other: _Wall) -> bool:
    """Return whether two convex walls overlap: no edge of either parts them."""
    pairs = ((one, other), (other, one))
    return all((a.depths(b.corners).max(axis=0) > 0.0).all() for a, b in pairs)


def _check_ends(path: Path, walls: Sequence[_Wall], distance: float) -> None:
    ends = path.samples[[0, -1]][:, ::2]
    for word, end in zip(("begins", "ends"), ends, strict=True):
        if any(wall.inside(end[None]).any() for wall in walls):
            raise RefusedError(
                f"The path {word} within {distance:.2f} m of an obstacle; move its end or the"
                " obstacle"
            )


def _pinned(values: Array, sigma: float) -> Array:
    """Return values (N, k) smoothed that stay 0 at both ends."""
    mirrored = np.concatenate([-values[:0:-1], values, -values[-2::-1]])
    return smooth(mirrored, sigma)[len(values) - 1 : 2 * len(values) - 1]
