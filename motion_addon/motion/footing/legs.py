# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs that reach for their laid feet: what a standing leg lacks, and inverse kinematics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..body.body import Leg
from ..body.body_pose import BodyPose
from ..clip.contacts import runs
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import running_min, smooth, smoothstep
from .foot import FootTrack

HEEL = 0.5
"""Radians by which the heel of a leg that pushes off rises further to reach."""
_LATE = (0.3, 0.75)
"""Share of a stance between which a heel gets all of that room."""
DROP_SECONDS = 0.2
"""Time before and after a frame in which a leg lacks reach over which the trunk comes down."""


def end_of(pose: BodyPose, leg: Leg) -> Array:
    """Return (T, 3) the place of the end of a leg's bent bones."""
    if leg.foot:
        return pose.positions[leg.end]
    last = leg.bones[leg.bent - 1]
    turn = quat.mul_inv(pose.rotations[last], pose.body.rotations[last])
    return np.asarray(pose.positions[last] + quat.apply(turn, leg.segments[-1]))


def heel_raised(
    pose: BodyPose, level: BodyPose, leg: Leg, foot: FootTrack, down: Array
) -> FootTrack:
    """Return a foot whose heel rises about its ball, late in stances, where the leg is short.

    ``level`` is the pose before, ``pose`` has the new hips, ``down`` (T,) bool are the stances.
    Feet without toes stay as they are.
    """
    if leg.toe < 0 or not down.any():
        return foot
    room = HEEL * _late(down, pose.fps)
    was = np.linalg.norm(end_of(level, leg) - level.positions[leg.top], axis=-1) / leg.reach
    wanted = leg.reach * np.maximum(was, leg_ik.FREE)
    up, back = pose.positions[leg.top] - foot.ball, foot.end - foot.ball
    along = (up * back).sum(axis=-1)
    across = (up * quat.cross(foot.side, back)).sum(axis=-1)
    span = np.maximum(np.hypot(along, across), 1e-9)
    goal = 0.5 * ((up**2).sum(axis=-1) + (back**2).sum(axis=-1) - wanted**2)
    angle = np.arctan2(across, along) - np.arccos(np.clip(goal / span, -1.0, 1.0))
    short = np.linalg.norm(up - back, axis=-1) > wanted
    angle = smooth(np.where(short, np.clip(angle, 0.0, room), 0.0), 0.03 * pose.fps)
    return foot.pitched(np.minimum(angle, room)) if angle.any() else foot


def _late(down: Array, fps: float) -> Array:
    """Return (T,) 0 early in stances, 1 late in them, fading after their ends."""
    out = np.zeros(len(down))
    for start, stop in runs(down):
        if stop < len(down):
            share = (np.arange(start, stop) - start) / (stop - start)
            out[start:stop] = smoothstep(share, *_LATE)
            after = min(stop + max(round(0.15 * fps), 1), len(down))
            fade = 1.0 - smoothstep((np.arange(stop, after) - stop) / (0.15 * fps))
            out[stop:after] = np.where(down[stop:after], out[stop:after], fade)
    return out


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
    return smooth(running_min(least, half), 0.5 * half)


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
