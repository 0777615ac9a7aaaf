# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto-Rig Pro: FK controls of the full rig, and deform bones of an exported one."""

from typing import Final

from .family import Family

AUTO_RIG_PRO: Final = Family(
    name="auto_rig_pro",
    label="Auto-Rig Pro",
    requires=("c_root_master.x",),
    sides=("l", "r"),
    roles={
        "root": (
            "c_traj",
            "c_pos",
        ),
        "hips": ("c_root_master.x",),
        "spine": (
            "c_spine_01.x",
            "c_spine_02.x",
            "c_spine_03.x",
            "c_spine_04.x",
        ),
        "neck": (
            "c_neck_01.x",
            "c_neck.x",
        ),
        "head": ("c_head.x",),
        "shoulder": ("c_shoulder.{s}",),
        "upper_arm": ("c_arm_fk.{s}",),
        "forearm": ("c_forearm_fk.{s}",),
        "hand": ("c_hand_fk.{s}",),
        "thigh": ("c_thigh_fk.{s}",),
        "shin": ("c_leg_fk.{s}",),
        "foot": ("c_foot_fk.{s}",),
        "toe": ("c_toes_fk.{s}",),
    },
)

AUTO_RIG_PRO_DEFORM: Final = Family(
    name="auto_rig_pro_deform",
    label="Auto-Rig Pro deform bones",
    requires=("thigh_stretch.l",),
    sides=("l", "r"),
    roles={
        "root": (
            "root",
            "c_traj",
        ),
        "hips": ("root.x",),
        "spine": (
            "spine_01.x",
            "spine_02.x",
            "spine_03.x",
            "spine_04.x",
        ),
        "neck": (
            "neck_01.x",
            "neck.x",
        ),
        "head": ("head.x",),
        "shoulder": ("shoulder.{s}",),
        "upper_arm": ("arm_stretch.{s}",),
        "forearm": ("forearm_stretch.{s}",),
        "hand": ("hand.{s}",),
        "thigh": ("thigh_stretch.{s}",),
        "shin": ("leg_stretch.{s}",),
        "foot": ("foot.{s}",),
        "toe": ("toes_01.{s}",),
    },
)
