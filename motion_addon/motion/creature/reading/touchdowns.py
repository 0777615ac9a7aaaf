# SPDX-License-Identifier: GPL-3.0-or-later
"""Stride phase, touchdowns and stance of the paws in a steady clip, even where the paws slide.

The contacts of a captured clip are used if they agree with each other and with the stride rate.
Hand-keyed paws slide; their stance is centered on the middle of the paw's way back under the
body, for a share of the stride that is usual in the gait.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...body import quadruped, quadruped_gaits, stride_phases
from ...body.quadruped import paw_height
from ...clip.clip import Clip
from ...maths.quat import Array
from .footfall_pattern import FootfallPattern, stride_rhythm

AGREE: Final = 0.12
"""Difference of the stride rates by contacts and by paw swings up to which contacts are used."""
EVEN: Final = 0.9
"""Consistency of the footfalls (mean resultant length) from which contacts are used."""
SEEN: Final = 0.75
"""Share of a gait's usual duty factor that contacts must reach to be used."""
LOW: Final = 0.06
"""Height above its lowest, as a share of the hip height, up to which a paw may be in stance."""
USUAL: Final = (0.85, 1.25)
"""Factors of a gait's usual duty factor within which a measured one is kept."""
SOLES: Final = (-0.03, 0.06)
"""Limits of a standing paw's joint height minus a dog's, as shares of the hip height."""


@dataclass(frozen=True, eq=False)
class StrideTiming:
    """Stride phase, touchdowns and stance of a steady clip."""

    phase: Array
    """(T,) of the left hind's stride, unwrapped; whole at its touchdowns."""
    offsets: Array
    """(4,) touchdowns of the legs after the left hind's, in strides."""
    rate: float
    """Strides per second."""
    duty: Array
    """(4,) duty factor of each paw."""
    measured: bool
    """Whether the timing comes from the clip's contacts."""

    def leg_phases(self) -> stride_phases.StridePhases:
        """Return the stride phase of each leg."""
        phase = self.phase[:, None] - self.offsets
        return stride_phases.StridePhases(phase, np.ones_like(phase))

    def contacts(self, clip: Clip) -> Array:
        """Return contacts (T, 4) of 0 or 1: stance by phase and duty factor, if the paw is low."""
        heights = quadruped.paw_points(clip)[..., 1]
        low = heights < np.percentile(heights, 2.0, axis=0) + LOW * quadruped_gaits.HIP_HEIGHT
        back = (self.leg_phases().phase % 1.0) < self.duty
        return np.asarray(back & low, dtype=np.float32)

    def delayed(self, late: Array) -> "StrideTiming":
        """Return the timing with each leg ``late`` (4,) strides later."""
        offsets = self.offsets + late
        return replace(self, phase=self.phase - offsets[0], offsets=(offsets - offsets[0]) % 1.0)


def soles(clip: Clip, falls: FootfallPattern) -> Array:
    """Return the heights (4,) of the joints of standing paws above the ground, meters.

    Rigs differ in where the joint lies within the paw. A height far from a dog's means that the
    clip's ground is elsewhere, so it is limited to ``SOLES``.
    """
    usual = paw_height(clip.skeleton)
    contacts = (
        clip.contacts
        if falls.gait not in quadruped_gaits.TABLE
        else stride_timing(clip, falls).contacts(clip)
    )
    heights = quadruped.paw_points(clip)[..., 1]
    low, high = (usual + share * quadruped_gaits.HIP_HEIGHT for share in SOLES)
    out = np.full(len(quadruped.LEGS), usual)
    for i, down in enumerate(np.asarray(contacts).T > 0.5):
        if down.any():
            out[i] = np.clip(np.median(heights[down, i]), low, high)
    return out


def stride_timing(clip: Clip, falls: FootfallPattern) -> StrideTiming:
    """Return the stride timing of a steady clip with contacts and a stride in ``falls``."""
    return _from_contacts(clip, falls) or _from_swings(clip, falls)


def _from_contacts(clip: Clip, falls: FootfallPattern) -> StrideTiming | None:
    """Return the timing by the clip's contacts; None if they are inconsistent."""
    contacts = np.asarray(clip.contacts)
    strides = stride_phases.measured(contacts, clip.fps)
    moving = strides.amplitude.min(axis=1) > 0.9
    if moving.mean() < 0.6 or np.ptp(strides.phase[moving, 0]) < 1.0:
        return None
    inside = np.flatnonzero(moving)
    first, last = int(inside[0]), int(inside[-1])
    rate = float(np.ptp(strides.phase[first : last + 1, 0])) / max(last - first, 1) * clip.fps
    turns = np.exp(2j * np.pi * (strides.phase[:, :1] - strides.phase)[moving]).mean(axis=0)
    duty = contacts[first : last + 1].mean(axis=0)
    short = duty.min() < SEEN * quadruped_gaits.TABLE[falls.gait].duty
    if abs(rate * falls.stride - 1.0) > AGREE or np.abs(turns).min() < EVEN or short:
        return None
    frames = np.arange(clip.frames)
    phase = strides.phase[:, 0].astype(np.float64).copy()
    phase[:first] = phase[first] + (frames[:first] - first) * rate / clip.fps
    phase[last:] = phase[last] + (frames[last:] - last) * rate / clip.fps
    return StrideTiming(phase, np.angle(turns) / (2.0 * np.pi) % 1.0, rate, duty, True)


def _from_swings(clip: Clip, falls: FootfallPattern) -> StrideTiming:
    """Return the timing by the swings of the paws under the body.

    A paw is farthest ahead at phase 0 of its wave and halfway back at a quarter, the middle of
    its stance.
    """
    found = stride_rhythm(clip)
    phase = np.arange(clip.frames) / clip.fps * found.rate
    usual = quadruped_gaits.TABLE[falls.gait].duty
    duty = float(np.clip(falls.duty, USUAL[0] * usual, USUAL[1] * usual))
    touchdowns = found.touchdowns + 0.25 - 0.5 * duty
    offsets = (touchdowns - touchdowns[0]) % 1.0
    return StrideTiming(phase - touchdowns[0], offsets, found.rate, np.full(4, duty), False)
