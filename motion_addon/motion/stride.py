# SPDX-License-Identifier: GPL-3.0-or-later
"""The stride clock of four-legged animals: where each leg is in its stride.

A leg's phase is whole when its paw touches down. One clock with an offset for each leg makes a
gait, so the gait is an input that is obeyed; while the animal stands the amplitude is zero and
the phase means nothing. This is the training label and the runtime's control alike. Local phases
for quadrupeds are from Starke et al. 2020; one clock with offsets is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from . import features, gaits, quadruped, quat
from .contacts import runs
from .quat import Array
from .skeleton import Skeleton
from .smoothing import smooth
from .trajectory import RATE, WINDOW, Trajectory

STATE_JOINTS: Final = (
    "Pelvis",
    "Withers",
    "Head",
    "Tail3",
    *(quadruped.LEG_CHAINS[leg][part] for leg in quadruped.LEGS for part in (2, 3, 4)),
)
"""Joints whose positions and velocities are fed back: trunk, and of each leg elbow or hock down."""
INPUT: Final = features.InputLayout(len(gaits.GAITS), len(STATE_JOINTS), len(quadruped.LEGS))
PAW_STATES: Final = tuple(STATE_JOINTS.index(name) for name in quadruped.PAWS)
"""Places of the paws among STATE_JOINTS."""
_NOW: Final = 4 * len(WINDOW) + int(np.argmin(np.abs(WINDOW))) * len(gaits.GAITS)
GATE_COLUMNS: Final = (
    *range(INPUT.motion.start, INPUT.motion.stop),
    *range(_NOW, _NOW + len(gaits.GAITS)),
)
"""Columns of the control inputs that a gate sees: the root's motion, and the gaits now."""

LONGEST: Final = 1.5
"""Seconds; a stride that takes longer is a pause."""
_EASE: Final = 0.3
"""Seconds, the parts of a pause that still belong to the strides before and after it."""
_STANCE: Final = 0.6
"""Phase of the lift-off after a pause."""
_DUTY_WEIGHT: Final = 0.1
"""Weight of a duty factor beside the footfalls in telling gaits apart."""
_DUTY_SECONDS: Final = 0.4
"""Smoothing (s, sigma) of the share of paws that stand."""
_BLEND_SECONDS: Final = 0.22
"""Smoothing (s, sigma) of a change of gait."""


@dataclass(frozen=True, eq=False)
class Strides:
    """Where four legs are in their strides, in the order of ``quadruped.LEGS``."""

    phase: Array
    """(T, 4) unwrapped, cycles; whole at touchdowns."""
    amplitude: Array
    """(T, 4) 0 (standing) to 1 (in a stride)."""


def measured(contacts: Array, fps: float) -> Strides:
    """Return the strides of a motion by its contacts (T, 4), binary.

    Linear between touchdowns. In a pause the phase rests and the amplitude is zero.
    """
    frames = len(contacts)
    phase, amplitude = np.zeros((frames, 4)), np.zeros((frames, 4))
    for leg in range(4):
        times, values, pauses = _knots(contacts[:, leg] > 0.5, fps)
        if len(times) > 1:
            phase[:, leg] = np.interp(np.arange(frames), times, values)
            moving = np.zeros(frames)
            moving[int(times[0]) : int(times[-1]) + 1] = 1.0
            for a, b in pauses:
                moving[int(a) : int(b) + 1] = 0.0
            amplitude[:, leg] = smooth(moving, 0.1 * fps)
    return Strides(phase, amplitude)


def _knots(down: Array, fps: float) -> tuple[list[float], list[float], list[tuple[float, float]]]:
    """Return frames and phases to interpolate for one leg, and its pauses."""
    stands = runs(down)
    touchdowns = [a for a, _ in stands if a > 0]
    ends = {a: b for a, b in stands}
    times: list[float] = []
    values: list[float] = []
    pauses: list[tuple[float, float]] = []
    for i, start in enumerate(touchdowns):
        times.append(start)
        values.append(float(i))
        if i + 1 == len(touchdowns):
            break
        after = touchdowns[i + 1]
        lift = ends[start]
        if after - start > LONGEST * fps and lift - start > 2.5 * _EASE * fps:
            rest, stir = start + _EASE * fps, lift - _EASE * fps
            times += [rest, stir, lift]
            values += [i + 0.5 * _STANCE, i + 0.5 * _STANCE, i + _STANCE]
            pauses.append((rest, stir))
    return times, values, pauses


def rate(strides: Strides, fps: float) -> Array:
    """Return (T,) strides per second, the mean of the legs that move."""
    speed = np.gradient(strides.phase, axis=0) * fps
    weight = strides.amplitude + 1e-3
    mean = (speed * weight).sum(axis=1) / weight.sum(axis=1)
    return smooth(mean * np.minimum(strides.amplitude.mean(axis=1) * 2.0, 1.0), 0.08 * fps)


def duty_factor(contacts: Array, fps: float) -> Array:
    """Return (T,) the mean duty factor about each frame of contacts (T, 4)."""
    return np.asarray(smooth(contacts.mean(axis=1).astype(np.float64), _DUTY_SECONDS * fps))


def gait_weights(strides: Strides, duty: Array, fps: float) -> Array:
    """Return (T, 6) weights of ``gaits.GAITS`` by footfalls, never by names.

    ``duty`` (T,) is the mean duty factor. The gait is the one of the table whose footfalls are
    nearest on the circle, on either lead.
    """
    turns = np.exp(2j * np.pi * (strides.phase[:, :1] - strides.phase))
    strength = strides.amplitude.min(axis=1)
    mean = smooth((turns * strength[:, None]).real, 0.25 * fps)
    mean = mean + 1j * smooth((turns * strength[:, None]).imag, 0.25 * fps)
    offsets = np.angle(mean) / (2.0 * np.pi) % 1.0
    names = gaits.GAITS[1:]
    off = np.stack([distance(offsets, duty, name) for name in names], axis=-1)
    share = np.exp(-(off - off.min(axis=-1, keepdims=True)) / 0.004)
    share /= share.sum(axis=-1, keepdims=True)
    moving = np.clip(strides.amplitude.mean(axis=1), 0.0, 1.0)[:, None]
    weights = np.concatenate([1.0 - moving, moving * share], axis=1)
    return np.asarray(smooth(weights, 0.15 * fps), dtype=np.float32)


def distance(offsets: Array, duty: Array, name: str) -> Array:
    """Return (...,) how far footfalls (..., 4) after LH and duty factors (...,) are from a gait."""
    entry = gaits.TABLE[name]
    table = np.array(entry.offsets)
    leads = [table, gaits.mirrored(table)] if name in gaits.ASYMMETRIC else [table]
    gaps = [np.abs((offsets - lead + 0.5) % 1.0 - 0.5) for lead in leads]
    best = np.minimum.reduce([(gap**2).mean(axis=-1) for gap in gaps])
    return np.asarray(best + _DUTY_WEIGHT * (duty - entry.duty) ** 2)


def clock(phase: Array, amplitude: Array) -> Array:
    """Return (..., 8) clock inputs of phases and amplitudes (..., 4)."""
    angle = 2.0 * np.pi * phase
    both = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * amplitude[..., None]
    return np.asarray(both.reshape(*phase.shape[:-1], -1), dtype=np.float32)


def gate_size(gating: str) -> int:
    """Return the length of a gate's input: ``phase`` or ``velocity``, and the wanted movement."""
    legs = len(quadruped.LEGS)
    return (2 * legs if gating == "phase" else 3 * legs) + len(GATE_COLUMNS)


def root_track(skeleton: Skeleton, world_positions: Array, gait: Array) -> Trajectory:
    """Return the smoothed course of the root of a motion, (T, J, 3) world joint positions.

    The root is the ground under the middle of the trunk, facing from pelvis to withers; ``gait``
    (T, 6) as from ``gait_weights``.
    """
    pelvis = world_positions[:, skeleton.index("Pelvis")]
    withers = world_positions[:, skeleton.index("Withers")]
    along = (withers - pelvis) * np.array([1.0, 0.0, 1.0])
    center = 0.5 * (pelvis + withers)
    positions, heading, speeds = features.smoothed_root(center, quat.unit(along))
    distance_ = np.cumsum(speeds) / RATE
    return Trajectory(positions, heading, speeds, gait, distance_)


def planned(
    plan: Trajectory,
    lead: str = "auto",
    table: Mapping[str, gaits.Gait] = gaits.TABLE,
    left: bool = False,
) -> tuple[Array, Array]:
    """Return touchdown offsets (T, 4) in cycles and amplitudes (T, 4) along a plan.

    The offsets of canter and gallop are of the lead that ``leads_left`` gives. A change of gait
    goes the shortest way round, within a stride. An animal may have its own ``table`` of
    footfalls, and lead with the ``left`` until it turns.
    """
    moving = plan.gait[:, 1:]
    chosen = moving.argmax(axis=1)
    active = moving.max(axis=1) > 0.05
    known = np.where(active, np.arange(len(chosen)), -1)
    known = np.maximum.accumulate(known)
    first = int(np.argmax(active)) if active.any() else 0
    chosen = chosen[np.where(known < 0, first, known)]
    leads_ = leads_left(plan, lead, left)
    names = gaits.GAITS[1:]
    right = np.array([table[name].offsets for name in names])
    leads = np.stack([right, _left_leads(right)])
    offsets = np.unwrap(leads[leads_.astype(np.int64), chosen], axis=0, period=1.0)
    offsets = smooth(offsets, _BLEND_SECONDS * plan.rate, plan.loops)
    amplitude = np.clip(1.0 - plan.gait[:, :1], 0.0, 1.0)
    return offsets, np.repeat(amplitude, 4, axis=1)


def _left_leads(right: Array) -> Array:
    """Return offsets (G, 4) with the left lead where a gait has one."""
    out = right.copy()
    for i, name in enumerate(gaits.GAITS[1:]):
        if name in gaits.ASYMMETRIC:
            out[i] = right[i, [2, 3, 0, 1]]
    return out


def leads_left(plan: Trajectory, lead: str = "auto", left: bool = False) -> Array:
    """Return (T,) bool, whether canter and gallop lead with the left along a plan.

    ``auto`` is the inner leg of a turn, with some memory, and the ``left`` or not before one.
    """
    if lead != "auto":
        return np.full(len(plan), lead == "left")
    turn = smooth(np.gradient(features.yaw(plan)) * plan.rate, 0.5 * plan.rate, plan.loops)
    marks = np.where(turn > 0.25, 1, np.where(turn < -0.25, 0, -1))
    if marks[0] < 0:
        marks[0] = int(left)
    last = np.maximum.accumulate(np.where(marks >= 0, np.arange(len(marks)), 0))
    return np.asarray(marks[last] == 1)
