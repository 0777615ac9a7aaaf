# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface under a foot: heights near a known height, and the plane under a sole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..maths import quat
from ..maths.quat import Array
from ..plan.ground_mesh import GroundMesh

_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class Surface:
    """Ground as a foot of some size meets it; level at 0 without a mesh."""

    mesh: GroundMesh | None
    reach: float
    """Meters over a known height up to which a surface is part of the same ground."""

    def heights(self, points: Array, near: Array | float) -> Array:
        """Return heights (...) under points (..., 3), of the surface ``near`` (...) a height.

        NaN where there is no ground.
        """
        if self.mesh is None:
            return np.zeros(np.shape(points)[:-1])
        asked = np.array(points, dtype=np.float64)
        asked[..., 1] = near
        return self.mesh.heights(asked, self.reach)

    def slopes(self, points: Array, near: Array | float) -> Array:
        """Return the slopes (..., 2) in x and z of the surface under points (..., 3)."""
        if self.mesh is None:
            return np.zeros((*np.shape(points)[:-1], 2))
        asked = np.array(points, dtype=np.float64)
        asked[..., 1] = near
        normals = self.mesh.normals(asked, self.reach)
        return np.asarray(-normals[..., ::2] / normals[..., 1:2])

    def over(self, points: Array, near: Array) -> Array:
        """Return how high (T, N) points (T, N, 3) are over the surface near heights (T,).

        Infinite where there is no ground.
        """
        over = points[..., 1] - self.heights(points, near[:, None])
        return np.where(np.isnan(over), np.inf, over)


@dataclass(frozen=True)
class TiltLimits:
    """Most a foot tilts with the ground, in radians."""

    pitch: float
    roll: float


EVEN = 0.022
"""How far ground under a sole may be off a plane, over the leg's length, to be even."""
RIM = 0.035, 0.008
"""How far a foot reaches back and ahead over its sole, likewise."""
PERSON_TILT = TiltLimits(np.radians(38.0), np.radians(24.0))
PAW_TILT = TiltLimits(np.radians(40.0), np.radians(32.0))


def plane(points: Array, heights: Array) -> Array:
    """Return the planes (..., 3) y = a + b x + c z through heights (..., N), NaN left out.

    ``points`` (..., N, 2) are x and z from the middle of the sole.
    """
    known = ~np.isnan(heights)
    ones = np.ones_like(heights)
    rows = np.stack([ones, points[..., 0], points[..., 1]], axis=-1) * known[..., None]
    span = np.maximum((points**2).sum(axis=-1).mean(axis=-1), 1e-9)
    damping = np.zeros((*span.shape, 3, 3))
    damping[..., 0, 0] = 1e-9
    damping[..., 1, 1] = damping[..., 2, 2] = 0.02 * span
    normal = np.einsum("...ni,...nj->...ij", rows, rows) + damping
    side = np.einsum("...ni,...n->...i", rows, np.where(known, heights, 0.0))
    return np.asarray(np.linalg.solve(normal, side[..., None])[..., 0])


@dataclass(frozen=True, eq=False)
class Seats:
    """How a sole would stand at some places."""

    heights: Array
    """(C,) of the ball, meters."""
    slopes: Array
    """(C, 2) in x and z."""
    over: Array
    """(C,) most by which the ground is higher than the sole, meters."""
    bare: Array
    """(C,) share of the sole that has no ground under it."""


def seats(
    surface: Surface, places: Array, soles: Array, yaws: Array, near: Array, size: float
) -> Seats:
    """Return how soles stand at places (C, 3) on a surface near heights (C,).

    ``soles`` (C, N, 3) are points all over each from its ball, the ball itself last; its toes point
    to ``yaws`` (C,). Where the ground under it is no plane, as at the edge of a tread, a sole lies
    on the ground under the ball. Ground close behind and ahead of it counts as over it, too: a foot
    is wider than its sole.
    """
    points = places[:, None] + soles
    heights = surface.heights(points, near[:, None])
    planes = plane(soles[..., ::2], heights)
    known = ~np.isnan(heights)
    off = np.where(known, heights - _on(planes, soles), 0.0)
    here = np.flatnonzero((np.abs(off).max(axis=1) > EVEN * size) & known[:, -1])
    if len(here):
        planes[here, 0] = heights[here, -1]
        planes[here, 1:] = surface.slopes(points[here, -1], near[here])
        off = np.where(known, heights - _on(planes, soles), 0.0)
    bare = np.where(known, np.clip(-off / (EVEN * size) - 1.0, 0.0, 1.0), 1.0)
    rim = _rims(soles, yaws, size)
    above = surface.heights(places[:, None] + rim, near[:, None]) - _on(planes, rim)
    over = np.nan_to_num(np.concatenate([off, above], axis=1), nan=0.0)
    none = ~known.any(axis=1)
    planes[none, 0] = near[none]
    return Seats(planes[:, 0], planes[:, 1:], np.maximum(over, 0.0).max(axis=1), bare.mean(axis=1))


def _rims(soles: Array, yaws: Array, size: float) -> Array:
    """Return points (C, 2, 3) a little behind and ahead of soles."""
    ahead = np.stack([np.sin(yaws), np.zeros_like(yaws), np.cos(yaws)], axis=-1)
    along = np.einsum("cni,ci->cn", soles, ahead)
    middle = soles.mean(axis=1) - along.mean(axis=1, keepdims=True) * ahead
    ends = np.stack([along.min(axis=1) - RIM[0] * size, along.max(axis=1) + RIM[1] * size], axis=1)
    return np.asarray(middle[:, None] + ends[..., None] * ahead[:, None])


def _on(planes: Array, points: Array) -> Array:
    return np.asarray(planes[:, :1] + np.einsum("cni,ci->cn", points[..., ::2], planes[:, 1:]))


def tilted(slope: Array, yaw: float, limits: TiltLimits) -> Array:
    """Return the unit normal (3,) of a plane's slopes (2,) in x and z, within a foot's limits.

    ``yaw`` is the direction of the foot.
    """
    ahead, aside = (np.array([np.sin(angle), np.cos(angle)]) for angle in (yaw, yaw + 0.5 * np.pi))
    rise, roll = np.arctan(slope @ ahead), np.arctan(slope @ aside)
    rise = float(np.tan(np.clip(rise, -limits.pitch, limits.pitch)))
    roll = float(np.tan(np.clip(roll, -limits.roll, limits.roll)))
    x, z = rise * ahead + roll * aside
    return np.asarray(quat.unit(np.array([-x, 1.0, -z])))


def tilt_of(normal: Array) -> Array:
    """Return the shortest rotations (..., 4) from straight up to unit normals (..., 3)."""
    return quat.between(np.broadcast_to(_UP, normal.shape), normal)
