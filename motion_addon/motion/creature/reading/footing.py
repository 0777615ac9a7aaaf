# SPDX-License-Identifier: GPL-3.0-or-later
"""How the paws of a motion meet the ground: its speed, in place or moving, and how much it slides.

The paws that stand tell the speed at which the ground passes under the animal. Where the animal
does not get on at that speed it walks in place, or slides. Hand-keyed paws do not move back
evenly; the speed is the median of those that are low and go back.
"""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped
from ...body.quadruped import JOINTS, LEG_CHAINS, LEGS
from ...maths import quat
from ...maths.quat import Array
from ...maths.smoothing import smooth
from .canonical import Animal

LOW = 0.3
"""Share of a paw's lift under which it is low enough to stand."""
LEAST_LIFT = 0.02
"""Lift over the hip's height that is assumed at least."""
IN_PLACE = 0.35
"""Share of the speed of the paws under which the body's own speed is none."""
STANDS = 0.06
"""Speed, in roots of hip height times gravity, under which paws and body stay."""
UPRIGHT = 0.6
"""Cosine of the lean under which an animal does not stand on its paws."""
_PELVIS, _WITHERS = JOINTS.index("Pelvis"), JOINTS.index("Withers")
_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Footing:
    """Paws and ground of a motion, Y up, at the motion's own frame rate."""

    places: Array
    """(T, J, 3) the canonical joints in the world."""
    tips: Array
    """(T, 4, 3) the tips of the paws in the world, in the order of LEGS."""
    heading: Array
    """(T,) yaw of the trunk, radians, unwrapped."""
    body: Array
    """(2,) the body's mean velocity to the left and ahead, seen from itself."""
    pace: float
    """The body's mean speed along its way, whatever the direction."""
    paws: Array
    """(2,) the velocity that the standing paws ask of the body, to the left and ahead."""
    slide: float
    """Speed of standing paws over the ground as a share of the speed they ask for."""
    second: float
    """Seconds to the animal's unit of time."""
    hip_height: float
    """In the motion's unit of length."""

    @property
    def unit_speed(self) -> float:
        """The animal's unit of speed, in units of length a second."""
        return self.hip_height / self.second

    @property
    def in_place(self) -> bool:
        """Whether the paws step and the body stays where it is."""
        asked = float(np.linalg.norm(self.paws))
        return asked > STANDS * self.unit_speed and self.pace < IN_PLACE * asked

    @property
    def velocity(self) -> Array:
        """(2,) of the body over the ground, to the left and ahead, wherever it was animated."""
        return self.paws if self.in_place else self.body

    @property
    def speed(self) -> float:
        """Mean speed along the ground, in units of length a second."""
        return float(np.linalg.norm(self.paws)) if self.in_place else self.pace


def read(
    animal: Animal, turns: Array, positions: Array, fps: float, second: float, loops: bool
) -> Footing:
    """Return the footing of a motion of an animal: world turns (T, B, 4), positions (T, B, 3).

    ``second`` is the animal's unit of time in seconds.
    """
    places = animal.found.places(turns, positions)
    tips = animal.found.tip_places(turns, positions)
    tips = tips[:, [list(animal.found.tips).index(LEG_CHAINS[leg][-1]) for leg in LEGS]]
    heading = np.unwrap(quat.yaw_of(places[:, _WITHERS] - places[:, _PELVIS]))
    back = quat.yaw(-heading)
    pelvis = places[:, _PELVIS] * _FLAT
    steps, own = _rates(tips, fps, loops), _rates(pelvis, fps, loops)
    seen = quat.apply(back[:, None], steps)[..., [0, 2]]
    pace = float(np.linalg.norm(smooth(own, second * fps, loops), axis=-1).mean())
    body = quat.apply(back, own)[:, [0, 2]]
    moved = body.mean(axis=0)
    relative = seen - (moved if loops else body[:, None])
    asked, standing = _asked(relative, tips[..., 1], animal.hip_height)
    slid = float(np.linalg.norm(np.median(seen[standing], axis=0))) if standing.any() else 0.0
    slide = slid / max(float(np.linalg.norm(asked)), STANDS * animal.hip_height / second)
    return Footing(places, tips, heading, moved, pace, asked, slide, second, animal.hip_height)


def _rates(points: Array, fps: float, loops: bool) -> Array:
    """Return velocities (T, ..., 3) of points (T, ..., 3); a loop goes on as it begins.

    Captured points shiver, so at high frame rates they are smoothed a little.
    """
    points = smooth(points, fps / 60.0) if fps > 45.0 else points
    if len(points) < 3:
        return np.zeros_like(points)
    if not loops:
        return np.asarray(np.gradient(points, axis=0) * fps)
    on = (points[-1] - points[0]) * len(points) / (len(points) - 1.0)
    on = on.reshape(-1, 3).mean(axis=0)  # How far a moving loop gets on in its period.
    around = np.concatenate([points[-1:] - on, points, points[:1] + on])
    return np.asarray(0.5 * (around[2:] - around[:-2]) * fps)


def _asked(relative: Array, heights: Array, hip_height: float) -> tuple[Array, Array]:
    """Return the velocity (2,) that standing paws ask for and which stand, (T, 4) bool.

    ``relative`` (T, 4, 2) are the paws' velocities as seen from the body.
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


def upward(animal: Animal, turns: Array, positions: Array) -> Array:
    """Return (3,) the mean direction from the paws to the tops of the legs in a motion."""
    places = animal.found.places(turns, positions)
    tops = places[:, [JOINTS.index(LEG_CHAINS[leg][0 if leg[1] == "H" else 1]) for leg in LEGS]]
    paws = places[:, [JOINTS.index(name) for name in quadruped.PAWS]]
    return np.asarray(quat.unit(quat.unit((tops - paws).mean(axis=1)).mean(axis=0)))


def tilt(animal: Animal, turns: Array, positions: Array) -> Array:
    """Return (4,) the quarter turns that put an animal on its paws, the identity if it stands."""
    up = upward(animal, turns, positions)
    if up[1] > UPRIGHT:
        return quat.IDENTITY.astype(np.float64)
    axis = int(np.argmax(np.abs(up)))
    if axis == 1:
        return quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), np.pi)
    return quat.between(np.eye(3)[axis] * np.sign(up[axis]), np.array([0.0, 1.0, 0.0]))
