# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of motion whose value is known beforehand."""

import numpy as np
import pytest

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.metrics import biped_metrics, clip_metrics
from motion_addon.motion.metrics.report import (
    Ranges,
    footfall_chart,
    format_report,
    report,
    warnings,
)
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import plan

LINE = Path.from_points([[0, 0, 0], [0, 0, 12]])


def legs() -> Skeleton:
    """Return hips, trunk and arms of straight bones, meters."""
    bones = [("Hips", -1, (0, 0, 0)), ("Spine", 0, (0, 0.1, 0)), ("Neck", 1, (0, 0.4, 0))]
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        top = len(bones)
        bones += [
            (f"{side}UpLeg", 0, (0.1 * sign, 0, 0)),
            (f"{side}Leg", top, (0, -0.5, 0)),
            (f"{side}Foot", top + 1, (0, -0.4, 0)),
            (f"{side}Toe", top + 2, (0, -0.08, 0.13)),
            (f"{side}Arm", 2, (0.2 * sign, 0, 0)),
            (f"{side}ForeArm", top + 4, (0, -0.3, 0)),
            (f"{side}Hand", top + 5, (0, -0.25, 0)),
        ]
    names, parents, offsets = zip(*bones, strict=True)
    return Skeleton(tuple(names), np.array(parents), np.array(offsets, dtype=np.float32))


def gliding(root: np.ndarray, fps: float = 60.0) -> Clip:
    skeleton = legs()
    rotations = np.tile(quat.IDENTITY, (len(root), len(skeleton), 1))
    return Clip(skeleton, rotations, root.astype(np.float32), fps)


def feet(height_cm: float, speed: float, frames: int = 120) -> np.ndarray:
    """Return (T, 4, 3) foot points: low for four frames, then at a height and speed (cm/frame)."""
    points = np.zeros((frames, 4, 3))
    points[:, :, 2] = 0.01 * speed * np.arange(frames)[:, None]
    points[4:, :, 1] = 0.01 * height_cm
    return points


def test_foot_skate_is_speed_at_the_ground_and_zero_above() -> None:
    assert clip_metrics.foot_skate(feet(0.0, 0.5), 60.0) == pytest.approx(0.5)
    assert clip_metrics.foot_skate(feet(2.6, 0.5), 60.0) == pytest.approx(4 * 0.5 / 119, abs=0.01)
    half = 2.5 * np.log2(1.5)
    assert clip_metrics.foot_skate(feet(half, 1.0), 60.0) == pytest.approx(0.5, abs=0.03)
    assert clip_metrics.foot_skate(feet(0.0, 1.0)[::2], 30.0) == pytest.approx(1.0)


def test_slip_is_the_way_of_a_ball_in_each_contact() -> None:
    contacts = np.zeros((120, 4), dtype=np.float32)
    contacts[10:31, 1] = 1.0
    contacts[50:61, 3] = 1.0
    assert clip_metrics.planted_slips(feet(0.0, 0.1), contacts) == pytest.approx([2.0, 1.0])


def test_onlooker_sees_slips_of_low_slow_balls_only() -> None:
    points = feet(0.0, 0.1)
    points[60:, :, 1] = 0.05
    assert clip_metrics.seen_slips(points, 60.0) == pytest.approx([5.9, 5.9], abs=0.11)
    assert len(clip_metrics.seen_slips(feet(0.0, 1.0), 60.0)) == 0


def test_path_error_of_a_shifted_walk_is_the_shift() -> None:
    made = plan(LINE, speed=1.2)
    root = made.positions + np.array([0.05, 1.0, 0.0])
    errors = clip_metrics.path_error(root, 60.0, LINE, made)
    assert errors == pytest.approx(dict.fromkeys(errors, 5.0), abs=0.05)
    assert clip_metrics.path_error(root, 60.0, LINE)["path_mean_cm"] == pytest.approx(5.0, abs=1e-3)


def test_speed_error_is_measured_on_the_straight() -> None:
    made = plan(LINE, speed=1.2)
    assert clip_metrics.speed_error(made.positions, 60.0, made)["speed_error_mean"] < 1e-3
    late = made.positions * [1, 1, 0.9]
    assert clip_metrics.speed_error(late, 60.0, made)["speed_error_mean"] == pytest.approx(
        0.12, abs=0.01
    )


def test_jerk_and_activity_have_their_units() -> None:
    t = np.arange(200) / 60.0
    positions = np.zeros((200, 1, 3))
    positions[:, 0, 0] = t**3
    assert clip_metrics.jerk(positions, 60.0) == pytest.approx(6.0, rel=1e-6)
    rotations = np.tile(quat.IDENTITY, (200, 2, 1))
    rotations[:, 1] = quat.from_rotvec(np.outer(t, [np.radians(90), 0, 0]))
    assert clip_metrics.joint_activity(rotations, 60.0) == pytest.approx(90.0, rel=1e-3)


def test_knee_angles_and_pops() -> None:
    clip = gliding(np.zeros((120, 3)))
    rotations = clip.rotations.copy()
    knee = clip.skeleton.index("LeftLeg")
    rotations[:, knee] = quat.from_rotvec(np.tile([0.5, 0, 0], (120, 1)).astype(np.float32))
    rotations[60, knee] = quat.from_rotvec(np.array([0.9, 0, 0], dtype=np.float32))
    positions = clip.skeleton.fk(rotations, clip.root_positions)[1]
    names = clip.skeleton.names
    assert biped_metrics.knee_angles(positions, names)[0] == pytest.approx([0.5, 0.0], abs=1e-3)
    assert biped_metrics.knee_pops(positions, names, 60.0) == pytest.approx(30.0)
    assert biped_metrics.knee_pops(positions[:50], names, 60.0) == 0.0


def test_stride_and_cadence_of_a_regular_walk() -> None:
    root = np.zeros((600, 3))
    root[:, 2] = np.arange(600) * (1.2 / 60.0)
    contacts = np.zeros((600, 4), dtype=np.float32)
    for step in range(19):
        first = 10 + 30 * step
        side = 2 * (step % 2)
        contacts[first : first + 36, side : side + 2] = 1.0
    assert biped_metrics.cadence(contacts, 60.0) == pytest.approx(120.0)
    assert biped_metrics.stride_length(root, contacts, 60.0) == pytest.approx(1.2)


def test_seam_of_an_exact_cycle_is_a_usual_step() -> None:
    turn = np.sin(2 * np.pi * np.arange(60) / 60)
    clip = gliding(np.zeros((60, 3)))
    rotations = clip.rotations.copy()
    rotations[:, 3] = quat.from_rotvec(np.stack([turn, 0 * turn, 0 * turn], axis=-1))
    whole = Clip(clip.skeleton, rotations, clip.root_positions, 60.0)
    assert clip_metrics.loop_error(whole)["seam_pose"] < 1.7
    assert clip_metrics.loop_error(whole.slice(0, 45))["seam_pose"] > 5.0


def test_penetration_is_depth_below_the_sole() -> None:
    points = np.full((10, 4, 3), 0.05)
    points[3, 1, 1] = 0.02
    down = np.ones((10, 4), dtype=np.float32)
    errors = clip_metrics.ground_errors(points, down, 0.04)
    assert errors["penetration_cm"] == pytest.approx(2.0)
    assert errors["floating_cm"] == pytest.approx(1.0)


def test_footfall_chart_shows_when_feet_stand() -> None:
    stands = {"left": [[0.0, 1.0]], "right": [[1.0, 2.0]]}
    chart = footfall_chart({"seconds": 2.0, "footfalls": stands}, columns=8)
    assert chart[1:] == ["  left  ####....", "  right ....####"]


def test_report_card_has_a_text_and_warns_outside_the_trained_range() -> None:
    made = plan(LINE, speed=4.5)
    clip = gliding(made.positions + np.array([0.0, 0.98, 0.0]))
    ranges = Ranges(speed=(0.6, 3.6), turn=2.0)
    card = report(clip, LINE, made, ranges, {"run": {"hip_height": 0.49}})
    assert card["path_mean_cm"] == pytest.approx(0.0, abs=0.01)
    assert card["against_mocap"]["hip_height"] == pytest.approx(2.0)
    text = format_report(card)
    assert "Path error (mean / max)" in text
    assert "4.5 m/s is faster than the 3.6 m/s trained" in text
    assert not warnings(plan(LINE, speed=1.2), ranges)
