# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling gaps, whatever the network says: kept poses, windows, long gaps, rates, sizes, refusals.

The networks here have learned nothing.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.inbetween import fill_gaps, gap
from motion_addon.motion.inbetween.fill_gaps import CONTEXT, MOST_FRAMES, fill
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.dogs import stepping_dog
from tests.motion.fillers import filler
from tests.motion.walks import SKELETON, any_clip, same_rotation

NOTHING = filler(SKELETON, size=0.0)
SOME = filler(SKELETON)


def mask(frames: int, *gaps: tuple[int, int]) -> np.ndarray:
    known = np.ones(frames, dtype=bool)
    for start, stop in gaps:
        known[start:stop] = False
    return known


@each("lock", [True, False])
@each("gaps", [[(10, 40)], [(1, 60)], [(5, 6), (7, 20), (21, 22), (30, 55)], [(20, 230)]])
def test_kept_poses_stay_to_the_bit(gaps: list[tuple[int, int]], lock: bool) -> None:
    clip = any_clip(1, max(stop for _, stop in gaps) + 10, 30.0)
    known = mask(clip.frames, *gaps)
    out = fill(SOME, clip, known, lock=lock)
    assert np.array_equal(out.rotations[known], clip.rotations[known])
    assert np.array_equal(out.root_positions[known], clip.root_positions[known])
    assert out.frames == clip.frames
    assert np.isfinite(out.rotations).all()
    assert np.linalg.norm(out.rotations, axis=-1) == pytest.approx(1.0, abs=1e-4)
    assert out.contacts is not None
    assert set(np.unique(out.contacts)) <= {0.0, 1.0}
    moved = np.abs(out.rotations - clip.rotations).max(axis=(1, 2)) > 1e-6
    assert moved[~known].all()


def test_what_lies_in_the_gap_plays_no_part() -> None:
    clip = any_clip(2, 50, 30.0)
    known = mask(50, (10, 40))
    other = replace(clip, rotations=np.where(known[:, None, None], clip.rotations, quat.IDENTITY))
    a, b = fill(SOME, clip, known), fill(SOME, other, known)
    assert np.array_equal(a.rotations, b.rotations)
    assert np.array_equal(a.root_positions, b.root_positions)


@each("fps", [8.0, 24.0, 30.0, 60.0, 120.0])
def test_no_correction_is_a_smooth_filling_at_any_rate(fps: float) -> None:
    frames = round(2.0 * fps)
    root = np.linspace([0, 1, 0], [0, 1, 2.4], frames, dtype=np.float32)
    turns = np.repeat(quat.yaw(np.linspace(0.0, 1.0, frames))[:, None], len(SKELETON), axis=1)
    clip = Clip(SKELETON, turns.astype(np.float32), root, fps)
    known = mask(frames, (round(0.4 * fps), round(1.6 * fps)))
    out = fill(NOTHING, clip, known, lock=False)
    assert out.root_positions == pytest.approx(root, abs=1e-3)
    assert same_rotation(out.rotations, clip.rotations, atol=1e-4)


def test_seeds_are_repeatable_variants() -> None:
    clip = any_clip(3, 40, 30.0)
    known = mask(40, (10, 30))
    plain, one, again, two = (fill(SOME, clip, known, seed=s) for s in (0, 1, 1, 2))
    assert np.array_equal(one.rotations, again.rotations)
    assert not np.allclose(one.rotations, two.rotations, atol=1e-4)
    assert not np.allclose(one.rotations, plain.rotations, atol=1e-4)


def test_size_does_not_matter() -> None:
    clip = any_clip(4, 40, 30.0)
    known = mask(40, (10, 30))
    small, large = fill(SOME, clip, known), fill(SOME, clip.scaled(3.0), known)
    assert large.root_positions / 3.0 == pytest.approx(small.root_positions, abs=1e-3)
    assert same_rotation(large.rotations, small.rotations, atol=1e-3)


def test_joints_the_model_does_not_know_are_interpolated() -> None:
    clip = any_clip(5, 40, 30.0)
    more = Skeleton(
        (*SKELETON.names, "Hat"),
        np.append(SKELETON.parents, SKELETON.index("Head")),
        np.vstack([SKELETON.offsets, [[0.0, 0.2, 0.0]]]),
    )
    spin = quat.yaw(np.linspace(0.0, 1.0, 40)).astype(np.float32)[:, None]
    spun = Clip(more, np.concatenate([clip.rotations, spin], axis=1), clip.root_positions, 30.0)
    known = mask(40, (10, 30))
    out = fill(SOME, spun, known)
    assert same_rotation(out.rotations[:, -1:], spin, atol=1e-4)
    assert same_rotation(out.rotations[:, :-1], fill(SOME, clip, known).rotations, atol=1e-5)


def test_four_legs_are_the_same_code() -> None:
    clip = stepping_dog(seconds=1.5)
    known = mask(clip.frames, (20, 70))
    out = fill(filler(clip.skeleton), clip, known)
    assert np.array_equal(out.rotations[known], clip.rotations[known])
    assert np.isfinite(out.rotations).all()


@given(st.lists(st.booleans(), min_size=3, max_size=300), st.integers(1, 40))
def test_windows_fill_every_gap_once(marks: list[bool], times: int) -> None:
    open_ = np.repeat(np.array([False, *marks, False]), times)
    runs = np.diff(np.concatenate([[0], open_.astype(int), [0]]))
    lengths = np.flatnonzero(runs == -1) - np.flatnonzero(runs == 1)
    if len(lengths) and lengths.max() > 60:
        return
    taken = np.zeros(len(open_), dtype=int)
    for first, last, until in fill_gaps.windows(open_):
        assert 0 <= first < last <= len(open_)
        assert last - first <= max(MOST_FRAMES, 60 + 2 * CONTEXT) + CONTEXT
        assert not open_[first] or taken[first]
        part = np.zeros(len(open_), dtype=bool)
        part[first:until] = open_[first:until]
        taken += part & (taken == 0)
    assert np.array_equal(taken > 0, open_)


@each(
    ("known", "text"),
    [
        (mask(40), "no gap"),
        (mask(40, (0, 10)), "first and the last"),
        (mask(40, (30, 40)), "first and the last"),
        (mask(41, (10, 20)), "40 frames, but 41"),
    ],
)
def test_refusals(known: np.ndarray, text: str) -> None:
    with pytest.raises(RefusedError, match=text) as caught:
        fill(SOME, any_clip(1, 40, 30.0), known)
    assert "\n" not in str(caught.value)


def test_other_bodies_are_refused() -> None:
    clip = any_clip(1, 40, 30.0)
    known = mask(40, (10, 30))
    with pytest.raises(RefusedError, match="no joint Pelvis"):
        fill(filler(stepping_dog(seconds=0.1).skeleton), clip, known)
    flat = Skeleton(SKELETON.names, SKELETON.parents, np.abs(SKELETON.offsets))
    with pytest.raises(RefusedError, match="stand upright"):
        fill(SOME, replace(clip, skeleton=flat), known)
    parents = np.maximum(SKELETON.parents, 0)
    parents[0] = -1
    parents[3] = 0
    with pytest.raises(RefusedError, match="other parents"):
        fill(
            SOME, replace(clip, skeleton=Skeleton(SKELETON.names, parents, SKELETON.offsets)), known
        )
    with pytest.raises(RefusedError, match="not finite numbers"):
        fill(SOME, replace(clip, root_positions=clip.root_positions * np.nan), known)
    with pytest.raises(RefusedError, match="frame rate"):
        fill(SOME, replace(clip, fps=2.0), known)
    with pytest.raises(RefusedError, match="8 seconds, not 9"):
        fill(SOME, any_clip(1, 300, 30.0), mask(300, (10, 287)))


def test_long_gaps_are_filled_evenly() -> None:
    clip = any_clip(7, 262, 30.0)
    still = replace(
        clip, rotations=np.where(np.arange(262)[:, None, None] < 200, *clip.rotations[[0, 250]])
    )
    known = mask(262, (11, 250))
    still = replace(still, root_positions=np.linspace([0, 1, 0], [0, 1, 9], 262, dtype=np.float32))
    out = fill(NOTHING, still, known, lock=False)
    plain, line = gap.interpolated(still.rotations[None], still.root_positions[None], known[None])
    assert out.root_positions == pytest.approx(line[0], abs=2e-3)
    assert same_rotation(out.rotations, plain[0], atol=1e-2)
