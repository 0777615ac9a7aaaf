# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs whose keys belong on controls rather than on the mapped bones."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ....motion.body.body import Body
from ....motion.body.body_pose import BodyPose
from ....motion.retarget.channels import Channels, RootMotion, channels
from ....motion.rigs import RigBones, RigMap, family_label
from . import custom, rigify, rigify_animal
from .rigify_session import HELPERS, on_org_bones
from .switches import FK_SWITCHES, fk_switches

__all__ = ["HELPERS", "find", "prepare"]

Switches = tuple[tuple[str, str, float], ...]
Plan = tuple[Channels, Switches, tuple[str, ...]]
Scheme = Callable[[bpy.types.Object, BodyPose, RootMotion], Plan]


def prepare(rig: RigBones, rig_map: RigMap) -> RigMap:
    """Return the map on the bones whose controls are known. Raises RefusedError."""
    if rigify_animal.is_generated(rig, rig_map):
        return rigify_animal.prepare(rig, rig_map)
    return on_org_bones(rig, rig_map) if rigify.is_generated(rig) else rig_map


def find(obj: bpy.types.Object, body: Body, rig_map: RigMap) -> Scheme | None:
    """Return the function that keys this rig's controls, or None if the mapped bones take keys.

    Raises RefusedError for constraints that would undo the keys.
    """
    if rigify_animal.is_generated(body.rig, rig_map):
        return rigify_animal.plan
    if rigify.is_generated(body.rig):
        return rigify.plan
    if rig_map.family in FK_SWITCHES:
        return _on_fk(rig_map.family)
    if custom.links(obj, body) is not None:
        return custom.plan
    return None


def _on_fk(family: str) -> Scheme:
    """Return the scheme of a family whose map names its FK controls."""

    def plan(obj: bpy.types.Object, posed: BodyPose, root_motion: RootMotion) -> Plan:
        note = f"{family_label(family)}: arms and legs are keyed on their FK controls."
        return channels(posed, root_motion), fk_switches(obj, family), (note,)

    return plan
