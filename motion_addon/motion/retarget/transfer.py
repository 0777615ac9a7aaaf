# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a retarget that people and animals share.

The source's rotations become turns away from its rest pose. The body's parts take these turns, its
feet keep their places over the ground, the pelvis comes down where legs are too short, and each leg
reaches its foot. ``PersonTransfer`` and ``AnimalTransfer`` hold the steps that differ.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from ..body.body import Body, Leg
from ..body.body_pose import BodyPose
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from .body_track import ground_under, is_loop, track
from .settings import RetargetSettings


@dataclass(frozen=True, eq=False)
class Support:
    """The source's feet on the ground, in the target's world."""

    balls: list[Array]
    """(T, 3) the ball of each foot or paw."""
    standing: Array | None
    """(T, legs) bool, feet in stance; None if the clip has no contacts."""
    ground: Array
    """(T,) height of the ground (m), constant where it is level."""
    center: Array
    """(T, 3) middle of the target's hip joints before it is lowered."""
    yaws: Array
    """(T,) radians, the smoothed heading."""
    floor: float | None
    """Height of level ground to keep soles out of; None if uneven or not wanted."""


class Transfer(ABC):
    """One retarget of a clip; collects the target's bones."""

    poles: tuple[Array, ...] = ()
    """(T, 3) unit, the direction of each knee; none for legs that do not bend in one plane."""
    unit = 1.0
    """Size of the target over the size for which the ground's tolerances were chosen."""

    def __init__(self, clip: Clip, source: Body, target: Body, settings: RetargetSettings):
        """Take the turns of the source's joints from a clip."""
        self.clip, self.source, self.target, self.settings = clip, source, target, settings
        self.loop = is_loop(clip) if settings.cyclic is None else settings.cyclic
        rotations, positions = clip.world()
        self.turns = quat.mul_inv(rotations.astype(np.float64), source.rotations)
        self.positions = positions.astype(np.float64)
        self.size = target.leg_length / source.leg_length
        self.scale = self.size if settings.keep == "size" else 1.0
        self.rotations: dict[int, Array] = {}
        self.places: dict[int, Array] = {}

    def pose(self) -> BodyPose:
        """Return the target's poses for every frame of the clip."""
        self.turn_body()
        balls = [self.ball(leg) * self.scale for leg in self.source.legs]
        standing = self.standing(balls)
        height = self.source.ball_height * self.scale / self.unit
        scaled = [ball / self.unit for ball in balls]
        ground = self.unit * ground_under(scaled, height, self.clip.fps, self.loop, standing)
        level = self.settings.soles and np.ptp(ground) == 0.0
        center = self.hip_center(ground)
        root, yaws = track(center, self.heading_turns(), self.clip.fps, self.loop)
        floor = float(ground[0]) if level else None
        lowered = self.reach_feet(Support(balls, standing, ground, center, yaws, floor))
        root[:, 1] = ground
        return BodyPose(
            self.target,
            self.rotations,
            self.places,
            self.poles,
            root,
            yaws,
            lowered,
            self.clip.fps,
        )

    @abstractmethod
    def turn_body(self) -> None:
        """Turn all bones but the legs'."""

    @abstractmethod
    def hip_center(self, ground: Array) -> Array:
        """Return (T, 3) the middle of the target's hip joints before it is lowered."""

    @abstractmethod
    def heading_turns(self) -> list[Array]:
        """Return the turns (T, 4) whose mean is the heading."""

    @abstractmethod
    def reach_feet(self, support: Support) -> Array:
        """Place the body and pose the legs; return (T,) meters by which the body came down."""

    def standing(self, balls: list[Array]) -> Array | None:
        """Return (T, legs) bool, feet in stance by the clip's contacts; None if it has none."""
        contacts, kind = self.clip.contacts, self.source.kind
        if contacts is None or contacts.shape[1] != len(kind.contact_points):
            return None
        return np.asarray(contacts[:, list(kind.balls)] > 0.5)

    def ball(self, leg: Leg) -> Array:
        """Return (T, 3) the place of the ball of a leg of the source, in its world."""
        arm = leg.ball - self.source.heads[leg.carrier]
        turned = quat.apply(self.turns[:, leg.carrier], arm)
        return np.asarray(self.positions[:, leg.carrier] + turned)

    def source_tops(self, legs: tuple[Leg, ...]) -> Array:
        """Return (T, 3) the middle of the top joints of some of the source's legs."""
        return np.asarray(self.positions[:, [leg.top for leg in legs]].mean(axis=1))

    def turn(self, bone: int, turn: Array) -> None:
        """Turn a bone of the target by ``turn`` (T, 4) from its rest pose."""
        self.rotations[bone] = quat.mul(turn, self.target.rotations[bone])
