# SPDX-License-Identifier: GPL-3.0-or-later
"""Ablation of adaptive normalization: style as a concatenated code, or statistics of the features.

    python -m training.style.judging.ablate --steps 1500 --json out/style-ablation.json

Networks of one size are trained for the same, small number of steps and judged on held-out windows,
against the same steps rendered in the example's style.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.adain import STRIDE, WINDOW
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.style_features import PERSON, StyleLayout

from ...shared import results
from .. import dataset
from ..dataset import StyleWindows, decoder_conditions, rendered
from ..model import AdaIn, Convolution, Size
from ..train import Settings, fit, from_mean, weights
from .classifiers import SURE, Judges
from .crouching import judges_of

COUNT = 600
"""Windows to judge."""


class Concatenated(AdaIn):
    """The same network without adaptive normalization: the style is concatenated to the content."""

    def __init__(self, size: Size | None = None, layout: StyleLayout = PERSON) -> None:
        """Initialize untrained."""
        super().__init__(size, layout)
        width, conditions = (size or Size()).width, layout.decoder_conditions
        style = 2 * width + 2 * (layout.features + layout.conditions)
        self.decode0 = Convolution(width + style + conditions, width, 1)
        self.decode1 = Convolution(width + conditions + layout.features, width, 2)
        for unused in (self.affine0, self.affine1, self.posture, self.reach):
            unused.requires_grad_(False)

    def decoded(self, content: Tensor, style: Tensor, conditions: Tensor, away: Tensor) -> Tensor:
        """Return features (N, T, F)."""
        beside = style[:, None].expand(-1, content.shape[1], -1)
        x = functional.elu(
            self.decode0(torch.cat([content, beside, conditions[:, ::STRIDE]], dim=2))
        )
        x = x.repeat_interleave(STRIDE, dim=1)
        x = functional.elu(
            self.decode1(torch.cat([x.to(conditions.dtype), conditions, away], dim=2))
        )
        out: Tensor = self.decode2(torch.cat([x.to(conditions.dtype), conditions], dim=2))
        return out.float()


KINDS = {"adain": AdaIn, "concatenated": Concatenated}


@torch.no_grad()
def by_network(
    model: AdaIn, parts: dict[str, Array], example: Array, shown: Array, shaky: Array
) -> Array:
    """Return windows changed by the network from their own style to the examples'."""
    model.eval()

    def inputs(features: Array, conditions: Array) -> Tensor:
        seen = (torch.from_numpy(features) - model.feature_mean) / model.feature_scale
        count = model.layout.conditions
        known = torch.from_numpy(conditions) - model.told_mean[:count]
        return torch.cat([seen, known / model.told_scale[:count]], dim=2)

    own = inputs(parts["features"], parts["conditions"])
    other = inputs(example, shown)
    steps = (
        torch.from_numpy(decoder_conditions(parts, shaky)) - model.told_mean
    ) / model.told_scale
    content = model.content(own)
    pair = [
        model.decoded(content, model.style(x), steps, from_mean(own[..., : model.layout.features]))
        for x in (own, other)
    ]
    return np.asarray(parts["features"] + ((pair[1] - pair[0]) * model.feature_scale).numpy())


def by_statistics(parts: dict[str, Array], example: Array) -> Array:
    """Return windows with the mean and deviation of the examples' features."""
    x = parts["features"]
    mean, scale = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    wanted, spread = example.mean(axis=1, keepdims=True), example.std(axis=1, keepdims=True)
    return np.asarray((x - mean) / (scale + 1e-3) * (spread + 1e-3) + wanted)


def figures(
    layout: StyleLayout, judges: Judges, found: Array, wanted: Array, which: Array, gaits: Array
) -> dict[str, float]:
    """Return the judges' accuracy of style and gait, and the error (rad, weighted m)."""
    said = judges.gait.odds(found).argmax(axis=1)
    return {
        "style": float((judges.style.odds(found).argmax(axis=1) == which).mean()),
        "gait": float((said == gaits)[gaits >= 0].mean()),
        "error": float((np.abs(found - wanted) * weights(layout).numpy()).mean()),
    }


def compare(
    data: StyleWindows, held_out: StyleWindows, settings: Settings, out: Path
) -> dict[str, Any]:
    """Return the figures of each variant."""
    judges = judges_of(held_out)
    rng = np.random.default_rng(21)
    kind_of_body = held_out.kind
    classes = kind_of_body.classes
    which = rng.integers(len(classes), size=COUNT)
    parts = held_out.read(held_out.starts(rng, COUNT))
    others = held_out.read(held_out.starts(rng, COUNT, "other"))
    shaky = sf.unsteadiness(rng, COUNT, WINDOW)
    styles = kind_of_body.performances([classes[i] for i in which], rng)
    other_shaky = sf.unsteadiness(rng, COUNT, WINDOW)
    example = rendered(kind_of_body, others, styles, other_shaky).astype(np.float32)
    wanted = rendered(kind_of_body, parts, styles, shaky)
    gaits = kind_of_body.gait_of(parts["conditions"], SURE)
    found = {"rendered": wanted, "untouched": parts["features"]}
    found["statistics"] = by_statistics(parts, example)
    for name, kind in KINDS.items():
        model = fit(data, held_out, settings, Size(), out / name, kind)
        found[name] = by_network(model, parts, example, others["conditions"], shaky)
    layout = kind_of_body.layout
    return {n: figures(layout, judges, x, wanted, which, gaits) for n, x in found.items()}


def main() -> None:
    """Read the command line, train, judge and print."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/style/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/style/ablation"))
    parser.add_argument("--steps", type=int, default=1500)
    results.add_argument(parser)
    options = parser.parse_args()
    arrays = dataset.read(options.dataset)
    pair = StyleWindows(arrays, False), StyleWindows(arrays, True)
    found = compare(*pair, Settings(steps=options.steps), options.out)
    for name, row in found.items():
        print(f"{name:14} " + " ".join(f"{key} {value:.3f}" for key, value in row.items()))
    results.write(options.json, found)


if __name__ == "__main__":
    main()
