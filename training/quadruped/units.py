# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals of any size in one measure: lengths over the hip's height, times over sqrt(h / g).

Animals of different size that move at the same Froude number move alike in these units
(Alexander and Jayes 1983). The model's animal is the Labrador, so a clip is measured by what it
would be at the Labrador's size.
"""

from dataclasses import dataclass

import numpy as np

from motion_addon.motion import gaits, quadruped, quat, stride
from motion_addon.motion.clip import Clip

LEAST_STEP = 0.03
"""Spread of the paws' fore-aft places over the hip's height under which there are no strides."""


@dataclass(frozen=True)
class Units:
    """The measure of an animal whose hip is ``hip_height`` meters high."""

    hip_height: float

    @property
    def second(self) -> float:
        """Seconds to the unit of time."""
        return float(np.sqrt(self.hip_height / gaits.GRAVITY))

    @property
    def speed(self) -> float:
        """Meters per second to the unit of speed; the Froude number is a speed's square."""
        return float(np.sqrt(self.hip_height * gaits.GRAVITY))

    def factors(self) -> tuple[float, float]:
        """Return what lengths and times are multiplied with to be those of the model's animal."""
        model = Units(gaits.HIP_HEIGHT)
        return gaits.HIP_HEIGHT / self.hip_height, model.second / self.second


def of_model_size(clip: Clip, hip_height: float) -> Clip:
    """Return a clip at the model animal's size and pace, at its own frame rate (60 Hz again).

    An elephant's walk becomes faster, a fox's slower.
    """
    length, time = Units(hip_height).factors()
    sized = clip.scaled(length)
    return Clip(sized.skeleton, sized.rotations, sized.root_positions, clip.fps / time).resample(
        clip.fps
    )


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


def footfalls(clip: Clip, hip_height: float) -> Footfalls:
    """Return the gait of a steady clip by its footfalls, whatever it is called.

    A leg's place in its stride is that of the first harmonic of its paw's fore-aft path under the
    body, as hand-keyed paws slide too much for contacts; a paw stands while it moves back.
    """
    _, time = Units(hip_height).factors()
    paws = quadruped.paw_points(clip)
    withers = clip.world()[1][:, clip.skeleton.index("Withers")]
    ahead = quat.yaw(-quat.yaw_of(withers - clip.root_positions))
    along = quat.apply(ahead[:, None], paws - clip.root_positions[:, None])[..., 2]
    along = along - along.mean(axis=0)
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
    names = gaits.GAITS[1:]
    off = [float(stride.distance(np.array([a, b, c, d]), np.array(duty), name)) for name in names]
    return Footfalls(names[int(np.argmin(off))], (a, b, c, d), duty, float(1.0 / rates[best]))
