# SPDX-License-Identifier: GPL-3.0-or-later
"""Exemplars made of a stepping dog: other names, sizes, rates, headings, loops and in place."""

from dataclasses import replace

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from tests.motion.dogs import stepping_dog
from training.creature.judging.faults import in_place, turned

__all__ = ["CANTER", "TROT", "WALK", "in_place", "round_of", "stepper", "turned", "turned_rest"]

WALK = {"gait": "walk", "speed": 0.9, "stride": 0.75}
TROT = {"gait": "trot", "speed": 1.8, "stride": 0.5}
CANTER = {"gait": "canter", "speed": 3.0, "stride": 0.45}


def unnamed(clip: Clip) -> Clip:
    """Return a clip whose joints have neutral names."""
    skeleton = clip.skeleton
    names = tuple(f"b{(37 * i) % 499:03d}" for i in range(len(skeleton)))
    plain = Skeleton(names, skeleton.parents, skeleton.offsets, skeleton.end_sites)
    return replace(clip, skeleton=plain, contacts=None)


def stepper(seconds: float = 3.0, **how: object) -> Clip:
    """Return a dog that steps ahead, with neutral joint names and no contacts."""
    return unnamed(stepping_dog(seconds=seconds, **{**WALK, **how}))


def round_of(clip: Clip, stride: float, strides: int = 1, *, doubled: bool = False) -> Clip:
    """Return whole strides of a clip, with the first frame once more at the end if ``doubled``."""
    first = round(stride * clip.fps)
    return clip.slice(first, first + round(strides * stride * clip.fps) + int(doubled))


def turned_rest(clip: Clip, rotation: np.ndarray) -> Clip:
    """Return a clip in a world with other axes, its rest pose included."""
    turn = rotation.astype(np.float32)
    skeleton = clip.skeleton
    offsets = quat.apply(turn, skeleton.offsets)
    tips = tuple(
        (j, tuple(float(v) for v in quat.apply(turn, np.array(tip, dtype=np.float32))))
        for j, tip in skeleton.end_sites
    )
    rotations = quat.mul_inv(quat.mul(turn, clip.rotations), turn)
    return replace(
        clip,
        skeleton=Skeleton(skeleton.names, skeleton.parents, offsets, tips),
        rotations=rotations,
        root_positions=quat.apply(turn, clip.root_positions),
    )
