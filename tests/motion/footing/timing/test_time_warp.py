# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-timed steps of people: obeyed within a frame, feet stay planted, no other step moves."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.footing.footprint_edits import FootprintEdit
from motion_addon.motion.footing.timing.time_warp import Warp
from tests.cases import each

STANCES = {"left": [(0, 60), (100, 140), (180, 240)], "right": [(0, 106), (135, 186), (230, 240)]}
FEET = tuple(STANCES)


def warp(*edits: FootprintEdit) -> Warp:
    return Warp(STANCES, edits, 240, 60.0)


def test_only_the_edited_events_move() -> None:
    made = warp(FootprintEdit("left", 100 / 60, to=106 / 60))
    source = made.source()
    assert source[106] == pytest.approx(100.0)
    for start, stop in (STANCES["left"][0], STANCES["right"][1], (180, 239)):
        assert source[[start, stop]] == pytest.approx([start, stop])
    assert (np.diff(source) > 0.0).all()
    assert np.diff(source).max() < 3.0
    assert made.planned()["right"] == [(0, 110), *STANCES["right"][1:]]
    assert "right lifts off at 1.83 s instead of 1.77 s" in made.remarks()[0]


@each(
    ("edit", "match"),
    [
        (FootprintEdit("left", 100 / 60, to=2.5), "left at 1.67 s can touch down between .* 2.50"),
        (FootprintEdit("left", 100 / 60, lift=1.7), "can lift off between .* not at 1.70 s"),
        (FootprintEdit("left", 2.3, to=2.4), "no touchdown at 2.30 s; near it .* 1.67 and 3.00"),
        (FootprintEdit("right", 0.0, to=0.5), "right stands from the start"),
        (FootprintEdit("left", 3.0, lift=3.5), "left stands to the end"),
    ],
)
def test_what_cannot_be_is_refused_or_left(edit: FootprintEdit, match: str) -> None:
    with pytest.raises(RefusedError, match=match):
        warp(edit)
    made = warp(replace(edit, optional=True))
    assert len(made.warnings) == 1
    assert not made.kept
    assert made.source() == pytest.approx(np.arange(240.0))


@cache
def plain(speed: float) -> BakeResult:
    return bake(BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 4.0 * speed)), speed=speed))


@each(("key", "frames"), [("to", -3), ("to", 3), ("lift", -1), ("lift", 1)])
@each("speed", [0.9, 3.0])
def test_a_person_obeys_a_moved_touchdown_and_lift_off(speed: float, key: str, frames: int) -> None:
    was = plain(speed)
    stances, end = was.report["footfalls"], int(key == "lift")
    index = len(stances["left"]) // 2
    at = stances["left"][index][0]
    wanted = round(stances["left"][index][end] * 30 + frames) / 30
    edit = FootprintEdit("left", at, **{key: wanted})
    now = bake(replace(was.request, footprints=(edit,)))
    after = now.report["footfalls"]
    assert after["left"][index][end] == pytest.approx(wanted, abs=0.034)
    for foot, own in stances.items():
        for number, (start, _) in enumerate(own):
            if (foot, number) != ("left", index):
                assert after[foot][number][0] == pytest.approx(start, abs=0.034)
    assert now.report["footfalls_unmoved"] == {foot: [*stances[foot]] for foot in FEET}
    assert now.report["slip_95_cm"] < 0.3
    assert now.report["jerk"] < 1.15 * was.report["jerk"]
    assert now.report["footprints_edited"] == [edit.to_json()]
