# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the biped's PFNN: teacher forcing, then closed-loop roll-outs of growing length.

    python -m training.train --dataset build/biped/dataset.npz --out build/biped --steps 20000

Read downward: settings, losses, loop. A checkpoint is written every few minutes.
"""

import argparse
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from motion_addon.motion import features

from . import dataset
from .model import Biped, Body, phase_basis

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """One training run."""

    hidden: int = 320
    steps: int = 20000
    """Optimizer steps; the schedule goes by them, so that a run can be repeated."""
    batch_frames: int = 4096
    """Frames in a batch, whatever the length of its sequences."""
    lengths: tuple[int, ...] = (1, 4, 8, 16, 24, 32)
    """Roll-out lengths in frames, each for its share of the steps."""
    shares: tuple[float, ...] = (0.12, 0.12, 0.16, 0.2, 0.2, 0.2)
    rate: float = 1.5e-3
    """AdamW learning rate, warmed up and then lowered by a cosine."""
    decay: float = 1e-3
    noise: float = 0.015
    """Standard deviation of noise on the first state, meters; velocities ten times that."""
    astray: float = 0.04
    """Standard deviation of each leg as a whole being out of place at first, meters."""
    stop: int = 0
    """Step to stop at before the schedule ends; 0 runs it to the end."""
    rare: float = 0.5
    """How much more often rare speeds are drawn: power of the inverse density."""
    seed: int = 1


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


@torch.no_grad()
def validate(model: Biped, data: dataset.Sequences, length: int = 60) -> dict[str, float]:
    """Return losses of one-second roll-outs over the held-out clips."""
    first, _ = data.starts(length)
    batch = data.batch(first[:: max(len(first) // 384, 1)], length)
    model.eval()
    out = {key: value.item() for key, value in roll_out(model, batch, None).items()}
    model.train()
    return out


def save(path: Path, model: Biped, settings: Settings, history: list[dict[str, float]]) -> None:
    """Write a checkpoint and its history."""
    path.mkdir(parents=True, exist_ok=True)
    state = {"model": model.state_dict(), "settings": asdict(settings)}
    torch.save(state, path / "checkpoint.pt")
    (path / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")


def train(data: Path, out: Path, settings: Settings, start: Path | None = None) -> Biped:
    """Train by the settings and return the model; checkpoints go to ``out``."""
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    learn, held_out = dataset.load(data)
    model = Biped(learn.skeleton, settings.hidden, dataset.statistics(learn))
    if start:
        model.load_state_dict(torch.load(start, weights_only=True)["model"])
    optimizer = torch.optim.AdamW(model.parameters(), settings.rate, weight_decay=settings.decay)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.999)
    )
    began = saved = time.monotonic()
    history: list[dict[str, float]] = []
    stage, first, weight = -1, np.zeros(0), np.zeros(0)
    bounds = np.cumsum(settings.shares) / np.sum(settings.shares)
    for step in range(settings.stop or settings.steps):
        done = step / settings.steps
        now = min(int(np.searchsorted(bounds, done, side="right")), len(bounds) - 1)
        length = settings.lengths[now]
        if now != stage:
            stage = now
            first, weight = learn.starts(length, settings.rare)
            weight = np.cumsum(weight)
        warm = min(step / 300.0, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * warm * max(0.5 * (1.0 + np.cos(np.pi * done)), 0.01)
        drawn = np.searchsorted(weight, rng.random(max(settings.batch_frames // length, 48)))
        batch = learn.batch(first[np.minimum(drawn, len(first) - 1)], length)
        terms = roll_out(model, batch, settings)
        optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(model)
        if time.monotonic() - saved > 120.0:
            saved = time.monotonic()
            row: dict[str, float] = {"minute": round((saved - began) / 60.0, 1), "length": length}
            row |= {"step": step} | {f"train_{k}": v.item() for k, v in terms.items()}
            row |= validate(average.module, held_out)
            history.append(row)
            log.info(" ".join(f"{k} {v:.4g}" for k, v in row.items()))
            save(out, average.module, settings, history)
    save(out, average.module, settings, history)
    return average.module


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
