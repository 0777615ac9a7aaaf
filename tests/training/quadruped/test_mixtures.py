# SPDX-License-Identifier: GPL-3.0-or-later
"""The quadruped in torch and in numpy is one, in every way of mixing."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import controller, model, stride_clock
from motion_addon.motion.controller.controller import PRE_ROLL, Controller, Run, decode
from motion_addon.motion.nn.mixture import MIXINGS, GateStepper, stepper
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path as DrawnPath
from motion_addon.motion.plan.trajectory import RATE, Trajectory
from tests.cases import each
from tests.motion import mixtures
from training.quadruped.model import Quadruped
from training.shared.model import NORMALIZATION

CLOSE = 1e-4
Pair = tuple[model.Model, Quadruped]


@pytest.fixture(params=MIXINGS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Return the same random weights in numpy and in torch."""
    ours = model.load("quadruped", mixtures.write(tmp_path, request.param))
    assert ours.gate is not None
    stats = {name: getattr(ours.network, name) for name in NORMALIZATION}
    sets = ours.network.sets
    twin = Quadruped(ours.skeleton, stats, mixtures.HIDDEN, request.param, "phase", sets)
    assert twin.gate is not None
    with torch.no_grad():
        for i in range(3):
            twin.network.weights[i].copy_(torch.tensor(ours.network.weights[i]))
            twin.network.biases[i].copy_(torch.tensor(ours.network.biases[i]))
            layer = twin.gate.body[2 * i]
            layer.weight.copy_(torch.tensor(ours.gate.weights[i]))  # type: ignore[operator]
            layer.bias.copy_(torch.tensor(ours.gate.biases[i]))  # type: ignore[operator]
    return ours, twin.eval()


@torch.no_grad()
def test_one_step_on_random_inputs(pair: Pair) -> None:
    ours, twin = pair
    assert ours.gate is not None
    count, rng = 40, np.random.default_rng(1)
    layout, wanted = stride_clock.INPUT, list(stride_clock.GATE_COLUMNS)
    control = rng.normal(size=(count, layout.control.stop)).astype(np.float32)
    state = rng.normal(size=(count, 2, len(stride_clock.STATE_JOINTS), 3)).astype(np.float32)
    phase, amplitude = rng.random((2, count, 4)).astype(np.float32)
    body = twin.step(
        torch.tensor(control),
        torch.tensor(phase),
        torch.tensor(amplitude),
        (torch.tensor(state[:, 0]), torch.tensor(state[:, 1])),
    )
    clock = stride_clock.clock(phase, amplitude)
    gate = GateStepper(ours.gate, len(wanted), count, np.ones((1, ours.network.sets)))
    shares = gate(clock, gate.prepare(control[:, wanted]))
    assert np.abs(shares - twin.shares.numpy()).max() < CLOSE
    mixing = str(ours.info["mixing"])
    step = stepper(ours.network, mixing, ours.gate.active, layout.control.stop, count)
    fed = np.concatenate([clock, state.reshape(count, -1)], axis=1)
    out = step.step(step.prepare(control), fed, shares)
    assert np.abs(out - body.output.numpy()).max() < CLOSE
    placed = controller.Placer(ours)(out)
    assert np.abs(placed - body.positions.numpy()).max() < CLOSE


def driven(twin: Quadruped, ours: model.Model, plan: Trajectory, start: float) -> Run:
    """Return the motion of the torch model in the controller's loop, settled as there."""
    control, turns, moves = (torch.tensor(a) for a in controller.stacked([plan], len(plan)))
    offsets, amplitude = (torch.tensor(part) for part in stride_clock.planned(plan))
    positions, velocities = (torch.tensor(part)[None] for part in ours.start_state)

    def step(at: int, phase: float) -> tuple[np.ndarray, float]:
        nonlocal positions, velocities
        state = (positions @ turns[at] + moves[at][:, None], velocities @ turns[at])
        legs = (phase - offsets[at : at + 1]).float()
        body = twin.step(control[at], legs, amplitude[at : at + 1].float(), state)
        positions, velocities = body.positions, body.velocities
        output = body.output[0].numpy()
        return output, float(np.clip(output[ours.layout.phase_rate], 0.0, 3.5)) / RATE

    settled = settling(step, start)
    outputs, phases = [], [settled]
    for at in range(len(plan)):
        output, rate = step(at, phases[-1])
        outputs.append(output)
        phases.append(phases[-1] + rate)
    return decode(ours.skeleton, plan, np.array(outputs), np.array(phases[:-1]))


def settling(step: Callable[[int, float], tuple[np.ndarray, float]], start: float) -> float:
    """Run a loop as the controller does before its first frame; return the phase there."""
    walked = [0.0]
    for _ in range(2 * PRE_ROLL):
        walked.append(walked[-1] + step(0, walked[-1])[1])
    advance = (walked[-1] - walked[PRE_ROLL]) / PRE_ROLL
    for left in range(PRE_ROLL, 0, -1):
        step(0, start - left * advance)
    return start


@torch.no_grad()
@each(("gait", "speed", "phase"), [("walk", 0.9, 0.0), ("canter", 3.0, 0.6)])
def test_three_hundred_steps_in_the_loop(pair: Pair, gait: str, speed: float, phase: float) -> None:
    ours, twin = pair
    line = DrawnPath.from_points([[0, 0, 0], [0, 0, 3.0 * speed], [2.0, 0, 6.0 * speed]])
    plan = trajectory.plan(line, speed=speed, gait=gait, start=False, mover=quadruped_gaits.MOVER)
    columns = [f.name for f in fields(plan) if np.ndim(getattr(plan, f.name))]
    plan = replace(plan, **{name: getattr(plan, name)[:300] for name in columns})
    assert len(plan) == 300
    theirs = driven(twin, ours, plan, phase)
    *_, runs = Controller(ours).run([plan], np.array([phase]), np.ones(1))
    assert isinstance(runs, list)
    (found,) = runs
    assert np.abs(theirs.phase - found.phase).max() < CLOSE
    assert np.abs(theirs.clip.world()[1] - found.clip.world()[1]).max() < CLOSE
    assert np.abs(theirs.clip.contacts - found.clip.contacts).max() < 5 * CLOSE
