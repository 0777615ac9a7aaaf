# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfalls as keys in the Dope Sheet: written into a take, and read back.

Each paw has an F-curve in the take's action, of a custom property of the armature object. A stance
is two keys with its number as value, at touchdown and lift-off, between which the Dope Sheet draws
a bar. Keys that the artist drags become moved footfalls when the take is baked again.
"""

from __future__ import annotations

import json
from typing import Any

import bpy

from ...errors import RefusedError
from . import state, takes

PAWS = ("LH", "LF", "RH", "RF")
GROUP = "Footfalls"
DRAGGED = 0.25  # frames from which a key counts as dragged
NEAR = 1.5  # frames within which an edit belongs to a touchdown

Stances = dict[str, list[tuple[float, float]]]
"""Touchdown and lift-off of each stance in scene frames, by paw."""


def property_name(paw: str) -> str:
    """Return the name of the property that holds a paw's keys."""
    return state.CHANNEL + paw


def movable(take: bpy.types.PropertyGroup) -> bool:
    """Whether the footfalls of a take can be moved: it is of an animal on a path."""
    recipe = takes.recipe_of(take)
    feet = takes.report_of(take).get("footfalls", {})
    return set(PAWS) <= set(feet) and not recipe.get("cycle", False)


def has_keys(take: bpy.types.PropertyGroup) -> bool:
    """Whether the take's action has keys of footfalls."""
    return bool(_curves(take))


def _curves(take: bpy.types.PropertyGroup) -> dict[str, bpy.types.FCurve]:
    paths = {f'["{property_name(paw)}"]': paw for paw in PAWS}
    curves = takes.curves(take.action) if take.action is not None else []
    return {paths[c.data_path]: c for c in curves if c.data_path in paths}


def baked(take: bpy.types.PropertyGroup) -> Stances:
    """Return the footfalls of a take as they were baked."""
    report = takes.report_of(take)
    return {
        paw: [_frames(take, stance) for stance in report["footfalls"].get(paw, ())] for paw in PAWS
    }


def unmoved(take: bpy.types.PropertyGroup) -> Stances:
    """Return the footfalls of a take before any were moved."""
    report = takes.report_of(take)
    plain: dict[str, list] = report.get("footfalls_unmoved", report["footfalls"])
    shown = baked(take)
    return {
        paw: [
            _frames(take, was) if was else now
            for was, now in zip(plain[paw], shown[paw], strict=True)
        ]
        for paw in PAWS
    }


def _frames(take: bpy.types.PropertyGroup, stance: list[float]) -> tuple[float, float]:
    """Return touchdown and lift-off in scene frames, of a stance in seconds."""
    fps, first = takes.report_of(take)["fps"], takes.recipe_of(take).get("frame_start", 1)
    start, stop = (float(round(second * fps) + first) for second in stance)
    return start, stop


def add_keys(
    rig: bpy.types.Object, take: bpy.types.PropertyGroup, stances: Stances | None = None
) -> None:
    """Write keys of the footfalls of a take, or of ``stances``, into its action."""
    import numpy as np

    from ..scene import fcurves

    plain, shown = unmoved(take), stances or baked(take)
    before = () if stances else takes.report_of(take).get("footfalls_moved", ())
    action = takes.own_action(rig, take)
    writer = fcurves.Writer(fcurves.channelbag(action, fcurves.slot_for(rig, action)))
    usual, special = fcurves.KEY_TYPES["KEYFRAME"], fcurves.KEY_TYPES["EXTREME"]
    for paw in PAWS:
        _add_property(rig, paw)
        frames: list[float] = []
        values: list[int] = []
        types: list[int] = []
        for number, stance in enumerate(shown[paw], start=1):
            was = plain[paw][number - 1]
            frames += stance
            values += [number, number]
            types += [special if any(_is_of(take, e, paw, was) for e in before) else usual] * 2
        keys = [np.array(column, dtype=np.float64) for column in (frames, values, types)]
        writer.steps(f'["{property_name(paw)}"]', keys[0], keys[1], GROUP, keys[2])
    rig.update_tag()
    action.update_tag()


def _add_property(rig: bpy.types.Object, paw: str) -> None:
    if rig.get(property_name(paw)) is None:
        rig[property_name(paw)] = 0
        text = f"Number of the footfall of {paw}, keyed at touchdown and lift-off"
        rig.id_properties_ui(property_name(paw)).update(min=0, max=100_000, description=text)


def remove_keys(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> None:
    """Remove the keys of footfalls from a take."""
    for layer in takes.own_action(rig, take).layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                for curve in [c for c in bag.fcurves if c in _curves(take).values()]:
                    bag.fcurves.remove(curve)
                group = bag.groups.get(GROUP)
                if group is not None and not len(group.channels):
                    bag.groups.remove(group)
    remove_unused_properties(rig)


def remove_unused_properties(rig: bpy.types.Object) -> None:
    """Remove the footfall properties of a character if no take has keys on them."""
    if any(has_keys(take) for take in rig.footfall.takes):
        return
    for paw in PAWS:
        if rig.get(property_name(paw)) is not None:
            del rig[property_name(paw)]


def read_keys(take: bpy.types.PropertyGroup) -> Stances:
    """Return the footfalls of a take from their keys. Raises RefusedError."""
    curves, found = _curves(take), {}
    for paw, stances in baked(take).items():
        if paw not in curves:
            raise RefusedError(f"The keys of {paw} are missing; undo, or press Clear Footfalls")
        found[paw] = _read(curves[paw], paw, len(stances))
    return found


def _read(curve: bpy.types.FCurve, paw: str, count: int) -> list[tuple[float, float]]:
    frames: dict[int, list[float]] = {}
    for key in curve.keyframe_points:
        frames.setdefault(round(key.co[1]), []).append(float(key.co[0]))
    if sorted(frames) != list(range(1, count + 1)) or any(len(f) != 2 for f in frames.values()):
        raise RefusedError(
            f"A footfall of {paw} does not have two keys: some were added, deleted or dragged onto"
            " others; undo, or press Clear Footfalls"
        )
    stances = [(min(pair), max(pair)) for _, pair in sorted(frames.items())]
    ends = [frame for stance in stances for frame in stance]
    if ends != sorted(ends):
        raise RefusedError(f"Footfalls of {paw} were dragged past each other; move them apart")
    return stances


def edits(take: bpy.types.PropertyGroup) -> tuple[dict[str, Any], ...]:
    """Return the moved footfalls of the next bake of a take: those stored and those dragged.

    Stored ones are optional, since path or speed may have changed. Raises RefusedError.
    """
    before = takes.recipe_of(take).get("footfalls") or ()
    if not movable(take):
        return ()
    if not has_keys(take):
        return tuple({**edit, "optional": True} for edit in before)
    plain, shown, now = unmoved(take), baked(take), read_keys(take)
    out: list[dict[str, Any]] = []
    for paw in PAWS:
        for was, baked_at, stance in zip(plain[paw], shown[paw], now[paw], strict=True):
            if _apart(stance, baked_at) > DRAGGED and _apart(stance, was) > DRAGGED:
                out.append(_edit(take, paw, was, stance))
            elif _apart(stance, baked_at) <= DRAGGED:
                out += [{**e, "optional": True} for e in before if _is_of(take, e, paw, was)]
    return tuple(out)


def _is_of(
    take: bpy.types.PropertyGroup, edit: dict[str, Any], paw: str, was: tuple[float, float]
) -> bool:
    """Whether an edit moves the footfall of a paw that was at scene frames ``was``."""
    frame, _ = _frames(take, [edit["at"], edit["at"]])
    return edit["paw"] == paw and abs(frame - was[0]) < NEAR


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _edit(
    take: bpy.types.PropertyGroup, paw: str, was: tuple[float, float], stance: tuple[float, float]
) -> dict[str, Any]:
    """Return the edit that moves a stance; an unchanged length is left out."""
    fps, first = takes.report_of(take)["fps"], takes.recipe_of(take).get("frame_start", 1)
    at, to, lift = (round((frame - first) / fps, 4) for frame in (was[0], *stance))
    whole = abs((stance[1] - stance[0]) - (was[1] - was[0])) < 0.5
    return {"paw": paw, "at": at, "to": to, "lift": None if whole else lift, "optional": False}


def reset(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> None:
    """Move all footfalls back to their unmoved times, for the next bake."""
    take.recipe = json.dumps({**takes.recipe_of(take), "footfalls": []})
    if has_keys(take):
        add_keys(rig, take, unmoved(take))


def moved_lines(take: bpy.types.PropertyGroup) -> list[str]:
    """Return a line for each moved footfall of a take."""
    lines = []
    for edit in takes.report_of(take).get("footfalls_moved", ()):
        to = edit["at"] if edit["to"] is None else edit["to"]
        lines.append(f"{edit['paw']}  {edit['at']:.2f} s to {to:.2f} s")
    return lines
