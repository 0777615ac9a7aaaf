# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase scrub: poses the character at a phase of its step cycle, without keys.

The pose before the scrub is kept (``state``) until it is put back or a bake begins. Edits since
the scrub stay.
"""

from __future__ import annotations

from dataclasses import replace

import bpy
from mathutils import Quaternion

from ...errors import RefusedError
from ..creature import stored_creatures
from ..keys import state
from ..rig import character, readiness
from . import scene_request


def pose_at(context: bpy.types.Context, rig: bpy.types.Object | None, phase: float) -> None:
    """Pose a character at a phase 0..1 of its gait at the panel's speed. Raises RefusedError."""
    from ...motion.bake.cycle import pose_at_phase
    from ..keys.key_plan import plan_keys
    from ..rig.rig_copy import set_switch

    problem = readiness.refusal(rig, context.view_layer)
    if problem or rig is None:
        raise RefusedError(problem)
    wanted = scene_request.from_settings(context.scene.footfall, rig, cycle=True)
    rig_map = character.load_map(rig)
    size = stored_creatures.size(rig, rig_map, wanted, context.scene)
    asked = stored_creatures.applied(
        scene_request.request(wanted, context.scene, size), rig, wanted
    )
    pose = pose_at_phase(replace(asked, start=False, stop=False), phase)
    clip = size.in_units(pose.clip)
    settings = scene_request.key_settings(wanted, context.scene, size)
    plan = plan_keys(rig, rig_map, clip, settings, stored_creatures.own_pose(pose, clip))
    state.keep_pose(rig)
    for keys in plan.bones:
        bone = rig.pose.bones[keys.bone]
        if keys.rotation is not None:
            _turn(bone, Quaternion(keys.rotation[0].tolist()))
        if keys.location is not None:
            bone.location = keys.location[0].tolist()
    for name, switch, value in plan.switches:
        set_switch(rig.pose.bones[name], switch, value)
    state.mark_scrub(rig)
    rig.update_tag()


def follow_slider(context: bpy.types.Context, rig: bpy.types.Object) -> None:
    """Pose live while the slider moves; a refused rig keeps its pose, the panel says why."""
    try:
        pose_at(context, rig, rig.footfall.scrub)
    except RefusedError:
        return


def _turn(bone: bpy.types.PoseBone, turn: Quaternion) -> None:
    """Set a bone's rotation in the mode that the bone uses."""
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = turn
    elif bone.rotation_mode == "AXIS_ANGLE":
        axis, angle = turn.to_axis_angle()
        bone.rotation_axis_angle = (angle, *axis)
    else:
        bone.rotation_euler = turn.to_euler(bone.rotation_mode, bone.rotation_euler)
