# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of keys of a baked clip on an armature, and writing it into an action.

Owns the order of the steps: read the rig, retarget, choose the bones that carry the keys (deform
bones, Rigify's controls, custom IK targets), convert to channels, reduce keys, write. The
mathematics is in ``motion.retarget``, F-curves in ``scene.fcurves``, takes in ``takes``.

    plan = plan_keys(obj, rig_map, clip, KeySettings(root_motion="root"))
    action = write(plan, obj, frame_start=1)     # a new action; or write(plan, obj, action, slot)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import bpy
import numpy as np

from ...motion.body.body import Body
from ...motion.body.body_pose import BodyPose
from ...motion.clip.clip import Clip
from ...motion.creature.own_rig.own_pose import OwnPose
from ...motion.footing.footing import Footing
from ...motion.maths.quat import Array
from ...motion.retarget.channels import Channels, RootMotion, channels
from ...motion.retarget.keyframe_reduction import thin
from ...motion.retarget.settings import RetargetSettings
from ...motion.rigs import RigBones, RigMap
from ...motion.rigs.measure import measure
from ..rig import control_rigs, extra_bones, laid_pose, level_pose, skin_soles
from ..rig.laid_pose import OwnPrints
from ..rig.rig_copy import built_in, set_switch
from ..scene import armature, bound_meshes, fcurves
from . import constant_keys, expected_places
from .constant_keys import ConstantKeys
from .expected_places import Expected


@dataclass(frozen=True)
class KeySettings:
    """Options of the keys of a clip."""

    root_motion: RootMotion = "hips"
    """Carrier of the travel: the hips, the root bone, the object, or none."""
    keys: Literal["dense", "sparse"] = "dense"
    """A key on each frame, or the fewest keys within ``tolerance``."""
    tolerance: float = 0.005
    """Largest error of a sparse curve: meters for locations, radians for rotations."""
    fps: float | None = None
    """Scene frames per second; None uses the clip's rate."""
    cyclic: bool | None = None
    """Whether the clip is a loop, so that smoothing wraps; None detects it."""
    ball_height: float | None = None
    """Height (m) of the clip's ball joints when planted; None measures it."""
    palms: float = 0.7
    """Radians to turn the hands about the forearm: the training mocap holds the palms outwards."""
    gaze: float = 0.0
    """Strength, 0 to 1, of the gaze in the clip."""
    controls: Literal["auto", "deform"] = "auto"
    """Auto keys the controls of a control rig; deform keys the mapped bones."""

    @property
    def slack(self) -> float:
        """Largest error that the keys themselves may have: ``tolerance`` if they are sparse."""
        return self.tolerance if self.keys == "sparse" else 0.0


@dataclass(frozen=True)
class BoneKeys:
    """Channels of one pose bone over all frames of the plan."""

    bone: str
    rotation: Array | None
    """(T, 4) wxyz, sign-continuous, in the bone's rest basis (``matrix_basis``).

    (1, 4) is a single key that holds.
    """
    location: Array | None
    """(T, 3) in the bone's rest basis and armature units."""
    tolerance: float = 1.0
    """Factor on ``KeySettings.tolerance``, smaller for feet and the bones above them."""


@dataclass(frozen=True)
class KeyPlan:
    """All channels that ``write`` writes into an action; plain arrays, no Blender data."""

    frames: Array
    """(T,) scene frames, starting at 0."""
    bones: tuple[BoneKeys, ...]
    object_location: Array | None = None
    """(T, 3) for the object's ``location`` (parent space), if the object carries the travel."""
    object_rotation: Array | None = None
    """(T, 4) wxyz for the object's rotation, likewise."""
    switches: tuple[tuple[str, str, float], ...] = ()
    """Pose bone, custom or built-in property, value: set, and keyed on the first frame."""
    constants: tuple[ConstantKeys, ...] = ()
    """Keys against poses and animation that the take must not inherit."""
    expected: Expected | None = None
    """Places of hips and feet that the keys should give."""
    settings: KeySettings = field(default_factory=KeySettings)
    notes: tuple[str, ...] = ()
    """Plain sentences for the artist."""
    prints: OwnPrints | None = None
    """Footprints that the character leaves; None of a clip without contacts."""


def plan_keys(
    obj: bpy.types.Object,
    rig_map: RigMap,
    clip: Clip,
    settings: KeySettings | None = None,
    own: OwnPose | None = None,
    footing: Footing | None = None,
) -> KeyPlan:
    """Retarget ``clip`` to the armature ``obj`` and lay out its channels; changes nothing.

    Args:
        obj: an armature object; its world matrix, parent and rest pose are respected.
        rig_map: from ``rigs.detect(armature.read_rig(obj))`` or edited by the artist.
        clip: world = path coordinates, motion axes (Y up), as ``bake`` returns it.
        settings: see ``KeySettings``.
        own: motion of the bones of a creature's own rig, whose clip is ``clip``.
        footing: footprints and ground on which the level motion of ``clip`` is laid.

    Raises RefusedError: linked data, no bones, zero scale, missing roles and the like.
    """
    settings = settings or KeySettings()
    rig = armature.read_rig(obj)
    auto = settings.controls == "auto"
    rig_map = control_rigs.prepare(rig, rig_map) if auto else rig_map
    body = measure(rig, rig_map)
    posed, prints = _laid(obj, _pose(body, clip, settings, own), clip, footing)
    settings, mesh_notes = _with_mesh(obj, body, settings)
    scheme = control_rigs.find(obj, body, rig_map) if auto else None
    if scheme is not None:
        keyed, switches, notes = scheme(obj, posed, settings.root_motion)
    else:
        keyed, switches, notes = channels(posed, settings.root_motion), (), ()
    location, rotation = _object_keys(obj, keyed)
    bones = _bone_keys(body, keyed)
    extra = tuple(_extra_keys(obj, body, own, bones, scheme is not None))
    resting = tuple(_resting(rig, body, (*bones, *extra)))
    located = {keys.bone: keys.location is not None for keys in (*bones, *resting)}
    held = constant_keys.constants(obj, body, located, travels=location is not None)
    return KeyPlan(
        np.arange(clip.frames) * ((settings.fps or clip.fps) / clip.fps),
        (*bones, *extra, *resting),
        location,
        rotation,
        switches,
        held.keys,
        expected_places.expected(obj, posed, clip, settings.root_motion, settings.slack),
        settings,
        (*mesh_notes, *notes, *_remarks(posed), *held.notes),
        prints,
    )


def _object_keys(obj: bpy.types.Object, keyed: Channels) -> tuple[Array | None, Array | None]:
    """Return location (T, 3) and rotation (T, 4) of an object that carries the travel."""
    if keyed.object_positions is None or keyed.object_turns is None:
        return None, None
    return armature.object_channels(obj, keyed.object_positions, keyed.object_turns)


def _extra_keys(
    obj: bpy.types.Object,
    body: Body,
    own: OwnPose | None,
    bones: tuple[BoneKeys, ...],
    controls: bool,
) -> Iterator[BoneKeys]:
    """Yield keys of a creature's extra bones, such as ears, which are not among ``bones``."""
    if own is None:
        return
    done = {keys.bone for keys in bones}
    for channel in extra_bones.channels(obj, body, own, done, controls):
        yield BoneKeys(*channel, tolerance=1.5)


def _pose(body: Body, clip: Clip, settings: KeySettings, own: OwnPose | None) -> BodyPose:
    posed = level_pose.posed(
        clip,
        body,
        settings.ball_height,
        RetargetSettings(
            cyclic=settings.cyclic,
            palms=settings.palms,
            gaze=settings.gaze,
        ),
    )
    return posed if own is None else own.applied_to(posed)


def _laid(
    obj: bpy.types.Object, posed: BodyPose, clip: Clip, footing: Footing | None
) -> tuple[BodyPose, OwnPrints | None]:
    """Return a level pose on its footing, and the footprints; none without contacts."""
    if clip.contacts is None:
        return posed, None
    prints = laid_pose.laid(posed, clip, footing, skin_soles.soles(obj, posed.body))
    return prints.laid.pose, prints


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
    """Return settings that key the root bone if it deforms the mesh, and a note on that."""
    if settings.root_motion != "hips":
        return settings, ()
    above = {body.rig.names[bone] for bone in body.rig.ancestors(body.bone("hips"))}
    left = bound_meshes.deforming_bone(obj, above) if above else None
    if left is None:
        return settings, ()
    note = f'Parts of the mesh hang on "{left}"; the root bone carries the travel.'
    return replace(settings, root_motion="root"), (note,)


def _resting(rig: RigBones, body: Body, keyed: tuple[BoneKeys, ...]) -> Iterator[BoneKeys]:
    """Yield single keys at rest for the unkeyed bones above the hips, which must not move."""
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
    fill(plan, obj, action, slot, frame_start)
    set_switches(plan, obj)
    return action


def fill(
    plan: KeyPlan,
    obj: bpy.types.Object,
    action: bpy.types.Action,
    slot: Any,
    frame_start: float,
) -> None:
    """Write the plan's keys into a slot of an action; ``obj`` is only read."""
    writer = fcurves.Writer(fcurves.channelbag(action, slot))
    frames = plan.frames + frame_start
    assert obj.pose is not None
    for keys in plan.bones:
        bone = obj.pose.bones[keys.bone]
        path = fcurves.bone_path(keys.bone)
        writer.drop(f"{path}.{name}" for name in fcurves.ROTATIONS)
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
    for held in plan.constants:
        for index, value in enumerate(held.values):
            writer.constant(held.path, float(frames[0]), value, held.group, index)
    for name, prop, value in plan.switches:
        _write_switch(writer, float(frames[0]), name, prop, value)


def set_switches(plan: KeyPlan, obj: bpy.types.Object) -> None:
    """Set the switches of control bones, such as IK to FK, as the plan keys them."""
    assert obj.pose is not None
    for name, prop, value in plan.switches:
        set_switch(obj.pose.bones[name], prop, value)


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
    writer.drop(fcurves.ROTATIONS)
    name, values = fcurves.rotation_channels(obj.rotation_mode, plan.object_rotation)
    _curves(writer, name, frames, values, plan.settings, fcurves.OBJECT, 0.5)
    places = plan.object_location
    _curves(writer, "location", frames, places, plan.settings, fcurves.OBJECT, 1.0)


def _write_switch(writer: fcurves.Writer, frame: float, name: str, prop: str, value: float) -> None:
    own = f".{prop}" if built_in(prop) else f'["{bpy.utils.escape_identifier(prop)}"]'
    writer.constant(fcurves.bone_path(name) + own, frame, value, name)
