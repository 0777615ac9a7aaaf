# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of footprints in lists of prints: moved, turned, added, deleted, or refused."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.reach import OutOfReachError
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.footing.footprint_edits import (
    FootprintEdit,
    checked_edits,
    edited,
    resolved,
)
from motion_addon.motion.footing.footprints import Footprint
from motion_addon.motion.footing.prints import prints_of
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


# With the shipped models.

WALKS = {"left": {"speed": 1.2}, "LF": {"speed": 0.9, "model": "quadruped"}}


@cache
def walked(foot: str) -> BakeResult:
    speed = WALKS[foot]["speed"]
    path = [[0, 0, 0], [0, 0, 4 * speed]]
    return bake(BakeRequest.from_json({"path": path, **WALKS[foot]}))


def middle(foot: str) -> dict[str, Any]:
    """Return the middle print of a foot."""
    own = [one for one in walked(foot).report["footprints"] if one["foot"] == foot]
    return own[len(own) // 2]


def laid(foot: str, edit: FootprintEdit) -> BakeResult:
    return bake(replace(walked(foot).request, footprints=(edit,)))


@each(("ahead", "aside", "turn"), [(-0.1, 0.1, 20), (0.2, -0.15, -30)])
@each("foot", WALKS)
def test_a_body_obeys_a_moved_and_turned_print(
    foot: str, ahead: float, aside: float, turn: int
) -> None:
    was = middle(foot)
    place = np.add(was["place"], [aside, 0.0, ahead])
    edit = FootprintEdit(foot, was["touchdown"], place=tuple(place), yaw=was["yaw"] + turn)
    now = laid(foot, edit)
    prints = prints_of(now.clip)
    before = walked(foot).report["footprints"]
    for one, old in zip(prints, before, strict=True):
        mine = old is was
        assert one.place == pytest.approx(place if mine else np.array(old["place"]), abs=0.01)
        assert math.degrees(one.yaw) == pytest.approx(old["yaw"] + turn * mine, abs=3.0)
        assert one.touchdown == pytest.approx(old["touchdown"], abs=0.034)
    assert now.report["jerk"] < 1.15 * walked(foot).report["jerk"]
    assert now.report["slip_95_cm"] < walked(foot).report["slip_95_cm"] + 0.1


@each("foot", WALKS)
def test_a_print_out_of_reach_is_refused_with_the_nearest_place(foot: str) -> None:
    was = middle(foot)
    far = (was["place"][0] + 3.0, 0.0, was["place"][2])
    edit = FootprintEdit(foot, was["touchdown"], place=far)
    with pytest.raises(OutOfReachError, match="out of reach; the nearest possible place") as error:
        laid(foot, edit)
    near = tuple(map(float, error.value.place))
    assert was["place"][0] + 0.2 < near[0] < far[0]
    assert laid(foot, replace(edit, place=near)).report["footprints_edited"]
    left = laid(foot, replace(edit, optional=True)).report
    assert "left as it is" in left["warnings"][-1]
    assert left["footprints_edited"] == []


@each("foot", WALKS)
def test_a_body_makes_an_added_step_and_swings_over_a_deleted_one(foot: str) -> None:
    was = walked(foot).report["footprints"]
    start = middle(foot)["touchdown"]
    gone = laid(foot, FootprintEdit(foot, start, delete=True)).report["footprints"]
    assert len(gone) == len(was) - 1
    swing = middle(foot)["liftoff"] + 0.15
    result = laid(foot, FootprintEdit(foot, swing, add=True))
    assert len(result.report["footprints"]) == len(was) + 1
    (new,) = (one for one in result.report["footprints"] if one.get("added"))
    again = checked_edits("footprints", result.report["footprints_edited"])
    assert new in bake(replace(result.request, footprints=again)).report["footprints"]
