# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of footprints in lists of prints: moved, turned, added, deleted, or refused."""

import math

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.footing.footprint_edits import FootprintEdit, edited, resolved
from motion_addon.motion.footing.footprints import Footprint
from tests.cases import each

UP = np.array([0.0, 1.0, 0.0])
STANCES = [(0.0, 1.0), (1.6, 2.2), (2.8, 3.4), (4.0, 5.0)]
PRINTS = [
    Footprint(foot, np.array([side, 0.0, start + 0.5 * late]), 0.1 * late, UP, start, stop)
    for late, (foot, side) in enumerate((("left", 0.1), ("right", -0.1)))
    for start, stop in STANCES
]


def made(*edits: FootprintEdit) -> list[Footprint]:
    now = [resolved(edit, STANCES, 5.0) for edit in edits]
    assert not any(isinstance(one, str) for one in now), now
    return edited(PRINTS, now)


def test_a_print_moves_and_turns_alone() -> None:
    edit = FootprintEdit("right", 1.6, place=(0.3, 9.0, 2.0), yaw=30.0)
    after = made(edit)
    changed = [one for one in after if one not in PRINTS]
    assert len(changed) == 1
    assert changed[0].place == pytest.approx([0.3, 0.0, 2.0])
    assert changed[0].yaw == pytest.approx(math.radians(30.0))
    assert changed[0].pinned
    assert (changed[0].touchdown, changed[0].liftoff) == (1.6, 2.2)


def test_prints_are_added_half_way_and_deleted() -> None:
    after = made(FootprintEdit("left", 2.5, add=True), FootprintEdit("right", 2.8, delete=True))
    assert len(after) == len(PRINTS)
    new = next(one for one in after if one not in PRINTS)
    assert new.place == pytest.approx([0.1, 0.0, 2.2])
    assert (new.touchdown, new.liftoff) == pytest.approx((2.4, 2.6))
    assert [one.touchdown for one in after if one.foot == "right"] == [0.0, 1.6, 4.0]
    assert [one.touchdown for one in after] == sorted(one.touchdown for one in after)


@each(
    ("edit", "said"),
    [
        (FootprintEdit("left", 1.3, place=(0, 0, 0)), "left has no touchdown at 1.30 s"),
        (FootprintEdit("left", 1.8, add=True), "left is on the ground at 1.80 s"),
        (FootprintEdit("left", 2.5, add=True, to=2.25), "between 2.30 and 2.70 s"),
        (FootprintEdit("left", 2.5, add=True, lift=2.78), "from 2.40 to 2.78 s"),
        (FootprintEdit("left", 0.0, delete=True), "is the first of its foot"),
        (FootprintEdit("left", 4.0, delete=True), "is the last of its foot"),
    ],
)
def test_what_cannot_be_is_said(edit: FootprintEdit, said: str) -> None:
    assert said in str(resolved(edit, STANCES, 5.0))


def test_an_edit_of_no_print_is_refused() -> None:
    with pytest.raises(RefusedError, match="no touchdown at 9"):
        edited(PRINTS, [FootprintEdit("left", 9.0, yaw=1.0)])
