# SPDX-License-Identifier: GPL-3.0-or-later
"""VRM and VRoid avatars, and the humanoid names of Unity and VRChat."""

from typing import Final

from .family import Family

VROID: Final = Family(
    name="vrm",
    label="VRM / VRoid",
    prefix=r"J_Bip_",
    requires=("J_Bip_*",),
    sides=("L", "R"),
    roles={
        "root": ("Root",),
        "hips": ("C_Hips",),
        "spine": (
            "C_Spine",
            "C_Chest",
            "C_UpperChest",
        ),
        "neck": ("C_Neck",),
        "head": ("C_Head",),
        "shoulder": ("{s}_Shoulder",),
        "upper_arm": ("{s}_UpperArm",),
        "forearm": ("{s}_LowerArm",),
        "hand": ("{s}_Hand",),
        "thigh": ("{s}_UpperLeg",),
        "shin": ("{s}_LowerLeg",),
        "foot": ("{s}_Foot",),
        "toe": ("{s}_ToeBase",),
    },
)

UNITY: Final = Family(
    name="unity",
    label="Unity / VRM humanoid",
    requires=(
        "LeftUpperLeg",
        "UpperLeg.L",
        "UpperLeg_L",
    ),
    sides=("Left", "Right"),
    roles={
        "root": (
            "Root",
            "Armature",
        ),
        "hips": ("Hips",),
        "spine": (
            "Spine",
            "Chest",
            "UpperChest",
        ),
        "neck": ("Neck",),
        "head": ("Head",),
        "shoulder": ("{s}Shoulder",),
        "upper_arm": ("{s}UpperArm",),
        "forearm": ("{s}LowerArm",),
        "hand": ("{s}Hand",),
        "thigh": ("{s}UpperLeg",),
        "shin": ("{s}LowerLeg",),
        "foot": ("{s}Foot",),
        "toe": (
            "{s}Toes",
            "{s}ToeBase",
            "{s}Toe",
        ),
    },
)

VRCHAT: Final = Family(
    name="vrchat",
    label="VRChat avatar",
    requires=("Left_knee",),
    sides=("Left", "Right"),
    roles={
        "root": ("Root",),
        "hips": ("Hips",),
        "spine": (
            "Spine",
            "Chest",
            "Upper_Chest",
        ),
        "neck": ("Neck",),
        "head": ("Head",),
        "shoulder": ("{s}_shoulder",),
        "upper_arm": ("{s}_arm",),
        "forearm": ("{s}_elbow",),
        "hand": ("{s}_wrist",),
        "thigh": ("{s}_leg",),
        "shin": ("{s}_knee",),
        "foot": ("{s}_ankle",),
        "toe": ("{s}_toe",),
    },
)
