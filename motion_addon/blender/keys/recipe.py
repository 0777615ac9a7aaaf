# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe: all that is needed to bake a take again, as plain JSON values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import RefusedError
from ...files.reading import parsed
from ...options import checks
from ...options.option import options_of, read_all, write_all
from ...options.take import TakeOptions

if TYPE_CHECKING:
    import bpy


@dataclass(frozen=True, kw_only=True)
class Recipe(TakeOptions):
    """How one take is baked; objects are named, never pointed at."""

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values."""
        return write_all(self)

    @staticmethod
    def from_json(values: Any) -> Recipe:
        """Return the recipe of plain JSON values. Raises RefusedError."""
        unknown = sorted(set(values) - set(options_of(Recipe))) if isinstance(values, dict) else []
        if unknown:
            raise RefusedError(
                f"The recipe has no key {checks.shown(unknown[0])}, or a newer Footfall made it;"
                " correct the key, update Footfall, or bake anew"
            )
        return Recipe(**read_all(Recipe, values, "recipe"))


def plain(text: str) -> dict[str, Any]:
    """Return the plain values of a take's stored recipe. Raises RefusedError if it is damaged."""
    try:
        values = parsed(text or "{}", "The recipe")
    except RefusedError as error:
        raise RefusedError("The stored recipe of this take is damaged; bake anew") from error
    if not isinstance(values, dict):
        raise RefusedError("The stored recipe of this take is damaged; bake anew")
    return values


def stored(take: bpy.types.PropertyGroup) -> Recipe:
    """Return the recipe of a take. Raises RefusedError if it is damaged or of a newer version."""
    return Recipe.from_json(plain(take.recipe))


def named(recipe: Recipe, take: str) -> Recipe:
    """Return the recipe with the name of its take."""
    return replace(recipe, take=take)
