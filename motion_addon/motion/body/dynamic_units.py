# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals of any size in common units: lengths over the hip height h, times over sqrt(h / g).

Animals of different size that move at the same Froude number move alike in these units
(Alexander and Jayes 1983). The model's animal is the Labrador, so a clip is measured by what it
would be at the Labrador's size.
"""

from dataclasses import dataclass

import numpy as np

from ..clip.clip import Clip
from . import quadruped_gaits


@dataclass(frozen=True)
class Units:
    """The measure of an animal whose hip is ``hip_height`` meters high."""

    hip_height: float

    @property
    def second(self) -> float:
        """Seconds to the unit of time."""
        return float(np.sqrt(self.hip_height / quadruped_gaits.GRAVITY))

    @property
    def speed(self) -> float:
        """Meters per second to the unit of speed; the Froude number is a speed's square."""
        return float(np.sqrt(self.hip_height * quadruped_gaits.GRAVITY))

    def factors(self) -> tuple[float, float]:
        """Return the factors of lengths and times to the size of the model's animal."""
        model = Units(quadruped_gaits.HIP_HEIGHT)
        return quadruped_gaits.HIP_HEIGHT / self.hip_height, model.second / self.second


def of_model_size(clip: Clip, hip_height: float) -> Clip:
    """Return a clip at the model animal's size and pace, at its own frame rate (60 Hz again).

    An elephant's walk becomes faster, a fox's slower.
    """
    length, time = Units(hip_height).factors()
    sized = clip.scaled(length)
    return Clip(sized.skeleton, sized.rotations, sized.root_positions, clip.fps / time).resample(
        clip.fps
    )
