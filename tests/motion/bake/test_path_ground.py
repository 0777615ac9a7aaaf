# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes on ground: the plan is level, the course and the pace are the ground's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.herd import Herd, members
from motion_addon.motion.bake.planning import PlannedWalk, plan_bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.plan.ground_file import plain_ground
from tests.cases import each
from tests.motion.grounds import floor, slope, stairs

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 8.0))


def planned(**wanted: Any) -> PlannedWalk:
    return plan_bake(BakeRequest(**{"path": LINE, "speed": 1.3} | wanted))


def speed_at(walk: PlannedWalk, place: float) -> float:
    return float(np.interp(place, walk.plan.distance * walk.scale, walk.plan.speeds))


def test_the_plan_is_level_and_the_course_is_the_grounds() -> None:
    walk = planned(path=((0.0, 3.0, 0.0), (0.0, 4.0, 8.0)), ground=slope(15.0), height=1.6)
    assert not walk.plan.positions[:, 1].any()
    assert not walk.path.samples[:, 1].any()
    assert walk.course is not None
    assert walk.course[-1] == pytest.approx(5.0 * np.tan(np.radians(15.0)), abs=0.01)
    assert not walk.notes


@each("model", ["biped", "quadruped"])
def test_slopes_slow_down_as_much_as_is_wanted(model: str) -> None:
    line = ((0.0, 0.0, 0.0), (0.0, 0.0, 12.0))
    for amount in (1.0, 0.0):
        walk = planned(path=line, ground=slope(20.0), slope_pace=amount, model=model)
        share = speed_at(walk, 7.0) / speed_at(walk, 1.5)
        assert share == pytest.approx(0.7 if amount else 1.0, abs=0.02)
        assert walk.cadence is not None
        assert (walk.cadence.max() > 1.1) == bool(amount)


def test_level_ground_is_planned_as_no_ground() -> None:
    plain, on = planned(), planned(ground=floor())
    assert on.course is not None
    assert not on.course.any()
    for name in ("positions", "speeds", "facing", "gait", "distance"):
        np.testing.assert_array_equal(getattr(on.plan, name), getattr(plain.plan, name))
    assert plain.course is plain.cadence is plain.ground is None


def test_a_person_takes_one_tread_a_step() -> None:
    result = bake(BakeRequest(path=LINE, speed=1.3, ground=stairs(3.0, 8)))
    assert result.report["notes"] == ["Stairs: one tread a step"]
    prints: Any = result.report["footprints"]
    heights = [one["place"][1] for one in sorted(prints, key=lambda one: one["touchdown"])]
    assert [round(h / 0.17) for h in heights if 0.1 < h < 1.3] == list(range(1, 8))
    assert not planned(ground=stairs(3.0, 8), model="quadruped").notes


def test_a_turn_stands_on_the_ground_and_a_cycle_has_none() -> None:
    turn = planned(
        path=((0.0, 0.0, 6.0), (0.0, 0.0, 6.01)), facing=("turned", 90.0), ground=slope(15.0)
    )
    assert turn.course == pytest.approx(3.0 * np.tan(np.radians(15.0)), abs=0.02)
    request = BakeRequest(path=LINE, speed=1.3)
    loop = cycle(replace(request, ground=slope(15.0))).clip
    np.testing.assert_array_equal(loop.rotations, cycle(request).clip.rotations)


def test_each_of_a_herd_walks_on_the_ground() -> None:
    request = BakeRequest(path=LINE, model="quadruped", ground=slope(10.0, start=-3.0))
    for member in members(Herd(request, count=2, lanes=2)):
        walk = plan_bake(member.request)
        assert walk.course is not None
        assert walk.course[-1] - walk.course[0] == pytest.approx(
            8.0 * np.tan(np.radians(10.0)), 0.1
        )


def test_a_request_may_name_an_obj_file(tmp_path: Path, capsys: Any) -> None:
    mesh = plain_ground(slope(15.0))
    lines = [f"v {x} {y} {z}" for x, y, z in mesh["vertices"]]
    lines += ["f " + " ".join(str(corner + 1) for corner in face) for face in mesh["faces"]]
    (tmp_path / "hill.obj").write_text("\n".join(lines))
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"path": LINE, "ground": "hill.obj", "start": False}))
    out, card = tmp_path / "walk.bvh", tmp_path / "card.json"
    assert main(["bake", str(request), "--out", str(out), "--report", str(card)]) == 0
    last = json.loads(card.read_text())["footprints"][-1]
    assert last["place"][1] > 1.0
    request.write_text(json.dumps({"path": LINE, "ground": "valley.obj"}))
    assert main(["bake", str(request), "--out", str(out)]) == 2
    assert "valley.obj cannot be read: there is no such file" in capsys.readouterr().err
