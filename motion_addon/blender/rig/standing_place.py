# SPDX-License-Identifier: GPL-3.0-or-later
"""The place where a character stands, and the direction it faces, in its present pose.

Both are read from the legs, so any bone or object may carry the character.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ...motion.maths import quat
from ...motion.rigs import measure
from ..scene import armature

if TYPE_CHECKING:
    from ...motion.body.body import Body
    from ...motion.controller.model import Model
    from ...motion.maths.quat import Array
    from ...motion.rigs import RigMap

StandingPlace = tuple[float, float, float, float]
WAY = 0.04
"""Length of the path of a turn in place, in hip heights."""


def find(rig: bpy.types.Object, rig_map: RigMap, model: Model) -> StandingPlace:
    """Return x, y, z in the world of the ground under a character, and its direction in degrees.

    The place is under the model's root; direction 0 is the -Y axis, positive turns left. Raises
    RefusedError.
    """
    bones = armature.read_rig(rig)
    body = measure.measure(bones, rig_map)
    tops, feet = _leg_ends(body)
    posed = _posed_heads(rig, bones.names)
    before, now = bones.rest_heads[tops], posed[tops]
    turn = _turned(before, now)
    ahead = quat.apply(body.world_from_body, np.array([0.0, 0.0, 1.0]))
    yaw = float(quat.yaw_of(ahead)) + turn
    middle = body.origin + ahead * (_middle(model) * body.leg_length)
    away = quat.apply(quat.yaw(np.array(turn)), middle - before.mean(axis=0))
    x, _, z = now.mean(axis=0) + away
    y = body.origin[1] + (posed[feet] - bones.rest_heads[feet])[:, 1].min()
    return (float(x), float(-z), float(y), math.degrees(yaw))


def path(place: StandingPlace, hip_height: float) -> Array:
    """Return a path (2, 3) in the world that is short enough to be a turn in place."""
    x, y, z, degrees = place
    yaw, way = math.radians(degrees), WAY * hip_height
    return np.array([[x, y, z], [x + way * math.sin(yaw), y - way * math.cos(yaw), z]])


def _leg_ends(body: Body) -> tuple[list[int], list[int]]:
    """Return the bones whose heads give the place and direction, and those that give the height.

    Of a leg with a rolling foot, both are the top and the foot; else the top and the paw.
    """
    tops = [leg.top for leg in body.legs]
    if body.kind.foot.rolls:
        tops += [leg.end for leg in body.legs]
        return tops, tops
    return tops, [leg.bones[-1] for leg in body.legs]


def _middle(model: Model) -> float:
    """Return the distance of a model's root ahead of the tops of its hind legs, in hip heights."""
    if not model.kind.level:
        return 0.0
    rest, index = model.skeleton.rest_positions(), model.skeleton.index
    root, hind = (
        np.mean([rest[index(name)] for name in names], axis=0)
        for names in (("Pelvis", "Withers"), ("LeftFemur", "RightFemur"))
    )
    return float((root - hind)[2]) / model.hip_height


def _posed_heads(rig: bpy.types.Object, names: tuple[str, ...]) -> Array:
    """Return world positions (B, 3) of the heads of the evaluated pose bones, motion axes."""
    seen = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    assert seen.pose is not None
    heads = [seen.matrix_world @ seen.pose.bones[name].head for name in names]
    return np.array(heads) @ armature.MOTION_FROM_BLENDER.T


def _turned(before: Array, now: Array) -> float:
    """Return the yaw (rad) that best fits points (N, 3) to others, seen from above."""
    a, b = (points - points.mean(axis=0) for points in (before, now))
    cross = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    return math.atan2(float(cross.sum()), float((a * b)[:, [0, 2]].sum()))
