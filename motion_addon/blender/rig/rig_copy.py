# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of an armature that plays keys, to read where the rig's mechanism moves helper bones.

The copy plays in a scene of its own, so that the artist's data stays untouched, and is removed
afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy
import numpy as np

from ...motion.maths.quat import Array
from ...motion.retarget.channels import Channels
from ..scene import armature, fcurves

Switches = Sequence[tuple[str, str, float]]


def rotations(
    obj: bpy.types.Object, channels: Channels, switches: Switches, bones: Sequence[str]
) -> dict[str, Array]:
    """Return world rotations (T, 4), motion axes, of ``bones`` under the channels' keys.

    ``switches`` are pose bone, property and value, set on the copy only. The object stays at rest.
    """
    names = [bone.name for bone in obj.data.bones]
    frames = max((len(keys) for keys in channels.rotations.values()), default=1)
    with double(obj) as (twin, scene):
        for name, prop, value in switches:
            set_switch(twin.pose.bones[name], prop, value)
        action = bpy.data.actions.new("Footfall Rig Copy")
        try:
            _write(twin, action, channels, names)
            found, _heads = armature.sample(twin, range(frames), scene)
        finally:
            bpy.data.actions.remove(action)
    return {name: found[:, names.index(name)] for name in bones}


def set_switch(bone: bpy.types.PoseBone, prop: str, value: float | bool) -> None:
    """Set a custom or built-in property of a pose bone, keeping its type."""
    if built_in(prop):
        setattr(bone, prop, value)
    else:
        bone[prop] = type(bone[prop])(value)


def built_in(prop: str) -> bool:
    """Whether the property is built into every pose bone."""
    return prop in bpy.types.PoseBone.bl_rna.properties


@contextmanager
def double(obj: bpy.types.Object) -> Iterator[tuple[bpy.types.Object, bpy.types.Scene]]:
    """Provide a copy of an armature, without action and NLA, in a scene of its own.

    Both must be gone before a slice of work ends, or a file that is saved then holds them.
    """
    scene = bpy.data.scenes.new("Footfall Rig Copy")
    twin = obj.copy()
    try:
        scene.collection.objects.link(twin)
        twin.hide_viewport = False
        data = twin.animation_data or twin.animation_data_create()
        data.action, data.use_nla = None, False
        yield twin, scene
    finally:
        bpy.data.scenes.remove(scene)
        bpy.data.objects.remove(twin)


def _write(
    twin: bpy.types.Object, action: bpy.types.Action, channels: Channels, names: Sequence[str]
) -> None:
    writer = fcurves.Writer(fcurves.channelbag(action, fcurves.assign(twin, action)))
    turns = ((bone, "rotation_quaternion", keys) for bone, keys in channels.rotations.items())
    places = ((bone, "location", keys) for bone, keys in channels.locations.items())
    for bone, channel, keys in (*turns, *places):
        twin.pose.bones[names[bone]].rotation_mode = "QUATERNION"
        path = fcurves.path_of(names[bone], channel)
        writer.dense(path, np.arange(len(keys)), keys, names[bone])
