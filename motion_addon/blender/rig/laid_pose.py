# SPDX-License-Identifier: GPL-3.0-or-later
"""A level pose of a character laid on its footing, and the footprints that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...motion.body.body_pose import BodyPose
from ...motion.body.sole import Sole
from ...motion.clip.clip import Clip
from ...motion.footing.footing import Footing
from ...motion.footing.lay import Laid, lay
from ...motion.maths.quat import Array


@dataclass(frozen=True, eq=False)
class OwnPrints:
    """The footprints that a character leaves, in the units of its scene and the core's axes."""

    laid: Laid
    soles: Sequence[Sole]

    def card(self, prints: Sequence[dict[str, Any]], meters: float) -> list[dict[str, Any]]:
        """Return footprints of a report card with those of the character, in meters.

        ``meters`` is the size of a unit of the scene.
        """
        return [
            {
                **entry,
                "own_place": [round(float(v) * meters, 4) for v in own.place],
                "own_normal": [round(float(v), 4) for v in own.normal],
                "missed": round(missed * meters, 4),
            }
            for entry, own, missed in zip(prints, self.laid.prints, self.laid.missed, strict=True)
        ]

    def outlines(self, meters: float) -> dict[str, list[list[float]]]:
        """Return the outline of each sole by foot, as [x, z] from its ball with its toes ahead.

        In meters; counterclockwise seen from below.
        """
        return {
            leg.joints.name: [
                [round(float(v) * meters, 4) for v in corner]
                for corner in _hull(np.concatenate([sole.heel, sole.ball])[:, ::2] - leg.ball[::2])
            ]
            for leg, sole in zip(self.laid.pose.body.legs, self.soles, strict=True)
        }


def laid(
    posed: BodyPose, clip: Clip, footing: Footing | None, skin: Sequence[Sole | None]
) -> OwnPrints:
    """Return a level pose on its footing, its soles on the ground; ``clip`` is its motion.

    Without a footing the ground is level and feet stand where the clip has contacts. ``skin`` are
    the soles of the body's legs; without skin a pose on level ground stays as it is.
    """
    assert clip.contacts is not None
    footing = footing or Footing((), (), None, clip.contacts, clip.fps)
    done = lay(posed, footing, skin)
    if footing.is_level and not any(skin):
        done = replace(done, pose=posed)
    pairs = zip(skin, posed.body.legs, strict=True)
    return OwnPrints(done, [sole or Sole.of_bones(leg) for sole, leg in pairs])


def _hull(points: Array) -> Array:
    """Return the corners (N, 2) of the convex hull of points (M, 2), in order."""
    ordered = sorted({(float(x), float(z)) for x, z in points})
    if len(ordered) < 3:
        return np.array(ordered)

    def half(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        out: list[tuple[float, float]] = []
        for point in points:
            while len(out) > 1 and _turn(out[-2], out[-1], point) <= 0.0:
                out.pop()
            out.append(point)
        return out[:-1]

    return np.array([*half(ordered), *half(ordered[::-1])])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
