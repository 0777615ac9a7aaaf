# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of footprints: moved, turned, re-timed, added and deleted, checked, to and from JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np

from ...errors import RefusedError
from ...options import checks
from ...options.bake import read_point
from ..body.kinds import KINDS
from .footprints import Footprint

FEET: Final = tuple(dict.fromkeys(leg.name for kind in KINDS.values() for leg in kind.legs))
"""Names of the feet of all kinds of body."""
NEAR: Final = 0.1
"""Seconds within which a touchdown is the one that an edit names."""
SHORTEST_STANCE: Final = 0.08
"""Seconds of an added stance, at least."""
SHORTEST_SWING: Final = 0.1
"""Seconds of the swings before and after an added stance, at least."""
Span = tuple[float, float]
"""Touchdown and lift-off."""
_KEYS: Final = '{"foot", "at", "place", "yaw", "to", "lift", "delete", "add", "optional"}'


@dataclass(frozen=True)
class FootprintEdit:
    """One footprint that the artist edits; seconds from the first frame."""

    foot: str
    """Name of the leg: left or right; LH, LF, RH or RF."""
    at: float
    """Touchdown in the bake without edits; of a new print any time in the swing that it splits."""
    place: tuple[float, float, float] | None = None
    """New place in meters, of which x and z are used; None keeps it."""
    yaw: float | None = None
    """New direction of the toes, degrees about +Y from +Z in path coordinates; None keeps it."""
    to: float | None = None
    """New touchdown; None keeps it."""
    lift: float | None = None
    """New lift-off; None keeps it, or a moved stance's length where there is room."""
    delete: bool = False
    """Whether the foot swings on instead."""
    add: bool = False
    """Whether the print is new."""
    optional: bool = False
    """Left out, with a warning, if it cannot be met; else that is an error."""

    @property
    def timed(self) -> bool:
        """Whether the edit changes the time of a stance that is there."""
        return not (self.add or self.delete) and (self.to, self.lift) != (None, None)

    @property
    def spatial(self) -> bool:
        """Whether the edit changes the place or the direction of a print, or adds or deletes it."""
        return self.add or self.delete or (self.place, self.yaw) != (None, None)

    @property
    def title(self) -> str:
        """Name of the print at the start of a sentence."""
        which = "new footprint" if self.add else "footprint"
        return f"The {which} of {self.foot} at {self.at:.2f} s"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, without those that are not set."""
        values: dict[str, Any] = {"foot": self.foot, "at": self.at}
        if self.place is not None:
            values["place"] = list(self.place)
        optional = {name: getattr(self, name) for name in ("yaw", "to", "lift")}
        flags = {name: True for name in ("delete", "add", "optional") if getattr(self, name)}
        return values | {k: v for k, v in optional.items() if v is not None} | flags


def checked_edits(name: str, value: Any) -> tuple[FootprintEdit, ...]:
    """Return the edits of plain JSON; ``name`` is that of the key. Raises RefusedError."""
    if not checks.is_list(value) or not all(isinstance(v, Mapping) for v in value):
        raise RefusedError(f"{name} must be a list of {_KEYS}")
    out = tuple(_checked(name, entry) for entry in value)
    if len({(one.foot, one.at, one.add) for one in out}) < len(out):
        raise RefusedError(f"One of the {name} is edited twice; give each one once")
    return out


def _checked(name: str, entry: Mapping[str, Any]) -> FootprintEdit:
    values = {key: value for key, value in entry.items() if value is not None}
    if "paw" in values and "foot" not in values:  # as older files have it
        values["foot"] = values.pop("paw")
    known = [field.name for field in fields(FootprintEdit)]
    unknown = sorted(str(key) for key in set(values) - set(known))
    if unknown:
        raise RefusedError(
            f"An entry of {name} has no key {checks.shown(unknown[0])}; known are"
            f" {', '.join(known)}"
        )
    foot = checks.word(values.get("foot"), f"foot of {name}", FEET)
    if "at" not in values:
        raise RefusedError(f"at of {name} is missing; give the second at which {foot} touches down")
    for key in ("at", "to", "lift", "yaw"):
        if key in values:
            values[key] = checks.number(values[key], f"{key} of {name}")
    if "place" in values:
        values["place"] = read_point(f"place of {name}", values["place"])
    for key in ("delete", "add", "optional"):
        checks.flag(values.get(key, False), f"{key} of {name}")
    if values.get("add") and values.get("delete"):
        raise RefusedError(f"An entry of {name} adds and deletes a print; leave one of the two out")
    return FootprintEdit(**values)


def check_feet(edits: Iterable[FootprintEdit], feet: Sequence[str], a_noun: str) -> None:
    """Raise RefusedError where an edit names a foot that a kind of body does not have."""
    for edit in edits:
        if edit.foot not in feet:
            raise RefusedError(
                f"footprints name {edit.foot}, a foot that {a_noun} does not have; use"
                f" {', '.join(feet)}"
            )


def nearest(edit: FootprintEdit, starts: Sequence[float], near: float = NEAR) -> int | str:
    """Return which of the touchdowns ``starts`` of its foot, in seconds, an edit names.

    If none is within ``near`` seconds, returns a sentence that says so.
    """
    time = edit.at
    if not len(starts):
        return f"{edit.foot} does not touch down at all."
    off = np.abs(np.asarray(starts) - time)
    index = int(np.argmin(off))
    if off[index] <= near:
        return index
    others = sorted(starts[i] for i in np.argsort(off)[:2])
    times = " and ".join(f"{second:.2f}" for second in others)
    are = f"there are those at {times} s." if len(others) > 1 else f"there is one at {times} s."
    return f"{edit.foot} has no touchdown at {time:.2f} s; near it {are}"


def left_out(text: str) -> str:
    """Return the warning for an optional edit that cannot be met, with the reason, a sentence."""
    return f"An edited footprint was left as it is: {text}"


def resolved(edit: FootprintEdit, stances: Sequence[Span], end: float) -> FootprintEdit | str:
    """Return an edit with the times of a re-timed motion, or a sentence why it cannot be met.

    ``stances`` are those of its foot, in seconds of that motion, which ends at ``end``. ``at`` is
    the touchdown there; an added print gets its ``to`` and ``lift``.
    """
    if edit.add:
        return _added(edit, stances)
    at = edit.to if edit.timed and edit.to is not None else edit.at
    found = nearest(replace(edit, at=at), [start for start, _ in stances])
    if isinstance(found, str):
        return found
    start, stop = stances[found]
    if edit.delete and (found == 0 or stop >= end or found == len(stances) - 1):
        which = "first" if found == 0 else "last"
        return f"{edit.title} is the {which} of its foot and cannot be deleted."
    return replace(edit, at=start, to=None, lift=None)


def _added(edit: FootprintEdit, stances: Sequence[Span]) -> FootprintEdit | str:
    """Return an edit that adds a print with its times, or a sentence why it cannot be met."""
    at = edit.at if edit.to is None else edit.to
    gap = next(((a[1], b[0]) for a, b in pairwise(stances) if a[1] <= at < b[0]), None)
    if gap is None:
        return f"{edit.foot} is on the ground at {at:.2f} s; add a footprint where it swings."
    third = (gap[1] - gap[0]) / 3.0
    start = gap[0] + third if edit.to is None else edit.to
    stop = min(start + third, gap[1] - SHORTEST_SWING) if edit.lift is None else edit.lift
    low, high = gap[0] + SHORTEST_SWING, gap[1] - SHORTEST_SWING
    if low <= start and stop <= high and stop - start >= SHORTEST_STANCE:
        return replace(edit, at=start, to=start, lift=stop)
    if high - low < SHORTEST_STANCE:
        return f"{edit.title} has no room: the swing from {gap[0]:.2f} to {gap[1]:.2f} s is short."
    return (
        f"{edit.title} can be on the ground between {low:.2f} and {high:.2f} s, for"
        f" {SHORTEST_STANCE:g} s or longer, not from {start:.2f} to {stop:.2f} s."
    )


def edited(prints: Sequence[Footprint], edits: Iterable[FootprintEdit]) -> list[Footprint]:
    """Return prints moved, turned, added and deleted by edits, in order of touchdown.

    ``prints`` are of a level motion in which the edited times are met already, and the edits are
    ``resolved`` for it. Edited prints are pinned. Raises RefusedError where an edit names no print.
    """
    out = list(prints)
    for edit in edits:
        own = [one for one in prints if one.foot == edit.foot]
        if edit.add:
            out.append(_new(edit, own))
            continue
        found = nearest(edit, [one.touchdown for one in own])
        if isinstance(found, str):
            raise RefusedError(found.rstrip("."))
        index = next(i for i, one in enumerate(out) if one is own[found])
        if edit.delete:
            del out[index]
        else:
            out[index] = _placed(own[found], edit)
    return sorted(out, key=lambda one: (one.touchdown, one.foot))


def _placed(one: Footprint, edit: FootprintEdit) -> Footprint:
    """Return a print with the place and the direction of an edit."""
    place = one.place
    if edit.place is not None:
        place = np.array([edit.place[0], one.place[1], edit.place[2]])
    yaw = one.yaw if edit.yaw is None else math.radians(edit.yaw)
    return replace(one, place=place, yaw=yaw, pinned=True)


def _new(edit: FootprintEdit, own: Sequence[Footprint]) -> Footprint:
    """Return an added print, half way between its neighbors unless the edit has its place."""
    assert edit.to is not None and edit.lift is not None
    before = max((one for one in own if one.touchdown < edit.to), key=lambda one: one.touchdown)
    after = min((one for one in own if one.touchdown > edit.to), key=lambda one: one.touchdown)
    turn = (after.yaw - before.yaw + math.pi) % (2.0 * math.pi) - math.pi
    half = replace(
        before,
        place=0.5 * (before.place + after.place),
        yaw=before.yaw + 0.5 * turn,
        touchdown=edit.to,
        liftoff=edit.lift,
    )
    return _placed(half, edit)
