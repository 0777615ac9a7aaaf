# SPDX-License-Identifier: GPL-3.0-or-later
"""A take's two layers: the keys as they were baked, and the artist's edits on top of them.

``settled`` ends the making of a take's action: it stores the base and lays the edits of the take
before on it. Clear Edits keeps the base alone, Merge Down forgets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy

from .. import takes

if TYPE_CHECKING:
    from ....motion.rigs import RigMap

CONTROL = 0.15
"""Distance of a control from a foot, in lengths of the leg, within which it follows its stances."""


@dataclass(frozen=True, eq=False)
class Baked:
    """An action with the recipe and the report card of its take."""

    action: bpy.types.Action
    recipe: dict[str, Any]
    report: dict[str, Any]

    @staticmethod
    def of(take: bpy.types.PropertyGroup | None) -> Baked | None:
        """Return a take's action with recipe and report; None without an action."""
        if take is None or take.action is None:
            return None
        return Baked(take.action, takes.recipe_of(take), takes.report_of(take))


def settled(rig: bpy.types.Object, rig_map: RigMap, old: Baked | None, new: Baked) -> bool:
    """Store the keys of a new action as its base, and lay the edits of the old take on them.

    Returns whether there were edits.
    """
    from ...scene import fcurves
    from . import edited_keys, edits, stored_keys

    action = new.action
    stored = stored_keys.read(fcurves.found_bag(rig, action))
    action.footfall.base, action.footfall.laid = stored_keys.packed(stored), b""
    if old is None or not old.action.footfall.base:
        return False
    layer = edits.read(rig, old.action, old.recipe, old.report, lambda: legs_of(rig, rig_map))
    times = edits.timing(stored, new.recipe, new.report, layer.timing.legs)
    if layer:
        edited_keys.lay(rig, action, stored, layer, times)
    edited_keys.copy_extras(old.action, action, rig, (layer.timing, times))
    return bool(layer)


def remarks(old: Baked | None, name: str) -> list[str]:
    """Return a note if the take ``name``, which is written anew, was baked without a base."""
    if old is None or not name or old.action.footfall.base:
        return []
    return [
        f"An older Footfall baked '{name}', so its edits could not be kept; its action"
        f" '{old.action.name}' stays in the file."
    ]


def legs_of(rig: bpy.types.Object, rig_map: RigMap) -> dict[str, str]:
    """Return the leg of each bone that moves with one: its bones, and controls beside its foot."""
    import numpy as np

    from ....motion.rigs.measure import measure
    from ...rig import control_rigs
    from ...scene import armature

    bones = armature.read_rig(rig)
    body = measure(bones, control_rigs.prepare(bones, rig_map))
    found = {bones.names[b]: leg.joints.name for leg in body.legs for b in leg.bones}
    feet = [(leg, bones.rest_heads[list(leg.bones[leg.bent :] or (leg.end,))]) for leg in body.legs]
    for number, name in enumerate(bones.names):
        if name in found:
            continue
        for leg, heads in feet:
            away = np.linalg.norm(heads - bones.rest_heads[number], axis=1).min()
            if away < CONTROL * body.leg_length:
                found[name] = leg.joints.name
    return found


def clear(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> int:
    """Remove the edits of a take from its action; returns the number of their keys."""
    from ...scene import fcurves
    from . import edits, stored_keys

    action = takes.own_action(rig, take)
    count, base = edits.count(rig, action), stored_keys.unpacked(action.footfall.base)
    bag = fcurves.found_bag(rig, action)
    for curve in [c for c in bag.fcurves if not edits.is_footfall(c.data_path)]:
        if (curve.data_path, curve.array_index) not in base:
            bag.fcurves.remove(curve)
    for (path, index), keys in base.items():
        if not edits.is_footfall(path):
            stored_keys.write(fcurves.emptied(bag, path, index, edits.group_of(path)), keys)
    action.footfall.laid = b""
    action.update_tag()
    rig.update_tag()
    return count


def merge(rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> int:
    """Make a take a plain action of the artist's, edits included; returns the number of their keys.

    Baking it again makes another take.
    """
    from . import edits

    action = takes.own_action(rig, take)
    count = edits.count(rig, action)
    action.footfall.base, action.footfall.laid = b"", b""
    take.accepted = True
    return count
