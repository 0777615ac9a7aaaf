# SPDX-License-Identifier: GPL-3.0-or-later
"""Touchdowns from contacts, and from the swings of paws that slide."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.creature.reading import touchdowns
from motion_addon.motion.creature.reading.footfall_pattern import footfall_pattern
from tests.cases import each
from tests.motion.dogs import stepping_dog

CASES = [("walk", 0.8, 0.7), ("trot", 2.0, 0.5), ("pace", 1.5, 0.5), ("canter", 3.0, 0.45)]


def off(a: np.ndarray, b: np.ndarray) -> float:
    """Return how far places in a stride are apart at most, strides."""
    return float(np.abs((a - b + 0.5) % 1.0 - 0.5).max())


@each(("gait", "speed", "stride"), CASES)
@each("known", [True, False])
def test_steps_of_stands_and_of_sliding_paws(
    gait: str, speed: float, stride: float, known: bool
) -> None:
    clip = stepping_dog(gait, speed=speed, seconds=5.0, stride=stride)
    true = np.asarray(clip.contacts)
    given = clip if known else replace(clip, contacts=np.zeros_like(true))
    found = touchdowns.stride_timing(given, footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT))
    assert found.measured == known
    assert found.rate == pytest.approx(1.0 / stride, rel=0.02)
    assert off(found.offsets, np.array(quadruped_gaits.TABLE[gait].offsets)) < 0.04
    # Phases are whole where the left hind comes down.
    down = np.flatnonzero(np.diff(true[:, 0]) > 0.5)[1:-1] + 1
    assert off(found.phase[down], np.zeros(len(down))) < (0.03 if known else 0.06)
    assert (found.contacts(clip) == true)[30:-30].mean() > 0.88


def test_moved_steps_keep_time_of_the_left_hind() -> None:
    clip = stepping_dog("trot", speed=2.0, seconds=3.0, stride=0.5)
    found = touchdowns.stride_timing(clip, footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT))
    late = np.array([0.1, 0.0, 0.1, 0.2])
    moved = found.delayed(late)
    legs, before = moved.leg_phases().phase, found.leg_phases().phase
    assert off(before - legs, np.broadcast_to(late, legs.shape)) < 1e-9
    assert moved.offsets[0] == 0.0


@pytest.mark.parametrize("known", [True, False])
def test_soles_are_as_high_as_paws_stand(known: bool) -> None:
    clip = stepping_dog("walk", speed=0.8, seconds=4.0)
    standing = np.asarray(clip.contacts) > 0.5
    heights = quadruped.paw_points(clip)[..., 1]
    usual = [float(np.median(heights[standing[:, leg], leg])) for leg in range(4)]
    raised = replace(clip, root_positions=clip.root_positions + np.float32([0.0, 0.015, 0.0]))
    given = raised if known else replace(raised, contacts=np.zeros_like(clip.contacts))
    found = touchdowns.soles(given, footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT))
    np.testing.assert_allclose(found, np.array(usual) + 0.015, atol=0.004)


def test_soles_of_a_clip_that_floats_are_not_believed() -> None:
    clip = stepping_dog("walk", speed=0.8, seconds=4.0)
    floating = replace(clip, root_positions=clip.root_positions + np.float32([0.0, 0.4, 0.0]))
    found = touchdowns.soles(floating, footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT))
    assert found.max() < 0.02 + 0.07 * quadruped_gaits.HIP_HEIGHT
