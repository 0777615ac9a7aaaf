# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained quadruped as ``models/quadruped``.

    python -m training.quadruped.export --checkpoint build/quadruped/checkpoint.pt

The runtime supports two mixings: weights blended densely, or of the best two experts.
"""

from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.controller import features, stride_clock
from motion_addon.motion.plan.trajectory import RATE

from ..data.labrador_clips import HELD_OUT
from ..shared import model_folder
from ..shared.loop import read
from .model import ACTIVE
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
    pose = model_folder.standing_state(data, stride_clock.INPUT)[0]
    paw_height = float(pose[list(stride_clock.PAW_STATES), 1].mean())
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
        "rate": RATE,
        "units": {"length": "metre", "speed": "metre per second", "phase": "stride"},
        "inputs": stride_clock.INPUT.size,
        "outputs": features.OutputLayout(len(skeleton)).size,
        "hidden": settings["hidden"],
        "gaits": list(quadruped_gaits.GAITS),
        **model_folder.joints(skeleton),
        "feet": list(quadruped.PAWS),
        "legs": list(quadruped.LEGS),
        "paw_height": round(paw_height, 4),
        "hip_height": round(hips - ground, 4),
        "height": round(float(max(t[1] for t in tips)) - ground, 4),
        "ranges": model_folder.trained_ranges(data, stride_clock.INPUT),
        "held_out": list(HELD_OUT),
        "licence": model_folder.LICENCE,
        "credits": list(CREDITS),
        "training": settings,
    }


def export(checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and its training dataset.

    Raises ValueError for a mixture that the runtime does not support.
    """
    learn, _ = load(prepared)
    state, settings = read(checkpoint)
    if settings["mixing"] not in ("blend", "top2_blend") or settings["gating"] != "phase":
        raise ValueError(f"The runtime has no {settings['mixing']} on {settings['gating']}")
    gate = {
        f"gate_{part}{i}": state[f"gate.body.{2 * i}.{part}"].numpy()
        for i in range(3)
        for part in ("weight", "bias")
    }
    stand = model_folder.standing_state(learn, stride_clock.INPUT)
    model_folder.write(out, state, stand, describe(learn, settings), gate)


def main() -> None:
    """Read the command line and export."""
    model_folder.run(__doc__, "quadruped", export)


if __name__ == "__main__":
    main()
