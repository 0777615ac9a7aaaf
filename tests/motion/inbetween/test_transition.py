# SPDX-License-Identifier: GPL-3.0-or-later
"""Transitions: from one clip into another, and from the end of a clip into its beginning."""

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import model, transition
from motion_addon.motion.inbetween.model import Filler


@pytest.fixture(scope="module")
def filler() -> Filler:
    return model.load_filler("biped")


@pytest.fixture(scope="module")
def walking() -> Clip:
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0))
    return bake(BakeRequest(path=path, speed=1.4, fps=30.0, start=False, stop=False)).clip


def jolts(clip: Clip) -> np.ndarray:
    """Return the largest change of any joint's speed at each frame but the ends, m a frame."""
    positions = clip.world()[1]
    return np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1).max(axis=1)


def test_stitch_keeps_both_clips_and_goes_on(filler: Filler, walking: Clip) -> None:
    first, second = walking.slice(0, 40), walking.slice(7, 60)
    done = transition.stitch(filler, first, second, 16)
    assert done.frames == 40 + 16 + 53
    np.testing.assert_array_equal(done.rotations[:40], first.rotations)
    np.testing.assert_array_equal(done.root_positions[:40], first.root_positions)
    np.testing.assert_array_equal(done.rotations[56:, 1:], second.rotations[:, 1:])
    way = done.root_positions[:, 2]
    assert way[-1] > 0.9 * (way[39] / 39) * done.frames
    assert jolts(done)[36:60].max() < 2.0 * jolts(walking).max()


def test_stitch_can_leave_the_second_clip_where_it_is(filler: Filler, walking: Clip) -> None:
    far = transition.GroundTransform(0.6, (0.2, 0.0, 0.9)).clip(walking.slice(30, 60))
    done = transition.stitch(filler, walking.slice(0, 30), far, 20, keep_place=True)
    np.testing.assert_array_equal(done.rotations[50:], far.rotations)
    np.testing.assert_array_equal(done.root_positions[50:], far.root_positions)


def test_second_clip_is_turned_to_where_the_first_one_goes(walking: Clip) -> None:
    aside = transition.GroundTransform(1.2, (3.0, 0.0, -2.0)).clip(walking)
    _, ground = transition.stitched(walking, aside, 10)
    assert ground.yaw == pytest.approx(-1.2, abs=0.2)
    placed = ground.clip(aside)
    step = np.linalg.norm(np.diff(walking.root_positions[:, [0, 2]], axis=0), axis=-1).mean()
    gone = placed.root_positions[0] - walking.root_positions[-1]
    assert np.linalg.norm(gone[[0, 2]]) == pytest.approx(11 * step, rel=0.1)


@pytest.mark.parametrize("frames", [45, 61])
def test_loop_ends_as_it_begins(filler: Filler, walking: Clip, frames: int) -> None:
    clip = walking.slice(0, frames)
    done = transition.loop(filler, clip, 14)
    assert done.frames == frames
    kept = frames - 1 - 14
    np.testing.assert_array_equal(done.rotations[:kept], clip.rotations[:kept])
    np.testing.assert_allclose(done.rotations[-1], done.rotations[0], atol=1e-6)
    on = done.root_positions[-1] - done.root_positions[0]
    assert on[1] == pytest.approx(0.0, abs=1e-6)
    again = transition.GroundTransform(0.0, tuple(on)).clip(done.slice(1, 12))
    rolled = Clip(
        done.skeleton,
        np.concatenate([done.rotations, again.rotations]),
        np.concatenate([done.root_positions, again.root_positions]),
        done.fps,
    )
    assert jolts(rolled)[frames - 4 : frames + 2].max() < 1.5 * jolts(walking).max()


def test_loop_in_place_stays_there(filler: Filler, walking: Clip) -> None:
    still = walking.root_positions * np.array([1.0, 1.0, 0.0], dtype=np.float32)
    clip = Clip(walking.skeleton, walking.rotations, still, walking.fps)
    done = transition.loop(filler, clip.slice(0, 50), 12)
    np.testing.assert_array_equal(done.root_positions[-1], done.root_positions[0])


@pytest.mark.parametrize(
    ("frames", "length", "words"),
    [(20, 12, "too short for a transition of 12"), (40, 2, "3 frames or more")],
)
def test_bad_loops_are_refused(
    filler: Filler, walking: Clip, frames: int, length: int, words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        transition.loop(filler, walking.slice(0, frames), length)


def test_stitch_of_unlike_clips_is_refused(filler: Filler, walking: Clip) -> None:
    slower = Clip(walking.skeleton, walking.rotations, walking.root_positions, 12.0)
    with pytest.raises(RefusedError, match="same frame rate"):
        transition.stitch(filler, walking, slower, 10)
