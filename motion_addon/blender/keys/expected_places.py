# SPDX-License-Identifier: GPL-3.0-or-later
"""The places of hips and feet that a plan of keys should give, for the check of a written take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ...motion.body.body import Body
from ...motion.body.body_pose import BodyPose
from ...motion.clip.clip import Clip
from ...motion.maths.quat import Array
from ...motion.retarget.channels import RootMotion, Staged, top_bone
from ..scene import armature

TOLERANCE = 0.025
"""Share of the leg's length by which a bone may miss its place: 2 cm for an adult."""
CHECKED = 7
"""Number of frames to compare."""
_CHAIN = 3.0
"""Leg lengths by which the errors of sparse curves from hips to foot add up."""


@dataclass(frozen=True, eq=False)
class Expected:
    """Places to compare a played take with, in Blender's axes and scene units."""

    places: Mapping[str, Array]
    """Pose bone to (T, 3), the world position of its head: hips, ankles and toes."""
    rows: tuple[int, ...]
    """Frames of the plan to compare: touchdowns, mid-swings and both ends."""
    limit: float
    """Largest distance from a place that is not reported."""
    leg_length: float
    """Length of the legs."""
    world: Array
    """(4, 4) world_from_object that the keys were planned against."""
    basis: Array
    """(4, 4) ``matrix_basis`` of the object at the same time."""
    parents: Mapping[str, Array]
    """Parents of the object, the nearest first, and their (4, 4) ``carriers`` matrices."""


def expected(
    obj: bpy.types.Object, posed: BodyPose, clip: Clip, root_motion: RootMotion, slack: float
) -> Expected:
    """Return the expected places of a retargeted pose.

    ``slack`` is the tolerance of sparse keys: meters for locations, radians for rotations.
    """
    body = posed.body
    staged = root_motion == "in_place"
    places = Staged.of(posed, root_motion).positions if staged else posed.positions
    return Expected(
        {
            body.rig.names[bone]: places[bone] @ armature.MOTION_FROM_BLENDER
            for bone in dict.fromkeys(_checked(body))
            if bone in places
        },
        _rows(clip),
        (TOLERANCE + _CHAIN * slack) * body.leg_length,
        body.leg_length,
        armature.world_matrix(obj),
        np.array(obj.matrix_basis, dtype=np.float64),
        dict(carriers(obj)),
    )


def carriers(
    obj: bpy.types.Object, evaluated: Callable[[bpy.types.Object], bpy.types.Object] | None = None
) -> Iterator[tuple[str, Array]]:
    """Yield name and world matrix (4, 4) of each parent of an object, the nearest first.

    The matrix is the parent bone's where the parent is a bone. ``evaluated`` gives the evaluated
    object of an object; None reads the objects themselves.
    """
    while obj.parent is not None:
        parent = obj.parent if evaluated is None else evaluated(obj.parent)
        world = np.array(parent.matrix_world, dtype=np.float64)
        if obj.parent_type == "BONE" and parent.pose and obj.parent_bone in parent.pose.bones:
            world = world @ np.array(parent.pose.bones[obj.parent_bone].matrix)
        yield obj.parent.name, world
        obj = obj.parent


def _checked(body: Body) -> Iterator[int]:
    """Yield the bones to compare: hips, then ankle and toe of each leg."""
    yield top_bone(body)
    for leg in body.legs:
        yield leg.end
        if leg.toe >= 0:
            yield leg.toe


def _rows(clip: Clip) -> tuple[int, ...]:
    """Return frames spread over the clip: both ends, and touchdowns and mid-swings between."""
    last = clip.frames - 1
    marks = {0, last}
    if clip.contacts is None:
        marks.update(range(clip.frames))
    else:
        for contact in (clip.contacts > 0.5).T:
            steps = np.diff(contact.astype(np.int8))
            touchdowns = np.flatnonzero(steps > 0) + 1
            marks.update(touchdowns.tolist())
            for lift_off in np.flatnonzero(steps < 0):
                later = touchdowns[touchdowns > lift_off]
                if len(later):
                    marks.add(int(lift_off + later[0]) // 2)
    found = sorted(marks)
    picked = np.unique(np.linspace(0, len(found) - 1, CHECKED).round().astype(int))
    return tuple(found[index] for index in picked)
