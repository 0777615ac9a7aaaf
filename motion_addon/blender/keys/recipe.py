# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe: all that is needed to bake a take again, as plain JSON values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ...errors import RefusedError
from ...files.reading import parsed
from ...options import checks
from ...options.option import options_of, read_all, renamed, write_all
from ...options.take import TakeOptions

if TYPE_CHECKING:
    import bpy

DAMAGED: Final = "damaged"
"""Key of a recipe whose stored text cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Recipe(TakeOptions):
    """How one take is baked; objects are named, never pointed at."""

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values."""
        return write_all(self)

    @staticmethod
    def from_json(values: Any) -> Recipe:
        """Return the recipe of plain JSON values. Raises RefusedError."""
        if isinstance(values, dict) and DAMAGED in values:
            raise RefusedError("The stored recipe of this take is damaged; bake a new take")
        values = renamed(Recipe, values) if isinstance(values, dict) else values
        unknown = sorted(set(values) - set(options_of(Recipe))) if isinstance(values, dict) else []
        if unknown:
            raise RefusedError(
                f"The recipe has no key {checks.shown(unknown[0])}, or a newer Footfall made it;"
                " correct the key, update Footfall, or bake anew"
            )
        return Recipe(**read_all(Recipe, values, "recipe"))


def plain(text: str) -> dict[str, Any]:
    """Return the plain values of a take's stored recipe, also for panels, which cannot refuse.

    Of damaged text they hold only ``DAMAGED``, which ``Recipe.from_json`` refuses.
    """
    try:
        values = parsed(text or "{}", "The recipe")
    except RefusedError:
        return {DAMAGED: True}
    return renamed(Recipe, values) if isinstance(values, dict) else {DAMAGED: True}


def stored(take: bpy.types.PropertyGroup) -> Recipe:
    """Return the recipe of a take. Raises RefusedError if it is damaged or of a newer version."""
    return Recipe.from_json(plain(take.recipe))


def named(recipe: Recipe, take: str) -> Recipe:
    """Return the recipe with the name of its take."""
    return replace(recipe, take=take)
