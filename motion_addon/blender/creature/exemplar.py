# SPDX-License-Identifier: GPL-3.0-or-later
"""The exemplar, the clip that a creature is made from: picking it, and reading its poses.

A copy of the armature is evaluated in a scene of its own with all constraints and drivers, so that
control rigs read as well as deform rigs and the artist's data stay untouched. The copy lasts for
one slice of the work, so that no saved file holds it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..keys import takes
from ..rig import character
from ..scene import data_blocks, units

if TYPE_CHECKING:
    from ...motion.maths.quat import Array
    from ...motion.rigs import RigBones, RigMap

LEAST_RATE = 48.0
"""Fewest samples a second; scenes with fewer frames are read between frames as well."""
LONGEST = 120.0
"""Longest clip in seconds."""
CHUNK = 24
"""Samples between two checks for Esc; a copy of the armature is made for each chunk."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Poses of a clip on an armature, in the axes and units of the motion core."""

    name: str
    """Name of the action."""
    rig: RigBones
    rotations: Array
    """(T, B, 4) wxyz in the world."""
    positions: Array
    """(T, B, 3) heads in the world, meters."""
    fps: float
    rig_map: RigMap | None
    """Bone map of the armature; None if the doctor has to find the parts."""
    first: float = 1.0
    """Scene frame of the first sample."""
    parts: int = 1
    """Samples per scene frame."""

    def body(self) -> Reading:
        """Return the reading of the body's bones, without controls and helpers.

        These are the mapped bones and, if most of the mapped bones deform, all deform bones.
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
    """Return the armature of the clip: the picked one, else the character, else None."""
    rig: bpy.types.Object | None = context.scene.footfall.oneshot.rig
    return rig if rig is not None else character.current(context)


def picked_action(context: bpy.types.Context) -> bpy.types.Action | None:
    """Return the picked action, else the armature's assigned one, else None."""
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
    """Return why the bone map is unusable; an empty map is left to the doctor to fill."""
    if not rig.footfall.bones:
        return ""
    problem = character.map_refusal(rig)
    if character.has_creatures(rig):
        return problem
    walks = f"'{rig.name}' walks on two legs; One Shot learns from animals on four"
    return "" if problem else walks


def _clip_refusal(context: bpy.types.Context, rig: bpy.types.Object) -> str:
    action = picked_action(context)
    if action is None:
        return f"'{rig.name}' has no action; pick a clip, or import one"
    own = context.scene.footfall.oneshot.action is None
    if own and any(take.action == action for take in rig.footfall.takes):
        return f"'{action.name}' is a take; pick the action that holds the clip"
    if not moves(rig, action):
        return f"'{action.name}' has no keys on bones of '{rig.name}'"
    first, last = frame_range(context.scene, action)
    seconds = (last - first) / units.frame_rate(context.scene)
    if last - first < 1.0:
        return "The clip is shorter than one frame; pick a longer one"
    if seconds > LONGEST:
        return f"The clip is {seconds:.0f} s long; use a part of two minutes at most"
    return ""


def _slot(rig: bpy.types.Object, action: bpy.types.Action) -> bpy.types.ActionSlot | None:
    """Return the slot of an action that suits an armature, the assigned one first."""
    data = rig.animation_data
    if data is not None and data.action == action and data.action_slot is not None:
        return data.action_slot
    fitting = [slot for slot in action.slots if slot.target_id_type in {"OBJECT", "UNSPECIFIED"}]
    named = [slot for slot in fitting if slot.name_display == rig.name]
    return next(iter((*named, *fitting)), None)


def moves(rig: bpy.types.Object, action: bpy.types.Action) -> bool:
    """Whether an action has keys on bones of a rig."""
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
    """Return the first and last frame of the clip."""
    settings = scene.footfall.oneshot
    if settings.part:
        return float(settings.frame_start), float(settings.frame_end)
    start, end = action.frame_range[:]
    return float(start), float(end)


def read_steps(context: bpy.types.Context) -> Generator[float, None, Reading]:
    """Read the picked clip; yields progress 0..1. Raises RefusedError.

    The armature is restored afterwards, also if the generator is closed early.
    """
    import numpy as np

    from ...motion.maths import quat
    from ..rig import control_rigs
    from ..scene import armature

    problem = refusal(context)
    rig, action, scene = picked_rig(context), picked_action(context), context.scene
    if problem or rig is None or action is None:
        raise RefusedError(problem)
    frames, rate = _sample_frames(scene, action)
    rotations, positions = [], []
    bones = armature.read_rig(rig)
    if not rig.footfall.bones:
        character.detect(rig)
    rig_map = None
    if character.has_creatures(rig):
        rig_map = control_rigs.prepare(bones, character.load_map(rig))
    unit, name = units.meters_per_unit(scene), action.name
    parts = round(rate / units.frame_rate(scene))
    uids = rig.session_uid, action.session_uid, scene.session_uid
    order = [rig.pose.bones.find(bone) for bone in bones.names]
    for start in range(0, len(frames), CHUNK):
        rig, action, scene = clip_of(*uids)
        armature.check(rig)
        if [rig.pose.bones.find(bone) for bone in bones.names] != order:
            raise RefusedError(
                f"The bones of '{rig.name}' changed while its clip was read; read it again"
            )
        with _playing(rig, action, scene) as (twin, stage):
            turns, heads = armature.sample(twin, frames[start : start + CHUNK], stage)
        rotations.append(turns[:, order])
        positions.append(heads[:, order])
        yield start / len(frames)
    turns = quat.unroll(np.concatenate(rotations))
    read = _in_meters(name, bones, turns, np.concatenate(positions), rate, rig_map, unit)
    return replace(read, first=frames[0], parts=parts)


def clip_of(
    rig: int, action: int, scene: int
) -> tuple[bpy.types.Object, bpy.types.Action, bpy.types.Scene]:
    """Return a clip's armature, action and scene by their session UIDs. Raises RefusedError."""
    armature = data_blocks.same(bpy.data.objects, rig)
    played = data_blocks.same(bpy.data.actions, action)
    stage = data_blocks.same(bpy.data.scenes, scene)
    for label, found in (("armature", armature), ("action", played), ("scene", stage)):
        if found is None:
            raise RefusedError(f"The clip's {label} was deleted while it was read; read it again")
    return armature, played, stage


def played(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> tuple[Array, Array, RigBones]:
    """Return rotations (T, B, 4), heads (T, B, 3), motion axes, and bones of a rig in an action.

    Reads each frame of the action, at most ``LONGEST`` seconds. Raises RefusedError.
    """
    from ..scene import armature

    bones = armature.read_rig(rig)
    start, end = action.frame_range[:]
    count = int(min(end - start, LONGEST * units.frame_rate(scene)) + 1e-6) + 1
    with _playing(rig, action, scene) as (twin, stage):
        turns, heads = armature.sample(twin, [start + i for i in range(count)], stage)
    order = [rig.pose.bones.find(name) for name in bones.names]
    return turns[:, order], heads[:, order], bones


def played_by_animal(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> Reading:
    """Return the poses of a mapped animal's body in an action, read as by ``played``.

    Raises RefusedError.
    """
    from ..rig import control_rigs

    turns, heads, bones = played(rig, action, scene)
    rig_map = control_rigs.prepare(bones, character.load_map(rig))
    rate, unit = units.frame_rate(scene), units.meters_per_unit(scene)
    return _in_meters(action.name, bones, turns, heads, rate, rig_map, unit).body()


def _sample_frames(scene: bpy.types.Scene, action: bpy.types.Action) -> tuple[list[float], float]:
    """Return the scene frames to read and the samples per second."""
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
    """Return a reading in meters, without bones whose poses are not finite."""
    import numpy as np

    finite = np.isfinite(rotations).all(axis=(0, 2)) & np.isfinite(positions).all(axis=(0, 2))
    parts = rig_map.roles.values() if rig_map is not None else ()
    for bone in (bone for names in parts for bone in names):
        if not finite[rig.index(bone)]:
            raise RefusedError(f"'{bone}' has no finite pose in the clip; check its scale")
    keep = np.flatnonzero(finite)
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
) -> Iterator[tuple[bpy.types.Object, bpy.types.Scene]]:
    """Provide a copy of an armature that plays an action alone, in a scene of its own."""
    from ..rig import rig_copy

    with rig_copy.double(rig) as (twin, stage):
        stage.render.fps, stage.render.fps_base = scene.render.fps, scene.render.fps_base
        takes.assign(twin, action)
        twin.animation_data.action_slot = _slot(rig, action)
        yield twin, stage
