# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of footprints: the outline of the sole with a mark ahead of the toes, colored by foot."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy

COLORS = {
    "left": (0.05, 0.35, 0.9), "right": (0.95, 0.4, 0.05), "LH": (0.05, 0.35, 0.9),
    "LF": (0.1, 0.75, 0.85), "RH": (0.95, 0.4, 0.05), "RF": (0.95, 0.75, 0.1),
}  # fmt: skip
MATERIAL = "footfall_print"
"""Custom property of the materials of prints."""
LEAST = 0.03
"""Meters, length of the smallest outline that is drawn as measured."""
CORNERS = 24

Corners = Sequence[tuple[float, float]]


def mesh(foot: str, outline: Corners, meters: float) -> bpy.types.Mesh:
    """Return a new mesh of a footprint in its XY plane, toes along -Y.

    ``outline`` has [x, z] in meters from the ball, toes ahead, as in a report card; without an
    area it gives the length of a usual foot.
    """
    corners = [(x / meters, -z / meters) for x, z in _outline(foot, outline)]
    tip = min(y for _, y in corners)
    middle = sum(x for x, y in corners if y == tip) / sum(y == tip for _, y in corners)
    size = max(max(y for _, y in corners) - tip, 1e-6)
    mark = [(-0.12, -0.06), (0.12, -0.06), (0.0, -0.24)]
    points = [*corners, *((middle + size * x, tip + size * y) for x, y in mark)]
    count = len(corners)
    made: bpy.types.Mesh = bpy.data.meshes.new(f"Footprint {foot}")
    faces = [tuple(range(count)), (count, count + 1, count + 2)]
    made.from_pydata([(x, y, 0.0) for x, y in points], [], [_facing_up(points, f) for f in faces])
    made.materials.append(_material(foot))
    return made


def _facing_up(points: Corners, face: tuple[int, ...]) -> tuple[int, ...]:
    area = sum(
        points[a][0] * points[b][1] - points[b][0] * points[a][1]
        for a, b in zip(face, (*face[1:], face[0]), strict=True)
    )
    return face if area > 0.0 else face[::-1]


def _outline(foot: str, outline: Corners) -> list[tuple[float, float]]:
    """Return the corners of a sole: as measured, or of a usual shape where it has no area."""
    wide = max((x for x, _ in outline), default=0.0) - min((x for x, _ in outline), default=0.0)
    ahead = max((z for _, z in outline), default=0.0)
    behind = min((z for _, z in outline), default=0.0)
    long = ahead - behind
    if len(outline) > 4 and wide > 0.15 * long > 0.15 * LEAST:
        return [(float(x), float(z)) for x, z in outline]
    paw = foot.isupper()
    long = max(long, LEAST) * (1.3 if paw else 1.05)
    middle, out = 0.5 * (ahead + behind), []
    for number in range(CORNERS):
        angle = 2.0 * math.pi * number / CORNERS
        along = math.cos(angle)
        half = 0.42 if paw else 0.17 + 0.035 * along
        out.append((half * long * math.sin(angle), middle + 0.5 * long * along))
    return out


def _material(foot: str) -> bpy.types.Material:
    """Return the material that all prints of a foot share."""
    name = f"Footprint {foot}"
    same = [one for one in bpy.data.materials if one.get(MATERIAL) == foot and one.library is None]
    if same:
        return same[0]
    made: bpy.types.Material = bpy.data.materials.new(name)
    made[MATERIAL] = foot
    made.diffuse_color = (*COLORS.get(foot, (0.5, 0.5, 0.5)), 0.8)
    return made


def remove_unused() -> None:
    """Remove the materials of prints that no mesh has."""
    for one in [m for m in bpy.data.materials if m.get(MATERIAL) and not m.users]:
        bpy.data.materials.remove(one)
