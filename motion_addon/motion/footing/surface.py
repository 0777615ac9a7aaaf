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
