# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig at rest as a body: its parts, their rest places and sizes, in the body's own frame.

The body frame has its origin on the ground under the hips, +Y up, +Z ahead and +X to the left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ..maths.quat import Array
from .kinds import Kind
from .legs import CanonicalLeg
from .rig_bones import RigBones

ARM_PARTS = ("shoulder", "upper_arm", "forearm", "hand")
"""Parts of an arm, from the trunk outwards."""


@dataclass(frozen=True, eq=False)
class Leg:
    """One leg of any number of bones at rest, in the body frame."""

    joints: CanonicalLeg
    """The leg's counterpart in the canonical skeleton of its kind: name, side, fore or hind."""
    stem: int
    """The bone of the trunk on which the leg hangs."""
    bones: tuple[int, ...]
    """Bone indices from the top (thigh, scapula) to the toe or paw."""
    bent: int
    """Number of bones that bend to bring the foot to its place; the others are the foot."""
    points: Array
    """(bent + 1, 3) joints of the bent bones and the end of the last of them, meters."""
    carrier: int
    """The bone to which ``ball`` is fixed."""
    ball: Array
    """(3,) the point that stays in place in a stance: the ball of the foot, or the paw's."""
    heel: Array | None
    """(3,) the heel's lowest point, on the ground behind the ankle; None for a paw."""
    toe_length: float
    """From the ball to the tip of the toes or the paw, meters."""
    foot_yaw: Array
    """(4,) rotation about +Y that turns +Z to the foot's direction."""
    pole: Array | None
    """(3,) unit, the direction of the knee, square to the line from top to end; None for a leg
    that does not bend in one plane."""

    @property
    def top(self) -> int:
        """The uppermost bone: thigh or scapula."""
        return self.bones[0]

    @property
    def middle(self) -> int:
        """The bone below the top: the shin of a person."""
        return self.bones[1]

    @property
    def end(self) -> int:
        """The first bone of the foot, or the last bent bone of a leg without a foot."""
        return self.bones[min(self.bent, len(self.bones) - 1)]

    @property
    def toe(self) -> int:
        """The second bone of the foot, or -1."""
        return self.bones[self.bent + 1] if len(self.bones) > self.bent + 1 else -1

    @property
    def foot(self) -> tuple[int, ...]:
        """Bones that keep their angle to the ground."""
        return self.bones[self.bent :]

    @property
    def segments(self) -> Array:
        """(bent, 3) the bent bones as vectors, meters."""
        return np.diff(self.points, axis=0)

    @property
    def reach(self) -> float:
        """Length of the straight leg from its top to its end, meters."""
        return float(np.linalg.norm(self.segments, axis=1).sum())


@dataclass(frozen=True, eq=False)
class Body:
    """A rig at rest seen as the body of a person or an animal."""

    rig: RigBones
    kind: Kind
    roles: Mapping[str, tuple[int, ...]]
    """Role to bone indices."""
    world_from_body: Array
    """(4,) rotation of the body frame."""
    origin: Array
    """(3,) world position of the body frame's origin."""
    heads: Array
    """(B, 3) rest heads in the body frame."""
    rotations: Array
    """(B, 4) rest rotations in the body frame."""
    legs: tuple[Leg, ...]
    """In the order of ``kind.legs``."""
    arm_frames: Mapping[str, Array]
    """Role of an arm's part to (4,): rotation from an arm held out sideways to its rest pose."""
    hanging_tail: bool = False
    """Whether the tail hangs when nothing moves it, however it was modeled."""

    @property
    def trunk(self) -> tuple[int, ...]:
        """Bones from the hips to the chest, or to the bone that carries the forelegs."""
        return self.chain("hips", "spine")

    @property
    def crown(self) -> tuple[int, ...]:
        """Bones of the neck and the head."""
        return self.chain("neck", "head")

    @property
    def tail(self) -> tuple[int, ...]:
        """Bones of the tail, from the hips outwards."""
        return self.chain("tail")

    @property
    def hind_legs(self) -> tuple[Leg, ...]:
        """Legs that hang on the hips: all of a person's."""
        return tuple(leg for leg in self.legs if not leg.joints.fore)

    @property
    def forelegs(self) -> tuple[Leg, ...]:
        """Legs that hang on the front of the trunk."""
        return tuple(leg for leg in self.legs if leg.joints.fore)

    @property
    def hip_center(self) -> Array:
        """(3,) middle between the hip joints, body frame."""
        return np.asarray(np.mean([leg.points[0] for leg in self.hind_legs], axis=0))

    @property
    def ball_height(self) -> float:
        """Mean height of the legs' balls over the ground at rest, meters."""
        return float(np.mean([leg.ball[1] for leg in self.legs]))

    @property
    def leg_length(self) -> float:
        """Size by which bodies are compared, meters.

        The height of the hip joints or the mean reach of the legs, by ``kind.by_hips``.
        """
        if self.kind.by_hips:
            return float(self.hip_center[1])
        return float(np.mean([leg.reach for leg in self.legs]))

    @cached_property
    def parents(self) -> Mapping[int, int]:
        """Mapped bone to the mapped bone on which it hangs in the body, parents first.

        -1 for the hips. The root bone is left out. A rig's own hierarchy may differ: the bones of
        a control rig's spine or leg need not hang on each other.
        """
        branches = [(-1, *self.trunk), (self.trunk[-1], *self.crown), (self.trunk[0], *self.tail)]
        for side in ("Left", "Right"):
            arm = self.chain(*(f"{part}.{side[0]}" for part in ARM_PARTS))
            branches.append((self.trunk[-1], *arm))
            branches += [(leg.stem, *leg.bones) for leg in self.legs if leg.joints.side == side]
        return {bone: above for branch in branches for above, bone in pairwise(branch)}

    def bone(self, role: str) -> int:
        """Return the index of a role's first bone, or -1."""
        bones = self.roles.get(role, ())
        return bones[0] if bones else -1

    def chain(self, *roles: str) -> tuple[int, ...]:
        """Return the bones of several roles one after the other."""
        return tuple(bone for role in roles for bone in self.roles.get(role, ()))
