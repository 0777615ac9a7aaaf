# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs that reach for their laid feet: what a standing leg lacks, and inverse kinematics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..body.body import Leg
from ..body.body_pose import BodyPose
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import running_min, smooth
from .foot import FootTrack

DROP_SECONDS = 0.1
"""Time before and after a frame in which a leg lacks reach over which the trunk comes down."""


def end_of(pose: BodyPose, leg: Leg) -> Array:
    """Return (T, 3) the place of the end of a leg's bent bones."""
    if leg.foot:
        return pose.positions[leg.end]
    last = leg.bones[leg.bent - 1]
    turn = quat.mul_inv(pose.rotations[last], pose.body.rotations[last])
    return np.asarray(pose.positions[last] + quat.apply(turn, leg.segments[-1]))


def lowering(pose: BodyPose, level: BodyPose, feet: Sequence[FootTrack], down: Array) -> Array:
    """Return (T,) meters, 0 or less, by which the trunk must come down for legs to reach.

    ``feet`` are where they shall be, ``down`` (T, L) bool the stances, ``level`` the pose before.
    """
    least = np.zeros(len(down))
    for i, (leg, foot) in enumerate(zip(pose.body.legs, feet, strict=True)):
        top, was = level.positions[leg.top], end_of(level, leg)
        shift = pose.positions[leg.top] - top
        needed = leg_ik.drop(pose.positions[leg.top], was + shift, foot.end, leg.reach)
        least = np.minimum(least, np.where(down[:, i], needed, 0.0))
    half = max(round(DROP_SECONDS * pose.fps), 1)
    return smooth(running_min(least, half), half / 3.0)


def reach(
    level: BodyPose, pose: BodyPose, leg: Leg, foot: FootTrack
) -> tuple[dict[int, Array], dict[int, Array], Array]:
    """Return rotations and positions of a leg's bones that bring its foot in place, and the miss.

    ``level`` is the pose before, from which the bends are taken; ``pose`` has the new top joint.
    The miss (T,) is the distance in meters by which the end is short of its place.
    """
    bones = leg.bones[: leg.bent]
    top, goal = pose.positions[leg.top], foot.end
    turns = [quat.mul_inv(level.rotations[b], level.body.rotations[b]) for b in bones]
    if leg.pole is not None:
        bent, end = _two_bones(level, leg, turns, top, goal)
    else:
        shares = np.ones(leg.bent - 1)
        bent = list(leg_ik.scale_bends(leg.segments, np.stack(turns), goal - top, shares))
        end = top + sum(
            quat.apply(t, segment) for t, segment in zip(bent, leg.segments, strict=True)
        )
    rotations: dict[int, Array] = {}
    positions: dict[int, Array] = {}
    place = top
    for bone, turn, segment in zip(bones, bent, leg.segments, strict=True):
        rotations[bone] = quat.mul(turn, level.body.rotations[bone])
        positions[bone] = place
        place = place + quat.apply(turn, segment)
    for bone in leg.foot:
        turn = foot.turn if bone != leg.carrier or leg.toe < 0 else foot.toes
        arm = quat.apply(foot.turn, level.body.heads[bone] - level.body.heads[leg.end])
        rotations[bone] = quat.mul(turn, level.body.rotations[bone])
        positions[bone] = end + arm
    return rotations, positions, np.linalg.norm(goal - end, axis=-1)


def _two_bones(
    level: BodyPose, leg: Leg, turns: list[Array], top: Array, goal: Array
) -> tuple[list[Array], Array]:
    """Return the turns (T, 4) of thigh and shin, and the place (T, 3) of the ankle."""
    assert leg.pole is not None
    shift = top - level.positions[leg.top]
    knee = level.positions[leg.middle] + shift
    ankle = level.positions[leg.end] + shift
    bent, end = leg_ik.two_bone(top, knee, ankle, turns[0], goal, leg.pole)
    thigh = leg_ik.swing(turns[0], knee - top, bent - top)
    shin = leg_ik.swing(turns[1], ankle - knee, end - bent)
    return [thigh, shin], end
