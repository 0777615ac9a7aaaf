# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring a shipped model: courses, one pass, and the judgment of figures."""

import numpy as np
import pytest

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model
from motion_addon.motion.maths import quat
from motion_addon.motion.plan.path import Path
from tests.cases import each
from training import evaluate
from training.biped import reference
from training.shared import courses


@each("course", courses.ALL)
def test_every_course_is_a_path(course: courses.Course) -> None:
    path = Path.from_points(course.points, cyclic=course.cyclic)
    assert 8.0 < path.length < 25.0


def test_winding_course_never_comes_to_an_end_early() -> None:
    assert Path.from_points(courses.winding(390.0).points).length == pytest.approx(390.0, rel=0.01)


def test_a_pass_has_figures_of_the_network_and_of_the_bake() -> None:
    row = evaluate.pass_of(courses.straight(5.0), 1.2, "biped")
    for stage in ("raw", "clean"):
        assert all(np.isfinite(value) for value in row[stage].values())
    assert row["clean"]["slip_95_cm"] <= row["raw"]["slip_95_cm"]
    assert row["clean"]["path_mean_cm"] < 5.0


def test_targets_are_tighter_at_a_walk_and_wider_at_a_corner() -> None:
    figures = {"path_mean_cm": 3.0, "path_max_cm": 12.0, "foot_skate": 0.05}
    slips = ("slip_median_cm", "slip_95_cm", "seen_slip_median_cm", "seen_slip_95_cm")
    figures |= dict.fromkeys(slips, 0.2)
    walk = {"speed": 1.2, "sharp": True, "clean": figures}
    run = {"speed": 2.5, "sharp": False, "clean": figures}
    met = evaluate.path_targets(walk)
    assert [name for name, ok in met.items() if not ok] == ["path_mean_cm"]
    assert all(evaluate.path_targets(run).values())


def test_misses_name_the_course_and_the_figure() -> None:
    rows = [{"course": "circle", "speed": 2.5, "targets": {"foot_skate": False, "slip": True}}]
    found = {"paths": rows, "long": {"targets": {"no drift": True}}}
    assert evaluate.misses(found) == ["paths circle 2.50 foot_skate"]


def test_steady_stretches_are_found_by_gait(monkeypatch: pytest.MonkeyPatch) -> None:
    skeleton = model.load("biped").skeleton
    frames = 600
    speed = np.where(np.arange(frames) < 300, 1.2, 3.0)
    root = np.zeros((frames, 3), dtype=np.float32)
    root[:, 2] = np.cumsum(speed) / 60.0
    root[:, 1] = 1.0
    rotations = np.tile(quat.IDENTITY, (frames, len(skeleton), 1))
    stepping = np.where(np.arange(frames) < 300, 0.2, -0.2)
    monkeypatch.setattr(reference, "support", lambda clip: stepping)
    found = reference.steady(Clip(skeleton, rotations, root, 60.0))
    assert [gait for gait, *_ in found] == ["walk", "run"]
    assert found[0][3] == pytest.approx(1.2, abs=0.05)
    assert found[1][3] == pytest.approx(3.0, abs=0.05)
