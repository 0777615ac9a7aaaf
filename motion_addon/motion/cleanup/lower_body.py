# SPDX-License-Identifier: GPL-3.0-or-later
"""World transforms of a trunk and its legs while a motion is being cleaned up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..body.kinds import Kind, kind_of
from ..body.legs import CanonicalLeg
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import leg_ik, quat
from ..maths.quat import Array

_SIDE, _UP, _FRONT = np.eye(3)


@dataclass
class LowerBody:
    """World transforms of a trunk and its legs, in doubles, changed in place step by step."""

    kind: Kind
    skeleton: Skeleton
    fps: float
    root: Array
    rotations: dict[str, Array]
    """Joint to (T, 4), of every joint whose local rotation may change."""
    positions: dict[str, Array]
    """Joint to (T, 3), meters."""
    size: float
    """Length of the legs over those of the biped's model."""
    bends: dict[str, Array] = field(default_factory=dict)
    """Joint to (T,) radians by which it bends up, on top of its own local rotation."""

    @classmethod
    def of(cls, clip: Clip) -> LowerBody:
        """Return the root and legs of an upright body, or the trunk and legs of a level one."""
        skeleton, kind = clip.skeleton, kind_of(clip.skeleton)
        trunk = kind.torso if kind.level else kind.torso[:1]
        names = (*trunk, *(joint for leg in kind.legs for joint in leg.chain))
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
        # Toes of a rolling foot keep their local rotations, but for a bend.
        kept = {leg.ball for leg in kind.legs} if kind.foot.rolls else set()
        return cls(
            kind,
            skeleton,
            clip.fps,
            positions[:, 0].copy(),
            {n: rotations[:, i] for i, n in enumerate(names) if n not in kept},
            {n: positions[:, i] for i, n in enumerate(names)},
            kind.leg_size(skeleton),
        )

    def move(self, offset: Array) -> None:
        """Move everything by `offset` (T, 3)."""
        self.root = self.root + offset
        for name in self.positions:
            self.positions[name] = self.positions[name] + offset

    def rotate(self, yaw: Array) -> None:
        """Turn everything by `yaw` (T,) about the vertical through the root."""
        turn = quat.yaw(yaw)
        for name in self.rotations:
            self.rotations[name] = quat.mul(turn, self.rotations[name])
        for name in self.positions:
            arm = self.positions[name] - self.root
            self.positions[name] = self.root + quat.apply(turn, arm)

    def lift(self, *heights: Array) -> None:
        """Raise each girdle of the kind by (T,) meters, the legs below it move along.

        With one girdle the whole body moves; a level trunk pitches as one, and its legs do not
        turn.
        """
        if len(heights) == 1:
            self.move(heights[0][:, None] * _UP)
        else:
            self._pitch(*heights)

    def _pitch(self, hind: Array, fore: Array) -> None:
        legs = self.kind.legs
        hips, shoulders = (
            0.5 * (self.positions[left.top] + self.positions[right.top])
            for left, right in self.kind.girdles
        )
        along = shoulders - hips
        length = np.linalg.norm(along, axis=-1)
        flat = quat.unit(along * [1.0, 0.0, 1.0])
        slope = np.clip((along[:, 1] + fore - hind) / length, -0.9, 0.9)
        pitch = np.arcsin(slope) - np.arcsin(np.clip(along[:, 1] / length, -1.0, 1.0))
        turn = quat.from_axis_angle(quat.cross(flat, np.broadcast_to(_UP, flat.shape)), pitch)
        before = {leg.name: self.positions[leg.top] for leg in legs}
        rigid = (*self.kind.torso, *(joint for leg in legs for joint in leg.chain[: leg.first]))
        for joint in rigid:
            self.rotations[joint] = quat.mul(turn, self.rotations[joint])
        for joint in (*rigid, *(leg.top for leg in legs)):
            arm = quat.apply(turn, self.positions[joint] - hips)
            self.positions[joint] = hips + arm + hind[:, None] * _UP
        self.root = self.positions[self.kind.torso[0]]
        for leg in legs:
            moved = self.positions[leg.top] - before[leg.name]
            for joint in leg.chain[leg.first + 1 :]:
                self.positions[joint] = self.positions[joint] + moved

    def reach(self, leg: CanonicalLeg, target: Array) -> None:
        """Turn the two long bones of a leg so that its end effector is at `target` (T, 3).

        Elbows bend back, knees forward.
        """
        thigh, shin = self.rotations[leg.top], self.rotations[leg.middle]
        hip, knee, ankle = (self.positions[name] for name in (leg.top, leg.middle, leg.end))
        front = -_FRONT if leg.fore else _FRONT
        bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, target, front)
        self.rotations[leg.top] = leg_ik.swing(thigh, knee - hip, bent - hip)
        self.rotations[leg.middle] = leg_ik.swing(shin, ankle - knee, reached - bent)

    def length(self, leg: CanonicalLeg) -> float:
        """Return the length (m) of a leg's two long bones."""
        return float(sum(np.linalg.norm(self.offset(name)) for name in (leg.middle, leg.end)))

    def offset(self, name: str) -> Array:
        """Return (3,) the rest translation of a joint from its parent."""
        joint = self.skeleton.index(name)
        return np.asarray(self.skeleton.offsets[joint], dtype=np.float64)

    @property
    def forward(self) -> Array:
        """Facing of the body, (T, 3): along a level trunk, or as the hips face."""
        if self.kind.level:
            rear, front = self._ends
            return np.asarray(front - rear)
        return quat.apply(self.rotations[self.kind.torso[0]], _FRONT)

    @property
    def center(self) -> Array:
        """The point (T, 3) that follows a plan: the middle of a level trunk, or the root."""
        if self.kind.level:
            rear, front = self._ends
            return 0.5 * np.asarray(front + rear)
        return self.root

    @property
    def _ends(self) -> tuple[Array, Array]:
        return self.positions[self.kind.torso[0]], self.positions[self.kind.torso[-1]]

    def local(self, name: str) -> Array:
        """Return the local rotation (T, 4) of a joint."""
        above = self.skeleton.parents[self.skeleton.index(name)]
        if above < 0:
            return self.rotations[name]
        return quat.inv_mul(self.rotations[self.skeleton.names[above]], self.rotations[name])

    def written(self, clip: Clip, contacts: Array | None) -> Clip:
        """Return ``clip`` with the transforms of this body and ``contacts`` (T, P)."""
        rotations = clip.rotations.astype(np.float64)
        for name in self.rotations:
            rotations[:, clip.skeleton.index(name)] = self.local(name)
        for name, angle in self.bends.items():
            joint = clip.skeleton.index(name)
            bend = quat.from_axis_angle(_SIDE, -angle)
            rotations[:, joint] = quat.mul(bend, rotations[:, joint])
        return replace(
            clip,
            rotations=quat.unroll(rotations).astype(np.float32),
            root_positions=self.root.astype(np.float32),
            contacts=None if contacts is None else contacts.astype(np.float32),
        )

    @property
    def sole(self) -> float:
        """Height (m) of the ball joint over the ground in a planted foot, or of a paw's joint."""
        return self.kind.foot.height(self.skeleton)
