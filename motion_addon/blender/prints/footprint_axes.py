# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of footprints in a recipe and in a bake request: Blender's axes and units, or the core's.

The direction of the toes is the same number: degrees to the left of Blender's -Y, the core's +Z.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def core_point(point: Sequence[float], meters: float) -> list[float]:
    """Return a point of Blender, units of ``meters``, in the core's axes and meters."""
    x, y, z = (float(value) * meters for value in point)
    return [x, z, -y]


def world_point(point: Sequence[float], meters: float) -> list[float]:
    """Return a point of the core, in meters, in Blender's axes and units of ``meters``."""
    x, y, z = (float(value) / meters for value in point)
    return [x, -z, y]


def for_request(edits: Iterable[dict[str, Any]], meters: float) -> list[dict[str, Any]]:
    """Return the edits of a recipe for a request; checked by the request."""
    return [_with_place(edit, core_point, meters) for edit in edits]


def for_recipe(edits: Iterable[dict[str, Any]], meters: float) -> list[dict[str, Any]]:
    """Return the edits of a report card for a recipe."""
    return [_with_place(edit, world_point, meters) for edit in edits]


def _with_place(edit: dict[str, Any], convert: Any, meters: float) -> dict[str, Any]:
    place = edit.get("place")
    plain = isinstance(place, list | tuple) and len(place) == 3
    if not plain or not all(type(value) in {int, float} for value in place):
        return edit
    return {**edit, "place": [round(value, 5) for value in convert(place, meters)]}
