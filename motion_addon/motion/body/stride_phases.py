# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each leg of an animal is in its stride, measured from contacts."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..clip.contacts import runs
from ..maths.quat import Array
from ..maths.smoothing import smooth
from . import quadruped_gaits

LONGEST: Final = 1.5
"""Seconds; a stride that takes longer is a pause."""
_EASE: Final = 0.3
"""Seconds, the parts of a pause that still belong to the strides before and after it."""
_STANCE: Final = 0.6
"""Phase of the lift-off after a pause."""
_DUTY_WEIGHT: Final = 0.1
"""Weight of a duty factor beside the footfalls in telling gaits apart."""
_DUTY_SECONDS: Final = 0.4
"""Smoothing (s, sigma) of the share of paws in contact."""


@dataclass(frozen=True, eq=False)
class StridePhases:
    """Where four legs are in their strides, in the order of ``quadruped.LEGS``."""

    phase: Array
    """(T, 4) unwrapped, cycles; whole at touchdowns."""
    amplitude: Array
    """(T, 4) 0 (standing) to 1 (in a stride)."""


def measured(contacts: Array, fps: float) -> StridePhases:
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
    return StridePhases(phase, amplitude)


def _knots(down: Array, fps: float) -> tuple[list[float], list[float], list[tuple[float, float]]]:
    """Return frames and phases to interpolate for one leg, and its pauses."""
    stances = runs(down)
    touchdowns = [a for a, _ in stances if a > 0]
    ends = {a: b for a, b in stances}
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


def rate(strides: StridePhases, fps: float) -> Array:
    """Return (T,) strides per second, the mean of the legs that move."""
    speed = np.gradient(strides.phase, axis=0) * fps
    weight = strides.amplitude + 1e-3
    mean = (speed * weight).sum(axis=1) / weight.sum(axis=1)
    return smooth(mean * np.minimum(strides.amplitude.mean(axis=1) * 2.0, 1.0), 0.08 * fps)


def duty_factor(contacts: Array, fps: float) -> Array:
    """Return (T,) the mean duty factor about each frame of contacts (T, 4)."""
    return np.asarray(smooth(contacts.mean(axis=1).astype(np.float64), _DUTY_SECONDS * fps))


def gait_weights(strides: StridePhases, duty: Array, fps: float) -> Array:
    """Return (T, 6) weights of ``gaits.GAITS`` by footfalls, never by names.

    ``duty`` (T,) is the mean duty factor. The gait is the one of the table whose footfalls are
    nearest on the circle, on either lead.
    """
    turns = np.exp(2j * np.pi * (strides.phase[:, :1] - strides.phase))
    strength = strides.amplitude.min(axis=1)
    mean = smooth((turns * strength[:, None]).real, 0.25 * fps)
    mean = mean + 1j * smooth((turns * strength[:, None]).imag, 0.25 * fps)
    offsets = np.angle(mean) / (2.0 * np.pi) % 1.0
    names = quadruped_gaits.GAITS[1:]
    off = np.stack([distance(offsets, duty, name) for name in names], axis=-1)
    share = np.exp(-(off - off.min(axis=-1, keepdims=True)) / 0.004)
    share /= share.sum(axis=-1, keepdims=True)
    moving = np.clip(strides.amplitude.mean(axis=1), 0.0, 1.0)[:, None]
    weights = np.concatenate([1.0 - moving, moving * share], axis=1)
    return np.asarray(smooth(weights, 0.15 * fps), dtype=np.float32)


def distance(offsets: Array, duty: Array, name: str) -> Array:
    """Return (...,) how far footfalls (..., 4) after LH and duty factors (...,) are from a gait."""
    entry = quadruped_gaits.TABLE[name]
    table = np.array(entry.offsets)
    leads = (
        [table, quadruped_gaits.mirrored(table)] if name in quadruped_gaits.ASYMMETRIC else [table]
    )
    gaps = [np.abs((offsets - lead + 0.5) % 1.0 - 0.5) for lead in leads]
    best = np.minimum.reduce([(gap**2).mean(axis=-1) for gap in gaps])
    return np.asarray(best + _DUTY_WEIGHT * (duty - entry.duty) ** 2)
