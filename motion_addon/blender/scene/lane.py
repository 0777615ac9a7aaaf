# SPDX-License-Identifier: GPL-3.0-or-later
"""Lanes: the curve objects that a herd adds, which belong to its takes until they are edited.

A lane is marked with a digest of its points and place. While the digest fits, the lane goes with
its take; once the artist has changed the curve, it is theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import bpy

from .units import meters_per_unit

if TYPE_CHECKING:
    from ...motion.bake.request import BakeRequest

MARK = "footfall_lane"
"""Custom property of a lane's curve: the digest of its points and place."""


class Lanes:
    """The lanes that are added to a scene."""

    def __init__(self, scene: bpy.types.Scene) -> None:
        self._scene = scene
        self.objects: list[bpy.types.Object] = []

    def add(self, name: str, request: BakeRequest) -> str:
        """Add a curve object along the path of a request; returns its name."""
        unit = meters_per_unit(self._scene)
        data = bpy.data.curves.new(name, "CURVE")
        data.dimensions = "3D"
        spline = data.splines.new("POLY")
        spline.points.add(len(request.path) - 1)
        for point, (x, y, z) in zip(spline.points, request.path, strict=True):
            point.co = (x / unit, -z / unit, y / unit, 1.0)
        spline.use_cyclic_u = request.cyclic
        curve = bpy.data.objects.new(data.name, data)
        self.objects.append(curve)
        self._scene.collection.objects.link(curve)
        data[MARK] = _digest(curve)
        made: str = curve.name
        return made


@contextmanager
def added(scene: bpy.types.Scene) -> Iterator[Lanes]:
    """Provide lanes to add to a scene; all are removed if an error is raised."""
    lanes = Lanes(scene)
    try:
        yield lanes
    except BaseException:
        for curve in lanes.objects:
            _delete(curve)
        raise


def delete_unused(name: str, needed: Iterable[str]) -> None:
    """Delete the lane of a take that is gone, unless it was edited or is ``needed`` by name."""
    curve: bpy.types.Object | None = bpy.data.objects.get(name)
    if curve is None or curve.type != "CURVE" or curve.library is not None:
        return
    mark = curve.data.get(MARK)
    picked = any(scene.footfall.path == curve for scene in bpy.data.scenes)
    if mark and not picked and mark == _digest(curve) and name not in needed:
        _delete(curve)


def _delete(curve: bpy.types.Object) -> None:
    data: Any = curve.data
    bpy.data.objects.remove(curve)
    if data.users == 0:
        bpy.data.curves.remove(data)


def _digest(curve: bpy.types.Object) -> str:
    """Return a digest of all that an artist may change on a lane's shape and place."""
    data: Any = curve.data
    splines = [
        [tuple(point.co) for point in spline.points] + [spline.type, spline.use_cyclic_u]
        for spline in data.splines
    ]
    place: list[Any] = [tuple(row) for row in curve.matrix_basis]
    extra = (len(curve.modifiers), len(curve.constraints), curve.parent is None)
    return hashlib.sha256(repr((splines, place, extra)).encode()).hexdigest()[:12]
