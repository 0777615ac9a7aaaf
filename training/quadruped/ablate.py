# SPDX-License-Identifier: GPL-3.0-or-later
"""Ablation of the experts: mute each one and measure where the motion gets worse.

    python -m training.quadruped.ablate --run build/quadruped/run --out docs/images

Draws ``experts-ablation.png``, the rise of the body's error after a quarter of a second with one
expert muted, by situation, and ``experts-activations.png``, the gate's shares from a walk to a
gallop.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path as DrawnPath
from motion_addon.motion.plan.trajectory import RATE

from ..shared import results
from ..shared.model_folder import standing_state
from .compare_mixtures import drive, read
from .model import Quadruped
from .train import Sequences, load

FRAMES = 15
"""Length of the roll-outs compared."""
SAMPLES = 3000
TURN = 0.7
"""rad/s above which the dog turns."""
FAST = 3.0
"""m/s."""


def situations(data: Sequences, frames: Array) -> dict[str, Array]:
    """Return a mask (N,) over ``frames`` (N,) for each situation."""
    motion = data.frames["control"].numpy()[frames][:, stride_clock.INPUT.motion]
    gait = data.frames["gait"].numpy()[frames].argmax(axis=1)
    speed = data.frames["speed"].numpy()[frames]
    out = {name: gait == i for i, name in enumerate(quadruped_gaits.GAITS)}
    out["turn left"], out["turn right"] = motion[:, 2] > TURN, motion[:, 2] < -TURN
    out["backward"] = motion[:, 1] < -0.15
    out["fast"] = speed > FAST
    return out


@torch.no_grad()
def misplaced(model: Quadruped, batch: dict[str, Tensor]) -> Array:
    """Return (N,) the mean distance (cm) of the state joints at the end of roll-outs."""
    model.eval()
    positions, velocities = batch["positions"][:, 0], batch["velocities"][:, 0]
    for i in range(1, batch["control"].shape[1]):
        now = {key: value[:, i] for key, value in batch.items()}
        state = positions @ now["matrices"] + now["moves"][:, None], velocities @ now["matrices"]
        body = model.step(now["control"], now["phase"], now["amplitude"], state)
        positions, velocities = body.positions, body.velocities
    off = (positions - batch["positions"][:, -1]).norm(dim=-1)
    return np.asarray(100.0 * off.mean(dim=-1))


def ablate(model: Quadruped, data: Sequences) -> tuple[list[str], Array, Array]:
    """Return situations, the unablated error (S,) in cm and its rise (K, S) per muted expert."""
    first, weight = data.starts(FRAMES)
    rng = np.random.default_rng(1)
    first = rng.choice(first, SAMPLES, p=weight)
    batch = data.batch(first, FRAMES)
    doing = situations(data, first + FRAMES // 2)
    names = [name for name, mask in doing.items() if mask.sum() >= 20]

    def by_situation(off: Array) -> Array:
        return np.array([off[doing[name]].mean() for name in names])

    whole = by_situation(misplaced(model, batch))
    rises = []
    for expert in range(model.network.experts):
        model.factors = torch.ones(model.network.experts)
        model.factors[expert] = 0.0
        rises.append(by_situation(misplaced(model, batch)) - whole)
    model.factors = None
    return names, whole, np.array(rises)


def speeding_up(model: Quadruped, data: Sequences) -> tuple[Array, Array, Array]:
    """Return times (T,), speeds (T,) and shares (T, K) from a walk to a gallop."""
    path = DrawnPath.from_points(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 30.0]]))
    plan = trajectory.plan(path, speed=((0.0, 0.6), (1.0, 4.8)), mover=quadruped_gaits.MOVER)
    _, shares = drive(model, [plan], standing_state(data, stride_clock.INPUT))
    return np.arange(len(plan)) / RATE, plan.speeds, shares[:, 0]


def draw_ablation(names: list[str], rises: Array, out: Path) -> None:
    """Draw the rise of the error (K, S) as a heat map."""
    figure, axes = plt.subplots(figsize=(8.0, 0.5 * len(rises) + 1.6))
    axes.imshow(rises, cmap="Oranges", aspect="auto", vmin=0.0)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(rises)), [f"expert {i + 1}" for i in range(len(rises))])
    for (row, column), value in np.ndenumerate(rises):
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=8)
    axes.set_title("With one expert muted: cm further off after a quarter of a second")
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    plt.close(figure)


def draw_activations(times: Array, speeds: Array, shares: Array, out: Path) -> None:
    """Draw the shares (T, K) of the experts over time, and the speed."""
    figure, (top, low) = plt.subplots(
        2, 1, sharex=True, figsize=(9.0, 4.2), height_ratios=(1, 3), layout="constrained"
    )
    top.plot(times, speeds, color="black")
    top.set_ylabel("m/s")
    low.stackplot(times, shares.T, labels=[f"{i + 1}" for i in range(shares.shape[1])])
    low.set_ylabel("shares of the experts")
    low.set_xlabel("seconds")
    low.set_ylim(0.0, 1.0)
    low.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    figure.savefig(out, dpi=110)
    plt.close(figure)


def main() -> None:
    """Read the command line, measure and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/quadruped/dataset.npz"))
    parser.add_argument("--run", type=Path, default=Path("build/quadruped/run"))
    parser.add_argument("--out", type=Path, default=Path("out"))
    results.add_argument(parser)
    options = parser.parse_args()
    mpl.use("Agg")
    data, _ = load(options.dataset)
    model = read(options.run, data)
    names, whole, rises = ablate(model, data)
    options.out.mkdir(parents=True, exist_ok=True)
    draw_ablation(names, rises, options.out / "experts-ablation.png")
    draw_activations(*speeding_up(model, data), options.out / "experts-activations.png")
    for name, error, rise in zip(names, whole, rises.T, strict=True):
        worse = " ".join(f"{value:5.1f}" for value in rise)
        print(f"{name:<11}{error:5.1f} cm, one expert muted: {worse}")
    found = {"names": names, "whole": whole.tolist(), "rises": rises.tolist()}
    results.write(options.json, found)


if __name__ == "__main__":
    main()
