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

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE

from ..shared import dataset, rollout
from ..shared.loop import Settings, add_arguments, fit, read, settings_of
from ..shared.model import BodyState
from .model import GATINGS, MIXINGS, Quadruped

STATE_WEIGHT = 0.25
"""Scale of the fed-back body's inputs; below 1 clock and trajectory have more influence."""
BACKWARD = 0.2
"""m/s above which the dog moves backward."""
PAWS = list(stride_clock.PAW_STATES)
WEIGHTS = torch.tensor(
    [3.0 if name in quadruped.PAWS else 1.0 for name in stride_clock.STATE_JOINTS]
)


class Sequences(dataset.Sequences):
    """Sequences of dog motion; rare gaits and backward motion are drawn more often."""

    def starts(self, length: int, rare: float = 0.5) -> tuple[Array, Array]:
        """Return first frames and sampling weights, by gait, speed and direction."""
        first, _ = super().starts(length, rare)
        middle = first + length // 2
        gait = self.frames["gait"].numpy()[middle].argmax(axis=1)
        speed = np.minimum(self.frames["speed"].numpy()[middle] // 0.4, 14).astype(np.int64)
        # ``moves`` takes points into the next root frame, so its sign is opposite to the motion.
        backward = self.frames["moves"].numpy()[middle, 2] > BACKWARD / RATE
        cell = (backward * len(quadruped_gaits.GAITS) + gait) * 15 + speed
        density = np.bincount(cell)[cell]
        weight = 1.0 / np.maximum(density, 60.0) ** rare
        return first, weight / weight.sum()


def losses(model: Quadruped, body: BodyState, truth: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the loss terms of one frame."""
    standing = [(PAWS, truth["contacts"] > 0.5)]
    out = rollout.losses(body, truth, WEIGHTS, standing, layout=model.layout, phase=0.5)
    if model.training and model.gate is not None and model.gate.noise is not None:
        out["balance"] = model.gate.balance
    return out


def _legs() -> Tensor:
    """Return (S, 4) share of each leg's displacement that a state joint gets."""
    share = {2: 0.4, 3: 0.8, 4: 1.0}
    rows = []
    for name in stride_clock.STATE_JOINTS:
        chains = [quadruped.LEG_CHAINS[leg] for leg in quadruped.LEGS]
        rows.append([share.get(c.index(name), 0.0) if name in c else 0.0 for c in chains])
    return torch.tensor(rows)


LEGS = rollout.LegOffsets(_legs(), torch.tensor([0.6, 0.3, 1.0]))


def roll_out(
    model: Quadruped, batch: dict[str, Tensor], settings: Settings | None
) -> dict[str, Tensor]:
    """Run the model on its own outputs and return mean losses, as ``rollout.run``."""

    def step(
        truth: dict[str, Tensor], positions: Tensor, velocities: Tensor
    ) -> tuple[BodyState, dict[str, Tensor]]:
        state = positions, velocities
        body = model.step(truth["control"], truth["phase"], truth["amplitude"], state)
        return body, losses(model, body, truth)

    return rollout.run(batch, settings, LEGS, step)


def load(path: Path) -> tuple[Sequences, Sequences]:
    """Return the training and the held-out sequences of a prepared dataset."""
    return dataset.load(path, stride_clock.STATE_JOINTS, Sequences, ("amplitude", "gait"))


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, "quadruped")
    parser.add_argument("--mixing", choices=MIXINGS, default="blend")
    parser.add_argument("--gating", choices=GATINGS, default="phase")
    parser.add_argument("--experts", type=int, default=8)
    parser.set_defaults(hidden=256, astray=0.05)
    options = parser.parse_args()
    settings = settings_of(options)
    kind = {key: getattr(options, key) for key in ("mixing", "gating", "experts")}
    torch.manual_seed(settings.seed)
    parts = load(options.dataset)
    stats = dataset.statistics(parts[0], stride_clock.INPUT, STATE_WEIGHT)
    model = Quadruped(parts[0].skeleton, stats, settings.hidden, **kind)
    if options.start:
        model.load_state_dict(read(options.start)[0])
    fit(model, parts, roll_out, settings, options.out, kind)


if __name__ == "__main__":
    main()
