# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a character before a take: captured as JSON and restored exactly.

Covers everything that a take changes on its character: the assigned action and slot, their blending
with the NLA, the pose, the object's transform and the custom properties that takes add to it.
Actions are not copied.
"""

from __future__ import annotations

import json
from typing import Any

import bpy

IDENTITY = {
    "location": [0.0, 0.0, 0.0],
    "rotation_quaternion": [1.0, 0.0, 0.0, 0.0],
    "rotation_axis_angle": [0.0, 0.0, 1.0, 0.0],
    "rotation_euler": [0.0, 0.0, 0.0],
    "scale": [1.0, 1.0, 1.0],
}
IK_STRETCH = "ik_stretch"  # built-in property of pose bones that takes change
CHANNEL = "Footfall "  # prefix of the properties that takes add to the object
MIXING = ("action_blend_type", "action_extrapolation", "action_influence", "use_nla")


def capture(rig: bpy.types.Object, scene: bpy.types.Scene) -> str:
    """Return the state of a rig as JSON, without the action."""
    return json.dumps(
        {
            "animation": _animation(rig),
            "object": _transform(rig),
            "object_properties": _channels(rig),
            "bones": [bone.name for bone in rig.pose.bones],
            "pose": capture_pose(rig),
            "frame": scene.frame_current,
        }
    )


def restore(
    rig: bpy.types.Object, scene: bpy.types.Scene, text: str, action: bpy.types.Action | None
) -> None:
    """Restore a captured state; ``action`` was assigned then.

    Bones that were renamed since keep their place in the armature, by which they are found.
    """
    state = json.loads(text)
    names = renamed(rig, state.get("bones", []))
    pose = {names.get(name, name): entry for name, entry in state["pose"].items()}
    _restore_animation(rig, state["animation"], action)
    values = (state["object"], state["object_properties"], pose)
    _restore_values(rig, *values)
    for layer in scene.view_layers:
        layer.update()
    if action is None or scene.frame_current == state["frame"]:
        _restore_values(rig, *values)  # evaluating the action overwrote unkeyed edits


def renamed(rig: bpy.types.Object, names: list[str]) -> dict[str, str]:
    """Return the present names of the bones that were renamed, by their names before.

    ``names`` are those of all pose bones before, in order; renaming does not change the order.
    """
    now = [bone.name for bone in rig.pose.bones]
    if len(now) != len(names):
        return {}
    pairs = zip(names, now, strict=True)
    return {old: new for old, new in pairs if old not in now and new not in names}


def capture_pose(rig: bpy.types.Object) -> dict[str, Any]:
    """Return the pose of all bones: values that differ from rest, and custom properties."""
    pose = {}
    for bone in rig.pose.bones:
        entry: dict[str, Any] = {"transform": _transform(bone), "properties": _properties(bone)}
        if bone.ik_stretch != 0.0:
            entry[IK_STRETCH] = bone.ik_stretch
        if any(entry.values()):
            pose[bone.name] = entry
    return pose


def restore_pose(rig: bpy.types.Object, pose: dict[str, Any]) -> None:
    """Restore a captured pose."""
    for bone in rig.pose.bones:
        entry = pose.get(bone.name, {})
        _restore_transform(bone, entry.get("transform", {}))
        _restore_properties(bone, entry.get("properties", {}))
        if bone.ik_stretch != entry.get(IK_STRETCH, 0.0):
            bone.ik_stretch = entry.get(IK_STRETCH, 0.0)


def keep_pose(rig: bpy.types.Object) -> None:
    """Store the pose before a scrub; if one is stored, update it with the edits since the scrub."""
    kept = rig.footfall
    before = _without_scrub(rig) if kept.scrub_before else capture_pose(rig)
    kept.scrub_before, kept.scrub_posed = json.dumps(before), ""


def mark_scrub(rig: bpy.types.Object) -> None:
    """Store the pose that a scrub has set, to tell later edits from it."""
    rig.footfall.scrub_posed = json.dumps(capture_pose(rig))


def put_pose_back(rig: bpy.types.Object) -> bool:
    """Restore the pose from before the scrub; returns whether there was one.

    Channels that changed since the scrub keep their values.
    """
    kept = rig.footfall
    if not kept.scrub_before:
        return False
    pose = _without_scrub(rig)
    kept.scrub_before = kept.scrub_posed = ""
    restore_pose(rig, pose)
    rig.update_tag()
    return True


def _without_scrub(rig: bpy.types.Object) -> dict[str, Any]:
    """Return the pose from before the scrub, with the channels that changed since the scrub."""
    kept = rig.footfall
    before: dict[str, Any] = json.loads(kept.scrub_before)
    if not kept.scrub_posed:  # interrupted, or stored by an older version
        return before
    return _edited(before, json.loads(kept.scrub_posed), capture_pose(rig))


def _edited(before: dict, posed: dict, now: dict) -> dict[str, Any]:
    """Return the nested values of ``before``, except those of ``now`` that differ from ``posed``.

    Absent values are at rest.
    """
    merged = {}
    for key in {**before, **posed, **now}:
        was, scrubbed, present = (values.get(key) for values in (before, posed, now))
        if any(isinstance(value, dict) for value in (was, scrubbed, present)):
            value = _edited(was or {}, scrubbed or {}, present or {})
        else:
            value = was if present == scrubbed else present
        if value is not None:
            merged[key] = value
    return merged


def _restore_values(
    rig: bpy.types.Object, transform: dict[str, Any], properties: dict[str, Any], pose: dict
) -> None:
    _restore_transform(rig, transform)
    for key in _channels(rig):
        if key not in properties:
            del rig[key]
    _restore_properties(rig, {k: v for k, v in properties.items() if k.startswith(CHANNEL)})
    restore_pose(rig, pose)


def _animation(rig: bpy.types.Object) -> dict[str, Any] | None:
    data = rig.animation_data
    if data is None:
        return None
    slot = data.action_slot
    return {
        "slot": None if slot is None else slot.handle,
        "last_slot": data.last_slot_identifier,
        "mixing": {name: getattr(data, name) for name in MIXING},
        "tracks": {track.name: [track.mute, track.is_solo] for track in data.nla_tracks},
    }


def _restore_animation(
    rig: bpy.types.Object, was: dict[str, Any] | None, action: bpy.types.Action | None
) -> None:
    if was is None:
        _drop_animation(rig)
        return
    data = rig.animation_data or rig.animation_data_create()
    data.action = action
    if action is not None:
        slots = {slot.handle: slot for slot in action.slots}
        data.action_slot = slots.get(was["slot"])
    data.last_slot_identifier = was["last_slot"]
    for name, value in was["mixing"].items():
        setattr(data, name, value)
    for track, (mute, solo) in _same_tracks(data, was["tracks"]):
        track.mute = mute
        if track.is_solo != solo:
            track.is_solo = solo


def _same_tracks(
    data: bpy.types.AnimData, was: dict[str, list[bool]] | list[list[bool]]
) -> list[tuple[bpy.types.NlaTrack, list[bool]]]:
    """Return the tracks that are left, with their captured switches; old files count them."""
    if isinstance(was, dict):
        return [(track, was[track.name]) for track in data.nla_tracks if track.name in was]
    return list(zip(data.nla_tracks, was, strict=True)) if len(data.nla_tracks) == len(was) else []


def _drop_animation(rig: bpy.types.Object) -> None:
    """Remove the animation of a rig, but keep tracks and drivers added since."""
    data = rig.animation_data
    if data is not None and (len(data.nla_tracks) or len(data.drivers)):
        data.action = None
    else:
        rig.animation_data_clear()


def _transform(owner: bpy.types.Object | bpy.types.PoseBone) -> dict[str, Any]:
    """Return the transform channels that differ from rest; floats survive JSON exactly."""
    values: dict[str, Any] = {}
    for name, rest in IDENTITY.items():
        now = list(getattr(owner, name))
        if now != rest:
            values[name] = now
    if owner.rotation_mode != "QUATERNION":
        values["rotation_mode"] = owner.rotation_mode
    return values


def _restore_transform(owner: bpy.types.Object | bpy.types.PoseBone, was: dict[str, Any]) -> None:
    mode = was.get("rotation_mode", "QUATERNION")
    if owner.rotation_mode != mode:  # first: changing it converts the rotation
        owner.rotation_mode = mode
    for name, rest in IDENTITY.items():
        value = was.get(name, rest)
        if list(getattr(owner, name)) != value:
            setattr(owner, name, value)


def _properties(owner: bpy.types.Object | bpy.types.PoseBone) -> dict[str, Any]:
    """Return custom properties with plain values: numbers, booleans, texts, lists of numbers."""
    found = {}
    for key in owner.keys():  # noqa: SIM118 (Blender's own mapping has no iterator)
        value = owner[key]
        if hasattr(value, "to_list"):
            value = value.to_list()
        if isinstance(value, bool | int | float | str) or _is_numbers(value):
            found[key] = value
    return found


def _channels(rig: bpy.types.Object) -> dict[str, Any]:
    """Return the properties that takes add to the object; all others are the artist's."""
    return {key: value for key, value in _properties(rig).items() if key.startswith(CHANNEL)}


def _is_numbers(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, bool | int | float) for v in value)


def _restore_properties(owner: bpy.types.Object | bpy.types.PoseBone, was: dict[str, Any]) -> None:
    now = _properties(owner)
    for key, value in was.items():
        if now.get(key, None) != value or type(now[key]) is not type(value):
            owner[key] = value
