# SPDX-License-Identifier: GPL-3.0-or-later
"""Reels: an action's channels as dense arrays, over any frames and in any order.

Owns reading them, joining those of two actions, and playing them on a copy of the rig, so that
nothing of the artist's is touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ...motion.cleanup import foot_lock
from ...motion.maths.quat import Array
from ..rig import rig_copy
from ..scene import armature, fcurves

ROTATIONS = {
    "QUATERNION": "rotation_quaternion",
    "AXIS_ANGLE": "rotation_axis_angle",
}
"""By rotation mode; all others turn by ``rotation_euler``."""
TRANSFORMS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")
OBJECT = "Object Transforms"

_BONE = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\.?(.*)')


@dataclass(frozen=True, eq=False)
class Track:
    """One property over the frames of a reel."""

    bone: str
    """Pose bone, or an empty text for the object's own."""
    channel: str
    """Name of the property: location, rotation_euler, ...; or what else is keyed."""
    indices: tuple[int, ...]
    values: Array
    """(T, C)."""
    keyed: frozenset[int] = frozenset()
    """Scene frames, rounded, on which any of its channels has a key."""

    @property
    def transform(self) -> bool:
        """Whether it moves a bone or the object."""
        return self.channel in TRANSFORMS


Reel = dict[str, Track]
"""Data path to track."""


def rotation_channel(bone: bpy.types.PoseBone) -> str:
    """Return the property by which a pose bone turns."""
    return ROTATIONS.get(bone.rotation_mode, "rotation_euler")


def path_of(bone: str, channel: str) -> str:
    """Return the data path of a property of a pose bone."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{channel}'


def read(rig: bpy.types.Object, action: bpy.types.Action, frames: Iterable[float]) -> Reel:
    """Return the channels of an action at scene frames (T,).

    Transforms are whole: of what has no key of its own, the present value is taken.
    """
    frames = list(frames)
    bag = fcurves.found_bag(rig, action)
    curves: dict[str, list[bpy.types.FCurve]] = {}
    for curve in bag.fcurves if bag is not None else ():
        if len(curve.keyframe_points) and not curve.mute:
            curves.setdefault(curve.data_path, []).append(curve)
    reel = {}
    for path, own in curves.items():
        bone, channel = _parted(path)
        if bone and bone not in rig.pose.bones:
            continue
        own.sort(key=lambda curve: curve.array_index)
        columns = {c.array_index: [c.evaluate(frame) for frame in frames] for c in own}
        if channel in TRANSFORMS:
            still = getattr(rig.pose.bones[bone] if bone else rig, channel)
            columns = {i: columns.get(i, [v] * len(frames)) for i, v in enumerate(still)}
        keys = {round(point.co[0]) for curve in own for point in curve.keyframe_points}
        values = np.array(list(columns.values()), dtype=np.float64).T
        reel[path] = Track(bone, channel, tuple(columns), values, frozenset(keys))
    return reel


def _parted(path: str) -> tuple[str, str]:
    found = _BONE.fullmatch(path)
    if found is None:
        return "", path
    return bpy.utils.unescape_identifier(found[1]), found[2]


def joined(rig: bpy.types.Object, first: Reel, second: Reel, frames: int) -> Reel:
    """Return both reels, one after the other, with ``frames`` rows in between.

    There transforms go over smoothly, all else waits for the second. What only one of them has
    keeps the rig's present value in the other.
    """
    out = {}
    lengths = [len(next(iter(reel.values())).values) for reel in (first, second)]
    for path in {**first, **second}:
        tracks = [reel.get(path) for reel in (first, second)]
        known = next(track for track in tracks if track is not None)
        parts = [
            _still(rig, known, length) if track is None else track.values
            for track, length in zip(tracks, lengths, strict=True)
        ]
        share = foot_lock.eased(np.arange(1, frames + 1) / (frames + 1))[:, None]
        share = share if known.transform else np.zeros_like(share)
        end = _turned(parts[1][:1], parts[0][-1:]) if "quaternion" in path else parts[1][:1]
        between = parts[0][-1:] + share * (end - parts[0][-1:])
        out[path] = replace(known, values=np.concatenate([parts[0], between, parts[1]]))
    return out


def _turned(values: Array, before: Array) -> Array:
    """Return a quaternion, or the same one with the other sign, near to the one before."""
    return -values if float((values * before).sum()) < 0.0 else values


def _still(rig: bpy.types.Object, track: Track, length: int) -> Array:
    owner = rig.pose.bones[track.bone] if track.bone else rig
    if track.transform:
        return np.tile(np.array(getattr(owner, track.channel)), (length, 1))
    return np.tile(track.values[:1], (length, 1))


class Puppet:
    """A copy of a rig that plays reels."""

    def __init__(self, rig: bpy.types.Object, twin: bpy.types.Object, scene: bpy.types.Scene):
        """Prepare; see ``lent``."""
        self._here = armature.world_matrix(rig)
        self._twin, self._scene = twin, scene
        self._action: bpy.types.Action | None = None

    def play(self, reel: Reel, frames: Sequence[int] | None = None) -> tuple[Array, ...]:
        """Return ``armature.staged`` poses under the reel's channels, at some rows or all."""
        self.drop()
        self._action = bpy.data.actions.new("Rehearsal")
        bag = fcurves.channelbag(self._action, fcurves.assign(self._twin, self._action))
        writer, count = fcurves.Writer(bag), 1
        for path, track in reel.items():
            count = len(track.values)
            rows = np.arange(count)
            writer.dense(path, rows, track.values, track.bone or OBJECT, track.indices)
        wanted = range(count) if frames is None else frames
        return armature.staged(self._twin, wanted, self._scene, self._here)

    def drop(self) -> None:
        """Remove what was played."""
        if self._action is not None:
            bpy.data.actions.remove(self._action)
            self._action = None


@contextmanager
def lent(rig: bpy.types.Object) -> Iterator[Puppet]:
    """Lend a copy of a rig to play on."""
    with rig_copy.double(rig) as (twin, scene):
        puppet = Puppet(rig, twin, scene)
        try:
            yield puppet
        finally:
            puppet.drop()
