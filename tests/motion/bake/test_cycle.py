# SPDX-License-Identifier: GPL-3.0-or-later
"""Loops in place without a seam, and the pose at any phase of one."""

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motion_addon.motion.bake import cycle as use_case
from motion_addon.motion.bake.cycle import cut_cycle, cycle, pose_at_phase
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.walks import SKELETON

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
WALK = BakeRequest(path=LINE, speed=1.3, fps=60.0)


@functools.cache
def looped(**options: Any) -> BakeResult:
    return cycle(replace(WALK, **options))


def twice(clip: Clip) -> Clip:
    """Return the loop played twice in a row."""
    at = np.arange(2 * clip.frames) % clip.frames
    return Clip(clip.skeleton, clip.rotations[at], clip.root_positions[at], clip.fps)


def turns(clip: Clip) -> np.ndarray:
    """Return (T - 1, J, 3) what each joint turns from frame to frame, in radians."""
    return quat.to_rotvec(quat.inv_mul(clip.rotations[:-1], clip.rotations[1:]))


GAITS = [{}, {"speed": 0.7}, {"speed": 2.4}, {"speed": 3.4}, {"gait": "crouch", "speed": 0.9}]
each_gait = each("options", GAITS)


@each_gait
def test_no_seam(options: dict[str, Any]) -> None:
    """The step from the last frame to the first is no greater than any where the cut is not."""
    loop = twice(looped(**options).clip)
    other = twice(looped(**options, start_phase=0.5).clip)
    seam = loop.frames // 2 - 1
    for joints in (turns, lambda clip: np.diff(clip.root_positions, axis=0)[:, None]):
        here, there = joints(loop), joints(other)
        step, usual = (np.linalg.norm(values, axis=-1) for values in (here, there))
        assert (step[seam] <= 1.2 * usual.max(axis=0) + 5e-3).all()
        change, usual = (np.linalg.norm(np.diff(v, axis=0), axis=-1) for v in (here, there))
        across = change[seam - 1 : seam + 1]
        assert (across <= 1.3 * usual.max(axis=0) + 4e-3).all()
    signs = np.sum(loop.rotations[seam] * loop.rotations[seam + 1], axis=-1)
    assert (signs > 0.0).all(), "neighboring quaternions of a loop lie on one half-sphere"


@each_gait
def test_loop_is_one_cycle_in_place(options: dict[str, Any]) -> None:
    result = looped(**options)
    clip, speed = result.clip, options.get("speed", 1.3)
    assert result.phase[0] == 0.0
    assert np.diff(result.phase) == pytest.approx(np.full(clip.frames - 1, 1.0 / clip.frames))
    assert result.report["period"] == pytest.approx(clip.frames / clip.fps)
    assert 0.4 < result.report["period"] < 1.8
    assert result.report["ground_speed"] == pytest.approx(speed, rel=0.06)
    assert np.abs(clip.root_positions[:, [0, 2]]).max() < 0.1
    assert np.abs(clip.root_positions[:, [0, 2]].mean(axis=0)).max() < 1e-5
    for side in (0, 1):
        down = twice(clip).frames and clip.contacts[:, 2 * side : 2 * side + 2].max(axis=1) > 0.5
        begins = down & ~np.roll(down, 1)
        assert begins.sum() == 1, "each foot strikes once"


@each_gait
def test_standing_feet_move_back_at_the_ground_speed(options: dict[str, Any]) -> None:
    result = looped(**options)
    clip, speed = result.clip, result.report["ground_speed"]
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())
    for ball in (1, 3):
        for start, stop in foot_contacts.runs(clip.contacts[:, ball] > 0.5):
            if stop - start > 4:
                step = np.diff(points[start:stop, ball], axis=0) * clip.fps
                assert step[:, 2].mean() == pytest.approx(-speed, abs=0.03 + 0.12 * speed)
                assert np.abs(step[:, 0]).max() < 0.15


def test_first_frame_has_the_start_phase() -> None:
    whole, half = looped().clip, looped(start_phase=0.5).clip
    assert looped(start_phase=0.5).phase[0] == 0.5
    feet = [whole.skeleton.index(side + "Foot") for side in ("Left", "Right")]
    ahead = [float(np.diff(clip.world()[1][0, feet, 2])[0]) for clip in (whole, half)]
    assert ahead[0] > 0.2, "the right foot strikes at a whole phase"
    assert ahead[1] < -0.2, "the left foot strikes at half a phase"


def test_height_and_frame_rate() -> None:
    model = controller_model.load("biped")
    clip = looped(height=0.5 * model.height, fps=24.0, speed=0.9).clip
    assert clip.fps == 24.0
    assert clip.skeleton.offsets == pytest.approx(0.5 * model.skeleton.offsets)
    assert np.median(clip.root_positions[:, 1]) == pytest.approx(0.5 * model.hip_height, rel=0.1)


def test_cycle_ignores_the_path_and_where_it_stops() -> None:
    other = looped(path=((5.0, 1.0, 2.0), (9.0, 1.0, 2.0)), stop=False, seed=9)
    assert np.array_equal(other.clip.rotations, looped().clip.rotations)


def test_cut_of_a_perfect_cycle_is_exact() -> None:
    """Motion that repeats every 50 frames gives itself back, at any frame rate that divides it."""
    time = np.arange(501)
    swing = 0.6 * np.sin(2 * np.pi * time / 50.0)[:, None, None]
    axes = np.random.default_rng(0).normal(size=(len(SKELETON), 3))
    rotations = quat.from_rotvec(swing * axes).astype(np.float32)
    bob = 0.02 * np.cos(4 * np.pi * time / 50.0)
    root = np.stack([0.0 * time, 0.95 + bob, 1.5 * time / 60.0], axis=-1).astype(np.float32)
    clip = Clip(SKELETON, rotations, root, 60.0)
    loop, speed = cut_cycle(clip, time / 50.0, WALK)
    assert loop.frames == 50
    assert speed == pytest.approx(1.5, rel=1e-4)
    assert quat.to_two_axes(loop.rotations) == pytest.approx(
        quat.to_two_axes(rotations[:50]), abs=1e-4
    )
    assert loop.root_positions[:, 1] == pytest.approx(root[:50, 1], abs=1e-5)
    assert np.abs(loop.root_positions[:, [0, 2]]).max() < 1e-4, "in place"
    half, _ = cut_cycle(clip, time / 50.0, replace(WALK, fps=30.0))
    assert half.frames == 25
    assert half.root_positions == pytest.approx(loop.root_positions[::2], abs=1e-4)


def test_cut_of_a_changing_walk_is_smooth() -> None:
    """Motion whose swing, step and heading grow passes the seam with its position and velocity."""
    time = np.arange(601)
    cycle_of = 50.0 + 0.01 * time
    phase = np.cumsum(1.0 / cycle_of)
    swing = ((0.4 + 0.001 * time) * np.sin(2 * np.pi * phase))[:, None, None]
    axes = np.random.default_rng(1).normal(size=(len(SKELETON), 3))
    drift = 0.0005 * time[:, None, None] * axes[::-1]
    turned = quat.mul(quat.from_rotvec(drift), quat.from_rotvec(swing * axes)).astype(np.float32)
    root = np.stack([0.0003 * time, 0.9 + 0.0001 * time, 0.02 * time], axis=-1).astype(np.float32)
    loop, speed = cut_cycle(Clip(SKELETON, turned, root, 60.0), phase, WALK)
    assert speed == pytest.approx(0.02 * 60.0, rel=0.02)
    seam = loop.frames - 1
    for values in (turns(twice(loop)), np.diff(twice(loop).root_positions, axis=0)):
        change = np.linalg.norm(np.diff(values, axis=0), axis=-1)
        inside = np.delete(change, [seam - 1, seam], axis=0)
        assert change[[seam - 1, seam]].max() <= 1.2 * inside.max()
        assert (change[[seam - 1, seam]] <= 0.4 * np.linalg.norm(values, axis=-1).max()).all()


@each("phase", [0.0, 0.21, 0.5, 0.77])
def test_pose_is_periodic_in_phase(phase: float) -> None:
    pose = pose_at_phase(WALK, phase).clip
    assert pose.frames == 1
    for turns_on in (-2.0, 1.0, 5.0):
        again = pose_at_phase(WALK, phase + turns_on).clip
        assert again.rotations == pytest.approx(pose.rotations, abs=1e-5)
        assert again.root_positions == pytest.approx(pose.root_positions, abs=1e-5)


def test_pose_is_that_of_the_cycle() -> None:
    loop = looped().clip
    for frame in (0, 13, loop.frames - 1):
        pose = pose_at_phase(WALK, frame / loop.frames).clip
        assert pose.world()[1][0] == pytest.approx(loop.world()[1][frame], abs=1e-4)


def test_pose_moves_smoothly_with_phase() -> None:
    poses = [pose_at_phase(WALK, phase).clip.world()[1][0] for phase in np.linspace(0.0, 1.0, 201)]
    step = np.linalg.norm(np.diff(poses, axis=0), axis=-1)
    assert step.max() < 0.04
    assert poses[-1] == pytest.approx(poses[0], abs=1e-5)
    assert np.ptp(poses, axis=0).max() > 0.3


def test_scrubbing_reuses_the_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    request = replace(WALK, speed=1.11, fps=30.0)
    before = pose_at_phase(request, 0.4).clip

    def again(_: BakeRequest) -> None:
        pytest.fail("the cycle is worked out anew")

    monkeypatch.setattr(use_case, "cycle", again)
    assert np.array_equal(pose_at_phase(request, 0.4).clip.rotations, before.rotations)
    moved = replace(request, path=((0.0, 0.0, 0.0), (3.0, 0.0, 1.0)), start_phase=0.5, fps=24.0)
    assert np.array_equal(pose_at_phase(moved, 0.4).clip.rotations, before.rotations)
