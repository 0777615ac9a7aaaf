# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of style and of gait, trained on performers that the network never saw."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion import style_features as sf
from motion_addon.motion.quat import Array

from .dataset import Windows, rendered

SURE = 0.75
"""Least weight of a gait, over a window's mean, for the window to be of it."""
STEPS, BATCH = 500, 96


class Judge(nn.Module):
    """Says what windows of features are of."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Array, scale: Array, classes: int) -> None:
        """Normalize by ``mean`` and ``scale`` (F,)."""
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("scale", torch.from_numpy(scale.astype(np.float32)))
        self.near = nn.Conv1d(len(mean), 64, 5, stride=2, padding=2)
        self.far = nn.Conv1d(64, 64, 5, stride=2, padding=2)
        self.out = nn.Linear(128, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return log odds (N, K) of windows (N, T, F)."""
        x = ((features - self.mean) / self.scale).transpose(1, 2)
        x = functional.relu(self.far(functional.relu(self.near(x))))
        variance, mean = torch.var_mean(x, dim=2)
        x = torch.cat([mean, (variance + 1e-4).sqrt()], dim=1)
        odds: Tensor = self.out(functional.dropout(x, 0.2, self.training))
        return odds

    @torch.no_grad()
    def odds(self, features: Array) -> Array:
        """Return log odds (N, K) of windows (N, T, F)."""
        self.eval()
        return np.asarray(self(torch.from_numpy(features.astype(np.float32))).numpy())


@dataclass(frozen=True, eq=False)
class Judges:
    """Of style and of gait."""

    style: Judge
    gait: Judge


def shown(windows: Windows, rng: np.random.Generator, count: int) -> tuple[Array, Array, Array]:
    """Return windows in named styles, which style each is in, and its gait or -1."""
    half = count // 2 if len(windows.other) else 0
    others = windows.starts(rng, half, "other") if half else windows.own[:0]
    first = np.concatenate([windows.starts(rng, count - half), others])
    parts = windows.read(first)
    kind = windows.kind
    which = rng.integers(len(kind.classes), size=count)
    styles = kind.performances([kind.classes[i] for i in which], rng)
    shaky = sf.unsteadiness(rng, count, parts["features"].shape[1])
    return rendered(kind, parts, styles, shaky), which, kind.gait_of(parts["conditions"], SURE)


def trained(windows: Windows, seed: int = 5, steps: int = STEPS) -> Judges:
    """Return judges trained on synthesized styles of ``windows``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    sample = shown(windows, rng, 600)[0].reshape(-1, windows.kind.layout.features)
    scale = np.maximum(sample.std(axis=0), 0.02)
    counts = len(windows.kind.classes), len(windows.kind.judged)
    made = [Judge(sample.mean(axis=0), scale, k) for k in counts]
    parameters = [p for judge in made for p in judge.parameters()]
    optimizer = torch.optim.AdamW(parameters, 2e-3, weight_decay=0.05)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1.0 - step / steps) + 1e-5
        features, style, gait = shown(windows, rng, BATCH)
        noisy = features + 0.03 * scale * rng.normal(size=features.shape)
        x = torch.from_numpy(noisy.astype(np.float32))
        loss = functional.cross_entropy(made[0].train()(x), torch.from_numpy(style))
        known = torch.from_numpy(gait)
        loss = loss + functional.cross_entropy(made[1].train()(x), known, ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Judges(*made)
