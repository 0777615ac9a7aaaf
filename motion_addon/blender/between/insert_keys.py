# SPDX-License-Identifier: GPL-3.0-or-later
"""Inserts keys between an animator's own, whose values stay the same to the bit.

Keys at the ends of a gap keep their value; only their handles into the gap change. The curves
keep their shape outside of the gaps.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...motion.clip.contacts import runs
from ...motion.maths import quat
from ...motion.maths.quat import Array
from ...motion.retarget.keyframe_reduction import thin
from ..scene import fcurves
from .sampled_action import TRANSFORMS, Track

_POINT = bpy.types.Keyframe.bl_rna.properties
_FREE = _POINT["handle_left_type"].enum_items["FREE"].value
_STEPPED = _POINT["interpolation"].enum_items["CONSTANT"].value
_BEZIER = _POINT["interpolation"].enum_items["BEZIER"].value
_LINEAR = _POINT["interpolation"].enum_items["LINEAR"].value
_PAIRS = ("co", "handle_left", "handle_right")
_ENUMS = ("interpolation", "type", "handle_left_type", "handle_right_type")


def unstep(action: bpy.types.Action, bag: Any, first: int, last: int) -> None:
    """Change stepped keys of transforms from ``first`` to ``last`` to Bezier interpolation."""
    for curve in bag.fcurves:
        if not curve.data_path.endswith(TRANSFORMS):
            continue
        points = _points(curve)
        inside = (points["co"][:, 0] > first - 0.5) & (points["co"][:, 0] < last + 0.5)
        stepped = inside & (points["interpolation"] == _STEPPED)
        if stepped.any():
            kinds = np.where(stepped, _BEZIER, points["interpolation"])
            curve.keyframe_points.foreach_set("interpolation", kinds.astype(np.int32))
            curve.update()
    action.update_tag()


def write(
    bag: Any, path: str, track: Track, frames: Array, new: Array, tolerance: float | None
) -> None:
    """Write a track's values (T, C) at scene ``frames`` (T,) where ``new`` (T,) is True.

    ``tolerance`` is the largest error of sparse keys; None writes a key on each frame.
    """
    curves = {c.array_index: c for c in bag.fcurves if c.data_path == path}
    groups = {group.name: group for group in bag.groups}
    for index in track.indices:
        if index not in curves:
            curves[index] = bag.fcurves.new(path, index=index)
            name = track.bone or fcurves.OBJECT
            curves[index].group = groups.get(name) or bag.groups.new(name)
            groups[name] = curves[index].group
    kept = np.array([int(frame) in track.keyed for frame in frames]) & ~new
    values = _signed(track, new)
    for start, stop in _rows_to_write(new, kept):
        rows = slice(start, stop)
        for column, index in enumerate(track.indices):
            _replace(curves[index], frames[rows], values[rows, column], kept[rows], tolerance)
    for curve in curves.values():
        curve.update()


def _signed(track: Track, new: Array) -> Array:
    """Return a track's values; new quaternions continue the sign of the kept one before them.

    Both signs are the same rotation, but a change of sign would make the curve spin in between.
    """
    values = np.array(track.values)
    if track.channel == "rotation_quaternion":
        for start, stop in runs(new):
            lead = max(start - 1, 0)
            values[lead:stop] = quat.unroll(values[lead:stop])
    return values


def _rows_to_write(new: Array, kept: Array) -> list[tuple[int, int]]:
    """Return the rows (start, stop) to write: each gap up to the kept keys on both sides."""
    found: list[tuple[int, int]] = []
    for start, stop in runs(new):
        before = np.flatnonzero(kept[:start])
        after = np.flatnonzero(kept[stop:])
        first = int(before[-1]) if len(before) else max(start - 1, 0)
        last = stop + int(after[0]) if len(after) else min(stop, len(new) - 1)
        if found and first < found[-1][1] - 1:
            first = found.pop()[0]
        found.append((first, last + 1))
    return found


def _points(curve: Any) -> dict[str, Array]:
    """Return the places, handles and kinds of a curve's keys as arrays."""
    points, count = curve.keyframe_points, len(curve.keyframe_points)
    found: dict[str, Array] = {}
    for name in _PAIRS:
        flat = np.empty(2 * count, dtype=np.float32)
        points.foreach_get(name, flat)
        found[name] = flat.reshape(count, 2)
    for name in _ENUMS:
        found[name] = np.empty(count, dtype=np.int32)
        points.foreach_get(name, found[name])
    return found


def _replace(
    curve: Any, frames: Array, values: Array, kept: Array, tolerance: float | None
) -> None:
    """Write values (T,) on frames (T,) into a curve; keys on ``kept`` (T,) frames stay."""
    old = _points(curve)
    inside = (old["co"][:, 0] > frames[0] - 0.5) & (old["co"][:, 0] < frames[-1] + 0.5)
    at = np.rint(old["co"][:, 0]).astype(int)
    mine = inside & np.isin(at, frames[kept].astype(int))
    own = {int(f): values_ for f, values_ in zip(at[mine], old["co"][mine, 1], strict=True)}
    values = np.array([own.get(int(f), v) for f, v in zip(frames, values, strict=True)])
    new_keys = _new_keys(frames, values, tolerance)
    stays = ~inside | mine
    merged = {name: part[stays] for name, part in old.items()}
    merged = _with_new_handles(merged, new_keys, frames)
    add = ~np.isin(np.rint(new_keys["co"][:, 0]).astype(int), at[mine])
    merged = {name: np.concatenate([part, new_keys[name][add]]) for name, part in merged.items()}
    order = np.argsort(merged["co"][:, 0], kind="stable")
    points = curve.keyframe_points
    surplus = len(points) - len(order)
    if surplus > 0:
        for _ in range(surplus):
            points.remove(points[-1], fast=True)
    elif surplus < 0:
        points.add(-surplus)
    for name, part in merged.items():
        points.foreach_set(name, np.ascontiguousarray(part[order]).ravel())


def _new_keys(frames: Array, values: Array, tolerance: float | None) -> dict[str, Array]:
    """Return new keys for values (T,), including both ends."""
    if tolerance is None:
        at, heights = frames.astype(np.float64), values
        slopes = np.zeros(len(at))
        kind, handle = _LINEAR, fcurves.AUTO
    else:
        keys = thin(frames, values[:, None], tolerance)
        at, heights, slopes = keys.frames, keys.values[:, 0], keys.slopes[:, 0]
        if len(at) == 1:
            at, heights = frames[[0, -1]].astype(np.float64), values[[0, -1]]
            slopes = np.zeros(2)
        kind, handle = _BEZIER, _FREE
    third = np.diff(at) / 3.0
    before = np.concatenate([third[:1], third])
    after = np.concatenate([third, third[-1:]])
    count = len(at)
    return {
        "co": np.stack([at, heights], -1).astype(np.float32),
        "handle_left": np.stack([at - before, heights - slopes * before], -1).astype(np.float32),
        "handle_right": np.stack([at + after, heights + slopes * after], -1).astype(np.float32),
        "interpolation": np.full(count, kind, dtype=np.int32),
        "type": np.full(count, fcurves.KEY_TYPE, dtype=np.int32),
        "handle_left_type": np.full(count, handle, dtype=np.int32),
        "handle_right_type": np.full(count, handle, dtype=np.int32),
    }


def _with_new_handles(
    kept: dict[str, Array], new_keys: dict[str, Array], frames: Array
) -> dict[str, Array]:
    """Return the kept keys with the handles of the new keys on the sides of the gap."""
    at, new_at = np.rint(kept["co"][:, 0]).astype(int), np.rint(new_keys["co"][:, 0]).astype(int)
    for row in np.flatnonzero((at >= frames[0]) & (at <= frames[-1])):
        for name in ("handle_left_type", "handle_right_type"):
            kept[name][row] = _FREE
        match = np.flatnonzero(new_at == at[row])
        if not len(match):
            continue
        into = at[row] < frames[-1]
        if into:
            kept["interpolation"][row] = new_keys["interpolation"][match[0]]
            kept["handle_right"][row] = new_keys["handle_right"][match[0]]
        if at[row] > frames[0]:
            kept["handle_left"][row] = new_keys["handle_left"][match[0]]
    return kept
