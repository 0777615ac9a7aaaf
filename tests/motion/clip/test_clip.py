# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips: storing, resampling, mirroring, cutting."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from tests.motion.walks import SKELETON, any_clip, same_rotation

FLIP = np.array([-1.0, 1.0, 1.0])
seeds = st.integers(0, 2**31)


@pytest.mark.parametrize("contacts", [True, False])
def test_save_round_trip(tmp_path: Path, contacts: bool) -> None:
    clip = any_clip(1, fps=59.94, contacts=contacts)
    clip.save(tmp_path / "clip.npz")
    back = Clip.load(tmp_path / "clip.npz")
    assert back.fps == clip.fps
    assert back.skeleton.names == clip.skeleton.names
    assert np.array_equal(back.skeleton.offsets, clip.skeleton.offsets)
    assert np.array_equal(back.rotations, clip.rotations)
    assert np.array_equal(back.root_positions, clip.root_positions)
    assert np.array_equal(back.contacts, clip.contacts) if contacts else back.contacts is None


def test_load_unpickles_nothing(tmp_path: Path) -> None:
    arrays = {f"skeleton_{key}": value for key, value in SKELETON.to_arrays().items()}
    trap = np.array([{"a": 1}], dtype=object)
    np.savez(tmp_path / "trap.npz", rotations=trap, root_positions=trap, fps=60.0, **arrays)
    with pytest.raises(ValueError, match="pickle"):
        Clip.load(tmp_path / "trap.npz")


@given(seeds, st.integers(2, 40), st.sampled_from([24.0, 25.0, 29.97, 30.0, 48.0, 120.0, 240.0]))
@settings(max_examples=40, deadline=None)
def test_resampling_keeps_the_time(seed: int, frames: int, fps: float) -> None:
    clip = any_clip(seed, frames)
    out = clip.resample(fps)
    assert out.fps == fps
    assert clip.seconds - 1.0 / fps < out.seconds <= clip.seconds + 1e-6
    assert np.linalg.norm(out.rotations, axis=-1) == pytest.approx(1.0, abs=1e-5)
    for at in range(0, out.frames, max(out.frames // 3, 1)):
        low = min(int(at * clip.fps / fps + 1e-9), frames - 2)
        share = at * clip.fps / fps - low
        step = clip.root_positions[low + 1] - clip.root_positions[low]
        assert out.root_positions[at] == pytest.approx(
            clip.root_positions[low] + share * step, abs=1e-4
        )
        wanted = quat.slerp(clip.rotations[low], clip.rotations[low + 1], share)
        assert same_rotation(out.rotations[at], wanted, 1e-5)


@given(seeds, st.integers(2, 30), st.sampled_from([2, 3, 4]))
@settings(max_examples=25, deadline=None)
def test_up_and_down_again_is_the_same(seed: int, frames: int, factor: int) -> None:
    clip = any_clip(seed, frames, 30.0, contacts=True)
    back = clip.resample(30.0 * factor).resample(30.0)
    assert back.frames == clip.frames
    assert back.root_positions == pytest.approx(clip.root_positions, abs=1e-5)
    assert same_rotation(back.rotations, clip.rotations, 1e-5)
    assert np.array_equal(back.contacts, clip.contacts)


@given(st.integers(1, 100), st.sampled_from([24, 25, 30, 48, 50, 90, 120]))
@settings(max_examples=30, deadline=None)
def test_whole_seconds_keep_their_last_frame(seconds: int, fps: int) -> None:
    long = any_clip(0, 1).at_frames(np.zeros(30 * seconds + 1), 30.0)
    assert long.resample(float(fps)).frames == seconds * fps + 1
    assert replace(long, fps=29.97).resample(29.97 * fps / 30.0).frames == seconds * fps + 1


def test_resampled_contacts_stay_binary() -> None:
    out = any_clip(4, 50, contacts=True).resample(47.0)
    assert set(np.unique(out.contacts)) == {0.0, 1.0}
    assert len(out.contacts) == out.frames


def test_long_resampling_does_not_drift() -> None:
    out = any_clip(2, 6001, 60.0).resample(30.0)
    assert out.frames == 3001
    assert out.root_positions[-1] == pytest.approx(
        any_clip(2, 6001, 60.0).root_positions[-1], abs=1e-5
    )


def test_one_frame_can_be_resampled() -> None:
    one = any_clip(0, 1)
    assert (one.resample(24.0).frames, one.resample(24.0).fps, one.seconds) == (1, 24.0, 0.0)
    assert one.at_frames(np.array([0.0, 0.0]), 24.0).frames == 2


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_mirrored_twice_is_the_same(seed: int) -> None:
    clip = any_clip(seed, contacts=True)
    twice = clip.mirrored().mirrored()
    assert np.array_equal(twice.rotations, clip.rotations)
    assert np.array_equal(twice.root_positions, clip.root_positions)
    assert np.array_equal(twice.contacts, clip.contacts)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_mirrored_is_the_reflection(seed: int) -> None:
    clip = any_clip(seed, contacts=True)
    mirrored = clip.mirrored()
    pairs = SKELETON.mirror_pairs()
    turned, positions = clip.world()
    turned_back, reflected = mirrored.world()
    assert reflected[:, pairs] == pytest.approx(positions * FLIP, abs=1e-4)
    point = np.array([0.1, 0.2, 0.3])
    ends = quat.apply(turned, np.broadcast_to(point, positions.shape))
    assert quat.apply(turned_back, np.broadcast_to(point * FLIP, positions.shape))[
        :, pairs
    ] == pytest.approx(ends * FLIP, abs=1e-5)
    assert np.array_equal(mirrored.contacts[:, :2], clip.contacts[:, 2:])


def test_slice_and_scale() -> None:
    clip = any_clip(7, 20, contacts=True)
    part = clip.slice(5, 9)
    assert (part.frames, part.fps) == (4, clip.fps)
    assert np.array_equal(part.rotations, clip.rotations[5:9])
    assert np.array_equal(part.contacts, clip.contacts[5:9])
    assert clip.scaled(1.5).world()[1] == pytest.approx(1.5 * clip.world()[1], abs=1e-5)
