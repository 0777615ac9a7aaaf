# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyed poses of an action: owns which frames are poses and which gaps are filled."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..scene import fcurves, units

if TYPE_CHECKING:
    from ...motion.maths.quat import Array
    from .sampled_action import SampledAction

LEAST_GAP = 5
"""Fewest frames of a gap; shorter ones keep the animator's interpolation."""
MOST_SECONDS = 8.0
"""Longest gap, as the filler allows."""
WHOLE = 0.5
"""Least share of bones keyed on a pose, of the most bones keyed on any frame."""
MOST_FRAMES = 20_000
"""Longest action."""
CONTEXT = 0.4
"""Seconds of context before and after the range."""


def frames_of(rig: bpy.types.Object, action: bpy.types.Action) -> Array:
    """Return the scene frames (T,) from the first to the last key of bones. Raises RefusedError."""
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
        raise RefusedError(
            f"'{action.name}' has {last - first} frames; shorten it to {MOST_FRAMES}"
        )
    return np.arange(first, last + 1)


def span(
    rig: bpy.types.Object, action: bpy.types.Action, scene: bpy.types.Scene
) -> tuple[int, int]:
    """Return the first and last frame of the panel's range. Raises RefusedError."""
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
        raise RefusedError("Select the keys of two poses or more, or choose another range")
    return min(chosen), max(chosen)


def poses(source: SampledAction) -> list[int]:
    """Return the frames on which most of the keyed bones have keys.

    Bones that are keyed on one frame only do not count: such keys hold a control in place.
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
    source: SampledAction,
    frames: Array,
    scene: bpy.types.Scene,
) -> tuple[Array, slice]:
    """Return the frames to keep (T,) bool, and the rows that are the context of the gaps.

    Raises RefusedError if no gap can be filled.
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
                    f"key a pose in between; at most {MOST_SECONDS:g} seconds can be filled"
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
    """Let stepped keys of a blocked-in action interpolate where gaps (N,) are filled."""
    from .insert_keys import unstep as smooth

    bag = fcurves.found_bag(rig, action)
    if bag is not None and len(gaps):
        smooth(action, bag, int(gaps[0]) - 1, int(gaps[-1]))
