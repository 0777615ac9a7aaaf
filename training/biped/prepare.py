# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert motion clips to the arrays for training a biped.

    python -m training.biped.prepare --data FOLDER --out build/biped/dataset.npz

Each clip is resampled to 60 Hz on the model skeleton, mirrored, and labeled: root track, contacts,
phase, gait and trajectory. All layouts and labels come from ``motion_addon.motion``.
"""

import argparse
import logging
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from motion_addon.motion.cleanup.cleanup import CleanupSettings, clean
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.plan.trajectory import RATE, WINDOW

from ..data import people
from ..shared import frames
from . import augment

log = logging.getLogger(__name__)

PHASE_SIGMA = 4.0
"""Frames, smoothing of the phase, so that its rate does not jump at a touchdown."""


def on_model_skeleton(clip: Clip, skeleton: Skeleton, floor: float) -> Clip:
    """Return ``clip`` at 60 Hz on the model skeleton, the ground at y = 0."""
    root: Array = clip.root_positions - np.array([0.0, floor, 0.0], dtype=np.float32)
    moved = Clip(clip.skeleton, clip.rotations, root, clip.fps)
    if clip.skeleton.names != skeleton.names:
        raise ValueError("The clip's joints are not those of the model skeleton")
    moved = Clip(skeleton, moved.rotations, moved.root_positions, moved.fps)
    return moved.resample(RATE)


def planted(clip: Clip) -> tuple[Clip, Array]:
    """Return the clip with its planted feet pinned, and its contacts (T, 4).

    The mocap's planted feet slide by 5 to 15 cm/s; the network must not learn this slip.
    """
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())
    stands = foot_contacts.detect(points, clip.fps)
    fixed = clean(clip, stands, None, CleanupSettings(follow=False))
    return fixed, stands


def label(clip: Clip) -> dict[str, Array]:
    """Return the labels of a clip, per frame.

    Keys: those of ``features.about_root``, contacts (T, 4), phase (T,) and phase_rate (T,) in
    cycles per second.
    """
    clip, stands = planted(clip)
    root = features.root_track(clip.skeleton, clip.world()[1], stands)
    phase = smooth(foot_contacts.phase(stands, clip.fps).astype(np.float64), PHASE_SIGMA)
    return features.about_root(clip, root) | {
        "contacts": stands,
        "phase": phase % 1.0,
        "phase_rate": np.gradient(phase) * clip.fps,
    }


def usable(count: int, bad_ranges: tuple[tuple[int, int], ...]) -> Array:
    """Return (T,) bool, the frames outside bad ranges and more than a window away from them."""
    good = np.ones(count, dtype=bool)
    back, ahead = int(WINDOW[0]), int(WINDOW[-1])
    for first, last in bad_ranges:
        good[max(first - ahead, 0) : last - back + 1] = False
    return good


def versions(source: people.SourceClip, skeleton: Skeleton) -> Iterator[tuple[str, Clip, Array]]:
    """Yield a clip, its slowed version for clips of ``people.SLOWED``, and their mirror images.

    Each comes with its name and (T,) bool, the frames for training.
    """
    clip = on_model_skeleton(source.clip, skeleton, source.floor)
    pace = clip.fps / source.clip.fps
    ranges = tuple((int(a * pace), math.ceil(b * pace)) for a, b in source.bad_ranges)
    kinds = [(source.name, clip, usable(clip.frames, ranges))]
    if source.name in people.SLOWED:
        slow = augment.slowed(clip)
        kinds.append((f"{source.name} slowed", slow, augment.wanted(slow)))
    for name, version, good in kinds:
        yield name, version, good
        yield f"{name} mirrored", version.mirrored(), good


def build(data: Path, names: tuple[str, ...]) -> dict[str, Array]:
    """Return the concatenated arrays of all clips of the named sources."""
    skeleton: Skeleton | None = None
    joined = frames.Joined()
    for source in people.biped_clips(data, names):
        skeleton = skeleton or source.clip.skeleton
        for name, clip, good in versions(source, skeleton):
            joined.add(name, label(clip), good, source.name in people.HELD_OUT)
            log.info("%s: %d frames", name, clip.frames)
    if skeleton is None:
        raise ValueError(f"No clips of {names} in {data}")
    return joined.arrays(skeleton)


def main() -> None:
    """Read the command line and write the dataset."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--sources", nargs="+", default=["o3de"])
    parser.add_argument("--out", type=Path, default=Path("build/biped/dataset.npz"))
    options = parser.parse_args()
    frames.write(options.out, build(options.data, tuple(options.sources)))


if __name__ == "__main__":
    main()
