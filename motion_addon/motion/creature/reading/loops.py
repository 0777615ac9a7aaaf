# SPDX-License-Identifier: GPL-3.0-or-later
"""Loops: detects whether the ends of a motion meet, repeats loops and resamples motions."""

from dataclasses import dataclass

import numpy as np

from ...maths import quat
from ...maths.quat import Array

SAME = 0.35
"""Gap, in nearby steps, below which the last frame repeats the first."""
MEETS = 3.0
"""Largest gap, in nearby steps, of a loop whose gap points the way the motion goes."""
NEAR = 2.1
"""Largest gap, in nearby steps, of a loop whose gap does not point back."""
ONWARD = (-0.4, 0.45)
"""Cosines between the gap and the steps beside it: below, it points back; above, it goes on."""
ODD = (0.1, 6.5)
"""Gap of a single joint, as a share of the hip height and in its own steps, that opens a loop."""
LEAST_FRAMES = 4
LEAST_TURN = 0.08
"""Radians per cycle below which a loop goes straight."""
_STILL = 1e-3
"""Step, as a share of the hip height, that counts as no movement."""
_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class Loop:
    """Whether and how the end of a motion meets its beginning."""

    period: int
    """Frames of one cycle; the number of frames if the motion is no loop."""
    gap: float
    """Distance from the last pose to the first, in steps between nearby frames."""
    closes: bool
    """Whether the ends meet."""

    @property
    def repeats_first(self) -> bool:
        """Whether the last frame repeats the first."""
        return self.gap < SAME


def body_frame_poses(places: Array, heading: Array, hip_height: float) -> Array:
    """Return joints (T, J, 3) in the body's frame, as shares of the hip height.

    The frame's origin is on the ground under the pelvis; ``heading`` (T,) is its yaw.
    """
    origin = places[:, :1] * _FLAT
    return np.asarray(quat.apply(quat.yaw(-heading)[:, None], places - origin) / hip_height)


def find_loop(poses: Array) -> Loop:
    """Return the loop of poses (T, J, 3) from ``body_frame_poses``."""
    count = len(poses)
    if count < LEAST_FRAMES:
        return Loop(count, np.inf, False)
    gap = distance(poses[-1], poses[0])
    pairs = ((-2, -1), (0, 1), (1, 2), (-3, -2))
    beside = [float(distance(poses[a], poses[b])) for a, b in pairs]
    usual = float(np.median(distance(poses[1:], poses[:-1])))
    near = max(float(np.median(beside)), usual, _STILL)
    ratio = gap / near
    ahead = (poses[1] - poses[0] + poses[-1] - poses[-2]).ravel()
    across = (poses[0] - poses[-1]).ravel()
    onward = float(quat.unit(ahead) @ quat.unit(across))
    close = ratio < NEAR and onward > ONWARD[0]
    meets = ratio < MEETS and onward > ONWARD[1] and not _apart(poses)
    repeats_first = ratio < SAME
    # A motion that moves but stands at its ends starts and stops; it is no loop.
    alive = max(beside) > 0.4 * usual or gap < _STILL
    closes = alive and (repeats_first or close or meets or gap < 4.0 * _STILL)
    return Loop(count - int(repeats_first), float(ratio), bool(closes))


def _apart(poses: Array) -> bool:
    """Return whether a single joint is far apart at the ends, though the pose is near."""
    steps = np.linalg.norm(np.diff(poses, axis=0), axis=-1)
    usual = np.maximum(np.percentile(steps, 75.0, axis=0), 10.0 * _STILL)
    gap = np.linalg.norm(poses[-1] - poses[0], axis=-1)
    return bool(((gap > ODD[0]) & (gap > ODD[1] * usual)).any())


def distance(a: Array, b: Array) -> Array:
    """Return (...) the root-mean-square joint distance between poses (..., J, 3)."""
    return np.asarray(np.sqrt(((a - b) ** 2).sum(axis=-1).mean(axis=-1)))


@dataclass(frozen=True, eq=False)
class LoopRootMotion:
    """Root motion of one cycle of a loop."""

    center: Array
    """(3,) start of the cycle, on the ground."""
    way: Array
    """(3,) displacement along the ground in the first cycle, world."""
    turned: float
    """Radians about +Y."""


def loop_root_motion(
    pelvis: Array, heading: Array, repeats_first: bool, still: float
) -> LoopRootMotion:
    """Return the root motion of a loop from its pelvis (T, 3) and heading (T,), world.

    Displacements shorter than ``still`` and small turns count as zero.
    """
    root = pelvis * _FLAT
    way, turned = root[-1] - root[0], float(heading[-1] - heading[0])
    if not repeats_first:
        way = way + 0.5 * (root[-1] - root[-2] + root[1] - root[0])
        turned += 0.5 * float(heading[-1] - heading[-2] + heading[1] - heading[0])
    way = way if np.linalg.norm(way) > still else np.zeros(3)
    return LoopRootMotion(root[0], way, turned if abs(turned) > LEAST_TURN else 0.0)


def repeat_loop(
    turns: Array, positions: Array, one: LoopRootMotion, period: int, count: int
) -> tuple[Array, Array]:
    """Return a loop of ``period`` frames repeated ``count`` times, plus one frame.

    ``turns`` (T, B, 4) and ``positions`` (T, B, 3) are in the world. Root motion accumulates from
    cycle to cycle.
    """
    frames = np.arange(period * count + 1)
    cycles, at = frames // period, frames % period
    yaws = one.turned * np.arange(count + 1)
    ways = quat.apply(quat.yaw(yaws), one.way)
    starts = one.center + np.concatenate([np.zeros((1, 3)), np.cumsum(ways, axis=0)[:-1]])
    yaw = quat.yaw(yaws)[cycles][:, None]
    moved = quat.apply(yaw, positions[at] - one.center) + starts[cycles][:, None]
    return quat.mul(yaw, turns[at]), np.asarray(moved)


def sample_frames(turns: Array, positions: Array, at: Array) -> tuple[Array, Array]:
    """Return a motion at fractional frames ``at`` (N,), by Catmull-Rom interpolation.

    ``turns`` (T, B, 4) and ``positions`` (T, B, 3).
    """
    turns = quat.unroll(turns)
    return quat.normalize(_cubic(turns, at)), _cubic(positions, at)


def _cubic(values: Array, at: Array) -> Array:
    """Return (N, ...) values (T, ...) at fractional frames (N,), by Catmull-Rom curves."""
    last = len(values) - 1
    if last < 1:
        return np.asarray(values[np.zeros(len(at), dtype=np.int64)])
    low = np.clip(np.floor(at).astype(np.int64), 0, last - 1)
    t = np.clip(at - low, 0.0, 1.0).reshape(-1, *[1] * (values.ndim - 1))
    a, b = values[low], values[low + 1]
    before = np.where(low[(...,) + (None,) * (values.ndim - 1)] > 0, values[low - 1], 2.0 * a - b)
    beyond = low[(...,) + (None,) * (values.ndim - 1)] + 2 <= last
    after = np.where(beyond, values[np.minimum(low + 2, last)], 2.0 * b - a)
    into, out = 0.5 * (b - before), 0.5 * (after - a)
    square, cube = t * t, t * t * t
    return np.asarray(
        (2.0 * cube - 3.0 * square + 1.0) * a
        + (cube - 2.0 * square + t) * into
        + (3.0 * square - 2.0 * cube) * b
        + (cube - square) * out
    )
