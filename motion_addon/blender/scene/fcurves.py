# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves of actions: slots, channelbags, groups and keys, read and written as arrays.

The only file that knows the parts of an action and how they differ between versions of Blender.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import bpy
import numpy as np

from ...motion.maths import quat
from ...motion.maths.quat import Array
from ...motion.retarget.keyframe_reduction import SparseKeys

_KEY: Final = bpy.types.Keyframe.bl_rna.properties
KEY_TYPE: Final = _KEY["type"].enum_items["GENERATED"].value
LINEAR: Final = _KEY["interpolation"].enum_items["LINEAR"].value
BEZIER: Final = _KEY["interpolation"].enum_items["BEZIER"].value
_CONSTANT: Final = _KEY["interpolation"].enum_items["CONSTANT"].value
KEY_TYPES: Final = {item.identifier: item.value for item in _KEY["type"].enum_items}
_ALIGNED: Final = _KEY["handle_left_type"].enum_items["ALIGNED"].value
SET_HANDLES: Final = [_KEY["handle_left_type"].enum_items[n].value for n in ("FREE", "ALIGNED")]
"""Types of handles that are not computed from the keys."""
AUTO: Final = _KEY["handle_left_type"].enum_items["AUTO_CLAMPED"].value

ROTATIONS: Final = ("rotation_quaternion", "rotation_euler", "rotation_axis_angle")
"""Properties that turn a bone or the object, of which the rotation mode uses one."""
OBJECT: Final = "Object Transforms"
"""Group of the object's own channels."""
_BONE: Final = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\.?(.*)')
_SWITCHES: Final = ("mute", "lock", "hide", "extrapolation")


def slot_for(obj: bpy.types.Object, action: bpy.types.Action) -> Any:
    """Return the action's slot that suits ``obj``, adding one if there is none."""
    named = [s for s in action.slots if s.target_id_type == "OBJECT" and s.name_display == obj.name]
    free = [s for s in action.slots if s.target_id_type in {"OBJECT", "UNSPECIFIED"}]
    if named or free:
        return (named or free)[0]
    return action.slots.new(id_type="OBJECT", name=obj.name)


def assign(obj: bpy.types.Object, action: bpy.types.Action, slot: Any | None = None) -> Any:
    """Assign ``slot`` of ``action`` (None: the slot that suits) to ``obj``; returns the slot."""
    data = obj.animation_data or obj.animation_data_create()
    assert data is not None
    slot = slot or slot_for(obj, action)
    data.action = action
    data.action_slot = slot
    return slot


def found_bag(obj: bpy.types.Object, action: bpy.types.Action) -> Any | None:
    """Return the channelbag with the action's F-curves for ``obj``, or None; changes nothing."""
    data = obj.animation_data
    slots = [s for s in action.slots if s.target_id_type in {"OBJECT", "UNSPECIFIED"}]
    if data is not None and data.action == action and data.action_slot is not None:
        slots.insert(0, data.action_slot)
    slots.sort(key=lambda slot: slot.name_display != obj.name)
    bags = (bag for slot in slots for bag in bags_of(action, slot))
    return next((bag for bag in bags if len(bag.fcurves)), None)


def channelbag(action: bpy.types.Action, slot: Any) -> Any:
    """Return the slot's channelbag; adds layer and strip where they are missing."""
    layer = action.layers[0] if len(action.layers) else action.layers.new("Layer")
    strip = layer.strips[0] if len(layer.strips) else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def find(owner: bpy.types.ID, path: str) -> Any:
    """Return the F-curve of a property of ``owner``, or None."""
    return next((curve for bag in _bags(owner) for curve in bag.fcurves
                 if curve.data_path == path), None)  # fmt: skip


def remove(owner: bpy.types.ID, path: str) -> None:
    """Remove the F-curves of a property of ``owner``."""
    for bag in _bags(owner):
        for curve in [curve for curve in bag.fcurves if curve.data_path == path]:
            bag.fcurves.remove(curve)


def emptied(bag: Any, path: str, index: int, group: str) -> Any:
    """Return the F-curve of a channel without its keys, adding one to a group if there is none."""
    for curve in bag.fcurves:
        if curve.data_path == path and curve.array_index == index:
            curve.keyframe_points.clear()
            return curve
    curve = bag.fcurves.new(path, index=index)
    curve.group = bag.groups.get(group) or bag.groups.new(group)
    return curve


def copy_settings(curve: bpy.types.FCurve, other: bpy.types.FCurve) -> None:
    """Copy switches and modifiers of an F-curve to another one that has no modifiers yet.

    Switches that are the same are not set: Blender would compute the handles of all keys anew.
    """
    for name in _SWITCHES:
        if getattr(other, name) != getattr(curve, name):
            setattr(other, name, getattr(curve, name))
    for modifier in curve.modifiers if not len(other.modifiers) else ():
        made = other.modifiers.new(modifier.type)
        for prop in modifier.bl_rna.properties:
            if not prop.is_readonly and prop.identifier != "type":
                setattr(made, prop.identifier, getattr(modifier, prop.identifier))


def bone_path(bone: str) -> str:
    """Return the data path of a pose bone."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'


def path_of(bone: str, prop: str) -> str:
    """Return the data path of a property of a pose bone, or of the object for an empty name."""
    return f"{bone_path(bone)}.{prop}" if bone else prop


def parted(path: str) -> tuple[str, str]:
    """Return the pose bone of a data path and the path from it; no bone is an empty name."""
    found = _BONE.fullmatch(path)
    if found is None:
        return "", path
    return bpy.utils.unescape_identifier(found[1]), found[2]


def bags_of(action: bpy.types.Action, slot: Any) -> list[Any]:
    """Return the channelbags of an action's slot."""
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips]
    return [bag for bag in bags if bag is not None]


def _bags(owner: bpy.types.ID) -> list[Any]:
    """Return the channelbags of the slot that is assigned to ``owner``."""
    data = getattr(owner, "animation_data", None)
    if data is None or data.action is None or data.action_slot is None:
        return []
    return bags_of(data.action, data.action_slot)


def played(obj: bpy.types.Object) -> Iterator[Any]:
    """Yield the F-curves that animate ``obj``: its action's and those of unmuted NLA strips."""
    for bag in _bags(obj):
        yield from bag.fcurves
    for strip in strips(obj):
        yield from curves_of(strip)


def strips(obj: bpy.types.Object) -> Iterator[Any]:
    """Yield the NLA strips that animate ``obj``, those within meta strips too."""
    data = obj.animation_data
    if data is None or not data.use_nla:
        return
    waiting = [s for track in data.nla_tracks if not track.mute for s in track.strips]
    while waiting:
        strip = waiting.pop(0)
        if not strip.mute:
            waiting[:0] = strip.strips
            yield strip


def curves_of(strip: Any) -> list[Any]:
    """Return the F-curves of an NLA strip's action that animate the strip's owner."""
    if strip.action is None or strip.action_slot is None:
        return []
    return [c for bag in bags_of(strip.action, strip.action_slot) for c in bag.fcurves]


class Writer:
    """Writes channels into one channelbag; curves of the same channel are replaced."""

    def __init__(self, bag: Any):
        self.bag = bag
        self._groups = {group.name: group for group in bag.groups}
        self._curves = {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}

    def _group(self, name: str) -> Any:
        if name not in self._groups:
            self._groups[name] = self.bag.groups.new(name)
        return self._groups[name]

    def _fresh(self, path: str, index: int, group: str) -> Any:
        old = self._curves.pop((path, index), None)
        if old is not None:
            self.bag.fcurves.remove(old)
        curve = self.bag.fcurves.new(path, index=index)
        curve.group = self._group(group)
        return curve

    def drop(self, paths: Iterable[str]) -> None:
        """Remove every curve of the data paths."""
        gone = set(paths)
        for key in [key for key in self._curves if key[0] in gone]:
            self.bag.fcurves.remove(self._curves.pop(key))

    def dense(
        self,
        path: str,
        frames: Array,
        values: Array,
        group: str,
        indices: Sequence[int] | None = None,
    ) -> None:
        """Write values (T, C), one linear key on each of the frames (T,).

        ``indices`` are the channels that the columns belong to; None: all from the first.
        """
        for column, index in enumerate(indices or range(values.shape[1])):
            curve = self._fresh(path, index, group)
            _fill(curve, frames, values[:, column], LINEAR)
            curve.update()

    def sparse(self, path: str, keys: SparseKeys, group: str) -> None:
        """Write smooth keys whose handles give exactly the curve that was fitted."""
        third = np.diff(keys.frames) / 3.0
        before = np.concatenate([third[:1], third]) if len(third) else np.ones(1)
        after = np.concatenate([third, third[-1:]]) if len(third) else np.ones(1)
        for index in range(keys.values.shape[1]):
            curve = self._fresh(path, index, group)
            points = _fill(curve, keys.frames, keys.values[:, index], BEZIER)
            value, slope = keys.values[:, index], keys.slopes[:, index]
            _handles(points, "left", keys.frames - before, value - slope * before)
            _handles(points, "right", keys.frames + after, value + slope * after)
            curve.update()

    def constant(self, path: str, frame: float, value: float, group: str, index: int = 0) -> None:
        """Write one key that holds ``value``."""
        curve = self._fresh(path, index, group)
        _fill(curve, np.array([frame]), np.array([value]), _CONSTANT)
        curve.update()

    def steps(self, path: str, frames: Array, values: Array, group: str, types: Array) -> None:
        """Write values (T,) that hold until the next frame (T,), on keys of `types`, unselected."""
        curve = self._fresh(path, 0, group)
        points = _fill(curve, frames, values, _CONSTANT)
        points.foreach_set("type", np.asarray(types, dtype=np.int32))
        for part in ("control_point", "left_handle", "right_handle"):
            points.foreach_set(f"select_{part}", np.zeros(len(frames), dtype=bool))
        curve.update()


def _fill(curve: Any, frames: Array, values: Array, interpolation: int) -> Any:
    count = len(frames)
    points = curve.keyframe_points
    points.add(count)
    pairs = np.empty((count, 2), dtype=np.float32)
    pairs[:, 0], pairs[:, 1] = frames, values
    points.foreach_set("co", pairs.ravel())
    points.foreach_set("interpolation", np.full(count, interpolation, dtype=np.int32))
    points.foreach_set("type", np.full(count, KEY_TYPE, dtype=np.int32))
    for side in ("left", "right"):
        points.foreach_set(f"handle_{side}_type", np.full(count, AUTO, dtype=np.int32))
    return points


def _handles(points: Any, side: str, frames: Array, values: Array) -> None:
    pairs = np.stack([frames, values], axis=-1).astype(np.float32)
    points.foreach_set(f"handle_{side}_type", np.full(len(frames), _ALIGNED, dtype=np.int32))
    points.foreach_set(f"handle_{side}", pairs.ravel())


def rotation_property(mode: str) -> str:
    """Return the property that holds the rotation in a rotation mode."""
    named = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
    return named.get(mode, "rotation_euler")


def rotation_channels(mode: str, rotation: Array) -> tuple[str, Array]:
    """Return property name and values (T, 4 or 3) of quaternions (T, 4) in a rotation mode."""
    name = rotation_property(mode)
    if mode == "QUATERNION":
        return name, rotation
    return name, _axis_angle(rotation) if mode == "AXIS_ANGLE" else euler(rotation, mode)


def quaternions(mode: str, values: Array) -> Array:
    """Return quaternions (T, 4) of the values (T, 4 or 3) of a rotation mode's property."""
    if mode == "QUATERNION":
        size = np.linalg.norm(values, axis=-1, keepdims=True)
        return np.where(size > 1e-9, values / np.maximum(size, 1e-9), quat.IDENTITY)
    if mode == "AXIS_ANGLE":
        return quat.from_axis_angle(quat.unit(values[:, 1:]), values[:, 0])
    order = mode[::-1]
    return quat.from_euler(values[:, ["XYZ".index(axis) for axis in order]], order)


def _axis_angle(rotation: Array) -> Array:
    size = np.linalg.norm(rotation[:, 1:], axis=-1)
    angle = 2.0 * np.arctan2(size, rotation[:, 0])
    axis = np.where(size[:, None] > 1e-9, quat.unit(rotation[:, 1:]), [0.0, 1.0, 0.0])
    return np.concatenate([angle[:, None], axis], axis=-1)


def euler(rotation: Array, mode: str) -> Array:
    """Return continuous Euler angles (T, 3) as x, y, z in radians for Blender's order ``mode``.

    Blender's "XYZ" turns about fixed axes, x first: intrinsic Z Y X. Of the two sets of angles
    that give the same rotation the one nearer to the frame before is taken.
    """
    order = mode[::-1]
    listed = quat.to_euler(rotation.astype(np.float64), order)
    other = _other(listed)

    def step(a: Array, b: Array) -> Array:
        gap = np.abs((a - b + np.pi) % (2.0 * np.pi) - np.pi)
        return gap.sum(axis=-1)

    if len(listed) > 1:
        turn = step(other[1:], listed[:-1]) < step(listed[1:], listed[:-1])
        flipped = np.concatenate([[0], np.cumsum(turn)]) % 2 == 1
        listed = np.where(flipped[:, None], other, listed)
    listed = np.unwrap(listed, axis=0)
    out = np.empty_like(listed)
    for column, axis in enumerate(order):
        out[:, "XYZ".index(axis)] = listed[:, column]
    return out


def _other(listed: Array) -> Array:
    """Return the other angles (T, 3) of the same rotations; the middle one is the second."""
    return np.stack([listed[:, 0] + np.pi, np.pi - listed[:, 1], listed[:, 2] + np.pi], axis=-1)


def euler_near(rotation: Array, mode: str, near: Array) -> Array:
    """Return Euler angles (T, 3) of quaternions (T, 4), the closest ones to angles (T, 3)."""
    order = mode[::-1]
    columns = ["XYZ".index(axis) for axis in order]
    listed, goal = quat.to_euler(rotation.astype(np.float64), order), near[:, columns]
    turn = 2.0 * np.pi
    choices = [c + turn * np.round((goal - c) / turn) for c in (listed, _other(listed))]
    apart = [np.abs(choice - goal).sum(axis=1, keepdims=True) for choice in choices]
    out = np.empty_like(listed)
    out[:, columns] = np.where(apart[0] <= apart[1], *choices)
    return out
