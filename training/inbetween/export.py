# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained transformer as the in-between model of a kind of body.

python -m training.inbetween.export --model quadruped --checkpoint FILE.pt --dataset FILE.npz
"""

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np

from motion_addon.motion.body.kinds import KINDS
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.inbetween import gap
from motion_addon.motion.maths.quat import Array

from ..biped.export import CREDITS
from ..creature.export import CREDITS as ANIMAL_CREDITS
from ..shared import model_folder
from ..shared.loop import read
from .bodies import BODIES
from .dataset import LONGEST_GAP, Clips
from .model import STATISTICS

SHIPPED_CREDITS: Final = {"biped": CREDITS, "quadruped": ANIMAL_CREDITS}
LEFT = ("parents", "chain")
"""Arrays of a checkpoint that follow from the skeleton."""


def weights(state: dict[str, Array]) -> dict[str, Array]:
    """Return the arrays of a weights file: a checkpoint's in float16, statistics in float32."""
    out = {name: state[name].astype(np.float32) for name in STATISTICS}
    for key, value in state.items():
        if key not in (*STATISTICS, *LEFT) and value.size:
            out[key.removeprefix("network.")] = value.astype(np.float16)
    return out


def describe(
    body: str, skeleton: Skeleton, held_out: list[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """Return the contents of ``model.json``; ``held_out`` names clips or animals."""
    layout = gap.GapLayout(len(skeleton))
    rest = skeleton.rest_positions()
    return {
        "name": KINDS[body].filler,
        "body": body,
        "kind": "bidirectional transformer over frames",
        "rate": gap.RATE,
        "units": {"length": "metre", "speed": "metre per second"},
        "inputs": layout.inputs,
        "outputs": layout.outputs,
        "longest_gap": LONGEST_GAP,
        "joints": list(skeleton.names),
        "parents": [int(p) for p in skeleton.parents],
        "offsets": [[round(float(v), 6) for v in o] for o in skeleton.offsets],
        "end_sites": [[int(j), [round(float(x), 6) for x in v]] for j, v in skeleton.end_sites],
        "root_height": round(-float(rest[:, 1].min()), 4),
        "held_out": held_out,
        "licence": "GPL-3.0-or-later",
        "credits": list(SHIPPED_CREDITS[body]),
        "training": settings,
    }


def export(body: str, checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and the dataset that it was trained on."""
    kept = Clips(prepared, held_out=True)
    state, settings = read(checkpoint)
    arrays = weights({key: value.numpy() for key, value in state.items()})
    model_folder.save(out, arrays, describe(body, kept.skeleton, kept.sources(), settings))


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("build/inbetween/biped/checkpoint.pt")
    )
    parser.add_argument("--dataset", type=Path, default=Path("build/inbetween/biped.npz"))
    parser.add_argument("--model", choices=list(BODIES), default="biped")
    parser.add_argument("--out", type=Path, help="folder, by default that of the shipped model")
    options = parser.parse_args()
    out = options.out or Path("models") / KINDS[options.model].filler
    export(options.model, options.checkpoint, options.dataset, out)


if __name__ == "__main__":
    main()
