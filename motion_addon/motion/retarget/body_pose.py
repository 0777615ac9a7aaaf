# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and result of a retarget."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..body.body import Body
from ..maths.quat import Array


@dataclass(frozen=True)
class RetargetSettings:
    """Options of a retarget."""

    keep: Literal["path", "size"] = "path"
    """Path keeps the ground positions; size scales all positions with the legs' length."""
    cyclic: bool | None = None
    """Whether the clip is a loop, so that smoothing wraps; None measures it."""
    soles: bool = True
    """Whether heels and toes are kept out of the floor where the ground is level."""
    palms: float = 0.0
    """Radians by which hands are turned about the forearm, palms to the back; a third of it
    already in the forearm."""
    soft_knee: float = 0.006
    """Share of a leg's length over which knees straighten ever more slowly."""
    max_reach: float = 0.999
    """Longest leg, as a share of thigh and shin: knees keep a bend and never snap straight."""
    gaze: float = 0.0
    """Share of a look at a target, 0..1; an animal's neck and head then follow the source's however
    different their rest poses are."""


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
