# SPDX-License-Identifier: GPL-3.0-or-later
"""Edited footprints out of the leg's reach, and the nearest places within it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from ...errors import RefusedError
from ..footing.footing import Footing
from ..footing.footprint_edits import FootprintEdit, nearest
from ..footing.footprints import Footprint
from ..footing.lay import Laid
from ..maths.quat import Array

MISSED: Final = 0.01
"""Meters by which the leg may be too short for an edited print."""
_HALVINGS: Final = 6

Lay = Callable[[Footing], Laid]


class OutOfReachError(RefusedError):
    """An edited footprint is out of reach."""

    def __init__(self, edit: FootprintEdit, place: Array, wanted: Array) -> None:
        """State the nearest ``place`` (3,) to the ``wanted`` one, both in path coordinates."""
        self.edit = edit
        self.place, self.wanted = place, wanted
        self.far = 100.0 * float(np.linalg.norm((place - wanted)[[0, 2]]))
        shown = ", ".join(f"{value:.2f}" for value in place)
        super().__init__(
            f"{edit.title} is out of reach; the nearest possible place is {self.far:.0f} cm from"
            f" it, at [{shown}]"
        )


def check_reach(
    edits: Iterable[FootprintEdit], footing: Footing, laid: Laid, lay: Lay, meters: float = 1.0
) -> None:
    """Raise OutOfReachError for the first edit whose print a leg is too short for.

    The edits are resolved for the motion of ``footing``; ``lay`` lays it on other footprints and
    ``meters`` is the size of its unit.
    """
    for edit in edits:
        if edit.delete or not edit.spatial:
            continue
        own = [i for i, one in enumerate(laid.prints) if one.foot == edit.foot]
        found = nearest(edit, [laid.prints[i].touchdown for i in own])
        if not isinstance(found, int) or laid.missed[own[found]] * meters <= MISSED:
            continue
        wanted = _named(footing.prints, laid.prints[own[found]])
        place = _nearest_place(wanted, footing, lay, MISSED / meters)
        raise OutOfReachError(edit, place * meters, wanted.place * meters)


def _named(prints: Iterable[Footprint], one: Footprint) -> Footprint:
    """Return the print of the same foot and touchdown."""
    same = [other for other in prints if other.foot == one.foot]
    return min(same, key=lambda other: abs(other.touchdown - one.touchdown))


def _nearest_place(wanted: Footprint, footing: Footing, lay: Lay, most: float) -> Array:
    """Return the place (3,) nearest to a wanted one, on the line from the unedited place."""
    start, low, high = _unedited(wanted, footing), 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        tried = replace(wanted, place=start + middle * (wanted.place - start))
        prints = tuple(tried if one is wanted else one for one in footing.prints)
        laid = lay(replace(footing, prints=prints))
        own = _named(laid.prints, tried)
        missed = laid.missed[next(i for i, one in enumerate(laid.prints) if one is own)]
        low, high = (middle, high) if missed <= 0.5 * most else (low, middle)
    return np.asarray(start + low * (wanted.place - start))


def _unedited(wanted: Footprint, footing: Footing) -> Array:
    """Return the place (3,) of a print without its edit, half way between others if it is new."""
    level = [one for one in footing.level if one.foot == wanted.foot]
    begin, end = wanted.touchdown, wanted.liftoff
    same = [one for one in level if one.touchdown < end and begin < one.liftoff]
    if same:
        return np.array([same[0].place[0], wanted.place[1], same[0].place[2]])
    before = max((p for p in level if p.touchdown < wanted.touchdown), key=lambda p: p.touchdown)
    after = min((p for p in level if p.touchdown > wanted.touchdown), key=lambda p: p.touchdown)
    half = 0.5 * (before.place + after.place)
    return np.array([half[0], wanted.place[1], half[2]])
