# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the style network (adaptive instance normalization).

    python -m training.style.train --dataset build/style/dataset.npz --out build/style/run

Training does not use the styles' names. Hidden layers run in bfloat16, which a CPU with AMX
multiplies several times faster.
"""

import argparse
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style.style_features import StyleLayout

from ..shared.loop import Pace, Row, add_fields, descend, parsed_fields
from . import dataset
from .dataset import Batch, Shares, StyleWindows, draw
from .model import AdaIn, Size

PACE = Pace(warm=100, every=180.0, last=True)
SAMPLE = 2000
"""Windows from which the normalization is computed."""


@dataclass(frozen=True)
class Settings:
    """Settings of one training run."""

    steps: int = 1500
    stop: int = 0
    """Step to stop at before the schedule ends; 0 runs it to the end."""
    batch: int = 20
    """Windows in a batch."""
    every: int = 4
    """Steps between those with content, style and cycle terms, whose weight grows by as much."""
    rate: float = 2e-3
    """AdamW learning rate, warmed up and then lowered by a cosine."""
    decay: float = 0.01
    average: float = 0.99
    """Decay of the running mean of the weights per step."""
    wanted: float = 1.0
    """Weight of the error against the rendered target; 0 trains without targets."""
    meters: float = 4.0
    """Weight of meters relative to radians."""
    velocity: float = 3.0
    """Weight of frame-to-frame changes relative to values."""
    content: float = 0.02
    """Weight of the difference in content between output and input."""
    style: float = 0.03
    """Weight of the difference in statistics between output and example."""
    cycle: float = 0.3
    """Weight of the cycle error: output changed back to the input's style, against the input."""
    itself: float = 0.1
    """Weight of the reconstruction error in a window's own style."""
    seed: int = 1


def weights(layout: StyleLayout, meters: float = Settings.meters) -> Tensor:
    """Return (F,) the weights of the features' errors."""
    out = torch.ones(layout.features)
    out[layout.hips.start :] = meters
    return out


def normalize(model: AdaIn, windows: StyleWindows, seed: int) -> None:
    """Set the normalization from a sample of windows in styles."""
    batch = draw(windows, np.random.default_rng(seed), SAMPLE)
    for name, values, least in (
        ("feature", batch.wanted, 0.03),
        ("told", batch.decoder_conditions, 0.1),
    ):
        flat = values.reshape(-1, values.shape[-1])
        scale = np.maximum(flat.std(axis=0), least)
        getattr(model, f"{name}_mean").copy_(torch.from_numpy(flat.mean(axis=0)))
        getattr(model, f"{name}_scale").copy_(torch.from_numpy(scale))


class Seen:
    """A normalized batch as tensors."""

    def __init__(self, model: AdaIn, batch: Batch) -> None:
        """Normalize the arrays of a batch."""
        self.mean, self.scale = model.feature_mean, model.feature_scale
        self.decoder_conditions = self._conditions(model, batch.decoder_conditions)
        self.conditions = self.decoder_conditions[..., : model.layout.conditions]
        self.features = self._features(batch.features)
        self.wanted = self._features(batch.wanted)
        self.input = self.joined(self.features)
        shown = self._conditions(model, batch.example_conditions)
        self.example = torch.cat([self._features(batch.example), shown], dim=2)
        self.known = torch.from_numpy(batch.known.astype(np.float32))

    def _features(self, values: Array) -> Tensor:
        return (torch.from_numpy(values.astype(np.float32)) - self.mean) / self.scale

    @staticmethod
    def _conditions(model: AdaIn, values: Array) -> Tensor:
        size = values.shape[2]
        shift, scale = model.told_mean[:size], model.told_scale[:size]
        return (torch.from_numpy(values.astype(np.float32)) - shift) / scale

    def joined(self, features: Tensor) -> Tensor:
        """Return the inputs of an encoder: features and conditions."""
        return torch.cat([features, self.conditions], dim=2)


def motion_error(found: Tensor, wanted: Tensor, weight: Tensor, velocity: float) -> Tensor:
    """Return (N,) the error between motions: radians, weighted meters, and their changes."""
    error = (found - wanted) * weight
    change = error[:, 1:] - error[:, :-1]
    return error.abs().mean(dim=(1, 2)) + velocity * change.abs().mean(dim=(1, 2))


def from_mean(features: Tensor) -> Tensor:
    """Return the deviation of windows (N, T, F) from their mean over time."""
    return features - features.mean(dim=1, keepdim=True)


def restyled(
    model: AdaIn, seen: Seen, features: Tensor, content: Tensor, own: Tensor, other: Tensor
) -> Tensor:
    """Return the change of windows (N, T, F) from their own style to another's, as in a bake."""
    double = (x.repeat(2, 1, 1) for x in (seen.decoder_conditions, from_mean(features)))
    both = model.decoded(content.repeat(2, 1, 1), torch.cat([own, other]), *double)
    mine, wanted = both.chunk(2)
    return wanted - mine


def losses(model: AdaIn, seen: Seen, settings: Settings, step: int = 0) -> dict[str, Tensor]:
    """Return the weighted terms of the loss."""
    weight = weights(model.layout, settings.meters) * model.feature_scale
    content, own = model.content(seen.input), model.style(seen.input)
    other = model.style(seen.example)
    found = seen.features + restyled(model, seen, seen.features, content, own, other)
    terms = {}
    if settings.wanted:
        error = motion_error(found, seen.wanted, weight, settings.velocity)
        terms["wanted"] = settings.wanted * (error * seen.known).mean()
    if step % settings.every and terms:
        return terms
    again, often = seen.joined(found), settings.every
    kept, now = model.content(again), model.style(again, fixed=True)
    terms["content"] = often * settings.content * (kept - content.detach()).abs().mean()
    terms["style"] = often * settings.style * (now - other.detach()).abs().mean()
    back = found + restyled(model, seen, found, kept, model.style(again), own)
    error = motion_error(back, seen.features, weight, settings.velocity)
    terms["cycle"] = often * settings.cycle * error.mean()
    itself = model.decoded(content, own, seen.decoder_conditions, from_mean(seen.features))
    error = motion_error(itself, seen.features, weight, settings.velocity)
    terms["itself"] = often * settings.itself * error.mean()
    return terms


@torch.no_grad()
def validate(model: AdaIn, held_out: StyleWindows, settings: Settings) -> dict[str, float]:
    """Return the error on held-out windows, and the baseline error of unchanged windows."""
    model.eval()
    batch = draw(held_out, np.random.default_rng(7), 200, Shares(same=0.0, across=0.0))
    seen = Seen(model, batch)
    weight = weights(model.layout, settings.meters) * model.feature_scale
    content, style = model.content(seen.input), model.style(seen.input)
    other = model.style(seen.example)
    found = seen.features + restyled(model, seen, seen.features, content, style, other)
    out = {"held_out": motion_error(found, seen.wanted, weight, settings.velocity).mean().item()}
    out["untouched"] = (
        motion_error(seen.features, seen.wanted, weight, settings.velocity).mean().item()
    )
    own = model.decoded(content, style, seen.decoder_conditions, from_mean(seen.features))
    out["itself"] = motion_error(own, seen.features, weight, settings.velocity).mean().item()
    model.train()
    return out


def fit(
    windows: StyleWindows,
    held_out: StyleWindows,
    settings: Settings,
    size: Size,
    out: Path,
    kind: type[AdaIn] = AdaIn,
) -> AdaIn:
    """Train and return the model of mean weights; checkpoints are written to ``out``."""
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    model = kind(size, windows.kind.layout)
    normalize(model, windows, settings.seed)

    def step_losses(step: int) -> dict[str, Tensor]:
        batch = draw(windows, rng, settings.batch)
        return losses(model, Seen(model, batch), settings, step)

    def measured(mean: AdaIn, step: int, terms: dict[str, Tensor]) -> Row:
        values = {key: value.item() for key, value in terms.items()}
        return {"step": step, **values, **validate(mean, held_out, settings)}

    info = asdict(settings) | asdict(size)
    return descend(model, step_losses, measured, settings, PACE, (out, info))


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/style/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/style/run"))
    for kind in (Settings, Size):
        add_fields(parser, kind)
    options = parser.parse_args()
    arrays = dataset.read(options.dataset)
    pair = StyleWindows(arrays, False), StyleWindows(arrays, True)
    fit(*pair, parsed_fields(options, Settings), parsed_fields(options, Size), options.out)


if __name__ == "__main__":
    main()
