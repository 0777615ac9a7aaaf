# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bone plays which part: the map between a rig and the parts of a human body.

Owns the list of roles and the map's JSON form. Finding a map is ``detect``'s work.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .bones import RigBones, RigError

SIDES: Final = ("L", "R")
CENTER_ROLES: Final = ("root", "hips", "spine", "neck", "head")
SIDED_ROLES: Final = (
    "shoulder",
    "upper_arm",
    "forearm",
    "hand",
    "thigh",
    "shin",
    "foot",
    "toe",
)
ROLES: Final = CENTER_ROLES + tuple(f"{role}.{side}" for side in SIDES for role in SIDED_ROLES)
"""Every role, in the order a panel shows them. ``spine`` runs from above the hips to the chest."""
CHAIN_ROLES: Final = ("spine", "neck")
"""Roles that may hold several bones, from the hips upwards."""
REQUIRED_ROLES: Final = (
    "hips",
    *tuple(f"{role}.{side}" for side in SIDES for role in ("thigh", "shin", "foot")),
)
"""Without these a rig cannot walk."""
EXPECTED_ROLES: Final = tuple(role for role in ROLES if role != "root")

_FORMAT: Final = "footfall-rig-map"


@dataclass(frozen=True)
class RigMap:
    """The bones of one rig by role."""

    family: str
    """Name of the rig family the map came from, or "structure" or "custom"."""
    roles: Mapping[str, tuple[str, ...]]
    """Role to bone names; roles without a bone are left out."""
    confidence: float = 1.0
    """0..1, how sure the detection is."""
    notes: tuple[str, ...] = ()
    """Plain sentences worth showing."""
    facing: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """World direction (motion axes) the rig faced at detection; for display."""
    missing: tuple[str, ...] = field(init=False)
    """Expected roles without a bone, required ones first."""

    def __post_init__(self) -> None:
        clean = {role: tuple(names) for role, names in self.roles.items() if names}
        unknown = [role for role in clean if role not in ROLES]
        if unknown:
            raise RigError(f'"{unknown[0]}" is not a part of the body that Footfall knows')
        object.__setattr__(self, "roles", {r: clean[r] for r in ROLES if r in clean})
        gone = [role for role in EXPECTED_ROLES if role not in clean]
        gone.sort(key=lambda role: role not in REQUIRED_ROLES)
        object.__setattr__(self, "missing", tuple(gone))

    @property
    def usable(self) -> bool:
        """Whether every required role has a bone."""
        return not any(role in REQUIRED_ROLES for role in self.missing)

    def bone(self, role: str) -> str | None:
        """Return the first bone of a role, or None."""
        names = self.roles.get(role, ())
        return names[0] if names else None

    def with_role(self, role: str, *names: str) -> "RigMap":
        """Return a copy in which ``role`` is played by ``names`` (none clears it)."""
        return RigMap(
            self.family, {**self.roles, role: names}, self.confidence, self.notes, self.facing
        )

    def check(self, rig: RigBones) -> None:
        """Raise RigError, in one plain sentence, if this map does not fit ``rig``."""
        needed = [role for role in self.missing if role in REQUIRED_ROLES]
        if needed:
            parts = ", ".join(needed)
            raise RigError(f"The bone map has no bone for: {parts}; choose one in the bone map")
        taken: dict[str, str] = {}
        for role, names in self.roles.items():
            if len(names) > 1 and role not in CHAIN_ROLES:
                raise RigError(f'The part "{role}" takes one bone, not {len(names)}')
            for name in names:
                if name not in rig:
                    raise RigError(f'The bone map names "{name}" for {role}, which is not there')
                if name in taken:
                    raise RigError(f'The bone "{name}" is both {taken[name]} and {role}')
                taken[name] = role

    def to_json(self) -> str:
        """Return the map as JSON text."""
        body = {
            "format": _FORMAT,
            "version": 1,
            "family": self.family,
            "roles": {role: list(names) for role, names in self.roles.items()},
            "confidence": round(self.confidence, 3),
            "notes": list(self.notes),
        }
        return json.dumps(body, indent=2)

    @staticmethod
    def from_json(text: str) -> "RigMap":
        """Return the map that ``to_json`` wrote; raises RigError in one plain sentence."""
        try:
            body = json.loads(text)
        except json.JSONDecodeError as error:
            raise RigError(f"The bone map is not valid JSON (line {error.lineno})") from error
        if not isinstance(body, dict) or body.get("format") != _FORMAT:
            raise RigError("The file is not a Footfall bone map")
        if body.get("version") != 1:
            raise RigError("The bone map was written by a newer version of Footfall")
        roles = _read_roles(body.get("roles"))
        notes = tuple(str(note) for note in body.get("notes", ()))
        try:
            confidence = min(max(float(body.get("confidence", 1.0)), 0.0), 1.0)
        except (TypeError, ValueError) as error:
            raise RigError("The confidence in the bone map is not a number") from error
        return RigMap(str(body.get("family", "custom")), roles, confidence, notes)


def _read_roles(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise RigError("The bone map has no list of roles")
    roles: dict[str, tuple[str, ...]] = {}
    for role, names in value.items():
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise RigError(f'The part "{role}" of the bone map must name bones')
        roles[str(role)] = tuple(names)
    return roles
