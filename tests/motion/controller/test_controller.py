# SPDX-License-Identifier: GPL-3.0-or-later
"""The closed loop: characters together or alone, phase and cadence as asked, the same anywhere."""

import functools
from dataclasses import replace
from pathlib import Path as FilePath

import numpy as np
import pytest

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import features, stride_clock
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.blending import GaitOptions, blending_of
from motion_addon.motion.controller.controller import (
    FASTEST,
    SLICE,
    Controller,
    Placer,
    Run,
    decode,
    stacked,
)
from motion_addon.motion.maths import quat
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import RATE, Trajectory
from tests.cases import each
from tests.motion import mixtures


@functools.cache
def plan(kind: str) -> Trajectory:
    points, options = {
        "line": ([[0, 0, 0], [0, 0, 3]], {"speed": 1.3}),
        "turn": ([[1, 0, 2], [1, 0, 4], [4, 0, 5]], {"speed": 1.0, "stop": False}),
        "jog": ([[0, 0, 0], [5, 0, 0]], {"speed": 2.4, "start": False, "stop": False}),
    }[kind]
    return trajectory.plan(Path.from_points(points), **options)


def run(plans: list[Trajectory], phase: list[float], cadence: object = 1.0) -> list[Run]:
    controller = Controller(controller_model.load("biped"), len(plans))
    factors = (
        np.broadcast_to(np.asarray(cadence), (len(plans),)) if np.isscalar(cadence) else cadence
    )
    *_, runs = controller.run(plans, np.array(phase), np.asarray(factors))
    assert isinstance(runs, list)
    return runs


def worst(a: Run, b: Run) -> float:
    """Return the largest difference of joint positions (m), orientation axes and phase."""
    (turned_a, at_a), (turned_b, at_b) = a.clip.world(), b.clip.world()
    axes = np.abs(quat.to_two_axes(turned_a) - quat.to_two_axes(turned_b)).max()
    return max(np.abs(at_a - at_b).max(), axes, np.abs(a.phase - b.phase).max())


def test_together_as_alone() -> None:
    kinds, phases, factors = ["line", "turn", "jog"], [0.0, 0.4, 0.75], [1.0, 0.9, 1.1]
    together = run([plan(kind) for kind in kinds], phases, np.array(factors))
    for kind, phase, factor, found in zip(kinds, phases, factors, together, strict=True):
        (alone,) = run([plan(kind)], [phase], factor)
        assert found.clip.frames == len(plan(kind)) == len(found.phase)
        assert worst(found, alone) < 1e-4


def test_a_controller_can_run_again() -> None:
    controller = Controller(controller_model.load("biped"))
    first, second = (
        list(controller.run([plan("line")], np.array([0.3]), np.ones(1)))[-1][0] for _ in range(2)
    )
    assert worst(first, second) == 0.0


def test_progress_goes_up_to_the_runs() -> None:
    steps = Controller(controller_model.load("biped")).run([plan("line")], np.zeros(1), np.ones(1))
    *progress, runs = steps
    assert len(progress) >= 2
    assert all(isinstance(value, float) and 0.0 < value <= 1.0 for value in progress)
    assert progress == sorted(progress)
    assert len(runs) == 1


@each("phase", [0.0, 0.33, 0.99])
@each("kind", ["line", "jog"])
def test_phase_begins_as_asked_and_runs_on(kind: str, phase: float) -> None:
    (found,) = run([plan(kind)], [phase])
    assert found.phase[0] == phase
    step = np.diff(found.phase)
    assert step.min() >= 0.0
    assert step.max() <= FASTEST / RATE + 1e-9
    assert found.phase[-1] - found.phase[0] > 1.5


@each("phase", [0.0, 0.3, 0.5, 0.8])
@each("speed", [1.2, 2.4])
def test_the_first_pose_fits_its_phase(speed: float, phase: float) -> None:
    line = Path.from_points([[0, 0, 0], [0, 0, 3.5 * speed]])
    (found,) = run([trajectory.plan(line, speed=speed, start=False, stop=False)], [phase])
    skeleton, positions = found.clip.skeleton, found.clip.world()[1]
    left, right = (positions[:, skeleton.index(side + "Foot"), 2] for side in ("Left", "Right"))
    later = np.interp(phase + 2.0, found.phase, left - right)
    assert (left - right)[0] == pytest.approx(later, abs=0.2)
    if phase == 0.0:
        assert later < -0.2, "the right foot strikes at a whole phase"
    if phase == 0.5:
        assert later > 0.2, "the left foot strikes at half a phase"


def test_cadence_may_change_over_time() -> None:
    frames = len(plan("jog"))
    factors = np.ones((frames, 1))
    factors[frames // 2 :] = 0.5
    (even,) = run([plan("jog")], [0.0])
    (slowed,) = run([plan("jog")], [0.0], factors)
    half = frames // 2
    assert slowed.phase[: half + 1] == pytest.approx(even.phase[: half + 1])
    late = (slowed.phase[-1] - slowed.phase[half]) / (even.phase[-1] - even.phase[half])
    assert late < 0.85


def test_motion_is_the_same_anywhere() -> None:
    angle, shift = 2.0, np.array([30.0, 0.0, -12.0])
    turn = quat.yaw(np.array(angle))
    there = replace(
        plan("turn"),
        positions=quat.apply(turn, plan("turn").positions) + shift,
        facing=quat.apply(turn, plan("turn").facing),
    )
    (here,), (moved,) = run([plan("turn")], [0.1]), run([there], [0.1])
    wanted = quat.apply(turn, here.clip.world()[1]) + shift
    assert np.abs(moved.clip.world()[1] - wanted).max() < 5e-3


def test_placer_is_forward_kinematics() -> None:
    model, rng = controller_model.load("biped"), np.random.default_rng(0)
    outputs = rng.normal(size=(6, model.layout.size)).astype(np.float32)
    axes = outputs[:, model.layout.axes].reshape(6, -1, 6)
    local = model.skeleton.local(quat.from_two_axes(axes))
    _, positions = model.skeleton.fk(local, outputs[:, model.layout.hips])
    joints = [model.skeleton.index(name) for name in features.STATE_JOINTS]
    assert np.abs(Placer(model)(outputs) - positions[:, joints]).max() < 1e-4


def test_decoding_puts_outputs_into_the_world() -> None:
    model, at = controller_model.load("biped"), plan("turn")
    frames, layout = len(at), model.layout
    outputs = np.zeros((frames, layout.size), dtype=np.float32)
    outputs[:, layout.axes] = np.tile([0, 0, 2, 0, 3, 0], len(model.skeleton))
    outputs[:, layout.hips] = [0.1, 0.9, 0.2]
    outputs[:, layout.contacts] = [-0.5, 0.2, 0.8, 1.5]
    found = decode(model.skeleton, at, outputs, np.arange(frames + 5.0))
    root = features.root_rotations(at)
    rest = model.skeleton.rest_positions() + np.array([0.1, 0.9, 0.2])
    wanted = at.positions[:, None] + quat.apply(root[:, None], rest[None])
    assert np.abs(found.clip.world()[1] - wanted).max() < 1e-4
    assert found.clip.contacts == pytest.approx(np.tile([0.0, 0.2, 0.8, 1.0], (frames, 1)))
    assert (found.clip.fps, len(found.phase)) == (RATE, frames)


def test_raw_motion_is_smooth() -> None:
    (found,) = run([plan("turn")], [0.0])
    clip = found.clip
    assert np.isfinite(clip.rotations).all()
    assert np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1).min() > 0.97
    assert np.linalg.norm(np.diff(clip.root_positions, axis=0), axis=-1).max() * RATE < 2.5
    assert clip.contacts.min() >= 0.0
    assert clip.contacts.max() <= 1.0


@pytest.fixture(params=["blend", "top2_blend", "top2_output"])
def animal(request: pytest.FixtureRequest, tmp_path: FilePath) -> controller_model.Model:
    return controller_model.load("quadruped", mixtures.write(tmp_path, request.param))


def course(gait: str, speed: float) -> Trajectory:
    points = [[0, 0, 0], [0, 0, 2 * speed], [speed, 0, 3 * speed]]
    return trajectory.plan(
        Path.from_points(points), speed=speed, gait=gait, mover=quadruped_gaits.MOVER
    )


def test_animals_together_as_alone(animal: controller_model.Model) -> None:
    plans = [course("walk", 0.9), course("canter", 3.0), course("trot", 1.8)]
    phases, factors = np.array([0.0, 0.4, 0.9]), np.array([1.0, 0.9, 1.2])
    wishes = [GaitOptions(), GaitOptions("left"), GaitOptions(experts=(1.0, 0.0, 2.0, 1.0, 1.0))]
    *_, together = Controller(animal, 3).run(plans, phases, factors, wishes)
    for n, found in enumerate(together):
        lone = Controller(animal)
        *_, (alone,) = lone.run(plans[n : n + 1], phases[[n]], factors[[n]], wishes[n : n + 1])
        assert worst(found, alone) < 1e-4
        assert np.abs(found.shares - alone.shares).max() < 1e-4
        assert found.shares.shape == (len(plans[n]), animal.network.sets)
        assert found.shares.sum(axis=1) == pytest.approx(np.ones(len(plans[n])), abs=1e-5)
    assert together[2].shares[:, 1].max() == 0.0


def test_legs_keep_their_places_on_the_clock(animal: controller_model.Model) -> None:
    plan = course("canter", 3.0)
    control, _, _ = stacked([plan], len(plan))
    for lead in ("auto", "left", "right"):
        keep = blending_of(animal, [plan], control, [GaitOptions(lead)])
        offsets, amplitude = stride_clock.planned(plan, lead)
        for frame in (0, 100, 200):
            shares, clock = keep(frame, np.array([0.7]))
            wanted = stride_clock.clock(0.7 - offsets[[frame]], amplitude[[frame]])
            assert clock == pytest.approx(wanted, abs=1e-6)
            columns = control[frame][:, list(stride_clock.GATE_COLUMNS)]
            seen = np.concatenate([wanted, columns], axis=1).astype(np.float32)
            assert shares == pytest.approx(animal.gate(seen), abs=1e-5)


def test_a_lead_puts_the_legs_of_that_side_last(animal: controller_model.Model) -> None:
    plan = course("canter", 3.0)
    left, right = (stride_clock.planned(plan, lead)[0][150] % 1.0 for lead in ("left", "right"))
    assert left == pytest.approx(right[[2, 3, 0, 1]], abs=1e-6)


def test_long_runs_are_prepared_in_slices(animal: controller_model.Model) -> None:
    plan = course("walk", 0.9)
    assert len(plan) > 2 * SLICE
    *progress, (found,) = Controller(animal).run([plan], np.zeros(1), np.ones(1))
    assert len(progress) == len(plan) // SLICE
    assert np.isfinite(found.clip.rotations).all()
