# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of a person at rest: two legs with knees, feet with heels and toes, two arms."""

from itertools import pairwise

import numpy as np

from ...errors import RefusedError
from ..body.biped import LEGS
from ..body.body import ARM_PARTS, Leg
from ..body.legs import CanonicalLeg
from ..body.rig_bones import RigBones
from ..maths import quat
from ..maths.quat import Array
from .axes import body_axes, stands_upright
from .rest_pose import Measures, RestPose, Roles

_LEG_PARTS = ("thigh", "shin", "foot", "toe")
_CLEAR_BEND = 0.06
"""Share of the leg's length by which a knee must be bent to show its direction."""


def _axes(rig: RigBones, roles: Roles) -> Array:
    if not stands_upright(rig, roles):
        raise RefusedError(
            "The rest pose of this rig does not stand upright on two legs; if it is a human, "
            "pose it standing and apply that as its rest pose"
        )
    return body_axes(rig, roles)


def _leg_bones(roles: Roles, side: str) -> tuple[int, ...]:
    """Return thigh, shin, foot and, if mapped, toe."""
    found = (roles.get(f"{part}.{side}", (-1,))[0] for part in _LEG_PARTS)
    return tuple(bone for bone in found if bone >= 0)


def _foot_tip(pose: RestPose, bones: tuple[int, ...]) -> Array:
    """Return (3,) the joint of the toes, or the place where it would be."""
    heads, foot = pose.heads, bones[2]
    if len(bones) > 3:
        return np.asarray(heads[bones[3]])
    below = [c for c in pose.rig.children[foot] if heads[c][1] < heads[foot][1]]
    ahead = [c for c in below if heads[c][2] > heads[foot][2]]
    if ahead:
        return np.asarray(heads[ahead].mean(axis=0))
    return np.asarray(pose.ends[foot])


def _ground(pose: RestPose, hips: Array, ball_height: float | None) -> float:
    legs = [_leg_bones(pose.roles, side) for side in "LR"]
    if ball_height is not None:
        return float(np.mean([_foot_tip(pose, bones)[1] for bones in legs])) - ball_height
    feet = [bone for bones in legs for bone in bones[2:]]
    lowest = pose.heads[feet][:, 1].min()
    height = float(pose.heads[pose.roles["hips"][0], 1] - lowest)
    low = float(min(lowest, pose.ends[feet][:, 1].min()))
    # A character usually stands on its own origin; that is the ground if the feet are near it.
    return pose.floor if abs(low - pose.floor) < 0.1 * height else low


def _leg(pose: RestPose, joints: CanonicalLeg) -> Leg:
    bones = _leg_bones(pose.roles, joints.side[0])
    points = pose.heads[list(bones[:3])]
    thigh_length, shin_length = (np.linalg.norm(b - a) for a, b in pairwise(points))
    if min(thigh_length, shin_length) < 1e-5:
        raise RefusedError(
            f'The leg bone "{pose.rig.names[bones[0]]}" has no length; correct the bone map'
        )
    ball = _foot_tip(pose, bones)
    flat = (ball - points[2]) * np.array([1.0, 0.0, 1.0])
    if flat[2] < 0.2 * np.linalg.norm(flat) or np.linalg.norm(flat) < 1e-4:
        flat = np.array([0.0, 0.0, 1.0])
    heel, toe_length = _sole(pose, bones, quat.unit(flat))
    return Leg(
        joints,
        pose.roles["hips"][0],
        bones,
        2,
        points,
        bones[-1],
        ball,
        heel,
        toe_length,
        quat.yaw(quat.yaw_of(flat)),
        _pole(points),
    )


def _pole(points: Array) -> Array:
    """Return (3,) unit, the direction of the knee of hip, knee and ankle (3, 3)."""
    hip, knee, ankle = points
    line = quat.unit(ankle - hip)
    bend = (knee - hip) - line * ((knee - hip) @ line)
    length = np.linalg.norm(ankle - hip)
    # A rest pose with clearly bent knees shows where they point; a straight one does not.
    clear = np.linalg.norm(bend) > _CLEAR_BEND * length and bend[2] > 0.0
    pole = bend if clear else np.array([0.0, 0.0, 1.0])
    return np.asarray(quat.unit(pole - line * (pole @ line)))


def _sole(pose: RestPose, bones: tuple[int, ...], ahead: Array) -> tuple[Array, float]:
    """Return the heel (3,) and the length of the toes, guessed where no bone shows them."""
    heads, tails, foot = pose.heads, pose.ends, bones[2]
    ankle = heads[foot]
    length = float((_foot_tip(pose, bones) - ankle) @ ahead)
    points = [p for c in pose.rig.children[foot] for p in (heads[c], tails[c])]
    low = [p for p in points if p[1] < 0.6 * ankle[1]]
    behind = max([0.45 * abs(length), *(float((ankle - p) @ ahead) for p in low)])
    heel = ankle - ahead * min(behind, abs(length))
    usual = 0.6 * abs(length)
    toe = bones[3] if len(bones) > 3 else -1
    forward = float((tails[toe] - heads[toe]) @ ahead) if toe >= 0 else usual
    toes = forward if 0.3 * usual < forward < 3.0 * usual else usual
    return heel * np.array([1.0, 0.0, 1.0]), toes


def _hand_direction(pose: RestPose, hand: int, arm: Array) -> Array:
    heads = pose.heads
    fingers = [c for c in pose.rig.children[hand] if np.linalg.norm(heads[c] - heads[hand]) > 1e-4]
    options = [heads[fingers].mean(axis=0)] if len(fingers) > 1 else []
    options += [pose.ends[hand], *(heads[c] for c in fingers)]
    for tip in options:
        direction = quat.unit(tip - heads[hand])
        if direction @ arm > 0.6:
            return direction
    return arm


def _arm_frames(pose: RestPose) -> dict[str, Array]:
    """Return role of an arm's part to (4,), the rotation from an arm held out sideways."""
    heads, tails, parts = pose.heads, pose.ends, ARM_PARTS[1:]
    frames: dict[str, Array] = {}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        upper, fore, hand = (pose.roles.get(f"{part}.{side}", (-1,))[0] for part in parts)
        if upper < 0:
            continue
        along = [quat.unit((heads[fore] if fore >= 0 else tails[upper]) - heads[upper])]
        if fore >= 0:
            along.append(quat.unit((heads[hand] if hand >= 0 else tails[fore]) - heads[fore]))
        if hand >= 0:
            along.append(_hand_direction(pose, hand, along[-1]))
        frame = quat.IDENTITY.astype(np.float64)
        before = np.array([sign, 0.0, 0.0])
        for part, direction in zip(parts, along, strict=False):
            frame = quat.mul(quat.between(before, direction), frame)
            frames[f"{part}.{side}"] = frame
            before = direction
    return frames


PERSON = Measures(
    roles=lambda rig, roles: roles,
    axes=_axes,
    ends=lambda rig: (rig.rest_tails, True),
    hip_joints=lambda roles: [roles[f"thigh.{side}"][0] for side in "LR"],
    ground=_ground,
    legs=lambda pose: tuple(_leg(pose, joints) for joints in LEGS),
    arm_frames=_arm_frames,
)
