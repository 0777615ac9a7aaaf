# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground as triangles: heights and normals under points, and the part near a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import RefusedError
from ..maths import quat
from ..maths.quat import Array
from .triangle_grid import TriangleGrid

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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GroundMesh) and (
            np.array_equal(self.triangles, other.triangles)
            and np.array_equal(self.vertices, other.vertices)
        )

    def __hash__(self) -> int:
        return hash((len(self.vertices), len(self.triangles)))

    @cached_property
    def _flat(self) -> TriangleGrid:
        return TriangleGrid.of(self.vertices, self.triangles)

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

    def layers(self, points: Array) -> tuple[Array, Array, Array]:
        """Return all surfaces over and under points (N, 3), as ``TriangleGrid.layers``."""
        return self._flat.layers(np.asarray(points, dtype=np.float64))

    def near(self, line: Array, reach: float) -> GroundMesh | None:
        """Return the triangles within about ``reach`` (m) of points (N, 3), seen from above.

        The points are at most ``reach`` apart. None if there are no triangles.
        """
        kept = corridor(self.vertices, self.triangles, line, reach)
        if not kept.any():
            return None
        return self if kept.all() else GroundMesh(self.vertices, self.triangles[kept])

    def compact(self) -> GroundMesh:
        """Return the same triangles without the vertices that none of them has."""
        used, triangles = np.unique(self.triangles, return_inverse=True)
        return GroundMesh(self.vertices[used], triangles.reshape(-1, 3))

    @staticmethod
    def joined(parts: Sequence[GroundMesh]) -> GroundMesh:
        """Return the triangles of several grounds, at least one, as one ground."""
        first = np.cumsum([0, *(len(part.vertices) for part in parts)])
        triangles = [part.triangles + start for part, start in zip(parts, first, strict=False)]
        vertices = np.concatenate([part.vertices for part in parts])
        return GroundMesh(vertices, np.concatenate(triangles))

    def _found(self, points: Array, reach: float) -> tuple[Array, Array]:
        """Return heights (N,), NaN where none, and triangles (N,), -1 where none."""
        flat = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        return self._flat.highest(flat, flat[:, 1] + reach)


def corridor(vertices: Array, triangles: Array, line: Array, reach: float) -> Array:
    """Return (F,) bool, triangles whose bounds come within about ``reach`` (m) of a line (N, 3).

    Seen from above; the points of the line are at most ``reach`` apart.
    """
    flat, ground = np.asarray(line, dtype=np.float64)[:, ::2], vertices[:, ::2]
    low, high = flat.min(axis=0) - 2.0 * reach, flat.max(axis=0) + 2.0 * reach
    beyond = np.zeros(len(ground), dtype=np.uint8)
    for side, off in enumerate((*(ground < low).T, *(ground > high).T)):
        beyond |= off.astype(np.uint8) << side
    a, b, c = triangles.T
    out = (beyond[a] & beyond[b] & beyond[c]) == 0
    inside = np.flatnonzero(out)
    corners = ground[triangles[inside]]
    out[inside] = _touched(corners.min(axis=1), corners.max(axis=1), flat, low, reach)
    return np.asarray(out)


def _touched(low: Array, high: Array, flat: Array, origin: Array, reach: float) -> Array:
    """Return (F,) bool, rectangles that touch a square of the line's or one next to it.

    The squares are ``reach`` wide and counted from ``origin`` (2,).
    """
    at = ((flat - origin) / reach).astype(np.int64)
    marked = np.zeros(tuple(at.max(axis=0) + 3), dtype=np.int32)
    for dx in (-1, 0, 1):
        for dz in (-1, 0, 1):
            marked[at[:, 0] + dx, at[:, 1] + dz] = 1
    total = np.pad(marked.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    most = np.array(marked.shape)
    left, near = ((low - origin) / reach).clip(0, most).astype(np.int64).T
    right, far = ((high - origin) / reach + 1.0).clip(0, most).astype(np.int64).T
    counted = total[right, far] - total[left, far] - total[right, near] + total[left, near]
    return np.asarray(counted > 0)


def ribbon(line: Array, width: float) -> GroundMesh:
    """Return ground of ``width`` (m) along a line (N, 3), as high as it and level across it."""
    steps = np.gradient(np.asarray(line, dtype=np.float64), axis=0) * [1.0, 0.0, 1.0]
    side = 0.5 * width * quat.cross(np.broadcast_to(_UP, steps.shape), quat.unit(steps))
    vertices = np.concatenate([line - side, line + side])
    here, count = np.arange(len(line) - 1), len(line)
    quads = np.stack([here, here + 1, here + count + 1, here + count], axis=1)
    return GroundMesh(vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
