# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the biped's PFNN: teacher forcing, then closed-loop roll-outs of growing length.

    python -m training.train --dataset build/biped/dataset.npz --out build/biped --steps 20000

Read downward: losses, roll-out, command line. The loop is ``loop``'s; a checkpoint is written
every few minutes.
"""

import argparse
import logging
from pathlib import Path

import torch
from torch import Tensor

from motion_addon.motion import features

from . import dataset
from .loop import Settings, fit
from .model import Biped, Body, phase_basis

SIDES = ("Left", "Right")
JOINT_WEIGHT = {"LeftFoot": 3.0, "RightFoot": 3.0, "LeftToe": 3.0, "RightToe": 3.0}


def losses(model: Biped, body: Body, truth: dict[str, Tensor], weight: Tensor) -> dict[str, Tensor]:
    """Return the loss terms of one frame; lengths in decimetres, speeds in m/s."""
    layout, y = model.layout, body.output
    axes = y[:, layout.axes].unflatten(-1, (-1, 6)) - truth["axes"]
    stands = truth["contacts"] > 0.5
    ends = [features.STATE_JOINTS.index(n) for n in ("LeftToe", "RightToe")]
    ankles = [features.STATE_JOINTS.index(n) for n in ("LeftFoot", "RightFoot")]
    placed = body.positions - truth["positions"]
    velocity = body.velocities - truth["velocities"]
    slip = body.velocities[:, ends].square().sum(-1) * stands[:, [1, 3]]
    flat = stands[:, [0, 2]] & stands[:, [1, 3]]
    slip = slip + 0.5 * body.velocities[:, ankles].square().sum(-1) * flat
    return {
        "axes": 10.0 * axes.square().mean(),
        "hips": 50.0 * (y[:, layout.hips] - truth["hips"]).square().mean(),
        "position": 50.0 * (placed.square().mean(-1) * weight).mean(),
        "velocity": 0.3 * (velocity.square().mean(-1) * weight).mean(),
        "slip": 1.0 * slip.mean(),
        "phase": (y[:, layout.phase_rate] - truth["phase_rate"]).square().mean(),
        "contacts": 0.5 * (y[:, layout.contacts] - truth["contacts"]).square().mean(),
    }


# How much of a leg's displacement each state joint takes: left leg, right leg.
_LEGS = torch.tensor(
    [
        [{"Leg": 0.5, "Foot": 1.0, "Toe": 1.0}.get(n.removeprefix(side), 0.0) for side in SIDES]
        for n in features.STATE_JOINTS
    ]
)


def disturbed(positions: Tensor, settings: Settings) -> Tensor:
    """Return state positions (N, S, 3) with noise on each joint and each leg moved along."""
    legs = settings.astray * torch.randn(len(positions), 2, 3) * torch.tensor([1.0, 0.2, 1.0])
    return positions + settings.noise * torch.randn_like(positions) + _LEGS @ legs


def roll_out(
    model: Biped, batch: dict[str, Tensor], settings: Settings | None
) -> dict[str, Tensor]:
    """Run the model on its own outputs and return mean losses; batch as ``Sequences.batch``.

    With settings the first state is disturbed by their noise.
    """
    weight = torch.tensor([JOINT_WEIGHT.get(n, 1.0) for n in features.STATE_JOINTS])
    positions, velocities = batch["positions"][:, 0], batch["velocities"][:, 0]
    if settings:
        positions = disturbed(positions, settings)
        velocities = velocities + 10.0 * settings.noise * torch.randn_like(velocities)
    length = batch["control"].shape[1]
    total: dict[str, Tensor] = {}
    for i in range(1, length):
        truth = {key: value[:, i] for key, value in batch.items()}
        matrices = truth["matrices"]
        positions = positions @ matrices + truth["moves"][:, None]
        velocities = velocities @ matrices
        basis = phase_basis(truth["phase"])
        body = model.step(truth["control"], basis, positions, velocities)
        positions, velocities = body.positions, body.velocities
        for key, value in losses(model, body, truth, weight).items():
            total[key] = total.get(key, torch.zeros(())) + value / (length - 1)
    return total


def train(data: Path, out: Path, settings: Settings, start: Path | None = None) -> Biped:
    """Train by the settings and return the model; checkpoints go to ``out``."""
    torch.manual_seed(settings.seed)
    parts = dataset.load(data)
    model = Biped(parts[0].skeleton, settings.hidden, dataset.statistics(parts[0]))
    if start:
        model.load_state_dict(torch.load(start, weights_only=True)["model"])
    trained = fit(model, parts, roll_out, settings, out)  # type: ignore[arg-type]
    assert isinstance(trained, Biped)
    return trained


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/biped/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/biped"))
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--stop", type=int, default=Settings.stop)
    parser.add_argument("--hidden", type=int, default=Settings.hidden)
    parser.add_argument("--lengths", type=int, nargs="+", default=Settings.lengths)
    parser.add_argument("--shares", type=float, nargs="+", default=Settings.shares)
    parser.add_argument("--rate", type=float, default=Settings.rate)
    parser.add_argument("--batch-frames", type=int, default=Settings.batch_frames)
    parser.add_argument("--rare", type=float, default=Settings.rare)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    given = vars(parser.parse_args())
    paths = {key: given.pop(key) for key in ("dataset", "out", "start")}
    given |= {"lengths": tuple(given["lengths"]), "shares": tuple(given["shares"])}
    train(paths["dataset"], paths["out"], Settings(**given), paths["start"])


if __name__ == "__main__":
    main()
