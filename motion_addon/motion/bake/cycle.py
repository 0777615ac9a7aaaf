# SPDX-License-Identifier: GPL-3.0-or-later
"""Gait cycles in place that loop exactly, and single poses of them."""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..clip.clip import Clip
from ..creature.exemplar_match import ExemplarMatch
from ..maths import quat
from ..maths.progress import finish
from ..maths.quat import Array
from ..maths.smoothing import smoothstep
from .driving import drive
from .finishing import finished
from .planning import load, plan_bake, size
from .request import BakeRequest
from .result import BakeResult

CYCLE_LENGTH = 12.0
"""Seconds walked straight to find the gait cycle."""


def cycle(request: BakeRequest) -> BakeResult:
    """Return one gait cycle in place that loops exactly: the frame after the last is the first.

    The request's path is not used, and of several speeds only the first. The report holds
    ``ground_speed`` in m/s, the request's speed adjusted to a whole number of frames, and
    ``period`` in seconds. Raises RefusedError as ``bake`` does.
    """
    found = load(request)
    scale = size(request, found[0])
    speed = request.speed if isinstance(request.speed, float | int) else request.speed[0][1]
    straight = replace(
        request,
        path=((0.0, 0.0, 0.0), (0.0, 0.0, float(speed) * CYCLE_LENGTH * math.sqrt(scale))),
        speed=float(speed),
        start=False,
        stop=False,
        seed=0,
        cyclic=False,
        facing="path",
        gaze=None,
        footprints=(),
        ground=None,
    )
    walk = plan_bake(straight, found)
    (run,) = finish(drive([walk]))
    clip = finished(run, walk, loops=True)
    loop, ground_speed = cut_cycle(clip, run.phase, request)
    phase = request.start_phase + np.arange(loop.frames) / loop.frames
    card: dict[str, object] = {"ground_speed": ground_speed, "period": loop.frames / loop.fps}
    card["model"] = {"name": walk.model.name, "weights": walk.model.digest}
    match = None
    if walk.creature is not None:
        middle = np.full(loop.frames, 0.5 * len(walk.plan))
        match = ExemplarMatch.of(walk.creature, walk.plan, request.lead).at(middle)
    return BakeResult(request, loop, phase, card, match)


@lru_cache(maxsize=16)
def _scrub_cycle(request: BakeRequest) -> BakeResult:
    return cycle(request)


def pose_at_phase(request: BakeRequest, phase: float) -> BakeResult:
    """Return a bake of one frame: the pose at ``phase`` (cycles) of the request's gait, in place.

    The cycle is kept, so that only the first call of a request takes longer.
    """
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    plain = replace(request, fps=60.0, start_phase=0.0, path=path, gaze=None, ground=None)
    whole = _scrub_cycle(plain)
    loop = whole.clip
    closed = np.arange(loop.frames + 1) % loop.frames
    clip = Clip(loop.skeleton, loop.rotations[closed], loop.root_positions[closed], loop.fps)
    clip = clip.at_frames(np.array([(phase % 1.0) * loop.frames]), request.fps)
    match = None if whole.exemplar_match is None else whole.exemplar_match.at(np.zeros(1))
    return BakeResult(request, clip, np.array([phase]), {}, match)


def cut_cycle(clip: Clip, phase: Array, request: BakeRequest) -> tuple[Clip, float]:
    """Return a looping clip in place and its ground speed in m/s.

    ``clip`` walks steadily along +Z with ``phase`` (T,) cycles at its own frame rate. Two
    cycles from the middle are resampled to a whole number of frames each, and the second is
    blended into the first, so that position and velocity are continuous where the loop closes.
    """
    first = np.floor(phase[len(phase) // 2]) - 1.0 + request.start_phase
    at = np.arange(len(phase), dtype=np.float64)
    begin, end = np.interp([first, first + 2.0], phase, at)
    count = max(round(0.5 * (end - begin) / clip.fps * request.fps), 2)
    cut = clip.at_frames(
        np.interp(first + np.arange(2 * count + 1) / count, phase, at), request.fps
    )
    root = cut.root_positions.astype(np.float64)
    step = (root[-1] - root[0]) * [0.5, 0.0, 0.5] / count
    root -= step * np.arange(2 * count + 1)[:, None]
    share = smoothstep(np.arange(count) / count)[:, None]
    early, late = slice(0, count), slice(count, 2 * count)
    root = root[late] + share * (root[early] - root[late])
    root[:, [0, 2]] -= root[:, [0, 2]].mean(axis=0)
    rotations = quat.slerp(cut.rotations[late], cut.rotations[early], share)
    contacts = cut.contacts
    if contacts is not None:
        contacts = np.where(share < 0.5, contacts[late], contacts[early])
    loop = Clip(
        clip.skeleton,
        quat.unroll(rotations).astype(np.float32),
        root.astype(np.float32),
        request.fps,
        contacts,
    )
    return loop, float(step[2]) * request.fps
