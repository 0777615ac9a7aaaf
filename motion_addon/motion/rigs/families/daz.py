# SPDX-License-Identifier: GPL-3.0-or-later
"""Daz Genesis figures (3, 8 and 9) and Reallusion Character Creator characters."""

from typing import Final

from .family import Family

GENESIS8: Final = Family(
    name="daz_genesis8",
    label="Daz Genesis 3 / 8",
    requires=(
        "lShldrBend",
        "lShldr",
    ),
    sides=("l", "r"),
    roles={
        "hips": ("hip",),
        "spine": (
            "abdomenLower",
            "abdomenUpper",
            "abdomen",
            "abdomen2",
            "chestLower",
            "chestUpper",
            "chest",
        ),
        "neck": (
            "neckLower",
            "neckUpper",
            "neck",
        ),
        "head": ("head",),
        "shoulder": ("{s}Collar",),
        "upper_arm": (
            "{s}ShldrBend",
            "{s}Shldr",
        ),
        "forearm": (
            "{s}ForearmBend",
            "{s}ForeArm",
        ),
        "hand": ("{s}Hand",),
        "thigh": (
            "{s}ThighBend",
            "{s}Thigh",
        ),
        "shin": ("{s}Shin",),
        "foot": ("{s}Foot",),
        "toe": ("{s}Toe",),
    },
)

GENESIS9: Final = Family(
    name="daz_genesis9",
    label="Daz Genesis 9",
    requires=("l_upperarm",),
    sides=("l", "r"),
    roles={
        "hips": ("hip",),
        "spine": (
            "spine1",
            "spine2",
            "spine3",
            "spine4",
        ),
        "neck": (
            "neck1",
            "neck2",
        ),
        "head": ("head",),
        "shoulder": ("{s}_shoulder",),
        "upper_arm": ("{s}_upperarm",),
        "forearm": ("{s}_forearm",),
        "hand": ("{s}_hand",),
        "thigh": ("{s}_thigh",),
        "shin": ("{s}_shin",),
        "foot": ("{s}_foot",),
        "toe": ("{s}_toes",),
    },
)

CHARACTER_CREATOR: Final = Family(
    name="character_creator",
    label="Character Creator",
    prefix=r"CC_Base_",
    requires=("CC_Base_*",),
    sides=("L", "R"),
    roles={
        "root": ("BoneRoot",),
        "hips": ("Hip",),
        "spine": (
            "Waist",
            "Spine01",
            "Spine02",
        ),
        "neck": (
            "NeckTwist01",
            "NeckTwist02",
        ),
        "head": ("Head",),
        "shoulder": ("{s}_Clavicle",),
        "upper_arm": ("{s}_Upperarm",),
        "forearm": ("{s}_Forearm",),
        "hand": ("{s}_Hand",),
        "thigh": ("{s}_Thigh",),
        "shin": ("{s}_Calf",),
        "foot": ("{s}_Foot",),
        "toe": ("{s}_ToeBase",),
    },
)
