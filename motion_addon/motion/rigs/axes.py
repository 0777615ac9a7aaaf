# SPDX-License-Identifier: GPL-3.0-or-later
"""Directions of a rig at rest: how it stands, where it faces, where its bones end."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import RefusedError
from ..body.rig_bones import RigBones
from ..body.roles import QUADRUPED_ROLES
from ..maths import quat
from ..maths.quat import Array


def body_axes(rig: RigBones, roles: Mapping[str, Sequence[int]]) -> Array:
    """Return (4,) world_from_body of a rig from its left and right legs and its upright axis.

    Raises RefusedError when left and right coincide.
    """
    heads = rig.rest_heads
    left = np.zeros(3)
    for part in ("thigh", "shin", "upper_arm", "foot"):
        if f"{part}.L" in roles and f"{part}.R" in roles:
            gap = heads[roles[f"{part}.L"][0]] - heads[roles[f"{part}.R"][0]]
            left += gap if part == "thigh" else 0.2 * gap
    feet = 0.5 * (heads[roles["foot.L"][0]] + heads[roles["foot.R"][0]])
    upright = heads[roles["hips"][0]] - feet
    up = np.eye(3)[np.argmax(np.abs(upright))] * np.sign(upright[np.argmax(np.abs(upright))])
    left -= up * (left @ up)
    if np.linalg.norm(left) < 1e-6:
        raise RefusedError(
            "The left and right legs of the rig are in the same place; correct the bone map"
        )
    left = left / np.linalg.norm(left)
    near = np.eye(3)[np.argmax(np.abs(left))] * np.sign(left[np.argmax(np.abs(left))])
    if left @ near > 0.995:
        left = near
    forward = np.cross(left, up)
    return quat.from_matrix(np.stack([left, up, forward], axis=-1))


def stands_upright(rig: RigBones, roles: Mapping[str, Sequence[int]]) -> bool:
    """Return whether the rest pose has the spine over the legs, as people have."""
    top = next((roles[r][-1] for r in ("head", "neck", "spine") if roles.get(r)), -1)
    if top < 0:
        return True
    heads = rig.rest_heads
    hips = heads[roles["hips"][0]]
    feet = 0.5 * (heads[roles["foot.L"][0]] + heads[roles["foot.R"][0]])
    return bool(quat.unit(heads[top] - hips) @ quat.unit(feet - hips) < -0.4)


def four_legged_axes(rig: RigBones, roles: Mapping[str, Sequence[int]]) -> tuple[Array, bool]:
    """Return (4,) world_from_body of a four-legged rig, and whether left and right are exchanged.

    Up is the world axis from paws to hips; ahead is towards the forelegs. Legs in mid-step show
    little of the body's direction. Raises RefusedError when the legs do not stand on four corners.
    """
    heads = rig.rest_heads
    legs = {role: heads[list(roles[role])] for role in QUADRUPED_ROLES.whole_legs}
    drop = sum((leg[0] - leg[-1] for leg in legs.values()), np.zeros(3))
    up = np.eye(3)[np.argmax(np.abs(drop))] * np.sign(drop[np.argmax(np.abs(drop))])
    ahead, beside = np.zeros(3), np.zeros(3)
    for role, leg in legs.items():
        place = leg[0] + leg[-1]
        ahead += place if role.startswith("foreleg") else -place
        beside += leg.mean(axis=0) if role.endswith(".L") else -leg.mean(axis=0)
    ahead, beside = (v - up * (v @ up) for v in (ahead, beside))
    if min(np.linalg.norm(ahead), np.linalg.norm(beside)) < 1e-6:
        raise RefusedError("The legs of the rig are in the same place; correct the bone map")
    forward = quat.unit(ahead)
    near = np.eye(3)[np.argmax(np.abs(forward))] * np.sign(forward[np.argmax(np.abs(forward))])
    if forward @ near > 0.97:
        forward = near
    left = np.cross(up, forward)
    across = float(quat.unit(beside) @ left)
    if abs(across) < 0.6:
        raise RefusedError("The legs of the rig do not stand on four corners; correct the bone map")
    return quat.from_matrix(np.stack([left, up, forward], axis=-1)), across < 0.0


def stands_on_four(rig: RigBones, roles: Mapping[str, Sequence[int]]) -> bool:
    """Return whether a rig mapped as a human has its hands on the ground, as animals have."""
    if any(f"hand.{s}" not in roles for s in "LR"):
        return False
    heads = rig.rest_heads
    feet, hands = (
        np.mean([heads[roles[f"{part}.{s}"][0]] for s in "LR"], axis=0) for part in ("foot", "hand")
    )
    up = heads[roles["hips"][0]] - feet
    return bool((hands - feet) @ up < 0.35 * (up @ up))


def bone_ends(rig: RigBones) -> tuple[Array, bool]:
    """Return (B, 3) the bones' ends, and whether they are the tails.

    Importers of joints alone leave tails anywhere; the children's heads are the ends then.
    """
    heads, tails = rig.rest_heads, rig.rest_tails
    single = [b for b in range(len(rig)) if len(rig.children[b]) == 1]
    if not single:
        return tails, True
    along = quat.unit(tails - heads)[single]
    onward = quat.unit(heads[[rig.children[b][0] for b in single]] - heads[single])
    if np.mean(np.sum(along * onward, axis=-1) > 0.8) > 0.5:
        return tails, True
    ends = heads + np.where(
        rig.parents[:, None] >= 0, 0.5 * (heads - heads[np.maximum(rig.parents, 0)]), 0.0
    )
    for bone, children in enumerate(rig.children):
        if children:
            ends[bone] = heads[list(children)].mean(axis=0)
    return np.asarray(ends), False
