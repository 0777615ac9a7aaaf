# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixamo characters, plain and with the Mixamo control rig."""

from typing import Final

from .family import Family

MIXAMO_CONTROL: Final = Family(
    name="mixamo_control",
    label="Mixamo control rig",
    requires=("Ctrl_Hips",),
    sides=("Left", "Right"),
    roles={
        "root": ("Ctrl_Master",),
        "hips": ("Ctrl_Hips",),
        "spine": (
            "Ctrl_Spine",
            "Ctrl_Spine1",
            "Ctrl_Spine2",
        ),
        "neck": ("Ctrl_Neck",),
        "head": ("Ctrl_Head",),
        "shoulder": ("Ctrl_Shoulder_{s}",),
        "upper_arm": ("Ctrl_Arm_FK_{s}",),
        "forearm": ("Ctrl_ForeArm_FK_{s}",),
        "hand": ("Ctrl_Hand_FK_{s}",),
        "thigh": ("Ctrl_UpLeg_FK_{s}",),
        "shin": ("Ctrl_Leg_FK_{s}",),
        "foot": ("Ctrl_Foot_FK_{s}",),
        "toe": ("Ctrl_Toe_FK_{s}",),
    },
)

MIXAMO: Final = Family(
    name="mixamo",
    label="Mixamo",
    prefix=r"mixamorig\d*[:_]?",
    requires=("mixamorig*",),
    sides=("Left", "Right"),
    roles={
        "root": (
            "Root",
            "Armature",
        ),
        "hips": ("Hips",),
        "spine": (
            "Spine",
            "Spine1",
            "Spine2",
            "Spine3",
        ),
        "neck": (
            "Neck",
            "Neck1",
        ),
        "head": ("Head",),
        "shoulder": ("{s}Shoulder",),
        "upper_arm": ("{s}Arm",),
        "forearm": ("{s}ForeArm",),
        "hand": ("{s}Hand",),
        "thigh": ("{s}UpLeg",),
        "shin": ("{s}Leg",),
        "foot": ("{s}Foot",),
        "toe": (
            "{s}ToeBase",
            "{s}Toe",
        ),
    },
)
