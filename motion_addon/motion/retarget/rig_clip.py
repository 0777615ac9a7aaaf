# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's rig as a clip: the bones of its map as joints, in the rig's rest pose."""

from collections.abc import Mapping

import numpy as np

from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..rigs import RigBones, RigMap
from ..rigs.measure import measure

_SINGLE = {"hips": "Hips", "head": "Head"}
_CHAINS = {"spine": "Spine", "neck": "Neck"}
_SIDED = {
    "shoulder": "Shoulder",
    "upper_arm": "Arm",
    "forearm": "ForeArm",
    "hand": "Hand",
    "thigh": "UpLeg",
    "shin": "Leg",
    "foot": "Foot",
    "toe": "Toe",
}


def clip_of(rig: RigBones, rig_map: RigMap, rotations: Array, positions: Array, fps: float) -> Clip:
    """Return the motion of a rig's mapped bones.

    ``rotations`` (T, B, 4) and ``positions`` (T, B, 3) are world_from_bone and heads of its bones,
    meters. Joints have the names of motion capture. Raises RefusedError unless the map is a
    person's.
    """
    body = measure(rig, rig_map)
    names = _names(body.roles)
    parents = body.parents
    order = _sorted([bone for bone in parents if bone in names], parents)
    place = {bone: i for i, bone in enumerate(order)}
    above = [place.get(_kept(parents[bone], parents, place), -1) for bone in order]
    offsets = np.zeros((len(order), 3), dtype=np.float32)
    for i, bone in enumerate(order[1:], start=1):
        offsets[i] = body.heads[bone] - body.heads[order[above[i]]]
    tips = tuple(
        (place[bone], (0.0, 0.0, float(leg.toe_length)))
        for leg in body.legs
        for bone in (leg.toe,)
        if bone in place
    )
    skeleton = Skeleton(tuple(names[bone] for bone in order), np.array(above), offsets, tips)
    world = quat.mul_inv(rotations[:, order], body.rotations[order])
    local = quat.unroll(skeleton.local(quat.normalize(world)))
    root = positions[:, order[0]]
    return Clip(skeleton, local.astype(np.float32), root.astype(np.float32), fps)


def _names(roles: Mapping[str, tuple[int, ...]]) -> dict[int, str]:
    out = {}
    for role, bones in roles.items():
        part, _, side = role.partition(".")
        for i, bone in enumerate(bones):
            if part in _SINGLE:
                out[bone] = _SINGLE[part]
            elif part in _CHAINS:
                out[bone] = _CHAINS[part] + (str(i) if i else "")
            elif part in _SIDED and i == 0:
                out[bone] = {"L": "Left", "R": "Right"}[side] + _SIDED[part]
    return out


def _kept(bone: int, parents: Mapping[int, int], place: dict[int, int]) -> int:
    """Return the nearest of a bone and those above it that is kept, or -1."""
    while bone >= 0 and bone not in place:
        bone = parents.get(bone, -1)
    return bone


def _sorted(bones: list[int], parents: Mapping[int, int]) -> list[int]:
    """Return bones, each after those above it."""

    def depth(bone: int) -> int:
        count = 0
        while bone >= 0:
            bone, count = parents.get(bone, -1), count + 1
        return count

    return sorted(bones, key=depth)
