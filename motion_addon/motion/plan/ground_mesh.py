# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground as triangles: heights and normals under points, and the part near a path.

Triangles lie in square cells of a grid, so that a query looks at few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import RefusedError
from ..maths import quat
from ..maths.quat import Array

_CELLS = 512
"""Most cells of the grid along one side."""
_EDGE = 1e-6
"""Share of a triangle by which a point may lie outside it, so that no seam has a hole."""
_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class GroundMesh:
    """Triangles of any meshes in the path's coordinates: meters, Y up."""

    vertices: Array
    """(V, 3) float64."""
    triangles: Array
    """(F, 3) indices; either side up, those on edge are never stood on."""

    def __post_init__(self) -> None:
        if not len(self.triangles):
            raise RefusedError("The ground has no faces to stand on; pick a mesh with faces")
        if not np.isfinite(self.vertices).all():
            raise RefusedError("A vertex of the ground is not a finite number; repair the mesh")

    @cached_property
    def _flat(self) -> _Grid:
        return _Grid.of(self.vertices, self.triangles)

    def heights(self, points: Array, reach: float = np.inf) -> Array:
        """Return the height (...) of the highest surface at most ``reach`` over points (..., 3).

        NaN where there is none. Meters.
        """
        return self._found(points, reach)[0].reshape(np.shape(points)[:-1])

    def normals(self, points: Array, reach: float = np.inf) -> Array:
        """Return the unit normals (..., 3) of these surfaces, upward; straight up where none."""
        face = self._found(points, reach)[1]
        out = np.broadcast_to(_UP, (len(face), 3)).copy()
        out[face >= 0] = self._flat.normals[face[face >= 0]]
        return out.reshape(np.shape(points))

    def _found(self, points: Array, reach: float) -> tuple[Array, Array]:
        """Return heights (N,), NaN where none, and triangles (N,), -1 where none."""
        flat = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        return self._flat.highest(flat, flat[:, 1] + reach)


@dataclass(frozen=True, eq=False)
class _Grid:
    """Triangles that may be stood on, by the cells of a horizontal grid that they touch."""

    origin: Array
    """(2,) meters, x and z."""
    cell: float
    """Side of a cell, meters."""
    shape: tuple[int, int]
    starts: Array
    """(cells + 1,) where the triangles of each cell begin in ``members``."""
    members: Array
    corners: Array
    """(F, 3, 3) meters."""
    normals: Array
    """(F, 3) unit, upward."""

    @staticmethod
    def of(vertices: Array, triangles: Array) -> _Grid:
        corners = np.asarray(vertices, dtype=np.float64)[np.asarray(triangles, dtype=np.int64)]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(normals, axis=-1)
        standing = np.abs(normals[:, 1]) > 1e-4 * np.maximum(area, 1e-18)
        corners, normals = corners[standing], normals[standing] / area[standing, None]
        if not len(corners):
            raise RefusedError("The ground is upright everywhere; pick a mesh to stand on")
        normals *= np.sign(normals[:, 1:2])
        low, high = corners[:, :, ::2].min(axis=1), corners[:, :, ::2].max(axis=1)
        origin, far = low.min(axis=0), high.max(axis=0)
        side = float(np.median((high - low).max(axis=1)))
        cell = max(side, float((far - origin).max()) / _CELLS, 1e-6)
        first = ((low - origin) / cell).astype(np.int64)
        count = ((high - origin) / cell).astype(np.int64) - first + 1
        columns, rows = (int(n) for n in (first + count).max(axis=0))
        cells, members = _cells(first, count, rows)
        order = np.argsort(cells, kind="stable")
        starts = np.searchsorted(cells[order], np.arange(columns * rows + 1))
        shape = (columns, rows)
        return _Grid(origin, cell, shape, starts, members[order], corners, normals)

    def highest(self, points: Array, limit: Array) -> tuple[Array, Array]:
        """Return heights (N,) and triangles (N,) under points (N, 3), none over ``limit`` (N,)."""
        best, face = np.full(len(points), -np.inf), np.full(len(points), -1)
        at = np.floor((points[:, ::2] - self.origin) / self.cell)
        inside = np.flatnonzero(((at >= 0) & (at < self.shape)).all(axis=1))
        column, row = at[inside].astype(np.int64).T
        begin = self.starts[column * self.shape[1] + row]
        end = self.starts[column * self.shape[1] + row + 1]
        for turn in range(int((end - begin).max(initial=0))):
            more = begin + turn < end
            who, triangle = inside[more], self.members[(begin + turn)[more]]
            height = _height(self.corners[triangle], points[who])
            better = (height > best[who]) & (height <= limit[who])
            best[who[better]], face[who[better]] = height[better], triangle[better]
        return np.where(face >= 0, best, np.nan), face


def _cells(first: Array, count: Array, rows: int) -> tuple[Array, Array]:
    """Return a cell and a triangle for each cell that a triangle's bounds touch."""
    each = count.prod(axis=1)
    members = np.repeat(np.arange(len(first)), each)
    step = np.arange(len(members)) - np.repeat(np.cumsum(each) - each, each)
    column = first[members, 0] + step // count[members, 1]
    row = first[members, 1] + step % count[members, 1]
    return column * rows + row, members


def _height(corners: Array, points: Array) -> Array:
    """Return the heights (N,) of triangles (N, 3, 3) at points (N, 3); -inf outside."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, ac, ap = (v[:, ::2] for v in (b - a, c - a, points - a))
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    inside = (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1.0 + _EDGE)
    height = a[:, 1] + u * (b - a)[:, 1] + v * (c - a)[:, 1]
    return np.where(inside, height, -np.inf)


def ribbon(line: Array, width: float) -> GroundMesh:
    """Return ground of ``width`` (m) along a line (N, 3), as high as it and level across it."""
    steps = np.gradient(np.asarray(line, dtype=np.float64), axis=0) * [1.0, 0.0, 1.0]
    side = 0.5 * width * quat.cross(np.broadcast_to(_UP, steps.shape), quat.unit(steps))
    vertices = np.concatenate([line - side, line + side])
    here, count = np.arange(len(line) - 1), len(line)
    quads = np.stack([here, here + 1, here + count + 1, here + count], axis=1)
    return GroundMesh(vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
