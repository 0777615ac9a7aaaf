# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a motion: on the path, on the feet and on smoothness.

Training, benchmarks, tests and the report card of a bake all measure with these functions.
Input is arrays in meters and frames per second; figures come back in the unit their name says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..body.kinds import BIPED, kind_of
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import REACH, smooth
from ..plan.path import Path
from ..plan.trajectory import Trajectory

SKATE_HEIGHT = 2.5
"""Height (cm) above its ground level at which a foot no longer counts as skating (MANN)."""
SEEN_HEIGHT, SEEN_SPEED = 0.02, 0.3
"""Height (m) and speed (m/s) under which an onlooker takes a ball for planted."""
ROOT_MEAN_SECONDS = 0.3
"""Span over which the root is averaged before it is compared with the path (s)."""
JERK_SECONDS = 0.025
"""Smoothing before the jerk is taken (s, sigma)."""
_FRONT = np.array([0.0, 0.0, 1.0], dtype=np.float32)

BALLS = BIPED.balls
"""Columns of a biped's balls among its contact points."""


def mean_root(root: Array, fps: float) -> Array:
    """Return the root (T, 3) averaged over 0.3 s around each frame (less at the ends)."""
    half = max(round(0.5 * ROOT_MEAN_SECONDS * fps), 0)
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(root, axis=0, dtype=np.float64)])
    index = np.arange(len(root))
    reach = np.minimum(half, np.minimum(index, len(root) - 1 - index))
    return np.asarray((total[index + reach + 1] - total[index - reach]) / (2 * reach + 1)[:, None])


def trunk(clip: Clip) -> tuple[Array, Array]:
    """Return the point (T, 3) of a body that follows a path and its facing (T, 3).

    The middle of a level trunk, which faces along itself; else the root and the hips' facing.
    """
    kind = kind_of(clip.skeleton)
    if not kind.level:
        return clip.root_positions, quat.apply(clip.rotations[:, 0], _FRONT)
    places = clip.world()[1].astype(np.float64)
    rear, front = (places[:, clip.skeleton.index(kind.torso[end])] for end in (0, -1))
    return 0.5 * (rear + front), front - rear


def path_distance(positions: Array, path: Path, near: Array | None = None) -> Array:
    """Return the horizontal distance (T,) in meters from `positions` (T, 3) to the path.

    `near` (T,) are arc lengths to search around (2 m either way); without it the whole path is
    searched.
    """
    line = path.samples[:, [0, 2]]
    here = np.asarray(positions)[:, [0, 2]]
    out = np.empty(len(here))
    reach = int(np.ceil(2.0 / path.spacing))
    wide = np.arange(-reach, reach + 1)
    step = max(1, 2_000_000 // (len(line) if near is None else len(wide)))
    for first in range(0, len(here), step):
        part = here[first : first + step]
        if near is None or len(line) <= len(wide):
            choice = np.broadcast_to(np.arange(len(line)), (len(part), len(line)))
        else:
            middle = np.round(near[first : first + step] / path.spacing).astype(np.int64)
            choice = np.clip(middle[:, None] + wide, 0, len(line) - 1)
        gaps = ((line[choice] - part[:, None]) ** 2).sum(axis=-1)
        best = np.take_along_axis(choice, gaps.argmin(axis=1)[:, None], axis=1)[:, 0]
        out[first : first + step] = _segment_distance(part, line, best)
    return out


def _segment_distance(points: Array, line: Array, nearest: Array) -> Array:
    """Return distances (T,) of points (T, 2) to the two segments at each nearest sample."""
    ends = []
    for side in (-1, 1):
        a, b = line[nearest], line[np.clip(nearest + side, 0, len(line) - 1)]
        along = b - a
        share = ((points - a) * along).sum(axis=-1) / np.maximum((along**2).sum(axis=-1), 1e-18)
        foot = a + np.clip(share, 0.0, 1.0)[:, None] * along
        ends.append(np.linalg.norm(points - foot, axis=-1))
    return np.asarray(np.minimum(*ends))


def path_error(
    root: Array, fps: float, path: Path, trajectory: Trajectory | None = None
) -> dict[str, float]:
    """Return mean and max distance (cm) of the 0.3 s mean root to the path.

    With the `trajectory` that was followed (same duration as `root`), also the distance to where
    the plan was at that moment ("aligned").
    """
    averaged = mean_root(root, fps)
    plan = None if trajectory is None else planned(trajectory, len(root), fps)
    off = 100.0 * path_distance(averaged, path, None if plan is None else plan[1])
    out = {"path_mean_cm": float(off.mean()), "path_max_cm": float(off.max())}
    if plan is not None:
        behind = 100.0 * np.linalg.norm((averaged - plan[0])[:, [0, 2]], axis=-1)
        out["aligned_mean_cm"] = float(behind.mean())
        out["aligned_max_cm"] = float(behind.max())
    return out


def planned(trajectory: Trajectory, frames: int, fps: float) -> tuple[Array, Array, Array]:
    """Return planned positions (frames, 3), path distances and speeds at `fps`."""
    at = np.clip(np.arange(frames) * (trajectory.rate / fps), 0, len(trajectory) - 1)
    steps = np.arange(len(trajectory))
    positions = np.stack(
        [np.interp(at, steps, trajectory.positions[:, axis]) for axis in range(3)], axis=-1
    )
    return (
        positions,
        np.interp(at, steps, trajectory.distance),
        np.interp(at, steps, trajectory.speeds),
    )


def _steady_stretches(positions: Array, speeds: Array, fps: float) -> list[tuple[int, int]]:
    """Return (first, last) frames of straight stretches of over 1.2 s at one planned speed."""
    heading = np.unwrap(quat.yaw_of(np.gradient(positions, axis=0)))
    steady = np.abs(np.gradient(speeds)) * fps < 0.05
    straight = np.abs(np.gradient(heading)) * fps < 0.06
    trim = round(0.3 * fps)
    runs = foot_contacts.runs((steady & straight & (speeds > 0.3)).astype(np.float32))
    inside = [(a + trim, b - 1 - trim) for a, b in runs]
    return [(a, b) for a, b in inside if b - a >= 1.2 * fps]


def speed_error(root: Array, fps: float, trajectory: Trajectory) -> dict[str, float]:
    """Return how far the speed is off (m/s) on straights of steady planned speed of over 1.2 s.

    The speed on a straight is the way the 0.3 s mean root makes along it by the time it takes.
    """
    positions, _, speeds = planned(trajectory, len(root), fps)
    averaged = mean_root(root, fps)
    errors, weights = [], []
    for a, b in _steady_stretches(positions, speeds, fps):
        made = np.linalg.norm((averaged[b] - averaged[a])[[0, 2]]) * fps / (b - a)
        errors.append(made - speeds[a:b].mean())
        weights.append(b - a)
    if not errors:
        return {}
    off = np.abs(errors)
    return {
        "speed_error_mean": float(np.average(off, weights=weights)),
        "speed_error_max": float(off.max()),
    }


def heading_error(forward: Array, fps: float, trajectory: Trajectory) -> dict[str, float]:
    """Return how far (deg) a body's 0.3 s mean direction (T, 3) is off the plan's facing."""
    at = np.clip(np.arange(len(forward)) * (trajectory.rate / fps), 0, len(trajectory) - 1)
    facing = trajectory.facing[np.round(at).astype(np.int64)]
    level = quat.unit(np.asarray(forward, dtype=np.float64) * [1.0, 0.0, 1.0])
    off = quat.yaw_of(mean_root(level, fps)) - quat.yaw_of(facing)
    off = np.degrees(np.abs((off + np.pi) % (2.0 * np.pi) - np.pi))
    return {"heading_mean_deg": float(off.mean()), "heading_max_deg": float(off.max())}


def foot_skate(
    points: Array, fps: float, columns: Sequence[int] = BALLS, limit: float = SKATE_HEIGHT
) -> float:
    """Return the foot-skate of MANN (cm per frame at 60 Hz, mean over frames and `columns`).

    `points` (T, 4, 3) are heels and balls, or paws. A ball counts with its horizontal speed, times
    2 - 2^(h / `limit`) while 0 <= h <= `limit` cm; h is its height over its own 1st percentile.
    """
    if len(points) < 2:
        return 0.0
    balls = 100.0 * np.asarray(points)[:, list(columns)]
    height = balls[..., 1] - np.percentile(balls[..., 1], 1.0, axis=0)
    speed = np.linalg.norm(np.diff(balls[..., [0, 2]], axis=0), axis=-1) * (fps / 60.0)
    share = np.clip(2.0 - np.exp2(np.maximum(height[1:], 0.0) / limit), 0.0, 1.0)
    return float((speed * share).mean())


def planted_slips(points: Array, contacts: Array, columns: Sequence[int] = BALLS) -> Array:
    """Return the way (cm) each ball travels over the ground in each of its contacts, (N,)."""
    slips = []
    for column in columns:
        steps = np.linalg.norm(np.diff(points[:, column][:, [0, 2]], axis=0), axis=-1)
        way = np.concatenate([[0.0], np.cumsum(steps)])
        for a, b in foot_contacts.runs(np.asarray(contacts[:, column] > 0.5, dtype=np.float32)):
            slips.append(100.0 * (way[b - 1] - way[a]))
    return np.array(slips)


def seen_slips(points: Array, fps: float, columns: Sequence[int] = BALLS) -> Array:
    """Return slips (cm) as an onlooker finds them, (N,): without the clip's own contacts.

    A ball counts as planted while it is within 2 cm of its 1st percentile height and slower than
    0.3 m/s, for three frames or more.
    """
    slips = []
    for column in columns:
        ball = np.asarray(points[:, column], dtype=np.float64)
        steps = np.linalg.norm(np.diff(ball[:, [0, 2]], axis=0), axis=-1)
        speed = np.maximum(np.append(steps, 0.0), np.append(0.0, steps)) * fps
        low = ball[:, 1] < np.percentile(ball[:, 1], 1.0) + SEEN_HEIGHT
        for a, b in foot_contacts.runs((low & (speed < SEEN_SPEED)).astype(np.float32)):
            if b - a >= 3:
                slips.append(100.0 * steps[a : b - 1].sum())
    return np.array(slips)


def ground_errors(
    points: Array, contacts: Array, sole: float | Array, columns: Sequence[int] = BALLS
) -> dict[str, float]:
    """Return how deep balls go below and how high planted balls float above the ground (cm).

    `points` (T, 4, 3) over level ground at 0; `sole` from `ball_height`, of all or of each column.
    """
    height = 100.0 * (points[:, list(columns), 1] - sole)
    down = contacts[:, list(columns)] > 0.5
    return {
        "penetration_cm": float(max(0.0, -height.min())),
        "floating_cm": float(np.percentile(height[down], 95)) if down.any() else 0.0,
    }


def jerk(positions: Array, fps: float) -> float:
    """Return the mean size (m/s^3) of the third derivative of joint positions (T, J, 3).

    Positions are smoothed by 25 ms first: of the unsmoothed jerk of a mocap walk, 480 m/s^3, four
    fifths are noise above any movement of the body, gone with the slightest smoothing.
    """
    sigma = JERK_SECONDS * fps
    edge = int(np.ceil(REACH * sigma))
    if len(positions) < 2 * edge + 4:
        return 0.0
    sizes = np.empty((len(positions) - 2 * edge - 3, positions.shape[1]))
    for joint in range(positions.shape[1]):
        smoothed = smooth(np.asarray(positions[:, joint], dtype=np.float64), sigma)
        third = np.diff(smoothed[edge : len(smoothed) - edge], n=3, axis=0) * fps**3
        sizes[:, joint] = np.linalg.norm(third, axis=-1)
    return float(sizes.mean())


def joint_activity(rotations: Array, fps: float) -> float:
    """Return the mean turning speed (deg/s) of local joint rotations (T, J, 4), root left out."""
    turned = quat.inv_mul(rotations[:-1, 1:], rotations[1:, 1:])
    return float(np.degrees(np.linalg.norm(quat.to_rotvec(turned), axis=-1)).mean() * fps)


def pops(bends: Array, fps: float, limit: float) -> float:
    """Return per minute how often angles (T, k) jump, in rad/s^2 of acceleration over `limit`."""
    kick = np.abs(np.diff(bends, n=2, axis=0)) * fps**2
    found = sum(len(foot_contacts.runs((column > limit).astype(np.float32))) for column in kick.T)
    return float(found / (len(bends) / fps / 60.0))


def loop_error(clip: Clip) -> dict[str, float]:
    """Return how far the last frame plus one is from the first, over the usual frame step.

    Both ratios are 1 or less for a loop whose transition looks like its other frames; the position
    term is exact (cm) for a cycle whose last frame plus one repeats its first.
    """
    positions = clip.world()[1].astype(np.float64)
    positions[..., [0, 2]] -= positions[:, :1, [0, 2]]
    steps = np.diff(positions, axis=0)
    usual = np.linalg.norm(steps, axis=-1).mean(axis=-1)
    across = positions[0] - positions[-1]
    turn = across - 0.5 * (steps[0] + steps[-1])
    bends = np.linalg.norm(np.diff(steps, axis=0), axis=-1).mean(axis=-1)
    return {
        "seam_pose": float(np.linalg.norm(across, axis=-1).mean() / max(np.median(usual), 1e-9)),
        "seam_velocity": float(np.linalg.norm(turn, axis=-1).mean() / max(np.median(bends), 1e-9)),
    }


def direction(positions: Array, names: Sequence[str], bone: Sequence[str]) -> Array:
    """Return the unit direction (T, 3) from the first to the second joint of `bone`."""
    head, tail = (positions[:, names.index(j)] for j in bone)
    return quat.unit(tail - head)


def bone_angles(
    positions: Array, names: Sequence[str], first: Sequence[str], second: Sequence[str]
) -> Array:
    """Return the angle (T,) in radians between two bones."""
    a, b = (direction(positions, names, bone) for bone in (first, second))
    return np.asarray(np.arccos(np.clip((a * b).sum(axis=-1), -1.0, 1.0)))
