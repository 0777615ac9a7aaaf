# SPDX-License-Identifier: GPL-3.0-or-later
"""The gait of a clip by its footfalls, whatever it is called."""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped, quadruped_gaits, stride_phases
from ...body.dynamic_units import Units
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array

LEAST_STEP = 0.03
"""Spread of the paws' fore-aft places over the hip's height under which there are no strides."""


@dataclass(frozen=True, eq=False)
class Footfalls:
    """The gait of a clip by its footfalls."""

    gait: str
    """Of ``gaits.GAITS``; "stand" where there are no strides."""
    offsets: tuple[float, float, float, float]
    """Mean touchdowns after LH's as fractions of the stride, in the order of LEGS."""
    duty: float
    """Mean share of the stride a paw stands."""
    stride: float
    """Duration of a stride, seconds; 0 without strides."""


def swings(clip: Clip) -> Array:
    """Return (T, 4) how far ahead of its mean place under the body each paw is, meters."""
    paws = quadruped.paw_points(clip)
    withers = clip.world()[1][:, clip.skeleton.index("Withers")]
    ahead = quat.yaw(-quat.yaw_of(withers - clip.root_positions))
    along = quat.apply(ahead[:, None], paws - clip.root_positions[:, None])[..., 2]
    return np.asarray(along - along.mean(axis=0))


def footfalls(clip: Clip, hip_height: float) -> Footfalls:
    """Return the gait of a steady clip by its footfalls, whatever it is called.

    A leg's place in its stride is that of the first harmonic of its paw's fore-aft path under the
    body, as hand-keyed paws slide too much for contacts; a paw stands while it moves back.
    """
    _, time = Units(hip_height).factors()
    along = swings(clip)
    seconds = np.arange(clip.frames) / clip.fps
    rates = np.linspace(0.5, 4.0, 351) * time
    rates = rates[rates * seconds[-1] >= 1.5]
    if along.std() < LEAST_STEP * hip_height or not len(rates):
        return Footfalls("stand", (0.0, 0.0, 0.0, 0.0), 1.0, 0.0)
    waves = np.exp(-2j * np.pi * rates[:, None] * seconds) @ along
    best = int(np.argmax((np.abs(waves) ** 2).sum(axis=1)))
    touchdowns = -np.angle(waves[best]) / (2.0 * np.pi)
    a, b, c, d = (float(value) for value in (touchdowns - touchdowns[0]) % 1.0)
    duty = float((np.gradient(along, axis=0) < 0.0).mean())
    names = quadruped_gaits.GAITS[1:]
    off = [
        float(stride_phases.distance(np.array([a, b, c, d]), np.array(duty), name))
        for name in names
    ]
    return Footfalls(names[int(np.argmin(off))], (a, b, c, d), duty, float(1.0 / rates[best]))
