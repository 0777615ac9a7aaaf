# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the biped's PFNN: teacher forcing, then closed-loop roll-outs of growing length.

    python -m training.biped.train --dataset build/biped/dataset.npz --out build/biped --steps 20000

Training loop and roll-outs are in ``training/shared``. A checkpoint is written every few minutes.
"""

import argparse
import logging
from pathlib import Path

import torch
from torch import Tensor

from motion_addon.motion.controller import features

from ..shared import dataset, rollout
from ..shared.loop import Settings, add_arguments, fit, read, settings_of
from ..shared.model import BodyState, phase_basis
from .model import Biped

SIDES = ("Left", "Right")
_WEIGHTS = torch.tensor(
    [3.0 if n.endswith(("Foot", "Toe")) else 1.0 for n in features.STATE_JOINTS]
)
_ANKLES, _TOES = (
    [features.STATE_JOINTS.index(side + name) for side in SIDES] for name in ("Foot", "Toe")
)


def losses(model: Biped, body: BodyState, truth: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the loss terms of one frame."""
    stands = truth["contacts"] > 0.5
    flat = stands[:, [0, 2]] & stands[:, [1, 3]]
    standing = [(_TOES, stands[:, [1, 3]]), (_ANKLES, 0.5 * flat)]
    return rollout.losses(body, truth, _WEIGHTS, standing, layout=model.layout, phase=1.0)


_LEGS = rollout.LegOffsets(
    torch.tensor(
        [
            [{"Leg": 0.5, "Foot": 1.0, "Toe": 1.0}.get(n.removeprefix(s), 0.0) for s in SIDES]
            for n in features.STATE_JOINTS
        ]
    ),
    torch.tensor([1.0, 0.2, 1.0]),
)


def roll_out(
    model: Biped, batch: dict[str, Tensor], settings: Settings | None
) -> dict[str, Tensor]:
    """Run the model on its own outputs and return mean losses, as ``rollout.run``."""

    def step(
        truth: dict[str, Tensor], positions: Tensor, velocities: Tensor
    ) -> tuple[BodyState, dict[str, Tensor]]:
        basis = phase_basis(truth["phase"])
        body = model.step(truth["control"], basis, positions, velocities)
        return body, losses(model, body, truth)

    return rollout.run(batch, settings, _LEGS, step)


def train(data: Path, out: Path, settings: Settings, start: Path | None = None) -> Biped:
    """Train with the settings and return the model; checkpoints are written to ``out``."""
    torch.manual_seed(settings.seed)
    parts = dataset.load(data)
    model = Biped(parts[0].skeleton, settings.hidden, dataset.statistics(parts[0]))
    if start:
        model.load_state_dict(read(start)[0])
    return fit(model, parts, roll_out, settings, out)


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, "biped")
    options = parser.parse_args()
    train(options.dataset, options.out, settings_of(options), options.start)


if __name__ == "__main__":
    main()
