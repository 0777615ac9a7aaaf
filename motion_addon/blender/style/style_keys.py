# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyed strengths of styles: their F-curves in the scene's action.

The data path of a curve holds the number of its row in the mix, so it changes as rows are removed.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...options.bake import STRENGTH

SAME = 1e-4
"""Difference below which strengths are equal."""


def path(row: int) -> str:
    """Return the data path of a row's strength."""
    return f"footfall.styles.mix[{row}].strength"


def strength(scene: bpy.types.ID, row: int, value: float) -> float | list[list[float]]:
    """Return the strength of a row, or [frame, strength] pairs where it has keys."""
    from ..scene import fcurves

    curve = fcurves.find(scene, path(row))
    if curve is None or not len(curve.keyframe_points):
        return float(value)
    first, last = (round(curve.keyframe_points[i].co[0]) for i in (0, -1))
    pairs = [[float(f), float(curve.evaluate(f))] for f in range(first, last + 1)]
    least, most = STRENGTH.limits
    return [[frame, min(max(value, least), most)] for frame, value in pairs]


def put(scene: bpy.types.Scene, row: int, wanted: float | Sequence[Sequence[float]]) -> None:
    """Set the strength of a row to a number or to keys (``[frame, strength]`` pairs).

    Keys that give these strengths already stay.
    """
    from ..scene import fcurves

    one = scene.footfall.styles.mix[row]
    if isinstance(wanted, int | float):
        fcurves.remove(scene, path(row))
        one.strength = wanted
        return
    now = strength(scene, row, one.strength)
    if isinstance(now, list) and len(now) == len(wanted):
        pairs = zip(now, wanted, strict=True)
        if all(abs(a - b) < SAME for mine, own in pairs for a, b in zip(mine, own, strict=True)):
            return
    fcurves.remove(scene, path(row))
    for frame, value in wanted:
        one.strength = value
        scene.keyframe_insert(path(row), frame=frame)


def clear(scene: bpy.types.Scene, rows: range) -> None:
    """Remove the keys of rows."""
    from ..scene import fcurves

    for row in rows:
        fcurves.remove(scene, path(row))


def close_up(scene: bpy.types.Scene, row: int, rows: int) -> None:
    """Remove the keys of a row that is removed, and renumber those of the rows after it."""
    from ..scene import fcurves

    fcurves.remove(scene, path(row))
    for later in range(row + 1, rows):
        curve = fcurves.find(scene, path(later))
        if curve is not None:
            curve.data_path = path(later - 1)
