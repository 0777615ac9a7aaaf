# SPDX-License-Identifier: GPL-3.0-or-later
"""Transitions on a rig: from one action into another, or from an action's end into its beginning.

Owns which frames are taken and how they are written: a whole new action, so that neither of the
actions that it was made of is touched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ..scene import units
from . import fill_between
from .fill_between import Act, Made, Wanted

if TYPE_CHECKING:
    from ...motion.clip.clip import Clip
    from ...motion.inbetween.transition import GroundTransform, Spans
    from ...motion.maths.quat import Array
    from .sampled_action import Reel

STEADY = 1e-5
"""Change of a channel from the first to the last frame under which a loop repeats it as it is."""


def loop(context: bpy.types.Context, rig: bpy.types.Object, asked: Wanted) -> Any:
    """Make the range of the action cyclic and return the take. Raises RefusedError."""
    import numpy as np

    from ...motion.inbetween import transition
    from . import sampled_action

    action = fill_between.ready(context, rig)
    first, last = _span(context, rig, action)
    source = sampled_action.read(rig, action, np.arange(first, last + 1))
    with fill_between.played(rig, source) as act:
        clip = _clip(act, context.scene)
        spans, ground = _checked(lambda: transition.looped(clip, asked.seam))
    again = _moved(rig, act, ground)
    whole = sampled_action.joined(
        rig, _rows(source, spans.first), _rows(again, spans.second), spans.transition
    )
    made = _joined(context, rig, (act, act), whole, (spans, ground), asked)
    made = _cut(replace(made, first=first), last - first + 1)
    with fill_between.spare(bpy.data.actions.new("Loop")) as new:

        def put() -> None:
            _write(rig, made, asked, new)
            if ground.yaw == 0.0:
                _repeat(new, made)

        return fill_between.commit(context, rig, new, put, made.report, asked, "Loop")


def stitch(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    second: bpy.types.Action | None,
    asked: Wanted,
) -> Any:
    """Let the range of the action go over into another one. Raises RefusedError."""
    import numpy as np

    from ...motion.inbetween import transition
    from . import key_poses, sampled_action

    action = fill_between.ready(context, rig)
    if second is None:
        raise RefusedError("Pick the action or take to go on with")
    first, last = _span(context, rig, action)
    frames = key_poses.frames_of(rig, second)
    with fill_between.played(
        rig, sampled_action.read(rig, action, np.arange(first, last + 1))
    ) as one:
        clip = _clip(one, context.scene)
    with fill_between.played(rig, sampled_action.read(rig, second, frames)) as other:
        then = _clip(other, context.scene)
    spans, ground = _checked(lambda: transition.stitched(clip, then, asked.seam, asked.keep_place))
    whole = sampled_action.joined(rig, one.source, _moved(rig, other, ground), spans.transition)
    made = _joined(context, rig, (one, other), whole, (spans, ground), asked)
    made = replace(made, first=first)
    with fill_between.spare(bpy.data.actions.new("Stitch")) as new:

        def put() -> None:
            _write(rig, made, asked, new)
            if context.scene.footfall.fit_range:
                reach = first + len(made.new) - 1
                context.scene.frame_end = max(context.scene.frame_end, reach)

        return fill_between.commit(context, rig, new, put, made.report, asked, "Stitch")


def _span(
    context: bpy.types.Context, rig: bpy.types.Object, action: bpy.types.Action
) -> tuple[int, int]:
    from . import key_poses

    first, last = key_poses.span(rig, action, context.scene)
    if last - first > key_poses.MOST_FRAMES:
        raise RefusedError(f"{last - first} frames are too many; choose a shorter range")
    return first, last


def _checked(work: Any) -> tuple[Spans, GroundTransform]:

    spans: tuple[Spans, GroundTransform] = work()
    return spans


def _clip(act: Act, scene: bpy.types.Scene) -> Clip:
    from ...motion.inbetween import mannequin, model

    figure = mannequin.of(act.body, model.load_filler(act.rig.footfall.kind))
    return figure.clip(*act.world, units.frame_rate(scene))


def _rows(source: Reel, count: int) -> Reel:
    return {path: replace(track, values=track.values[:count]) for path, track in source.items()}


def _joined(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    acts: tuple[Act, Act],
    whole: Reel,
    placed: tuple[Spans, GroundTransform],
    asked: Wanted,
) -> Made:
    """Fill the transition between two acts that were played, the second moved over the ground."""
    import numpy as np

    spans, ground = placed
    (rotations, heads), (later, far) = acts[0].world, acts[1].world
    world = (
        spans.join(rotations, ground.rotations(later)),
        spans.join(heads, ground.points(far)),
    )
    known = spans.known
    context_frames = fill_between.seen_frames(context.scene)
    start = max(spans.first - context_frames, 0)
    moved = not ground.is_identity
    stop = len(known) if moved else min(spans.first + spans.transition + context_frames, len(known))
    with fill_between.played(rig, whole) as act:
        goal = act.filled(context.scene, world, known, slice(start, stop), asked)
        new = ~known
        if moved:
            new[spans.first + spans.transition :] = True
        made = act.made(context.scene, goal, np.asarray(new), 0)
    seconds = spans.transition / units.frame_rate(context.scene)
    return replace(made, report={**made.report, "frames": spans.transition, "seconds": seconds})


def _moved(rig: bpy.types.Object, act: Act, ground: GroundTransform) -> Reel:
    """Return an act's reel in which what carries the body, object or root bone, is moved."""
    import numpy as np

    from ...motion.maths.quat import apply
    from ..scene import armature
    from .control_effects import poser_of

    out = dict(act.source)
    keyed = {(track.bone, track.channel) for track in out.values()}
    if ground.is_identity:
        return out
    if ("", "location") in keyed:
        turns, places = act.way
        origin = np.array(armature.read_rig(rig).origin)
        place = ground.points(apply(turns, origin) + places)
        _put(out, rig, "", *armature.object_channels(rig, place, ground.rotations(turns)))
        return out
    root = act.body.bone("root")
    name = act.body.rig.names[root] if root >= 0 else ""
    if (name, "location") in keyed and name:
        poser = poser_of(act.body, *act.staged)
        poser.rotations[root] = ground.rotations(poser.rotations[root])
        poser.positions[root] = ground.points(poser.positions[root])
        _put(out, rig, name, poser.basis_location(root), poser.basis_rotation(root))
    return out


def _put(reel: Reel, rig: bpy.types.Object, bone: str, location: Array, rotation: Array) -> None:
    """Set the channels of the object or a bone in a reel; what was not keyed becomes so."""
    from ..scene import fcurves
    from .sampled_action import Track, path_of

    owner = rig.pose.bones[bone] if bone else rig
    channel, values = fcurves.rotation_channels(owner.rotation_mode, rotation)
    for name, new in (("location", location), (channel, values)):
        path = path_of(bone, name) if bone else name
        reel[path] = Track(bone, name, tuple(range(new.shape[1])), new)


def _cut(made: Made, rows: int) -> Made:
    return replace(made, reel=_rows(made.reel, rows), new=made.new[:rows])


def _write(rig: bpy.types.Object, made: Made, asked: Wanted, action: bpy.types.Action) -> None:
    """Write a whole reel into an empty action."""
    import numpy as np

    from ...motion.maths.quat import unroll
    from ...motion.retarget.keyframe_reduction import thin
    from ..scene import fcurves
    from .sampled_action import OBJECT

    slot = action.slots.new(id_type="OBJECT", name=rig.name)
    writer = fcurves.Writer(fcurves.channelbag(action, slot))
    frames = np.arange(made.first, made.first + len(made.new), dtype=float)
    for path, track in made.reel.items():
        group, values = track.bone or OBJECT, track.values
        if track.channel == "rotation_quaternion":
            values = unroll(values)
        still = bool((values == values[:1]).all())
        if still or not track.transform or asked.keys == "dense":
            rows = [0, -1] if still else slice(None)
            writer.dense(path, frames[rows], values[rows], group, track.indices)
        else:
            share = fill_between.tolerance(rig, track, asked)
            writer.sparse(path, thin(frames, values, share), group)


def _repeat(action: bpy.types.Action, made: Made) -> None:
    """Let an action repeat for ever; what travels goes on from where it has come to."""
    action.use_frame_range = True
    action.frame_start, action.frame_end = made.first, made.first + len(made.new) - 1
    action.use_cyclic = True
    ways = {path: abs(t.values[-1] - t.values[0]) for path, t in made.reel.items()}
    for layer in action.layers:
        for curve in layer.strips[0].channelbags[0].fcurves:
            modifier = curve.modifiers.new("CYCLES")
            way: Array = ways[curve.data_path]
            column = made.reel[curve.data_path].indices.index(curve.array_index)
            if curve.data_path.endswith("location") and way[column] > STEADY:
                modifier.mode_before = modifier.mode_after = "REPEAT_OFFSET"
