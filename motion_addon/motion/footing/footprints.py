# SPDX-License-Identifier: GPL-3.0-or-later
"""Footprints: each stance of each foot as a place on the ground and a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..maths.quat import Array


@dataclass(frozen=True, eq=False)
class Footprint:
    """One stance of one foot, in the path's coordinates."""

    foot: str
    """Name of the leg: left or right; LH, LF, RH or RF."""
    place: Array
    """(3,) point on the ground under the ball of the foot or under the paw, meters."""
    yaw: float
    """Radians about +Y from +Z, the direction of the toes."""
    normal: Array
    """(3,) unit normal of the ground under the whole sole."""
    touchdown: float
    """Seconds from the first frame."""
    liftoff: float
    """Seconds from the first frame, of the first frame in which the foot is off the ground."""
    pinned: bool = False
    """Whether the artist has moved, turned, timed or added it."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values: place and normal in meters, yaw in degrees, seconds."""
        import math

        return {
            "foot": self.foot,
            "place": [round(float(v), 4) for v in self.place],
            "yaw": round(math.degrees(self.yaw), 2),
            "normal": [round(float(v), 4) for v in self.normal],
            "touchdown": round(self.touchdown, 4),
            "liftoff": round(self.liftoff, 4),
            "pinned": self.pinned,
        }
