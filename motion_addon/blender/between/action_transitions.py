# SPDX-License-Identifier: GPL-3.0-or-later
"""Transitions of actions: from one action into another, and from an action's end to its start.

Owns which frames are kept and how they are written: into a new action, so that the actions that it
is filled from stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ..keys import commit
from ..scene import units
from . import fill_between
from .fill_between import FilledAction, FillSettings, Playback

if TYPE_CHECKING:
    from ...motion.clip.clip import Clip
    from ...motion.inbetween.transition import GroundTransform, Spans
    from ...motion.maths.quat import Array
    from .sampled_action import SampledAction

STEADY = 1e-5
"""Change of a channel over a loop below which its cycles repeat without an offset."""


def loop(context: bpy.types.Context, rig: bpy.types.Object, settings: FillSettings) -> Any:
    """Make the range of the action cyclic and return the take. Raises RefusedError."""
    import numpy as np

    from ...motion.inbetween import transition
    from . import sampled_action

    action, entry = fill_between.ready(context, rig), fill_between.opened(context, rig)
    first, last = _span(context, rig, action)
    source = sampled_action.read(rig, action, np.arange(first, last + 1))
    with fill_between.played(rig, source) as playback:
        clip = _clip(playback, context.scene)
        spans, ground = transition.looped(clip, settings.seam)
    again = _moved(rig, playback, ground)
    whole = sampled_action.joined(
        rig, _rows(source, spans.first), _rows(again, spans.second), spans.transition
    )
    filled = _filled(context, rig, (playback, playback), whole, (spans, ground), settings)
    filled = _cut(replace(filled, first=first), last - first + 1)
    with commit.removed_on_error(bpy.data.actions.new("Loop")) as new:
        _write(rig, filled, settings, new)
        if ground.yaw == 0.0:
            _repeat(new, filled)
        return fill_between.show(context, entry, new, filled.report, settings, "Loop")


def stitch(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    second: bpy.types.Action | None,
    settings: FillSettings,
) -> Any:
    """Continue the range of the action with another action. Raises RefusedError."""
    import numpy as np

    from ...motion.inbetween import transition
    from . import key_poses, sampled_action

    action, entry = fill_between.ready(context, rig), fill_between.opened(context, rig)
    if second is None:
        raise RefusedError("Pick the action or take to continue with")
    first, last = _span(context, rig, action)
    frames = key_poses.frames_of(rig, second)
    with fill_between.played(
        rig, sampled_action.read(rig, action, np.arange(first, last + 1))
    ) as one:
        clip = _clip(one, context.scene)
    with fill_between.played(rig, sampled_action.read(rig, second, frames)) as other:
        then = _clip(other, context.scene)
    spans, ground = transition.stitched(clip, then, settings.seam, settings.stay)
    whole = sampled_action.joined(rig, one.source, _moved(rig, other, ground), spans.transition)
    filled = _filled(context, rig, (one, other), whole, (spans, ground), settings)
    filled = replace(filled, first=first)
    kind = fill_between.STITCH
    with commit.removed_on_error(bpy.data.actions.new(kind)) as new:
        _write(rig, filled, settings, new)
        return fill_between.show(context, entry, new, filled.report, settings, kind)


def _span(
    context: bpy.types.Context, rig: bpy.types.Object, action: bpy.types.Action
) -> tuple[int, int]:
    from . import key_poses

    first, last = key_poses.span(rig, action, context.scene)
    if last - first > key_poses.MOST_FRAMES:
        raise RefusedError(f"{last - first} frames are too many; choose a shorter range")
    return first, last


def _clip(playback: Playback, scene: bpy.types.Scene) -> Clip:
    from ...motion.inbetween import model, proxies

    proxy = proxies.proxy_of(playback.body, model.load_filler(playback.rig.footfall.kind))
    return proxy.whole_clip(playback.world, units.frame_rate(scene))


def _rows(source: SampledAction, count: int) -> SampledAction:
    return {path: replace(track, values=track.values[:count]) for path, track in source.items()}


def _filled(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    playbacks: tuple[Playback, Playback],
    whole: SampledAction,
    placed: tuple[Spans, GroundTransform],
    settings: FillSettings,
) -> FilledAction:
    """Fill the transition between two playbacks, the second of them moved over the ground."""
    import numpy as np

    spans, ground = placed
    (rotations, heads), (later, far) = playbacks[0].world, playbacks[1].world
    world = (
        spans.join(rotations, ground.rotations(later)),
        spans.join(heads, ground.points(far)),
    )
    known = spans.known
    context_frames = fill_between.context_frames(context.scene)
    start = max(spans.first - context_frames, 0)
    moved = not ground.is_identity
    stop = len(known) if moved else min(spans.first + spans.transition + context_frames, len(known))
    with fill_between.played(rig, whole) as playback:
        goal = playback.new_poses(context.scene, world, known, slice(start, stop), settings)
        new = ~known
        if moved:
            new[spans.first + spans.transition :] = True
        filled = playback.solve(context.scene, goal, np.asarray(new), 0)
    seconds = spans.transition / units.frame_rate(context.scene)
    return replace(filled, report={**filled.report, "frames": spans.transition, "seconds": seconds})


def _moved(rig: bpy.types.Object, playback: Playback, ground: GroundTransform) -> SampledAction:
    """Return a playback's action with the carrier of the body, object or root bone, moved."""
    import numpy as np

    from ...motion.maths.quat import apply
    from ..scene import armature
    from .control_effects import poser_of

    out = dict(playback.source)
    keyed = {(track.bone, track.channel) for track in out.values()}
    if ground.is_identity:
        return out
    if ("", "location") in keyed:
        turns, places = playback.travel
        origin = np.array(armature.read_rig(rig).origin)
        place = ground.points(apply(turns, origin) + places)
        _put(out, rig, "", *armature.object_channels(rig, place, ground.rotations(turns)))
        return out
    root = playback.body.bone("root")
    name = playback.body.rig.names[root] if root >= 0 else ""
    if (name, "location") in keyed and name:
        poser = poser_of(playback.body, *playback.staged)
        poser.rotations[root] = ground.rotations(poser.rotations[root])
        poser.positions[root] = ground.points(poser.positions[root])
        _put(out, rig, name, poser.basis_location(root), poser.basis_rotation(root))
    return out


def _put(
    sampled: SampledAction, rig: bpy.types.Object, bone: str, location: Array, rotation: Array
) -> None:
    """Set location and rotation of the object or a bone in an action, keyed before or not."""
    from ..scene import fcurves
    from .sampled_action import Track

    owner = rig.pose.bones[bone] if bone else rig
    channel, values = fcurves.rotation_channels(owner.rotation_mode, rotation)
    for name, new in (("location", location), (channel, values)):
        path = fcurves.path_of(bone, name)
        sampled[path] = Track(bone, name, tuple(range(new.shape[1])), new)


def _cut(filled: FilledAction, rows: int) -> FilledAction:
    return replace(filled, sampled=_rows(filled.sampled, rows), new=filled.new[:rows])


def _write(
    rig: bpy.types.Object, filled: FilledAction, settings: FillSettings, action: bpy.types.Action
) -> None:
    """Write all channels into an empty action."""
    import numpy as np

    from ...motion.maths.quat import unroll
    from ...motion.retarget.keyframe_reduction import thin
    from ..scene import fcurves

    slot = action.slots.new(id_type="OBJECT", name=rig.name)
    writer = fcurves.Writer(fcurves.channelbag(action, slot))
    frames = np.arange(filled.first, filled.first + len(filled.new), dtype=float)
    for path, track in filled.sampled.items():
        group, values = track.bone or fcurves.OBJECT, track.values
        if track.channel == "rotation_quaternion":
            values = unroll(values)
        still = bool((values == values[:1]).all())
        if still or not track.transform or settings.keys == "dense":
            rows = [0, -1] if still else slice(None)
            writer.dense(path, frames[rows], values[rows], group, track.indices)
        else:
            share = fill_between.tolerance(rig, track, settings)
            writer.sparse(path, thin(frames, values, share), group)


def _repeat(action: bpy.types.Action, filled: FilledAction) -> None:
    """Make an action cyclic; channels that travel repeat with an offset."""
    action.use_frame_range = True
    action.frame_start, action.frame_end = filled.first, filled.first + len(filled.new) - 1
    action.use_cyclic = True
    ways = {path: abs(t.values[-1] - t.values[0]) for path, t in filled.sampled.items()}
    for layer in action.layers:
        for curve in layer.strips[0].channelbags[0].fcurves:
            modifier = curve.modifiers.new("CYCLES")
            way: Array = ways[curve.data_path]
            column = filled.sampled[curve.data_path].indices.index(curve.array_index)
            if curve.data_path.endswith("location") and way[column] > STEADY:
                modifier.mode_before = modifier.mode_after = "REPEAT_OFFSET"
