# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs of any make: their bone maps, how these are detected, and rigs measured as bodies."""

from ..body.rig_bones import RigBones
from .detection import detect, family_label
from .rig_map import RigMap, chain_roles, required_roles, roles_of

__all__ = [
    "RigBones",
    "RigMap",
    "chain_roles",
    "detect",
    "family_label",
    "required_roles",
    "roles_of",
]
