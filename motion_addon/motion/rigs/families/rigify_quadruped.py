# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigify's four-legged metarigs, the rigs generated from them, and their deform bones alone.

The basic quadruped and the wolf share names; horse and cat have their own. Every metarig comes
in three forms: the metarig, ORG bones under the controls, and DEF bones.
"""

from collections.abc import Mapping
from typing import Final

from ...body.kinds import QUADRUPED
from .family import Family

_WOLF: Final[Mapping[str, tuple[str, ...]]] = {
    "hips": ("spine.004",),
    "spine": ("spine.005", "spine.006", "spine.007", "spine.008"),
    "neck": ("spine.009", "spine.010"),
    "head": ("spine.011",),
    "tail": ("spine.003", "spine.002", "spine.001", "spine"),
    "foreleg": (
        "shoulder.{s}",
        "front_thigh.{s}",
        "front_shin.{s}",
        "front_foot.{s}",
        "front_toe.{s}",
    ),
    "hindleg": ("thigh.{s}", "shin.{s}", "foot.{s}", "toe.{s}"),
}
_HORSE: Final[Mapping[str, tuple[str, ...]]] = {
    "hips": ("spine.001",),
    "spine": ("spine.002", "spine.003", "spine.004", "spine.005", "spine.006"),
    "neck": ("neck.001", "neck.002", "neck.003", "neck.004"),
    "head": ("head",),
    "tail": ("tail.001", "tail.002", "tail.003", "tail.004", "tail.005"),
    "foreleg": (
        "shoulder.{s}",
        "upper_arm.{s}",
        "forearm.{s}",
        "forefoot.{s}",
        "f_toe.{s}",
        "f_hoof.{s}",
    ),
    "hindleg": ("thigh.{s}", "lower_leg.{s}", "hind_foot.{s}", "r_toe.{s}", "r_hoof.{s}"),
}
_CAT: Final[Mapping[str, tuple[str, ...]]] = {
    "hips": ("spine",),
    "spine": ("spine.001", "spine.002", "spine.003"),
    "neck": ("spine.004", "spine.005"),
    "head": ("spine.006",),
    "tail": ("tail.001", "tail.002", "tail.003", "tail.004"),
    "foreleg": ("shoulder.{s}", "upper_arm.{s}", "forearm.{s}", "hand.{s}", "f_toe.{s}"),
    "hindleg": ("thigh.{s}", "shin.{s}", "foot.{s}", "r_toe.{s}"),
}
_ANIMALS: Final = (
    ("wolf", _WOLF, "front_thigh.L"),
    ("horse", _HORSE, "lower_leg.L"),
    ("cat", _CAT, "r_toe.L"),
)
"""Animal, its bones, and a bone that no other of Rigify's rigs has."""
_FORMS: Final = (
    ("rigify_quadruped", "Rigify quadruped", "ORG-"),
    ("rigify_quadruped_deform", "Rigify quadruped deform bones", "DEF-"),
    ("rigify_quadruped_meta", "Rigify quadruped metarig", ""),
)

RIGIFY_QUADRUPEDS: Final = tuple(
    Family(
        name=name,
        label=label,
        requires=(prefix + mark,),
        sides=("L", "R"),
        kind=QUADRUPED,
        roles={
            "root": ("root",),
            **{role: tuple(prefix + bone for bone in bones) for role, bones in roles.items()},
        },
    )
    for name, label, prefix in _FORMS
    for _, roles, mark in _ANIMALS
)
