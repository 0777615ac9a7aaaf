# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of the biped network's input and output vectors: the only place that knows it.

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
    contacts     left heel, left ball, right heel, right ball

Windows and the PFNN's phase are as in Holden, Komura and Saito 2017; feeding the root's own
motion in, instead of predicting it, is ours.
"""

from dataclasses import dataclass

import numpy as np

from . import quat
from .contacts import smooth
from .quat import Array
from .skeleton import Skeleton

RATE = 60.0
"""Frames per second of every model."""
GAITS = ("stand", "walk", "jog", "run", "crouch")
WINDOW = np.arange(-60, 60, 10)
"""(12,) frame offsets of the trajectory samples."""
STATE_JOINTS = (
    "Hips",
    "Spine3",
    "Head",
    "LeftForeArm",
    "LeftHand",
    "RightForeArm",
    "RightHand",
    "LeftLeg",
    "LeftFoot",
    "LeftToe",
    "RightLeg",
    "RightFoot",
    "RightToe",
)
ROOT_SIGMA = 0.25
"""Seconds, smoothing of the root's position and heading."""

_N_TRAJECTORY = len(WINDOW) * (4 + len(GAITS))
_N_STATE = len(STATE_JOINTS) * 3
TRAJECTORY = slice(0, _N_TRAJECTORY)
MOTION = slice(_N_TRAJECTORY, _N_TRAJECTORY + 3)
CONTROL = slice(0, _N_TRAJECTORY + 3)
POSITIONS = slice(CONTROL.stop, CONTROL.stop + _N_STATE)
VELOCITIES = slice(POSITIONS.stop, POSITIONS.stop + _N_STATE)
STATE = slice(POSITIONS.start, VELOCITIES.stop)
INPUTS = VELOCITIES.stop


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
        """Hips position, 3, metres."""
        return slice(self.joints * 6, self.joints * 6 + 3)

    @property
    def phase_rate(self) -> int:
        """Cycles per second."""
        return self.joints * 6 + 3

    @property
    def contacts(self) -> slice:
        """Left heel, left ball, right heel, right ball."""
        return slice(self.joints * 6 + 4, self.joints * 6 + 8)

    @property
    def size(self) -> int:
        """Length of the output vector."""
        return self.joints * 6 + 8


@dataclass(frozen=True, eq=False)
class RootTrack:
    """The root over time."""

    positions: Array
    """(T, 3) metres, on the ground plane (y = 0)."""
    yaw: Array
    """(T,) radians, heading; 0 faces +Z, positive towards +X, unwrapped."""

    def rotations(self) -> Array:
        """Return (T, 4) world rotations of the root."""
        return quat.yaw(self.yaw).astype(np.float32)


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


def root_track(skeleton: Skeleton, world_positions: Array, fps: float = RATE) -> RootTrack:
    """Return the smoothed root of a motion given (T, J, 3) world joint positions."""
    hips = world_positions[:, 0] * np.array([1.0, 0.0, 1.0], dtype=np.float32)
    positions = smooth(hips, ROOT_SIGMA * fps)
    heading = smooth(facing(skeleton, world_positions), ROOT_SIGMA * fps)
    return RootTrack(positions, np.unwrap(quat.yaw_of(heading)).astype(np.float32))


def control(root: RootTrack, gait: Array) -> Array:
    """Return (T, CONTROL) inputs known before the motion is: trajectory and root motion.

    ``gait`` is (T, 5) weights of GAITS. Samples before the start and after the end hold the
    first and last frame.
    """
    frames = len(root.yaw)
    at = np.clip(np.arange(frames)[:, None] + WINDOW, 0, frames - 1)
    position = to_root(root, root.positions[at] - root.positions[:, None])[..., [0, 2]]
    angle = root.yaw[at] - root.yaw[:, None]
    heading = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    before = np.maximum(np.arange(frames) - 1, 0)
    step = (root.positions - root.positions[before])[:, None]
    turn = (root.yaw - root.yaw[before])[:, None]
    motion = np.concatenate([to_root(root, step)[:, 0][:, [0, 2]], turn], axis=1) * RATE
    blocks = [position, heading, gait[at]]
    flat = [block.reshape(frames, -1) for block in blocks]
    return np.concatenate([*flat, motion], axis=1).astype(np.float32)


def to_root(root: RootTrack, vectors: Array) -> Array:
    """Rotate world vectors (T, N, 3) into the root frame."""
    return quat.apply(quat.inv(root.rotations())[:, None], vectors)


def carry(root: RootTrack) -> tuple[Array, Array]:
    """Return how vectors move from root frame i-1 to root frame i.

    Rotation matrices (T, 3, 3) for row vectors (``v @ m``) and translations (T, 3):
    ``p_i = p_before @ m[i] + t[i]``. Frame 0 is carried onto itself.
    """
    rotations = root.rotations()
    before = np.maximum(np.arange(len(rotations)) - 1, 0)
    now_from_before = quat.mul(quat.inv(rotations), rotations[before])
    moved = to_root(root, (root.positions[before] - root.positions)[:, None])[:, 0]
    matrices = np.swapaxes(quat.to_matrix(now_from_before), -1, -2)
    return np.ascontiguousarray(matrices, dtype=np.float32), moved.astype(np.float32)


def gait_weights(speed: Array, hip_height: Array, rest_height: float) -> Array:
    """Return (T, 5) weights of GAITS from smoothed speed (m/s) and hip height (m).

    Bands by speed with linear cross-fades; crouch by posture, when the hips are under about
    0.87 of their rest height at a speed where nobody runs.
    """
    edges = np.array([[0.1, 0.3], [1.65, 1.95], [2.45, 2.75]])
    above = np.clip((speed[:, None] - edges[:, 0]) / (edges[:, 1] - edges[:, 0]), 0.0, 1.0)
    bands = np.concatenate([np.ones((len(speed), 1)), above], axis=1)
    bands[:, :-1] -= bands[:, 1:]
    low = np.clip((0.915 - hip_height / rest_height) / 0.05, 0.0, 1.0)
    crouch = low * np.clip((2.4 - speed) / 0.3, 0.0, 1.0)
    weights = np.concatenate([bands * (1.0 - crouch[:, None]), crouch[:, None]], axis=1)
    return weights.astype(np.float32)


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
