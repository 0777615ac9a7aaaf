# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of bones outside the bone map, such as ears and jaws: which of them get keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import bpy

from . import control_rigs
from .control_rigs.rigify_session import derived

if TYPE_CHECKING:
    from ...motion.body.body import Body
    from ...motion.creature.own_rig.own_pose import OwnPose
    from ...motion.maths.quat import Array
    from ...motion.rigs import RigBones


def channels(
    obj: bpy.types.Object, body: Body, own: OwnPose, keyed: Collection[str], controls: bool
) -> Iterator[tuple[str, Array, Array | None]]:
    """Yield name, rotation (T, 4) and location (T, 3) or None of a creature's extra bones.

    Bones in ``keyed`` have keys already. With ``controls``, the keys are on the rig's controls:
    then only bones that deform the mesh, and Rigify's controls of such bones, are yielded.
    """
    assert obj.pose is not None
    rig = body.rig
    for name, rotation, location in own.extra_channels(body):
        if name in keyed or name.startswith(control_rigs.HELPERS):
            continue
        bone = obj.pose.bones[name]
        constrained = any(not c.mute and c.influence > 0.0 for c in bone.constraints)
        if constrained or (controls and not _deforms_alone(rig, name, keyed)):
            continue
        free = rig.connected is None or not rig.connected[rig.index(name)]
        yield name, rotation, location if free else None


def _deforms_alone(rig: RigBones, name: str, keyed: Collection[str]) -> bool:
    """Whether a bone moves the mesh but no bone that has keys already."""
    below = [rig.names[child] for child in rig.children[rig.index(name)]]
    if any(child in keyed for child in below):
        return False
    deforms = rig.deforms is not None and bool(rig.deforms[rig.index(name)])
    return deforms or f"DEF-{derived(name, '')}" in rig
