# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a trained transformer as ``models/inbetween``.

python -m training.inbetween.export --checkpoint build/inbetween/run/checkpoint.pt
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion import gap
from motion_addon.motion.quat import Array
from motion_addon.motion.skeleton import Skeleton

from .. import model_folder, sources
from ..export import CREDITS
from ..loop import read
from .dataset import LONGEST_GAP, Clips
from .model import STATISTICS

LEFT = ("parents", "chain")
"""What is in a checkpoint but follows from the skeleton."""


def weights(state: dict[str, Array]) -> dict[str, Array]:
    """Return the arrays of a weights file of a checkpoint's: float16, statistics float32."""
    out = {name: state[name].astype(np.float32) for name in STATISTICS}
    for key, value in state.items():
        if key not in (*STATISTICS, *LEFT) and value.size:
            out[key.removeprefix("network.")] = value.astype(np.float16)
    return out


def describe(skeleton: Skeleton, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of ``model.json``."""
    layout = gap.Layout(len(skeleton))
    rest = skeleton.rest_positions()
    return {
        "name": "inbetween",
        "body": "biped",
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
        "held_out": list(sources.HELD_OUT),
        "licence": "GPL-3.0-or-later",
        "credits": list(CREDITS),
        "training": settings,
    }


def export(checkpoint: Path, prepared: Path, out: Path) -> None:
    """Write ``out`` from a checkpoint and the dataset that it was trained on."""
    skeleton = Clips(prepared, held_out=True).skeleton
    state, settings = read(checkpoint)
    arrays = weights({key: value.numpy() for key, value in state.items()})
    model_folder.save(out, arrays, describe(skeleton, settings))


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("build/inbetween/run/checkpoint.pt")
    )
    parser.add_argument("--dataset", type=Path, default=Path("build/inbetween/dataset.npz"))
    parser.add_argument("--out", type=Path, default=Path("models/inbetween"))
    options = parser.parse_args()
    export(options.checkpoint, options.dataset, options.out)


if __name__ == "__main__":
    main()
