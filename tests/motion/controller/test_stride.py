# SPDX-License-Identifier: GPL-3.0-or-later
"""The stride clock: legs' phases from contacts, gaits from phases, and offsets along a plan."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion_addon.motion.body import quadruped_gaits, stride_phases
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from tests.cases import each
from tests.motion.dogs import FPS, stepping_dog


@each("gait", quadruped_gaits.TABLE)
def test_phases_are_whole_at_touchdowns(gait: str) -> None:
    contacts = stepping_dog(gait, seconds=6.0, stride=0.75).contacts
    strides = stride_phases.measured(contacts, FPS)
    for leg in range(4):
        touchdowns = np.flatnonzero(np.diff(contacts[:, leg]) > 0.5) + 1
        off = (strides.phase[touchdowns, leg] + 0.5) % 1.0 - 0.5
        assert np.abs(off).max() < 1e-9
    middle = slice(100, -100)
    assert strides.amplitude[middle].min() > 0.95
    assert stride_phases.rate(strides, FPS)[middle] == pytest.approx(1.0 / 0.75, rel=0.05)


@each("gait", quadruped_gaits.TABLE)
def test_the_gait_is_told_by_footfalls(gait: str) -> None:
    clip = stepping_dog(gait, seconds=6.0, stride=0.7)
    strides = stride_phases.measured(clip.contacts, FPS)
    duty = np.full(clip.frames, quadruped_gaits.TABLE[gait].duty)
    weights = stride_phases.gait_weights(strides, duty, FPS)
    assert np.allclose(weights.sum(axis=-1), 1.0, atol=1e-4)
    assert weights[150, quadruped_gaits.GAITS.index(gait)] > 0.9
    other = stride_phases.measured(clip.contacts[:, [2, 3, 0, 1]], FPS)
    assert (
        stride_phases.gait_weights(other, duty, FPS)[150, quadruped_gaits.GAITS.index(gait)] > 0.9
    )


def test_a_pause_has_no_amplitude_and_hardly_any_phase() -> None:
    walk = stepping_dog("walk", seconds=4.0, stride=0.75).contacts
    contacts = np.concatenate([walk, np.ones((240, 4)), walk])
    strides = stride_phases.measured(contacts, FPS)
    rest = slice(290, 430)
    assert strides.amplitude[rest].max() < 0.05
    assert np.ptp(strides.phase[rest], axis=0).max() < 0.3
    assert (np.diff(strides.phase, axis=0) >= 0.0).all()
    assert strides.amplitude[120].min() > 0.9


def test_contacts_without_strides_are_a_stand() -> None:
    strides = stride_phases.measured(np.ones((90, 4)), FPS)
    assert not strides.amplitude.any()
    assert stride_phases.rate(strides, FPS) == pytest.approx(0.0)


@given(st.floats(-3.0, 3.0), st.floats(0.0, 1.0))
def test_the_clock_repeats_and_shrinks(phase: float, amplitude: float) -> None:
    here = stride_clock.clock(np.full((1, 4), phase), np.full((1, 4), amplitude))
    there = stride_clock.clock(np.full((1, 4), phase + 2.0), np.full((1, 4), amplitude))
    assert here.shape == (1, 8)
    assert np.allclose(here, there, atol=1e-5)
    assert np.linalg.norm(here) == pytest.approx(2.0 * amplitude, abs=1e-5)


def plan_of(points: list[list[float]], **more: object) -> trajectory.Trajectory:
    path = Path.from_points(np.array(points, dtype=float))
    return trajectory.plan(path, mover=quadruped_gaits.MOVER, **more)  # type: ignore[arg-type]


def test_a_plan_has_the_offsets_of_its_gait() -> None:
    plan = plan_of([[0, 0, 0], [0, 0, 12]], speed=1.4, gait="pace")
    offsets, amplitude = stride_clock.planned(plan)
    middle = len(plan) // 2
    assert offsets[middle] % 1.0 == pytest.approx(quadruped_gaits.TABLE["pace"].offsets, abs=1e-3)
    assert amplitude[middle].min() == 1.0
    assert amplitude[0].max() == 0.0
    assert amplitude[-1].max() == 0.0


def test_a_change_of_gait_goes_the_short_way_round() -> None:
    plan = plan_of([[0, 0, 0], [0, 0, 40]], speed=((0.0, 1.0), (0.4, 1.0), (0.6, 2.6), (1.0, 2.6)))
    offsets, _ = stride_clock.planned(plan)
    assert np.abs(np.diff(offsets, axis=0)).max() < 0.03
    assert np.ptp(offsets, axis=0).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_inner_leg_leads(side: float) -> None:
    angle = np.linspace(0.0, 4.0, 200)
    bend = 12.0 * np.stack([side * (1 - np.cos(angle)), 0 * angle, np.sin(angle)], axis=-1)
    plan = plan_of(bend.tolist(), speed=3.0, gait="canter")
    offsets, _ = stride_clock.planned(plan)
    # The leading fore leg lands last: on a bend to +X, the left.
    last = offsets[len(plan) // 2] % 1.0
    fore = {"left": last[1], "right": last[3]}
    assert max(fore, key=lambda leg: fore[leg]) == ("left" if side > 0 else "right")
