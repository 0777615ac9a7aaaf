# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe: all that is needed to bake a take again, as plain JSON values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...options.option import read_all, write_all
from ...options.take import TakeOptions


@dataclass(frozen=True, kw_only=True)
class Recipe(TakeOptions):
    """How one take is baked; objects are named, never pointed at."""

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values."""
        return write_all(self)

    @staticmethod
    def from_json(values: Any) -> Recipe:
        """Return the recipe of plain JSON values. Raises RefusedError."""
        return Recipe(**read_all(Recipe, values, "recipe"))


def named(recipe: Recipe, take: str) -> Recipe:
    """Return the recipe with the name of its take."""
    return replace(recipe, take=take)
