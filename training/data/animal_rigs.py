# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of animals of many rigs, retargeted to the canonical quadruped at their own proportions.

    python -m training.data.animal_rigs --data FOLDER

prints each rig's paw error. Loops are repeated, and motions in place travel at the speed at which
their planted paws move back.
"""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.reading import landmarks
from motion_addon.motion.creature.reading.canonical_motion import CanonicalRig, repeated, traveling
from motion_addon.motion.creature.reading.footfall_pattern import FootfallPattern, footfall_pattern
from motion_addon.motion.creature.reading.landmarks import BodyParts
from motion_addon.motion.maths.quat import Array

from .people import catalog_of

log = logging.getLogger(__name__)

RATE = 60.0
LIMIT = 0.03
"""Mean paw error in hip heights above which a clip's retarget has failed."""
MOVING = ("walk", "pace", "trot", "canter", "gallop", "bound")
"""Gaits of the catalog that travel."""
FREE: Final = "CC0"
"""Prefix of licenses whose clips need no attribution."""


@dataclass(frozen=True, eq=False)
class AnimalClip:
    """A clip of an animal on the canonical quadruped of its proportions, 60 Hz, meters."""

    name: str
    rig: str
    creature: str
    clip: Clip
    hip_height: float
    """Meters, of the femur's joint in the rest pose."""
    speed: float
    """Mean speed along the ground, m/s."""
    falls: FootfallPattern
    """The gait by its footfalls."""
    kind: str
    """The catalog's label: a gait, "idle", "turn" or "other"."""
    loop: bool
    """Whether the file's motion is a loop, which is repeated here."""
    paw_error: Array
    """(T, 4) distance from the rig's paws to the canonical ones, meters."""

    @property
    def failed(self) -> bool:
        """Whether the mean paw error is above LIMIT."""
        return bool(self.paw_error.mean() > LIMIT * self.hip_height)

    @property
    def froude(self) -> float:
        """The Froude number of the mean speed."""
        return float(quadruped_gaits.froude(self.speed, self.hip_height))


@dataclass(frozen=True, eq=False)
class Rig:
    """A rig of the catalog and its canonical skeleton."""

    name: str
    entry: dict[str, Any]
    animal: CanonicalRig

    @classmethod
    def of(cls, name: str, entry: dict[str, Any], skeleton: Skeleton) -> "Rig":
        """Return the rig with the rest pose of ``skeleton``."""
        return cls(name, entry, CanonicalRig.of(skeleton, limbs(entry)))

    def retarget(self, source: Clip) -> tuple[Clip, Array]:
        """Return the canonical clip of a clip of the rig, and the paws' errors (T, 4) in meters."""
        if not set(self.entry["legs"]["LH"]) <= set(source.skeleton.names):
            raise ValueError(f"The clip is not of the rig {self.name}: its joints differ")
        return self.animal.convert(*source.world(), source.fps)


def limbs(entry: dict[str, Any]) -> BodyParts:
    """Return the joints of each body part from a rig's catalog entry."""
    return BodyParts(entry["legs"], entry["spine"], entry["neck_head"], entry["tail"])


def read_rigs(folder: Path) -> dict[str, Rig]:
    """Return the rigs of ``folder`` (unpacked data, ``catalog.json``) except the Labrador's."""
    catalog = catalog_of(folder)
    out = {}
    for name, entry in catalog["rigs"].items():
        clips = [clip for clip in catalog["clips"] if clip["rig"] == name]
        plain = [clip for clip in clips if clip["conversion"].get("offsets") == "rig"]
        if name.startswith("labrador/") or not clips:
            continue
        out[name] = Rig.of(name, entry, bvh.read(folder / (plain or clips)[0]["path"]).skeleton)
    return out


def free(folder: Path) -> list[str]:
    """Return the rigs of ``folder`` whose clips all have a license of FREE."""
    catalog = catalog_of(folder)
    found: dict[str, bool] = {}
    for clip in catalog["clips"]:
        found[clip["rig"]] = found.get(clip["rig"], True) and clip["licence"].startswith(FREE)
    return [rig for rig, ok in found.items() if ok]


def animal_clips(
    folder: Path, kinds: tuple[str, ...] = (*MOVING, "idle", "turn")
) -> Iterator[AnimalClip]:
    """Yield the clips of ``folder`` (unpacked data) whose catalog gait is one of ``kinds``.

    Clips whose conversion has low quality in the catalog are left out.
    """
    catalog = catalog_of(folder)
    rigs = read_rigs(folder)
    for entry in catalog["clips"]:
        if entry["rig"] in rigs and entry["gait"] in kinds and entry["quality"] != "low":
            yield animal_clip(rigs[entry["rig"]], entry, bvh.read(folder / entry["path"]))


def animal_clip(rig: Rig, entry: dict[str, Any], source: Clip) -> AnimalClip:
    """Return a clip of the catalog on its rig's canonical skeleton, traveling, at 60 Hz."""
    loop = bool(entry["loop"])
    if loop:
        source = repeated(source, bool(entry.get("loop_last_frame_repeats_first")))
    speed = float(entry["ground_speed_mps"])
    if entry["in_place"]:
        source = traveling(source, speed)
    clip, error = rig.retarget(source.resample(RATE))
    return AnimalClip(
        entry["path"].removesuffix(".bvh"),
        rig.name,
        entry["creature"],
        clip,
        landmarks.hip_height(clip.skeleton),
        speed,
        footfall_pattern(clip, rig.animal.hip_height),
        entry["gait"],
        loop,
        error,
    )


def report(folder: Path) -> str:
    """Return a table: each rig's paw error, and the gait of each clip that travels."""
    rows: dict[str, list[AnimalClip]] = {}
    for one in animal_clips(folder):
        rows.setdefault(one.rig, []).append(one)
    lines = []
    for name, clips in rows.items():
        error = np.concatenate([clip.paw_error.ravel() for clip in clips])
        hip = clips[0].hip_height
        failed = [clip.name.split("/")[-1] for clip in clips if clip.failed]
        lines.append(
            f"{name:28s} hip {hip:5.2f} m, paws {100 * error.mean():5.2f} cm"
            f" {100 * error.mean() / hip:5.2f} % (99th {100 * np.percentile(error, 99) / hip:5.2f}"
            f" %){'  FAILED ' + ' '.join(failed) if failed else ''}"
        )
        for clip in clips:
            if clip.kind in MOVING:
                fall = clip.falls
                offsets = " ".join(f"{value:.2f}" for value in fall.offsets)
                lines.append(
                    f"    {clip.name.split('/')[-1]:16s} {clip.kind:7s} -> {fall.gait:7s} {offsets}"
                    f" duty {fall.duty:.2f} stride {fall.stride:.2f} s Froude {clip.froude:.2f}"
                )
    return "\n".join(lines)


def main() -> None:
    """Read the command line and print the table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    log.info(report(parser.parse_args().data))


if __name__ == "__main__":
    main()
