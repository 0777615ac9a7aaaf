# SPDX-License-Identifier: GPL-3.0-or-later
"""Balance: zero-moment point, support polygon, flight and the levels of a report card."""

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import BIPED
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import balance_card
from motion_addon.motion.metrics.balance import GRAVITY, balance_of, outside_of
from tests.cases import each

FPS = 60.0
FRAMES = 120
TIME = np.arange(FRAMES) / FPS


@pytest.fixture(scope="module")
def run() -> Clip:
    """Return a run of five seconds."""
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 12.0))
    return bake(BakeRequest(path=path, speed=2.5, fps=60.0)).clip


def moving(root: Array, standing: Array, fps: float = FPS) -> Clip:
    """Return a rigid person along a path (T, 3), with both feet down where it stands."""
    skeleton = model.load("biped").skeleton
    turns = np.tile(quat.IDENTITY, (len(root), len(skeleton), 1)).astype(np.float32)
    contacts = np.repeat(standing[:, None], 4, axis=1).astype(np.float32)
    place = (root + np.array([0.0, 1.04, 0.0])).astype(np.float32)
    return Clip(skeleton, turns, place, fps, contacts)


def path(**axes: Array) -> Array:
    return np.stack([axes.get(axis, np.zeros(FRAMES)) for axis in "xyz"], axis=-1)


@each("pull", [0.0, 1.0])
def test_a_pull_moves_the_zero_moment_point_back_by_height_over_gravity(pull: float) -> None:
    clip = moving(path(z=0.5 * pull * TIME**2), np.ones(FRAMES))
    found = balance_of(clip, clip.contacts)
    back = found.center[:, 2] - found.zero_moment[:, 2]
    middle = slice(20, -20)
    wanted = found.center[:, 1] * pull / GRAVITY
    np.testing.assert_allclose(back[middle], wanted[middle], atol=2e-3)
    assert (len(found.zmp_errors) > 0) and (found.zmp_errors.max() > 0.0) == (pull > 0.0)


@each("lift", [0.0, 0.03])
def test_flight_off_its_parabola_is_measured(lift: float) -> None:
    flying = (TIME > 0.5) & (TIME < 0.9)
    start, stop = TIME[~flying & (TIME < 0.6)][-1], TIME[TIME >= 0.9][0]
    inside = (TIME - start) * (stop - TIME)
    rise = np.where(flying, 0.5 * GRAVITY * inside, 0.0)
    bump = lift * np.where(flying, np.sin(np.pi * (TIME - start) / (stop - start)), 0.0)
    clip = moving(path(y=rise + bump, z=2.0 * TIME), ~flying)
    found = balance_of(clip, clip.contacts)
    assert len(found.flights) == 1
    assert found.flight_errors.max() == pytest.approx(100.0 * lift, abs=0.01)


def test_distance_is_from_the_nearest_side_and_zero_inside() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [9.0, 9.0]])
    down = np.array([True, True, True, False])
    places = np.array([[0.2, 0.2], [0.5, -0.3], [-0.3, -0.4], [1.0, 1.0]])
    count = len(places)
    found = outside_of(places, np.tile(corners, (count, 1, 1)), np.tile(down, (count, 1)), 0.1)
    distance = np.linalg.norm(found, axis=-1)
    np.testing.assert_allclose(distance, [0.0, 0.2, 0.4, np.sqrt(0.5) - 0.1], atol=2e-3)
    np.testing.assert_allclose(found[1], [0.0, -0.2], atol=2e-3)


def test_figures_hardly_depend_on_the_frame_rate(run: Clip) -> None:
    errors = [balance_of(one, one.contacts).zmp_errors.mean() for one in (run, run.resample(30.0))]
    assert errors[1] == pytest.approx(errors[0], rel=0.25)


def test_card_has_mocap_s_figures_and_a_level_for_each_tenth_of_a_second(run: Clip) -> None:
    card = balance_card.balance_card(balance_of(run, run.contacts), run, "run")
    assert card["mocap"]["zmp_95_cm"] == pytest.approx(
        balance_card.MOCAP[BIPED]["run"]["zmp_95_cm"], rel=0.01
    )
    assert len(card["levels"]) == int((run.frames - 1) / run.fps * balance_card.FPS) + 1
    assert card["levels"].count("g") > 0.7 * len(card["levels"])
    assert balance_card.strip("gggfpggg", 4) == ["g", "f", "p", "g"]
    assert balance_card.strip("gp", 40) == ["g", "p"]
