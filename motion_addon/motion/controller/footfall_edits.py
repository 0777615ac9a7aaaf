# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfalls that the artist moves in time, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...errors import RefusedError
from ...options.checks import number
from ..body.quadruped import LEGS


@dataclass(frozen=True)
class Footfall:
    """A stand of one paw that is moved in time; seconds from the first frame."""

    paw: str
    """LH, LF, RH or RF."""
    at: float
    """Its touchdown as it is without moved footfalls."""
    to: float | None = None
    """Its touchdown as it is wanted; where it was if None."""
    lift: float | None = None
    """Its lift-off as it is wanted; if None the stand keeps its length where there is room."""
    optional: bool = False
    """Left as it is, with a warning, where it cannot be met; else that is an error."""


def checked_footfalls(value: Any) -> tuple[Footfall, ...]:
    """Return moved footfalls of plain values; raises RefusedError where they make no sense."""
    if not isinstance(value, list | tuple) or not all(isinstance(v, Mapping) for v in value):
        raise RefusedError('footfalls must be a list of {"paw", "at", "to", "lift"}')
    out = []
    for entry in value:
        unknown = sorted(set(entry) - {f.name for f in fields(Footfall)})
        if unknown:
            raise RefusedError(f"A footfall has no key {unknown[0]!r}; it has paw, at, to and lift")
        if entry.get("paw") not in LEGS:
            raise RefusedError(
                f"The paw of a footfall must be one of {', '.join(LEGS)}, not {entry.get('paw')!r}"
            )
        if entry.get("at") is None:
            raise RefusedError(f"A footfall of {entry['paw']} does not say at which second it is")
        numbers = {
            name: number(entry[name], f"{name} of a footfall")
            for name in ("at", "to", "lift")
            if entry.get(name) is not None
        }
        if not isinstance(entry.get("optional", False), bool):
            raise RefusedError("optional of a footfall must be true or false")
        out.append(Footfall(**{**entry, **numbers}))
    if len({(one.paw, one.at) for one in out}) < len(out):
        raise RefusedError("A footfall is moved twice; name each one once")
    return tuple(out)
