# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the settings that differ between kinds of body: one table, by the kind's name.

A new kind of body adds a row here, and its choices to ``options.choices``. All other differences
between kinds are fields of ``motion.body.kinds``, which are not imported while the add-on loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import bpy

from ...options.choices import ANIMAL_STYLES, STYLES
from ...options.kinds import ANIMAL, PERSON
from ...options.option import Choices, options_of
from ...options.take import TakeOptions


@dataclass(frozen=True)
class KindSettings:
    """Names of the properties that one kind of body uses."""

    kind: str
    """Name of the kind."""
    gait: str
    """Property of the scene's settings that holds the gait."""
    style: str
    """Property of a row of the style mix that holds the style."""
    styles: Choices
    """Styles that this property offers."""

    def has(self, option: str) -> bool:
        """Whether the kind of body has an option of a take."""
        return options_of(TakeOptions)[option].serves(self.kind)


_PEOPLE: Final = KindSettings(PERSON, "gait", "style", STYLES)
_ANIMALS: Final = KindSettings(ANIMAL, "animal_gait", "animal_style", ANIMAL_STYLES)
KIND_SETTINGS: Final[Mapping[str, KindSettings]] = {row.kind: row for row in (_PEOPLE, _ANIMALS)}


def settings_of(rig: bpy.types.Object | None) -> KindSettings:
    """Return the properties for a character's kind of body; without a character, for people."""
    return _PEOPLE if rig is None else KIND_SETTINGS[rig.footfall.kind]
