# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained quadruped as ``models/quadruped``.

    python -m training.quadruped.export --checkpoint build/quadruped/checkpoint.pt

The mixture must be one that the runtime mixes: weights blended densely, or of the best two.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from motion_addon.motion import features, gaits, quadruped, stride
from motion_addon.motion.quat import Array

from ..export import NORMALIZATION, standing_state, trained_ranges
from .model import ACTIVE
from .sources import HELD_OUT
from .train import Sequences, load

CREDITS = (
    "Motion capture of a Labrador: Tencent Robotics X. "
    "Copyright (C) 2024 THL A29 Limited, a Tencent company. MIT.",
)


def describe(data: Sequences, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of ``model.json``."""
    skeleton = data.skeleton
    rest = skeleton.rest_positions()
    paws = [skeleton.index(name) for name in quadruped.PAWS]
    pose = standing_state(data, stride.INPUT)[0]
    paw_height = float(pose[list(stride.PAW_STATES), 1].mean())
    ground = float(rest[paws, 1].mean()) - paw_height
    tips = [*rest, *(rest[j] + np.array(v) for j, v in skeleton.end_sites)]
    hips = float(rest[[skeleton.index(s + "Femur") for s in ("Left", "Right")], 1].mean())
    return {
        "name": "quadruped",
        "body": "quadruped",
        "kind": "mixture of experts on a stride clock",
        "mixing": settings["mixing"],
        "gating": settings["gating"],
        "experts": settings["experts"],
        "active": ACTIVE if settings["mixing"].startswith("top2") else 0,
        "rate": features.RATE,
        "units": {"length": "metre", "speed": "metre per second", "phase": "stride"},
        "inputs": stride.INPUT.size,
        "outputs": features.OutputLayout(len(skeleton)).size,
        "hidden": settings["hidden"],
        "gaits": list(gaits.GAITS),
        "joints": list(skeleton.names),
        "parents": [int(p) for p in skeleton.parents],
        "offsets": [[round(float(v), 6) for v in o] for o in skeleton.offsets],
        "end_sites": [[int(j), [round(float(x), 6) for x in v]] for j, v in skeleton.end_sites],
        "feet": list(quadruped.PAWS),
        "legs": list(quadruped.LEGS),
        "paw_height": round(paw_height, 4),
        "hip_height": round(hips - ground, 4),
        "height": round(float(max(t[1] for t in tips)) - ground, 4),
        "ranges": trained_ranges(data, stride.INPUT),
        "held_out": list(HELD_OUT),
        "licence": "GPL-3.0-or-later",
        "credits": list(CREDITS),
        "training": settings,
    }


def export(checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and the dataset that it was trained on.

    Raises ValueError for a mixture that the runtime does not mix.
    """
    learn, _ = load(prepared)
    saved = torch.load(checkpoint, weights_only=True)
    settings = saved["settings"]
    if settings["mixing"] not in ("blend", "top2_blend") or settings["gating"] != "phase":
        raise ValueError(f"The runtime has no {settings['mixing']} on {settings['gating']}")
    state = {key: value.numpy() for key, value in saved["model"].items()}
    arrays: dict[str, Array] = {}
    for i in range(3):
        arrays[f"weight{i}"] = state[f"network.weights.{i}"].astype(np.float16)
        arrays[f"bias{i}"] = state[f"network.biases.{i}"].astype(np.float16)
        arrays[f"gate_weight{i}"] = state[f"gate.body.{2 * i}.weight"].astype(np.float32)
        arrays[f"gate_bias{i}"] = state[f"gate.body.{2 * i}.bias"].astype(np.float32)
    arrays |= {key: state[key].astype(np.float32) for key in NORMALIZATION}
    arrays["start_state"] = standing_state(learn, stride.INPUT).astype(np.float32)
    out.mkdir(parents=True, exist_ok=True)
    weights = out / "weights.safetensors"
    save_file(arrays, weights)
    weights.chmod(0o644)
    info = describe(learn, settings)
    (out / "model.json").write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=Path("build/quadruped/checkpoint.pt"))
    parser.add_argument("--dataset", type=Path, default=Path("build/quadruped/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("models/quadruped"))
    options = parser.parse_args()
    export(options.checkpoint, options.dataset, options.out)


if __name__ == "__main__":
    main()
