# SPDX-License-Identifier: GPL-3.0-or-later
"""The mix of styles of a take: from the scene's settings to its recipe and request, and back.

The style of an action is read from the pose that the armature plays, so control rigs work too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ..rig import character
from ..scene.kind_settings import KIND_SETTINGS
from . import style_keys

if TYPE_CHECKING:
    from ...motion.bake.request import BakeRequest
    from ..keys.recipe import Recipe

FROM_ACTION = "action"
"""Choice of the style of an action."""


def from_settings(settings: bpy.types.PropertyGroup, kind: str) -> tuple[dict[str, Any], ...]:
    """Return the styles of the settings in the form of a recipe, for a kind of body.

    A keyed strength is read on each frame from its first key to its last.
    """
    out = []
    for index, one in enumerate(settings.styles.mix):
        entry: dict[str, Any] = {
            "strength": style_keys.strength(settings.id_data, index, one.strength)
        }
        name = getattr(one, KIND_SETTINGS[kind].style)
        if name == FROM_ACTION:
            entry["action"] = one.action.name if one.action else ""
        else:
            entry["name"] = name
        out.append(entry)
    return tuple(out)


def to_settings(scene: bpy.types.Scene, styles: tuple[dict[str, Any], ...], kind: str) -> None:
    """Set the settings to the styles of a recipe, with keys for keyed strengths."""
    mix = scene.footfall.styles.mix
    style_keys.clear(scene, range(len(styles), len(mix)))
    mix.clear()
    for index, entry in enumerate(styles):
        one = mix.add()
        setattr(one, KIND_SETTINGS[kind].style, entry.get("name", FROM_ACTION))
        one.action = bpy.data.actions.get(entry.get("action", ""))
        style_keys.put(scene, index, entry.get("strength", 1.0))


def check(recipe: Recipe) -> None:
    """Raise RefusedError if the settings do not know the model or a style of the recipe."""
    if recipe.model not in KIND_SETTINGS:
        raise RefusedError(f"There are no settings for the model '{recipe.model}'")
    known = {name for name, *_ in KIND_SETTINGS[recipe.model].styles}
    for one in _checked(recipe.styles):
        if one.get("name", FROM_ACTION) not in known:
            raise RefusedError(f"There is no style '{one['name']}'; choose another and bake again")


def with_styles(
    asked: BakeRequest, recipe: Recipe, scene: bpy.types.Scene, rate: float
) -> BakeRequest:
    """Return a request with the styles of a recipe, of which those of actions are read now.

    Raises RefusedError.
    """
    from ...motion.style.request import checked_styles

    if not recipe.styles:
        return asked
    entries = []
    for style in _checked(recipe.styles):
        entry = {key: value for key, value in style.items() if key != "action"}
        if isinstance(style.get("strength"), list | tuple):
            first = recipe.frame_start
            entry["strength"] = [[(f - first) / rate, value] for f, value in style["strength"]]
        if "action" in style:
            entry["embedding"] = action_style(
                scene.objects.get(recipe.character), scene, style["action"]
            )
        entries.append(entry)
    return replace(asked, style=checked_styles(entries))


def _checked(styles: tuple[Any, ...]) -> tuple[dict[str, Any], ...]:

    for one in styles:
        keys = set(one) if isinstance(one, dict) else {None}
        if not keys <= {"name", "action", "clip", "embedding", "strength"}:
            raise RefusedError('The recipe\'s \'styles\' must hold {"name", "strength"}')
    return styles


def action_style(rig: bpy.types.Object | None, scene: bpy.types.Scene, name: str) -> list[float]:
    """Return the style code of an action of a character. Raises RefusedError."""
    from ...motion.retarget import rig_clip
    from ...motion.style import example, model
    from ..creature import exemplar
    from ..scene.units import frame_rate, meters_per_unit

    action: bpy.types.Action | None = bpy.data.actions.get(name)
    if action is None or rig is None:
        raise RefusedError("Pick the action to take the style from" if not name else
                          f"There is no action '{name}' to take a style from")  # fmt: skip
    if not exemplar.moves(rig, action):
        raise RefusedError(f"'{name}' has no keys on bones of '{rig.name}'")
    if character.has_creatures(rig):
        read = exemplar.played_by_animal(rig, action, scene)
        parts = read.rig, read.rotations, read.positions, read.fps, read.rig_map
        code = example.of_animal(model.load_styler(rig.footfall.kind), *parts)
    else:
        turns, heads, bones = exemplar.played(rig, action, scene)
        clip = rig_clip.clip_of(bones, character.load_map(rig), turns, heads, frame_rate(scene))
        person = model.load_styler(rig.footfall.kind)
        code = example.example(person, clip.scaled(meters_per_unit(scene)))
    return [float(v) for v in code]
