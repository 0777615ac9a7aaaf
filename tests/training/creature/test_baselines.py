# SPDX-License-Identifier: GPL-3.0-or-later
"""The baselines of one-shot adaptation do what they say: loop, re-mix, retarget."""

import numpy as np
import pytest

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import Trajectory
from tests.motion.dogs import dog, stepping_dog
from training.creature.judging import measures
from training.creature.judging.baselines import (
    looped_clip,
    patch_matching,
    root_relative,
    shipped_model,
)

STRIDE, SPEED = 0.7, 0.8


@pytest.fixture(scope="module")
def walk() -> Clip:
    return stepping_dog("walk", speed=SPEED, seconds=3.0, stride=STRIDE)


def along(speed: float, bend: float = 0.0, seconds: float = 4.0) -> Trajectory:
    """Return the plan of a walk straight on, or along an arc of so many radians."""
    way = np.linspace(0.0, 1.0, 60)
    steps = np.stack([np.sin(bend * way), 0.0 * way, np.cos(bend * way)], axis=-1)
    path = Path.from_points(np.cumsum(steps, axis=0) * speed * seconds / 60.0)
    mover = quadruped_gaits.MOVER
    return trajectory.plan(path, speed=speed, gait="walk", start=False, stop=False, mover=mover)


def test_a_motion_is_put_back_where_it_was(walk):
    plan = measures.course(walk)
    back = root_relative.root_relative(walk).along(plan)
    assert np.allclose(back.world()[1], walk.world()[1], atol=1e-4)
    with pytest.raises(ValueError, match="contacts"):
        root_relative.root_relative(
            Clip(walk.skeleton, walk.rotations, walk.root_positions, walk.fps)
        )


def test_the_best_loop_is_whole_strides(walk):
    start, stop = looped_clip.best_loop(walk, root_relative.root_relative(walk))
    strides = (stop - start) / (STRIDE * walk.fps)
    assert strides == pytest.approx(round(strides), abs=0.03)
    closed = looped_clip.closed(root_relative.root_relative(walk), start, stop)
    assert np.allclose(np.abs((closed.rotations[0] * closed.rotations[-1]).sum(-1)), 1.0, atol=1e-6)
    assert np.allclose(closed.hips[0], closed.hips[-1])


@pytest.mark.parametrize("method", [looped_clip.looped, patch_matching.remixed])
def test_the_exemplars_own_speed_gives_the_exemplar(walk, method):
    plan = along(SPEED)
    clip = method(walk, plan)
    assert clip.frames == len(plan)
    assert clip.contacts.shape == (len(plan), 4)
    made, real = measures.mean_stride(clip.slice(30, 220)), measures.mean_stride(walk)
    assert measures.pose_error(made, real) < 2.0
    falls = measures.footfall_errors(stride_rhythm(clip), stride_rhythm(walk))
    assert falls.max() < 0.04


def test_a_faster_loop_steps_faster_and_does_not_slide(walk):
    clip = looped_clip.looped(walk, along(1.5 * SPEED))
    assert stride_rhythm(clip).rate == pytest.approx(1.5 / STRIDE, rel=0.02)
    assert np.median(measures.planted_slips(clip)) < 2.0


@pytest.mark.parametrize("method", [looped_clip.looped, patch_matching.remixed])
def test_the_root_is_on_the_plan_in_bends(walk, method):
    plan = along(SPEED, bend=1.5)
    clip = method(walk, plan)
    off = np.linalg.norm((clip.root_positions - plan.positions)[:, [0, 2]], axis=-1)
    assert off.max() < 0.35
    assert np.ptp(off) < 0.05


def test_remixing_chooses_a_tempo_and_repeats_itself(walk):
    plan = along(1.6 * SPEED)
    known = patch_matching.tempi(root_relative.root_relative(walk), plan)
    assert [one.motion[:, 1].mean() for one in known] == pytest.approx([1.6 * SPEED], rel=0.05)
    one, other = patch_matching.remixed(walk, plan), patch_matching.remixed(walk, plan)
    assert np.array_equal(one.rotations, other.rotations)
    assert stride_rhythm(one).rate == pytest.approx(1.6 / STRIDE, rel=0.1)


def test_patches_come_from_the_example():
    rng = np.random.default_rng(2)
    example = np.sin(np.linspace(0.0, 12.0, 80))[:, None] + np.zeros((80, 3))
    found = patch_matching.matched(example[20:60] + 0.05 * rng.normal(size=(40, 3)), [example])
    assert np.abs(found - example[20:60]).max() < 0.1


def test_the_shipped_animal_walks_on_any_skeleton(walk):
    small = dog().scaled(0.9)
    exemplar = Clip(small, walk.rotations, walk.root_positions, walk.fps, walk.contacts)
    plan = along(SPEED, seconds=3.0)
    clip = shipped_model.retargeted(exemplar, plan)
    assert clip.skeleton is small
    assert clip.frames == len(plan)
    assert stride_rhythm(clip).rate > 0.5
    way = np.linalg.norm(clip.root_positions[-1] - clip.root_positions[0])
    assert way == pytest.approx(SPEED * clip.seconds, rel=0.1)
