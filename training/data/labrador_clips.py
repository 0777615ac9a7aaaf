# SPDX-License-Identifier: GPL-3.0-or-later
"""The Labrador's clips: which are held out, and which frames are used for training.

    python -m training.data.labrador_clips --data FOLDER --report

prints the errors of completing clips of trunk and feet, measured on a held-out full-body clip.
"""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

from . import labrador_completion, labrador_rig
from .labrador_completion import Completion, Pair, Track
from .people import catalog_of

log = logging.getLogger(__name__)

RATE = 60.0
HELD_OUT = ("dog_quad_walkrun_006", "dog_star_walk_003", "dog_quad_run_002")
"""For validation only: all gaits with a captured body, a walk with tight turns, a canter."""
BROKEN = {
    "dog_quad_walkrun_001": ("neck", "RH", "RF"),
    "dog_jump_003": ("RH",),
}
"""Full-body clips with lost markers, and the parts that are faulty from then on."""
AROUND_GLITCH = 3
"""Frames before and after a glitch that are skipped."""
LEAP = 0.16
"""Height (m) of the pelvis over its median, or of all paws, from which the dog leaps."""
REARING = 0.3
"""Height (m) of both fore paws from which the dog rears."""
PARTS = {
    "spine": quadruped.TORSO,
    "neck": quadruped.NECK[:3],
    "head": quadruped.NECK[3:],
    "tail": quadruped.TAIL,
    "fore limbs": quadruped.LEG_CHAINS["LF"] + quadruped.LEG_CHAINS["RF"],
    "hind limbs": quadruped.LEG_CHAINS["LH"] + quadruped.LEG_CHAINS["RH"],
    "paws": quadruped.PAWS,
}


@dataclass(frozen=True, eq=False)
class SourceClip:
    """A clip of the database on the canonical skeleton, 60 Hz, the ground at y = 0."""

    name: str
    clip: Clip
    good: Array
    """(T,) bool, frames for training."""
    held_out: bool
    """Whether the clip is for validation only."""
    full: bool
    """Whether the whole body was captured; otherwise all but trunk and feet is predicted."""


@dataclass(frozen=True, eq=False)
class Labrador:
    """The Labrador's files."""

    conversion: labrador_rig.Conversion
    full: dict[str, Clip]
    """Full-body clips on the canonical skeleton."""
    tracks: dict[str, Track]
    entries: dict[str, dict[str, Any]]
    """Catalog entries of the tracks."""

    def pair(self, name: str) -> Pair:
        """Return the frames of a clip that exist in both forms."""
        known, clip = self.tracks[name], self.full[name]
        start = int(self.entries[name]["raw_frame_offset"]) // 2
        count = min(known.frames, clip.frames - start)
        known = Track(*(getattr(known, part.name)[:count] for part in fields(known)))
        good = steady(self.entries[name], count)
        return Pair(known, clip.slice(start, start + count), good, BROKEN.get(name, ()))

    def fitted(self, *without: str) -> Completion:
        """Return the completion trained on all pairs but those named."""
        out = Completion(self.conversion.skeleton)
        out.fit([self.pair(name) for name in self.full if name not in without])
        return out


def read(folder: Path) -> Labrador:
    """Return the Labrador's clips of ``folder`` (unpacked data, with ``catalog.json``)."""
    catalog = catalog_of(folder)
    entries: dict[str, dict[str, Any]] = {}
    raw: dict[str, dict[str, Clip]] = {"labrador/fullbody": {}, "labrador/legs": {}}
    for entry in catalog["clips"]:
        if entry["rig"] in raw:
            name = Path(entry["path"]).stem
            raw[entry["rig"]][name] = bvh.read(folder / entry["path"]).resample(RATE)
            if entry["rig"] == "labrador/legs":
                entries[name] = entry
    if not raw["labrador/fullbody"]:
        raise ValueError(f"There are no clips of labrador/fullbody in {folder}: unpack the data")
    how = labrador_rig.conversion(list(raw["labrador/fullbody"].values()))
    full = {name: how.clip(clip) for name, clip in raw["labrador/fullbody"].items()}
    legs = {
        name: labrador_completion.track(clip, how.scale)
        for name, clip in raw["labrador/legs"].items()
    }
    return Labrador(how, full, legs, entries)


def labrador_clips(folder: Path) -> Iterator[SourceClip]:
    """Yield the Labrador's clips of ``folder`` (unpacked data, with ``catalog.json``).

    Captured clips come first, then completed ones. Takes about a minute.
    """
    torch.set_num_threads(1)
    data = read(folder)
    model = data.fitted(*HELD_OUT)
    for name, clip in data.full.items():
        if name in BROKEN:
            clip = model.repaired(data.pair(name))
        yield SourceClip(name, clip, on_ground(clip), name in HELD_OUT, True)
    for name, known in data.tracks.items():
        if name in data.full:
            continue
        clip = model.clip(known)
        good = steady(data.entries[name], clip.frames) & on_ground(clip)
        yield SourceClip(name, clip, good, name in HELD_OUT, False)


def steady(entry: dict[str, Any], frames: int) -> Array:
    """Return (T,) bool at 60 Hz, the frames of a catalog entry away from glitches."""
    good = np.ones(frames, dtype=bool)
    for first, last in entry["glitch_frames"]:
        pace = RATE / float(entry["fps"])
        good[max(int(first * pace) - AROUND_GLITCH, 0) : int(last * pace) + AROUND_GLITCH + 1] = (
            False
        )
    return good


def on_ground(clip: Clip) -> Array:
    """Return (T,) bool, frames without leaps and rearing, and without the clip's ends."""
    pelvis = clip.root_positions[:, 1]
    paws = quadruped.paw_points(clip)[..., 1]
    leaps = (pelvis > np.median(pelvis) + LEAP) | (paws.min(axis=1) > LEAP)
    leaps |= paws[:, [1, 3]].min(axis=1) > REARING
    near = np.convolve(leaps, np.ones(31), mode="same") > 0.5
    good = ~near
    good[:3] = good[-3:] = False
    return np.asarray(good)


def errors(got: Clip, real: Clip, good: Array) -> dict[str, tuple[float, float]]:
    """Return the joints' mean angle (degrees) and distance (cm) for each body part."""
    (turned, placed), (turns, places) = got.world(), real.world()
    dots = np.abs((turned * turns).sum(axis=-1)).clip(0.0, 1.0)
    angles = np.degrees(2.0 * np.arccos(dots))[good]
    away = 100.0 * np.linalg.norm(placed - places, axis=-1)[good]
    out = {}
    for part, names in PARTS.items():
        joints = [real.skeleton.index(name) for name in names]
        out[part] = (float(angles[:, joints].mean()), float(away[:, joints].mean()))
    return out


def mean_pose(data: Labrador, known: Track, without: str) -> Clip:
    """Return the mean pose of all other clips, moved along a track (baseline)."""
    rows = []
    for name in data.full:
        if name != without:
            pair = data.pair(name)
            both = (pair, pair.mirrored())
            rows += [labrador_completion.outputs(one.known, one.clip)[one.good] for one in both]
    mean = np.concatenate(rows).mean(axis=0)
    skeleton = data.conversion.skeleton
    pose = quat.from_two_axes(mean[3 : 3 + 6 * len(skeleton)].reshape(-1, 6))
    rotations = quat.inv_mul(known.back[:, None], pose[None])
    pelvis = known.placed(np.broadcast_to(mean[:3], (known.frames, 1, 3)))[:, 0]
    local = skeleton.local(rotations).astype(np.float32)
    return Clip(skeleton, local, pelvis.astype(np.float32), RATE)


def report(folder: Path, name: str = HELD_OUT[0]) -> str:
    """Return a table: errors of completing the held-out clip, beside the mean-pose baseline."""
    data = read(folder)
    pair = data.pair(name)
    got = errors(data.fitted(name).clip(pair.known), pair.clip, pair.good)
    plain = errors(mean_pose(data, pair.known, name), pair.clip, pair.good)
    lines = [f"{name}: completed (mean pose)"]
    for part, (angle, away) in got.items():
        lines.append(
            f"{part:10s} {angle:5.1f} ({plain[part][0]:5.1f}) degrees"
            f" {away:5.1f} ({plain[part][1]:5.1f}) cm"
        )
    return "\n".join(lines)


def main() -> None:
    """Read the command line; print the report or the list of clips."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--report", action="store_true", help="measure the completion")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.report:
        log.info(report(options.data))
        return
    for source in labrador_clips(options.data):
        kind = "captured" if source.full else "completed"
        held = ", held out" if source.held_out else ""
        share = 100.0 * source.good.mean()
        log.info(f"{source.name}: {source.clip.seconds:.1f} s, {kind}{held}, {share:.0f}% good")


if __name__ == "__main__":
    main()
