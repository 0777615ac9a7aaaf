# SPDX-License-Identifier: GPL-3.0-or-later
"""Control rigs that are keyed on their FK controls: the switches from IK to FK.

One table. If the switches of a rig are unknown, they stay as they are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import bpy

FK_SWITCHES: Final[Mapping[str, tuple[tuple[str, str, float], ...]]] = {
    "auto_rig_pro": tuple(
        (f"c_{end}_ik.{side}", "ik_fk_switch", 1.0) for side in "lr" for end in ("foot", "hand")
    ),
    "mixamo_control": tuple(
        (f"Ctrl_{end}_IK_{side}", "ik_fk_switch", 1.0)
        for side in ("Left", "Right")
        for end in ("Foot", "Hand")
    ),
}
"""Pose bone, custom property and its value for FK, by rig family."""


def fk_switches(obj: bpy.types.Object, family: str) -> tuple[tuple[str, str, float], ...]:
    """Return the FK switches of the family that ``obj`` has."""
    assert obj.pose is not None
    bones = obj.pose.bones
    return tuple(
        (name, prop, value)
        for name, prop, value in FK_SWITCHES.get(family, ())
        if name in bones and bones[name].get(prop) is not None
    )
