# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands at the ends of a motion come to rest, and only they."""

import numpy as np
import pytest

from motion_addon.motion.cleanup.standing_ends import with_still_ends
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import plan


def swaying(frames: int) -> Clip:
    offsets = np.array([[0, 0, 0], [0, 0.5, 0]], dtype=np.float32)
    skeleton = Skeleton(("Hips", "Spine"), np.array([-1, 0]), offsets)
    angle = 0.1 * np.sin(np.arange(frames) / 12.0)
    sway = quat.from_rotvec(np.stack([angle, 0 * angle, 0 * angle], axis=-1))
    rotations = np.stack([sway, sway], axis=1).astype(np.float32)
    return Clip(skeleton, rotations, np.zeros((frames, 3), dtype=np.float32), 60.0)


def test_sway_of_a_stand_dies_out_and_a_walk_keeps_its_own() -> None:
    made = plan(Path.from_points([[0, 0, 0], [0, 0, 5]]), speed=1.2)
    raw = swaying(len(made))
    still = with_still_ends(raw, made)
    before = clip_metrics.joint_activity(raw.rotations[-30:], 60.0)
    assert clip_metrics.joint_activity(still.rotations[-30:], 60.0) < 0.5 * before
    assert clip_metrics.joint_activity(still.rotations[:20], 60.0) < 0.5 * before
    moving = made.speeds > 0.1
    assert still.rotations[moving] == pytest.approx(raw.rotations[moving])
    step = np.abs(np.diff(still.rotations, axis=0)).max()
    assert step <= 1.5 * np.abs(np.diff(raw.rotations, axis=0)).max()


def test_a_walk_without_stands_is_left_alone() -> None:
    made = plan(Path.from_points([[0, 0, 0], [0, 0, 5]]), speed=1.2, start=False, stop=False)
    raw = swaying(len(made))
    assert with_still_ends(raw, made).rotations is raw.rotations
