# SPDX-License-Identifier: GPL-3.0-or-later
"""One foot over time: its ball, its turns and the points of its sole in the world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..body.body import Leg
from ..body.body_pose import BodyPose
from ..body.sole import Sole
from ..maths import quat
from ..maths.quat import Array

_SIDE = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class FootTrack:
    """One foot of a pose over T frames."""

    leg: Leg
    sole: Sole
    ball: Array
    """(T, 3) the ball of the foot or the paw."""
    turn: Array
    """(T, 4) turn of the foot from rest."""
    toes: Array
    """(T, 4) turn of the bone that carries the ball."""
    shank: Array
    """(T, 4) turn of the bone above the foot."""

    @staticmethod
    def of(pose: BodyPose, leg: Leg, sole: Sole) -> FootTrack:
        """Return the track of a leg's foot in a pose."""
        body = pose.body
        turns = [
            quat.mul_inv(pose.rotations[bone], body.rotations[bone])
            for bone in (leg.end, leg.carrier, leg.bones[leg.bent - 1])
        ]
        arm = quat.apply(turns[1], leg.ball - body.heads[leg.carrier])
        return FootTrack(leg, sole, pose.positions[leg.carrier] + arm, *turns)

    @property
    def rolls(self) -> bool:
        """Whether the foot rolls from heel to ball."""
        return self.leg.heel is not None

    @cached_property
    def heels(self) -> Array:
        """(T, H, 3) points of the heel, or of the bone above a paw."""
        return self._points(self.sole.heel, self.turn if self.rolls else self.shank)

    @cached_property
    def balls(self) -> Array:
        """(T, N, 3) points of ball and toes."""
        return self._points(self.sole.ball, self.toes)

    @property
    def side(self) -> Array:
        """(T, 3) unit, the axis about which the foot pitches: positive turns the toes down."""
        return quat.apply(quat.mul(self.turn, self.leg.foot_yaw), _SIDE)

    @property
    def end(self) -> Array:
        """(T, 3) place of the leg's end for the ball to be in its place."""
        if not self.leg.foot:
            return self.ball
        return np.asarray(self.ball + quat.apply(self.turn, self.leg.points[-1] - self.leg.ball))

    def moved(self, offset: Array, rotation: Array | None = None) -> FootTrack:
        """Return the foot turned by ``rotation`` (T, 4) about its ball and moved (T, 3)."""
        turn, toes = self.turn, self.toes
        if rotation is not None and self.leg.foot:
            turn, toes = quat.mul(rotation, turn), quat.mul(rotation, toes)
        return replace(self, ball=self.ball + offset, turn=turn, toes=toes)

    def pitched(self, angle: Array) -> FootTrack:
        """Return the foot, without its toes, with its heel raised by ``angle`` (T,) radians."""
        turn = quat.mul(quat.from_axis_angle(self.side, angle), self.turn)
        toes = self.toes if self.leg.toe >= 0 else turn
        return replace(self, turn=turn, toes=toes)

    def _points(self, rest: Array, turn: Array) -> Array:
        arms = quat.apply(turn[:, None], (rest - self.leg.ball)[None])
        return np.asarray(self.ball[:, None] + arms)


def own_sole(pose: BodyPose, leg: Leg, marks: tuple[Array, Array]) -> Sole:
    """Return the sole of a leg's bones, as deep as it stands on the ground in a level pose.

    ``marks`` (T,) bool are heel and ball in contact.
    """
    sole = Sole.of_bones(leg)
    track = FootTrack.of(pose, leg, sole)
    heel, ball = marks
    parts = []
    for rest, points, stood in (
        (sole.heel, track.heels, heel & ball),
        (sole.ball, track.balls, ball),
    ):
        heights = points[stood][..., 1]
        depth = float(np.percentile(heights.min(axis=1), 20)) if heights.size else 0.0
        parts.append(rest - [0.0, depth, 0.0])
    return Sole(*parts)
