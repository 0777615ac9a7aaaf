# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground along the path of a request: its heights, and how it changes the pace."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..controller.model import Model
from ..maths.quat import Array
from ..plan.ground_mesh import GroundMesh, ribbon
from ..plan.laid_path import STEP, LaidPath, laid
from ..plan.path import Path
from ..plan.slope_pace import PaceChange, slope_pace
from ..plan.trajectory import Trajectory, speeds_at
from ..plan.treads import FlightPace, flight_note, flight_pace, flights
from .request import BakeRequest

REACH = (3.0, 1.5)
"""How far from the path ground is kept, in hip heights and at least in meters."""
CLIMB = 1e-3
"""Meters by which the heights of a level path may differ."""
WIDE, BEYOND, STRIP = 2.4, 1.5, 0.08
"""Width of a climbing path's own slope, its length beyond the ends and that of a strip, in hips."""
_LEVEL = np.array([1.0, 0.0, 1.0])
_STAIR_GAITS = ("auto", "walk")


@dataclass(frozen=True, eq=False)
class PathGround:
    """The ground along a path, in the character's size."""

    mesh: GroundMesh
    """Triangles near the path."""
    path: Path
    """The path on level ground at height 0."""
    heights: Array
    """(N,) meters, at the path's samples."""
    step: float
    """Meters over the path up to which a surface is part of the same ground."""
    pace: PaceChange
    notes: tuple[str, ...]

    @staticmethod
    def of(request: BakeRequest, path: Path, model: Model, scale: float) -> PathGround | None:
        """Return the ground of a request along its path; None of a level path without a ground.

        A path that climbs without a ground is a slope of its own, level across it. Raises
        RefusedError where the ground cannot be walked.
        """
        hips = model.hip_height * scale
        if request.ground is None:
            if np.ptp(path.samples[:, 1]) < CLIMB:
                return None
            near, found = _own_slope(path, hips), LaidPath(path.samples[:, 1], ())
        else:
            reach = max(REACH[0] * hips, REACH[1])
            near = request.ground.near(path.samples, reach) or request.ground
            found = laid(path, near, hips)
        stairs = _stairs(request, path, found.heights, model, hips)
        pace = slope_pace(path, found.heights, hips, request.slope_pace, stairs)
        notes = (*found.notes, flight_note(stairs)) if stairs else found.notes
        level = replace(path, samples=path.samples * _LEVEL)
        return PathGround(near, level, found.heights, STEP * hips, pace, notes)

    @property
    def slowing(self) -> tuple[Array, Array]:
        """Fractions of the path and factors of the speed there."""
        return np.linspace(0.0, 1.0, len(self.heights)), self.pace.speed

    def course(self, plan: Trajectory, scale: float) -> Array:
        """Return the height (T,) in meters of the ground under the steps of a plan.

        ``plan`` is of the model's size. Next to the path, where corners are cut, the ground is
        looked up; over gaps the path's own height is kept.
        """
        along = np.interp(plan.distance * scale, self._at, self.heights)
        points = plan.positions * scale
        points[:, 1] = along
        here = self.mesh.heights(points, self.step)
        same = np.abs(here - along) <= self.step
        return np.where(same, here, along)

    def cadence(self, plan: Trajectory, scale: float) -> Array:
        """Return the factor (T,) of the step rate at the steps of a plan of the model's size."""
        return np.interp(plan.distance * scale, self._at, self.pace.cadence)

    @property
    def _at(self) -> Array:
        return np.arange(len(self.heights)) * self.path.spacing


def _own_slope(path: Path, hips: float) -> GroundMesh:
    """Return ground as high as a path, a little longer than it, for hips at a height (m)."""
    spare = 0.0 if path.cyclic else BEYOND * hips
    count = max(round((path.length + 2.0 * spare) / (STRIP * hips)), 2)
    line = path.position(np.linspace(-spare, path.length + spare, count + 1))
    return ribbon(line, WIDE * hips)


def _stairs(
    request: BakeRequest, path: Path, heights: Array, model: Model, hips: float
) -> list[FlightPace]:
    """Return how the flights of stairs along a path are taken; animals take them as slopes."""
    if model.kind.level or request.gait not in _STAIR_GAITS or not request.slope_pace:
        return []
    keys = request.speed if isinstance(request.speed, tuple) else ((0.0, request.speed),)
    out = []
    for flight in flights(path, heights, hips):
        middle = np.array(0.5 * (flight.start + flight.stop) / path.length)
        out.append(flight_pace(flight, float(speeds_at(keys, middle)), hips))
    return out
