# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of the networks' input and output vectors: the only place that knows it.

The *root* is a point on the ground under the hips and a heading, both smoothed over a stride's
fraction; everything the network sees is relative to it. A known path means that the whole
course of the root is known, so the network is driven along it and predicts the body:

input of frame i (root frame i)
    trajectory   12 samples, frames i-60 … i+50 by 10: position xz, heading xz, gait weights
    motion       velocity xz and yaw rate of the root over the last frame
    state        of frame i-1: positions and velocities of STATE_JOINTS
output of frame i (root frame i)
    axes         forward and up axis of every joint's world rotation
    hips         position of the hips
    phase_rate   of the gait cycle, in cycles per second
    contacts     of the contact points of the kind's feet

Windows and the PFNN's phase are as in Holden, Komura and Saito 2017; feeding the root's own
motion in, instead of predicting it, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..body import biped_gaits
from ..body.biped_gaits import GAITS
from ..body.kinds import BIPED, Kind
from ..clip.clip import Clip
from ..clip.contacts import duty_factor
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from ..plan.trajectory import RATE, WINDOW, Trajectory

ROOT_SIGMA = 0.32
"""Seconds, smoothing of the root's position."""
FACING_SIGMA = 0.25
"""Seconds, smoothing of the root's heading."""
_BLOCK = 4_096
"""Frames whose windows are in memory at once."""
ALWAYS_JOGGING = 2.0
"""m/s, a speed at which a plan has no share of walking left."""


@dataclass(frozen=True)
class InputLayout:
    """Slices of the input vector of a kind of body."""

    gaits: int
    """Columns of its plans' gait."""
    states: int
    """Joints whose positions and velocities are fed back."""
    legs: int = 0
    """Legs whose places on a stride clock are inputs, each as a cosine and a sine."""

    @classmethod
    def of(cls, kind: Kind) -> InputLayout:
        """Return the layout of a kind of body."""
        legs = len(kind.legs) if kind.on_clock else 0
        return cls(len(kind.gaits), len(kind.state_joints), legs)

    @property
    def trajectory(self) -> slice:
        """Positions, headings and gaits of the 12 samples."""
        return slice(0, len(WINDOW) * (4 + self.gaits))

    @property
    def motion(self) -> slice:
        """Velocity x and z (m/s) and yaw rate (rad/s) of the root."""
        return slice(self.trajectory.stop, self.trajectory.stop + 3)

    @property
    def control(self) -> slice:
        """Inputs that the plan fixes."""
        return slice(0, self.motion.stop)

    @property
    def clock(self) -> slice:
        """Cosine and sine of each leg's phase, times its amplitude."""
        return slice(self.control.stop, self.control.stop + 2 * self.legs)

    @property
    def positions(self) -> slice:
        """Of the state joints, meters."""
        return slice(self.clock.stop, self.clock.stop + 3 * self.states)

    @property
    def velocities(self) -> slice:
        """Of the state joints, m/s."""
        return slice(self.positions.stop, self.positions.stop + 3 * self.states)

    @property
    def state(self) -> slice:
        """Positions and velocities."""
        return slice(self.positions.start, self.velocities.stop)

    @property
    def size(self) -> int:
        """Length of the input vector."""
        return int(self.velocities.stop)


STATE_JOINTS = BIPED.state_joints
INPUT = InputLayout.of(BIPED)
TRAJECTORY, MOTION, CONTROL = INPUT.trajectory, INPUT.motion, INPUT.control
INPUTS = INPUT.size


@dataclass(frozen=True)
class OutputLayout:
    """Slices of the output vector for a skeleton of J joints."""

    joints: int

    @property
    def axes(self) -> slice:
        """Forward and up axes, J * 6."""
        return slice(0, self.joints * 6)

    @property
    def hips(self) -> slice:
        """Hips position, 3, meters."""
        return slice(self.joints * 6, self.joints * 6 + 3)

    @property
    def phase_rate(self) -> int:
        """Cycles per second."""
        return self.joints * 6 + 3

    @property
    def contacts(self) -> slice:
        """Contact points of the kind's feet, as in ``Clip.contacts``."""
        return slice(self.joints * 6 + 4, self.joints * 6 + 8)

    @property
    def size(self) -> int:
        """Length of the output vector."""
        return self.joints * 6 + 8


def facing(skeleton: Skeleton, world_positions: Array) -> Array:
    """Return (T, 3) unit horizontal facing of the body, from hips and shoulders."""
    index = skeleton.index
    across = (
        world_positions[..., index("LeftArm"), :]
        - world_positions[..., index("RightArm"), :]
        + world_positions[..., index("LeftUpLeg"), :]
        - world_positions[..., index("RightUpLeg"), :]
    )
    forward = np.stack([-across[..., 2], np.zeros_like(across[..., 0]), across[..., 0]], axis=-1)
    return quat.unit(forward)


def root_track(
    skeleton: Skeleton, world_positions: Array, contacts: Array | None = None
) -> Trajectory:
    """Return the smoothed course of the root of a motion, (T, J, 3) world joint positions.

    The motion is at RATE frames per second with the ground at y = 0. With ``contacts`` (T, 4)
    the duty factor separates walking from jogging, without them the speed.
    """
    positions, heading, speeds = smoothed_root(
        world_positions[:, 0], facing(skeleton, world_positions)
    )
    rest = float(-skeleton.rest_positions()[:, 1].min())
    height = smooth(world_positions[:, 0, 1], 0.5 * RATE)
    duty = None if contacts is None else duty_factor(contacts, RATE)
    gait = smooth(gait_weights(speeds, height / rest, duty), 0.1 * RATE)
    distance = np.cumsum(speeds) / RATE
    return Trajectory(positions, heading, speeds, gait, distance)


def smoothed_root(center: Array, forward: Array) -> tuple[Array, Array, Array]:
    """Return the root's positions (T, 3), unit headings (T, 3) and speeds (T,) in m/s.

    ``center`` (T, 3) is a point of the body, ``forward`` (T, 3) where it faces, level.
    """
    flat = center * np.array([1.0, 0.0, 1.0], dtype=np.float32)
    # Smoothed twice, so that bends are not cut: the smoothed remainder is added back.
    once = smooth(flat, ROOT_SIGMA * RATE)
    positions = once + smooth(flat - once, ROOT_SIGMA * RATE)
    heading = quat.unit(smooth(forward, FACING_SIGMA * RATE))
    speeds = np.linalg.norm(np.gradient(positions, axis=0), axis=-1) * RATE
    return positions, heading, speeds


def gait_weights(speeds: Array, hip_height: Array, duty: Array | None = None) -> Array:
    """Return (T, 5) weights of GAITS from smoothed speed (m/s) and hip height / rest height.

    A gait with a duty factor under a half has a flight phase: it is no walk, however slow
    (people jog at 1.3 m/s and walk at 1.9). Without ``duty`` (T,) by speed, as in a plan. Crouch
    by posture, when the hips are under about 0.87 of their rest height at a speed where
    nobody runs.
    """
    weights = biped_gaits.gait_weights(speeds)
    if duty is not None:
        moving = 1.0 - weights[:, :1]
        flight = np.clip((0.52 - duty) / 0.05, 0.0, 1.0)[:, None] * moving
        weights = (1.0 - flight) * biped_gaits.gait_weights(speeds, "walk")
        weights += flight * biped_gaits.gait_weights(np.maximum(speeds, ALWAYS_JOGGING))
    low = np.clip((0.915 - hip_height) / 0.05, 0.0, 1.0) * np.clip((2.4 - speeds) / 0.3, 0.0, 1.0)
    weights *= 1.0 - low[:, None]
    weights[:, GAITS.index("crouch")] += low
    return np.asarray(weights, dtype=np.float32)


def yaw(plan: Trajectory) -> Array:
    """Return (T,) the root's heading in radians, unwrapped; 0 faces +Z, positive to +X."""
    return np.unwrap(quat.yaw_of(plan.facing))


def root_rotations(plan: Trajectory) -> Array:
    """Return (T, 4) world rotations of the root."""
    return quat.yaw(yaw(plan)).astype(np.float32)


def to_root(plan: Trajectory, vectors: Array) -> Array:
    """Rotate world vectors (T, N, 3) into the root frame."""
    return quat.apply(quat.inv(root_rotations(plan))[:, None], vectors)


def control(plan: Trajectory) -> Array:
    """Return (T, CONTROL) inputs that the plan fixes: trajectory and root motion."""
    frames, back = len(plan.positions), quat.inv(root_rotations(plan))[:, None]
    matrices, moves = carry(plan)
    turn = np.arctan2(matrices[:, 0, 2], matrices[:, 0, 0])
    motion = np.stack([-moves[:, 0], -moves[:, 2], turn], axis=1) * RATE
    rows = np.empty((frames, plan.gait.shape[1] * len(WINDOW) + 4 * len(WINDOW) + 3), np.float32)
    for start in range(0, frames, _BLOCK):
        some = slice(start, min(start + _BLOCK, frames))
        window = plan.window(np.arange(some.start, some.stop))
        away = window.positions - plan.positions[some, None]
        position = quat.apply(back[some], away)[..., [0, 2]]
        heading = quat.apply(back[some], window.facing)[..., [0, 2]]
        flat = [part.reshape(len(away), -1) for part in (position, heading, window.gait)]
        rows[some] = np.concatenate([*flat, motion[some]], axis=1)
    return rows


def carry(plan: Trajectory) -> tuple[Array, Array]:
    """Return how vectors move from root frame i-1 to root frame i.

    Rotation matrices (T, 3, 3) for row vectors (``v @ m``) and translations (T, 3):
    ``p_i = p_before @ m[i] + t[i]``. The frame before the first repeats the first step.
    """
    rotations = root_rotations(plan)
    before = np.maximum(np.arange(len(rotations)) - 1, 0)
    now_from_before = quat.inv_mul(rotations, rotations[before])
    steps = (plan.positions[before] - plan.positions) * np.array([1.0, 0.0, 1.0])
    moves = to_root(plan, steps[:, None])[:, 0]
    matrices = np.swapaxes(quat.to_matrix(now_from_before), -1, -2).astype(np.float32)
    moves = moves.astype(np.float32)
    if len(moves) > 1:
        matrices[0], moves[0] = matrices[1], moves[1]
    return np.ascontiguousarray(matrices), moves


def about_root(clip: Clip, root: Trajectory) -> dict[str, Array]:
    """Return the training features of a clip's path and pose, relative to its root track.

    Keys: control (T, CONTROL), matrices (T, 3, 3) and moves (T, 3) from root frame to root
    frame, axes (T, J, 6), hips (T, 3) of the skeleton's root and speed (T,) in m/s.
    """
    rotations, positions = clip.world()
    matrices, moves = carry(root)
    in_root = quat.inv_mul(root_rotations(root)[:, None], rotations)
    hips = to_root(root, (positions[:, 0] - root.positions)[:, None])[:, 0]
    return {
        "control": control(root),
        "matrices": matrices,
        "moves": moves,
        "axes": quat.to_two_axes(in_root).astype(np.float32),
        "hips": hips.astype(np.float32),
        "speed": root.speeds,
    }


def ancestors(skeleton: Skeleton) -> Array:
    """Return (J, J) float32: row j has a one for each joint on the way from the root to j.

    With world rotations R, ``positions = hips + ancestors @ (R[parent] offset)``: forward
    kinematics without a loop.
    """
    table = np.eye(len(skeleton), dtype=np.float32)
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            table[joint] += table[parent]
    table[:, 0] = 0.0
    return table
