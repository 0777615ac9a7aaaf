# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of four-legged motion on dogs whose gait is known, and their report card."""

import json
from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.body.kinds import QUADRUPED
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.metrics import clip_metrics, quadruped_metrics
from motion_addon.motion.metrics.report import (
    Ranges,
    footfalls,
    format_report,
    motion_figures,
    report,
)
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import Trajectory, plan
from tests.cases import each
from tests.motion.dogs import FPS, dog, stepping_dog

STRIDES = {"walk": 0.7, "pace": 0.6, "trot": 0.5, "canter": 0.5, "gallop": 0.4}
each_gait = each("gait", STRIDES)


def along(speed: float, gait: str = "auto") -> tuple[Path, Trajectory]:
    path = Path.from_points([[0, 0, 0], [0, 0, 40]])
    made = plan(path, speed=speed, gait=gait, start=False, stop=False, mover=quadruped_gaits.MOVER)
    return path, made


@each_gait
@each("left", [False, True])
def test_gait_is_known_by_its_footfalls(gait: str, left: bool) -> None:
    offsets = np.array(quadruped_gaits.TABLE[gait].offsets)
    if left and gait in quadruped_gaits.ASYMMETRIC:
        offsets = quadruped_gaits.mirrored(offsets)
    clip = stepping_dog(gait, 1.0, stride=STRIDES[gait], offsets=offsets.tolist())
    found = quadruped_metrics.strides(clip.contacts, FPS)
    phases, duty = quadruped_metrics.footfall_phases(found), quadruped_metrics.duty_factors(found)
    assert np.abs((phases - offsets + 0.5) % 1.0 - 0.5).max() < 0.05
    assert duty == pytest.approx(np.full(4, quadruped_gaits.TABLE[gait].duty), abs=0.05)
    assert quadruped_metrics.gait_of(phases, duty) == gait
    assert quadruped_metrics.phase_error(phases, gait) < 0.05
    assert quadruped_metrics.stride_frequency(found, FPS) == pytest.approx(
        1 / STRIDES[gait], rel=0.03
    )
    center, _ = clip_metrics.trunk(clip)
    assert quadruped_metrics.stride_length(center, found) == pytest.approx(STRIDES[gait], rel=0.03)


def test_phases_near_a_whole_stride_do_not_cancel() -> None:
    """A fore paw that lands now just before, now just after the hind one is in phase with it."""
    contacts = np.zeros((620, 4), dtype=np.float32)
    for i, start in enumerate(range(10, 600, 30)):
        for leg, late in enumerate((0, 15, 15, 1 if i % 2 else -1)):
            contacts[start + late : start + late + 12, leg] = 1.0
    phases = quadruped_metrics.footfall_phases(quadruped_metrics.strides(contacts, FPS))
    assert abs((phases[3] + 0.5) % 1.0 - 0.5) < 0.05
    assert quadruped_metrics.gait_of(phases, 0.4) == "trot"


def test_a_standing_dog_has_no_gait() -> None:
    down = np.ones((200, 4), dtype=np.float32)
    found = quadruped_metrics.strides(down, FPS)
    assert not found
    assert quadruped_metrics.gait_of(quadruped_metrics.footfall_phases(found), 1.0) == "stand"
    assert quadruped_metrics.stride_frequency(found, FPS) == 0.0
    assert quadruped_metrics.gait_card(down, FPS, 1.0, np.ones(200, dtype=bool)) == {}


def test_a_pause_is_no_stride() -> None:
    down = np.ones((400, 4), dtype=np.float32)
    for start in (40, 80, 300, 340):
        down[start : start + 15] = 0.0
    spans = {(s.start, s.stop) for s in quadruped_metrics.strides(down, FPS)}
    assert spans == {(55, 95), (315, 355)}


def test_skate_of_all_paws_and_of_the_hind_ones() -> None:
    points = np.zeros((100, 4, 3))
    points[:, 1, 2] = 0.01 * np.arange(100)
    assert quadruped_metrics.foot_skate(points, FPS, 1.0) == pytest.approx((0.25, 0.0))
    points[50:, 1, 1] = 0.02
    low = quadruped_metrics.foot_skate(points, FPS, 1.0)[0]
    assert low > 1.1 * quadruped_metrics.foot_skate(points, FPS, 0.8)[0], (
        "less height counts when small"
    )


def test_figures_of_a_dog() -> None:
    clip = stepping_dog("trot", 1.8, stride=0.5)
    figures = motion_figures(clip, clip.contacts)
    assert figures["hip_height"] == pytest.approx(0.545, abs=0.01)
    assert 30.0 < figures["angle_knee"] < 110.0
    assert 5.0 < figures["angle_elbow"] < 70.0
    assert figures["angle_trunk"] == pytest.approx(-2.8, abs=0.5)
    assert figures["joint_pops"] == 0.0
    assert figures["slip_median_cm"] < 1.0
    up = motion_figures(
        replace(clip, root_positions=clip.root_positions + np.float32([0.0, 1.0, 0.0])),
        clip.contacts,
        lambda points: np.ones(points.shape[:-1]),
    )
    assert up["hip_height"] == pytest.approx(figures["hip_height"], abs=1e-4)
    assert up["penetration_cm"] == pytest.approx(figures["penetration_cm"], abs=1e-3)


def test_a_jumping_joint_is_a_pop() -> None:
    clip = stepping_dog("walk", 0.8, seconds=4.0)
    rotations = clip.rotations.copy()
    elbow = clip.skeleton.index("LeftRadius")
    kick = quat.from_rotvec(np.array([1.5, 0.0, 0.0], dtype=np.float32))
    rotations[100, elbow] = quat.mul(rotations[100, elbow], kick)
    broken = motion_figures(replace(clip, rotations=rotations), clip.contacts)
    assert broken["joint_pops"] == pytest.approx(15.0)


def test_path_and_heading_are_those_of_the_middle_of_the_trunk() -> None:
    path, made = along(0.8)
    clip = stepping_dog("walk", 0.8)
    center, _ = clip_metrics.trunk(clip)
    ahead = float(center[0, 2] - clip.root_positions[0, 2])
    moved = clip.root_positions - np.float32([0.0, 0.0, ahead])
    made = replace(made, positions=made.positions + np.float32([0.03, 0.0, 0.0]))
    card = report(replace(clip, root_positions=moved), path, made)
    assert card["path_mean_cm"] == pytest.approx(0.0, abs=0.1)
    assert card["aligned_mean_cm"] == pytest.approx(3.0, abs=0.3)
    assert card["heading_mean_deg"] == pytest.approx(0.0, abs=0.1)
    turned = clip.rotations.copy()
    turned[:, 0] = quat.mul(quat.yaw(np.float32(0.1)), turned[:, 0])
    card = report(replace(clip, rotations=turned), path, made)
    assert card["heading_mean_deg"] == pytest.approx(5.73, abs=0.1)


def test_card_counts_the_main_gait_of_the_plan() -> None:
    """A trot that follows a short walk is measured by the trot's strides alone."""
    walk = stepping_dog("walk", 1.8, seconds=3.0, stride=0.7)
    trot = stepping_dog("trot", 1.8, seconds=8.0, stride=0.5)
    root = trot.root_positions + walk.root_positions[-1] * np.float32([1, 0, 1])
    clip = Clip(
        dog(),
        np.concatenate([walk.rotations, trot.rotations]),
        np.concatenate([walk.root_positions, root]),
        FPS,
        np.concatenate([walk.contacts, trot.contacts]),
    )
    path, made = along(1.8, "trot")
    weights = made.gait.copy()
    weights[: walk.frames] = np.eye(len(quadruped_gaits.GAITS))[quadruped_gaits.GAITS.index("walk")]
    card = report(clip, path, replace(made, gait=weights))
    assert card["gait_measured"] == "trot"
    assert card["footfall_phases"]["LF"] == pytest.approx(0.5, abs=0.03)
    assert card["duty"]["LF"] == pytest.approx(0.42, abs=0.03)


def test_report_card_has_a_text_four_rows_and_warnings() -> None:
    path, made = along(6.5, "gallop")
    clip = stepping_dog("gallop", 6.5, seconds=4.0, stride=0.4)
    ranges = Ranges(speed=(0.3, 5.5), turn=2.0)
    card = report(clip, path, made, ranges, {"gallop": {"stride_frequency": 1.25}})
    assert card["against_mocap"]["stride_frequency"] == pytest.approx(2.0, rel=0.02)
    assert card["gait"] == {"gallop": 1.0}
    json.dumps(card, allow_nan=False)
    text = format_report(card)
    assert "Gait by its footfalls             gallop" in text
    assert "Foot skate, hind paws" in text
    assert "Stride frequency                  2.50 Hz  (2.00 of mocap)" in text
    assert "6.5 m/s is faster than the 5.5 m/s trained" in text
    rows = [line.split() for line in text.splitlines() if line.startswith("  ")]
    assert [row[0] for row in rows] == ["LH", "LF", "RH", "RF"]
    assert all(row[1].count("#") > 8 for row in rows), "no stand falls between the columns"


def test_footfalls_are_named_by_leg() -> None:
    clip = stepping_dog("trot", seconds=2.0, stride=0.5)
    stands = footfalls(clip.contacts, FPS, QUADRUPED)
    assert list(stands) == ["LH", "LF", "RH", "RF"]
    assert stands["LH"][1][0] == pytest.approx(0.5, abs=0.02)


def test_a_clip_without_contacts_is_measured_by_its_paws() -> None:
    clip = replace(stepping_dog("trot", 1.8, stride=0.5), contacts=None)
    assert report(clip)["gait_measured"] == "trot"
