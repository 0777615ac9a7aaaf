# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn motion clips into the arrays from which gaps are cut.

    python -m training.inbetween.prepare --data FOLDER --out build/inbetween/dataset.npz

Every clip is there twice, as it was captured and with its standing feet pinned, so that either
kind of keyed poses is known. Jumps and pushes are learned from too: what lies between two poses
need not be locomotion.
"""

import argparse
import logging
import math
from pathlib import Path

import numpy as np

from motion_addon.motion.quat import Array

from .. import frames, sources
from ..prepare import on_model_skeleton, planted

log = logging.getLogger(__name__)


def build(data: Path) -> dict[str, Array]:
    """Return the arrays of all clips, one after the other, at 60 Hz.

    rotations (T, J, 4) local, roots (T, 3), contacts (T, 4), clip (T,) the number of the clip,
    usable (T,) and held_out (T,) bool, and the skeleton.
    """
    skeleton = None
    joined = frames.Joined()
    for source in sources.biped_clips(data, left_out=()):
        skeleton = skeleton or source.clip.skeleton
        raw = on_model_skeleton(source.clip, skeleton, source.floor)
        fixed, stands = planted(raw)
        pace = raw.fps / source.clip.fps
        good = np.ones(raw.frames, dtype=bool)
        for first, last in source.bad_ranges:
            good[int(first * pace) : math.ceil(last * pace) + 1] = False
        kinds = [("as captured", raw)]
        if source.name not in sources.LEFT_OUT:
            kinds.append(("planted", fixed))
        for kind, clip in kinds:
            labels = {"rotations": clip.rotations, "roots": clip.root_positions, "contacts": stands}
            held_out = source.name in sources.HELD_OUT
            joined.add(f"{source.name} {kind}", labels, good, held_out)
        log.info("%s: %d frames", source.name, raw.frames)
    if skeleton is None:
        raise ValueError(f"No clips in {data}")
    return joined.arrays(skeleton)


def main() -> None:
    """Read the command line and write the dataset."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("build/inbetween/dataset.npz"))
    options = parser.parse_args()
    frames.write(options.out, build(options.data))


if __name__ == "__main__":
    main()
