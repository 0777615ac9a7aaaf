# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures: a dog matches itself, and differs from one with other steps or sliding paws."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.dogs import stepping_dog
from training.creature.judging import measures


def bent(clip: Clip, turn: float) -> Clip:
    """Return a clip whose whole course is an arc of so many radians."""
    at = clip.root_positions[:, 2] / clip.root_positions[-1, 2]
    yaw = turn * at
    radius = clip.root_positions[-1, 2] / turn
    side = clip.root_positions[:, 0]
    roots = clip.root_positions.copy()
    roots[:, 0] = radius * (1.0 - np.cos(yaw)) + side * np.cos(yaw)
    roots[:, 2] = radius * np.sin(yaw) - side * np.sin(yaw)
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(quat.yaw(yaw), rotations[:, 0])
    return replace(clip, rotations=rotations, root_positions=roots)


@each("gait", ["walk", "trot", "gallop"])
def test_the_rhythm_is_found(gait):
    clip = stepping_dog(gait, speed=1.2, seconds=4.0, stride=0.63)
    found = stride_rhythm(clip)
    assert 1.0 / found.rate == pytest.approx(0.63, rel=0.005)
    off = (found.offsets - np.array(quadruped_gaits.TABLE[gait].offsets) + 0.5) % 1.0 - 0.5
    assert np.abs(off).max() < 0.02


def test_a_beat_is_the_same_wherever_a_clip_begins():
    clip = stepping_dog("walk", seconds=5.0, stride=0.7)
    one, other = stride_rhythm(clip.slice(0, 250)), stride_rhythm(clip.slice(17, 267))
    assert measures.footfall_errors(one, other).max() < 0.01
    assert measures.period_error(one, other) < 0.5
    slower = stride_rhythm(stepping_dog("walk", seconds=5.0, stride=0.77))
    assert measures.period_error(slower, one) == pytest.approx(10.0, abs=0.5)
    trot = stride_rhythm(stepping_dog("trot", seconds=5.0, stride=0.7))
    assert measures.footfall_errors(one, trot)[0] == pytest.approx(0.25, abs=0.02)


def test_a_statue_has_no_rhythm():
    clip = stepping_dog("walk", seconds=3.0)
    still = clip.at_frames(np.full(120, 40.0), clip.fps)
    found = stride_rhythm(still)
    assert found.rate == 0.0
    assert (measures.footfall_errors(found, stride_rhythm(clip)) == 0.5).all()
    assert measures.period_error(found, stride_rhythm(clip)) == 100.0
    assert np.allclose(measures.mean_stride(still), measures.mean_stride(still)[:1])


def test_a_course_is_straight_or_bends():
    clip = stepping_dog("walk", speed=0.8, seconds=5.0)
    line = measures.course(clip)
    assert np.allclose(line.speeds, 0.8, atol=0.01)
    assert np.allclose(line.positions[:, 0], 0.0, atol=0.01)
    assert np.allclose(line.facing, [0.0, 0.0, 1.0], atol=0.02)
    arc = measures.course(bent(clip, 1.5))
    turned = np.degrees(np.ptp(np.unwrap(quat.yaw_of(arc.facing))))
    assert turned == pytest.approx(np.degrees(1.5), rel=0.2)


def test_a_stride_is_the_same_later_and_elsewhere():
    clip = stepping_dog("walk", speed=0.8, seconds=6.0, stride=0.7)
    real = measures.mean_stride(clip.slice(0, 300))
    assert real.shape == (measures.PHASES, len(clip.skeleton), 3)
    later = clip.slice(33, 333)
    turn = quat.yaw(1.1).astype(np.float32)
    moved = replace(
        later,
        rotations=np.concatenate(
            [quat.mul(turn, later.rotations[:, :1]), later.rotations[:, 1:]], axis=1
        ),
        root_positions=quat.apply(turn, later.root_positions) + np.float32([3.0, 0.0, -2.0]),
    )
    assert measures.pose_error(measures.mean_stride(moved), real) < 0.5
    trot = measures.mean_stride(stepping_dog("trot", speed=0.8, seconds=5.0, stride=0.7))
    assert measures.pose_error(trot, real) > 2.0
    raised = real + np.array([0.0, 0.01 * quadruped_gaits.HIP_HEIGHT, 0.0])
    assert measures.pose_error(raised, real) == pytest.approx(1.0, abs=1e-6)


def test_slip_is_the_way_over_the_ground():
    clip = stepping_dog("walk", speed=0.8, seconds=5.0, stride=0.7)
    faster = clip.root_positions.copy()
    faster[:, 2] *= 1.25
    slides = replace(clip, root_positions=faster)
    stand = quadruped_gaits.TABLE["walk"].duty * 0.7
    way = 100.0 * 0.2 * stand / quadruped_gaits.HIP_HEIGHT
    assert np.median(measures.planted_slips(clip)) < 1.0
    assert np.median(measures.planted_slips(slides)) == pytest.approx(way, rel=0.1)
    assert np.median(measures.visible_slips(clip)) < 0.5
    assert np.median(measures.visible_slips(slides)) == pytest.approx(way, rel=0.2)
    assert len(measures.planted_slips(replace(clip, contacts=None))) == 0
