# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of motion as a pose whose joints are rotated by name, for rendering styles."""

from collections.abc import Mapping

import numpy as np

from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.style.style_features import StyleLayout

STRIDE_SIGMA = 15.0
"""Frames, smoothing (sigma) that removes the strides from a motion."""


def around(features: Array) -> tuple[Array, Array]:
    """Return the low-pass (T, F) of features and their deviation (T, F) from it."""
    low = smooth(features.astype(np.float64), STRIDE_SIGMA)
    spread = np.sqrt(smooth((features - low) ** 2, STRIDE_SIGMA) + 1e-8)
    return low.astype(np.float32), spread.astype(np.float32)


_TURNED = {
    # Components and signs of a product with an axis quaternion, from the left and from the right.
    "X": (([1, 0, 3, 2], [-1, 1, -1, 1]), ([1, 0, 3, 2], [-1, 1, 1, -1])),
    "Y": (([2, 3, 0, 1], [-1, 1, 1, -1]), ([2, 3, 0, 1], [-1, -1, 1, 1])),
    "Z": (([3, 2, 1, 0], [-1, -1, 1, 1]), ([3, 2, 1, 0], [-1, 1, -1, 1])),
}


class Pose:
    """Features (N, T, F) to change: rotations as quaternions, joints by name."""

    def __init__(self, layout: StyleLayout, features: Array) -> None:
        """Start from ``features``."""
        self.layout = layout
        self.out = np.array(features, dtype=np.float32)
        vectors = self.out[..., layout.turns]
        shape = (*vectors.shape[:-1], len(layout.joints), 3)
        turns = quat.from_rotvec(vectors.reshape(shape))
        self.turns = np.ascontiguousarray(np.moveaxis(turns, (3, 2), (0, 1)))

    def turn(self, name: str, axis: str, angle: Array, own: bool = False) -> None:
        """Rotate a joint about an axis of its parent, or its own, by ``angle`` (N, T)."""
        order, signs = _TURNED[axis][own]
        was = self.turns[:, self.layout.joints.index(name)]
        half = 0.5 * angle.astype(np.float32)
        sine = np.array(signs, dtype=np.float32)[:, None, None] * np.sin(half)
        was[...] = np.cos(half) * was + sine * was[order]

    def spread_turn(self, shares: Mapping[str, float], axis: str, angle: Array) -> None:
        """Distribute a rotation over joints by shares."""
        for name, share in shares.items():
            self.turn(name, axis, share * angle)

    def features(self) -> Array:
        """Return the features (N, T, F)."""
        vectors = quat.to_rotvec(np.moveaxis(self.turns, (0, 1), (3, 2)))
        self.out[..., self.layout.turns] = vectors.reshape(*self.out.shape[:-1], -1)
        return self.out
