# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring a mapped rig at rest as a body: facing, ground, legs and sizes.

The steps are the same for every kind; ``measure_person`` and ``measure_animal`` hold the parts
that differ.
"""

import numpy as np

from ..body.body import Body
from ..body.kinds import BIPED, QUADRUPED
from ..body.rig_bones import RigBones
from ..maths import quat
from .families import FAMILIES
from .measure_animal import ANIMAL
from .measure_person import PERSON
from .rest_pose import RestPose
from .rig_map import RigMap

_PARTS = {BIPED: PERSON, QUADRUPED: ANIMAL}
"""How the parts of each kind of body are measured."""


def measure(rig: RigBones, rig_map: RigMap, ball_height: float | None = None) -> Body:
    """Return the body of a mapped rig; raises RefusedError when the map does not fit.

    ``ball_height`` (m) sets the ground that far under the balls of the feet or paws; None finds
    the ground from the rig's origin and feet.
    """
    rig_map.check(rig)
    parts = _PARTS[rig_map.kind]
    roles = {r: tuple(rig.index(name) for name in names) for r, names in rig_map.roles.items()}
    filled = parts.roles(rig, roles)
    world_from_body = parts.axes(rig, filled)
    body_from_world = quat.inv(world_from_body)
    ends, pointed = parts.ends(rig)
    heads, ends = (quat.apply(body_from_world, points) for points in (rig.rest_heads, ends))
    floor = float(quat.apply(body_from_world, np.asarray(rig.origin))[1])
    pose = RestPose(rig, filled, heads, ends, pointed, floor)
    hips = heads[parts.hip_joints(filled)].mean(axis=0)
    origin = np.array([hips[0], parts.ground(pose, hips, ball_height), hips[2]])
    pose = pose.over(origin)
    return Body(
        rig,
        rig_map.kind,
        filled,
        world_from_body,
        quat.apply(world_from_body, origin),
        pose.heads,
        quat.mul(body_from_world, rig.rest_rotations),
        parts.legs(pose),
        parts.arm_frames(pose),
        any(family.hanging_tail for family in FAMILIES if family.name == rig_map.family),
    )
