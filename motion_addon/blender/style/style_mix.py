# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles of a bake: between the scene's settings, a recipe and what the motion core is asked for.

An action of the character is read as the armature plays it, so that control rigs serve as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ...options.choices import ANIMAL_STYLES, STYLES
from ..rig import character
from . import style_keys

if TYPE_CHECKING:
    from ...motion.bake.request import BakeRequest
    from ..keys.recipe import Recipe

MOST = 4
"""Styles that can be mixed."""
OWN = "action"
"""The choice that takes the style of an action."""


def style_of(animal: bool) -> str:
    """Return which setting of a row names its style, of an animal or of a person."""
    return "animal_style" if animal else "style"


def from_settings(
    settings: bpy.types.PropertyGroup, animal: bool = False
) -> tuple[dict[str, Any], ...]:
    """Return the styles of the settings as a recipe keeps them.

    A keyed strength is read on each frame between its first key and its last.
    """
    out = []
    for index, one in enumerate(settings.styles.mix):
        entry: dict[str, Any] = {
            "strength": style_keys.strength(settings.id_data, index, one.strength)
        }
        name = getattr(one, style_of(animal))
        if name == OWN:
            entry["action"] = one.action.name if one.action else ""
        else:
            entry["name"] = name
        out.append(entry)
    return tuple(out)


def to_settings(
    scene: bpy.types.Scene, styles: tuple[dict[str, Any], ...], animal: bool = False
) -> None:
    """Put the styles of a recipe back into the settings, with keys where strengths had some."""
    mix = scene.footfall.styles.mix
    style_keys.clear(scene, range(len(styles), len(mix)))
    mix.clear()
    for index, entry in enumerate(styles):
        one = mix.add()
        setattr(one, style_of(animal), entry.get("name", OWN))
        one.action = bpy.data.actions.get(entry.get("action", ""))
        style_keys.put(scene, index, entry.get("strength", 1.0))


def check(recipe: Recipe) -> None:
    """Raise RefusedError where the styles of a recipe cannot be shown in the settings."""

    known = {name for name, *_ in (ANIMAL_STYLES if recipe.model == "quadruped" else STYLES)}
    for one in _checked(recipe.styles):
        if one.get("name", OWN) not in known:
            raise RefusedError(f"There is no style '{one['name']}' any more")


def with_styles(
    asked: BakeRequest, recipe: Recipe, scene: bpy.types.Scene, rate: float
) -> BakeRequest:
    """Return a request with the styles of a recipe; reads the actions among them.

    Raises RefusedError and RefusedError, each one plain sentence.
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
    """Return the style of an action of a character; raises RefusedError."""
    from ...motion.retarget import rig_clip
    from ...motion.style import example, model
    from ..creature import exemplar
    from ..scene.units import frame_rate, meters_per_unit

    action: bpy.types.Action | None = bpy.data.actions.get(name)
    if action is None or rig is None:
        raise RefusedError("Pick the action whose style is wanted" if not name else
                          f"There is no action '{name}' to take a style from")  # fmt: skip
    if not exemplar.moves(rig, action):
        raise RefusedError(f"'{name}' has no keys on bones of '{rig.name}'")
    if rig.footfall.kind == "quadruped":
        read = exemplar.played_by_animal(rig, action, scene)
        parts = read.rig, read.rotations, read.positions, read.fps, read.rig_map
        code = example.of_animal(model.load_styler("quadruped"), *parts)
    else:
        turns, heads, bones = exemplar.played(rig, action, scene)
        clip = rig_clip.clip_of(bones, character.load_map(rig), turns, heads, frame_rate(scene))
        person = model.load_styler("biped")
        code = example.example(person, clip.scaled(meters_per_unit(scene)))
    return [float(v) for v in code]
