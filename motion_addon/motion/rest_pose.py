# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting right rest poses that do not belong to a file's rotations."""

import numpy as np

from .skeleton import Skeleton

_ARMS = (("Left", 1.0, ("ForeArm", "Hand")), ("Right", -1.0, ("ForeArm", "Hand")))


def with_arms_out(skeleton: Skeleton) -> Skeleton:
    """Return the skeleton with upper arms, forearms and hands pointing straight sideways.

    The O3DE clips hold rotations away from a T pose, but offsets of an A pose: read as they
    are, the arms are lowered twice and the forearms cross before the body. With T-pose offsets
    and the same rotations they hang and swing at the sides.
    """
    offsets = skeleton.offsets.copy()
    tips = dict(skeleton.end_sites)
    for side, sign, parts in _ARMS:
        for part in parts:
            joint = skeleton.index(side + part)
            offsets[joint] = [sign * float(np.linalg.norm(offsets[joint])), 0.0, 0.0]
        hand = skeleton.index(side + "Hand")
        if hand in tips:
            tips[hand] = (sign * float(np.linalg.norm(tips[hand])), 0.0, 0.0)
    return Skeleton(skeleton.names, skeleton.parents, offsets, tuple(tips.items()))
