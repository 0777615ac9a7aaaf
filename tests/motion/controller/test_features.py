# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network sees: windows, root motion and the geometry of its moving frame."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.body import biped_gaits
from motion_addon.motion.body.biped_gaits import GAITS
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import RATE, WINDOW, Trajectory
from tests.cases import each
from tests.motion.walks import SKELETON

N = len(WINDOW)


def course(speed: float, turn: float, frames: int = 200, gait: str = "walk") -> Trajectory:
    """Return a plan at even speed (m/s) and turning (rad/s), starting at 0 towards +Z."""
    time = np.arange(frames) / RATE
    yaw = turn * time
    facing = np.stack([np.sin(yaw), np.zeros(frames), np.cos(yaw)], axis=-1)
    if turn:
        radius = speed / turn
        across, along = radius * (1.0 - np.cos(yaw)), radius * np.sin(yaw)
    else:
        across, along = np.zeros(frames), speed * time
    positions = np.stack([across, np.zeros(frames), along], axis=-1)
    weights = np.tile(np.eye(len(GAITS))[GAITS.index(gait)], (frames, 1))
    return Trajectory(positions, facing, np.full(frames, speed), weights, speed * time)


def moved(plan: Trajectory, angle: float, shift: np.ndarray) -> Trajectory:
    """Return the plan turned about the vertical and shifted over the ground."""
    turn = quat.yaw(np.array(angle))
    return replace(
        plan,
        positions=quat.apply(turn, plan.positions) + shift,
        facing=quat.apply(turn, plan.facing),
    )


def blocks(control: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Split control (T, CONTROL) into positions, headings, gaits (T, N, ...) and motion (T, 3)."""
    t = len(control)
    position = control[:, : 2 * N].reshape(t, N, 2)
    heading = control[:, 2 * N : 4 * N].reshape(t, N, 2)
    gait = control[:, 4 * N : features.TRAJECTORY.stop].reshape(t, N, len(GAITS))
    return position, heading, gait, control[:, features.MOTION]


@functools.cache
def wandering() -> Trajectory:
    points = [[0, 0, 0], [0, 0, 3], [2, 0, 4], [2, 0, 1], [5, 0, 0]]
    return trajectory.plan(Path.from_points(points), speed=((0.0, 1.0), (1.0, 2.4)))


def test_inputs_are_laid_out_without_gaps() -> None:
    assert slice(0, features.MOTION.start) == features.TRAJECTORY
    assert slice(0, features.MOTION.stop) == features.CONTROL
    assert features.INPUT.positions.start == features.CONTROL.stop
    assert features.INPUT.velocities.start == features.INPUT.positions.stop
    assert slice(features.CONTROL.stop, features.INPUTS) == features.INPUT.state
    assert features.INPUT.velocities.stop == features.INPUTS
    assert features.control(course(1.0, 0.0)).shape == (200, features.CONTROL.stop)


@pytest.mark.parametrize("joints", [1, 24])
def test_outputs_are_laid_out_without_gaps(joints: int) -> None:
    layout = features.OutputLayout(joints)
    used = [*range(joints * 6)[layout.axes], *range(layout.size)[layout.hips]]
    used += [layout.phase_rate, *range(layout.size)[layout.contacts]]
    assert used == list(range(layout.size))


@each("speed", [0.0, 1.3, 3.0])
def test_control_of_a_straight_line(speed: float) -> None:
    position, heading, gait, motion = blocks(features.control(course(speed, 0.0, gait="jog")))
    wanted = np.stack([np.zeros(N), WINDOW / RATE * speed], axis=-1)
    assert position == pytest.approx(np.tile(wanted, (200, 1, 1)), abs=1e-4)
    assert heading == pytest.approx(np.tile([0.0, 1.0], (200, N, 1)), abs=1e-6)
    assert gait == pytest.approx(np.tile(np.eye(5)[2], (200, N, 1)))
    assert motion == pytest.approx(np.tile([0.0, speed, 0.0], (200, 1)), abs=1e-4)


@pytest.mark.parametrize("turn", [-1.0, 0.7])
def test_control_of_a_circle(turn: float) -> None:
    speed = 1.4
    position, heading, _, motion = blocks(features.control(course(speed, turn)))
    inner = slice(60, 140)
    angle = turn * WINDOW / RATE
    radius = speed / turn
    wanted = np.stack([radius * (1 - np.cos(angle)), radius * np.sin(angle)], axis=-1)
    assert position[inner] == pytest.approx(np.tile(wanted, (80, 1, 1)), abs=1e-3)
    ahead = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    assert heading[inner] == pytest.approx(np.tile(ahead, (80, 1, 1)), abs=1e-4)
    assert motion[:, 2] == pytest.approx(turn, abs=1e-3)
    assert np.hypot(motion[:, 0], motion[:, 1]) == pytest.approx(speed, abs=1e-3)
    # A step ends half its turn off the heading it is seen from; a left turn has moved to the left
    # of where the new heading points back.
    assert np.sign(motion[0, 0]) == -np.sign(turn)


def test_sidesteps_are_seen_from_the_body() -> None:
    left = replace(course(1.0, 0.0), facing=np.tile([-1.0, 0.0, 0.0], (200, 1)))
    position, heading, _, motion = blocks(features.control(left))
    assert motion == pytest.approx(np.tile([1.0, 0.0, 0.0], (200, 1)), abs=1e-5)
    assert position[100, -1] == pytest.approx([WINDOW[-1] / RATE, 0.0], abs=1e-5)
    assert heading[100] == pytest.approx(np.tile([0.0, 1.0], (N, 1)), abs=1e-6)


@given(st.floats(-3.1, 3.1), st.floats(-20.0, 20.0), st.floats(-20.0, 20.0))
@settings(max_examples=20, deadline=None)
def test_control_does_not_depend_on_where_the_walk_is(angle: float, x: float, z: float) -> None:
    plan = wandering()
    there = moved(plan, angle, np.array([x, 0.0, z]))
    assert np.abs(features.control(there) - features.control(plan)).max() < 2e-3


@pytest.mark.parametrize("height", [0.0, 2.5])
def test_a_point_of_the_world_stays_fixed_while_carried(height: float) -> None:
    plan = wandering()
    plan = replace(plan, positions=plan.positions + np.linspace(0.0, height, len(plan))[:, None])
    matrices, moves = features.carry(plan)
    point = np.array([1.0, 1.5, 2.0])
    ground = plan.positions * [1.0, 0.0, 1.0]
    seen = features.to_root(plan, (point - ground)[:, None])[:, 0]
    carried = seen[0]
    for frame in range(1, len(plan)):
        carried = carried @ matrices[frame] + moves[frame]
        assert carried == pytest.approx(seen[frame], abs=2e-4)


def test_carry_goes_on_before_the_first_frame() -> None:
    matrices, moves = features.carry(course(1.2, 0.5))
    assert matrices[0] == pytest.approx(matrices[1])
    assert moves[0] == pytest.approx(moves[1])
    assert np.linalg.norm(moves[0]) == pytest.approx(1.2 / RATE, abs=1e-5)
    still, none = features.carry(course(0.0, 0.0, frames=1))
    assert still[0] == pytest.approx(np.eye(3))
    assert none[0] == pytest.approx(np.zeros(3))


def test_motion_input_is_the_carried_motion() -> None:
    plan = wandering()
    matrices, moves = features.carry(plan)
    motion = features.control(plan)[:, features.MOTION] / RATE
    assert motion[:, :2] == pytest.approx(-moves[:, [0, 2]], abs=1e-6)
    heading = np.diff(features.yaw(plan))
    assert motion[1:, 2] == pytest.approx(heading, abs=1e-5)
    forward = np.array([0.0, 0.0, 1.0]) @ matrices[50]
    assert np.arctan2(forward[0], forward[2]) == pytest.approx(-heading[49], abs=1e-5)


def test_yaw_does_not_jump() -> None:
    plan = course(1.0, 2.0, frames=600)
    assert features.yaw(plan) == pytest.approx(2.0 * np.arange(600) / RATE)
    turned = quat.apply(features.root_rotations(plan), np.array([0.0, 0.0, 1.0]))
    assert turned == pytest.approx(plan.facing, abs=1e-5)


def body(plan: Trajectory, hips: float = 1.0, sway: float = 0.0) -> Clip:
    """Return the rest pose carried along a plan, its hips swaying sideways."""
    frames = len(plan)
    turned = np.tile(quat.IDENTITY, (frames, len(SKELETON), 1))
    turned[:, 0] = features.root_rotations(plan)
    side = sway * np.sin(2 * np.pi * 1.8 * np.arange(frames) / RATE)
    across = quat.apply(turned[:, 0], np.stack([side, 0 * side, 0 * side], axis=-1))
    root = plan.positions + across + [0.0, hips, 0.0]
    return Clip(SKELETON, turned, root.astype(np.float32), float(RATE))


def test_facing_is_that_of_hips_and_shoulders() -> None:
    plan = course(1.0, 1.5)
    clip = body(plan)
    assert features.facing(SKELETON, clip.world()[1]) == pytest.approx(plan.facing, abs=1e-5)
    twist = quat.from_axis_angle(np.array([0.0, 1.0, 0.0]), 0.4)
    spine, hips = clip.rotations.copy(), clip.rotations.copy()
    spine[:, SKELETON.index("Spine")] = twist
    hips[:, 0] = quat.mul(hips[:, 0], twist)
    turns = []
    for rotations in (spine, hips):
        seen = features.facing(SKELETON, replace(clip, rotations=rotations).world()[1])
        turns.append(quat.yaw_of(quat.inv_apply(features.root_rotations(plan), seen)))
    assert turns[1] == pytest.approx(0.4, abs=1e-4)
    assert ((turns[0] > 0.05) & (turns[0] < 0.35)).all()


@pytest.mark.parametrize("turn", [0.0, 0.8])
def test_root_track_follows_the_body_without_its_sway(turn: float) -> None:
    plan = course(1.3, turn, frames=420)
    track = features.root_track(SKELETON, body(plan, sway=0.03).world()[1])
    inner = slice(120, -120)
    off = np.linalg.norm(track.positions - plan.positions, axis=-1)[inner]
    assert off.max() < 0.006, "neither the sway is left nor is the bend cut"
    assert track.positions[:, 1] == pytest.approx(0.0)
    assert np.sum(track.facing * plan.facing, axis=-1)[inner] == pytest.approx(1.0, abs=1e-3)
    assert np.linalg.norm(track.facing, axis=-1) == pytest.approx(1.0, abs=1e-5)
    assert track.speeds[inner] == pytest.approx(1.3, rel=0.03)
    assert track.gait[inner, GAITS.index("walk")] == pytest.approx(1.0, abs=0.02)
    step = np.diff(track.distance)[inner] * RATE
    assert step == pytest.approx(1.3, rel=0.03)


@each(
    ("speed", "hips", "gait"),
    [
        (0.0, 0.98, "stand"),
        (1.2, 0.95, "walk"),
        (2.15, 0.95, "jog"),
        (3.5, 0.92, "run"),
        (1.0, 0.78, "crouch"),
        (0.0, 0.6, "crouch"),
        (3.5, 0.8, "run"),
    ],
)
def test_root_track_names_the_gait(speed: float, hips: float, gait: str) -> None:
    track = features.root_track(SKELETON, body(course(speed, 0.0), hips).world()[1])
    assert GAITS[int(np.argmax(track.gait[100]))] == gait
    assert track.gait[100].max() > 0.9
    assert track.gait.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


@each(
    ("speed", "duty", "gait"),
    [
        (1.3, 0.62, "walk"),
        (1.95, 0.58, "walk"),
        (1.4, 0.4, "jog"),
        (2.1, 0.4, "jog"),
        (3.5, 0.3, "run"),
        (0.0, 1.0, "stand"),
    ],
)
def test_gait_is_told_by_the_flight_phase(speed: float, duty: float, gait: str) -> None:
    one = np.ones(1)
    weights = features.gait_weights(speed * one, one, duty * one)
    assert GAITS[int(np.argmax(weights))] == gait
    assert weights.max() > 0.7
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)


def test_root_track_counts_the_flight_phase() -> None:
    clip = body(course(1.5, 0.0, frames=400))
    tracks = []
    for stand in (24, 14):
        stands = np.zeros((400, 4), dtype=np.float32)
        for side, first in ((0, 0), (1, 20)):
            for start in range(first, 400, 40):
                stands[start : start + stand, 2 * side : 2 * side + 2] = 1.0
        tracks.append(features.root_track(SKELETON, clip.world()[1], stands))
    gaits = [GAITS[int(np.argmax(track.gait[200]))] for track in tracks]
    assert gaits == ["walk", "jog"]


@given(st.floats(0.0, 6.0), st.floats(0.2, 1.2), st.none() | st.floats(0.0, 1.0))
def test_gait_weights_share_out_one(speed: float, height: float, duty: float | None) -> None:
    known = None if duty is None else np.array([duty])
    weights = features.gait_weights(np.array([speed]), np.array([height]), known)
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert weights.min() >= 0.0


def test_upright_gait_weights_are_the_plans() -> None:
    speeds = np.linspace(0.0, 5.0, 60)
    upright = features.gait_weights(speeds, np.ones(60))
    assert upright == pytest.approx(biped_gaits.gait_weights(speeds), abs=1e-6)


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_ancestors_are_forward_kinematics(seed: int) -> None:
    rng = np.random.default_rng(seed)
    local = quat.normalize(rng.normal(size=(4, len(SKELETON), 4)))
    root = rng.normal(size=(4, 3))
    world, positions = SKELETON.fk(local, root)
    bones = quat.apply(world[:, np.maximum(SKELETON.parents, 0)], SKELETON.offsets)
    placed = root[:, None] + features.ancestors(SKELETON) @ bones
    assert placed == pytest.approx(positions, abs=1e-4)
