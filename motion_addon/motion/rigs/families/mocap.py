# SPDX-License-Identifier: GPL-3.0-or-later
"""Skeletons of motion capture files: CMU, LAFAN, MotionBuilder, Xsens, 3ds Max Biped, SMPL."""

from typing import Final

from .family import Family

MOCAP: Final = Family(
    name="mocap",
    label="Motion capture (BVH)",
    requires=("LeftUpLeg",),
    sides=("Left", "Right"),
    roles={
        "root": (
            "Root",
            "Reference",
        ),
        "hips": ("Hips",),
        "spine": (
            "LowerBack",
            "Spine",
            "Spine1",
            "Spine2",
            "Spine3",
            "Spine4",
            "Chest",
        ),
        "neck": (
            "Neck",
            "Neck1",
        ),
        "head": ("Head",),
        "shoulder": (
            "{s}Shoulder",
            "{s}Collar",
        ),
        "upper_arm": ("{s}Arm",),
        "forearm": ("{s}ForeArm",),
        "hand": ("{s}Hand",),
        "thigh": ("{s}UpLeg",),
        "shin": ("{s}Leg",),
        "foot": ("{s}Foot",),
        "toe": (
            "{s}Toe",
            "{s}ToeBase",
        ),
    },
)

XSENS: Final = Family(
    name="xsens",
    label="Xsens",
    requires=("LeftLowerLeg",),
    sides=("Left", "Right"),
    roles={
        "root": ("Reference",),
        "hips": (
            "Pelvis",
            "Hips",
        ),
        "spine": (
            "L5",
            "L3",
            "T12",
            "T8",
        ),
        "neck": ("Neck",),
        "head": ("Head",),
        "shoulder": ("{s}Shoulder",),
        "upper_arm": ("{s}UpperArm",),
        "forearm": ("{s}ForeArm",),
        "hand": ("{s}Hand",),
        "thigh": ("{s}UpperLeg",),
        "shin": ("{s}LowerLeg",),
        "foot": ("{s}Foot",),
        "toe": ("{s}Toe",),
    },
)

BIPED_BVH: Final = Family(
    name="biped_3dsmax",
    label="3ds Max Biped",
    prefix=r"Bip\d*[ _]",
    requires=(
        "Bip01*",
        "Bip001*",
    ),
    sides=("L", "R"),
    roles={
        "hips": ("Pelvis",),
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
        "shoulder": ("{s}_Clavicle",),
        "upper_arm": ("{s}_UpperArm",),
        "forearm": ("{s}_Forearm",),
        "hand": ("{s}_Hand",),
        "thigh": ("{s}_Thigh",),
        "shin": ("{s}_Calf",),
        "foot": ("{s}_Foot",),
        "toe": ("{s}_Toe0",),
    },
)

SMPL: Final = Family(
    name="smpl",
    label="SMPL",
    prefix=r"[mf]_avg_",
    requires=("L_Hip",),
    sides=("L", "R"),
    roles={
        "root": ("root",),
        "hips": ("Pelvis",),
        "spine": (
            "Spine1",
            "Spine2",
            "Spine3",
        ),
        "neck": ("Neck",),
        "head": ("Head",),
        "shoulder": ("{s}_Collar",),
        "upper_arm": ("{s}_Shoulder",),
        "forearm": ("{s}_Elbow",),
        "hand": ("{s}_Wrist",),
        "thigh": ("{s}_Hip",),
        "shin": ("{s}_Knee",),
        "foot": ("{s}_Ankle",),
        "toe": ("{s}_Foot",),
    },
)
