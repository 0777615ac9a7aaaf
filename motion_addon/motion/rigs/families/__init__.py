# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig families that are recognized by the names of their bones.

To add one, write its table in a file of this package (copy ``mixamo.py``): which bone plays which
role, with ``{s}`` where a name says left or right, and in ``requires`` a bone that only this family
has. Then put the table into ``FAMILIES`` below. Detection, measuring, bone map and labels need
nothing more.
"""

from typing import Final

from . import (
    auto_rig_pro,
    daz,
    makehuman,
    mixamo,
    mocap,
    quadrupeds,
    quaternius,
    rigify,
    rigify_quadruped,
    unreal,
    vrm,
)

FAMILIES: Final = (
    *quadrupeds.QUADRUPEDS,
    *rigify_quadruped.RIGIFY_QUADRUPEDS,
    rigify.RIGIFY,
    auto_rig_pro.AUTO_RIG_PRO,
    mixamo.MIXAMO_CONTROL,
    quaternius.MESH2MOTION,
    rigify.RIGIFY_DEFORM,
    rigify.RIGIFY_META,
    mixamo.MIXAMO,
    vrm.VROID,
    daz.CHARACTER_CREATOR,
    daz.GENESIS8,
    daz.GENESIS9,
    unreal.UNREAL,
    auto_rig_pro.AUTO_RIG_PRO_DEFORM,
    makehuman.MAKEHUMAN,
    makehuman.MAKEHUMAN_CMU,
    mocap.BIPED_BVH,
    mocap.SMPL,
    vrm.VRCHAT,
    quaternius.QUATERNIUS,
    mocap.XSENS,
    vrm.UNITY,
    mocap.MOCAP,
)
"""Every family, animals first; of families that match a rig alike the first one is taken."""
