# SPDX-License-Identifier: GPL-3.0-or-later
"""Point masses of the canonical bodies, by the proportions of their skeletons.

People: P. de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", Journal of
Biomechanics 29 (1996), table 4, men. Animals: K. Kubo, T. Sakai, H. Sakuraoka and K. Ishii,
"Segmental body weight, volume and mass center in thoroughbred horses", Japanese Journal of Equine
Science 3 (1992); it gives the masses, and a segment's center is taken to be its middle.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..body.kinds import BIPED, QUADRUPED, kind_of
from ..clip.clip import Clip
from ..clip.contacts import heel_offset
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array


@dataclass(frozen=True)
class Segment:
    """One segment of a body, or a part of one."""

    carrier: str
    """The joint with which its center moves."""
    near: str
    """Landmark from which its center is measured."""
    far: str
    """Landmark toward which it is measured."""
    share: float
    """Distance of its center from ``near`` over the distance of the landmarks."""
    mass: float
    """Percent of the body's mass."""


_TRUNK: Final = (
    Segment("Hips", "hips", "Neck", 0.094, 11.17),
    Segment("Spine1", "hips", "Neck", 0.438, 16.33),
    Segment("Spine3", "hips", "Neck", 0.797, 15.96),
    Segment("Head", "Neck", "Head tip", 0.4998, 6.94),
)
"""Lower, middle and upper trunk, along the line from the hip joints to the base of the neck, which
their mean lengths (145.7, 215.5 and 242.1 mm) divide; head with neck."""
_LIMBS: Final = (
    Segment("Arm", "Arm", "ForeArm", 0.5772, 2.71),
    Segment("ForeArm", "ForeArm", "Hand", 0.4574, 1.62),
    Segment("Hand", "Hand", "Hand tip", 0.3624, 0.61),
    Segment("UpLeg", "UpLeg", "Leg", 0.4095, 14.16),
    Segment("Leg", "Leg", "Foot", 0.4395, 4.33),
    Segment("Foot", "heel", "Toe tip", 0.4415, 1.37),
)
_BARREL: Final = (
    Segment("Pelvis", "hips", "shoulders", 1.0 / 6.0, 59.5 / 3.0),
    Segment("Spine2", "hips", "shoulders", 0.5, 59.5 / 3.0),
    Segment("Withers", "hips", "shoulders", 5.0 / 6.0, 59.5 / 3.0),
    Segment("Neck2", "Neck1", "Head", 0.5, 7.0),
    Segment("Head", "Head", "Head tip", 0.5, 4.4),
    Segment("Tail2", "Tail1", "Tail4", 0.5, 0.1),
)
"""The trunk in three equal parts from the hip to the shoulder joints, neck, head and tail."""
_LEGS: Final = (
    Segment("Scapula", "Humerus", "Humerus", 0.0, 4.6),
    Segment("Radius", "Radius", "ForePastern", 0.5, 0.9),
    Segment("ForePastern", "ForePastern", "ForePaw", 0.5, 0.25),
    Segment("ForePaw", "ForePaw", "ForePaw tip", 0.5, 0.25),
    Segment("Femur", "Femur", "Tibia", 0.5, 6.9),
    Segment("Tibia", "Tibia", "Metatarsus", 0.5, 1.0),
    Segment("Metatarsus", "Metatarsus", "HindPaw", 0.5, 0.4),
    Segment("HindPaw", "HindPaw", "HindPaw tip", 0.5, 0.3),
)
"""Segments of one side. Shoulder blade with upper arm is one, its center the shoulder joint."""
_SEGMENTS: Final = {BIPED: (_TRUNK, _LIMBS), QUADRUPED: (_BARREL, _LEGS)}
"""Segments of the middle and of one side."""


@dataclass(frozen=True, eq=False)
class Masses:
    """The point masses of a skeleton."""

    joints: Array
    """(M,) int, the joint with which each moves."""
    offsets: Array
    """(M, 3) places in the frames of those joints, meters."""
    shares: Array
    """(M,) shares of the body's mass; they sum to 1."""

    @classmethod
    def of(cls, skeleton: Skeleton) -> "Masses":
        """Return the masses of a canonical skeleton with all joints. Raises RefusedError."""
        parts = [_part(skeleton, one, side) for one, side in _segments(skeleton)]
        joints, offsets, mass = zip(*parts, strict=True)
        return cls(np.array(joints), np.array(offsets), np.array(mass) / sum(mass))

    def places(self, rotations: Array, positions: Array) -> Array:
        """Return the places (T, M, 3) at world rotations (T, J, 4) and positions (T, J, 3)."""
        turned = quat.apply(rotations[:, self.joints].astype(np.float64), self.offsets)
        return np.asarray(positions[:, self.joints] + turned)

    def of_clip(self, clip: Clip) -> Array:
        """Return the places (T, M, 3) in meters along a clip, in doubles."""
        return self.places(
            *clip.skeleton.fk(
                clip.rotations.astype(np.float64), clip.root_positions.astype(np.float64)
            )
        )

    def center(self, places: Array) -> Array:
        """Return the center of mass (T, 3) of ``places`` (T, M, 3)."""
        return np.asarray(np.einsum("tmx,m->tx", places, self.shares))


def has_masses(skeleton: Skeleton) -> bool:
    """Return whether a canonical skeleton has the joints that carry the masses."""
    return all(side + one.carrier in skeleton.names for one, side in _segments(skeleton))


def _segments(skeleton: Skeleton) -> list[tuple[Segment, str]]:
    """Return each segment with its side, which is empty in the middle."""
    middle, sides = _SEGMENTS[kind_of(skeleton)]
    both = [(one, side) for side in ("Left", "Right") for one in sides]
    return [(one, "") for one in middle] + both


def _part(skeleton: Skeleton, segment: Segment, side: str) -> tuple[int, Array, float]:
    """Return the joint, the offset (3,) in its frame and the mass of a segment."""
    near, far = (_landmark(skeleton, name, side) for name in (segment.near, segment.far))
    carrier = skeleton.index(side + segment.carrier)
    center = near + segment.share * (far - near)
    return carrier, center - skeleton.rest_positions()[carrier], segment.mass


def _landmark(skeleton: Skeleton, name: str, side: str) -> Array:
    """Return the place (3,) of a landmark at rest: a joint, its tip, or one of three others."""
    places = skeleton.rest_positions().astype(np.float64)
    if name == "heel":
        foot = skeleton.index(side + "Foot")
        return np.asarray(places[foot] + heel_offset(skeleton, int(side == "Right")))
    if name in ("hips", "shoulders"):
        legs = [leg for leg in kind_of(skeleton).legs if leg.fore is (name == "shoulders")]
        return np.asarray(np.mean([places[skeleton.index(leg.top)] for leg in legs], axis=0))
    joint = skeleton.index(side + name.removesuffix(" tip"))
    if not name.endswith(" tip"):
        return np.asarray(places[joint])
    return np.asarray(places[joint] + dict(skeleton.end_sites).get(joint, (0.0, 0.0, 0.0)))
