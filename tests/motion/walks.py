# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion for tests without a model: a skeleton, arbitrary clips, points of walking feet."""

import numpy as np
from hypothesis import strategies as st

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat

_BONES = (
    ("Hips", "", (0.0, 0.0, 0.0)),
    ("Spine", "Hips", (0.0, 0.05, 0.0)),
    ("Spine3", "Spine", (0.0, 0.25, 0.01)),
    ("Head", "Spine3", (0.0, 0.25, -0.02)),
    ("LeftArm", "Spine3", (0.16, 0.09, -0.05)),
    ("LeftForeArm", "LeftArm", (0.20, -0.18, -0.04)),
    ("LeftHand", "LeftForeArm", (0.14, -0.14, 0.11)),
    ("RightArm", "Spine3", (-0.16, 0.09, -0.05)),
    ("RightForeArm", "RightArm", (-0.20, -0.18, -0.04)),
    ("RightHand", "RightForeArm", (-0.14, -0.14, 0.11)),
    ("LeftUpLeg", "Hips", (0.09, -0.04, 0.0)),
    ("LeftLeg", "LeftUpLeg", (0.01, -0.50, 0.0)),
    ("LeftFoot", "LeftLeg", (0.01, -0.36, -0.02)),
    ("LeftToe", "LeftFoot", (0.0, -0.08, 0.13)),
    ("RightUpLeg", "Hips", (-0.09, -0.04, 0.0)),
    ("RightLeg", "RightUpLeg", (-0.01, -0.50, 0.0)),
    ("RightFoot", "RightLeg", (-0.01, -0.36, -0.02)),
    ("RightToe", "RightFoot", (0.0, -0.08, 0.13)),
)
NAMES = tuple(name for name, _, _ in _BONES)
SKELETON = Skeleton(
    NAMES,
    np.array([NAMES.index(parent) if parent else -1 for _, parent, _ in _BONES]),
    np.array([offset for _, _, offset in _BONES], dtype=np.float32),
    ((NAMES.index("Head"), (0.0, 0.18, 0.04)), (NAMES.index("LeftToe"), (0.0, -0.02, 0.06))),
)
"""Symmetric, with the joints that features name; its ball joints are 0.98 m below the hips."""

BALL_HEIGHT = 0.05
"""Height of the ball joints in stance (m)."""


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    """Draw floats of a range, more often its ends and round numbers."""
    round_ones = [v for v in (low, high, 0.0, 0.5, 1.0, -1.0) if low <= v <= high]
    return st.sampled_from(round_ones) | st.floats(low, high, allow_subnormal=False)


@st.composite
def vectors(draw: st.DrawFn, reach: float = 10.0) -> np.ndarray:
    """Draw a vector (3,), special ones more often."""
    return np.array([draw(floats(-reach, reach)) for _ in range(3)])


@st.composite
def directions(draw: st.DrawFn) -> np.ndarray:
    """Draw a unit vector (3,)."""
    v = draw(vectors(1.0).filter(lambda v: np.linalg.norm(v) > 0.05))
    return v / np.linalg.norm(v)


@st.composite
def rotations(draw: st.DrawFn) -> np.ndarray:
    """Draw a unit quaternion (4,), quarter and half turns more often."""
    q = np.array([draw(floats(-1.0, 1.0)) for _ in range(4)])
    norm = np.linalg.norm(q)
    return q / norm if norm > 0.05 else np.array([1.0, 0.0, 0.0, 0.0])


def any_clip(seed: int, frames: int = 12, fps: float = 60.0, *, contacts: bool = False) -> Clip:
    """Return arbitrary smooth motion of SKELETON, repeatable by seed."""
    rng = np.random.default_rng(seed)
    start = quat.normalize(rng.normal(size=(len(SKELETON), 4)))
    spin = rng.normal(scale=0.1, size=(len(SKELETON), 3))
    time = np.arange(frames)[:, None, None]
    turned = quat.mul(start, quat.from_rotvec(spin * time)).astype(np.float32)
    root = np.cumsum(rng.normal(scale=0.02, size=(frames, 3)), axis=0).astype(np.float32)
    stands = (rng.random((frames, 4)) > 0.5).astype(np.float32) if contacts else None
    return Clip(SKELETON, turned, root, fps, stands)


def same_rotation(a: np.ndarray, b: np.ndarray, atol: float = 1e-6) -> bool:
    """Return whether quaternions (..., 4) are the same rotations, of either sign."""
    return bool(np.all(np.abs(np.sum(a * b, axis=-1)) > 1.0 - 0.5 * atol))


def stepping(
    strikes: list[tuple[int, int]],
    frames: int,
    *,
    stance: int = 38,
    stride: float = 1.4,
    roll: int = 6,
) -> np.ndarray:
    """Return foot points (T, 4, 3) of feet with touchdowns at ``strikes`` (frame, side).

    A stance lasts ``stance`` frames; the ball comes down and lifts ``roll`` frames after the
    heel. A swing goes ``stride`` forward and 12 cm up. Feet stand before their first strike and
    after their last step.
    """
    points = np.zeros((frames, 4, 3))
    for side in (0, 1):
        times = [frame for frame, which in strikes if which == side]
        for part, late in enumerate((0, roll)):
            column = 2 * side + part
            points[:, column, 0] = 0.1 if side == 0 else -0.1
            points[:, column, 1] = BALL_HEIGHT
            points[:, column, 2] = 0.18 * part
            lifts = [0] + [time + stance for time in times]
            for lift, time in zip(lifts, times, strict=False):
                lift = max(lift, time - 40) + late
                swing = np.clip((np.arange(frames) - lift) / (time + late - lift), 0.0, 1.0)
                points[:, column, 1] += 0.12 * np.sin(np.pi * swing) ** 2
                points[:, column, 2] += stride * (swing - np.sin(2 * np.pi * swing) / (2 * np.pi))
    return points
