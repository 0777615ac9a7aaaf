# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the trained learnet as a model folder, which ``creature.adaptation.learnet`` reads.

python -m training.creature.export --checkpoint build/oneshot/checkpoint.pt --out models/creature
"""

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np
from torch import Tensor

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import features, stride_clock
from motion_addon.motion.creature.adaptation import clip_tokens
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE

from ..shared import model_folder
from ..shared.loop import read
from .model import EXPERTS, JOINTS, Learner

CREDITS: Final = (
    "Motion capture of a Labrador: Tencent Robotics X. "
    "Copyright (C) 2024 THL A29 Limited, a Tencent company. MIT.",
    "Animal animations by Wildfire Games, from 0 A.D., converted to BVH. CC BY-SA 3.0.",
    "Animals: Quaternius. CC0. Animations: Mesh2Motion. CC0.",
)
RANGES: Final = {"speed": [0.0, 5.7], "turn": [-4.0, 4.0]}
"""Ranges of the training data at the model animal's size, m/s and rad/s."""
EXACT: Final = ("token_", "proportion_", "input_", "output_", "nothing")
"""Prefixes of the names of arrays that stay in float32."""
UNUSED: Final = ("parents", "chain", "usual", "encoder.head")


def arrays(state: dict[str, Tensor]) -> dict[str, Array]:
    """Return the arrays of the weights file of a learner's state."""
    out = {}
    for name, value in state.items():
        if name.startswith(UNUSED):
            continue
        kind = np.float32 if name.startswith(EXACT) else np.float16
        out[name] = np.ascontiguousarray(value.numpy().astype(kind))
    width = len(state["nothing"])
    out["encoder.head"] = np.zeros((1, width), dtype=np.float16)
    out["encoder.head_bias"] = np.zeros(1, dtype=np.float16)
    return out


def describe(model: Learner, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of ``model.json``."""
    return {
        "name": "creature",
        "kind": "learnet: an encoder of clips and a mixture of experts with predicted diagonals",
        "rate": RATE,
        "units": {"length": "metre", "speed": "metre per second", "phase": "stride"},
        "tokens": clip_tokens.TokenLayout.size,
        "inputs": stride_clock.INPUT.size,
        "outputs": features.OutputLayout(JOINTS).size,
        "hidden": settings["hidden"],
        "experts": EXPERTS,
        "learned": [count for _, count in model.sizes],
        "gaits": list(quadruped_gaits.GAITS),
        "ranges": RANGES,
        "licence": model_folder.LICENCE,
        "credits": list(CREDITS),
        "training": settings,
    }


def restored(checkpoint: Path) -> tuple[Learner, dict[str, Any]]:
    """Return the learner of a checkpoint and its settings."""
    state, settings = read(checkpoint)
    model = Learner({k: v.numpy() for k, v in state.items()}, settings["hidden"], settings["way"])
    model.load_state_dict(state)
    return model.eval(), settings


def export(checkpoint: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint; raises ValueError for a method that the runtime lacks."""
    model, settings = restored(checkpoint)
    if settings["way"] != "learnet":
        raise ValueError(f"The runtime adapts by a learnet, not by {settings['way']}")
    model_folder.save(out, arrays(dict(model.state_dict())), describe(model, settings))


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=Path("build/oneshot/checkpoint.pt"))
    parser.add_argument("--out", type=Path, default=Path("models/creature"))
    options = parser.parse_args()
    export(options.checkpoint, options.out)


if __name__ == "__main__":
    main()
