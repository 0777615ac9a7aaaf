# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfalls as keys in the Dope Sheet: owns laying them into a take and reading them back.

Each paw has a channel in the take's action, a custom property of the armature object. A stand is
two keys of its own number, at its touchdown and its lift-off, so that the Dope Sheet draws a bar
between them. Keys that an artist has dragged become moved footfalls when the take is baked again.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...errors import RefusedError
from . import state, takes

PAWS = ("LH", "LF", "RH", "RF")
GROUP = "Footfalls"
DRAGGED = 0.25  # of a frame, over which a key is somewhere else
NEAR = 1.5  # frames within which a touchdown is the one that is meant

Stands = dict[str, list[tuple[float, float]]]
"""Of each paw the first frame on the ground and in the air, as scene frames."""


def name(paw: str) -> str:
    """Return the property that a paw's keys are on."""
    return state.CHANNEL + paw


def possible(take: bpy.types.PropertyGroup) -> bool:
    """Whether a take has footfalls that can be moved: those of an animal on a path."""
    recipe = takes.recipe_of(take)
    feet = takes.report_of(take).get("footfalls", {})
    return set(PAWS) <= set(feet) and not recipe.get("cycle", False)


def offered(take: bpy.types.PropertyGroup) -> bool:
    """Whether the take's action has the footfalls as keys."""
    return bool(_curves(take))


def _curves(take: bpy.types.PropertyGroup) -> dict[str, bpy.types.FCurve]:
    paths = {f'["{name(paw)}"]': paw for paw in PAWS}
    curves = takes.curves(take.action) if take.action is not None else []
    return {paths[c.data_path]: c for c in curves if c.data_path in paths}


def baked(take: bpy.types.PropertyGroup) -> Stands:
    """Return the footfalls of a take as they were baked."""
    report = takes.report_of(take)
    return {
        paw: [_frames(take, stand) for stand in report["footfalls"].get(paw, ())] for paw in PAWS
    }


def unmoved(take: bpy.types.PropertyGroup) -> Stands:
    """Return where each footfall of a take is without moved ones."""
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


def _frames(take: bpy.types.PropertyGroup, stand: list[float]) -> tuple[float, float]:
    """Return scene frames of seconds in the take."""
    fps, first = takes.report_of(take)["fps"], takes.recipe_of(take).get("frame_start", 1)
    start, stop = (float(round(second * fps) + first) for second in stand)
    return start, stop


def offer(
    rig: bpy.types.Object, take: bpy.types.PropertyGroup, stands: Stands | None = None
) -> None:
    """Lay the footfalls of a take, or others in their place, into its action as keys."""
    import numpy as np

    from ..scene import fcurves

    plain, shown = unmoved(take), stands or baked(take)
    before = () if stands else takes.report_of(take).get("footfalls_moved", ())
    slot = fcurves.slot_for(rig, take.action)
    writer = fcurves.Writer(fcurves.channelbag(take.action, slot))
    usual, special = fcurves.KEY_TYPES["KEYFRAME"], fcurves.KEY_TYPES["EXTREME"]
    for paw in PAWS:
        _add_property(rig, paw)
        frames: list[float] = []
        values: list[int] = []
        types: list[int] = []
        for number, stand in enumerate(shown[paw], start=1):
            was = plain[paw][number - 1]
            frames += stand
            values += [number, number]
            types += [special if any(_is_of(take, e, paw, was) for e in before) else usual] * 2
        keys = [np.array(column, dtype=np.float64) for column in (frames, values, types)]
        writer.steps(f'["{name(paw)}"]', keys[0], keys[1], GROUP, keys[2])
    rig.update_tag()
    take.action.update_tag()


def _add_property(rig: bpy.types.Object, paw: str) -> None:
    if rig.get(name(paw)) is None:
        rig[name(paw)] = 0
        text = f"Number of the footfall of {paw}; its keys are the touchdown and the lift-off"
        rig.id_properties_ui(name(paw)).update(min=0, max=100_000, description=text)


def withdraw(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> None:
    """Take the keys of footfalls out of a take again."""
    for layer in take.action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                for curve in [c for c in bag.fcurves if c in _curves(take).values()]:
                    bag.fcurves.remove(curve)
                group = bag.groups.get(GROUP)
                if group is not None and not len(group.channels):
                    bag.groups.remove(group)
    tidy(rig)


def tidy(rig: bpy.types.Object) -> None:
    """Remove the properties of footfalls if no take of the character has keys on them."""
    if any(offered(take) for take in rig.footfall.takes):
        return
    for paw in PAWS:
        if rig.get(name(paw)) is not None:
            del rig[name(paw)]


def keyed(take: bpy.types.PropertyGroup) -> Stands:
    """Return the footfalls of a take as their keys have them. Raises RefusedError."""
    curves, found = _curves(take), {}
    for paw, stands in baked(take).items():
        if paw not in curves:
            raise RefusedError(f"The keys of {paw} are gone; undo that, or switch Footfalls off")
        found[paw] = _read(curves[paw], paw, len(stands))
    return found


def _read(curve: bpy.types.FCurve, paw: str, count: int) -> list[tuple[float, float]]:
    frames: dict[int, list[float]] = {}
    for key in curve.keyframe_points:
        frames.setdefault(round(key.co[1]), []).append(float(key.co[0]))
    if sorted(frames) != list(range(1, count + 1)) or any(len(f) != 2 for f in frames.values()):
        raise RefusedError(
            f"Each footfall of {paw} needs its two keys; some were added, deleted or dragged onto"
            " others: undo that, or press Clear Footfalls"
        )
    stands = [(min(pair), max(pair)) for _, pair in sorted(frames.items())]
    ends = [frame for stand in stands for frame in stand]
    if ends != sorted(ends):
        raise RefusedError(f"Footfalls of {paw} were dragged past each other; move them apart")
    return stands


def edits(take: bpy.types.PropertyGroup) -> tuple[dict[str, Any], ...]:
    """Return the moved footfalls to bake a take again with: those before, and what was dragged.

    Those before are optional, since path or speed may have changed. Raises RefusedError.
    """
    before = takes.recipe_of(take).get("footfalls") or ()
    if not possible(take):
        return ()
    if not offered(take):
        return tuple({**edit, "optional": True} for edit in before)
    plain, shown, now = unmoved(take), baked(take), keyed(take)
    out: list[dict[str, Any]] = []
    for paw in PAWS:
        for was, baked_at, stand in zip(plain[paw], shown[paw], now[paw], strict=True):
            if _apart(stand, baked_at) > DRAGGED and _apart(stand, was) > DRAGGED:
                out.append(_edit(take, paw, was, stand))
            elif _apart(stand, baked_at) <= DRAGGED:
                out += [{**e, "optional": True} for e in before if _is_of(take, e, paw, was)]
    return tuple(out)


def _is_of(
    take: bpy.types.PropertyGroup, edit: dict[str, Any], paw: str, was: tuple[float, float]
) -> bool:
    """Whether a moved footfall is the one of a paw that is unmoved at scene frames `was`."""
    frame, _ = _frames(take, [edit["at"], edit["at"]])
    return edit["paw"] == paw and abs(frame - was[0]) < NEAR


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _edit(
    take: bpy.types.PropertyGroup, paw: str, was: tuple[float, float], stand: tuple[float, float]
) -> dict[str, Any]:
    """Return the edit that moves a stand; one that is as long as before keeps its length."""
    fps, first = takes.report_of(take)["fps"], takes.recipe_of(take).get("frame_start", 1)
    at, to, lift = (round((frame - first) / fps, 4) for frame in (was[0], *stand))
    whole = abs((stand[1] - stand[0]) - (was[1] - was[0])) < 0.5
    return {"paw": paw, "at": at, "to": to, "lift": None if whole else lift, "optional": False}


def put_back(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> None:
    """Lay all footfalls back to where they are unmoved, for the next bake."""
    recipe = takes.recipe_of(take)
    takes.update(take, take.action, {**recipe, "footfalls": []}, takes.report_of(take))
    if offered(take):
        offer(rig, take, unmoved(take))


def moved(take: bpy.types.PropertyGroup) -> list[str]:
    """Return a line for each moved footfall of a take."""
    lines = []
    for edit in takes.report_of(take).get("footfalls_moved", ()):
        to = edit["at"] if edit["to"] is None else edit["to"]
        lines.append(f"{edit['paw']}  {edit['at']:.2f} s to {to:.2f} s")
    return lines
