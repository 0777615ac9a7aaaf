# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns the world transforms of trunk and legs while a motion is being cleaned up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..body.quadruped import LEG_CHAINS, TORSO, is_quadruped
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..metrics.clip_metrics import ball_height
from ..metrics.paw_metrics import dog_size

SIDES = ("Left", "Right")
LEG = ("UpLeg", "Leg", "Foot", "Toe")
FOUR_LEGGED_SIZE = 0.6
"""Size of the model's Labrador: its hip height over that of the biped."""

_BIPED = ("Hips", *(side + bone for side in SIDES for bone in LEG))
_QUADRUPED = (*TORSO, *(name for chain in LEG_CHAINS.values() for name in chain))


@dataclass
class LowerBody:
    """World transforms of a trunk and its legs, two or four, changed in place step by step."""

    skeleton: Skeleton
    fps: float
    root: Array
    rotations: dict[str, Array]
    positions: dict[str, Array]
    size: float
    """Length of the leg over that of the biped's model skeleton."""

    @classmethod
    def of(cls, clip: Clip) -> LowerBody:
        """Return hips and legs of a biped, or the trunk and legs of a quadruped, in doubles."""
        skeleton = clip.skeleton
        four = is_quadruped(skeleton)
        names = _QUADRUPED if four else _BIPED
        joints = [skeleton.index(name) for name in names]
        above = [skeleton.parents[joint] for joint in joints]
        part = Skeleton(
            names,
            np.array([joints.index(joint) if joint >= 0 else -1 for joint in above]),
            skeleton.offsets[joints],
        )
        rotations, positions = part.fk(
            clip.rotations[:, joints].astype(np.float64), clip.root_positions.astype(np.float64)
        )
        return cls(
            skeleton,
            clip.fps,
            positions[:, 0].copy(),
            {n: rotations[:, i] for i, n in enumerate(names)},
            {n: positions[:, i] for i, n in enumerate(names)},
            FOUR_LEGGED_SIZE * dog_size(skeleton) if four else ball_height(skeleton) / 0.046,
        )

    def move(self, offset: Array) -> None:
        """Move everything by `offset` (T, 3)."""
        self.root = self.root + offset
        for name in self.positions:
            self.positions[name] = self.positions[name] + offset

    def rotate(self, yaw: Array) -> None:
        """Turn everything by `yaw` (T,) about the vertical through the root."""
        turn = quat.yaw(yaw)
        for name in self.positions:
            self.rotations[name] = quat.mul(turn, self.rotations[name])
            arm = self.positions[name] - self.root
            self.positions[name] = self.root + quat.apply(turn, arm)

    def offset(self, name: str) -> Array:
        """Return (3,) the rest translation of a joint from its parent."""
        joint = self.skeleton.index(name)
        return np.asarray(self.skeleton.offsets[joint], dtype=np.float64)

    @property
    def forward(self) -> Array:
        """Where the body faces, (T, 3): from the pelvis to the withers, or as the hips do."""
        if "Withers" in self.positions:
            return np.asarray(self.positions["Withers"] - self.positions["Pelvis"])
        return quat.apply(self.rotations["Hips"], np.array([0.0, 0.0, 1.0]))

    @property
    def center(self) -> Array:
        """The point (T, 3) that follows a plan: the middle of the trunk, or the hips."""
        if "Withers" in self.positions:
            return 0.5 * np.asarray(self.positions["Withers"] + self.positions["Pelvis"])
        return self.root

    def local(self, name: str) -> Array:
        """Return the local rotation (T, 4) of a joint."""
        above = self.skeleton.parents[self.skeleton.index(name)]
        if above < 0:
            return self.rotations[name]
        return quat.inv_mul(self.rotations[self.skeleton.names[above]], self.rotations[name])

    @property
    def sole(self) -> float:
        """Height (m) of the ball joint over the ground in a planted foot."""
        return ball_height(self.skeleton)
