# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts an exactly looping cycle in place out of steady straight motion."""

import numpy as np

from . import quat
from .clip import Clip
from .quat import Array
from .request import BakeRequest


def cut_cycle(clip: Clip, phase: Array, request: BakeRequest) -> tuple[Clip, float]:
    """Return a looping clip in place and its ground speed in m/s.

    ``clip`` walks steadily along +Z with ``phase`` (T,) cycles at its own frame rate. One
    whole cycle from the middle is laid on a whole number of frames; the little that its end
    differs from its start is spread over the cycle, so that the seam is exact.
    """
    middle = phase[len(phase) // 2]
    first = np.floor(middle) + request.start_phase
    begin, end = np.interp([first, first + 1.0], phase, np.arange(len(phase)))
    seconds = (end - begin) / clip.fps
    count = max(round(seconds * request.fps), 2)
    wanted = np.interp(
        first + np.arange(count + 1) / count, phase, np.arange(len(phase), dtype=np.float64)
    )
    cut = clip.at_frames(wanted, request.fps)
    stride = float(cut.root_positions[-1, 2] - cut.root_positions[0, 2])
    share = (np.arange(count) / count)[:, None]
    root = cut.root_positions.astype(np.float64)
    root = root[:-1] - share * (root[-1] - root[0])
    root[:, [0, 2]] -= root[:, [0, 2]].mean(axis=0)
    off = quat.to_rotvec(quat.mul(quat.inv(cut.rotations[-1]), cut.rotations[0]))
    fixed = quat.mul(cut.rotations[:-1], quat.from_rotvec(share[..., None] * off))
    contacts = None if cut.contacts is None else cut.contacts[:-1]
    loop = Clip(
        clip.skeleton,
        quat.unroll(quat.normalize(fixed)).astype(np.float32),
        root.astype(np.float32),
        request.fps,
        contacts,
    )
    return loop, stride * request.fps / count
