# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfall patterns of clips: gait, touchdowns, duty factor and stride rate.

Hand-keyed paws slide, so nothing here reads contacts: a leg's place in its stride is the phase of
the first harmonic of its paw's fore-aft path under the body.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...body import quadruped, quadruped_gaits, stride_phases
from ...body.dynamic_units import Units
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array

LEAST_STEP = 0.03
"""Standard deviation of the paws' fore-aft positions, as a share of the hip height, below which
a clip has no strides."""
_FINER: Final = np.linspace(-0.06, 0.06, 121)
"""Relative changes of a stride rate that are searched around a first guess."""


@dataclass(frozen=True, eq=False)
class FootfallPattern:
    """The gait of a clip and the touchdowns that show it."""

    gait: str
    """One of ``quadruped_gaits.GAITS``; "stand" without strides."""
    offsets: tuple[float, float, float, float]
    """Mean touchdowns after the left hind's as fractions of the stride, in the order of LEGS."""
    duty: float
    """Mean duty factor: the share of the stride in which a paw is in stance."""
    stride: float
    """Duration of a stride, seconds; 0 without strides."""


STANDING: Final = FootfallPattern("stand", (0.0, 0.0, 0.0, 0.0), 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class StrideRhythm:
    """Stride rate and touchdowns of a steady motion."""

    rate: float
    """Strides per second; 0 without strides."""
    touchdowns: Array
    """(4,) cycles after the clip's first frame; nan without strides."""

    @property
    def offsets(self) -> Array:
        """(4,) touchdowns after the left hind's as fractions of the stride, 0..1."""
        return np.asarray((self.touchdowns - self.touchdowns[0]) % 1.0)


def paw_swings(clip: Clip) -> Array:
    """Return (T, 4) meters by which each paw is ahead of its mean position under the body."""
    paws = quadruped.paw_points(clip)
    withers = clip.world()[1][:, clip.skeleton.index("Withers")]
    ahead = quat.yaw(-quat.yaw_of(withers - clip.root_positions))
    along = quat.apply(ahead[:, None], paws - clip.root_positions[:, None])[..., 2]
    return np.asarray(along - along.mean(axis=0))


def nearest_gait(touchdowns: Array, along: Array, stride: float) -> FootfallPattern:
    """Return the footfall pattern of touchdowns (4,) in strides, named after the nearest gait.

    ``along`` (T, 4) are the paws' fore-aft positions: a paw counts as in stance while it moves
    back. ``stride`` is in seconds.
    """
    a, b, c, d = (float(value) for value in (touchdowns - touchdowns[0]) % 1.0)
    duty = float((np.gradient(along, axis=0) < 0.0).mean())
    names = quadruped_gaits.GAITS[1:]
    off = [
        float(stride_phases.distance(np.array([a, b, c, d]), np.array(duty), name))
        for name in names
    ]
    return FootfallPattern(names[int(np.argmin(off))], (a, b, c, d), duty, stride)


def footfall_pattern(clip: Clip, hip_height: float) -> FootfallPattern:
    """Return the footfall pattern of a steady clip; ``hip_height`` is in meters."""
    _, time = Units(hip_height).factors()
    along = paw_swings(clip)
    seconds = np.arange(clip.frames) / clip.fps
    rates = np.linspace(0.5, 4.0, 351) * time
    rates = rates[rates * seconds[-1] >= 1.5]
    if along.std() < LEAST_STEP * hip_height or not len(rates):
        return STANDING
    waves = np.exp(-2j * np.pi * rates[:, None] * seconds) @ along
    best = int(np.argmax((np.abs(waves) ** 2).sum(axis=1)))
    touchdowns = -np.angle(waves[best]) / (2.0 * np.pi)
    return nearest_gait(touchdowns, along, float(1.0 / rates[best]))


def stride_rhythm(clip: Clip) -> StrideRhythm:
    """Return the stride rhythm of a steady clip at the model animal's size, of 1.5 strides or more.

    Refines the stride of ``footfall_pattern`` with a Hann window.
    """
    guess = footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT).stride
    if guess <= 0.0:
        return StrideRhythm(0.0, np.full(4, np.nan))
    along = paw_swings(clip)
    seconds = np.arange(clip.frames) / clip.fps
    window = np.hanning(clip.frames + 2)[1:-1, None]
    rates = (1.0 + _FINER) / guess
    waves = np.exp(-2j * np.pi * rates[:, None] * seconds) @ (along * window)
    best = int(np.argmax((np.abs(waves) ** 2).sum(axis=1)))
    return StrideRhythm(float(rates[best]), -np.angle(waves[best]) / (2.0 * np.pi))
