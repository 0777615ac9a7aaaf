# SPDX-License-Identifier: GPL-3.0-or-later
"""Constant keys that keep a take free of poses and animation that it would otherwise inherit.

A bone that the take turns may have been moved or scaled by hand, and the object may be moved by
an NLA strip. Channels at rest get no keys, so that an ordinary take holds no needless curves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import bpy
import numpy as np

from ...motion.body.body import Body
from ..scene import fcurves

_NEAR = 1e-4
"""Difference that does not count: factors of a scale, radians, shares of the leg's length."""


@dataclass(frozen=True)
class ConstantKeys:
    """One key for each channel of a property, on the first frame."""

    path: str
    """Data path from the object."""
    values: tuple[float, ...]
    group: str


@dataclass(frozen=True)
class Constants:
    """Constant keys of a plan, and what to say of them."""

    keys: tuple[ConstantKeys, ...]
    notes: tuple[str, ...]


class _Played:
    """Channels of an object that its action or an unmuted NLA strip animates."""

    def __init__(self, obj: bpy.types.Object) -> None:
        self._obj = obj

    @cached_property
    def _ranges(self) -> Mapping[str, list[tuple[int, float, float]]]:
        """Data path to index, least and greatest value of its curves."""
        found: dict[str, list[tuple[int, float, float]]] = {}
        for curve in fcurves.played(self._obj):
            values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
            curve.keyframe_points.foreach_get("co", values)
            ends = (-np.inf, np.inf)
            if len(values) and not len(curve.modifiers):
                ends = (float(values[1::2].min()), float(values[1::2].max()))
            found.setdefault(curve.data_path, []).append((curve.array_index, *ends))
        return found

    def leaves(self, path: str, rest: Iterable[float], near: float) -> bool:
        """Whether a property is animated to values other than ``rest``."""
        values = tuple(rest)
        return any(
            max(values[index] - low, high - values[index]) > near
            for index, low, high in self._ranges.get(path, ())
            if index < len(values)
        )


def constants(
    obj: bpy.types.Object, body: Body, located: Mapping[str, bool], travels: bool
) -> Constants:
    """Return the constant keys of a plan.

    Args:
        obj: the armature, in the state that the keys are planned against.
        body: its body.
        located: the bones that the plan turns, and whether it moves them, too.
        travels: whether the plan keys the object's location and rotation.
    """
    played = _Played(obj)
    near = _NEAR * body.leg_length / body.rig.scale
    keys, names = [], []
    for name, moved in located.items():
        own = list(_bone_keys(obj, played, name, moved, near))
        keys += own
        names += [name] if own else []
    held = list(_object_keys(obj, played, travels, near))
    return Constants((*keys, *held), (*_bone_notes(names), *_object_notes(obj, held, travels)))


def _bone_keys(
    obj: bpy.types.Object, played: _Played, name: str, moved: bool, near: float
) -> Iterator[ConstantKeys]:
    """Yield location and scale at rest for a bone that has others, by hand or by animation."""
    assert obj.pose is not None
    bone = obj.pose.bones[name]
    stem = fcurves.bone_path(name)
    fixed = bone.bone.use_connect and bone.parent is not None
    rest = [("scale", bone.scale, (1.0, 1.0, 1.0), _NEAR)]
    if not moved and not fixed:
        rest.append(("location", bone.location, (0.0, 0.0, 0.0), near))
    for channel, now, still, close in rest:
        off = float(np.abs(np.array(now) - still).max()) > close
        if off or played.leaves(f"{stem}.{channel}", still, close):
            yield ConstantKeys(f"{stem}.{channel}", still, name)


def _object_keys(
    obj: bpy.types.Object, played: _Played, travels: bool, near: float
) -> Iterator[ConstantKeys]:
    """Yield the object's present transform if its action or the NLA would change it."""
    turn = fcurves.rotation_property(obj.rotation_mode)
    paths = ["scale", "delta_location", "delta_scale"]
    paths += [f"delta_{turn}"] if hasattr(obj, f"delta_{turn}") else []
    paths += [] if travels else ["location", turn]
    for path in paths:
        values = tuple(float(value) for value in getattr(obj, path))
        if played.leaves(path, values, near if path.endswith("location") else _NEAR):
            yield ConstantKeys(path, values, fcurves.OBJECT)


def _bone_notes(names: list[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        listed = ", ".join(f'"{name}"' for name in names[:3])
        yield f"The take keys location and scale at rest on {listed}{more}."


def _object_notes(obj: bpy.types.Object, held: list[ConstantKeys], travels: bool) -> Iterator[str]:
    if held and not travels:
        yield f'The take holds the object "{obj.name}" in its place against its own animation.'
