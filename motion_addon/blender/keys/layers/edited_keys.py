# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays an artist's edits on the keys of another bake.

Keys between edits stay those of the bake, to the bit. Where an edit lies, keys of the bake are
changed, or keys are added on each frame between its neighbors; the artist's have the usual type,
all others are generated keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ....motion.maths.quat import Array
from ....motion.retarget import edits as offsets
from ....motion.retarget.edits import Offsets
from ...scene import fcurves
from . import laid_edits, stored_keys
from .edits import (
    LOCATION,
    Layer,
    Timing,
    at,
    group_of,
    part_of,
    retimed,
    rotation_mode,
    sampled,
)
from .stored_keys import Channel, Keys, Stored

ARTIST: Final = fcurves.KEY_TYPES["KEYFRAME"]


def lay(
    rig: bpy.types.Object, action: bpy.types.Action, base: Stored, layer: Layer, times: Timing
) -> None:
    """Lay edits on an action that holds the keys ``base`` of a bake with the clocks ``times``."""
    bag = fcurves.channelbag(action, action.slots[0])
    keyed = {part_of(path)[0] for path, _ in base}
    placed: dict[str, list[Offsets]] = {}
    for edit in layer.laid.edits:
        found, _rest = offsets.place(edit, times.clock(edit.leg))
        if found is not None and edit.bone in keyed:
            placed.setdefault(found.bone, []).append(found)
    for bone, parts in placed.items():
        whole = offsets.merged(parts)
        if whole is not None and (not bone or bone in rig.pose.bones):
            between = _lay_on(rig, bone, bag, base, whole)
            layer.laid.between[bone] = sorted(between)
    for channel, (keys, clock) in layer.laid.loose.items():
        curve = fcurves.emptied(bag, *channel, group_of(channel[0]))
        stored_keys.write(curve, retimed(keys, clock, times.clock("")))
    for curve in [c for c in bag.fcurves if (c.data_path, c.array_index) in layer.removed]:
        bag.fcurves.remove(curve)
    action.footfall.laid = laid_edits.packed(layer.laid)


def _lay_on(rig: bpy.types.Object, bone: str, bag: Any, base: Stored, edit: Offsets) -> set[int]:
    """Change the keys of a bone's transform; returns the frames of generated keys."""
    owner = rig.pose.bones[bone] if bone else rig
    own = {c: keys for c, keys in base.items() if part_of(c[0])[0] == bone}
    present = {part_of(path)[1] for path, _ in own}
    usual = fcurves.rotation_property(owner.rotation_mode)
    turn = next((prop for prop in fcurves.ROTATIONS if prop in present), usual)
    own = {c: keys for c, keys in own.items() if part_of(c[0])[1] in (turn, LOCATION)}
    baked = sampled(rig, bone, own, edit.frames.astype(np.float64))
    turns, moves = offsets.apply(baked, edit)
    around = {c: _around(c, keys, edit.frames) for c, keys in own.items()}
    values: dict[str, Array] = {}
    if (edit.turns[:, 1:] != 0.0).any():
        near = [around[fcurves.path_of(bone, turn), i].values for i in range(4)
                if (fcurves.path_of(bone, turn), i) in around]  # fmt: skip
        mode = rotation_mode(owner, turn)
        values[turn] = _in_mode(mode, turns, np.stack(near, axis=1) if near else None)
    if (edit.moves != 0.0).any():
        values[LOCATION] = moves
    for prop, columns in values.items():
        for index in range(columns.shape[1]):
            channel = (fcurves.path_of(bone, prop), index)
            _put(bag, channel, base.get(channel), around.get(channel), edit, columns[:, index])
    beside = [around[c].beside.tolist() for c in around if part_of(c[0])[1] in values]
    return {*edit.frames[~edit.keyed].tolist(), *(f for frames in beside for f in frames)}


def _in_mode(mode: str, turns: Array, near: Array | None) -> Array:
    """Return values of rotations (N, 4) in a mode, on the side of the baked values ``near``."""
    values = fcurves.rotation_channels(mode, turns)[1]
    if near is None or near.shape != values.shape or mode == "AXIS_ANGLE":
        return values
    if mode == "QUATERNION":
        flip = np.sum(values * near, axis=1, keepdims=True) < 0.0
        return np.where(flip, -values, values)
    return fcurves.euler_near(turns, mode, near)


@dataclass(frozen=True, eq=False)
class _Around:
    """Baked values of one F-curve at the frames of an edit, and keys to add beside it."""

    values: Array
    beside: Array
    """Frames beside the edit, whose values are ``beside_values``."""
    beside_values: Array


def _around(channel: Channel, keys: Keys, frames: Array) -> _Around:
    """Return the baked values around an edit at ``frames``.

    Between linear or stepped keys the frames beside the edit keep the curve; between smooth ones
    all frames from one baked key to the next do. No key is added beyond the baked ones.
    """
    near: set[int] = set()
    smooth = bool((keys.shape.get("interpolation", np.zeros(1)) == fcurves.BEZIER).any())
    for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1):
        before, behind = keys.frames[keys.frames < run[0]], keys.frames[keys.frames > run[-1]]
        if smooth and len(before) and len(behind):
            near.update(range(int(np.ceil(before[-1])), int(np.floor(behind[0])) + 1))
        near.update((int(run[0]) - 1, int(run[-1]) + 1))
    first, last = keys.frames[[0, -1]]
    wanted = (f for f in near - set(frames.tolist()) if first <= f <= last or first == last)
    beside = np.array(sorted(wanted), dtype=int)
    both = np.concatenate([frames, beside]).astype(np.float64)
    values = stored_keys.sampled({channel: keys}, both)[channel]
    return _Around(values[: len(frames)], beside, values[len(frames) :])


def _put(
    bag: Any, channel: Channel, keys: Keys | None, around: _Around | None, edit: Offsets,
    values: Array,
) -> None:  # fmt: skip
    """Write the values of an edit into one F-curve, with the baked values beside it."""
    frames, kinds = edit.frames, np.where(edit.keyed, ARTIST, fcurves.KEY_TYPE)
    beside = np.zeros(0, dtype=int) if around is None else around.beside
    if around is not None:
        frames = np.concatenate([frames, beside])
        values = np.concatenate([values, around.beside_values])
        kinds = np.concatenate([kinds, np.full(len(beside), fcurves.KEY_TYPE)])
    order = np.argsort(frames, kind="stable")
    patch = Keys(
        frames[order].astype(np.float32), values[order].astype(np.float32),
        kinds[order].astype(np.int8), {},
    )  # fmt: skip
    curve = fcurves.emptied(bag, *channel, group_of(channel[0]))
    whole = patch if keys is None else stored_keys.patched(keys, patch, beside.astype(np.float32))
    stored_keys.write(curve, whole)


def copy_extras(
    old: bpy.types.Action,
    new: bpy.types.Action,
    rig: bpy.types.Object,
    times: tuple[Timing, Timing],
) -> None:
    """Copy an artist's additions to an action other than keys: modifiers, switches, markers."""
    bags = [fcurves.found_bag(rig, action) for action in (old, new)]
    if bags[0] is not None and bags[1] is not None:
        there = {(c.data_path, c.array_index): c for c in bags[1].fcurves}
        for curve in bags[0].fcurves:
            twin = there.get((curve.data_path, curve.array_index))
            if twin is not None:
                fcurves.copy_settings(curve, twin)
    clocks = times[0].clock(""), times[1].clock("")
    for marker in old.pose_markers:
        made = new.pose_markers.new(marker.name)
        made.frame = round(float(at(np.array([float(marker.frame)]), *clocks)[0]))
    new.use_fake_user = old.use_fake_user
    target: Any = new
    for key, value in old.items():
        if key != "footfall" and key not in target.keys():  # noqa: SIM118
            target[key] = value
