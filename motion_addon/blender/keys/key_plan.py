# SPDX-License-Identifier: GPL-3.0-or-later
"""From a baked clip to keys on an armature: the one entry point for operators.

Owns the order of the steps: read the rig, retarget, choose the bones that carry the keys (deform
bones, Rigify's controls, custom IK targets), convert to channels, thin out, write. Does not own
the mathematics (``motion.retarget``), nor F-curves (``fcurves``), nor takes and undo.

    plan = plan_keys(obj, rig_map, clip, KeySettings(root_motion="root"))
    before = snapshot(obj, plan)                 # to restore exactly, when a take is rejected
    action = write(plan, obj, frame_start=1)     # a new action; or write(plan, obj, action, slot)
    restore(obj, before)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import bpy
import numpy as np

from ...motion.body.body import Body
from ...motion.clip.clip import Clip
from ...motion.creature.own_rig.own_pose import OwnPose
from ...motion.maths.quat import Array
from ...motion.retarget import people
from ...motion.retarget.body_pose import BodyPose
from ...motion.retarget.channels import Channels, RootMotion, channels
from ...motion.retarget.keyframe_reduction import thin
from ...motion.rigs import RigBones, RigMap
from ...motion.rigs.measure import measure
from ..rig import control_rigs, extra_bones
from ..rig.rig_copy import built_in, set_switch
from ..scene import armature, bound_meshes, fcurves


@dataclass(frozen=True)
class KeySettings:
    """How a clip becomes keys."""

    root_motion: RootMotion = "hips"
    """Where the travel goes: the hips, the root bone, the object, or nowhere."""
    keys: Literal["dense", "sparse"] = "dense"
    """One key a frame, or the fewest keys within ``tolerance``."""
    tolerance: float = 0.005
    """Largest error of a sparse curve: meters for locations, radians for rotations."""
    fps: float | None = None
    """Scene frames per second; None takes the clip's own rate (one key on each frame)."""
    cyclic: bool | None = None
    """Whether the clip is a loop, so that smoothing wraps; None finds out from the clip."""
    ball_height: float | None = None
    """Height (m) of the clip's ball joints when planted; None measures it."""
    palms: float = 0.7
    """Radians to turn the hands about the forearm: the models' mocap holds the palms outwards."""
    gaze: float = 0.0
    """How far the head of the clip looks at something, 0..1."""
    controls: Literal["auto", "deform"] = "auto"
    """Auto keys a control rig's own controls where it has them; deform keys the mapped bones."""


@dataclass(frozen=True)
class BoneKeys:
    """Channels of one pose bone over all frames of the plan."""

    bone: str
    rotation: Array | None
    """(T, 4) wxyz, sign-continuous, in the bone's own rest basis (``matrix_basis``).

    One row instead of T is a single key that holds.
    """
    location: Array | None
    """(T, 3) in the bone's own rest basis and armature units."""
    tolerance: float = 1.0
    """Multiplies ``KeySettings.tolerance``: feet and what carries them are kept closer."""


@dataclass(frozen=True)
class KeyPlan:
    """Everything that ``write`` puts into an action; plain arrays, no Blender data."""

    frames: Array
    """(T,) scene frames, starting at 0."""
    bones: tuple[BoneKeys, ...]
    object_location: Array | None = None
    """(T, 3) in the object's own ``location`` (parent space), for root motion on the object."""
    object_rotation: Array | None = None
    """(T, 4) wxyz, likewise."""
    switches: tuple[tuple[str, str, float], ...] = ()
    """(pose bone, custom or built-in property, value): set, and keyed once at the start."""
    settings: KeySettings = field(default_factory=KeySettings)
    notes: tuple[str, ...] = ()
    """Plain sentences worth showing to the artist."""


def plan_keys(
    obj: bpy.types.Object,
    rig_map: RigMap,
    clip: Clip,
    settings: KeySettings | None = None,
    own: OwnPose | None = None,
) -> KeyPlan:
    """Retarget ``clip`` to the armature ``obj`` and lay out its channels; changes nothing.

    Args:
        obj: an armature object; its world matrix, parent and rest pose are respected.
        rig_map: from ``rigs.detect(armature.read_rig(obj))`` or edited by the artist.
        clip: world = path coordinates, motion axes (Y up), as ``bake`` returns it.
        settings: see ``KeySettings``.
        own: of a creature, what the bones of its own rig do; ``clip`` is that of the creature.

    Raises:
        RefusedError: one plain sentence (linked data, no bones, zero scale, missing roles, ...).
    """
    settings = settings or KeySettings()
    rig = armature.read_rig(obj)
    if settings.controls == "auto":
        rig_map = control_rigs.prepare(rig, rig_map)
    body = measure(rig, rig_map)
    posed = _pose(body, clip, settings)
    posed = posed if own is None else own.applied_to(posed)
    settings, hung = _with_mesh(obj, body, settings)
    scheme = control_rigs.find(obj, body, rig_map) if settings.controls == "auto" else None
    if scheme is not None:
        keyed, switches, notes = scheme(obj, posed, settings.root_motion)
    else:
        keyed, switches, notes = channels(posed, settings.root_motion), (), ()
    location = rotation = None
    if keyed.object_positions is not None and keyed.object_turns is not None:
        location, rotation = armature.object_channels(
            obj, keyed.object_positions, keyed.object_turns
        )
    step = 1.0 if settings.fps is None else settings.fps / clip.fps
    bones = _bone_keys(body, keyed)
    if own is not None:
        bones = (*bones, *_besides(obj, body, own, bones, scheme is not None))
    return KeyPlan(
        np.arange(clip.frames) * step,
        (*bones, *_resting(rig, body, bones)),
        location,
        rotation,
        switches,
        settings,
        (*hung, *notes, *_remarks(posed)),
    )


def _besides(
    obj: bpy.types.Object,
    body: Body,
    own: OwnPose,
    bones: tuple[BoneKeys, ...],
    controls: bool,
) -> Iterator[BoneKeys]:
    """Yield keys of what a creature does besides ``bones``, such as of its ears."""
    done = {keys.bone for keys in bones}
    for channel in extra_bones.channels(obj, body, own, done, controls):
        yield BoneKeys(*channel, tolerance=1.5)


def _pose(body: Body, clip: Clip, settings: KeySettings) -> BodyPose:
    source = people.source_body(clip, ball=settings.ball_height)
    return people.pose(
        clip,
        source,
        body,
        people.RetargetSettings(
            cyclic=settings.cyclic,
            palms=settings.palms,
            gaze=settings.gaze,
        ),
    )


def _bone_keys(body: Body, keyed: Channels) -> tuple[BoneKeys, ...]:
    toes = body.kind.foot.rolls
    legs = {bone for leg in body.legs for bone in leg.bones[: leg.bent + 1 if toes else None]}
    close = {*keyed.locations, *legs}
    return tuple(
        BoneKeys(
            body.rig.names[bone],
            keyed.rotations.get(bone),
            keyed.locations.get(bone),
            0.5 if bone in close else 1.5,
        )
        for bone in sorted({*keyed.rotations, *keyed.locations})
    )


def _with_mesh(
    obj: bpy.types.Object, body: Body, settings: KeySettings
) -> tuple[KeySettings, tuple[str, ...]]:
    """Take the root bone along where parts of the mesh hang on it and would stay behind."""
    if settings.root_motion != "hips":
        return settings, ()
    above = {body.rig.names[bone] for bone in body.rig.ancestors(body.bone("hips"))}
    left = bound_meshes.deforming_bone(obj, above) if above else None
    if left is None:
        return settings, ()
    note = f'Parts of the mesh hang on "{left}"; the root bone carries the travel.'
    return replace(settings, root_motion="root"), (note,)


def _resting(rig: RigBones, body: Body, keyed: tuple[BoneKeys, ...]) -> Iterator[BoneKeys]:
    """Yield single keys at rest for the bones above the hips, which the plan takes as unmoved."""
    done = {keys.bone for keys in keyed}
    for bone in rig.ancestors(body.bone("hips")):
        if rig.names[bone] not in done and not rig.names[bone].startswith(control_rigs.HELPERS):
            yield BoneKeys(rig.names[bone], np.array([[1.0, 0.0, 0.0, 0.0]]), np.zeros((1, 3)))


def _remarks(posed: BodyPose) -> Iterator[str]:
    most = float(posed.lowered.max(initial=0.0))
    if most > 0.02:
        yield f"The pelvis is lowered by up to {100.0 * most:.0f} cm so that the legs reach."


def write(
    plan: KeyPlan,
    obj: bpy.types.Object,
    action: bpy.types.Action | None = None,
    slot: Any | None = None,
    frame_start: float = 1.0,
) -> bpy.types.Action:
    """Write the plan's keys into ``action`` (None makes one) and assign it to ``obj``.

    ``slot`` None takes the action's slot for this object, or adds one. F-curves of the same
    channels in that slot are replaced, others are left alone. Keys land on
    ``frame_start + plan.frames``. Returns the action.
    """
    armature.check(obj)
    action = action or bpy.data.actions.new(f"{obj.name} Walk")
    slot = fcurves.assign(obj, action, slot)
    writer = fcurves.Writer(fcurves.channelbag(action, slot))
    frames = plan.frames + frame_start
    assert obj.pose is not None
    for keys in plan.bones:
        bone = obj.pose.bones[keys.bone]
        path = f'pose.bones["{bpy.utils.escape_identifier(keys.bone)}"]'
        writer.drop(f"{path}.{name}" for name in _ROTATIONS)
        if keys.rotation is not None:
            name, values = fcurves.rotation_channels(bone.rotation_mode, keys.rotation)
            # A quaternion's parts change half as fast as its angle.
            share = keys.tolerance * (1.0 if name == "rotation_euler" else 0.5)
            _curves(writer, f"{path}.{name}", frames, values, plan.settings, keys.bone, share)
        if keys.location is not None:
            share = keys.tolerance / max(armature.scale_of(obj), 1e-6)
            target = f"{path}.location"
            _curves(writer, target, frames, keys.location, plan.settings, keys.bone, share)
    _write_object(plan, obj, writer, frames)
    for name, prop, value in plan.switches:
        _write_switch(obj, writer, float(frames[0]), name, prop, value)
    return action


_ROTATIONS = ("rotation_quaternion", "rotation_euler", "rotation_axis_angle")


def _curves(
    writer: fcurves.Writer,
    path: str,
    frames: Array,
    values: Array,
    settings: KeySettings,
    group: str,
    share: float,
) -> None:
    if len(values) == 1:
        for index, value in enumerate(values[0]):
            writer.constant(path, float(frames[0]), float(value), group, index)
    elif settings.keys == "sparse":
        writer.sparse(path, thin(frames, values, settings.tolerance * share), group)
    else:
        writer.dense(path, frames, values, group)


def _write_object(
    plan: KeyPlan, obj: bpy.types.Object, writer: fcurves.Writer, frames: Array
) -> None:
    if plan.object_location is None or plan.object_rotation is None:
        return
    writer.drop(_ROTATIONS)
    group = "Object Transforms"
    name, values = fcurves.rotation_channels(obj.rotation_mode, plan.object_rotation)
    _curves(writer, name, frames, values, plan.settings, group, 0.5)
    _curves(writer, "location", frames, plan.object_location, plan.settings, group, 1.0)


def _write_switch(
    obj: bpy.types.Object, writer: fcurves.Writer, frame: float, name: str, prop: str, value: float
) -> None:
    assert obj.pose is not None
    set_switch(obj.pose.bones[name], prop, value)
    escape = bpy.utils.escape_identifier
    own = f".{prop}" if built_in(prop) else f'["{escape(prop)}"]'
    writer.constant(f'pose.bones["{escape(name)}"]{own}', frame, value, name)
