# SPDX-License-Identifier: GPL-3.0-or-later
"""Bone maps: which bone of a rig plays which role in a body.

Owns the map's JSON form. ``body.roles`` has the roles of each kind, ``detection`` finds a map.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ...errors import RefusedError
from ...files.reading import parsed
from ...options import checks
from ..body.kinds import BIPED, KINDS, Kind
from ..body.rig_bones import RigBones
from ..body.roles import LEAST_LEG_BONES, Roles

_FORMAT: Final = "footfall-rig-map"


@dataclass(frozen=True)
class RigMap:
    """The bones of one rig by role."""

    family: str
    """Name of the rig family the map came from, or "structure" or "custom"."""
    roles: Mapping[str, tuple[str, ...]]
    """Role to bone names; roles without a bone are left out."""
    confidence: float = 1.0
    """0..1, confidence of the detection."""
    notes: tuple[str, ...] = ()
    """Sentences for the artist."""
    facing: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """World direction (motion axes) the rig faced at detection; for display."""
    kind: Kind = BIPED
    """Kind of body; decides which roles there are."""
    missing: tuple[str, ...] = field(init=False)
    """Expected roles without a bone, required ones first."""

    def __post_init__(self) -> None:
        clean = {role: tuple(names) for role, names in self.roles.items() if names}
        known = self.kind.roles
        roles = known.every
        unknown = [role for role in clean if role not in roles]
        if unknown:
            raise RefusedError(
                f'"{unknown[0]}" is not a known part of the body; remove it from the bone map'
            )
        object.__setattr__(self, "roles", {r: clean[r] for r in roles if r in clean})
        gone = [role for role in roles if role != "root" and not _played(role, clean, known)]
        gone.sort(key=lambda role: role not in known.required)
        object.__setattr__(self, "missing", tuple(gone))

    @property
    def usable(self) -> bool:
        """Whether every required role has a bone."""
        return not any(role in self.kind.roles.required for role in self.missing)

    def bone(self, role: str) -> str | None:
        """Return the first bone of a role, or None."""
        names = self.roles.get(role, ())
        return names[0] if names else None

    def with_role(self, role: str, *names: str) -> "RigMap":
        """Return a copy in which ``role`` is played by ``names`` (none clears it)."""
        return replace(self, roles={**self.roles, role: names})

    def check(self, rig: RigBones) -> None:
        """Raise RefusedError, in one plain sentence, if this map does not fit ``rig``."""
        needed = [role for role in self.missing if role in self.kind.roles.required]
        if needed:
            short = [role for role in needed if self.roles.get(role)]
            if short:
                raise RefusedError(
                    f"The leg {short[0]} needs at least {LEAST_LEG_BONES} bones, from its top to "
                    "the paw; choose them in the bone map"
                )
            parts = ", ".join(needed)
            raise RefusedError(f"The bone map has no bone for: {parts}; choose one in the bone map")
        taken: dict[str, str] = {}
        for role, names in self.roles.items():
            if len(names) > 1 and role not in self.kind.roles.chains:
                raise RefusedError(f'The part "{role}" takes one bone, not {len(names)}')
            for name in names:
                if name not in rig:
                    raise RefusedError(
                        f'The bone map names "{name}" for {role}, which is not in the rig; '
                        "pick another"
                    )
                if name in taken:
                    raise RefusedError(f'The bone "{name}" is both {taken[name]} and {role}')
                taken[name] = role

    def to_json(self) -> str:
        """Return the map as JSON text."""
        body = {
            "format": _FORMAT,
            "version": 1,
            "kind": self.kind.name,
            "family": self.family,
            "roles": {role: list(names) for role, names in self.roles.items()},
            "confidence": round(self.confidence, 3),
            "notes": list(self.notes),
        }
        return json.dumps(body, indent=2)

    @staticmethod
    def from_json(text: str) -> "RigMap":
        """Return the map that ``to_json`` wrote; raises RefusedError in one plain sentence."""
        body = parsed(text, "The bone map")
        if not isinstance(body, dict) or body.get("format") != _FORMAT:
            raise RefusedError("The file is not a Footfall bone map; choose another file")
        version = body.get("version")
        if type(version) is not int or version != 1:
            raise RefusedError(
                "The bone map was written by a newer version of Footfall; update Footfall"
            )
        named = body.get("kind", BIPED.name)
        kind = KINDS.get(named) if isinstance(named, str) else None
        if kind is None:
            raise RefusedError("The bone map is for an unknown kind of body; choose another file")
        roles = _read_roles(body.get("roles"))
        notes, family = body.get("notes", []), body.get("family", "custom")
        if not isinstance(family, str) or not isinstance(notes, list):
            raise RefusedError(
                "The family or the notes of the bone map are no text; export it again"
            )
        sure = checks.number(body.get("confidence", 1.0), "The confidence in the bone map")
        confidence = min(max(sure, 0.0), 1.0)
        notes = tuple(str(note) for note in notes)
        return RigMap(family, roles, confidence, notes, kind=kind)


def _played(role: str, roles: Mapping[str, tuple[str, ...]], known: Roles) -> bool:
    least = LEAST_LEG_BONES if role in known.whole_legs else 1
    return len(roles.get(role, ())) >= least


def _read_roles(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise RefusedError("The bone map has no list of roles; export it again")
    roles: dict[str, tuple[str, ...]] = {}
    for role, names in value.items():
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise RefusedError(f'The part "{role}" of the bone map must name bones')
        roles[str(role)] = tuple(names)
    return roles
