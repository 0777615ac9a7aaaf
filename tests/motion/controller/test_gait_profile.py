# SPDX-License-Identifier: GPL-3.0-or-later
"""An animal's own ways: when they count, and what they add to its network's answers."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.body.quadruped import JOINTS
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.blending import GaitOptions
from motion_addon.motion.controller.controller import Controller, Run
from motion_addon.motion.controller.gait_profile import DEFAULT_PROFILE, GaitProfile, Residual
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path

KNOTS = 24


def plan(speed: float, gait: str = "walk", turn: float = 0.0) -> trajectory.Trajectory:
    """Return four seconds in a gait, straight or on a circle."""
    s = np.linspace(0.0, 4.0 * speed, 60)
    yaw = turn * s / speed
    steps = np.stack([np.sin(yaw), np.zeros_like(yaw), np.cos(yaw)], axis=-1)
    path = Path.from_points(np.cumsum(steps, axis=0) * (s[1] - s[0]))
    return trajectory.plan(
        path, speed=speed, gait=gait, start=False, stop=False, mover=quadruped_gaits.MOVER
    )


def residual() -> Residual:
    """Return one that raises the hips by a centimeter and nods once in a stride."""
    turns = np.zeros((KNOTS, len(JOINTS), 3))
    turns[:, JOINTS.index("Head"), 0] = 0.2 * np.sin(2 * np.pi * np.arange(KNOTS) / KNOTS)
    hips = np.tile([0.0, 0.01, 0.0], (KNOTS, 1))
    return Residual(turns, hips, np.zeros((KNOTS, 4)))


def driven(profile: GaitProfile, way: trajectory.Trajectory) -> Run:
    """Return the shipped quadruped with some habits along a plan."""
    model = replace(controller_model.load("quadruped"), gait_profile=profile)
    *_, runs = Controller(model).run([way], np.zeros(1), np.ones(1), [GaitOptions()])
    assert isinstance(runs, list)
    return runs[0]


def rate(run: Run) -> float:
    """Return strides per second in the middle of a run."""
    return float((run.phase[180] - run.phase[60]) / 2.0)


def test_a_residual_counts_at_its_own_gait_and_speed_only() -> None:
    own = GaitProfile(gait="walk", speed=0.8, residual=residual())
    near = plan(0.8)
    plain, with_it = driven(DEFAULT_PROFILE, near), driven(own, near)
    rise = with_it.clip.root_positions - plain.clip.root_positions
    np.testing.assert_allclose(rise[60:180, 1], 0.01, atol=5e-4)
    head = plain.clip.skeleton.index("Head")
    turned = np.abs((plain.clip.world()[0] * with_it.clip.world()[0])[:, head].sum(-1))
    assert turned[60:180].min() < np.cos(0.08) and turned[60:180].max() > 1.0 - 1e-4
    np.testing.assert_array_equal(plain.phase, with_it.phase)
    for far in (plan(1.6), plan(2.2, "trot")):
        other = (
            driven(own, far).clip.root_positions - driven(DEFAULT_PROFILE, far).clip.root_positions
        )
        assert np.abs(other).max() < 1.5e-3


def test_strength_scales_what_is_added() -> None:
    half = residual().scaled(0.5)
    turns, hips = half.at(np.linspace(0.0, 1.0, 9), np.ones(9))
    np.testing.assert_allclose(hips[:, 1], 0.005)
    assert np.abs(turns).max() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_its_step_rate_holds_where_it_was_seen(factor: float) -> None:
    wanted = factor * rate(driven(DEFAULT_PROFILE, plan(0.8)))
    own = GaitProfile(gait="walk", speed=0.8, rate=wanted)
    assert rate(driven(own, plan(0.8))) == pytest.approx(wanted, rel=0.01)
    trot = plan(2.2, "trot")
    assert rate(driven(own, trot)) == pytest.approx(rate(driven(DEFAULT_PROFILE, trot)), rel=0.01)


def test_footfalls_are_the_animal_s_own() -> None:
    amble = quadruped_gaits.Gait((0.0, 0.12, 0.5, 0.62), 0.6)
    own = GaitProfile(table={**quadruped_gaits.TABLE, "walk": amble})
    run = driven(own, plan(0.8))
    down = np.asarray(run.clip.contacts) > 0.5
    start = [np.flatnonzero(np.diff(down[:, leg].astype(int)) == 1) for leg in (0, 1)]
    first = start[0][start[0] > 60][0]
    after = start[1][start[1] > first][0]
    stride = 60.0 / rate(run)
    assert (after - first) / stride == pytest.approx(0.12, abs=0.06)


def test_the_lead_of_its_gallop_is_kept_on_the_straight() -> None:
    own = GaitProfile(gait="gallop", speed=4.5, left=True, rate=2.5)
    way = plan(4.5, "gallop")
    assert own.similarity(way)[60:180].min() > 0.9
    assert own.similarity(way, "right").max() == 0.0
    assert own.similarity(plan(4.5, "gallop", -0.6)).max() < 0.9


def test_an_animal_goes_in_the_gait_it_was_seen_in_where_nothing_says_which() -> None:
    speeds = np.array([0.0, 0.7, 2.2, 4.6])
    pacer = GaitProfile(gait="pace", speed=0.7).mover.weights
    assert quadruped_gaits.weights(speeds).argmax(axis=1).tolist() == [0, 1, 3, 5]
    assert pacer(speeds, "auto").argmax(axis=1).tolist() == [0, 2, 3, 5]
    assert pacer(speeds, "walk").argmax(axis=1).tolist() == [0, 1, 1, 1]
    assert DEFAULT_PROFILE.mover is quadruped_gaits.MOVER
    assert GaitProfile(gait="walk", speed=0.7).mover is quadruped_gaits.MOVER
