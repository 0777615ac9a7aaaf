# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of bones: the parts of a rig to which a bone map gives bones, of people and of animals."""

from dataclasses import dataclass
from typing import Final

SIDES: Final = ("L", "R")
LEAST_LEG_BONES: Final = 2
"""Fewest bones of a role that holds a whole leg."""


@dataclass(frozen=True)
class Roles:
    """The roles of a kind of body."""

    every: tuple[str, ...]
    """Every role, in the order a panel shows them. ``spine`` runs from above the hips to the chest,
    or to the bone that carries the forelegs; ``tail`` to its tip."""
    chains: tuple[str, ...]
    """Roles that may hold several bones, from the hips outwards."""
    required: tuple[str, ...]
    """Without these a body of this kind cannot walk."""
    whole_legs: tuple[str, ...] = ()
    """Roles that hold a whole leg, from its top (scapula or femur) to the paw."""


def _sided(*roles: str) -> tuple[str, ...]:
    return tuple(f"{role}.{side}" for side in SIDES for role in roles)


_ARM = ("shoulder", "upper_arm", "forearm", "hand")
_LEG = ("thigh", "shin", "foot")
SIDED_ROLES: Final = (*_ARM, *_LEG, "toe", "foreleg", "hindleg")
"""Roles of any kind that exist on both sides, without the side."""
PERSON_ROLES: Final = Roles(
    ("root", "hips", "spine", "neck", "head", *_sided(*_ARM, *_LEG, "toe")),
    ("spine", "neck"),
    ("hips", *_sided(*_LEG)),
)
_QUADRUPED_LEGS = _sided("foreleg", "hindleg")
QUADRUPED_ROLES: Final = Roles(
    ("root", "hips", "spine", "neck", "head", "tail", *_QUADRUPED_LEGS),
    ("spine", "neck", "tail", *_QUADRUPED_LEGS),
    ("hips", *_QUADRUPED_LEGS),
    _QUADRUPED_LEGS,
)
