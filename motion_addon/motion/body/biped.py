# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical biped: its joints, its legs and the points of its feet that touch the ground."""

from typing import Final

from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from .legs import CanonicalLeg, Side

TORSO: Final = ("Hips", "Spine", "Spine1", "Spine2", "Spine3")
NECK: Final = ("Neck", "Neck1", "Head")
_SIDES: Final[tuple[Side, Side]] = ("Left", "Right")
LEGS: Final = tuple(
    CanonicalLeg(
        side.lower(),
        side,
        False,
        tuple(side + bone for bone in ("UpLeg", "Leg", "Foot", "Toe")),
    )
    for side in _SIDES
)
"""Left and right."""
STATE_JOINTS: Final = (
    "Hips",
    "Spine3",
    "Head",
    "LeftForeArm",
    "LeftHand",
    "RightForeArm",
    "RightHand",
    "LeftLeg",
    "LeftFoot",
    "LeftToe",
    "RightLeg",
    "RightFoot",
    "RightToe",
)
"""Joints whose positions and velocities a controller feeds back."""
HIP_HEIGHT: Final = 0.95
"""Meters, roughly, of the hip joints of the model's person."""


BALL_HEIGHT: Final = 0.046
"""Meters, of the ball joint over the ground in a planted foot of the model's size."""
_BALL_DROP = 0.994
"""Meters, how far the ball of that size hangs under the root at rest: the mocap's own floor."""


def ball_height(skeleton: Skeleton) -> float:
    """Return the height (m) of the ball joint over the ground in a planted foot."""
    drop = -skeleton.rest_positions()[skeleton.index("LeftToe"), 1]
    return float(BALL_HEIGHT / _BALL_DROP * drop)


def leg_size(skeleton: Skeleton) -> float:
    """Return the length of the legs over the model's."""
    return ball_height(skeleton) / BALL_HEIGHT


def foot_points(clip: Clip) -> Array:
    """Return (T, 4, 3) world positions (m) of left heel, left ball, right heel, right ball."""
    return foot_contacts.foot_points(clip.skeleton, *clip.world())
