# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns the world transforms of hips and legs while a motion is being cleaned up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import quat
from .clip import Clip
from .metrics import ball_height
from .quat import Array
from .skeleton import Skeleton

SIDES = ("Left", "Right")
LEG = ("UpLeg", "Leg", "Foot", "Toe")


@dataclass
class LowerBody:
    """World transforms of hips and legs, changed in place step by step."""

    skeleton: Skeleton
    fps: float
    root: Array
    turn: Array
    """(T, 4) rotation applied to the whole body about the vertical."""
    rotations: dict[str, Array]
    positions: dict[str, Array]
    size: float
    """Length of the leg over that of the model skeleton."""

    @classmethod
    def of(cls, clip: Clip) -> LowerBody:
        """Return the hips and legs of a clip, in double precision."""
        names = ["Hips"] + [side + bone for side in SIDES for bone in LEG]
        joints = [clip.skeleton.index(name) for name in names]
        part = Skeleton(
            tuple(names),
            np.array([-1, 0, 1, 2, 3, 0, 5, 6, 7]),
            clip.skeleton.offsets[joints],
        )
        rotations, positions = part.fk(
            clip.rotations[:, joints].astype(np.float64), clip.root_positions.astype(np.float64)
        )
        turn = np.tile(quat.IDENTITY.astype(np.float64), (clip.frames, 1))
        return cls(
            clip.skeleton,
            clip.fps,
            positions[:, 0].copy(),
            turn,
            {n: rotations[:, i] for i, n in enumerate(names)},
            {n: positions[:, i] for i, n in enumerate(names)},
            ball_height(clip.skeleton) / 0.046,
        )

    def move(self, offset: Array) -> None:
        """Move everything by `offset` (T, 3)."""
        self.root = self.root + offset
        for name in self.positions:
            self.positions[name] = self.positions[name] + offset

    def rotate(self, yaw: Array) -> None:
        """Turn everything by `yaw` (T,) about the vertical through the root."""
        turn = quat.yaw(yaw)
        self.turn = quat.mul(turn, self.turn)
        for name in self.positions:
            self.rotations[name] = quat.mul(turn, self.rotations[name])
            arm = self.positions[name] - self.root
            self.positions[name] = self.root + quat.apply(turn, arm)

    def offset(self, name: str) -> Array:
        """Return (3,) the rest translation of a joint from its parent."""
        joint = self.skeleton.index(name)
        return np.asarray(self.skeleton.offsets[joint], dtype=np.float64)

    @property
    def sole(self) -> float:
        """Height (m) of the ball joint over the ground in a planted foot."""
        return ball_height(self.skeleton)
