# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges: classifiers of style and of gait, trained on held-out performers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style import style_features as sf

from ..dataset import StyleWindows, rendered

SURE = 0.75
"""Mean weight of a gait from which a window is labeled with it."""
STEPS, BATCH = 500, 96

Vary = Callable[[dict[str, Array], np.random.Generator], dict[str, Array]]
"""Augments windows before styles are rendered on them."""
Draw = Callable[[np.random.Generator, int], tuple[Array, tuple[Array, ...]]]
"""Draws a number of windows and their labels; -1 is no label."""


class Judge(nn.Module):
    """A convolutional classifier of windows of features."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Array, scale: Array, classes: int, part: slice | None = None) -> None:
        """Normalize by ``mean`` and ``scale`` (F,).

        With ``part`` the judge sees only those features, without their mean over the window.
        """
        super().__init__()
        self.part = part
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("scale", torch.from_numpy(scale.astype(np.float32)))
        self.near = nn.Conv1d(len(mean[part or slice(None)]), 64, 5, stride=2, padding=2)
        self.far = nn.Conv1d(64, 64, 5, stride=2, padding=2)
        self.out = nn.Linear(128, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits (N, K) of windows (N, T, F)."""
        x = (features - self.mean) / self.scale
        if self.part is not None:
            x = x[..., self.part]
            x = x - x.mean(dim=1, keepdim=True)
        x = x.transpose(1, 2)
        x = functional.relu(self.far(functional.relu(self.near(x))))
        variance, mean = torch.var_mean(x, dim=2)
        x = torch.cat([mean, (variance + 1e-4).sqrt()], dim=1)
        odds: Tensor = self.out(functional.dropout(x, 0.2, self.training))
        return odds

    @torch.no_grad()
    def odds(self, features: Array) -> Array:
        """Return logits (N, K) of windows (N, T, F)."""
        self.eval()
        return np.asarray(self(torch.from_numpy(features.astype(np.float32))).numpy())


@dataclass(frozen=True)
class Question:
    """The classes and the inputs of a judge."""

    classes: int
    part: slice | None = None
    """Features that it sees, without their mean; None for all features as they are."""


@dataclass(frozen=True, eq=False)
class Judges:
    """The judges of style and of gait."""

    style: Judge
    gait: Judge


def unchanged(parts: dict[str, Array], _rng: np.random.Generator) -> dict[str, Array]:
    """Return windows without augmentation."""
    return parts


def labeled_windows(
    windows: StyleWindows, rng: np.random.Generator, count: int, vary: Vary = unchanged
) -> tuple[Array, Array, Array]:
    """Draw windows in named styles, with the labels of style and gait, -1 for none."""
    half = count // 2 if len(windows.other) else 0
    others = windows.starts(rng, half, "other") if half else windows.own[:0]
    first = np.concatenate([windows.starts(rng, count - half), others])
    parts = vary(windows.read(first), rng)
    kind = windows.kind
    which = rng.integers(len(kind.classes), size=count)
    styles = kind.performances([kind.classes[i] for i in which], rng)
    shaky = sf.unsteadiness(rng, count, parts["features"].shape[1])
    return rendered(kind, parts, styles, shaky), which, kind.gait_of(parts["conditions"], SURE)


def style_judges(
    windows: StyleWindows, seed: int = 5, steps: int = STEPS, vary: Vary = unchanged
) -> Judges:
    """Return judges trained on rendered styles of ``windows``."""
    kind = windows.kind

    def draw(rng: np.random.Generator, count: int) -> tuple[Array, tuple[Array, ...]]:
        features, *labels = labeled_windows(windows, rng, count, vary)
        return features, tuple(labels)

    asked = Question(len(kind.classes)), Question(len(kind.judged), kind.steps)
    return Judges(*trained_judges(draw, asked, seed, steps))


def accuracy(
    judges: Judges, windows: StyleWindows, seed: int = 3, count: int = 600
) -> dict[str, float]:
    """Return the judges' accuracy on performers that they were not trained on.

    ``own`` is the main performer, ``other`` are the rest; ``plain`` are neutral windows, ``styled``
    the same with rendered styles.
    """
    kind, rng = windows.kind, np.random.default_rng(seed)
    found: dict[str, float] = {}
    for which in ("own", "other"):
        parts = windows.read(windows.starts(rng, count, which))
        gaits = kind.gait_of(parts["conditions"], SURE)
        styles = rng.integers(1, len(kind.classes), size=count)
        for name, labels in (("plain", np.zeros_like(styles)), ("styled", styles)):
            rows = kind.performances([kind.classes[i] for i in labels], rng)
            shaky = sf.unsteadiness(rng, count, parts["features"].shape[1])
            x = rendered(kind, parts, rows, shaky)
            gait = (judges.gait.odds(x).argmax(axis=1) == gaits)[gaits >= 0]
            found[f"{which}, {name}, gait"] = float(gait.mean())
            found[f"{which}, {name}, style"] = float(
                (judges.style.odds(x).argmax(axis=1) == labels).mean()
            )
    return found


def trained_judges(
    draw: Draw, questions: tuple[Question, ...], seed: int, steps: int = STEPS
) -> list[Judge]:
    """Train one judge for each question on the labels of ``draw``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    sample = draw(rng, 600)[0]
    sample = sample.reshape(-1, sample.shape[-1])
    scale = np.maximum(sample.std(axis=0), 0.02)
    made = [Judge(sample.mean(axis=0), scale, one.classes, one.part) for one in questions]
    parameters = [p for judge in made for p in judge.parameters()]
    optimizer = torch.optim.AdamW(parameters, 2e-3, weight_decay=0.05)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1.0 - step / steps) + 1e-5
        features, labels = draw(rng, BATCH)
        noisy = features + 0.03 * scale * rng.normal(size=features.shape)
        x = torch.from_numpy(noisy.astype(np.float32))
        losses = [
            functional.cross_entropy(judge.train()(x), torch.from_numpy(label), ignore_index=-1)
            for judge, label in zip(made, labels, strict=True)
        ]
        optimizer.zero_grad()
        torch.stack(losses).sum().backward()
        optimizer.step()
    return made
