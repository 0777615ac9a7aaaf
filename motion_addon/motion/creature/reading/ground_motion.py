# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of a motion over the ground: moving or in place, and how much its paws slide.

Paws in stance give the speed at which the ground passes under the animal. If the body does not
move at that speed, the animal walks in place or slides. Hand-keyed paws do not move back evenly,
so the speed is the median over paws that are low and move back.
"""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped
from ...body.quadruped import JOINTS, LEG_CHAINS, LEGS
from ...maths import quat
from ...maths.quat import Array
from ...maths.smoothing import smooth
from .canonical_motion import CanonicalRig

LOW = 0.3
"""Share of a paw's lift below which it may be in stance."""
LEAST_LIFT = 0.02
"""Least lift that is assumed, as a share of the hip height."""
IN_PLACE = 0.35
"""Share of the paws' speed below which the body counts as in place."""
STANDS = 0.06
"""Speed, in units of ``sqrt(hip height * gravity)``, below which paws and body stand still."""
UPRIGHT = 0.6
"""Cosine of the lean below which an animal does not stand on its paws."""
_PELVIS, _WITHERS = JOINTS.index("Pelvis"), JOINTS.index("Withers")
_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class GroundMotion:
    """Velocities of body and paws over the ground, Y up, at the motion's own frame rate."""

    places: Array
    """(T, J, 3) positions of the canonical joints, world."""
    tips: Array
    """(T, 4, 3) tips of the paws, world, in the order of LEGS."""
    heading: Array
    """(T,) yaw of the trunk, radians, unwrapped."""
    body: Array
    """(2,) mean velocity of the body to its left and ahead."""
    pace: float
    """Mean speed of the body in any direction."""
    paws: Array
    """(2,) velocity of the body at which the paws in stance would not slide, left and ahead."""
    slide: float
    """Speed of paws in stance over the ground, as a share of the speed of ``paws``."""
    second: float
    """The animal's unit of time, seconds."""
    hip_height: float
    """In the motion's unit of length."""

    @property
    def unit_speed(self) -> float:
        """The animal's unit of speed, in units of length per second."""
        return self.hip_height / self.second

    @property
    def in_place(self) -> bool:
        """Whether the paws step while the body stays in place."""
        asked = float(np.linalg.norm(self.paws))
        return asked > STANDS * self.unit_speed and self.pace < IN_PLACE * asked

    @property
    def velocity(self) -> Array:
        """(2,) velocity over the ground, left and ahead; of the paws if the clip is in place."""
        return self.paws if self.in_place else self.body

    @property
    def speed(self) -> float:
        """Mean speed over the ground, in units of length per second."""
        return float(np.linalg.norm(self.paws)) if self.in_place else self.pace


def read(
    canonical: CanonicalRig, turns: Array, positions: Array, fps: float, second: float, loops: bool
) -> GroundMotion:
    """Return the ground motion of rotations from rest (T, B, 4) and positions (T, B, 3), world.

    ``second`` is the animal's unit of time in seconds; ``loops`` says that the motion is a loop.
    """
    places = canonical.landmarks.places(turns, positions)
    tips = canonical.landmarks.tip_places(turns, positions)
    tips = tips[:, [list(canonical.landmarks.tips).index(LEG_CHAINS[leg][-1]) for leg in LEGS]]
    heading = np.unwrap(quat.yaw_of(places[:, _WITHERS] - places[:, _PELVIS]))
    back = quat.yaw(-heading)
    pelvis = places[:, _PELVIS] * _FLAT
    steps, own = _rates(tips, fps, loops), _rates(pelvis, fps, loops)
    seen = quat.apply(back[:, None], steps)[..., [0, 2]]
    pace = float(np.linalg.norm(smooth(own, second * fps, loops), axis=-1).mean())
    body = quat.apply(back, own)[:, [0, 2]]
    moved = body.mean(axis=0)
    relative = seen - (moved if loops else body[:, None])
    asked, standing = _asked(relative, tips[..., 1], canonical.hip_height)
    slid = float(np.linalg.norm(np.median(seen[standing], axis=0))) if standing.any() else 0.0
    slide = slid / max(float(np.linalg.norm(asked)), STANDS * canonical.hip_height / second)
    return GroundMotion(
        places, tips, heading, moved, pace, asked, slide, second, canonical.hip_height
    )


def _rates(points: Array, fps: float, loops: bool) -> Array:
    """Return velocities (T, ..., 3) of points (T, ..., 3), periodic for a loop.

    Captured points jitter, so at high frame rates they are smoothed a little.
    """
    points = smooth(points, fps / 60.0) if fps > 45.0 else points
    if len(points) < 3:
        return np.zeros_like(points)
    if not loops:
        return np.asarray(np.gradient(points, axis=0) * fps)
    on = (points[-1] - points[0]) * len(points) / (len(points) - 1.0)
    on = on.reshape(-1, 3).mean(axis=0)  # Displacement of a moving loop in one cycle.
    around = np.concatenate([points[-1:] - on, points, points[:1] + on])
    return np.asarray(0.5 * (around[2:] - around[:-2]) * fps)


def _asked(relative: Array, heights: Array, hip_height: float) -> tuple[Array, Array]:
    """Return the body velocity (2,) at which paws in stance do not slide, and stance (T, 4) bool.

    ``relative`` (T, 4, 2) are the velocities of the paws relative to the body.
    """
    floor = heights.min(axis=0)
    lift = np.maximum(np.ptp(heights, axis=0), LEAST_LIFT * hip_height)
    low = heights < floor + LOW * lift
    near = heights < floor + 0.5 * LOW * lift
    along = np.median(relative[near], axis=0)
    way = quat.unit(along) if np.linalg.norm(along) > 1e-9 else np.array([0.0, -1.0])
    way = np.array([0.0, np.sign(way[1])]) if abs(way[1]) > 0.8 else way
    standing = low & (relative @ way > 0.0)
    if not standing.any():
        return np.zeros(2), standing
    asked = -np.median(relative[standing], axis=0)
    return np.asarray(asked), standing


def upward(canonical: CanonicalRig, turns: Array, positions: Array) -> Array:
    """Return (3,) the mean direction from the paws to the tops of the legs."""
    places = canonical.landmarks.places(turns, positions)
    tops = places[:, [JOINTS.index(LEG_CHAINS[leg][0 if leg[1] == "H" else 1]) for leg in LEGS]]
    paws = places[:, [JOINTS.index(name) for name in quadruped.PAWS]]
    return np.asarray(quat.unit(quat.unit((tops - paws).mean(axis=1)).mean(axis=0)))


def upright_rotation(canonical: CanonicalRig, turns: Array, positions: Array) -> Array:
    """Return (4,) the quarter turns that put an animal on its paws; identity if it is upright."""
    up = upward(canonical, turns, positions)
    if up[1] > UPRIGHT:
        return quat.IDENTITY.astype(np.float64)
    axis = int(np.argmax(np.abs(up)))
    if axis == 1:
        return quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), np.pi)
    return quat.between(np.eye(3)[axis] * np.sign(up[axis]), np.array([0.0, 1.0, 0.0]))
