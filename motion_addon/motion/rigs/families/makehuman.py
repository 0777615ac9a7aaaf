# SPDX-License-Identifier: GPL-3.0-or-later
"""MakeHuman and MPFB: the default rig. Their game engine rig uses Unreal names."""

from typing import Final

from .family import Family

MAKEHUMAN: Final = Family(
    name="makehuman",
    label="MakeHuman / MPFB",
    requires=("upperleg01.L",),
    sides=("L", "R"),
    roles={
        "hips": ("root",),
        "spine": (
            "spine05",
            "spine04",
            "spine03",
            "spine02",
            "spine01",
        ),
        "neck": (
            "neck01",
            "neck02",
            "neck03",
        ),
        "head": ("head",),
        "shoulder": ("clavicle.{s}",),
        "upper_arm": ("upperarm01.{s}",),
        "forearm": ("lowerarm01.{s}",),
        "hand": ("wrist.{s}",),
        "thigh": ("upperleg01.{s}",),
        "shin": ("lowerleg01.{s}",),
        "foot": ("foot.{s}",),
        "toe": (
            "toe.{s}",
            "toes.{s}",
        ),
    },
)

MAKEHUMAN_CMU: Final = Family(
    name="makehuman_cmu",
    label="MakeHuman CMU rig",
    requires=("LHipJoint",),
    sides=("Left", "Right"),
    roles={
        "hips": ("Hips",),
        "spine": (
            "LowerBack",
            "Spine",
            "Spine1",
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
        "toe": ("{s}ToeBase",),
    },
)
