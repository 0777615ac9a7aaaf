# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits: what the artist changed in a take since it was baked, read from its keys.

A take's action stores its keys as they were baked, its base. Transforms of bones that differ from
the base are read as offsets, anchored to stances (``motion.retarget.edits``); all other curves that
differ are the artist's own and are kept as they are. ``edited_keys`` lays both on another bake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import bpy
import numpy as np

from ....motion.maths import quat
from ....motion.maths.quat import Array
from ....motion.retarget import edits as offsets
from ....motion.retarget.edits import Edit, StanceClock
from ...scene import fcurves
from .. import state
from . import stored_keys
from .stored_keys import Channel, Keys, Stored

LOCATION: Final = "location"
OBJECT: Final = "Object Transforms"  # group of the object's own channels
ROTATIONS: Final = ("rotation_quaternion", "rotation_euler", "rotation_axis_angle")
_BONE: Final = re.compile(r'^pose\.bones\["((?:[^"\\]|\\.)*)"\]\.(\w+)$')


@dataclass(frozen=True, eq=False)
class Timing:
    """Clocks of the legs of a take."""

    clocks: dict[str, StanceClock]
    """By the leg's name; the first one serves all other parts of the body."""
    legs: dict[str, str]
    """Leg by bone, for the bones of legs and the controls beside feet."""

    def clock(self, leg: str) -> StanceClock:
        """Return the clock of a leg, or of the first one."""
        return self.clocks.get(leg) or next(iter(self.clocks.values()))


@dataclass(frozen=True, eq=False)
class Layer:
    """All that the artist changed in a take."""

    timing: Timing
    edits: list[Edit] = field(default_factory=list)
    loose: Stored = field(default_factory=dict)
    """Keys of the curves that are the artist's own."""
    removed: set[str] = field(default_factory=set)
    """Data paths of baked curves that the artist removed."""


def timing(
    stored: Stored, recipe: dict[str, Any], report: dict[str, Any], legs: dict[str, str]
) -> Timing:
    """Return the clocks of a take with the keys ``stored``, from its recipe and report card."""
    ends = [keys.frames[i] for keys in stored.values() for i in (0, -1) if len(keys.frames) > 1]
    first, last = (float(min(ends)), float(max(ends))) if ends else (1.0, 2.0)
    stances = report.get("footfalls") or {}
    if "fps" not in report or not any(stances.values()):
        steps = 1.0 if recipe.get("cycle") else last - first
        return Timing({"": StanceClock.even(first, last, steps)}, legs)
    start = float(recipe.get("frame_start", first))
    clocks = {
        leg: StanceClock.of_stances(spans, report["fps"], start, last)
        for leg, spans in stances.items()
        if spans
    }
    return Timing(clocks, legs)


def read(
    rig: bpy.types.Object,
    action: bpy.types.Action,
    recipe: dict[str, Any],
    report: dict[str, Any],
    legs: dict[str, str],
) -> Layer:
    """Return what the artist changed in a take's action since it was baked."""
    base = stored_keys.unpacked(action.footfall.base)
    now = stored_keys.read(fcurves.found_bag(rig, action))
    base = _renamed(rig, base, now)
    layer = Layer(timing(base, recipe, report, legs))
    if not base:
        return layer
    changed: dict[str, list[str]] = {}
    for path in dict.fromkeys(path for path, _ in (*base, *now)):
        bone, prop = part_of(path)
        if is_footfall(path) or not _differs(path, base, now):
            continue
        if not any(p == path for p, _ in now):
            layer.removed.add(path)
        elif bone is not None and _is_transform(prop) and any(p == path for p, _ in base):
            changed.setdefault(bone, []).append(path)
        else:
            layer.loose.update({c: keys for c, keys in now.items() if c[0] == path})
    for bone, paths in changed.items():
        layer.edits.extend(_edits_of(rig, bone, paths, base, now, layer.timing))
    layer.edits[:] = offsets.joined(layer.edits, _waiting(action))
    return layer


def is_footfall(path: str) -> bool:
    """Whether a data path belongs to the keys of footfalls, which are edited in their own way."""
    return path.startswith(f'["{state.CHANNEL}')


def group_of(path: str) -> str:
    """Return the group of a data path's F-curve: its bone."""
    return part_of(path)[0] or OBJECT


def part_of(path: str) -> tuple[str | None, str]:
    """Return the bone and the property of a data path; no bone is the object itself."""
    found = _BONE.match(path)
    if found:
        return bpy.utils.unescape_identifier(found[1]), found[2]
    return ("" if "." not in path and "[" not in path else None), path


def _is_transform(prop: str) -> bool:
    return prop == LOCATION or prop in ROTATIONS


def _differs(path: str, base: Stored, now: Stored) -> bool:
    channels = {channel for channel in (*base, *now) if channel[0] == path}
    return any(
        channel not in base or channel not in now or not base[channel].same(now[channel])
        for channel in channels
    )


def _renamed(rig: bpy.types.Object, base: Stored, now: Stored) -> Stored:
    """Return a base with the present names of bones that were renamed since."""
    there = {bone.name for bone in rig.pose.bones}

    def bones(stored: Stored) -> list[str]:
        return list(dict.fromkeys(b for b in (part_of(path)[0] for path, _ in stored) if b))

    gone = [bone for bone in bones(base) if bone not in there]
    fresh = [bone for bone in bones(now) if bone not in set(bones(base))]
    if not gone or len(gone) != len(fresh):
        return base
    names = dict(zip(gone, fresh, strict=True))
    return {
        (path_of(names[bone], prop), index) if bone in names else (path, index): keys
        for (path, index), keys in base.items()
        for bone, prop in [part_of(path)]
    }


def path_of(bone: str, prop: str) -> str:
    """Return the data path of a property of a bone, or of the object for an empty name."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{prop}' if bone else prop


def _waiting(action: bpy.types.Action) -> list[Edit]:
    try:
        return [Edit.from_json(entry) for entry in json.loads(action.footfall.waiting or "[]")]
    except (ValueError, KeyError, TypeError):
        return []


def _edits_of(
    rig: bpy.types.Object, bone: str, paths: list[str], base: Stored, now: Stored, times: Timing
) -> Iterator[Edit]:
    """Yield the edits of a bone whose transform was changed."""
    own = [c for c in base if part_of(c[0])[0] == bone and _is_transform(part_of(c[0])[1])]
    kept = {c: now.get(c, base[c]) for c in own}
    frames = _frames([*(base[c] for c in own), *kept.values()])
    with stored_keys.curves_of(base, own) as was, stored_keys.curves_of(kept, own) as are:
        baked, edited = (sampled(rig, bone, curves, frames) for curves in (was, are))
    leg = times.legs.get(bone, "")
    levels = _levels(frames, [(kept[c], base[c]) for c in own if c[0] in paths])
    yield from offsets.read(bone, leg, times.clock(leg), frames, baked, edited, levels)


def _frames(keys: Iterable[Keys]) -> Array:
    """Return all whole frames that keys cover, and the frames of the keys, increasing."""
    every = np.concatenate([k.frames for k in keys]).astype(np.float64)
    whole = np.arange(np.ceil(every.min()), np.floor(every.max()) + 1.0)
    return np.unique(np.concatenate([whole, np.round(every, 3)]))


def _levels(frames: Array, pairs: Iterable[tuple[Keys, Keys]]) -> Array:
    """Return (N,) 0 without a changed key at a frame, 1 with a generated key, 2 with the artist's.

    ``pairs`` are the keys of curves now and as they were baked.
    """
    levels = np.zeros(len(frames), dtype=int)
    for now, was in pairs:
        rows = ~_unchanged(now, was)
        at = np.searchsorted(frames, np.round(now.frames[rows].astype(np.float64), 3))
        kinds = np.where(now.types[rows] == fcurves.KEY_TYPE, 1, 2)
        levels[at] = np.maximum(levels[at], kinds)
    return levels


def _unchanged(now: Keys, was: Keys) -> Array:
    """Return (K,) whether keys have the same frame and value in the base."""
    at = np.clip(np.searchsorted(was.frames, now.frames), 0, len(was.frames) - 1)
    return np.asarray((was.frames[at] == now.frames) & (was.values[at] == now.values))


def sampled(
    rig: bpy.types.Object, bone: str, curves: dict[Channel, Any], frames: Array
) -> tuple[Array, Array]:
    """Return rotations (N, 4) and locations (N, 3) of a bone at frames; without curves at rest."""
    turns, places = np.tile(quat.IDENTITY, (len(frames), 1)), np.zeros((len(frames), 3))
    owner = rig.pose.bones.get(bone, rig)
    for path in dict.fromkeys(path for path, _ in curves):
        prop = part_of(path)[1]
        rest = np.array(fcurves.REST[prop], dtype=np.float64)
        values = np.tile(rest, (len(frames), 1))
        for (other, index), curve in curves.items():
            if other == path:
                values[:, index] = [curve.evaluate(frame) for frame in frames]
        if prop == LOCATION:
            places = values
        else:
            turns = fcurves.quaternions(rotation_mode(owner, prop), values)
    return turns, places


def rotation_mode(owner: bpy.types.Object | bpy.types.PoseBone, prop: str) -> str:
    """Return the rotation mode in which a property's values are read."""
    if prop == "rotation_quaternion":
        return "QUATERNION"
    if prop == "rotation_axis_angle":
        return "AXIS_ANGLE"
    mode: str = owner.rotation_mode
    return "XYZ" if mode in {"QUATERNION", "AXIS_ANGLE"} else mode


def count(rig: bpy.types.Object, action: bpy.types.Action) -> int:
    """Return the number of keys on top of the base: places in time of bones that were changed."""
    base = stored_keys.unpacked(action.footfall.base)
    if not base:
        return 0
    now = stored_keys.read(fcurves.found_bag(rig, action))
    found: set[tuple[str, float]] = set()
    for (path, index), keys in now.items():
        bone = part_of(path)[0]
        was = base.get((path, index))
        if is_footfall(path) or (was is not None and was.same(keys)):
            continue
        name = path if bone is None else bone
        found.update((name, float(frame)) for frame in _changed_frames(keys, was))
    return len(found) + len({path for path, _ in base} - {path for path, _ in now})


def _changed_frames(keys: Keys, was: Keys | None) -> Array:
    """Return the frames of keys that the base lacks or has with another value."""
    same = np.zeros(len(keys.frames), bool) if was is None else _unchanged(keys, was)
    return keys.frames[~same] if not same.all() else keys.frames[:1]
