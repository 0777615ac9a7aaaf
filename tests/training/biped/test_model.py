# SPDX-License-Identifier: GPL-3.0-or-later
"""The torch twin and the numpy runtime are one: functions, one step and 300 steps in the loop."""

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch

from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.controller import PRE_ROLL, Controller, Placer, Run, decode
from motion_addon.motion.maths import quat
from motion_addon.motion.nn import network
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import RATE, Trajectory
from training.biped import model
from training.shared.model import NORMALIZATION, axes_to_matrices, phase_basis

CLOSE = 1e-4


@functools.cache
def shipped() -> model.Biped:
    """Return the shipped weights in torch."""
    ours = controller_model.load("biped")
    stats = {name: getattr(ours.network, name) for name in NORMALIZATION}
    twin = model.Biped(ours.skeleton, ours.network.weights[0].shape[1], stats)
    with torch.no_grad():
        for i in range(3):
            twin.network.weights[i].copy_(torch.tensor(ours.network.weights[i]))
            twin.network.biases[i].copy_(torch.tensor(ours.network.biases[i]))
    return twin.eval()


def random_inputs(count: int, seed: int = 0) -> np.ndarray:
    net = controller_model.load("biped").network
    noise = np.random.default_rng(seed).normal(size=(count, features.INPUTS))
    return (net.input_mean + net.input_scale * noise).astype(np.float32)


def test_phase_basis() -> None:
    phase = np.concatenate(
        [np.random.default_rng(0).uniform(-5, 5, 500), [0.0, 0.25, 0.5, 0.75, 1.0, -0.25, -1e-18]]
    )
    ours = network.phase_basis(phase)
    assert np.abs(phase_basis(torch.tensor(phase)).numpy() - ours).max() < 1e-6
    single = torch.tensor(phase.reshape(3, -1), dtype=torch.float32)
    assert phase_basis(single).shape == (3, 169, 4)
    assert np.abs(phase_basis(single).numpy() - ours.reshape(3, -1, 4)).max() < 1e-4


def test_axes_to_matrices() -> None:
    axes = np.random.default_rng(1).normal(size=(200, 5, 6)).astype(np.float32)
    ours = quat.to_matrix(quat.from_two_axes(axes.astype(np.float64)))
    assert np.abs(axes_to_matrices(torch.tensor(axes)).numpy() - ours).max() < CLOSE


@pytest.mark.parametrize("hidden", [8, 33])
def test_any_network(hidden: int) -> None:
    torch.manual_seed(hidden)
    rng = np.random.default_rng(hidden)
    twin = model.PhaseNetwork(20, hidden, 11)
    with torch.no_grad():
        for bias in twin.biases:
            bias.uniform_(-1.0, 1.0)
    ours = network.PhaseNetwork(
        tuple(w.detach().numpy() for w in twin.weights),
        tuple(b.detach().numpy() for b in twin.biases),
        *(np.zeros(20, np.float32), np.ones(20, np.float32)),
        *(np.zeros(11, np.float32), np.ones(11, np.float32)),
    )
    x, phase = rng.normal(size=(64, 20)).astype(np.float32), rng.random(64)
    theirs = twin(torch.tensor(x), phase_basis(torch.tensor(phase)).float())
    assert np.abs(theirs.detach().numpy() - ours.forward(x, phase)).max() < CLOSE


def test_one_step_on_random_inputs() -> None:
    inputs, phase = random_inputs(64), np.random.default_rng(2).random(64)
    states = len(features.STATE_JOINTS)
    control, state = np.split(inputs, [features.CONTROL.stop], axis=1)
    positions, velocities = np.split(state.reshape(64, 2 * states, 3), 2, axis=1)
    with torch.no_grad():
        body = shipped().step(
            torch.tensor(control),
            torch.tensor(network.phase_basis(phase)),
            torch.tensor(positions),
            torch.tensor(velocities),
        )
    ours = controller_model.load("biped")
    out = ours.network.forward(inputs, phase)
    assert np.abs(body.output.numpy() - out).max() < CLOSE
    placed = Placer(ours)(out)
    assert np.abs(body.positions.numpy() - placed).max() < CLOSE
    moved = (placed - positions) * RATE
    assert np.abs(body.velocities.numpy() - moved).max() < CLOSE * RATE
    axes = out[:, ours.layout.axes].reshape(64, -1, 6).astype(np.float64)
    turned = quat.to_matrix(quat.from_two_axes(axes))
    assert np.abs(body.matrices.numpy() - turned).max() < 5e-4


def driven(plan: Trajectory, start: float) -> Run:
    """Return the motion of the torch model in the controller's loop, settled as there."""
    control, (turns, moves) = torch.tensor(features.control(plan)), features.carry(plan)
    turns, moves = torch.tensor(turns), torch.tensor(moves)
    ours = controller_model.load("biped")
    positions, velocities = (torch.tensor(part)[None] for part in ours.start_state)

    def step(at: int, phase: float) -> tuple[np.ndarray, float]:
        nonlocal positions, velocities
        basis = phase_basis(torch.tensor([phase], dtype=torch.float64)).float()
        body = shipped().step(
            control[at : at + 1],
            basis,
            positions @ turns[at] + moves[at],
            velocities @ turns[at],
        )
        positions, velocities = body.positions, body.velocities
        output = body.output[0].numpy()
        return output, float(np.clip(output[ours.layout.phase_rate], 0.0, 3.5)) / RATE

    walked = [0.0]
    for _ in range(2 * PRE_ROLL):
        walked.append(walked[-1] + step(0, walked[-1])[1])
    advance = (walked[-1] - walked[PRE_ROLL]) / PRE_ROLL
    for left in range(PRE_ROLL, 0, -1):
        step(0, start - left * advance)
    outputs, phases = [], [start]
    for at in range(len(plan)):
        output, rate = step(at, phases[-1])
        outputs.append(output)
        phases.append(phases[-1] + rate)
    return decode(ours.skeleton, plan, np.array(outputs), np.array(phases[:-1]))


@torch.no_grad()
@pytest.mark.parametrize(("speed", "phase"), [(1.2, 0.0), (2.6, 0.6)])
def test_three_hundred_steps_in_the_loop(speed: float, phase: float) -> None:
    line = Path.from_points([[0, 0, 0], [0, 0, 2.5 * speed], [2.0, 0, 5.0 * speed]])
    plan = trajectory.plan(line, speed=speed, start=False, stop=False)
    plan = replace(
        plan,
        **{
            name: getattr(plan, name)[:300]
            for name in ("positions", "facing", "speeds", "gait", "distance")
        },
    )
    assert len(plan) == 300
    theirs = driven(plan, phase)
    *_, runs = Controller(controller_model.load("biped")).run([plan], np.array([phase]), np.ones(1))
    (ours,) = runs
    assert np.abs(theirs.phase - ours.phase).max() < CLOSE
    assert np.abs(theirs.clip.world()[1] - ours.clip.world()[1]).max() < CLOSE
    axes = [quat.to_two_axes(run.clip.world()[0]) for run in (theirs, ours)]
    assert np.abs(axes[0] - axes[1]).max() < 5 * CLOSE
    assert np.abs(theirs.clip.contacts - ours.clip.contacts).max() < 5 * CLOSE


def test_place_is_forward_kinematics() -> None:
    skeleton, rng = controller_model.load("biped").skeleton, np.random.default_rng(3)
    world = quat.normalize(rng.normal(size=(7, len(skeleton), 4)))
    hips = rng.normal(size=(7, 3))
    _, positions = skeleton.fk(skeleton.local(world), hips)
    placed = shipped().place(
        torch.tensor(quat.to_matrix(world), dtype=torch.float32),
        torch.tensor(hips, dtype=torch.float32),
    )
    joints = [skeleton.index(name) for name in features.STATE_JOINTS]
    assert np.abs(placed.numpy() - positions[:, joints]).max() < CLOSE
