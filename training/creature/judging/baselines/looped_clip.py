# SPDX-License-Identifier: GPL-3.0-or-later
"""Baseline: the exemplar's best loop along the path, played at the speed of the path.

An artist does this with a cycle and a Follow Path constraint, at the rate at which the paws do not
slide.
"""

from typing import Final

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import Trajectory

from .root_relative import RootRelativeClip, root_relative

WITHIN: Final = 0.12
"""Share by which a loop may be longer or shorter than a whole number of strides."""
MOST: Final = 3
"""Most strides in a loop."""


def looped(exemplar: Clip, plan: Trajectory) -> Clip:
    """Return the exemplar's loop along a plan, both of the model animal's size at 60 Hz."""
    motion = root_relative(exemplar)
    start, stop = best_loop(exemplar, motion)
    loop = closed(motion, start, stop)
    length = np.hypot(*motion.motion[start:stop, :2].mean(axis=0)) * (stop - start) / exemplar.fps
    way = np.concatenate([[0.0], np.cumsum(plan.speeds[1:] / plan.rate)])
    phase = way / max(float(length), 1e-3)
    return loop.at((phase % 1.0) * (stop - start)).along(plan)


def best_loop(clip: Clip, motion: RootRelativeClip) -> tuple[int, int]:
    """Return the first frame of the best loop and the frame that repeats it.

    Loops of one to MOST strides are tried; a shorter clip is one loop.
    """
    rate = stride_rhythm(clip).rate
    places = motion.skeleton.fk(motion.rotations, motion.hips)[1].reshape(clip.frames, -1)
    places = np.concatenate([places, np.gradient(places, axis=0) * 0.1 * clip.fps], axis=1)
    best = (np.inf, 0, clip.frames - 1)
    for strides in range(1, MOST + 1):
        wanted = strides * clip.fps / rate if rate else np.inf
        first, last = int((1.0 - WITHIN) * min(wanted, 1e6)), int((1.0 + WITHIN) * min(wanted, 1e6))
        for length in range(max(first, 4), min(last, clip.frames - 1) + 1):
            gaps = np.linalg.norm(places[length:] - places[:-length], axis=1)
            start = int(np.argmin(gaps))
            best = min(best, (float(gaps[start]), start, start + length))
    return best[1], best[2]


def closed(motion: RootRelativeClip, start: int, stop: int) -> RootRelativeClip:
    """Return frames ``start`` to ``stop``, closed by spreading the difference of their ends."""
    share = np.linspace(-0.5, 0.5, stop - start + 1)
    part = slice(start, stop + 1)
    gap = quat.to_rotvec(quat.inv_mul(motion.rotations[stop], motion.rotations[start]))
    turned = quat.mul(motion.rotations[part], _partial_rotations(share, gap))
    hips = motion.hips[part] + share[:, None] * (motion.hips[start] - motion.hips[stop])
    contacts = motion.contacts[part]
    return RootRelativeClip(
        motion.skeleton, quat.unroll(turned), hips, contacts, motion.motion[part]
    )


def _partial_rotations(share: Array, gap: Array) -> Array:
    """Return (N, J, 4) the rotations of shares (N,) of rotation vectors (J, 3)."""
    return np.asarray(quat.from_rotvec(share[:, None, None] * gap))
