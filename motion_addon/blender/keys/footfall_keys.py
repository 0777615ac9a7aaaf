# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfalls as keys in the Dope Sheet: written into a take, and read back.

Each foot has an F-curve in the take's action, of a custom property of the armature object. A stance
is two keys with its number as value, at touchdown and lift-off, between which the Dope Sheet draws
a bar. Keys that the artist drags become moved footfalls when the take is baked again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import bpy

from ...errors import RefusedError
from . import state, takes

FEET = ("left", "right", "LH", "LF", "RH", "RF")
GROUP = "Footfalls"
DRAGGED = 0.25  # frames from which a key counts as dragged
NEAR = 1.5  # frames within which an edit belongs to a touchdown

Stances = dict[str, list[tuple[float, float]]]
"""Touchdown and lift-off of each stance in scene frames, by foot."""


def property_name(foot: str) -> str:
    """Return the name of the property that holds a foot's keys."""
    return state.CHANNEL + foot


def feet(take: bpy.types.PropertyGroup) -> tuple[str, ...]:
    """Return the names of the feet whose footfalls the report of a take has."""
    known = takes.report_of(take).get("footfalls") or {}
    return tuple(foot for foot in known if foot in FEET)


def movable(take: bpy.types.PropertyGroup) -> bool:
    """Whether the footfalls of a take can be moved: it was baked, and is no cycle."""
    return bool(feet(take)) and takes.baked(take) and not takes.recipe_of(take).get("cycle", False)


def stored(take: bpy.types.PropertyGroup) -> list[dict[str, Any]]:
    """Return the edits of footprints that the recipe of a take has, by their present names."""
    edits = takes.recipe_of(take).get("footprints") or ()
    named = ({"foot" if key == "paw" else key: v for key, v in edit.items()} for edit in edits)
    return [{key: v for key, v in edit.items() if v is not None} for edit in named]


def has_keys(take: bpy.types.PropertyGroup) -> bool:
    """Whether the take's action has keys of footfalls."""
    return bool(_curves(take))


def _curves(take: bpy.types.PropertyGroup) -> dict[str, bpy.types.FCurve]:
    paths = {f'["{property_name(foot)}"]': foot for foot in FEET}
    curves = takes.curves(take.action) if take.action is not None else []
    return {paths[c.data_path]: c for c in curves if c.data_path in paths}


def baked(take: bpy.types.PropertyGroup) -> Stances:
    """Return the footfalls of a take as they were baked."""
    report = takes.report_of(take)
    return {
        foot: [_frames(take, stance) for stance in report["footfalls"][foot]] for foot in feet(take)
    }


def unmoved(take: bpy.types.PropertyGroup) -> Stances:
    """Return the footfalls of a take before any were moved."""
    report = takes.report_of(take)
    plain: dict[str, list] = report.get("footfalls_unmoved", report["footfalls"])
    shown = baked(take)
    return {
        foot: [
            _frames(take, was) if was else now
            for was, now in zip(plain[foot], shown[foot], strict=True)
        ]
        for foot in feet(take)
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
    before = [] if stances else stored(take)
    action = takes.own_action(rig, take)
    writer = fcurves.Writer(fcurves.channelbag(action, fcurves.slot_for(rig, action)))
    usual, special = fcurves.KEY_TYPES["KEYFRAME"], fcurves.KEY_TYPES["EXTREME"]
    for foot in feet(take):
        _add_property(rig, foot)
        frames: list[float] = []
        values: list[int] = []
        types: list[int] = []
        for number, stance in enumerate(shown[foot], start=1):
            was = plain[foot][number - 1]
            frames += stance
            values += [number, number]
            types += [special if any(_is_of(take, e, foot, was) for e in before) else usual] * 2
        keys = [np.array(column, dtype=np.float64) for column in (frames, values, types)]
        writer.steps(f'["{property_name(foot)}"]', keys[0], keys[1], GROUP, keys[2])
    rig.update_tag()
    action.update_tag()


def _add_property(rig: bpy.types.Object, foot: str) -> None:
    if rig.get(property_name(foot)) is None:
        rig[property_name(foot)] = 0
        text = f"Number of the footfall of {foot}, keyed at touchdown and lift-off"
        rig.id_properties_ui(property_name(foot)).update(min=0, max=100_000, description=text)


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
    for foot in FEET:
        if rig.get(property_name(foot)) is not None:
            del rig[property_name(foot)]


def read_keys(take: bpy.types.PropertyGroup) -> Stances:
    """Return the footfalls of a take from their keys. Raises RefusedError."""
    curves, found = _curves(take), {}
    for foot, stances in baked(take).items():
        if foot not in curves:
            raise RefusedError(f"The keys of {foot} are missing; undo, or press Reset Footprints")
        found[foot] = _read(curves[foot], foot, len(stances))
    return found


def _read(curve: bpy.types.FCurve, foot: str, count: int) -> list[tuple[float, float]]:
    frames: dict[int, list[float]] = {}
    for key in curve.keyframe_points:
        frames.setdefault(round(key.co[1]), []).append(float(key.co[0]))
    if sorted(frames) != list(range(1, count + 1)) or any(len(f) != 2 for f in frames.values()):
        raise RefusedError(
            f"A footfall of {foot} does not have two keys: some were added, deleted or dragged onto"
            " others; undo, or press Reset Footprints"
        )
    stances = [(min(pair), max(pair)) for _, pair in sorted(frames.items())]
    ends = [frame for stance in stances for frame in stance]
    if ends != sorted(ends):
        raise RefusedError(f"Footfalls of {foot} were dragged past each other; move them apart")
    return stances


@dataclass(frozen=True)
class Drag:
    """A stance whose keys were dragged, in seconds of the take."""

    foot: str
    at: float
    """Touchdown by which edits name it."""
    added: bool
    to: float | None
    """New touchdown; None if it is back in its place."""
    lift: float | None
    """New lift-off; None keeps the stance's length."""


def dragged(take: bpy.types.PropertyGroup) -> list[Drag]:
    """Return the stances whose keys were dragged since the bake. Raises RefusedError."""
    if not movable(take) or not has_keys(take):
        return []
    plain, shown, now = unmoved(take), baked(take), read_keys(take)
    fps, first = takes.report_of(take)["fps"], takes.recipe_of(take).get("frame_start", 1)
    new = [edit for edit in stored(take) if edit.get("add")]
    out = []
    for foot in feet(take):
        for was, baked_at, stance in zip(plain[foot], shown[foot], now[foot], strict=True):
            if _apart(stance, baked_at) <= DRAGGED:
                continue
            start, to, lift = (round((f - first) / fps, 4) for f in (was[0], *stance))
            added = [e for e in new if _is_of(take, {**e, "at": e["to"]}, foot, baked_at)]
            if added:
                out.append(Drag(foot, added[0]["at"], True, to, lift))
            elif _apart(stance, was) <= DRAGGED:
                out.append(Drag(foot, start, False, None, None))
            else:
                whole = abs((stance[1] - stance[0]) - (was[1] - was[0])) < 0.5
                out.append(Drag(foot, start, False, to, None if whole else lift))
    return out


def _is_of(
    take: bpy.types.PropertyGroup, edit: dict[str, Any], foot: str, was: tuple[float, float]
) -> bool:
    """Whether an edit moves the footfall of a foot that was at scene frames ``was``."""
    frame, _ = _frames(take, [edit["at"], edit["at"]])
    return edit["foot"] == foot and abs(frame - was[0]) < NEAR


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def reset(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> None:
    """Move all footfalls back to their unmoved times, for the next bake."""
    take.recipe = json.dumps({**takes.recipe_of(take), "footprints": []})
    if has_keys(take):
        add_keys(rig, take, unmoved(take))


def moved_lines(take: bpy.types.PropertyGroup) -> list[str]:
    """Return a line for each edited footprint of a take."""
    lines = []
    for edit in stored(take):
        to = edit.get("to", edit["at"])
        what = [f"to {to:.2f} s"] if abs(to - edit["at"]) > 1e-3 else []
        words = {"place": "moved", "yaw": "turned", "lift": "lifted", "delete": "deleted"}
        what += [word for key, word in words.items() if edit.get(key) not in (None, False)]
        what = ["added"] if edit.get("add") else what
        lines.append(f"{edit['foot']}  {edit['at']:.2f} s {', '.join(what)}")
    return lines
