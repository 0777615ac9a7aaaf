# SPDX-License-Identifier: GPL-3.0-or-later
"""Write trained networks as model folders, which the add-on reads.

A controller provides its own entries of ``model.json``, and its gate.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from torch import Tensor

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import WINDOW

from . import dataset
from .model import NORMALIZATION

LICENCE = "GPL-3.0-or-later"
"""License of the weights."""


def standing_state(data: dataset.Sequences, layout: features.InputLayout) -> Array:
    """Return (2, S, 3) mean positions and zero velocities of the frames that stand still.

    The data holds every clip and its mirror image, so that the mean is symmetric.
    """
    frames = {key: value.numpy() for key, value in data.frames.items()}
    window = len(WINDOW)
    gait = frames["control"][:, 4 * window : layout.trajectory.stop]
    stand = gait.reshape(len(gait), window, layout.gaits)[..., 0]
    still = stand.min(axis=1) > 0.95
    positions = frames["positions"][still].mean(axis=0)
    return np.stack([positions, np.zeros_like(positions)])


def trained_ranges(data: dataset.Sequences, layout: features.InputLayout) -> dict[str, list[float]]:
    """Return the 0.1th and 99.9th percentile of speed (m/s) and turning (rad/s) in the data."""
    motion = data.frames["control"].numpy()[:, layout.motion]
    speed = np.percentile(data.frames["speed"].numpy(), [0.1, 99.9])
    turn = np.percentile(motion[:, 2], [0.1, 99.9])
    rounded = {"speed": np.round(speed, 3), "turn": np.round(turn, 3)}
    return {key: [float(v) for v in value] for key, value in rounded.items()}


def joints(skeleton: Skeleton) -> dict[str, Any]:
    """Return the skeleton's entries of ``model.json``, lengths in meters."""
    return {
        "joints": list(skeleton.names),
        "parents": [int(p) for p in skeleton.parents],
        "offsets": [[round(float(v), 6) for v in o] for o in skeleton.offsets],
        "end_sites": [[int(j), [round(float(x), 6) for x in v]] for j, v in skeleton.end_sites],
    }


def write(
    out: Path,
    state: Mapping[str, Tensor],
    start_state: Array,
    info: Mapping[str, Any],
    more: Mapping[str, Array] | None = None,
) -> None:
    """Write a model folder: the network's weights in float16, all other arrays in float32.

    ``state`` is the torch model's state, ``start_state`` (2, S, 3), ``info`` the contents of
    ``model.json``, and ``more`` further arrays.
    """
    arrays: dict[str, Array] = {}
    for i in range(3):
        arrays[f"weight{i}"] = state[f"network.weights.{i}"].numpy().astype(np.float16)
        arrays[f"bias{i}"] = state[f"network.biases.{i}"].numpy().astype(np.float16)
    rest = {name: state[name].numpy() for name in NORMALIZATION} | {"start_state": start_state}
    arrays |= {key: value.astype(np.float32) for key, value in (rest | dict(more or {})).items()}
    save(out, arrays, info)


def save(out: Path, arrays: dict[str, Array], info: Mapping[str, Any]) -> None:
    """Write the arrays and ``model.json`` of a model folder."""
    out.mkdir(parents=True, exist_ok=True)
    weights = out / "weights.safetensors"
    save_file(arrays, weights)
    weights.chmod(0o644)
    (out / "model.json").write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")


def run(doc: str, name: str, export: Callable[[Path, Path, Path], None]) -> None:
    """Read the command line of an export, described by ``doc``, and run it."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    build = Path("build") / name
    parser.add_argument("--checkpoint", type=Path, default=build / "checkpoint.pt")
    parser.add_argument("--dataset", type=Path, default=build / "dataset.npz")
    parser.add_argument("--out", type=Path, default=Path("models") / name)
    options = parser.parse_args()
    export(options.checkpoint, options.dataset, options.out)
