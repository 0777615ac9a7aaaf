# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapped rig at rest, turned to face ahead, and the functions by which a kind is measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..body.body import Leg
from ..body.rig_bones import RigBones
from ..maths.quat import Array

Roles = Mapping[str, tuple[int, ...]]
"""Role to bone indices."""


@dataclass(frozen=True, eq=False)
class RestPose:
    """The bones of a mapped rig at rest along the body's axes: +Y up, +Z ahead, +X left."""

    rig: RigBones
    roles: Roles
    heads: Array
    """(B, 3) meters."""
    ends: Array
    """(B, 3) where the bones end, meters."""
    pointed: bool
    """Whether bones point along the body, so that their ends mean something."""
    floor: float
    """Height of the rig's own origin, meters."""

    def over(self, origin: Array) -> "RestPose":
        """Return the rest pose as seen from ``origin`` (3,)."""
        return replace(self, heads=self.heads - origin, ends=self.ends - origin)


@dataclass(frozen=True)
class Measures:
    """The functions by which the parts of one kind of body are measured."""

    roles: Callable[[RigBones, Roles], Roles]
    """Roles, with bones that the map may leave out."""
    axes: Callable[[RigBones, Roles], Array]
    """(4,) world_from_body; RefusedError if the rest pose does not fit the kind."""
    ends: Callable[[RigBones], tuple[Array, bool]]
    """(B, 3) world ends of the bones, and whether they mean something."""
    hip_joints: Callable[[Roles], list[int]]
    """Bones whose heads are the hip joints."""
    ground: Callable[[RestPose, Array, float | None], float]
    """Height (m) of the ground, given the hips' center (3,) and the ball height (m) if known."""
    legs: Callable[[RestPose], tuple[Leg, ...]]
    """Legs of a rest pose on the ground."""
    arm_frames: Callable[[RestPose], Mapping[str, Array]]
    """As ``Body.arm_frames``."""
