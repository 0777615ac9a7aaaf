# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of an animal at rest: legs of any number of bones on paws, hooves or claws.

Owns which bones of a leg bend to bring its paw to a place, which keep their angle to the ground,
and the point on which the paw stands.
"""

import numpy as np

from ...errors import RefusedError
from ..body.body import Leg
from ..body.legs import CanonicalLeg
from ..body.quadruped import LEG_JOINTS, ROLES
from ..body.rig_bones import RigBones
from ..maths import quat
from ..maths.quat import Array
from .axes import bone_ends, four_legged_axes
from .rest_pose import Measures, RestPose, Roles

_LOW = 0.085
"""Share of the hip height under which a bone belongs to the paw."""
_TIP = 0.015
"""Share of the hip height under which a bone starts on the ground itself."""
_FOOT = 0.25
"""Share of the hip height under which the last bone may be a foot that stands on its tip."""


def _filled_tail(rig: RigBones, roles: Roles) -> Roles:
    """Add the bones beyond the end of the mapped tail, as long as the tail does not branch."""
    tail = list(roles.get("tail", ()))
    taken = {bone for bones in roles.values() for bone in bones}
    while tail and len(rig.children[tail[-1]]) == 1 and rig.children[tail[-1]][0] not in taken:
        tail.append(rig.children[tail[-1]][0])
    return {**roles, "tail": tuple(tail)} if tail else roles


def _axes(rig: RigBones, roles: Roles) -> Array:
    world_from_body, exchanged = four_legged_axes(rig, roles)
    if exchanged:
        raise RefusedError("The left and right legs of the bone map are exchanged; swap them")
    return world_from_body


def _hip_joints(roles: Roles) -> list[int]:
    return [roles[ROLES[joints.name]][0] for joints in LEG_JOINTS if not joints.fore]


def _ground(pose: RestPose, hips: Array, ball_height: float | None) -> float:
    paws = [pose.roles[ROLES[joints.name]][-1] for joints in LEG_JOINTS]
    low = float(pose.heads[paws, 1].min())
    if pose.pointed:
        low = min(low, float(pose.ends[paws, 1].min()))
    size = float(hips[1]) - low
    # An animal usually stands on its rig's origin; that is the ground if the paws are near it.
    ground = pose.floor if -0.03 * size < low - pose.floor < 0.15 * size else low
    if ball_height is None:
        return ground
    legs = _legs(pose.over(np.array([hips[0], ground, hips[2]])))
    return ground + (float(np.mean([leg.ball[1] for leg in legs])) - ball_height)


def _legs(pose: RestPose) -> tuple[Leg, ...]:
    hips = float(pose.heads[_hip_joints(pose.roles), 1].mean())
    if hips < 1e-4:
        raise RefusedError("The hips of this rig are not above its paws; correct the bone map")
    return tuple(_leg(pose, joints, hips) for joints in LEG_JOINTS)


def _leg(pose: RestPose, joints: CanonicalLeg, hips: float) -> Leg:
    """Return one leg; ``hips`` is the height of the hip joints (m)."""
    role = ROLES[joints.name]
    bones = pose.roles[role]
    points = pose.heads[list(bones)]
    low = [i for i in range(2, len(bones)) if points[i, 1] < _LOW * hips]
    tip = pose.ends[bones[-1]].copy()
    if low:
        # The last one, unless it only marks the tip on the ground.
        bent = max((i for i in low if points[i, 1] > _TIP * hips), default=low[-1])
        ball = points[bent]
    else:
        tip[1] = 0.0
        foot = len(bones) > 2 and points[-1, 1] < _FOOT * hips
        bent, ball = len(bones) - 1 if foot else len(bones), tip
    path = np.array([*points[:bent], points[bent] if bent < len(bones) else tip])
    if np.linalg.norm(np.diff(path, axis=0), axis=1).sum() < 1e-5:
        raise RefusedError(f"The leg {role} has no length; correct the bone map")
    toe = float((tip - ball)[2]) if low else 0.0
    if not 0.02 * hips < toe < 0.3 * hips:
        toe = 0.1 * hips
    carrier = bones[min(bent, len(bones) - 1)]
    level = quat.IDENTITY.astype(np.float64)  # Paws at rest point ahead.
    stem = _stem(pose, bones[0], joints.fore)
    return Leg(joints, stem, bones, bent, path, carrier, ball, None, toe, level, None)


def _stem(pose: RestPose, top: int, fore: bool) -> int:
    """Return the bone of the trunk on which a leg hangs, in the rig or by its place."""
    trunk = (*pose.roles["hips"], *pose.roles.get("spine", ()))
    usual = trunk[-1 if fore else 0]
    return next((bone for bone in pose.rig.ancestors(top) if bone in trunk), usual)


ANIMAL = Measures(
    roles=_filled_tail,
    axes=_axes,
    ends=bone_ends,
    hip_joints=_hip_joints,
    ground=_ground,
    legs=_legs,
    arm_frames=lambda pose: {},
)
