# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of a body over time: world rotations and places of its bones."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..maths.quat import Array
from .body import Body


@dataclass(frozen=True, eq=False)
class BodyPose:
    """Poses of a target body over time, in the world of the clip."""

    body: Body
    rotations: Mapping[int, Array]
    """Bone index to (T, 4) world_from_bone, for every mapped bone that the source moves."""
    positions: Mapping[int, Array]
    """Bone index to (T, 3) world position of its head, for the same bones."""
    poles: tuple[Array, ...]
    """(T, 3) unit, the direction of each knee: left, right; none for animals."""
    root_positions: Array
    """(T, 3) the smoothed place on the ground under the hips."""
    root_yaws: Array
    """(T,) radians, the smoothed heading."""
    lowered: Array
    """(T,) meters by which the pelvis came down so that both feet stay in reach."""
    fps: float
    moved: frozenset[int] = frozenset()
    """Bones that take their place instead of only turning on the bone that carries them."""
