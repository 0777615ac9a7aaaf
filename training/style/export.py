# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained network and its library of named styles as a model folder.

python -m training.style.export --checkpoint build/style/run/checkpoint.pt
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style import model as style_model
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.model import STYLE_STATISTICS

from ..shared import model_folder
from ..shared.loop import read
from . import dataset, rhythms
from .dataset import StyleWindows, rendered
from .model import AdaIn, Size
from .style_set import StyleSet

SHOWN = 160
"""Windows over which a named style's embedding is averaged."""


def weights(model: AdaIn, library: Array) -> dict[str, Array]:
    """Return the arrays of a weights file: float16, statistics and library float32."""
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    out = {name: state.pop(name).astype(np.float32) for name in STYLE_STATISTICS}
    out["library"] = library.astype(np.float32)
    return out | {key: value.astype(np.float16) for key, value in state.items()}


@torch.no_grad()
def embeddings(model: AdaIn, features: Array, conditions: Array) -> Array:
    """Return the style embeddings (N, E) of windows."""
    size = conditions.shape[2]
    seen = (torch.from_numpy(features) - model.feature_mean) / model.feature_scale
    given = (torch.from_numpy(conditions) - model.told_mean[:size]) / model.told_scale[:size]
    return np.asarray(model.style(torch.cat([seen, given], dim=2)).numpy())


def library(model: AdaIn, windows: StyleWindows) -> dict[str, Array]:
    """Return the embedding (E,) of each named style, on training motion."""
    rng = np.random.default_rng(3)
    out = {}
    for name in windows.kind.classes:
        parts = windows.read(windows.starts(rng, SHOWN))
        shaky = sf.unsteadiness(rng, SHOWN, parts["features"].shape[1])
        played = windows.kind.performances([name] * SHOWN, rng, jitter=0.0)
        shown = rendered(windows.kind, parts, played, shaky)
        out[name] = embeddings(model, shown, parts["conditions"]).mean(axis=0)
    for name, start in windows.kind.real.items():
        chosen = [f for f in windows.other if windows.names[windows.clip[f]].startswith(start)]
        if chosen:
            parts = windows.read(np.array(chosen[::8]))
            found = embeddings(model, parts["features"], parts["conditions"])
            out[name] = found.mean(axis=0)
    return out


def describe(
    kind: StyleSet, skeleton: Skeleton, names: list[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """Return the contents of ``model.json``."""
    rest = skeleton.rest_positions()
    return {
        "name": kind.name,
        "body": kind.body,
        "kind": "temporal autoencoder with adaptive instance normalization",
        "rate": sf.RATE,
        "units": {"length": "metre", "speed": "metre per second", "angle": "radian"},
        "inputs": kind.layout.features + kind.layout.conditions,
        "outputs": kind.layout.features,
        "styles": names,
        "synthetic": [name for name in names if name not in kind.real],
        **model_folder.joints(skeleton),
        "root_height": round(-float(rest[:, 1].min()), 4),
        "held_out": list(kind.held_out),
        "licence": model_folder.LICENCE,
        "credits": list(kind.credits),
        "training": settings,
    }


def export(checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and its training dataset."""
    state, settings = read(checkpoint)
    prepared_arrays = dataset.read(prepared)
    windows = StyleWindows(prepared_arrays, held_out=False)
    size = Size(int(settings["width"]), int(settings["hidden"]))
    model = AdaIn(size, windows.kind.layout).eval()
    model.load_state_dict(state)
    shown = library(model, windows)
    skeleton = Skeleton.from_arrays(
        {k[9:]: v for k, v in prepared_arrays.items() if k.startswith("skeleton_")}
    )
    arrays = weights(model, np.stack(list(shown.values())))
    info = describe(windows.kind, skeleton, list(shown), settings)
    found = rhythms.fitted(style_model.styler_of(windows.kind.name, (info, arrays, "")), windows)
    arrays["rhythms"] = np.stack(list(found.values())).astype(np.float16)
    info["rhythms"] = list(found)
    model_folder.save(out, arrays, info)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=Path("build/style/run/checkpoint.pt"))
    parser.add_argument("--dataset", type=Path, default=Path("build/style/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("models/style"))
    options = parser.parse_args()
    export(options.checkpoint, options.dataset, options.out)
