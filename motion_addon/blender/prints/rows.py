# SPDX-License-Identifier: GPL-3.0-or-later
"""The footprints of a take as its report card has them, in the scene's axes, units and frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ..keys import takes
from ..scene.units import meters_per_unit
from . import footprint_axes

NEAR = 0.1
"""Seconds within which two touchdowns of a foot are the same."""


@dataclass(frozen=True, eq=False)
class Row:
    """One footprint of a take."""

    foot: str
    number: int
    """Place among the prints of its foot, from 1."""
    at: float
    """Second by which edits name it."""
    added: bool
    matrix: Matrix
    """World matrix of an object on it: Z along the ground's normal, the toes ahead along -Y."""
    core_place: tuple[float, float, float]
    """Where the bake put the print, in the core's axes and meters."""
    yaw: float
    """Degrees, direction of the toes."""
    frames: tuple[int, int]
    """Touchdown and lift-off in the scene."""

    @property
    def name(self) -> str:
        """Name of its object."""
        return f"{self.foot if self.foot.isupper() else self.foot.title()} {self.number}"


def rows(take: bpy.types.PropertyGroup, scene: bpy.types.Scene) -> list[Row]:
    """Return the footprints of a take in order of touchdown; empty if its report has none."""
    report, meters = takes.report_of(take), meters_per_unit(scene)
    first = takes.recipe_of(take).get("frame_start", 1)
    count: dict[str, int] = {}
    out = []
    for entry in report.get("footprints") or ():
        foot = entry["foot"]
        count[foot] = count.get(foot, 0) + 1
        times = (entry["touchdown"], entry["liftoff"])
        start, stop = (round(second * report["fps"]) + first for second in times)
        out.append(
            Row(
                foot, count[foot], float(entry.get("at", entry["touchdown"])),
                bool(entry.get("added")), _matrix(entry, meters), tuple(entry["place"]),
                float(entry["yaw"]), (start, stop),
            )
        )  # fmt: skip
    return out


def _matrix(entry: dict[str, Any], meters: float) -> Matrix:
    place = footprint_axes.world_point(entry.get("own_place", entry["place"]), meters)
    x, y, z = entry.get("own_normal", entry["normal"])
    tilt = Vector((0.0, 0.0, 1.0)).rotation_difference(Vector((x, -z, y)))
    turn = Matrix.Rotation(math.radians(entry["yaw"]), 4, "Z")
    return Matrix.Translation(place) @ tilt.to_matrix().to_4x4() @ turn


def yaw_of(matrix: Matrix) -> float:
    """Return the direction, in degrees, in which an object's -Y points over the ground."""
    ahead = -(matrix.to_3x3() @ Vector((0.0, 1.0, 0.0)))
    return math.degrees(math.atan2(ahead.x, -ahead.y))


def turned(one: float, other: float) -> float:
    """Return the turn in degrees, from -180 to 180, from one direction to another."""
    return (other - one + 180.0) % 360.0 - 180.0


def pose_of(thing: bpy.types.Object) -> Matrix:
    """Return the world matrix of an object, up to date unless it has a parent or constraints."""
    own = thing.parent is None and not len(thing.constraints)
    return (thing.matrix_basis if own else thing.matrix_world).copy()
