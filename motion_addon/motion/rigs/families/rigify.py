# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigify: the metarig, the generated rig (by its ORG bones), and deform bones alone."""

from typing import Final

from .family import Family

RIGIFY: Final = Family(
    name="rigify",
    label="Rigify",
    requires=("ORG-spine",),
    sides=("L", "R"),
    numbered_spine=True,
    roles={
        "root": ("root",),
        "hips": ("ORG-spine",),
        "spine": (
            "ORG-spine.001",
            "ORG-spine.002",
            "ORG-spine.003",
        ),
        "neck": (
            "ORG-spine.004",
            "ORG-spine.005",
        ),
        "head": (
            "ORG-spine.006",
            "ORG-face",
        ),
        "shoulder": ("ORG-shoulder.{s}",),
        "upper_arm": ("ORG-upper_arm.{s}",),
        "forearm": ("ORG-forearm.{s}",),
        "hand": ("ORG-hand.{s}",),
        "thigh": ("ORG-thigh.{s}",),
        "shin": ("ORG-shin.{s}",),
        "foot": ("ORG-foot.{s}",),
        "toe": ("ORG-toe.{s}",),
    },
)

RIGIFY_META: Final = Family(
    name="rigify_meta",
    label="Rigify metarig",
    requires=("spine.001",),
    sides=("L", "R"),
    numbered_spine=True,
    roles={
        "root": ("root",),
        "hips": ("spine",),
        "spine": (
            "spine.001",
            "spine.002",
            "spine.003",
        ),
        "neck": (
            "spine.004",
            "spine.005",
        ),
        "head": ("spine.006",),
        "shoulder": ("shoulder.{s}",),
        "upper_arm": ("upper_arm.{s}",),
        "forearm": ("forearm.{s}",),
        "hand": ("hand.{s}",),
        "thigh": ("thigh.{s}",),
        "shin": ("shin.{s}",),
        "foot": ("foot.{s}",),
        "toe": ("toe.{s}",),
    },
)

RIGIFY_DEFORM: Final = Family(
    name="rigify_deform",
    label="Rigify deform bones",
    requires=("DEF-spine",),
    sides=("L", "R"),
    numbered_spine=True,
    roles={
        "root": ("root",),
        "hips": ("DEF-spine",),
        "spine": (
            "DEF-spine.001",
            "DEF-spine.002",
            "DEF-spine.003",
        ),
        "neck": (
            "DEF-spine.004",
            "DEF-spine.005",
        ),
        "head": ("DEF-spine.006",),
        "shoulder": ("DEF-shoulder.{s}",),
        "upper_arm": ("DEF-upper_arm.{s}",),
        "forearm": ("DEF-forearm.{s}",),
        "hand": ("DEF-hand.{s}",),
        "thigh": ("DEF-thigh.{s}",),
        "shin": ("DEF-shin.{s}",),
        "foot": ("DEF-foot.{s}",),
        "toe": ("DEF-toe.{s}",),
    },
)
