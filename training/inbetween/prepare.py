# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn motion clips into the arrays of the in-between dataset.

    python -m training.inbetween.prepare --model quadruped --data FOLDER --out FILE.npz

Captured clips are included twice, as captured and with feet pinned in their stances, for keyed
poses of either kind. Jumps and pushes are included: motion between poses need not be locomotion.
"""

import argparse
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from motion_addon.motion.maths.quat import Array

from ..shared import frames
from .bodies import BODIES, Part

log = logging.getLogger(__name__)


def build(parts: Iterable[Part]) -> dict[str, Array]:
    """Return the arrays of all clips, one after the other, at 60 Hz.

    rotations (T, J, 4) local, roots (T, 3), contacts (T, 4), clip (T,) the number of the clip,
    usable (T,) and held_out (T,) bool, and the first clip's skeleton; for each clip bones
    (C, J, 3), the offsets of its joints, and kind (C,), its key in SHARES.
    """
    joined = frames.Joined()
    bones, kinds, skeleton = [], [], None
    for part in parts:
        clip = part.clip
        skeleton = skeleton or clip.skeleton
        labels = {"rotations": clip.rotations, "roots": clip.root_positions}
        labels["contacts"] = np.asarray(clip.contacts)
        joined.add(part.name, labels, part.usable, part.held_out)
        bones.append(clip.skeleton.offsets)
        kinds.append(part.share)
        log.info("%s: %d frames", part.name, clip.frames)
    if skeleton is None:
        raise ValueError("There are no clips to learn from")
    own = {"bones": np.stack(bones), "kind": np.array(kinds)}
    return joined.arrays(skeleton) | own


def main() -> None:
    """Read the command line and write the dataset."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=list(BODIES), default="biped")
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("build/inbetween/biped.npz"))
    options = parser.parse_args()
    frames.write(options.out, build(BODIES[options.model](options.data)))


if __name__ == "__main__":
    main()
