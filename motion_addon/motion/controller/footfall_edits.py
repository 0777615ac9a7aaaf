# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfalls that the artist moves in time, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...errors import RefusedError
from ...options.checks import flag, is_list, number, word
from ..body.quadruped import LEGS


@dataclass(frozen=True)
class Footfall:
    """One stance of a paw that is moved in time; seconds from the first frame."""

    paw: str
    """LH, LF, RH or RF."""
    at: float
    """Touchdown in the bake without moved footfalls."""
    to: float | None = None
    """New touchdown; None keeps it."""
    lift: float | None = None
    """New lift-off; None keeps the stance's length where there is room."""
    optional: bool = False
    """Left in its place, with a warning, if it cannot be moved so; else that is an error."""


def checked_footfalls(value: Any) -> tuple[Footfall, ...]:
    """Return the moved footfalls of plain JSON. Raises RefusedError."""
    known = [f.name for f in fields(Footfall)]
    if not is_list(value) or not all(isinstance(v, Mapping) for v in value):
        raise RefusedError('footfalls must be a list of {"paw", "at", "to", "lift", "optional"}')
    out = []
    for entry in value:
        unknown = sorted(set(entry) - set(known))
        if unknown:
            raise RefusedError(
                f"An entry of footfalls has no key {unknown[0]!r}; known are {', '.join(known)}"
            )
        word(entry.get("paw"), "paw of footfalls", LEGS)
        if entry.get("at") is None:
            raise RefusedError(
                f"at of footfalls is missing; give the second at which {entry['paw']} touches down"
            )
        numbers = {
            name: number(entry[name], f"{name} of footfalls")
            for name in ("at", "to", "lift")
            if entry.get(name) is not None
        }
        flag(entry.get("optional", False), "optional of footfalls")
        out.append(Footfall(**{**entry, **numbers}))
    if len({(one.paw, one.at) for one in out}) < len(out):
        raise RefusedError("One of the footfalls is moved twice; give each one once")
    return tuple(out)
