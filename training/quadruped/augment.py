# SPDX-License-Identifier: GPL-3.0-or-later
"""Data augmentation: paces from walks and trots, because the Labrador rarely paces.

In a steady stretch the fore half of the dog is taken from a later frame, so that each fore paw
touches down just after the hind paw of its side. The trunk between is blended, and it sways and
rolls over the stance side.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from motion_addon.motion.body import quadruped, stride_phases
from motion_addon.motion.body.quadruped_gaits import TABLE
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.controller import features, stride_clock
from motion_addon.motion.creature.reading import canonical_motion
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.plan.trajectory import Trajectory

from ..data import labrador_rig

SHORTEST = 1.2
"""Seconds, shortest duration of a stretch."""
SPEEDS = (0.6, 2.9)
"""m/s at which dogs pace."""
TURNING = 1.4
"""Radians per second of a turn above which a stretch is left out."""
UNEVEN = 0.14
"""Cycles, largest deviation of a stretch's footfalls from even steps."""
SETTLE = 0.3
"""Seconds, smoothing (sigma) of the shift in time."""
SWAY, ROLL = 0.018, 0.05
"""Meters and radians by which the trunk moves over the stance legs."""
_SPINE = {"Spine1": 0.2, "Spine2": 0.45, "Spine3": 0.75}
"""Blend weight of the fore half for the joints between pelvis and withers."""


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps of a clip, for shifting its fore half in time."""

    contacts: Array
    """(T, 4) of the paws."""
    track: Trajectory
    lag: Array
    """(T,) cycles from a hind paw's touchdown to the touchdown of the fore paw on its side."""
    rate: Array
    """(T,) strides per second."""
    even: Array
    """(T,) bool, where the dog walks or trots steadily and straight ahead."""


def paced(clip: Clip, good: Array) -> Iterator[tuple[Clip, Array]]:
    """Yield the steady walks and trots of a clip as paces, each with its training frames.

    ``good`` (T,) bool marks the training frames of ``clip``. A pace has none before the first and
    after the last touchdowns, where the stride phase is unknown.
    """
    steps = _steps(clip)
    cycles = steps.lag - TABLE["pace"].offsets[1]
    for start, stop in runs(steps.even & good):
        if stop - start < SHORTEST * clip.fps:
            continue
        shift = cycles[start:stop] / steps.rate[start:stop]
        later = np.arange(start, stop) + smooth(shift, SETTLE * clip.fps) * clip.fps
        inside = later < stop - 1
        if inside.sum() >= SHORTEST * clip.fps:
            made = _shifted(clip, steps, start, later[inside])
            contacts = quadruped.paw_contacts(quadruped.paw_points(made), made.fps)
            known = stride_phases.measured(contacts, made.fps).amplitude.min(axis=1) > 0.9
            if known.any():
                yield made, known


def _steps(clip: Clip) -> _Steps:
    paws = quadruped.paw_points(clip)
    contacts = quadruped.paw_contacts(paws, clip.fps)
    strides = stride_phases.measured(contacts, clip.fps)
    duty = stride_phases.duty_factor(contacts, clip.fps)
    gait = stride_phases.gait_weights(strides, duty, clip.fps)
    track = stride_clock.root_track(clip.skeleton, clip.world()[1], gait)
    turns = np.exp(2j * np.pi * strides.phase)
    side = _smoothed(turns[:, [0, 2]] * np.conj(turns[:, [1, 3]]), clip.fps)
    across = _smoothed(turns[:, [0, 1]] * np.conj(turns[:, [2, 3]]), clip.fps)
    lags = np.angle(side) / (2.0 * np.pi) % 1.0
    mean = np.angle(side.sum(axis=1)) / (2.0 * np.pi) % 1.0
    gaps = np.abs((lags - mean[:, None] + 0.5) % 1.0 - 0.5)
    halves = np.abs(np.angle(-across)) / (2.0 * np.pi)
    rate = smooth(stride_phases.rate(strides, clip.fps), 0.25 * clip.fps)
    turn = np.abs(np.gradient(features.yaw(track)) * clip.fps)
    even = (strides.amplitude.min(axis=1) > 0.9) & (rate > 0.7)
    even &= (gaps.max(axis=1) < UNEVEN) & (halves.max(axis=1) < UNEVEN)
    even &= (mean > 0.1) & (mean < 0.65) & (smooth(turn, 0.25 * clip.fps) < TURNING)
    even &= (track.speeds > SPEEDS[0]) & (track.speeds < SPEEDS[1])
    forward = (np.gradient(track.positions, axis=0) * track.facing).sum(axis=1) > 0.0
    return _Steps(contacts, track, mean, np.maximum(rate, 0.5), even & forward)


def _smoothed(turns: Array, fps: float) -> Array:
    """Return complex signals (T, n) smoothed over about a stride."""
    sigma = SETTLE * fps
    return np.asarray(smooth(turns.real, sigma) + 1j * smooth(turns.imag, sigma))


def _shifted(clip: Clip, steps: _Steps, start: int, later: Array) -> Clip:
    """Return frames from ``start`` with the fore half of the frames ``later`` (N,)."""
    now = clip.slice(start, start + len(later))
    then = clip.at_frames(later, clip.fps)
    skeleton = clip.skeleton
    rotations, positions = now.world()
    fore, _ = then.world()
    turn, move = _between(steps.track, np.arange(start, start + len(later)), later)
    fore = quat.mul(turn[:, None], fore)
    paws = quadruped.paw_points(now)
    front = quadruped.paw_points(then)[:, [1, 3]]
    paws[:, [1, 3]] = quat.apply(turn[:, None], front) + move[:, None]
    for joint in _fore_joints():
        share = _SPINE.get(joint, 1.0)
        at = skeleton.index(joint)
        rotations[:, at] = quat.slerp(rotations[:, at], fore[:, at], share)
    stands = steps.contacts[start : start + len(later)].copy()
    stands[:, [1, 3]] = steps.contacts[np.rint(later).astype(np.int64)][:, [1, 3]]
    left = smooth((stands[:, :2].sum(axis=1) - stands[:, 2:].sum(axis=1)) / 2.0, 0.07 * clip.fps)
    ahead = steps.track.facing[start : start + len(later)]
    across = quat.cross(np.array([0.0, 1.0, 0.0]) + 0.0 * ahead, ahead)
    rolled = quat.from_axis_angle(ahead, ROLL * left)
    rotations = quat.mul(rolled[:, None], rotations)
    pelvis = positions[:, 0] + SWAY * left[:, None] * across
    labrador_rig.toes_down(skeleton, rotations, paws)
    return canonical_motion.on_paws(skeleton, rotations, pelvis, paws, clip.fps)


def _fore_joints() -> tuple[str, ...]:
    fore = (*quadruped.LEG_CHAINS["LF"], *quadruped.LEG_CHAINS["RF"])
    return (*_SPINE, "Withers", *quadruped.NECK, *fore)


def _between(track: Trajectory, now: Array, later: Array) -> tuple[Array, Array]:
    """Return rotations (N, 4) and moves (N, 3) from the root's later positions to now."""
    times = np.arange(len(track.positions))
    places = np.stack([np.interp(later, times, part) for part in track.positions.T], axis=1)
    yaw = np.unwrap(features.yaw(track))
    turn = quat.yaw(yaw[now] - np.interp(later, times, yaw))
    return turn, track.positions[now] - quat.apply(turn, places)
