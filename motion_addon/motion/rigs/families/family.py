# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig family: a table of bone names by role, looked up in a rig."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...body.kinds import BIPED, Kind
from ...body.rig_bones import RigBones
from ...body.roles import SIDED_ROLES

Names = tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """Bone names of one rig family. ``{s}`` in a name stands for the side."""

    name: str
    """Identifier stored with a map."""
    label: str
    """Shown to the artist."""
    roles: Mapping[str, Names]
    """Role (without side) to names: alternatives, or for chains (spine, neck, tail, the legs of
    a quadruped) the bones from the hips or the body outwards."""
    sides: tuple[str, str]
    """Words that replace ``{s}`` for left and right."""
    prefix: str = ""
    """Regular expression of an optional prefix of each name, such as a namespace."""
    requires: Names = ()
    """Names (or prefixes ending in ``*``) of which the rig must have at least one."""
    numbered_spine: bool = False
    """Whether spine, neck and head are numbered through (``spine``, ``spine.001``, ...), so that
    the shoulders show where the neck begins."""
    kind: Kind = BIPED
    """Kind of body that the rig is made for."""
    hanging_tail: bool = False
    """Whether the animal's tail hangs in life although it is modeled straight out."""

    def match(self, rig: RigBones) -> dict[str, Names]:
        """Return role to bone names found in ``rig``; empty without a required name."""
        known = self._plain_names(rig)
        if self.requires and not any(_has(known, mark) for mark in self.requires):
            return {}
        found: dict[str, Names] = {}
        for role, names in self.roles.items():
            sided = role in SIDED_ROLES
            for side, word in zip("LR", self.sides, strict=True) if sided else (("", ""),):
                here = tuple(
                    known[key] for name in names if (key := _key(name.format(s=word))) in known
                )
                full = f"{role}.{side}" if sided else role
                chosen = here if full in self.kind.roles.chains else here[:1]
                if chosen:
                    found[full] = chosen
        return found

    def _plain_names(self, rig: RigBones) -> dict[str, str]:
        pattern = re.compile(rf"^(?:.*[:|])?(?:{self.prefix})?", re.IGNORECASE)
        known: dict[str, str] = {}
        for name in rig.names:
            known.setdefault(_key(pattern.sub("", name, count=1)), name)
        for name in rig.names:
            known.setdefault(_key(name), name)
        return known


def _key(name: str) -> str:
    return name.lower().replace(" ", "_")


def _has(known: Mapping[str, str], mark: str) -> bool:
    if mark.endswith("*"):
        start = mark[:-1].lower()
        return any(original.lower().startswith(start) for original in known.values())
    return _key(mark) in known
