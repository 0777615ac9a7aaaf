# SPDX-License-Identifier: GPL-3.0-or-later
"""Train a quadruped's mixture of experts: teacher forcing, then closed-loop roll-outs.

python -m training.quadruped.train --dataset build/quadruped/dataset.npz --out build/quadruped
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from motion_addon.motion import gaits, quadruped, stride
from motion_addon.motion.quat import Array
from motion_addon.motion.trajectory import RATE

from .. import dataset
from ..loop import Settings, fit
from ..model import Body
from .model import GATINGS, MIXINGS, Quadruped

STATE_WEIGHT = 0.25
"""Inputs of the fed-back body are scaled by this, so that the clock and the trajectory lead."""
BACKWARD = 0.2
"""m/s from which a dog is going backward."""
_PAWS = list(stride.PAW_STATES)
_WEIGHTS = torch.tensor([3.0 if name in quadruped.PAWS else 1.0 for name in stride.STATE_JOINTS])


class Sequences(dataset.Sequences):
    """Sequences of dog motion, of which rare gaits and going backward are drawn more often."""

    def starts(self, length: int, rare: float = 0.5) -> tuple[Array, Array]:
        """Return first frames and weights as ``dataset.Sequences.starts``, by gait and speed."""
        first, _ = super().starts(length, rare)
        middle = first + length // 2
        gait = self.frames["gait"].numpy()[middle].argmax(axis=1)
        speed = np.minimum(self.frames["speed"].numpy()[middle] // 0.4, 14).astype(np.int64)
        # The root's steps are given as what carries a point into the next root frame.
        backward = self.frames["moves"].numpy()[middle, 2] > BACKWARD / RATE
        cell = (backward * len(gaits.GAITS) + gait) * 15 + speed
        density = np.bincount(cell)[cell]
        weight = 1.0 / np.maximum(density, 60.0) ** rare
        return first, weight / weight.sum()


def losses(model: Quadruped, body: Body, truth: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the loss terms of one frame; lengths in decimeters, speeds in m/s."""
    layout, y = model.layout, body.output
    axes = y[:, layout.axes].unflatten(-1, (-1, 6)) - truth["axes"]
    stands = truth["contacts"] > 0.5
    placed = body.positions - truth["positions"]
    velocity = body.velocities - truth["velocities"]
    slip = body.velocities[:, _PAWS].square().sum(-1) * stands
    out = {
        "axes": 10.0 * axes.square().mean(),
        "hips": 50.0 * (y[:, layout.hips] - truth["hips"]).square().mean(),
        "position": 50.0 * (placed.square().mean(-1) * _WEIGHTS).mean(),
        "velocity": 0.3 * (velocity.square().mean(-1) * _WEIGHTS).mean(),
        "slip": 1.0 * slip.mean(),
        "phase": 0.5 * (y[:, layout.phase_rate] - truth["phase_rate"]).square().mean(),
        "contacts": 0.5 * (y[:, layout.contacts] - truth["contacts"]).square().mean(),
    }
    if model.training and model.gate is not None and model.gate.noise is not None:
        out["balance"] = model.gate.balance
    return out


def _legs() -> Tensor:
    """Return (S, 4) how much of a leg's displacement each state joint takes."""
    share = {2: 0.4, 3: 0.8, 4: 1.0}
    rows = []
    for name in stride.STATE_JOINTS:
        chains = [quadruped.LEG_CHAINS[leg] for leg in quadruped.LEGS]
        rows.append([share.get(c.index(name), 0.0) if name in c else 0.0 for c in chains])
    return torch.tensor(rows)


_LEGS = _legs()


def disturbed(positions: Tensor, settings: Settings) -> Tensor:
    """Return state positions (N, S, 3) with noise on each joint and each leg moved along."""
    legs = settings.astray * torch.randn(len(positions), 4, 3) * torch.tensor([0.6, 0.3, 1.0])
    return positions + settings.noise * torch.randn_like(positions) + _LEGS @ legs


def roll_out(
    model: Quadruped, batch: dict[str, Tensor], settings: Settings | None
) -> dict[str, Tensor]:
    """Run the model on its own outputs and return mean losses; batch as ``Sequences.batch``."""
    positions, velocities = batch["positions"][:, 0], batch["velocities"][:, 0]
    if settings:
        positions = disturbed(positions, settings)
        velocities = velocities + 10.0 * settings.noise * torch.randn_like(velocities)
    length = batch["control"].shape[1]
    total: dict[str, Tensor] = {}
    for i in range(1, length):
        truth = {key: value[:, i] for key, value in batch.items()}
        positions = positions @ truth["matrices"] + truth["moves"][:, None]
        velocities = velocities @ truth["matrices"]
        state = positions, velocities
        body = model.step(truth["control"], truth["phase"], truth["amplitude"], state)
        positions, velocities = body.positions, body.velocities
        for key, value in losses(model, body, truth).items():
            total[key] = total.get(key, torch.zeros(())) + value / (length - 1)
    return total


def load(path: Path) -> tuple[Sequences, Sequences]:
    """Return the training and the held-out sequences of a prepared dataset."""
    return dataset.load(path, stride.STATE_JOINTS, Sequences, ("amplitude", "gait"))


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/quadruped/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/quadruped"))
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    parser.add_argument("--mixing", choices=MIXINGS, default="blend")
    parser.add_argument("--gating", choices=GATINGS, default="phase")
    parser.add_argument("--experts", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--stop", type=int, default=Settings.stop)
    parser.add_argument("--lengths", type=int, nargs="+", default=Settings.lengths)
    parser.add_argument("--shares", type=float, nargs="+", default=Settings.shares)
    parser.add_argument("--rate", type=float, default=Settings.rate)
    parser.add_argument("--batch-frames", type=int, default=Settings.batch_frames)
    parser.add_argument("--rare", type=float, default=Settings.rare)
    parser.add_argument("--average", type=float, default=Settings.average)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    given = vars(parser.parse_args())
    prepared, out, start = (given.pop(key) for key in ("dataset", "out", "start"))
    kind = {key: given.pop(key) for key in ("mixing", "gating", "experts")}
    given |= {"lengths": tuple(given["lengths"]), "shares": tuple(given["shares"])}
    settings = Settings(**given, noise=0.015, astray=0.05)
    torch.manual_seed(settings.seed)
    parts = load(prepared)
    stats = dataset.statistics(parts[0], stride.INPUT, STATE_WEIGHT)
    model = Quadruped(parts[0].skeleton, stats, settings.hidden, **kind)
    if start:
        model.load_state_dict(torch.load(start, weights_only=True)["model"])
    fit(model, parts, roll_out, settings, out, kind)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
