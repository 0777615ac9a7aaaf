# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits: what the artist changed in a take since it was baked, read from its keys.

A take's action stores its keys as they were baked, its base. Transforms of bones that differ from
the base are read as offsets, anchored to stances (``motion.retarget.edits``); all other curves that
differ are the artist's own and are kept as they are. ``edited_keys`` lays both on another bake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import bpy
import numpy as np

from ....motion.maths import quat
from ....motion.maths.quat import Array
from ....motion.retarget import edits as offsets
from ....motion.retarget.edits import Edit, StanceClock
from ...scene import fcurves
from .. import state
from . import laid_edits, stored_keys
from .laid_edits import Laid
from .stored_keys import Channel, Keys, Stored

LOCATION: Final = "location"


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
    laid: Laid = field(default_factory=Laid)
    removed: set[Channel] = field(default_factory=set)
    """Baked curves that the artist removed."""

    def __bool__(self) -> bool:
        """Whether anything was changed."""
        return bool(self.laid.edits or self.laid.loose or self.removed)


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
    legs_of: Callable[[], dict[str, str]],
) -> Layer:
    """Return what the artist changed in a take's action since it was baked.

    ``legs_of`` returns the leg by bone; it is not called if nothing was changed.
    """
    base = stored_keys.unpacked(action.footfall.base)
    now = stored_keys.read(fcurves.found_bag(rig, action))
    base = _renamed(rig, base, now)
    differ = _different(base, now)
    moved = bool(base) and bool(differ or action.footfall.laid)
    layer = Layer(timing(base, recipe, report, legs_of() if moved else {}))
    if not moved:
        return layer
    before = laid_edits.unpacked(action.footfall.laid)
    layer.removed.update(c for c in base if c not in now and not is_footfall(c[0]))
    changed: dict[str, list[str]] = {edit.bone: [] for edit in before.edits}
    for path in dict.fromkeys(path for path, _ in now if path in differ):
        bone = part_of(path)[0]
        if bone is not None and _was_baked(rig, path, base):
            changed.setdefault(bone, []).append(path)
        else:
            for channel in [c for c in now if c[0] == path]:
                layer.laid.loose[channel] = _own(now[channel], before.loose.get(channel), layer)
    for bone, paths in changed.items():
        laid = [edit for edit in before.edits if edit.bone == bone]
        layer.laid.edits.extend(_edits_of(rig, bone, paths, (base, now), layer.timing, laid))
    return layer


def _was_baked(rig: bpy.types.Object, path: str, base: Stored) -> bool:
    """Whether a data path is a transform that was baked, if with another rotation mode."""
    bone, prop = part_of(path)
    if not _is_transform(prop):
        return False
    if any(p == path for p, _ in base):
        return True
    owner = rig.pose.bones.get(bone, rig) if bone else rig
    turned = any(part_of(p) == (bone, other) for p, _ in base for other in fcurves.ROTATIONS)
    return prop == fcurves.rotation_property(owner.rotation_mode) and turned


def _own(
    keys: Keys, before: tuple[Keys, StanceClock] | None, layer: Layer
) -> tuple[Keys, StanceClock]:
    """Return keys of the artist's own with their clock; those of before if they were not moved."""
    clock = layer.timing.clock("")
    if before is not None and _lies(keys, retimed(*before, clock)):
        return before
    return keys, clock


def _lies(keys: Keys, laid: Keys) -> bool:
    """Whether keys are those that were laid; handles that Blender computes are not compared."""
    own = {n: v for n, v in laid.shape.items() if n not in ("handle_left", "handle_right")}
    for name in laid.shape.keys() - own.keys():
        free = np.isin(laid.shape[f"{name}_type"], fcurves.SET_HANDLES)
        if len(keys.frames) == len(laid.frames):
            pairs = (k.shape.get(name, np.zeros(0)).reshape(-1, 2) for k in (keys, laid))
            was, now = (p[free] if len(p) == len(free) else p[:0] for p in pairs)
            if len(was) != len(now) or not np.allclose(was, now, rtol=1e-4, atol=1e-3):
                return False
    rest = {n: v for n, v in keys.shape.items() if n in own}
    return replace(keys, shape=rest).same(replace(laid, shape=own))


def is_footfall(path: str) -> bool:
    """Whether a data path belongs to the keys of footfalls, which are edited in their own way."""
    return path.startswith(f'["{state.CHANNEL}')


def group_of(path: str) -> str:
    """Return the group of a data path's F-curve: its bone."""
    return part_of(path)[0] or fcurves.OBJECT


@lru_cache(maxsize=4096)
def part_of(path: str) -> tuple[str | None, str]:
    """Return the bone and the property of a data path; no bone is the object itself."""
    bone, prop = fcurves.parted(path)
    if bone:
        return (bone, prop) if prop.isidentifier() else (None, path)
    return ("" if "." not in path and "[" not in path else None), path


def _is_transform(prop: str) -> bool:
    return prop == LOCATION or prop in fcurves.ROTATIONS


def _different(base: Stored, now: Stored) -> set[str]:
    """Return the data paths whose keys differ from the base, without those of footfalls."""
    paths = {c[0] for c in base.keys() ^ now.keys()}
    paths |= {c[0] for c in base.keys() & now.keys() if not base[c].same(now[c])}
    return {path for path in paths if not is_footfall(path)}


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
        (fcurves.path_of(names[bone], prop), index) if bone in names else (path, index): keys
        for (path, index), keys in base.items()
        for bone, prop in [part_of(path)]
    }


def _edits_of(
    rig: bpy.types.Object,
    bone: str,
    paths: list[str],
    stored: tuple[Stored, Stored],
    times: Timing,
    laid: list[Edit],
) -> list[Edit]:
    """Return the edits of a bone: of its transform now to its baked one, both ``stored``."""
    base, now = stored
    own = {
        c: k
        for c, k in base.items()
        if part_of(c[0])[0] == bone and _is_transform(part_of(c[0])[1])
    }
    if not own:
        return laid  # the take does not key the bone; they wait for one that does
    kept = {c: now.get(c, k) for c, k in own.items()}
    others = {c: k for c, k in now.items() if c[0] in paths and c not in kept}
    if others:
        kept = {c: k for c, k in kept.items() if part_of(c[0])[1] not in fcurves.ROTATIONS} | others
    frames = _frames(own.values(), kept.values())
    baked, edited = (sampled(rig, bone, keys, frames) for keys in (own, kept))
    leg = times.legs.get(bone, "")
    levels = _levels(frames, [(kept[c], own.get(c)) for c in kept if c[0] in paths])
    return offsets.read(bone, leg, times.clock(leg), frames, baked, edited, levels, laid)


def _frames(baked: Iterable[Keys], kept: Iterable[Keys]) -> Array:
    """Return all whole frames of baked keys, and the frames of all keys, increasing."""
    was = np.concatenate([k.frames for k in baked]).astype(np.float64)
    every = np.concatenate([was, *(k.frames for k in kept)]).astype(np.float64)
    whole = np.arange(np.ceil(was.min()), np.floor(was.max()) + 1.0)
    return np.unique(np.concatenate([whole, np.round(every, 3)]))


def _levels(frames: Array, pairs: Iterable[tuple[Keys, Keys | None]]) -> Array:
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


def _unchanged(now: Keys, was: Keys | None) -> Array:
    """Return (K,) whether keys have the same frame and value in the base."""
    if was is None or not len(was.frames):
        return np.zeros(len(now.frames), dtype=bool)
    at = np.clip(np.searchsorted(was.frames, now.frames), 0, len(was.frames) - 1)
    return np.asarray((was.frames[at] == now.frames) & (was.values[at] == now.values))


def sampled(rig: bpy.types.Object, bone: str, stored: Stored, frames: Array) -> tuple[Array, Array]:
    """Return rotations (N, 4) and locations (N, 3) of a bone at frames; without keys at rest."""
    turns, places = np.tile(quat.IDENTITY, (len(frames), 1)), np.zeros((len(frames), 3))
    owner = rig.pose.bones.get(bone, rig)
    columns = stored_keys.sampled(stored, frames)
    for path in dict.fromkeys(path for path, _ in stored):
        prop = part_of(path)[1]
        values = np.tile(np.array(state.IDENTITY[prop], dtype=np.float64), (len(frames), 1))
        for (other, index), column in columns.items():
            if other == path:
                values[:, index] = column
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


def retimed(keys: Keys, old: StanceClock, new: StanceClock) -> Keys:
    """Return keys at the frames of the same phases of another take, whole frames for whole ones."""
    frames = at(keys.frames, old, new)
    whole = keys.frames == np.round(keys.frames)
    frames = np.where(whole, np.round(frames), frames)
    last_of_each = np.append(np.diff(frames) > 1e-4, True)
    shape = {}
    for name, values in keys.shape.items():
        if name.startswith("handle") and not name.endswith("type"):
            pairs = values.reshape(-1, 2).copy()
            moved = at(pairs[:, 0], old, new) - at(keys.frames, old, new)
            pairs[:, 0] = frames + moved
            shape[name] = pairs[last_of_each].ravel().astype(np.float32)
        else:
            shape[name] = values[last_of_each]
    return Keys(
        frames[last_of_each].astype(np.float32), keys.values[last_of_each],
        keys.types[last_of_each], shape,
    )  # fmt: skip


def at(frames: Array, old: StanceClock, new: StanceClock) -> Array:
    """Return frames (N,) of another take at the same phases; after its end at the same distance."""
    late = frames > old.last
    moved = new.frame_of(old.phase_of(frames))
    return np.asarray(np.where(late, new.last + (frames - old.last), moved))


def count(rig: bpy.types.Object, action: bpy.types.Action) -> int:
    """Return the number of keys on top of the base: places in time of bones that were changed."""
    base = stored_keys.unpacked(action.footfall.base)
    if not base:
        return 0
    bag = fcurves.found_bag(rig, action)
    between = laid_edits.unpacked(action.footfall.laid).between
    found: dict[str, set[float]] = {}
    there = set()
    for curve in bag.fcurves if bag is not None else ():
        path, was = curve.data_path, base.get((curve.data_path, curve.array_index))
        there.add(path)
        if is_footfall(path) or (was is not None and stored_keys.is_untouched(curve, was)):
            continue
        keys, bone = stored_keys.of(curve), part_of(path)[0]
        if was is not None and was.same(keys):
            continue
        name = path if bone is None else bone
        own = ~_unchanged(keys, was)
        own &= (keys.types != fcurves.KEY_TYPE) | ~np.isin(keys.frames, between.get(name, []))
        found.setdefault(name, set()).update(keys.frames[own].tolist())
    places = sum(max(len(frames), 1) for frames in found.values())
    return places + len({path for path, _ in base} - there)
