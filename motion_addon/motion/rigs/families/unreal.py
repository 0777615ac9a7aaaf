# SPDX-License-Identifier: GPL-3.0-or-later
"""Unreal Engine mannequins (UE4, UE5, MetaHuman body) and rigs that copy their names."""

from typing import Final

from .family import Family

UNREAL: Final = Family(
    name="unreal",
    label="Unreal mannequin",
    requires=("upperarm_l",),
    sides=("l", "r"),
    roles={
        "root": ("root",),
        "hips": ("pelvis",),
        "spine": (
            "spine_01",
            "spine_02",
            "spine_03",
            "spine_04",
            "spine_05",
        ),
        "neck": (
            "neck_01",
            "neck_02",
        ),
        "head": ("head",),
        "shoulder": ("clavicle_{s}",),
        "upper_arm": ("upperarm_{s}",),
        "forearm": ("lowerarm_{s}",),
        "hand": ("hand_{s}",),
        "thigh": ("thigh_{s}",),
        "shin": ("calf_{s}",),
        "foot": ("foot_{s}",),
        "toe": ("ball_{s}",),
    },
)
