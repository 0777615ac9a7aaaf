# SPDX-License-Identifier: GPL-3.0-or-later
"""Grounds of simple solids: floors, boxes, stairs and slopes along +Z."""

import numpy as np

from motion_addon.motion.plan.ground_mesh import GroundMesh

_QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
_BOX = np.array([(a, b, c) for a, b, c, _ in _QUADS] + [(a, c, d) for a, _, c, d in _QUADS])
Span = tuple[float, float]


def box(z: Span, y: Span, x: Span = (-1.0, 1.0)) -> GroundMesh:
    """Return a closed box whose faces look outward."""
    return GroundMesh(np.array([(i, j, k) for i in x for j in y for k in z]), _BOX)


def floor(z: Span = (-3.0, 30.0), y: float = 0.0, x: Span = (-3.0, 3.0)) -> GroundMesh:
    """Return a level rectangle that looks up."""
    corners = [(x[0], y, z[0]), (x[0], y, z[1]), (x[1], y, z[1]), (x[1], y, z[0])]
    return GroundMesh(np.array(corners), np.array([(0, 1, 2), (0, 2, 3)]))


def joined(*grounds: GroundMesh) -> GroundMesh:
    """Return all faces of grounds as one."""
    return GroundMesh.joined(grounds)


def stairs(start: float, count: int, run: float = 0.28, riser: float = 0.17) -> GroundMesh:
    """Return a floor and closed steps on it that rise from ``start`` to a landing of 8 m."""
    end = start + run * (count - 1) + 8.0
    steps = [box((start + run * i, end), (0.0, riser * (i + 1))) for i in range(count)]
    return joined(floor(), *steps)


def slope(angle: float, start: float = 3.0, length: float = 12.0) -> GroundMesh:
    """Return a floor that rises by ``angle`` degrees after ``start``."""
    ahead, top = start + length, length * np.tan(np.radians(angle))
    edges = [(z, y) for z, y in ((-3.0, 0.0), (start, 0.0), (ahead, top))]
    corners = [(x, y, z) for z, y in edges for x in (-3.0, 3.0)]
    faces = [(0, 2, 1), (1, 2, 3), (2, 4, 3), (3, 4, 5)]
    return GroundMesh(np.array(corners), np.array(faces))
