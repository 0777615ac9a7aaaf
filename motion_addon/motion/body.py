# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig at rest as a body: what retargeting needs to know of it, in the body's own frame."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .quat import Array
from .rigs.bones import RigBones


@dataclass(frozen=True, eq=False)
class Leg:
    """One leg at rest, in the body frame."""

    thigh: int
    shin: int
    foot: int
    toe: int
    """Bone indices; toe is -1 when there is none."""
    hip: Array
    knee: Array
    ankle: Array
    ball: Array
    """(3,) rest positions, meters."""
    thigh_length: float
    shin_length: float
    pole: Array
    """(3,) unit, the way the knee points, square to the line from hip to ankle."""
    foot_yaw: Array
    """(4,) rotation about +Y that turns +Z to the foot's direction."""
    heel: Array
    """(3,) the heel's lowest point, on the ground behind the ankle."""
    toe_length: float
    """From the ball to the tip of the toes, meters."""

    @property
    def reach(self) -> float:
        """Length of thigh and shin, meters."""
        return self.thigh_length + self.shin_length


@dataclass(frozen=True, eq=False)
class Body:
    """A rig at rest seen as the body of a human or, as a ``QuadrupedBody``, of an animal."""

    rig: RigBones
    roles: Mapping[str, tuple[int, ...]]
    """Role to bone indices."""
    world_from_body: Array
    """(4,) rotation of the body frame."""
    origin: Array
    """(3,) world position of the body frame's origin: the ground under the hips."""
    heads: Array
    """(B, 3) rest heads in the body frame."""
    rotations: Array
    """(B, 4) rest rotations in the body frame."""
    legs: tuple[Leg, ...]
    """Left and right; an animal has ``limbs`` instead."""
    limb_frames: Mapping[str, Array]
    """Role of an arm to (4,): rotation from an arm held out sideways to its rest pose."""

    @property
    def hip_center(self) -> Array:
        """(3,) middle between the hip joints, body frame."""
        return np.asarray(0.5 * (self.legs[0].hip + self.legs[1].hip))

    @property
    def ball_height(self) -> float:
        """Height of the ball joints over the ground at rest, meters."""
        return float(0.5 * (self.legs[0].ball[1] + self.legs[1].ball[1]))

    @property
    def leg_length(self) -> float:
        """Mean length of thigh and shin, meters."""
        return float(np.mean([leg.reach for leg in self.legs]))

    def bone(self, role: str) -> int:
        """Return the index of a role's first bone, or -1."""
        bones = self.roles.get(role, ())
        return bones[0] if bones else -1
