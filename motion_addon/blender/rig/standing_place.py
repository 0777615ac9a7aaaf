# SPDX-License-Identifier: GPL-3.0-or-later
"""The spot a character stands on: owns where that is and which way it faces, as it is posed now.

The legs tell, so that it does not matter what has carried a character there.
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
    from ...motion.controller.model import Model
    from ...motion.maths.quat import Array
    from ...motion.rigs import RigMap

StandingPlace = tuple[float, float, float, float]
LEGS = {"biped": ("thigh", "foot"), "quadruped": ("foreleg", "hindleg")}
"""Roles that hold the top and the foot of each leg."""
WAY = 0.04
"""Length over the hip height of the path that stands for a spot."""


def find(rig: bpy.types.Object, rig_map: RigMap, model: Model) -> StandingPlace:
    """Return x, y, z of the ground under a posed character in the world, and where it faces.

    The place is where the model's root is; the direction is in degrees: 0 is the -Y axis, positive
    turns left. Raises RefusedError.
    """
    bones = armature.read_rig(rig)
    body = measure.measure(bones, rig_map)
    chains = [rig_map.roles[f"{role}.{side}"] for role in LEGS[rig_map.kind.name] for side in "LR"]
    tops, feet = ([bones.index(chain[end]) for chain in chains] for end in (0, -1))
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


def path(spot: StandingPlace, hip_height: float) -> Array:
    """Return a path (2, 3) in the world that is hardly more than the spot and where it faces."""
    x, y, z, degrees = spot
    yaw, way = math.radians(degrees), WAY * hip_height
    return np.array([[x, y, z], [x + way * math.sin(yaw), y - way * math.cos(yaw), z]])


def _middle(model: Model) -> float:
    """Return how far a model's root is in front of its hind legs' tops, over its hip height."""
    if not model.kind.level:
        return 0.0
    rest, index = model.skeleton.rest_positions(), model.skeleton.index
    root, hind = (
        np.mean([rest[index(name)] for name in names], axis=0)
        for names in (("Pelvis", "Withers"), ("LeftFemur", "RightFemur"))
    )
    return float((root - hind)[2]) / model.hip_height


def _posed_heads(rig: bpy.types.Object, names: tuple[str, ...]) -> Array:
    """Return (B, 3) world places of the bones' heads as they are shown, motion axes."""
    seen = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    assert seen.pose is not None
    heads = [seen.matrix_world @ seen.pose.bones[name].head for name in names]
    return np.array(heads) @ armature.MOTION_FROM_BLENDER.T


def _turned(before: Array, now: Array) -> float:
    """Return the yaw (rad) that lays points (N, 3) best onto others, seen from above."""
    a, b = (points - points.mean(axis=0) for points in (before, now))
    cross = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    return math.atan2(float(cross.sum()), float((a * b)[:, [0, 2]].sum()))
