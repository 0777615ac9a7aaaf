# SPDX-License-Identifier: GPL-3.0-or-later
"""When the paws of a steady clip come down, even where they slide.

A stand of a captured paw is found by its speed. Hand-keyed paws slide; there the way of the paw
under the body tells: it stands around the middle of its way back, for as long as is usual in the
gait.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...body import quadruped, quadruped_gaits, stride_phases
from ...body.quadruped import paw_height
from ...clip.clip import Clip
from ...maths.quat import Array
from .gait_names import Footfalls
from .measures import beat

AGREE: Final = 0.12
"""Difference of stride rates by stands and by the paws' way up to which stands are believed."""
EVEN: Final = 0.9
"""Strength of the mean footfalls from which stands are believed."""
SEEN: Final = 0.75
"""Share of a gait's usual duty factor that stands must have to be believed."""


LOW: Final = 0.06
"""Height over its lowest, as a share of the hip's height, up to which a paw may stand."""
USUAL: Final = (0.85, 1.25)
"""Factors of a gait's usual duty factor within which the share of a paw's way back is one."""


SOLES: Final = (-0.03, 0.06)
"""How far a standing paw's joint may be from a dog's height, as shares of the hip's height."""


@dataclass(frozen=True, eq=False)
class Steps:
    """The strides of a steady clip."""

    phase: Array
    """(T,) of the left hind's stride, unwrapped; whole at its touchdowns."""
    offsets: Array
    """(4,) touchdowns after it."""
    rate: float
    """Strides per second."""
    duty: Array
    """(4,) share of the stride that each paw stands."""
    sure: bool
    """Whether they are those of stands that were found."""

    def strides(self) -> stride_phases.Strides:
        """Return the place of each leg in its stride."""
        phase = self.phase[:, None] - self.offsets
        return stride_phases.Strides(phase, np.ones_like(phase))

    def contacts(self, clip: Clip) -> Array:
        """Return (T, 4) 0 or 1: each paw of the clip down for its share of the stride, if low."""
        heights = quadruped.paw_points(clip)[..., 1]
        low = heights < np.percentile(heights, 2.0, axis=0) + LOW * quadruped_gaits.HIP_HEIGHT
        back = (self.strides().phase % 1.0) < self.duty
        return np.asarray(back & low, dtype=np.float32)

    def moved(self, late: Array) -> "Steps":
        """Return the steps with each leg (4,) ``late`` by so many strides."""
        offsets = self.offsets + late
        return replace(self, phase=self.phase - offsets[0], offsets=(offsets - offsets[0]) % 1.0)


def soles(clip: Clip, falls: Footfalls) -> Array:
    """Return how high (4,) the joints of standing paws are over the ground in a clip, meters.

    Rigs differ in where in a paw its joint lies. What is far from a dog's is taken for a clip whose
    ground is elsewhere, and only that far is believed.
    """
    usual = paw_height(clip.skeleton)
    contacts = (
        clip.contacts
        if falls.gait not in quadruped_gaits.TABLE
        else steps(clip, falls).contacts(clip)
    )
    heights = quadruped.paw_points(clip)[..., 1]
    low, high = (usual + share * quadruped_gaits.HIP_HEIGHT for share in SOLES)
    out = np.full(len(quadruped.LEGS), usual)
    for i, down in enumerate(np.asarray(contacts).T > 0.5):
        if down.any():
            out[i] = np.clip(np.median(heights[down, i]), low, high)
    return out


def steps(clip: Clip, falls: Footfalls) -> Steps:
    """Return the steps of a steady clip with contacts, whose ``falls`` have a stride."""
    return _stood(clip, falls) or _swung(clip, falls)


def _stood(clip: Clip, falls: Footfalls) -> Steps | None:
    """Return the steps by the clip's contacts, None where they are not to be believed."""
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
    return Steps(phase, np.angle(turns) / (2.0 * np.pi) % 1.0, rate, duty, True)


def _swung(clip: Clip, falls: Footfalls) -> Steps:
    """Return the steps by the way of the paws under the body.

    A paw is farthest ahead at phase 0 of its wave and half its way back at a quarter, around
    which it stands.
    """
    found = beat(clip)
    phase = np.arange(clip.frames) / clip.fps * found.rate
    usual = quadruped_gaits.TABLE[falls.gait].duty
    duty = float(np.clip(falls.duty, USUAL[0] * usual, USUAL[1] * usual))
    touchdowns = found.touchdowns + 0.25 - 0.5 * duty
    offsets = (touchdowns - touchdowns[0]) % 1.0
    return Steps(phase - touchdowns[0], offsets, found.rate, np.full(4, duty), False)
