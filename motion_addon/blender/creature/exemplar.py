# SPDX-License-Identifier: GPL-3.0-or-later
"""The clip that a creature is made from: which one is picked, and reading its evaluated pose.

The armature plays the clip on a stage, a scene of its own, with all its constraints and drivers,
so that control rigs read as well as deform rigs and nothing of the artist's scene is touched.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..keys import state, takes
from ..rig import character
from ..scene import units

if TYPE_CHECKING:
    from ...motion.maths.quat import Array
    from ...motion.rigs import RigBones, RigMap

LEAST_RATE = 48.0
"""Samples a second: of scenes with fewer frames the curves between frames are read as well."""
LONGEST = 120.0
"""Seconds of a clip that are read."""
CHUNK = 8
"""Samples between two looks at the keyboard."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A clip as an armature plays it, in the axes and units of the motion core."""

    name: str
    """Of the action."""
    rig: RigBones
    rotations: Array
    """(T, B, 4) wxyz in the world."""
    positions: Array
    """(T, B, 3) heads in the world, meters."""
    fps: float
    rig_map: RigMap | None
    """The parts of the body as they are mapped; None leaves finding them to the doctor."""
    first: float = 1.0
    """Scene frame of the first sample."""
    parts: int = 1
    """Samples in a scene frame."""

    def body(self) -> Reading:
        """Return the reading of the bones that make the body, without controls and helpers.

        Those are the mapped bones, and the deforming ones where the mapped ones deform.
        """
        import numpy as np

        if self.rig_map is None or self.rig.deforms is None:
            return self
        names = [bone for bones in self.rig_map.roles.values() for bone in bones]
        mapped = np.array([self.rig.index(name) for name in names])
        keep = np.zeros(len(self.rig), dtype=bool)
        if self.rig.deforms[mapped].mean() > 0.5:
            keep = np.array(self.rig.deforms)
        keep[mapped] = True
        rows = np.flatnonzero(keep)
        return replace(
            self,
            rig=self.rig.subset([int(bone) for bone in rows]),
            rotations=self.rotations[:, rows],
            positions=self.positions[:, rows],
        )


def picked_rig(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the armature that plays the clip: the picked one, else the character, else None."""
    rig: bpy.types.Object | None = context.scene.footfall.oneshot.rig
    return rig if rig is not None else character.current(context)


def picked_action(context: bpy.types.Context) -> bpy.types.Action | None:
    """Return the picked action, else the one that the armature plays, else None."""
    action: bpy.types.Action | None = context.scene.footfall.oneshot.action
    rig = picked_rig(context)
    if action is None and rig is not None and rig.animation_data is not None:
        action = rig.animation_data.action
    return action


def refusal(context: bpy.types.Context) -> str:
    """Return in one plain sentence why no clip can be read; empty if one can."""
    rig = picked_rig(context)
    if rig is None:
        return "Pick the armature that plays the clip"
    name = f"'{rig.name}'"
    if rig.type != "ARMATURE":
        return f"{name} is not an armature"
    problem = character.own_refusal(rig) or character.state_refusal(rig)
    if problem:
        return problem
    if rig.hide_viewport:
        return f"{name} is switched off in viewports; switch it on first"
    return _map_refusal(rig) or _clip_refusal(context, rig)


def _map_refusal(rig: bpy.types.Object) -> str:
    """Return why the bone map tells of no animal; rows that tell nothing are left to the doctor."""
    if not rig.footfall.bones:
        return ""
    problem = character.map_refusal(rig)
    if rig.footfall.kind == "quadruped":
        return problem
    walks = f"'{rig.name}' walks on two legs; One Shot learns from animals on four"
    return "" if problem else walks


def _clip_refusal(context: bpy.types.Context, rig: bpy.types.Object) -> str:
    action = picked_action(context)
    if action is None:
        return f"'{rig.name}' plays no action; pick a clip, or import one"
    own = context.scene.footfall.oneshot.action is None
    if own and any(take.action == action for take in rig.footfall.takes):
        return f"'{action.name}' is a take; pick the action that holds the clip"
    if not moves(rig, action):
        return f"'{action.name}' has no keys on bones of '{rig.name}'"
    first, last = frame_range(context.scene, action)
    seconds = (last - first) / units.frame_rate(context.scene)
    if last - first < 1.0:
        return "The clip is over within one frame"
    if seconds > LONGEST:
        return f"The clip is {seconds:.0f} s long; learn from a part of it, two minutes at most"
    return ""


def _slot(rig: bpy.types.Object, action: bpy.types.Action) -> bpy.types.ActionSlot | None:
    """Return the slot of an action that an armature plays, or would play."""
    data = rig.animation_data
    if data is not None and data.action == action and data.action_slot is not None:
        return data.action_slot
    fitting = [slot for slot in action.slots if slot.target_id_type in {"OBJECT", "UNSPECIFIED"}]
    named = [slot for slot in fitting if slot.name_display == rig.name]
    return next(iter((*named, *fitting)), None)


def moves(rig: bpy.types.Object, action: bpy.types.Action) -> bool:
    """Whether an action has keys on bones that a rig has."""
    slot = _slot(rig, action)
    if slot is None:
        return False
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips]
    for curve in (curve for bag in bags if bag is not None for curve in bag.fcurves):
        start, _, rest = curve.data_path.partition('["')
        if start == "pose.bones" and bpy.utils.unescape_identifier(rest.split('"]')[0]) in (
            rig.pose.bones
        ):
            return True
    return False


def frame_range(scene: bpy.types.Scene, action: bpy.types.Action) -> tuple[float, float]:
    """Return the first and last frame to learn from."""
    settings = scene.footfall.oneshot
    if settings.part:
        return float(settings.frame_start), float(settings.frame_end)
    start, end = action.frame_range[:]
    return float(start), float(end)


def read_steps(context: bpy.types.Context) -> Generator[float, None, Reading]:
    """Read the picked clip; yields progress 0..1. Raises RefusedError.

    Stopped half-way or at its end, the armature is as it was.
    """
    import numpy as np

    from ...motion.maths import quat
    from ..rig import control_rigs
    from ..scene import armature

    problem = refusal(context)
    rig, action = picked_rig(context), picked_action(context)
    if problem or rig is None or action is None:
        raise RefusedError(problem)
    frames, rate = _moments(context.scene, action)
    rotations, positions = [], []
    bones = armature.read_rig(rig)
    if not rig.footfall.bones:
        character.detect(rig)
    rig_map = None
    if rig.footfall.kind == "quadruped":
        rig_map = control_rigs.prepare(bones, character.load_map(rig))
    with _playing(rig, action, context.scene), _stage(rig, context.scene) as stage:
        for start in range(0, len(frames), CHUNK):
            turns, heads = armature.sample(rig, frames[start : start + CHUNK], stage)
            rotations.append(turns)
            positions.append(heads)
            yield start / len(frames)
    order = [rig.pose.bones.find(name) for name in bones.names]
    turns = quat.unroll(np.concatenate(rotations)[:, order])
    heads = np.concatenate(positions)[:, order]
    read = _in_meters(
        action.name, bones, turns, heads, rate, rig_map, units.meters_per_unit(context.scene)
    )
    parts = round(rate / units.frame_rate(context.scene))
    return replace(read, first=frames[0], parts=parts)


def played(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> tuple[Array, Array, RigBones]:
    """Return rotations (T, B, 4), heads (T, B, 3) and bones of a rig that plays an action.

    On each frame of it, LONGEST at most, in motion axes. Raises RefusedError.
    """
    from ..scene import armature

    bones = armature.read_rig(rig)
    start, end = action.frame_range[:]
    count = int(min(end - start, LONGEST * units.frame_rate(scene)) + 1e-6) + 1
    with _playing(rig, action, scene), _stage(rig, scene) as stage:
        turns, heads = armature.sample(rig, [start + i for i in range(count)], stage)
    order = [rig.pose.bones.find(name) for name in bones.names]
    return turns[:, order], heads[:, order], bones


def played_by_animal(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> Reading:
    """Return what the body of a mapped animal does in an action, as ``played``, in meters.

    Raises RefusedError and RefusedError.
    """
    from ..rig import control_rigs

    turns, heads, bones = played(rig, action, scene)
    rig_map = control_rigs.prepare(bones, character.load_map(rig))
    rate, unit = units.frame_rate(scene), units.meters_per_unit(scene)
    return _in_meters(action.name, bones, turns, heads, rate, rig_map, unit).body()


def _moments(scene: bpy.types.Scene, action: bpy.types.Action) -> tuple[list[float], float]:
    """Return the scene frames to read, and how many of them make a second."""
    import numpy as np

    rate = units.frame_rate(scene)
    parts = max(math.ceil(LEAST_RATE / rate - 1e-6), 1)
    first, last = frame_range(scene, action)
    count = int((last - first) * parts + 1e-6) + 1
    return (first + np.arange(count) / parts).tolist(), rate * parts


def _in_meters(
    name: str,
    rig: RigBones,
    rotations: Array,
    positions: Array,
    fps: float,
    rig_map: RigMap | None,
    unit: float,
) -> Reading:
    """Return a reading in meters of the bones that have a place and a direction in each frame."""
    import numpy as np

    sound = np.isfinite(rotations).all(axis=(0, 2)) & np.isfinite(positions).all(axis=(0, 2))
    parts = rig_map.roles.values() if rig_map is not None else ()
    for bone in (bone for names in parts for bone in names):
        if not sound[rig.index(bone)]:
            raise RefusedError(f"'{bone}' has no size or no place in the clip; check its scale")
    keep = np.flatnonzero(sound)
    part = rig.subset([int(bone) for bone in keep])
    x, y, z = part.origin
    part = replace(
        part,
        rest_heads=part.rest_heads * unit,
        lengths=part.lengths * unit,
        scale=part.scale * unit,
        origin=(x * unit, y * unit, z * unit),
    )
    return Reading(name, part, rotations[:, keep], positions[:, keep] * unit, fps, rig_map)


@contextmanager
def _playing(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> Iterator[None]:
    """Let an armature play an action alone, and put everything back afterwards."""
    data = rig.animation_data
    if data is not None and data.action == action and _plays_alone(data):
        yield
        return
    own = None if data is None else data.action
    before, slot = state.capture(rig, scene), _slot(rig, action)
    try:
        takes.assign(rig, action)
        rig.animation_data.action_slot = slot
        rig.animation_data.use_nla = False
        yield
    finally:
        state.restore(rig, scene, before, own)


def _plays_alone(data: bpy.types.AnimData) -> bool:
    """Whether nothing but the assigned action moves the armature."""
    tracks = [track for track in data.nla_tracks if not track.mute and len(track.strips)]
    mixed = data.action_influence < 1.0 or data.action_blend_type != "REPLACE"
    return data.action_slot is not None and not mixed and not (data.use_nla and tracks)


@contextmanager
def _stage(rig: bpy.types.Object, scene: bpy.types.Scene) -> Iterator[bpy.types.Scene]:
    """Put an armature into a scene of its own, in which time runs without the artist's."""
    stage = bpy.data.scenes.new("One Shot")
    try:
        stage.render.fps, stage.render.fps_base = scene.render.fps, scene.render.fps_base
        stage.collection.objects.link(rig)
        yield stage
    finally:
        bpy.data.scenes.remove(stage)
