# SPDX-License-Identifier: GPL-3.0-or-later
"""Motions that go round: whether the ends meet, playing on, and other frame rates."""

from dataclasses import dataclass

import numpy as np

from ...maths import quat
from ...maths.quat import Array

SAME = 0.35
"""Step, as a share of those nearby, under which the last frame is the first again."""
MEETS = 3.0
"""Steps nearby that the step from the last frame to the first may be long."""
NEAR = 2.1
"""Steps that it may be long whichever way it goes."""
ONWARD = (-0.4, 0.45)
"""Cosines of the step across the seam with those beside it: it goes back, it goes on."""
ODD = (0.1, 6.5)
"""Way of one joint across the seam, over the hip's height and in steps, at which it is apart."""
LEAST_FRAMES = 4
LEAST_TURN = 0.08
"""Radians in a round under which a loop goes straight."""
_STILL = 1e-3
"""Step (shares of the hip's height) that always is none."""
_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class Seam:
    """How the end of a motion meets its beginning."""

    period: int
    """Frames after which a loop is at its beginning again; all of them where there is no loop."""
    steps: float
    """From the last frame to the first, in steps as long as those nearby."""
    loops: bool
    """Whether the ends meet."""

    @property
    def doubled(self) -> bool:
        """Whether the last frame is the first again."""
        return self.steps < SAME


def seen_from_body(places: Array, heading: Array, hip_height: float) -> Array:
    """Return (T, J, 3) joints as the animal itself sees them, over the height of its hips."""
    origin = places[:, :1] * _FLAT
    return np.asarray(quat.apply(quat.yaw(-heading)[:, None], places - origin) / hip_height)


def seam(poses: Array) -> Seam:
    """Return how the end of a motion meets its beginning, by its poses ``seen_from_body``."""
    count = len(poses)
    if count < LEAST_FRAMES:
        return Seam(count, np.inf, False)
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
    doubled = ratio < SAME
    # Ends that hardly move, of a motion that does, are those of a start and a stop.
    alive = max(beside) > 0.4 * usual or gap < _STILL
    loops = alive and (doubled or close or meets or gap < 4.0 * _STILL)
    return Seam(count - int(doubled), float(ratio), bool(loops))


def _apart(poses: Array) -> bool:
    """Return whether a joint is elsewhere at the end, though the pose as a whole is near."""
    steps = np.linalg.norm(np.diff(poses, axis=0), axis=-1)
    usual = np.maximum(np.percentile(steps, 75.0, axis=0), 10.0 * _STILL)
    gap = np.linalg.norm(poses[-1] - poses[0], axis=-1)
    return bool(((gap > ODD[0]) & (gap > ODD[1] * usual)).any())


def distance(a: Array, b: Array) -> Array:
    """Return (...) how far poses (..., J, 3) are apart: root mean square of their joints."""
    return np.asarray(np.sqrt(((a - b) ** 2).sum(axis=-1).mean(axis=-1)))


@dataclass(frozen=True, eq=False)
class Round:
    """How far a loop gets on in one round."""

    center: Array
    """(3,) where it begins, on the ground."""
    way: Array
    """(3,) meters along the ground, in the world, in the first round."""
    turned: float
    """Radians about +Y."""


def one_round(pelvis: Array, heading: Array, doubled: bool, still: float) -> Round:
    """Return how far a loop gets on by its pelvis (T, 3) and heading (T,), world.

    Ways shorter than ``still`` (meters) and small turns are none.
    """
    root = pelvis * _FLAT
    way, turned = root[-1] - root[0], float(heading[-1] - heading[0])
    if not doubled:
        way = way + 0.5 * (root[-1] - root[-2] + root[1] - root[0])
        turned += 0.5 * float(heading[-1] - heading[-2] + heading[1] - heading[0])
    way = way if np.linalg.norm(way) > still else np.zeros(3)
    return Round(root[0], way, turned if abs(turned) > LEAST_TURN else 0.0)


def played_on(
    turns: Array, positions: Array, one: Round, period: int, count: int
) -> tuple[Array, Array]:
    """Return a loop of ``period`` frames played ``count`` times and one frame more.

    ``turns`` (T, B, 4) and ``positions`` (T, B, 3) are in the world. A loop that gets on, or
    turns, does so further in each round.
    """
    frames = np.arange(period * count + 1)
    rounds, at = frames // period, frames % period
    yaws = one.turned * np.arange(count + 1)
    ways = quat.apply(quat.yaw(yaws), one.way)
    starts = one.center + np.concatenate([np.zeros((1, 3)), np.cumsum(ways, axis=0)[:-1]])
    yaw = quat.yaw(yaws)[rounds][:, None]
    moved = quat.apply(yaw, positions[at] - one.center) + starts[rounds][:, None]
    return quat.mul(yaw, turns[at]), np.asarray(moved)


def at_frames(turns: Array, positions: Array, at: Array) -> tuple[Array, Array]:
    """Return a motion at fractional frames ``at`` (N,), on smooth curves through its frames.

    ``turns`` (T, B, 4) and ``positions`` (T, B, 3).
    """
    turns = quat.unroll(turns)
    return quat.normalize(_cubic(turns, at)), _cubic(positions, at)


def _cubic(values: Array, at: Array) -> Array:
    """Return values (T, ...) at fractional frames (N,), by Catmull-Rom curves."""
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
