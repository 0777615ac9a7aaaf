# SPDX-License-Identifier: GPL-3.0-or-later
"""Quaternius and Mesh2Motion characters, as they ship in CC0 glTF files."""

from typing import Final

from .family import Family

MESH2MOTION: Final = Family(
    name="mesh2motion",
    label="Mesh2Motion / Quaternius",
    requires=("DEF-hips",),
    sides=("L", "R"),
    roles={
        "root": ("root",),
        "hips": ("DEF-hips",),
        "spine": ("DEF-spine.001", "DEF-spine.002", "DEF-spine.003"),
        "neck": ("DEF-neck",),
        "head": ("DEF-head",),
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

QUATERNIUS: Final = Family(
    name="quaternius",
    label="Quaternius",
    requires=("UpperLeg.L",),
    sides=("L", "R"),
    roles={
        "root": ("root", "Bone"),
        "hips": ("Hips", "Body"),
        "spine": ("Abdomen", "Torso", "Chest"),
        "neck": ("Neck",),
        "head": ("Head",),
        "shoulder": ("Shoulder.{s}",),
        "upper_arm": ("UpperArm.{s}",),
        "forearm": ("LowerArm.{s}",),
        "hand": ("Palm.{s}", "Wrist.{s}", "Fist.{s}", "Hand.{s}"),
        "thigh": ("UpperLeg.{s}",),
        "shin": ("LowerLeg.{s}",),
        "foot": ("Foot.{s}",),
        "toe": ("Toe.{s}", "Toes.{s}"),
    },
)
