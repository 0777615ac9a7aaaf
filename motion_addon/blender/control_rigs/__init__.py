# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs whose keys belong on controls rather than on the mapped bones."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ...motion.anatomy import Body
from ...motion.channels import Channels, RootMotion
from ...motion.retarget import BodyPose
from ...motion.rigs import RigMap
from . import custom, rigify

Switches = tuple[tuple[str, str, float], ...]
Scheme = Callable[
    [bpy.types.Object, BodyPose, RootMotion], tuple[Channels, Switches, tuple[str, ...]]
]


def find(obj: bpy.types.Object, body: Body, rig_map: RigMap) -> Scheme | None:
    """Return how to key this rig's controls, or None if the mapped bones take the keys."""
    if rigify.is_generated(body.rig) and (rig_map.bone("hips") or "").startswith("ORG-"):
        return rigify.plan
    if custom.links(obj, body) is not None:
        return custom.plan
    return None
