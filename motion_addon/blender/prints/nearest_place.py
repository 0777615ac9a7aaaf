# SPDX-License-Identifier: GPL-3.0-or-later
"""The last footprint that was out of reach, and its nearest place; not saved with the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
from mathutils import Vector

from ...errors import RefusedError
from ..scene.units import meters_per_unit
from . import footprint_axes, print_edits, print_objects
from .rows import pose_of

if TYPE_CHECKING:
    from ...motion.bake.reach import OutOfReachError


@dataclass(frozen=True)
class _Refused:
    """An edit that was refused, by the mark of its take's prints."""

    mark: str
    foot: str
    at: float
    added: bool
    way: tuple[float, ...]
    """From the wanted to the nearest place, in the core's axes and meters."""
    text: str


class _Last:
    refused: _Refused | None = None


_last = _Last()


def refusal(take: bpy.types.PropertyGroup, error: OutOfReachError) -> RefusedError:
    """Remember an error for the button, if the take shows its prints; returns its sentence."""
    if not take.prints:
        return error
    edit = error.edit
    text = (
        f"{edit.title} is out of reach; the nearest possible place is {error.far:.0f} cm from it:"
        " press Use Nearest Place"
    )
    way = tuple(float(v) for v in error.place - error.wanted)
    _last.refused = _Refused(take.prints, edit.foot, edit.at, edit.add, way, text)
    return RefusedError(text)


def forget() -> None:
    """Forget the last refusal."""
    _last.refused = None


def sentence(take: bpy.types.PropertyGroup | None) -> str:
    """Return why a print of a take was refused, empty if none was."""
    last = _last.refused
    return last.text if last is not None and take is not None and take.prints == last.mark else ""


def use(rig: bpy.types.Object, take: bpy.types.PropertyGroup, scene: bpy.types.Scene) -> None:
    """Move the object of the refused print to its nearest place. Raises RefusedError."""
    last, meters = _last.refused, meters_per_unit(scene)
    thing = None
    if last is not None and sentence(take):
        thing = print_edits.object_of_edit(rig, take, scene, last.foot, last.at, last.added)
    if last is None or thing is None:
        raise RefusedError("No footprint is out of reach; bake again")
    pose = pose_of(thing)
    x, y, _ = footprint_axes.world_point(last.way, meters)
    pose.translation += Vector((x, y, 0.0))
    print_objects.move(thing, pose)
    forget()
