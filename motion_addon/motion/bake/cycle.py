# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts an exactly looping cycle in place out of steady straight motion."""

import numpy as np

from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smoothstep
from .request import BakeRequest


def cut_cycle(clip: Clip, phase: Array, request: BakeRequest) -> tuple[Clip, float]:
    """Return a looping clip in place and its ground speed in m/s.

    ``clip`` walks steadily along +Z with ``phase`` (T,) cycles at its own frame rate. Two
    cycles from the middle are laid on a whole number of frames each, and the second goes over
    into the first: position and velocity pass the seam as if there were none.
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
