# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyed poses of an action: owns which frames count as one, and which gaps are to be filled."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..scene import fcurves, units

if TYPE_CHECKING:
    from ...motion.maths.quat import Array
    from .sampled_action import Reel

LEAST_GAP = 5
"""Frames; what is shorter keeps the animator's own interpolation."""
MOST_SECONDS = 8.0
"""Longest gap, as the filler has it."""
WHOLE = 0.5
"""Share of the most bones keyed on any frame from which a frame is a pose."""
MOST_FRAMES = 20_000
"""Longest action that is looked at."""
CONTEXT = 0.4
"""Seconds before and after the range that are looked at."""


def frames_of(rig: bpy.types.Object, action: bpy.types.Action) -> Array:
    """Return (T,) the scene frames from the first to the last key of bones. Raises RefusedError."""
    import numpy as np

    bag = fcurves.found_bag(rig, action)
    ends = [
        (curve.keyframe_points[0].co[0], curve.keyframe_points[-1].co[0])
        for curve in (bag.fcurves if bag is not None else ())
        if len(curve.keyframe_points) and curve.data_path.startswith("pose.bones")
    ]
    if not ends:
        raise RefusedError(f"'{action.name}' has no keys on bones; key two poses or more")
    first, last = round(min(end[0] for end in ends)), round(max(end[1] for end in ends))
    if last - first > MOST_FRAMES:
        raise RefusedError(f"'{action.name}' has {last - first} frames, too many to be looked at")
    return np.arange(first, last + 1)


def span(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> tuple[int, int]:
    """Return the first and last frame that the panel's range asks for. Raises RefusedError."""
    asked = scene.footfall_between
    if asked.span == "frames":
        if asked.last <= asked.first:
            raise RefusedError("The last frame of the range must come after the first one")
        return asked.first, asked.last
    if asked.span == "all":
        frames = frames_of(rig, action)
        return int(frames[0]), int(frames[-1])
    bag = fcurves.found_bag(rig, action)
    chosen = [
        round(point.co[0])
        for curve in (bag.fcurves if bag is not None else ())
        for point in curve.keyframe_points
        if point.select_control_point
    ]
    if not chosen or min(chosen) == max(chosen):
        raise RefusedError("Select the keys of two poses or more, or take another range")
    return min(chosen), max(chosen)


def poses(source: Reel) -> list[int]:
    """Return the frames on which most of the keyed bones have keys.

    What is keyed once only is how a control was left, and no pose.
    """
    counts: Counter[int] = Counter()
    bones: dict[str, set[int]] = {}
    for track in source.values():
        if track.bone and track.transform:
            bones.setdefault(track.bone, set()).update(track.keyed)
    animated = [keyed for keyed in bones.values() if len(keyed) > 1]
    for keyed in animated or bones.values():
        counts.update(keyed)
    least = WHOLE * max(counts.values(), default=0)
    return sorted(frame for frame, count in counts.items() if count >= least)


def known(
    rig: bpy.types.Object,
    action: bpy.types.Action,
    source: Reel,
    frames: Array,
    scene: bpy.types.Scene,
) -> tuple[Array, slice]:
    """Return (T,) bool, the frames that stay, and the stretch that tells how the body moves.

    Raises RefusedError where there is no gap that can be filled.
    """
    import numpy as np

    first, last = span(rig, action, scene)
    rate = units.frame_rate(scene)
    found = poses(source)
    inside = [frame for frame in found if first <= frame <= last]
    if len(inside) < 2:
        only = f"only one keyed pose, on frame {inside[0]}" if inside else "no keyed pose"
        raise RefusedError(f"There is {only} from frame {first} to {last}; key two or more")
    stays = np.ones(len(frames), dtype=bool)
    loose = np.zeros(len(frames), dtype=bool)
    for a, b in pairwise(found):
        if b - a - 1 < LEAST_GAP:
            continue
        within = slice(a + 1 - int(frames[0]), b - int(frames[0]))
        if a >= first and b <= last:
            if (b - a - 1) / rate > MOST_SECONDS:
                raise RefusedError(
                    f"The gap from frame {a} to {b} lasts {(b - a) / rate:.1f} seconds; "
                    f"key a pose in between, {MOST_SECONDS:g} are possible"
                )
            stays[within] = False
        else:
            loose[within] = True
    if stays.all():
        raise RefusedError(f"There is no gap of {LEAST_GAP} frames or more between the keyed poses")
    start, stop = inside[0] - int(frames[0]), inside[-1] - int(frames[0])
    reach = round(CONTEXT * rate)
    while start > max(inside[0] - int(frames[0]) - reach, 0) and not loose[start - 1]:
        start -= 1
    while stop < min(inside[-1] - int(frames[0]) + reach, len(frames) - 1) and not loose[stop + 1]:
        stop += 1
    return stays, slice(start, stop + 1)


def unstep(rig: bpy.types.Object, action: bpy.types.Action, gaps: Array) -> None:
    """Let stepped keys of a blocked-in action go over smoothly where gaps (N,) are filled."""
    from .insert_keys import unstep as smooth

    bag = fcurves.found_bag(rig, action)
    if bag is not None and len(gaps):
        smooth(action, bag, int(gaps[0]) - 1, int(gaps[-1]))
