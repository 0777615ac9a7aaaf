# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants one foot that rolls from heel to ball: pinned, rolled over its ball, clear of the ground.

Gives the ankle's target; the leg reaches for it in ``planting``.
"""

from __future__ import annotations

import numpy as np

from ..body.legs import CanonicalLeg
from ..clip import contacts as foot_contacts
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from ..plan.ground import GroundHeight
from . import foot_lock
from .lower_body import LowerBody
from .planting import Places
from .stances import Mask, Stance, StanceRules, stance_mask

LAND_SECONDS = 0.1
"""Time in which a ball that lands comes down all the way (s)."""
CLEAR_HEIGHT = 0.028
"""Height (m) of the ball over the ground in a swing, at least, for a leg of the model's size."""
CLEAR_SPEEDS = (0.05, 0.5)
"""Speeds of the ball (m/s) at which it needs none and all of that height."""
HEEL_HEIGHT = 0.018
"""Least height (m) of the heel over the ground, for a leg of the model's size."""
TIP_HEIGHT = 0.015
"""Least height (m) of the tip of the toes, likewise."""

_X = np.array([1.0, 0.0, 0.0])


class RollingFoot:
    """Planting of feet that roll from heel to ball."""

    rules = StanceRules()
    carry_seconds = 0.12
    deepest = np.inf

    def height(self, heights: Array, stance: Stance) -> float:
        """Return the height of a stance, a low percentile while the heel is down."""
        flat = heights[stance.flat] if stance.flat.any() else heights
        return float(np.percentile(flat, 30))

    def target(
        self,
        body: LowerBody,
        leg: CanonicalLeg,
        stances: list[Stance],
        sole: float,
        ground: GroundHeight,
    ) -> Array:
        """Pin one foot and bend its toes; return the targets (T, 3) of its ankle."""
        frames, fps = len(body.root), body.fps
        known = stance_mask(stances, frames)
        ankle = body.positions[leg.end]
        _roll(body, leg, ankle, known, sole, ground)
        rotation = foot_lock.untwisted(body.rotations[leg.end], stances, fps)
        body.rotations[leg.end] = rotation
        to_ball = quat.apply(rotation, body.offset(leg.ball))
        raw = ankle + to_ball
        raw[:, 1] = leg_ik.soft_maximum(raw[:, 1], ground(raw) + sole, 0.004 * body.size)
        places = foot_lock.anchored(raw, stances)
        floor = ground(raw) + sole
        ball = foot_lock.pinned(raw, places, floor, stances, LAND_SECONDS * fps, fps)
        ball[:, 1] += _clearance(ball, known, ground(ball) + sole, fps, body.size)
        ball[:, 1] = np.maximum(ball[:, 1], ground(ball) + sole - np.where(known, 0.001, 0.0))
        rotation = _heel_up(body, leg, ball, ground(ball))
        ankle = ball - quat.apply(rotation, body.offset(leg.ball))
        bends = _toe_bends(rotation, stances, fps)
        height = ball[:, 1] - ground(ball)
        body.bends[leg.ball] = _tip_up(body, leg, height, rotation, bends)
        return ankle

    def joint(self, leg: CanonicalLeg) -> str:
        """Return the ankle."""
        return leg.end

    def stretch(self, body: LowerBody, targets: Places) -> None:
        """Nothing but the pelvis helps a leg to reach."""

    def end(self, body: LowerBody, leg: CanonicalLeg, target: Array) -> Array:
        """Return the ankle's target itself."""
        return target

    def set_down(
        self,
        body: LowerBody,
        leg: CanonicalLeg,
        target: Array,
        stances: list[Stance],
        ground: GroundHeight,
    ) -> None:
        """The foot is turned already: its rotation decides where the ankle goes."""


def _clearance(ball: Array, known: Mask, floor: Array, fps: float, size: float) -> Array:
    """Return how much (T,) a swinging ball must rise: the faster it moves, the higher it is."""
    speed = np.linalg.norm(np.gradient(ball[:, [0, 2]], axis=0), axis=-1) * fps
    least = floor + CLEAR_HEIGHT * size * smoothstep(speed, *CLEAR_SPEEDS)
    return foot_lock.raised(ball[:, 1], least, known, fps, size)


def _roll(
    body: LowerBody, leg: CanonicalLeg, ankle: Array, known: Mask, sole: float, ground: GroundHeight
) -> None:
    """Pitch the foot so that its ball comes down as it lands and stays while the heel comes up.

    The mocap's foot is rigid from heel to toe tip, so its ball rises early; a real one bends at
    the ball. The ankle keeps its place. While the heel is down the foot is pitched no further
    than flat.
    """
    rotation = body.rotations[leg.end]
    to_ball = quat.apply(rotation, body.offset(leg.ball))
    length = float(np.linalg.norm(body.offset(leg.ball)))
    rest = float(-body.offset(leg.ball)[1]) + sole
    height = ankle[:, 1] - ground(ankle)
    wanted = np.arcsin(np.clip((sole - height) / length, -0.98, 0.98))
    pitch = np.arcsin(np.clip(to_ball[:, 1] / length, -1.0, 1.0))
    rise = smoothstep((height - rest) / (0.025 * body.size))
    flat = float(np.arcsin(body.offset(leg.ball)[1] / length))
    lowest = np.maximum(wanted, flat + rise * (-0.5 * np.pi - flat))
    more = np.clip(pitch - lowest, 0.0, 0.45)
    more = np.where(known, more, 0.0)[:, None]
    more = foot_lock.bridged(more, known, body.fps, foot_lock.FADE_SECONDS)[:, 0]
    more = smooth(more, 0.02 * body.fps)
    side_axis = quat.apply(rotation, _X)
    body.rotations[leg.end] = quat.mul(quat.from_axis_angle(side_axis, more), rotation)


def _toe_bends(rotation: Array, stances: list[Stance], fps: float) -> Array:
    """Return how far (T,) toes bend up so as to lie flat while the heel is up."""
    forward = quat.apply(rotation, np.array([0.0, 0.0, 1.0]))
    pitch = np.maximum(-np.arcsin(np.clip(forward[:, 1], -1.0, 1.0)), 0.0)
    share = np.zeros(len(pitch))
    for stance in stances:
        share[stance.start : stance.stop] = 1.0
    return np.asarray(pitch * smooth(share, 0.035 * fps))


def _heel_up(body: LowerBody, leg: CanonicalLeg, ball: Array, floor: Array) -> Array:
    """Pitch the foot about its ball where the heel would go into the ground; return (T, 4)."""
    rotation = body.rotations[leg.end]
    heel = foot_contacts.heel_offset(body.skeleton, body.kind.legs.index(leg)).astype(np.float64)
    arm = quat.apply(rotation, heel - body.offset(leg.ball))
    least = floor + HEEL_HEIGHT * body.size - ball[:, 1]
    lack = leg_ik.soft_maximum(arm[:, 1], least, 0.002 * body.size) - arm[:, 1]
    away = np.maximum(np.linalg.norm(arm[:, [0, 2]], axis=-1), 0.05 * body.size)
    turn = quat.from_axis_angle(quat.apply(rotation, _X), np.arctan2(lack, away))
    body.rotations[leg.end] = quat.mul(turn, rotation)
    return body.rotations[leg.end]


def _tip_up(
    body: LowerBody, leg: CanonicalLeg, height: Array, rotation: Array, bends: Array
) -> Array:
    """Return `bends` (T,) raised where the tip of the toes would go into the ground.

    `height` (T,) is of the ball over the ground, `rotation` (T, 4) of the foot.
    """
    tips = dict(body.skeleton.end_sites)
    joint = body.skeleton.index(leg.ball)
    if joint not in tips:
        return bends
    tip = np.array(tips[joint])
    length = float(np.linalg.norm(tip))
    along = quat.apply(rotation, tip)
    pitch = np.arcsin(np.clip(along[:, 1] / length, -1.0, 1.0)) + bends
    least = np.arcsin(np.clip((TIP_HEIGHT * body.size - height) / length, -1.0, 1.0))
    return np.asarray(bends + leg_ik.soft_maximum(pitch, least, 0.03) - pitch)
