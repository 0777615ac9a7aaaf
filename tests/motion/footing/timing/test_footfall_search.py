# SPDX-License-Identifier: GPL-3.0-or-later
"""Moved footfalls: legs' time is bent as it should be, and the shipped animal obeys."""

from collections.abc import Generator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake, bake_many
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.herd import Herd
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.body.quadruped import LEGS
from motion_addon.motion.controller.blending import StrideClock
from motion_addon.motion.footing.footprint_edits import FootprintEdit
from motion_addon.motion.footing.timing import footfall_search
from motion_addon.motion.footing.timing.footfall_search import Retiming, monotone
from motion_addon.motion.metrics import clip_metrics, quadruped_metrics
from tests.cases import each

FRAMES, STRIDE = 400, 40.0
LF, RH = LEGS.index("LF"), LEGS.index("RH")
OFFSETS, DUTY = np.array(quadruped_gaits.TABLE["walk"].offsets), quadruped_gaits.TABLE["walk"].duty
CLOCK = StrideClock(np.arange(FRAMES) / STRIDE, np.tile(OFFSETS, (FRAMES, 1)))


def walked(clock: StrideClock, reach: float = 1.0) -> np.ndarray:
    """Return the contacts of legs that follow a clock, or only a share of what it changes."""
    offsets = CLOCK.offsets + reach * (clock.offsets - CLOCK.offsets)
    return ((clock.phase[:, None] - offsets) % 1.0 < DUTY).astype(np.float32)


def retiming(*moved: FootprintEdit) -> Retiming:
    return Retiming(moved, walked(CLOCK), CLOCK, 60.0)


def stands(contacts: np.ndarray, leg: int) -> list[tuple[int, int]]:
    return footfall_search.stances_of(contacts)[leg]


def test_touchdown_comes_when_it_is_wanted_and_no_other_moves() -> None:
    subject = retiming(FootprintEdit("LF", 170 / 60, to=174 / 60))
    made = walked(subject.clock())
    before, after = stands(walked(CLOCK), LF), stands(made, LF)
    assert (170, 195) in before
    assert (174, 199) in after
    assert set(after) ^ set(before) == {(170, 195), (174, 199)}
    others = [leg for leg in range(4) if leg != LF]
    assert np.array_equal(made[:, others], walked(CLOCK)[:, others])
    assert subject.learn(made) <= 1.0
    assert not subject.refuse()
    assert subject.remarks() == []


def test_lift_off_and_touchdown_move_each_for_itself() -> None:
    for to, lift in ((170, 200), (164, 195), (175, 190)):
        moved = FootprintEdit("LF", 170 / 60, to=to / 60, lift=lift / 60)
        start, stop = min(stands(walked(retiming(moved).clock()), LF), key=lambda s: abs(s[0] - to))
        assert abs(start - to) <= 1
        assert abs(stop - lift) <= 1


def test_a_stand_of_no_wanted_length_leaves_the_swing_after_it_time() -> None:
    made = walked(retiming(FootprintEdit("LF", 170 / 60, to=180 / 60)).clock())
    start, stop = min(stands(made, LF), key=lambda s: abs(s[0] - 180))
    assert abs(start - 180) <= 1
    assert 210 - stop >= 0.65 * (210 - 195)


def test_several_footfalls_of_one_paw_and_of_others() -> None:
    moved = [
        FootprintEdit("LF", 170 / 60, to=175 / 60),
        FootprintEdit("LF", 210 / 60, to=206 / 60),
        FootprintEdit("RH", 180 / 60, to=186 / 60),
    ]
    made = walked(retiming(*moved).clock())
    assert {175, 206} <= {start for start, _ in stands(made, LF)}
    assert 186 in {start for start, _ in stands(made, RH)}


def test_legs_that_fall_short_are_asked_for_more() -> None:
    subject = retiming(FootprintEdit("LF", 170 / 60, to=177 / 60))

    def attempt(clock: StrideClock) -> Generator[float, None, footfall_search.Try]:
        yield 0.5
        return footfall_search.Try(None, None, walked(clock, reach=0.7))  # type: ignore[arg-type]

    plain = footfall_search.Try(None, None, walked(CLOCK))  # type: ignore[arg-type]
    steps = footfall_search.search(subject, plain, attempt)
    progress = []
    try:
        while True:
            progress.append(next(steps))
    except StopIteration as end:
        best = end.value
    assert min(abs(start - 177) for start, _ in stands(best.contacts, LF)) <= 1
    assert progress == sorted(progress)
    assert 0.0 <= progress[0] <= progress[-1] <= 1.0


@each(
    ("moved", "match"),
    [
        (FootprintEdit("LF", 2.5, to=2.6), "no touchdown at 2.50 s; near it .* 2.17 and 2.83"),
        (FootprintEdit("LF", 170 / 60, to=3.6), "between .* and .* s, not at 3.60"),
        (FootprintEdit("LF", 170 / 60, to=2.4), "between .* and .* s, not at 2.40"),
        (FootprintEdit("LF", 170 / 60, lift=3.9), "lift off at .* at most"),
        (FootprintEdit("LF", 170 / 60, to=2.9, lift=2.91), "can touch down between"),
        (FootprintEdit("LH", 0.0, to=0.2), "stands from the start"),
    ],
)
def test_what_cannot_be_is_refused_or_left_as_it_is(moved: FootprintEdit, match: str) -> None:
    with pytest.raises(RefusedError, match=match):
        retiming(moved)
    subject = retiming(replace(moved, optional=True), FootprintEdit("RH", 3.0, to=3.05))
    assert subject.moved == 1
    assert len(subject.warnings) == 1
    assert "left as it is" in subject.warnings[0]


def test_a_footfall_that_is_not_obeyed_is_refused_with_what_is_possible() -> None:
    moved = FootprintEdit("LF", 170 / 60, to=177 / 60)
    half = walked(retiming(moved).clock(), reach=0.4)
    subject = retiming(moved)
    subject.learn(half)
    with pytest.raises(RefusedError, match=r"cannot touch down at 2.95 s; about 2.8\d s is"):
        subject.refuse()
    subject = retiming(replace(moved, optional=True))
    subject.learn(half)
    assert subject.refuse()
    assert subject.moved == 0


def test_two_edits_of_one_stand_are_refused() -> None:
    with pytest.raises(RefusedError, match="twice"):
        retiming(FootprintEdit("LF", 2.83, to=2.9), FootprintEdit("LF", 2.84, to=2.8))


def test_monotone_curve_passes_through_its_points_and_never_falls() -> None:
    x = np.array([0.0, 10.0, 11.0, 30.0, 31.0, 60.0])
    y = np.array([0.0, 2.0, 12.0, 13.0, 31.0, 60.0])
    at = np.linspace(0.0, 60.0, 601)
    values = monotone(x, y, at)
    assert values[np.searchsorted(at, x)] == pytest.approx(y, abs=1e-6)
    assert (np.diff(values) >= -1e-9).all()
    assert monotone(at, at, at + 0.05)[:-1] == pytest.approx((at + 0.05)[:-1])


# With the shipped model.

PATHS = {"walk": 0.9, "trot": 1.8, "canter": 3.0}


@cache
def plain(gait: str, hip_height: float | None = None) -> BakeResult:
    speed = PATHS[gait]
    return bake(
        BakeRequest(
            path=((0.0, 0.0, 0.0), (0.0, 0.0, 5.0 * speed)),
            model="quadruped",
            gait=gait,
            speed=speed,
            hip_height=hip_height,
        )
    )


def middle(result: BakeResult, paw: str) -> tuple[float, float, float]:
    """Return touchdown, lift-off and stride (s) of a footfall half-way."""
    found = result.report["footfalls"][paw]
    place = len(found) // 2
    return (*found[place], found[place + 1][0] - found[place][0])


def moved(result: BakeResult, *edits: FootprintEdit) -> BakeResult:
    return bake(replace(result.request, footprints=edits))


def whole(result: BakeResult, seconds: float) -> float:
    fps = result.request.fps
    return round(seconds * fps) / fps


def landed(result: BakeResult, paw: str, wanted: float) -> float:
    """Return how many frames off its wanted time the nearest touchdown is."""
    starts = [start for start, _ in result.report["footfalls"][paw]]
    return min(abs(start - wanted) for start in starts) * result.request.fps


@each("share", [-0.12, 0.2])
@each("gait", PATHS)
def test_the_animal_obeys_a_moved_footfall(gait: str, share: float) -> None:
    was = plain(gait)
    at, _, stride = middle(was, "LF")
    to = whole(was, at + share * stride)
    now = moved(was, FootprintEdit("LF", at, to=to))
    assert landed(now, "LF", to) <= 1.5
    for paw, found in was.report["footfalls"].items():
        for start, _ in found:
            if (paw, start) != ("LF", at):
                assert landed(now, paw, start) <= 2.05
    # Nothing slips or pops that did not before, and the path is kept.
    assert now.report["joint_pops"] <= was.report["joint_pops"]
    assert now.report["foot_skate"] < was.report["foot_skate"] + 0.01
    assert now.report["path_max_cm"] < was.report["path_max_cm"] + 1.0
    slips = [
        clip_metrics.seen_slips(quadruped.paw_points(r.clip), r.clip.fps, (0, 1, 2, 3))
        for r in (was, now)
    ]
    assert np.percentile(slips[1], 95) < np.percentile(slips[0], 95) + 0.3
    bends = [np.hstack(list(quadruped_metrics.bends(r.clip).values())) for r in (was, now)]
    kicks = [np.abs(np.diff(b, n=2, axis=0)).max() for b in bends]
    assert kicks[1] < 1.4 * kicks[0]
    assert now.report["footprints_edited"] == [{"foot": "LF", "at": at, "to": to}]
    unmoved = now.report["footfalls_unmoved"]["LF"]
    assert min(abs(stand[0] - at) for stand in unmoved if stand) < 0.02


def test_all_footfalls_of_a_stride_at_once() -> None:
    was = plain("trot")
    edits = []
    for paw in LEGS:
        at, _, stride = middle(was, paw)
        edits.append(FootprintEdit(paw, at, to=whole(was, at + 0.12 * stride)))
    now = moved(was, *edits)
    for edit in edits:
        assert landed(now, edit.foot, edit.to) <= 1.5


def test_a_footfall_is_made_longer_and_shorter() -> None:
    was = plain("trot")
    at, lift, _ = middle(was, "LH")
    for by in (-2, 2):
        now = moved(was, FootprintEdit("LH", at, to=at, lift=lift + by / 30.0))
        stand = min(now.report["footfalls"]["LH"], key=lambda s: abs(s[0] - at))
        assert abs(stand[0] - at) * 30.0 <= 1.5
        assert (stand[1] - lift) * by > 0.0


def test_footfalls_of_a_mouse_are_moved_in_its_own_time() -> None:
    mouse = bake(
        BakeRequest(
            path=((0.0, 0.0, 0.0), (0.0, 0.0, 0.8)),
            model="quadruped",
            gait="trot",
            speed=0.45,
            hip_height=0.03,
            fps=120.0,
        )
    )
    at, _, stride = middle(mouse, "RF")
    to = whole(mouse, at + 0.15 * stride)
    now = moved(mouse, FootprintEdit("RF", at, to=to))
    assert landed(now, "RF", to) <= 1.5


def test_unmoved_footfalls_change_nothing_that_can_be_seen() -> None:
    was = plain("walk")
    at, lift, _ = middle(was, "RF")
    now = moved(was, FootprintEdit("RF", at, to=at, lift=lift))
    assert np.abs(now.clip.root_positions - was.clip.root_positions).max() < 0.01
    assert moved(was, FootprintEdit("RF", at, to=at + 5.0, optional=True)).clip.root_positions == (
        pytest.approx(was.clip.root_positions)
    )


def test_many_at_once_move_theirs() -> None:
    was = plain("trot")
    at, _, stride = middle(was, "LF")
    to = whole(was, at + 0.1 * stride)
    edited = replace(was.request, footprints=(FootprintEdit("LF", at, to=to),))
    both = bake_many([was.request, edited])
    assert "footprints_edited" not in both[0].report
    assert landed(both[1], "LF", to) <= 1.5


def test_without_clean_up_the_network_still_moves_it() -> None:
    was = plain("trot")
    at, _, stride = middle(was, "LF")
    to = whole(was, at + 0.1 * stride)
    bare = replace(was.request, cleanup=False, footprints=(FootprintEdit("LF", at, to=to),))
    assert landed(bake(bare), "LF", to) <= 3.0


def test_paws_of_people_and_footprints_of_herds_are_refused() -> None:
    edit = (FootprintEdit("LF", 1.0, to=1.1),)
    person = BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 3.0)), footprints=edit)
    with pytest.raises(RefusedError, match="LF, a foot that a person does not have; use left"):
        bake(person)
    dog = replace(person, model="quadruped")
    with pytest.raises(RefusedError, match="herd"):
        Herd(dog, count=2)
    assert "footprints_edited" not in cycle(dog).report
