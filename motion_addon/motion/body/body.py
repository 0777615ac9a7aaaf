# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig at rest as a body: what retargeting needs to know of it, in the body's own frame."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..maths.quat import Array
from .rig_bones import RigBones


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


@dataclass(frozen=True, eq=False)
class Limb:
    """One leg at rest, in the body frame."""

    leg: str
    """Which of LEGS."""
    bones: tuple[int, ...]
    """Bone indices from scapula or femur to the paw."""
    bent: int
    """So many of them bend so that the paw reaches its place; the others are the paw."""
    points: Array
    """(bent + 1, 3) the joints of the bent bones and where the last of them ends."""
    ball: Array
    """(3,) the point that stands on the ground, fixed to the first bone of the paw."""
    toe_length: float
    """From the ball to the tip of the paw, meters."""
    foot_yaw: Array
    """(4,) identity: paws at rest point ahead."""

    @property
    def paw(self) -> tuple[int, ...]:
        """Bones that keep their angle to the ground."""
        return self.bones[self.bent :]

    @property
    def segments(self) -> Array:
        """(bent, 3) the bent bones as vectors, meters."""
        return np.diff(self.points, axis=0)

    @property
    def reach(self) -> float:
        """Length of the straight leg down to the paw, meters."""
        return float(np.linalg.norm(self.segments, axis=1).sum())


@dataclass(frozen=True, eq=False)
class QuadrupedBody(Body):
    """A rig at rest seen as the body of an animal on four legs."""

    limbs: tuple[Limb, ...]
    """Four, in the order of LEGS."""
    hanging_tail: bool = False
    """Whether the tail hangs when nothing moves it, however it was modeled."""

    @property
    def hip_center(self) -> Array:
        """(3,) middle between the hip joints, body frame."""
        tops = [limb.points[0] for limb in self.limbs if limb.leg[1] == "H"]
        return np.asarray(np.mean(tops, axis=0))

    @property
    def ball_height(self) -> float:
        """Mean height of the points on which the paws stand, meters."""
        return float(np.mean([limb.ball[1] for limb in self.limbs]))

    @property
    def leg_length(self) -> float:
        """Height of the hip joints over the ground, meters: what sizes are compared by."""
        return float(self.hip_center[1])

    @property
    def trunk(self) -> tuple[int, ...]:
        """Bones from the hips to the one that carries the forelegs."""
        return (*self.roles["hips"], *self.roles.get("spine", ()))
