# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained biped as a model folder: float16 weights and ``model.json``.

python -m training.biped.export --checkpoint build/biped/checkpoint.pt --out models/biped
"""

from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.body import biped
from motion_addon.motion.body.biped_gaits import GAITS
from motion_addon.motion.clip.contacts import FOOT_JOINTS, heel_offset
from motion_addon.motion.controller import features
from motion_addon.motion.plan.trajectory import RATE

from ..data import people
from ..shared import dataset, model_folder
from ..shared.loop import read

CREDITS = (
    "Motion capture: Open 3D Engine (O3DE) Motion Matching gem. "
    "Copyright Contributors to the Open 3D Engine. Apache-2.0 OR MIT.",
)


def describe(data: dataset.Sequences, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of ``model.json``."""
    skeleton = data.skeleton
    rest = skeleton.rest_positions()
    tips = [rest[j] + np.array(v) for j, v in skeleton.end_sites]
    floor = float(rest[[skeleton.index(ball) for _, ball in FOOT_JOINTS], 1].mean())
    ball_height = biped.ball_height(skeleton)
    ground = floor - ball_height
    return {
        "name": "biped",
        "kind": "phase-functioned neural network",
        "rate": RATE,
        "units": {"length": "metre", "speed": "metre per second", "phase": "cycle"},
        "inputs": features.INPUTS,
        "outputs": features.OutputLayout(len(skeleton)).size,
        "hidden": settings["hidden"],
        "gaits": list(GAITS),
        **model_folder.joints(skeleton),
        "feet": [ball for _, ball in FOOT_JOINTS],
        "heels": [[round(float(v), 6) for v in heel_offset(skeleton, side)] for side in (0, 1)],
        "ball_height": round(ball_height, 4),
        "hip_height": round(-ground, 4),
        "height": round(float(max(t[1] for t in tips)) - ground, 4),
        "ranges": model_folder.trained_ranges(data, features.INPUT),
        "held_out": list(people.HELD_OUT),
        "licence": model_folder.LICENCE,
        "credits": list(CREDITS),
        "training": settings,
    }


def export(checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and its training dataset."""
    learn, _ = dataset.load(prepared)
    state, settings = read(checkpoint)
    stand = model_folder.standing_state(learn, features.INPUT)
    model_folder.write(out, state, stand, describe(learn, settings))


def main() -> None:
    """Read the command line and export."""
    model_folder.run(__doc__, "biped", export)


if __name__ == "__main__":
    main()
