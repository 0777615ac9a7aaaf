# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs of any make: their bone maps, how these are detected, and rigs measured as bodies."""

from ..body.rig_bones import RigBones
from .detection import detect, family_label
from .rig_map import RigMap

__all__ = [
    "RigBones",
    "RigMap",
    "detect",
    "family_label",
]
