# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained biped as a model folder: float16 weights and ``model.json``.

python -m training.export --checkpoint build/biped/checkpoint.pt --out models/biped
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from motion_addon.motion import features, metrics
from motion_addon.motion.contacts import FOOT_JOINTS, heel_offset
from motion_addon.motion.quat import Array

from . import dataset, sources

NORMALIZATION = ("input_mean", "input_scale", "output_mean", "output_scale")
CREDITS = (
    "Motion capture: Open 3D Engine (O3DE) Motion Matching gem. "
    "Copyright Contributors to the Open 3D Engine. Apache-2.0 OR MIT.",
)


def standing_state(data: dataset.Sequences, layout: features.InputLayout = features.BIPED) -> Array:
    """Return (2, S, 3) mean positions and zero velocities of frames that stand still.

    Every clip is there with its mirror image, so that the mean is symmetric.
    """
    frames = {key: value.numpy() for key, value in data.frames.items()}
    gait = frames["control"][:, 4 * len(features.WINDOW) : layout.trajectory.stop]
    stand = gait.reshape(len(gait), len(features.WINDOW), layout.gaits)[..., 0]
    still = stand.min(axis=1) > 0.95
    positions = frames["positions"][still].mean(axis=0)
    return np.stack([positions, np.zeros_like(positions)])


def trained_ranges(
    data: dataset.Sequences, layout: features.InputLayout = features.BIPED
) -> dict[str, list[float]]:
    """Return the 0.1th and 99.9th percentile of speed (m/s) and turning (rad/s) in the data."""
    motion = data.frames["control"].numpy()[:, layout.motion]
    speed = np.percentile(data.frames["speed"].numpy(), [0.1, 99.9])
    turn = np.percentile(motion[:, 2], [0.1, 99.9])
    rounded = {"speed": np.round(speed, 3), "turn": np.round(turn, 3)}
    return {key: [float(v) for v in value] for key, value in rounded.items()}


def describe(data: dataset.Sequences, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of ``model.json``."""
    skeleton = data.skeleton
    rest = skeleton.rest_positions()
    tips = [rest[j] + np.array(v) for j, v in skeleton.end_sites]
    floor = float(rest[[skeleton.index(ball) for _, ball in FOOT_JOINTS], 1].mean())
    ball_height = metrics.ball_height(skeleton)
    ground = floor - ball_height
    return {
        "name": "biped",
        "kind": "phase-functioned neural network",
        "rate": features.RATE,
        "units": {"length": "metre", "speed": "metre per second", "phase": "cycle"},
        "inputs": features.INPUTS,
        "outputs": features.OutputLayout(len(skeleton)).size,
        "hidden": settings["hidden"],
        "gaits": list(features.GAITS),
        "joints": list(skeleton.names),
        "parents": [int(p) for p in skeleton.parents],
        "offsets": [[round(float(v), 6) for v in o] for o in skeleton.offsets],
        "end_sites": [[int(j), [round(float(x), 6) for x in v]] for j, v in skeleton.end_sites],
        "feet": [ball for _, ball in FOOT_JOINTS],
        "heels": [[round(float(v), 6) for v in heel_offset(skeleton, side)] for side in (0, 1)],
        "ball_height": round(ball_height, 4),
        "hip_height": round(-ground, 4),
        "height": round(float(max(t[1] for t in tips)) - ground, 4),
        "ranges": trained_ranges(data),
        "held_out": list(sources.HELD_OUT),
        "licence": "GPL-3.0-or-later",
        "credits": list(CREDITS),
        "training": settings,
    }


def export(checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and the dataset that it was trained on."""
    learn, _ = dataset.load(prepared)
    saved = torch.load(checkpoint, weights_only=True)
    state = {key: value.numpy() for key, value in saved["model"].items()}
    arrays: dict[str, Array] = {}
    for i in range(3):
        arrays[f"weight{i}"] = state[f"network.weights.{i}"].astype(np.float16)
        arrays[f"bias{i}"] = state[f"network.biases.{i}"].astype(np.float16)
    arrays |= {key: state[key].astype(np.float32) for key in NORMALIZATION}
    arrays["start_state"] = standing_state(learn).astype(np.float32)
    out.mkdir(parents=True, exist_ok=True)
    weights = out / "weights.safetensors"
    save_file(arrays, weights)
    weights.chmod(0o644)
    info = describe(learn, saved["settings"])
    (out / "model.json").write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=Path("build/biped/checkpoint.pt"))
    parser.add_argument("--dataset", type=Path, default=Path("build/biped/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("models/biped"))
    options = parser.parse_args()
    export(options.checkpoint, options.dataset, options.out)


if __name__ == "__main__":
    main()
