# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a walk at 60 Hz: position, facing, speed and gait of the root.

The plan rounds the corners of a path as a person does at that speed, slows down only where a turn
needs it, and starts and stops from standing. It holds no poses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...errors import RefusedError
from ..body import biped_gaits
from ..body.mover import Mover
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from .path import Path

Speed = float | Sequence[tuple[float, float]]
Facing = str | tuple[str, Any]

RATE = 60
"""Steps per second of plans and models."""
WINDOW = np.arange(-60, 60, 10)
"""Offsets, in steps, of the 12 samples in a network's input: 1 s back to 0.83 s ahead."""

BRAKING, SPEEDING = 2.5, 2.2
"""Largest deceleration before and acceleration after a turn (m/s^2)."""
LONGEST = 7_200.0
"""Longest plan (s): two hours of a person; the memory of a bake grows with it."""
STANDING_SECONDS = 1.0
"""Time standing before a start and after a stop (s)."""
_SLOWEST = 0.12
_TIGHTEST = 5.0
_EASE_SECONDS = 0.16
_FACING_SECONDS = 0.17
_FACING_LEAD = 0.10


@dataclass(frozen=True)
class Trajectory:
    """The planned root at 60 Hz: T steps in the motion frame (meters, Y up, seconds)."""

    positions: Array
    """(T, 3) root on the ground (m)."""
    facing: Array
    """(T, 3) horizontal unit direction of the body."""
    speeds: Array
    """(T,) speed along the path (m/s)."""
    gait: Array
    """(T, G) weights of the mover's gaits; each row sums to 1. A person's gaits are `GAITS`."""
    distance: Array
    """(T,) arc length on the drawn path (m)."""
    loops: bool = False
    """Whether the last step joins the first, so that windows wrap around."""
    rate: int = RATE

    def __len__(self) -> int:
        """Return the number of steps T."""
        return len(self.positions)

    @property
    def seconds(self) -> float:
        """Duration (s)."""
        return len(self) / self.rate

    def window(self, index: ArrayLike) -> TrajectoryWindow:
        """Return the 12 samples around step `index` (...).

        Before its start and after its end the plan continues straight at its end speed, which is
        zero where it starts or stops. A looping plan wraps.
        """
        wanted = np.asarray(index)[..., None] + WINDOW
        last = len(self) - 1
        if self.loops:
            inside = np.mod(wanted, len(self))
            return TrajectoryWindow(*(a[inside] for a in self._columns()))
        inside = np.clip(wanted, 0, last)
        beyond = (wanted - inside)[..., None] / self.rate
        step = np.where(wanted[..., None] < 0, self._velocity(0), self._velocity(last))
        positions, facing, speeds, gait = (a[inside] for a in self._columns())
        return TrajectoryWindow(positions + beyond * step, facing, speeds, gait)

    def _columns(self) -> tuple[Array, Array, Array, Array]:
        return self.positions, self.facing, self.speeds, self.gait

    def _velocity(self, index: int) -> Array:
        """Return the (3,) velocity (m/s) at the first or the last step."""
        if len(self) < 2 or self.speeds[index] < 1e-6:
            return np.zeros(3)
        pair = (0, 1) if index == 0 else (-2, -1)
        return np.asarray((self.positions[pair[1]] - self.positions[pair[0]]) * self.rate)


class TrajectoryWindow(NamedTuple):
    """The samples around a step in a network's input, in the motion frame."""

    positions: Array
    """(..., 12, 3) m."""
    facing: Array
    """(..., 12, 3) unit."""
    speeds: Array
    """(..., 12) m/s."""
    gait: Array
    """(..., 12, G) weights."""


def plan(
    path: Path,
    *,
    speed: Speed = 1.3,
    gait: str = "auto",
    facing: Facing = "path",
    start: bool = True,
    stop: bool = True,
    mover: Mover | None = None,
    pace: float = 1.0,
    slowing: tuple[Array, Array] | None = None,
) -> Trajectory:
    """Return the plan of one pass along `path`; the default `mover` is a person.

    `speed` is m/s, or pairs (fraction of the path, m/s) joined smoothly. `gait` is "auto" (by
    speed) or one of the mover's. `facing` is "path", ("turned", radians to the left of the path),
    ("fixed", yaw in radians about +Y, 0 = +Z) or ("look_at", (x, y, z)). `start` and `stop` add
    a standing second and the transition from and to standing. `pace` is the character's seconds per
    second of the plan, see `check_length`. `slowing` are fractions (N,) of the path and factors
    (N,) of the speed there. Raises RefusedError for other values.
    """
    keys = speed_keys(speed)
    mover = mover or biped_gaits.MOVER
    if gait != "auto" and gait not in mover.gaits:
        raise RefusedError(f"The gait must be auto or one of {', '.join(mover.gaits)}")
    if max(value for _, value in keys) <= 0.0 or gait == "stand":
        return _standing(path, facing, mover)
    loops = path.cyclic and not start and not stop
    course = _Course.along(path, keys, loops)
    wanted = speeds_at(keys, course.drawn / path.length)
    if slowing is not None:
        wanted = wanted * np.interp(course.drawn / path.length, *slowing)
    wanted = np.maximum(wanted, _SLOWEST)
    profile = _limited(course, wanted, (start, stop), mover)
    speeds, travelled = _timed(course, profile, start, stop, pace)
    positions = _sampled(course.positions, course.arc, travelled)
    distance = np.interp(travelled, course.arc, course.drawn)
    directions = _directions(course, travelled, speeds, positions, facing, mover)
    weights = mover.weights(speeds, gait)
    return Trajectory(positions, directions, speeds, weights, distance, loops)


def speed_keys(speed: Speed) -> tuple[tuple[float, float], ...]:
    """Return `speed` as sorted (fraction, m/s) pairs; raises RefusedError if it is invalid."""
    try:
        if isinstance(speed, int | float | np.number):
            pairs = [(0.0, float(speed))]
        else:
            pairs = [(float(fraction), float(value)) for fraction, value in speed]
    except (TypeError, ValueError):
        raise RefusedError("The speed must be a number or pairs of (fraction, m/s)") from None
    if not pairs:
        raise RefusedError("The list of speeds is empty; give at least one (fraction, m/s) pair")
    values = np.array(pairs)
    if not np.isfinite(values).all():
        raise RefusedError("A speed is not a finite number; give speeds in m/s")
    if (values[:, 1] < 0.0).any():
        raise RefusedError("A speed is below zero; give 0 m/s or more")
    if (values[:, 0] < 0.0).any() or (values[:, 0] > 1.0).any():
        raise RefusedError("A speed key lies outside the path; give fractions from 0 to 1")
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def speeds_at(keys: Sequence[tuple[float, float]], fraction: Array) -> Array:
    """Return the keyed speed (m/s) at each `fraction` (...) of the path, without overshoot."""
    times, values = (np.array(column) for column in zip(*keys, strict=True))
    if len(times) == 1:
        return np.full(np.shape(fraction), values[0])
    low = np.clip(np.searchsorted(times, fraction, side="right") - 1, 0, len(times) - 2)
    gap = np.maximum(times[low + 1] - times[low], 1e-9)
    share = smoothstep((fraction - times[low]) / gap)
    return np.asarray(values[low] + (values[low + 1] - values[low]) * share)


@dataclass(frozen=True)
class _Course:
    """The line of the root: the path with its corners rounded, at N samples."""

    positions: Array
    """(N, 3) m."""
    arc: Array
    """(N,) horizontal arc length (m)."""
    drawn: Array
    """(N,) distance on the drawn path (m)."""
    heading: Array
    """(N,) unwrapped yaw of travel (rad)."""
    curvature: Array
    """(N,) unsigned curvature (1/m)."""
    loops: bool

    @classmethod
    def along(cls, path: Path, keys: Sequence[tuple[float, float]], loops: bool) -> _Course:
        drawn, points = _evened(path, loops)
        wanted = speeds_at(keys, drawn / path.length)
        reach = np.interp(wanted, [0.4, 1.2, 2.5], [0.15, 0.25, 0.29])
        spacing = path.length / (len(points) - 1)
        positions = _rounded(points, spacing, float(reach.min()), loops)
        if np.ptp(reach) > 0.005:
            wide = _rounded(points, spacing, float(reach.max()), loops)
            share = ((reach - reach.min()) / np.ptp(reach))[:, None]
            positions = positions + share * (wide - positions)
        steps = np.diff(positions[:, [0, 2]], axis=0)
        arc = np.concatenate([[0.0], np.cumsum(np.maximum(np.hypot(*steps.T), 1e-9))])
        along = 0.5 * (arc[1:] + arc[:-1])
        heading = np.unwrap(np.arctan2(steps[:, 0], steps[:, 1]))
        if loops:
            turn = np.unwrap([heading[-1], heading[0]])[1] - heading[0]
            along = np.concatenate([along + lap * arc[-1] for lap in (-1, 0, 1)])
            heading = np.concatenate([heading + lap * turn for lap in (-1, 0, 1)])
        bends = [
            np.interp(arc + reach, along, heading) - np.interp(arc - reach, along, heading)
            for reach in (0.02, 0.12)
        ]
        local = np.minimum(np.abs(bends[0]) / 0.04, _TIGHTEST)
        curvature = np.maximum(local, np.abs(bends[1]) / 0.24)
        return cls(positions, arc, drawn, np.interp(arc, along, heading), curvature, loops)


def _evened(path: Path, loops: bool) -> tuple[Array, Array]:
    """Return path distances (N,) and points (N, 3), even in arc length without freehand jitter."""
    smoothed = _rounded(path.samples, path.spacing, 0.05, loops)
    steps = np.hypot(*np.diff(smoothed[:, [0, 2]], axis=0).T)
    arc = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    drawn = np.interp(np.linspace(0.0, arc[-1], len(arc)), arc, np.arange(len(arc)) * path.spacing)
    drawn[-1] = path.length
    points = path.position(drawn)
    points[-1] = path.samples[-1]
    return drawn, points


def _rounded(points: Array, spacing: float, reach: float, loops: bool) -> Array:
    """Return `points` (N, 3) smoothed to the least jerk within about `reach` (m) of them.

    A smoothing spline, solved by Fourier transform: bends of a radius above 2 `reach` stay, and a
    square corner is cut by half of `reach`. The ends of an open path stay in place.
    """
    if loops:
        return _closed(_low_passed(points[:-1], spacing, reach))
    line = np.linspace(points[0], points[-1], len(points))
    bend = points - line
    mirrored = np.concatenate([bend, -bend[-2:0:-1]])
    return np.asarray(line + _low_passed(mirrored, spacing, reach)[: len(points)])


def _closed(loop: Array) -> Array:
    return np.concatenate([loop, loop[:1]])


def _low_passed(ring: Array, spacing: float, reach: float) -> Array:
    wave = 2.0 * np.pi * np.fft.rfftfreq(len(ring), spacing) * reach
    spectrum = np.fft.rfft(ring, axis=0) / (1.0 + wave**6)[:, None]
    return np.asarray(np.fft.irfft(spectrum, len(ring), axis=0))


def _limited(course: _Course, wanted: Array, standing: tuple[bool, bool], mover: Mover) -> Array:
    """Return speeds (N,): `wanted`, reduced only where a turn, a start or a stop needs it."""
    bend = np.maximum(course.curvature, 1e-6)
    turn = np.minimum(np.sqrt(mover.lateral / bend), mover.turn / bend)
    squared = np.minimum(wanted, np.maximum(turn, _SLOWEST)) ** 2
    arc, length = course.arc, course.arc[-1]
    if course.loops:
        arc = np.concatenate([arc - length, arc, arc + length])
        squared = np.tile(squared, 3)
    squared = np.minimum.accumulate(squared - 2.0 * SPEEDING * arc) + 2.0 * SPEEDING * arc
    back = (squared + 2.0 * BRAKING * arc)[::-1]
    squared = np.minimum.accumulate(back)[::-1] - 2.0 * BRAKING * arc
    if course.loops:
        squared = squared[len(wanted) : 2 * len(wanted)]
    for still, away in zip(standing, (course.arc, length - course.arc), strict=True):
        if still:
            pace = float(np.median(wanted[away <= max(1.0, 0.1 * length)]))
            squared = np.minimum(squared, 2.0 * np.interp(pace, *mover.ramp) * away)
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def check_length(seconds: float, pace: float = 1.0) -> None:
    """Raise RefusedError for a plan that is longer than ``LONGEST``, before it is allocated.

    ``pace`` is the character's seconds per second of the plan, for the message.
    """
    if seconds > LONGEST:
        raise RefusedError(
            f"The motion would last {seconds * pace:.0f} s, more than the {LONGEST * pace:.0f} s of"
            " one bake; shorten the path or raise the lowest speed"
        )


def _timed(
    course: _Course, profile: Array, start: bool, stop: bool, slower: float
) -> tuple[Array, Array]:
    """Return speeds (T,) and distances (T,) on the course at 60 Hz, eased in time."""
    steps = np.diff(course.arc) / np.maximum(0.5 * (profile[1:] + profile[:-1]), 1e-3)
    clock = np.concatenate([[0.0], np.cumsum(steps)])
    check_length(float(clock[-1]), slower)
    if course.loops:
        count = max(round(clock[-1] * RATE), 2)
        ticks = np.linspace(0.0, clock[-1], count + 1)
    else:
        ticks = np.arange(max(int(clock[-1] * RATE + 1e-6) + (2 if stop else 1), 3)) / RATE
    pace = np.diff(np.interp(ticks, clock, course.arc))
    pad = int(STANDING_SECONDS * RATE)
    pace = np.concatenate([np.zeros(pad * start), pace, np.zeros(pad * stop)])
    eased = smooth(pace, _EASE_SECONDS * RATE, course.loops)
    travelled = np.concatenate([[0.0], np.cumsum(eased)])
    if course.loops:
        return eased * RATE, travelled[:-1]
    return np.gradient(travelled) * RATE, travelled


def _directions(
    course: _Course,
    travelled: Array,
    speeds: Array,
    positions: Array,
    facing: Facing,
    mover: Mover,
) -> Array:
    """Return (T, 3) unit directions of the body."""
    loops, limit = course.loops, mover.turn
    turned = facing[0] == "turned"
    if facing == "path" or turned:
        ahead = travelled + speeds * _FACING_LEAD
        yaw = np.interp(ahead, course.arc, course.heading)
        drift = (course.heading[-1] - course.heading[0]) / course.arc[-1] if loops else 0.0
        yaw = _eased_turn(yaw - drift * travelled, loops, limit) + drift * travelled
        yaw = yaw + float(facing[1]) if turned else yaw
    else:
        yaw = _chosen_yaw(facing, positions, loops, limit)
    return np.stack([np.sin(yaw), np.zeros_like(yaw), np.cos(yaw)], axis=-1)


def _eased_turn(yaw: Array, loops: bool, limit: float) -> Array:
    """Return `yaw` (T,) smoothed, more strongly where it exceeds the turn rate `limit`."""
    quick = smooth(yaw, _FACING_SECONDS * RATE, loops)
    rate = np.abs(np.gradient(quick)) * RATE
    spin = smooth(smoothstep(rate, 0.9 * limit, 1.6 * limit), 0.2 * RATE, loops)
    if not spin.any():
        return quick
    slow = smooth(yaw, 0.5 * RATE, loops)
    share = np.minimum(1.5 * spin, 1.0)
    return np.asarray(quick + share * (slow - quick))


def _chosen_yaw(facing: Facing, positions: Array, loops: bool, limit: float) -> Array:
    kind, value = facing if isinstance(facing, tuple) and len(facing) == 2 else (facing, None)
    if kind == "fixed" and value is not None and np.isfinite(float(value)):
        return np.full(len(positions), float(value))
    if kind == "look_at" and value is not None and np.shape(value) == (3,):
        to = np.nan_to_num(np.asarray(value, dtype=np.float64)) - positions
        near = np.hypot(to[:, 0], to[:, 2]) < 0.15
        yaw = np.unwrap(np.arctan2(to[:, 0], to[:, 2]))
        if near.any() and not near.all():
            steps = np.arange(len(yaw))
            yaw = np.interp(steps, steps[~near], yaw[~near])
        return _eased_turn(yaw, loops and abs(yaw[-1] - yaw[0]) < 1.0, limit)
    raise RefusedError('The facing must be "path", ("fixed", yaw) or ("look_at", (x, y, z))')


def _standing(path: Path, facing: Facing, mover: Mover) -> Trajectory:
    """Return two seconds of standing at the first point of `path`."""
    count = int(2 * STANDING_SECONDS * RATE)
    positions = np.repeat(path.samples[:1], count, axis=0)
    if facing == "path" or facing[0] == "turned":
        directions = np.repeat(path.tangent(0.0)[None], count, axis=0)
        if facing != "path":
            directions = quat.apply(quat.yaw(np.full(count, float(facing[1]))), directions)
    else:
        yaw = _chosen_yaw(facing, positions, False, mover.turn)
        directions = np.stack([np.sin(yaw), np.zeros_like(yaw), np.cos(yaw)], axis=-1)
    zeros = np.zeros(count)
    return Trajectory(positions, directions, zeros, mover.weights(zeros, "auto"), zeros)


def _sampled(points: Array, arc: Array, at: Array) -> Array:
    return np.stack([np.interp(at, arc, points[:, axis]) for axis in range(3)], axis=-1)
