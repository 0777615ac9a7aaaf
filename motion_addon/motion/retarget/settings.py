# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a retarget."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RetargetSettings:
    """Options of a retarget."""

    keep: Literal["path", "size"] = "path"
    """Path keeps the ground positions; size scales all positions with the legs' length."""
    cyclic: bool | None = None
    """Whether the clip is a loop, so that smoothing wraps; None measures it."""
    soles: bool = True
    """Whether heels and toes are kept out of the floor where the ground is level."""
    palms: float = 0.0
    """Radians by which hands are turned about the forearm, palms to the back; a third of it
    already in the forearm."""
    soft_knee: float = 0.006
    """Share of a leg's length over which knees straighten ever more slowly."""
    max_reach: float = 0.999
    """Longest leg, as a share of thigh and shin: knees keep a bend and never snap straight."""
    gaze: float = 0.0
    """Share of a look at a target, 0..1; an animal's neck and head then follow the source's however
    different their rest poses are."""
