# SPDX-License-Identifier: GPL-3.0-or-later
"""From a driven motion to the character's: styles, planted feet, balance, head and tail, size."""

import math
from dataclasses import replace

import numpy as np

from ..cleanup.balance import balanced
from ..cleanup.cleanup import EXEMPLAR, clean
from ..cleanup.secondary_motion import follow_through, look_at
from ..clip.clip import Clip
from ..controller.controller import Run
from ..style import bake_styles
from .planning import PlannedWalk


def finished(run: Run, walk: PlannedWalk, loops: bool = False) -> Clip:
    """Return the character's motion at its size and pace, cleaned up.

    Loops skip the random part of styles; it would break the transition from end to start.
    """
    clip = _styled(run.clip, walk, loops)
    clip = _planted(clip, walk)
    clip = balanced(clip, walk.request.balance)
    clip = follow_through(clip, walk.request.follow_through)
    clip = _looking(clip, walk)
    return life_size(clip, walk.scale)


def _styled(clip: Clip, walk: PlannedWalk, loops: bool) -> Clip:
    request = walk.request
    context = bake_styles.StyleContext(walk.model.kind, walk.scale, None if loops else request.seed)
    return bake_styles.apply_styles(clip, request.style, walk.styles, context)


def _planted(clip: Clip, walk: PlannedWalk) -> Clip:
    if not walk.request.cleanup or clip.contacts is None:
        return clip
    profile = walk.model.gait_profile
    keyed = None if profile.residual is None else replace(EXEMPLAR, soles=profile.soles)
    return clean(clip, clip.contacts, walk.plan, keyed)


def _looking(clip: Clip, walk: PlannedWalk) -> Clip:
    request = walk.request
    if request.gaze is None:
        return clip
    points = np.array(request.gaze) / walk.scale
    at = np.arange(clip.frames) * (request.fps * math.sqrt(walk.scale) / clip.fps)
    known = np.arange(len(points))
    target = np.stack([np.interp(at, known, column) for column in points.T], axis=-1)
    if walk.course is not None:
        # The motion is level until it is laid on the ground.
        steps = np.arange(clip.frames) * (walk.plan.rate / clip.fps)
        target[:, 1] -= np.interp(steps, np.arange(len(walk.course)), walk.course) / walk.scale
    return look_at(clip, target, request.gaze_strength)


def life_size(clip: Clip, scale: float) -> Clip:
    """Return a clip of the model's size at the character's size and pace."""
    return replace(clip.scaled(scale), fps=clip.fps / math.sqrt(scale))
