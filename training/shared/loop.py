# SPDX-License-Identifier: GPL-3.0-or-later
"""Training loop: AdamW with a running mean of the weights; for controllers, staged roll-outs.

A controller provides its model, its data and a function that runs it on its own outputs. Also the
options of the command line and the contents of a checkpoint.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from . import dataset

log = logging.getLogger(__name__)

EVERY = 120.0
"""Seconds between checkpoints."""


@dataclass(frozen=True)
class Settings:
    """Settings of one training run of a controller."""

    hidden: int = 320
    steps: int = 20000
    """Optimizer steps; the schedule depends on steps, not time, so that runs are repeatable."""
    batch_frames: int = 4096
    """Frames in a batch for any length of sequences."""
    lengths: tuple[int, ...] = (1, 4, 8, 16, 24, 32)
    """Roll-out lengths in frames, one for each stage of the schedule."""
    shares: tuple[float, ...] = (0.12, 0.12, 0.16, 0.2, 0.2, 0.2)
    """Share of the steps of each stage."""
    rate: float = 1.5e-3
    """AdamW learning rate, warmed up and then lowered by a cosine."""
    decay: float = 1e-3
    noise: float = 0.015
    """Standard deviation of noise on initial positions, meters; ten times that on velocities."""
    astray: float = 0.04
    """Standard deviation of the initial displacement of each whole leg, meters."""
    stop: int = 0
    """Step to stop at before the schedule ends; 0 runs it to the end."""
    rare: float = 0.5
    """Power of the inverse density by which rare speeds are drawn more often."""
    seed: int = 1
    average: float = 0.999
    """Decay of the running mean of the weights per step; short runs need less."""


Fields = TypeVar("Fields")
Row = dict[str, float]


class Schedule(Protocol):
    """The settings that ``descend`` reads."""

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole schedule."""

    @property
    def stop(self) -> int:
        """Step to stop at before it ends; 0 runs it to the end."""

    @property
    def rate(self) -> float:
        """AdamW learning rate, warmed up and then lowered by a cosine."""

    @property
    def decay(self) -> float:
        """Weight decay."""

    @property
    def average(self) -> float:
        """Decay of the running mean of the weights per step."""


@dataclass(frozen=True)
class Pace:
    """Warm-up and checkpoints of a training loop."""

    warm: int = 300
    """Steps of the learning rate's warm-up."""
    every: float = EVERY
    """Seconds between checkpoints."""
    last: bool = False
    """Whether the last step always gets a row in the history."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the common options: dataset and output under ``build/name``, and ``Settings``."""
    folder = Path("build") / name
    parser.add_argument("--dataset", type=Path, default=folder / "dataset.npz")
    parser.add_argument("--out", type=Path, default=folder)
    parser.add_argument("--start", type=Path, help="checkpoint to continue from")
    add_fields(parser, Settings)


def add_fields(parser: argparse.ArgumentParser, kind: type[Any]) -> None:
    """Declare an option for each field of a dataclass whose fields all have defaults."""
    for field in fields(kind):
        flag, default = "--" + field.name.replace("_", "-"), field.default
        if isinstance(default, tuple):
            parser.add_argument(flag, type=type(default[0]), nargs="+", default=default)
        else:
            parser.add_argument(flag, type=type(default), default=default)


def parsed_fields(options: argparse.Namespace, kind: type[Fields]) -> Fields:
    """Return the dataclass of ``add_fields`` with the values of the command line."""
    names = [field.name for field in fields(cast(Any, kind))]
    values: dict[str, Any] = {name: getattr(options, name) for name in names}
    values |= {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return kind(**values)


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings that were given on the command line."""
    return parsed_fields(options, Settings)


Model = TypeVar("Model", bound=nn.Module)
RollOut = Callable[[Model, dict[str, Any], Settings | None], dict[str, Tensor]]
"""Runs a model over a batch (``Sequences.batch``) and returns mean losses; with settings, the
initial state gets their noise."""


@torch.no_grad()
def validate(
    model: Model, data: dataset.Sequences, roll_out: RollOut[Model], length: int = 60
) -> dict[str, float]:
    """Return losses of one-second roll-outs over the held-out clips."""
    first, _ = data.starts(length)
    batch = data.batch(first[:: max(len(first) // 384, 1)], length)
    model.eval()
    out = {key: value.item() for key, value in roll_out(model, batch, None).items()}
    model.train()
    return out


def save(
    path: Path, model: nn.Module, info: dict[str, Any], history: list[dict[str, float]]
) -> None:
    """Write a checkpoint and its history; ``info`` holds plain values stored with the weights."""
    path.mkdir(parents=True, exist_ok=True)
    torch.save({"model": model.state_dict(), "settings": info}, path / "checkpoint.tmp")
    (path / "checkpoint.tmp").replace(path / "checkpoint.pt")
    (path / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")


def read(checkpoint: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the weights and the plain values of a checkpoint of ``save``."""
    saved = torch.load(checkpoint, weights_only=True)
    return saved["model"], saved["settings"]


class Draw:
    """Batch sampler: the roll-out length follows the stage, sequences are drawn by weight."""

    def __init__(self, data: dataset.Sequences, settings: Settings) -> None:
        """Start before the first stage."""
        self._data, self._settings = data, settings
        self._rng = np.random.default_rng(settings.seed)
        self._bounds = np.cumsum(settings.shares) / np.sum(settings.shares)
        self._first, self._weight = np.zeros(0), np.zeros(0)
        self.length = 0

    def __call__(self, done: float) -> dict[str, Tensor]:
        """Return the next batch at a share ``done`` (0..1) of the schedule."""
        last = len(self._bounds) - 1
        stage = min(int(np.searchsorted(self._bounds, done, side="right")), last)
        length = self._settings.lengths[stage]
        if length != self.length:
            self.length = length
            self._first, weight = self._data.starts(length, self._settings.rare)
            self._weight = np.cumsum(weight)
        count = max(self._settings.batch_frames // length, 48)
        drawn = np.searchsorted(self._weight, self._rng.random(count))
        return self._data.batch(self._first[np.minimum(drawn, len(self._first) - 1)], length)


def fit(
    model: Model,
    parts: tuple[dataset.Sequences, dataset.Sequences],
    roll_out: RollOut[Model],
    settings: Settings,
    out: Path,
    info: dict[str, Any] | None = None,
) -> Model:
    """Train on the first of ``parts``, validate on the second; return the model of mean weights."""
    learn, held_out = parts

    def check(mean: Model) -> dict[str, float]:
        return validate(mean, held_out, roll_out)

    info = asdict(settings) | (info or {})
    return run(model, Draw(learn, settings), roll_out, check, settings, out, info)


def run(
    model: Model,
    draw: Callable[[float], dict[str, Any]],
    roll_out: RollOut[Model],
    check: Callable[[Model], dict[str, float]],
    settings: Settings,
    out: Path,
    info: dict[str, Any],
) -> Model:
    """Train ``model`` on the batches of ``draw``, called with the share (0..1) of the schedule.

    Returns the model with the running mean of the weights, which ``check`` validates. Its
    checkpoints, with ``info``, are written to ``out``.
    """

    batch: dict[str, Any] = {}

    def losses(step: int) -> dict[str, Tensor]:
        batch.update(draw(step / settings.steps))
        return roll_out(model, batch, settings)

    def measured(mean: Model, step: int, terms: dict[str, Tensor]) -> Row:
        row: Row = {"length": batch["control"].shape[1] - 1, "step": step}
        return row | {f"train_{k}": v.item() for k, v in terms.items()} | check(mean)

    return descend(model, losses, measured, settings, Pace(), (out, info))


def descend(
    model: Model,
    losses: Callable[[int], dict[str, Tensor]],
    measured: Callable[[Model, int, dict[str, Tensor]], Row],
    schedule: Schedule,
    pace: Pace,
    place: tuple[Path, dict[str, Any]],
) -> Model:
    """Train ``model`` on the sum of the ``losses`` of each step; return the model of mean weights.

    At every checkpoint ``measured`` is called with the mean model, the step and the last loss
    terms, and its row is appended to the history. ``place`` is the folder of the checkpoints, and
    the plain values stored in them.
    """
    optimizer = torch.optim.AdamW(model.parameters(), schedule.rate, weight_decay=schedule.decay)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(schedule.average)
    )
    mean = cast(Model, average.module)
    began = saved = time.monotonic()
    history: list[Row] = []
    end = schedule.stop or schedule.steps
    for step in range(end):
        done = step / schedule.steps
        warm = min(step / pace.warm, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate * warm * max(0.5 * (1.0 + np.cos(np.pi * done)), 0.01)
        terms = losses(step)
        optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(model)
        if time.monotonic() - saved > pace.every or (pace.last and step == end - 1):
            saved = time.monotonic()
            row = {"minute": round((saved - began) / 60.0, 1)} | measured(mean, step, terms)
            history.append(row)
            log.info(" ".join(f"{k} {v:.4g}" for k, v in row.items()))
            save(place[0], mean, place[1], history)
    save(place[0], mean, place[1], history)
    return mean
