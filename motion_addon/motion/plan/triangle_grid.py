# SPDX-License-Identifier: GPL-3.0-or-later
"""Triangles in the square cells of a horizontal grid, so that a query looks at few of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import RefusedError
from ..maths.quat import Array

_SIDE = 0.6
"""Side of a cell, in sides of a triangle."""
_CELLS = 512
"""Most cells of the grid along one side."""
_MEMBERS = 10
"""Cells that triangles touch on average, at most, and ``_SPARE`` more in all."""
_SPARE = 1_000_000
_PAIRS = 2_000_000
"""Pairs of a point and a triangle that are looked at at once."""
_EDGE = 1e-6
"""Share of a triangle by which a point may lie outside it, so that no shared edge has a hole."""
_SAME = 1e-5
"""Meters between two surfaces that are one: a point on a shared edge meets both triangles."""


@dataclass(frozen=True, eq=False)
class TriangleGrid:
    """Triangles that may be stood on, by the cells that they touch; upright ones are left out."""

    origin: Array
    """(2,) meters, x and z."""
    cell: float
    """Side of a cell, meters."""
    shape: tuple[int, int]
    starts: Array
    """(cells + 1,) where the triangles of each cell begin in ``members``."""
    members: Array
    planes: Array
    """(9, F): two barycentric weights and the height, each by x, by z and at the origin."""
    normals: Array
    """(F, 3) unit, upward."""
    facing: Array
    """(F,) 1 for a triangle whose front is up, -1 for one whose front is down."""

    @staticmethod
    def of(vertices: Array, triangles: Array) -> TriangleGrid:
        """Return the grid of triangles (F, 3) of vertices (V, 3). Raises RefusedError."""
        vertices = np.asarray(vertices, dtype=np.float64)
        a, b, c = (vertices[corner] for corner in np.asarray(triangles).T)
        normals = _cross(b - a, c - a)
        area = np.sqrt(np.einsum("ij,ij->i", normals, normals))
        standing = np.abs(normals[:, 1]) > 1e-4 * np.maximum(area, 1e-18)
        if not standing.any():
            raise RefusedError("The ground is upright everywhere; pick a mesh to stand on")
        if not standing.all():
            a, b, c, normals, area = (v[standing] for v in (a, b, c, normals, area))
        facing = np.sign(normals[:, 1])
        normals *= (facing / area)[:, None]
        low = np.minimum(np.minimum(a, b), c)[:, ::2]
        high = np.maximum(np.maximum(a, b), c)[:, ::2]
        origin = low.min(axis=0)
        cell = _cell(low, high)
        first = ((low - origin) / cell).astype(np.int32)
        count = ((high - origin) / cell).astype(np.int32) - first + 1
        columns, rows = (int(n) for n in (first + count).max(axis=0))
        cells, members = _cells(first, count, rows)
        order = np.argsort(cells, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=columns * rows))])
        planes = _planes(a, b - a, c - a)
        shape = (columns, rows)
        return TriangleGrid(origin, cell, shape, starts, members[order], planes, normals, facing)

    def highest(self, points: Array, limit: Array) -> tuple[Array, Array]:
        """Return heights (N,) and triangles (N,) under points (N, 3), none over ``limit`` (N,).

        NaN and -1 where there is none.
        """
        best, face = np.full(len(points), np.nan), np.full(len(points), -1)
        for who, triangle, height in self._hits(points):
            allowed = np.flatnonzero(height <= limit[who])
            who, height = who[allowed], height[allowed]
            triangle = triangle[allowed]
            if len(who) and not (np.diff(who) > 0).all():
                order = np.lexsort((height, who))
                last = order[np.append(np.diff(who[order]) > 0, True)]
                who, height, triangle = who[last], height[last], triangle[last]
            best[who], face[who] = height, triangle
        return best, face

    def layers(self, points: Array) -> tuple[Array, Array, Array]:
        """Return all surfaces over and under points (N, 3), from the lowest to the highest.

        They are the point (M,) of each in order, its height (M,) and its facing (M,).
        """
        found = [(who, height, self.facing[at]) for who, at, height in self._hits(points)]
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
        who, height, facing = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((height, facing, who))
        who, height, facing = who[order], height[order], facing[order]
        twice = (np.diff(who) == 0) & (np.diff(facing) == 0) & (np.diff(height) < _SAME)
        once = np.flatnonzero(np.concatenate([[True], ~twice])[: len(who)])
        once = once[np.lexsort((height[once], who[once]))]
        return who[once], height[once], facing[once]

    def _hits(self, points: Array) -> Iterator[tuple[Array, Array, Array]]:
        """Yield the points, triangles and heights of pairs above each other, points in order."""
        at = np.floor((points[:, ::2] - self.origin) / self.cell)
        inside = np.flatnonzero(((at >= 0) & (at < self.shape)).all(axis=1))
        column, row = at[inside].astype(np.int64).T
        index = column * self.shape[1] + row
        begin, each = self.starts[index], self.starts[index + 1] - self.starts[index]
        total = np.cumsum(each)
        first = 0
        while first < len(inside):
            done = total[first - 1] if first else 0
            stop = max(int(np.searchsorted(total, done + _PAIRS, side="right")), first + 1)
            part = slice(first, stop)
            who = np.repeat(inside[part], each[part])
            offset = begin[part] - (total[part] - each[part] - done)
            members = self.members[np.repeat(offset, each[part]) + np.arange(len(who))]
            yield self._met(points, who, members)
            first = stop

    def _met(self, points: Array, who: Array, triangle: Array) -> tuple[Array, Array, Array]:
        x, z = points[who, 0], points[who, 2]
        ux, uz, uo, vx, vz, vo = (column[triangle] for column in self.planes[:6])
        u, v = ux * x + uz * z + uo, vx * x + vz * z + vo
        inside = np.flatnonzero((u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1.0 + _EDGE))
        triangle = triangle[inside]
        hx, hz, ho = (column[triangle] for column in self.planes[6:])
        return who[inside], triangle, hx * x[inside] + hz * z[inside] + ho


def _cross(a: Array, b: Array) -> Array:
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)


def _planes(a: Array, ab: Array, ac: Array) -> Array:
    area = ab[:, 0] * ac[:, 2] - ab[:, 2] * ac[:, 0]
    ux, uz = ac[:, 2] / area, -ac[:, 0] / area
    vx, vz = -ab[:, 2] / area, ab[:, 0] / area
    hx, hz = ux * ab[:, 1] + vx * ac[:, 1], uz * ab[:, 1] + vz * ac[:, 1]
    x, y, z = a.T
    uo, vo, ho = -ux * x - uz * z, -vx * x - vz * z, y - hx * x - hz * z
    return np.stack([ux, uz, uo, vx, vz, vo, hx, hz, ho])


def _cell(low: Array, high: Array) -> float:
    """Return the side of a cell: about a triangle's, larger where few large ones fill all cells."""
    sides = high - low
    widest = float((high.max(axis=0) - low.min(axis=0)).max())
    longer = np.maximum(sides[:, 0], sides[:, 1])
    cell = max(_SIDE * float(np.median(longer)), widest / _CELLS, 1e-6)
    while ((sides[:, 0] / cell + 1.0) @ (sides[:, 1] / cell + 1.0)) > _MEMBERS * len(
        sides
    ) + _SPARE:
        cell *= 2.0
    return cell


def _cells(first: Array, count: Array, rows: int) -> tuple[Array, Array]:
    """Return a cell and a triangle for each cell that a triangle's bounds touch."""
    each = count[:, 0] * count[:, 1]
    members = np.repeat(np.arange(len(first)), each)
    step = np.arange(len(members)) - np.repeat(np.cumsum(each) - each, each)
    depth = count[members, 1]
    column = first[members, 0] + step // depth
    row = first[members, 1] + step % depth
    return column * rows + row, members
