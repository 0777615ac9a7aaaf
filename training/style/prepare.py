# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert motion clips to the features on which styles are rendered and learned.

    python -m training.style.prepare --data FOLDER --out build/style/dataset.npz

The main actor's clips are planted first, so that foot slip is not learned. The clips of other
performers are retargeted to the model's skeleton unchanged; they add captured ways of moving.
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE
from motion_addon.motion.retarget.retarget import to_skeleton
from motion_addon.motion.style import style_features as sf

from ..biped.prepare import on_model_skeleton, planted
from ..data import people
from ..shared.frames import Joined, write
from . import dataset
from .style_set import LabeledClip
from .synthesis import neutral_animals
from .synthesis.people_styles import HELD_OUT
from .synthesis.pose import around

log = logging.getLogger(__name__)

OTHERS = ("zombie", "smartbody", "cmu", "cmu_iclone")
"""Sources of the other performers' clips."""
SHORTEST = 64
"""Frames at the features' rate, the shortest training clip."""


def clips(data: Path, held_out_only: bool = False) -> Iterator[LabeledClip]:
    """Yield the main actor's clips, planted, then those of other people."""
    skeleton: Skeleton | None = None
    for source in people.biped_clips(data):
        skeleton = skeleton or source.clip.skeleton
        if held_out_only and not source.name.startswith(HELD_OUT):
            continue
        clip = planted_clip(source, skeleton)
        yield source.name, False, clip, np.ones(clip.frames, bool)
    if skeleton is None:
        raise ValueError(f"No clips in {data}")
    for source in people.biped_clips(data, OTHERS):
        if source.clip.seconds * sf.RATE < SHORTEST or source.bad_ranges:
            continue
        if held_out_only and not source.name.startswith(HELD_OUT):
            continue
        try:
            moved = to_skeleton(on_ground(source.clip, source.floor), skeleton)
            yield source.name, True, moved, np.ones(moved.frames, bool)
        except ValueError as error:
            log.info("%s left out: %s", source.name, error)


def planted_clip(source: people.SourceClip, skeleton: Skeleton, seconds: float = np.inf) -> Clip:
    """Return the first ``seconds`` of an actor's clip at 60 Hz, its planted feet pinned."""
    moved = on_model_skeleton(source.clip, skeleton, source.floor)
    clip, stands = planted(moved.slice(0, int(min(seconds * RATE, moved.frames))))
    return Clip(skeleton, clip.rotations, clip.root_positions, RATE, stands)


def on_ground(clip: Clip, floor: float) -> Clip:
    """Return a clip at 60 Hz, the ground at y = 0."""
    root: Array = clip.root_positions - np.array([0.0, floor, 0.0], dtype=np.float32)
    return Clip(clip.skeleton, clip.rotations, root, clip.fps).resample(RATE)


def arrays_of(clip: Clip) -> dict[str, Array]:
    """Return the training arrays of a clip at 60 Hz, per frame at the features' rate.

    Keys: features, conditions, low (features without the strides) and spread (the features'
    deviation from ``low``).
    """
    seen = sf.observe(clip)
    step = round(RATE / sf.RATE)
    found, conditions = seen.features()[::step], seen.conditions()[::step]
    low, spread = around(found)
    return {"features": found, "conditions": conditions, "low": low, "spread": spread}


def build(data: Path, held_out_only: bool = False, body: str = "biped") -> dict[str, Array]:
    """Return the concatenated arrays of all clips and their mirror images."""
    joined = Joined()
    skeleton = None
    kind, every = dataset.KINDS[body], round(RATE / sf.RATE)
    for name, other, clip, good in SOURCES[body](data, held_out_only):
        skeleton = skeleton or clip.skeleton
        for called, version in ((name, clip), (f"{name} mirrored", clip.mirrored())):
            arrays = arrays_of(version)
            arrays["other"] = np.full(len(arrays["features"]), other)
            joined.add(called, arrays, good[::every], name.startswith(kind.held_out))
        log.info("%s: %d frames", name, len(good))
    assert skeleton is not None
    return joined.arrays(skeleton) | {"body": np.array(body)}


SOURCES = {"biped": clips, "quadruped": neutral_animals.clips}
"""Clips of each kind of body."""


def main() -> None:
    """Read the command line and write the dataset."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("build/style/dataset.npz"))
    parser.add_argument("--body", default="biped", choices=SOURCES)
    options = parser.parse_args()
    write(options.out, build(options.data, body=options.body))


if __name__ == "__main__":
    main()
