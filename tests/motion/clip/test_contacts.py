# SPDX-License-Identifier: GPL-3.0-or-later
"""Foot contacts of feet that step at known times: detection, flicker, strikes, phase."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.clip import contacts
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.smoothing import smooth
from tests.cases import each
from tests.motion.walks import SKELETON, stepping

LEFT, RIGHT = 0, 1
WALK = [(60, LEFT), (92, RIGHT), (124, LEFT), (156, RIGHT), (188, LEFT), (220, RIGHT)]


def standing(spans: dict[int, list[tuple[int, int]]], frames: int) -> np.ndarray:
    """Return contacts (T, 4) of whole feet in the stances given by side."""
    out = np.zeros((frames, 4), dtype=np.float32)
    for side, stances in spans.items():
        for start, stop in stances:
            out[start:stop, 2 * side : 2 * side + 2] = 1.0
    return out


def walked(strikes: list[tuple[int, int]], frames: int, stance: int = 38) -> np.ndarray:
    """Return contacts (T, 4) of feet with a stance of ``stance`` frames from each strike."""
    spans: dict[int, list[tuple[int, int]]] = {LEFT: [(0, 20)], RIGHT: [(0, 50)]}
    for frame, side in strikes:
        spans[side].append((frame, frame + stance))
    return standing(spans, frames)


def test_heel_lies_behind_the_ankle_as_low_as_the_ball() -> None:
    for side, (foot, ball) in enumerate(contacts.FOOT_JOINTS):
        heel = contacts.heel_offset(SKELETON, side)
        at = SKELETON.offsets[SKELETON.index(ball)]
        assert heel[1] == at[1]
        assert -at[2] < heel[2] < 0.0
        assert SKELETON.index(foot) == SKELETON.parents[SKELETON.index(ball)]


def test_foot_points_follow_the_feet() -> None:
    turn = quat.yaw(np.array([0.0, 1.2]))
    pose = np.tile(quat.IDENTITY.astype(float), (2, len(SKELETON), 1))
    pose[:, 0] = turn
    root = np.array([[0.0, 1.0, 0.0], [2.0, 1.0, -3.0]])
    points = contacts.foot_points(SKELETON, *SKELETON.fk(pose, root))
    assert points.shape == (2, 4, 3)
    assert points[0, 1] == pytest.approx([0.11, 0.02, 0.11], abs=1e-6)
    assert points[0, 3] == pytest.approx([-0.11, 0.02, 0.11], abs=1e-6)
    assert points[0, 0, [0, 1]] == pytest.approx([0.11, 0.02], abs=1e-6)
    moved = root[1] + quat.apply(turn[1], points[0] - root[0])
    assert points[1] == pytest.approx(moved, abs=1e-6)


def test_detected_contacts_are_the_real_ones() -> None:
    found = contacts.detect(stepping(WALK, 260), 60.0)
    assert set(np.unique(found)) <= {0.0, 1.0}
    truth = np.zeros((260, 4), dtype=bool)
    for column in range(4):
        points = stepping(WALK, 260)[:, column]
        truth[:, column] = points[:, 1] < points[:, 1].min() + 0.005
    assert np.abs(found - truth).mean(axis=0).max() < 0.07
    # Never while the foot is well up, always while it stands and has stood.
    for column in range(4):
        up = stepping(WALK, 260)[:, column, 1] > 0.1
        assert not found[up, column].any()
    assert found[truth & np.roll(truth, 4, axis=0) & np.roll(truth, -4, axis=0)].all()


@pytest.mark.parametrize("fps", [30.0, 120.0])
def test_detection_does_not_depend_on_the_frame_rate(fps: float) -> None:
    points = stepping(WALK, 261)
    at = np.linspace(0, 260, round(260 * fps / 60) + 1)
    flat = points.reshape(261, -1)
    slower = np.stack([np.interp(at, np.arange(261), c) for c in flat.T], -1).reshape(-1, 4, 3)
    found = contacts.detect(slower, fps)[np.round(np.arange(261) * fps / 60).astype(int)]
    assert np.abs(found - contacts.detect(points, 60.0)).mean() < 0.04


def test_ground_that_is_not_at_zero() -> None:
    points = stepping(WALK, 260) + np.array([0.0, -3.0, 0.0])
    points[:, 2:, 1] += 0.5
    assert np.array_equal(contacts.detect(points, 60.0), contacts.detect(stepping(WALK, 260), 60.0))


def test_sliding_and_lifted_feet_do_not_stand() -> None:
    still = np.zeros((120, 4, 3))
    assert contacts.detect(still, 60.0).all()
    sliding = still.copy()
    sliding[:, 0, 2] = 1.0 * np.arange(120) / 60.0
    assert not contacts.detect(sliding, 60.0)[5:-5, 0].any()
    lifted = still.copy()
    lifted[30:90, 1, 1] = 0.2
    assert not contacts.detect(lifted, 60.0)[35:85, 1].any()


def test_clean_drops_flicker_and_closes_gaps() -> None:
    raw = np.zeros((60, 4), dtype=np.float32)
    raw[10:40] = 1.0
    raw[20:22, 0] = 0.0
    raw[50:52, 1] = 1.0
    out = contacts.clean(raw, 60.0)
    wanted = np.zeros((60, 4))
    wanted[10:40] = 1.0
    assert np.array_equal(out, wanted)


def test_clean_has_hysteresis() -> None:
    wave = np.array([0.0] * 8 + [0.55] * 8 + [0.9] * 8 + [0.45] * 8 + [0.1] * 8, dtype=np.float32)
    out = contacts.clean(np.tile(wave[:, None], (1, 4)), 60.0)
    assert not out[:16].any()
    assert out[16:32].all()
    assert not out[32:].any()


@given(st.integers(0, 2**31), st.sampled_from([24.0, 30.0, 60.0]))
@settings(max_examples=50, deadline=None)
def test_clean_leaves_nothing_short_and_changes_no_more(seed: int, fps: float) -> None:
    rng = np.random.default_rng(seed)
    raw = smooth(rng.random((150, 4)), 2.0)
    raw = (raw - raw.min()) / np.ptp(raw)
    out = contacts.clean(raw, fps)
    least = round(0.07 * fps)
    for column in out.T:
        for start, stop in contacts.runs(column > 0.5):
            assert stop - start >= least or start == 0 or stop == len(column)
    assert set(np.unique(out)) <= {0.0, 1.0}
    assert np.array_equal(contacts.clean(out, fps), out)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_runs_are_the_stretches_of_true(flags: list[bool]) -> None:
    mask = np.array(flags)
    found = contacts.runs(mask)
    rebuilt = np.zeros_like(mask)
    for start, stop in found:
        assert start < stop
        rebuilt[start:stop] = True
    assert np.array_equal(rebuilt, mask)
    assert all(b < c for (_, b), (c, _) in itertools.pairwise(found))


def test_strikes_of_a_plain_walk() -> None:
    assert contacts.strikes(walked(WALK, 260), 60.0) == WALK
    found = contacts.strikes(contacts.detect(stepping(WALK, 260), 60.0), 60.0)
    assert [side for _, side in found] == [side for _, side in WALK]
    assert [frame for frame, _ in found] == pytest.approx([f for f, _ in WALK], abs=6)


def test_heel_or_ball_strikes() -> None:
    stands = walked(WALK, 260)
    stands[90:95, 2] = 0.0
    assert contacts.strikes(stands, 60.0) == WALK
    late = stands.copy()
    late[:, 1] = np.roll(late[:, 1], 4)
    assert contacts.strikes(late, 60.0) == WALK


def test_a_double_strike_counts_once() -> None:
    twice = walked(WALK, 260)
    twice[130:136, :2] = 0.0
    found = contacts.strikes(twice, 60.0)
    assert [side for _, side in found] == [side for _, side in WALK]
    assert {frame for frame, _ in found} - {136} == {frame for frame, _ in WALK} - {124}


def test_a_missed_strike_is_put_between() -> None:
    stands = walked([e for e in WALK if e != (156, RIGHT)], 260)
    found = contacts.strikes(stands, 60.0)
    assert [side for _, side in found] == [LEFT, RIGHT, LEFT, RIGHT, LEFT, RIGHT]
    assert found[3] == ((124 + 188) // 2, RIGHT)


def test_feet_down_together_are_one_strike() -> None:
    together = standing({LEFT: [(30, 60), (120, 150)], RIGHT: [(33, 90)]}, 200)
    assert contacts.strikes(together, 60.0)[0] == (30, LEFT)
    sides = [side for _, side in contacts.strikes(together, 60.0)]
    assert all(a != b for a, b in itertools.pairwise(sides))


@given(st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_strikes_always_alternate_with_a_least_gap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stands = np.repeat(rng.random((40, 4)) > 0.5, rng.integers(2, 30), axis=0).astype(np.float32)
    found = contacts.strikes(stands, 60.0)
    frames = [frame for frame, _ in found]
    assert all(b - a >= 12 for a, b in itertools.pairwise(frames))
    assert all(a != b for (_, a), (_, b) in itertools.pairwise(found))


def test_phase_is_whole_at_right_strikes_and_half_at_left_ones() -> None:
    phase = contacts.phase(walked(WALK, 260), 60.0)
    assert phase.dtype == np.float32
    at = np.array([frame for frame, _ in WALK])
    assert phase[at] == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    assert np.diff(phase[60:220]) == pytest.approx(0.5 / 32, abs=1e-5)
    right_first = contacts.phase(walked([(f, 1 - s) for f, s in WALK], 260), 60.0)
    assert right_first[at] % 1.0 == pytest.approx([0.0, 0.5] * 3)


def test_phase_rests_in_a_pause() -> None:
    paused = [(60, LEFT), (92, RIGHT), (392, LEFT), (424, RIGHT)]
    phase = contacts.phase(walked(paused, 480), 60.0)
    assert phase[[60, 92, 392, 424]] == pytest.approx([0.5, 1.0, 1.5, 2.0])
    rate = np.diff(phase) * 60.0
    assert rate.min() >= 0.0
    assert rate[120:330].max() < 0.02
    assert rate[360:390].min() > 0.4


def test_phase_of_too_few_strikes_is_still() -> None:
    assert not contacts.phase(np.ones((50, 4), dtype=np.float32), 60.0).any()
    assert not contacts.phase(walked(WALK[:1], 100), 60.0).any()


@given(st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_phase_never_runs_backwards(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = 40 + np.cumsum(rng.integers(14, 200, size=12))
    strikes = [(int(time), i % 2) for i, time in enumerate(times)]
    points = stepping(strikes, int(times[-1]) + 60, stance=10)
    phase = contacts.phase(contacts.detect(points, 60.0), 60.0)
    assert len(phase) == len(points)
    assert np.diff(phase).min() >= 0.0
    assert np.diff(phase).max() * 60.0 < 3.0


@each("stance", [12, 20, 26])
def test_duty_factor_is_the_share_of_stance(stance: int) -> None:
    spans = {side: [(a, a + stance) for a in range(20 * side, 400, 40)] for side in (LEFT, RIGHT)}
    duty = contacts.duty_factor(standing(spans, 400), 60.0)
    assert duty[80:-80] == pytest.approx(np.full(240, stance / 40), abs=0.05)
    assert contacts.duty_factor(np.ones((100, 4)), 60.0) == pytest.approx(np.ones(100))
