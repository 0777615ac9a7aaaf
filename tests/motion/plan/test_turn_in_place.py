# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns in place: as far as asked and no further, stepping only while the body turns."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import model
from motion_addon.motion.maths import quat
from motion_addon.motion.plan.trajectory import RATE
from motion_addon.motion.plan.turn_in_place import turn_in_place
from tests.cases import each
from tests.motion import mixtures

HERE = np.array([2.0, 0.5, -1.0])


@each(("begin", "turn"), [(0.0, 1.5), (0.0, -2.5), (3.0, 0.2832), (-1.0, -9.0), (1.0, 0.0)])
def test_it_turns_as_far_as_asked(begin: float, turn: float) -> None:
    plan = turn_in_place(HERE, begin, turn, quadruped_gaits.MOVER)
    yaw = np.unwrap(quat.yaw_of(plan.facing))
    assert yaw[-1] - yaw[0] == pytest.approx(turn, abs=1e-3)
    assert np.exp(1j * yaw[0]) == pytest.approx(np.exp(1j * begin), abs=1e-3)
    assert np.abs(np.diff(yaw)).max() * RATE < 1.01 * quadruped_gaits.MOVER.turn_in_place
    assert (plan.positions == HERE).all()
    assert not plan.speeds.any()


def test_feet_step_while_it_turns() -> None:
    plan = turn_in_place(HERE, 0.0, 2.0, quadruped_gaits.MOVER)
    assert plan.gait.sum(axis=1) == pytest.approx(np.ones(len(plan)))
    assert plan.gait[[0, 30, -30, -1], 0] == pytest.approx(np.ones(4))
    assert plan.gait[len(plan) // 2, quadruped_gaits.GAITS.index("walk")] == pytest.approx(1.0)
    trot = turn_in_place(HERE, 0.0, 2.0, quadruped_gaits.MOVER, "trot")
    assert trot.gait[len(plan) // 2, quadruped_gaits.GAITS.index("trot")] == pytest.approx(1.0)
    short = turn_in_place(HERE, 0.0, 2.0, quadruped_gaits.MOVER, standing=(False, False))
    assert len(plan) - len(short) == 2 * RATE


def test_a_request_without_a_way_to_go_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        model, "load", functools.partial(model.load, folder=mixtures.write(tmp_path))
    )
    for hip_height in (0.3, 1.2):
        result = bake(
            BakeRequest(
                path=((1.0, 0.0, 2.0), (1.02, 0.0, 2.0)),
                model="quadruped",
                hip_height=hip_height,
                facing=("yaw", -30.0),
            )
        )
        json.dumps(result.report, allow_nan=False)
        at = result.clip.world()[1]
        pelvis, withers = (at[:, result.clip.skeleton.index(n)] for n in ("Pelvis", "Withers"))
        yaw = np.degrees(quat.yaw_of(withers - pelvis))
        assert yaw[0] == pytest.approx(90.0, abs=12.0)
        assert yaw[-1] == pytest.approx(-30.0, abs=12.0)
        middle = 0.5 * (pelvis + withers)[:, [0, 2]]
        assert np.linalg.norm(middle - [1.0, 2.0], axis=1).max() < 0.3 * hip_height


@each(
    ("facing", "turn"),
    [(("yaw", 90.0), 90.0), (("yaw", -170.0), -170.0), (("turned", 270.0), 270.0)],
)
def test_a_person_turns_on_planted_feet(facing: tuple[str, float], turn: float) -> None:
    path = ((1.0, 0.0, 2.0), (1.0, 0.0, 2.03))
    result = bake(BakeRequest(path=path, facing=facing, height=1.6, fps=60.0))
    clip = result.clip
    rotations, places = clip.world()
    ahead = quat.apply(rotations[:, 0].astype(float), np.array([0.0, 0.0, 1.0]))
    yaw = np.degrees(np.unwrap(quat.yaw_of(ahead)))
    assert yaw[-1] - yaw[0] == pytest.approx(turn, abs=5.0)
    assert np.linalg.norm(places[:, 0, [0, 2]] - [1.0, 2.0], axis=1).max() < 0.08
    assert result.report["slip_95_cm"] < 0.3
    assert result.report["foot_skate"] < 0.08
    feet = [places[:, clip.skeleton.index(f"{side}Foot")] for side in ("Left", "Right")]
    aside = quat.apply(quat.yaw(-np.radians(yaw)), (feet[0] - feet[1]).astype(float))[:, 0]
    assert aside.min() > 0.03, "the legs do not cross"
    steps = [np.ptp(foot[:, 1]) for foot in feet]
    assert min(steps) > 0.02, "both feet are lifted"


@pytest.mark.parametrize("angle", [90.0, -135.0])
def test_a_turning_dog_stands_on_two_paws_at_least(angle: float) -> None:
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.02))
    clip = bake(BakeRequest(path=path, model="quadruped", facing=("yaw", angle), fps=60.0)).clip
    assert clip.contacts is not None
    assert (clip.contacts.sum(axis=1) < 2).mean() < 0.1
