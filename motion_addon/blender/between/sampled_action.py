# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampled actions: an action's channels as dense arrays over any frames, in any order.

Owns reading them, joining those of two actions, and playing them on a copy of the rig, so that
the artist's rig and actions stay untouched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ...motion.cleanup import foot_lock
from ...motion.maths.quat import Array
from ..rig import rig_copy
from ..scene import armature, fcurves

TRANSFORMS = ("location", *fcurves.ROTATIONS, "scale")


@dataclass(frozen=True, eq=False)
class Track:
    """One property over the frames of a sampled action."""

    bone: str
    """Pose bone, or an empty text for a property of the object."""
    channel: str
    """Name of the property: location, rotation_euler or any other keyed property."""
    indices: tuple[int, ...]
    """Array indices of the columns of ``values``."""
    values: Array
    """(T, C), a row a frame."""
    keyed: frozenset[int] = frozenset()
    """Scene frames, rounded, on which any of the property's F-curves has a key."""

    @property
    def transform(self) -> bool:
        """Whether the property moves a bone or the object."""
        return self.channel in TRANSFORMS


SampledAction = dict[str, Track]
"""Data path to track."""


def read(rig: bpy.types.Object, action: bpy.types.Action, frames: Iterable[float]) -> SampledAction:
    """Return the channels of an action at scene frames (T,).

    Transforms have all their components; those without an F-curve take the rig's present value.
    """
    frames = list(frames)
    bag = fcurves.found_bag(rig, action)
    curves: dict[str, list[bpy.types.FCurve]] = {}
    for curve in bag.fcurves if bag is not None else ():
        if len(curve.keyframe_points) and not curve.mute:
            curves.setdefault(curve.data_path, []).append(curve)
    sampled: SampledAction = {}
    for path, own in curves.items():
        bone, channel = fcurves.parted(path)
        if bone and bone not in rig.pose.bones:
            continue
        own.sort(key=lambda curve: curve.array_index)
        columns = {c.array_index: [c.evaluate(frame) for frame in frames] for c in own}
        if channel in TRANSFORMS:
            still = getattr(rig.pose.bones[bone] if bone else rig, channel)
            columns = {i: columns.get(i, [v] * len(frames)) for i, v in enumerate(still)}
        keys = {round(point.co[0]) for curve in own for point in curve.keyframe_points}
        values = np.array(list(columns.values()), dtype=np.float64).T
        sampled[path] = Track(bone, channel, tuple(columns), values, frozenset(keys))
    return sampled


def joined(
    rig: bpy.types.Object, first: SampledAction, second: SampledAction, transition: int
) -> SampledAction:
    """Return one sampled action after the other, with ``transition`` frames in between.

    In the transition, transforms blend smoothly and other properties hold the first action's
    value. A property that only one action has keeps the rig's present value in the other.
    """
    out = {}
    lengths = [len(next(iter(action.values())).values) for action in (first, second)]
    for path in {**first, **second}:
        tracks = [action.get(path) for action in (first, second)]
        known = next(track for track in tracks if track is not None)
        parts = [
            _still(rig, known, length) if track is None else track.values
            for track, length in zip(tracks, lengths, strict=True)
        ]
        share = foot_lock.eased(np.arange(1, transition + 1) / (transition + 1))[:, None]
        share = share if known.transform else np.zeros_like(share)
        end = _turned(parts[1][:1], parts[0][-1:]) if "quaternion" in path else parts[1][:1]
        between = parts[0][-1:] + share * (end - parts[0][-1:])
        out[path] = replace(known, values=np.concatenate([parts[0], between, parts[1]]))
    return out


def _turned(values: Array, before: Array) -> Array:
    """Return a quaternion with the sign that is nearer to the one before."""
    return -values if float((values * before).sum()) < 0.0 else values


def _still(rig: bpy.types.Object, track: Track, length: int) -> Array:
    owner = rig.pose.bones[track.bone] if track.bone else rig
    if track.transform:
        return np.tile(np.array(getattr(owner, track.channel)), (length, 1))
    return np.tile(track.values[:1], (length, 1))


class ActionPlayer:
    """Plays sampled actions on a copy of a rig."""

    def __init__(self, rig: bpy.types.Object, twin: bpy.types.Object, scene: bpy.types.Scene):
        """Take the rig and its copy in a scene of its own; see ``player``."""
        self._here = armature.world_matrix(rig)
        self._twin, self._scene = twin, scene
        self._action: bpy.types.Action | None = None

    def play(
        self, sampled: SampledAction, frames: Sequence[int] | None = None
    ) -> tuple[Array, ...]:
        """Return ``armature.staged`` poses of the sampled action at ``frames``, or at all rows."""
        self.drop()
        self._action = bpy.data.actions.new("Footfall Playback")
        bag = fcurves.channelbag(self._action, fcurves.assign(self._twin, self._action))
        writer, count = fcurves.Writer(bag), 1
        for path, track in sampled.items():
            count = len(track.values)
            rows = np.arange(count)
            writer.dense(path, rows, track.values, track.bone or fcurves.OBJECT, track.indices)
        wanted = range(count) if frames is None else frames
        return armature.staged(self._twin, wanted, self._scene, self._here)

    def drop(self) -> None:
        """Remove the action that was played."""
        if self._action is not None:
            bpy.data.actions.remove(self._action)
            self._action = None


@contextmanager
def player(rig: bpy.types.Object) -> Iterator[ActionPlayer]:
    """Provide a player on a copy of the rig, which is removed afterwards."""
    with rig_copy.double(rig) as (twin, scene):
        made = ActionPlayer(rig, twin, scene)
        try:
            yield made
        finally:
            made.drop()
