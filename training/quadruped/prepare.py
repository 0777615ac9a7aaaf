# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert motion capture of a dog to the arrays for training a quadruped.

    python -m training.quadruped.prepare --data FOLDER --out build/quadruped/dataset.npz

Each clip, on the canonical skeleton at 60 Hz, is mirrored and labeled: contacts, stride clock, gait
by footfalls, root track. Layouts and labels come from ``motion_addon.motion``.
"""

import argparse
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from motion_addon.motion.body import quadruped, stride_phases
from motion_addon.motion.cleanup.cleanup import CleanupSettings, clean
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features, stride_clock
from motion_addon.motion.maths.quat import Array

from ..data.labrador_clips import SourceClip, labrador_clips
from ..shared import frames
from .augment import paced

log = logging.getLogger(__name__)

MARGIN = 4
"""Frames on either side of a bad frame that are not used. The root's smoothing window is wider, but
a paw's glitch hardly changes it."""


def cleaned(clip: Clip) -> tuple[Clip, Array]:
    """Return a clip with planted paws and contacts, and its gait (T, 6) by footfalls."""
    contacts = quadruped.paw_contacts(quadruped.paw_points(clip), clip.fps)
    clip = replace(clean(clip, contacts, None, CleanupSettings(follow=False)), contacts=contacts)
    strides = stride_phases.measured(contacts, clip.fps)
    duty = stride_phases.duty_factor(contacts, clip.fps)
    return clip, stride_phases.gait_weights(strides, duty, clip.fps)


def learnable(good: Array) -> Array:
    """Return (T,) bool, the frames more than MARGIN away from frames that are not ``good``."""
    return np.asarray(np.convolve(~good, np.ones(2 * MARGIN + 1), mode="same") < 0.5)


def label(clip: Clip) -> dict[str, Array]:
    """Return the labels of a clip, per frame.

    Keys: those of ``features.about_root``, contacts (T, 4), phase (T, 4) and amplitude (T, 4) of
    the legs, phase_rate (T,) in strides a second and gait (T, 6).
    """
    clip, gait = cleaned(clip)
    contacts = np.asarray(clip.contacts)
    strides = stride_phases.measured(contacts, clip.fps)
    root = stride_clock.root_track(clip.skeleton, clip.world()[1], gait)
    return features.about_root(clip, root) | {
        "contacts": contacts,
        "phase": strides.phase % 1.0,
        "amplitude": strides.amplitude,
        "phase_rate": stride_phases.rate(strides, clip.fps),
        "gait": gait,
    }


def with_paces(clips: Iterable[SourceClip]) -> Iterator[SourceClip]:
    """Yield the clips, and after each training clip its walks and trots re-timed to a pace."""
    for source in clips:
        yield source
        if source.held_out:
            continue
        for i, (clip, good) in enumerate(paced(source.clip, source.good)):
            yield replace(source, name=f"{source.name} paced {i}", clip=clip, good=good)


def build(clips: Iterable[SourceClip]) -> dict[str, Array]:
    """Return the concatenated arrays of all clips and their mirror images."""
    joined = frames.Joined()
    skeleton = None
    for source in with_paces(clips):
        skeleton = source.clip.skeleton
        good = learnable(source.good)
        for name, clip in (
            (source.name, source.clip),
            (f"{source.name} mirrored", source.clip.mirrored()),
        ):
            joined.add(name, label(clip), good, source.held_out)
        log.info("%s: %d frames", source.name, source.clip.frames)
    if skeleton is None:
        raise ValueError("There are no clips to train on")
    return joined.arrays(skeleton)


def main() -> None:
    """Read the command line and write the dataset."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("build/quadruped/dataset.npz"))
    options = parser.parse_args()
    frames.write(options.out, build(labrador_clips(options.data)))


if __name__ == "__main__":
    main()
