# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals of many rigs on the canonical quadruped, each with its own proportions.

    python -m training.quadruped.rigs --data FOLDER

prints how well each rig's paws are kept. Loops are repeated, and motions made in place travel at
the speed at which their standing paws move back.
"""

import argparse
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion import bvh, gaits, leg, quadruped, quat
from motion_addon.motion.clip import Clip
from motion_addon.motion.quat import Array
from motion_addon.motion.skeleton import Skeleton

from . import anchors, labrador
from .anchors import Anchors
from .units import Footfalls, footfalls

log = logging.getLogger(__name__)

RATE = 60.0
LOOP_SECONDS = 6.0
"""Least duration to which loops are repeated."""
LIMIT = 0.03
"""Mean paw error over the hip's height above which a clip's retarget has failed."""
SAME = 0.02
"""Share of the hip's height by which a bone may differ from the rig's rest pose."""
MOVING = ("walk", "pace", "trot", "canter", "gallop", "bound")
"""Gaits of the catalog that travel."""
_AIMED = tuple(
    name
    for chain in (
        quadruped.TORSO[1:4],
        quadruped.NECK[:3],
        quadruped.TAIL[:4],
        *(chain[:4] for chain in quadruped.LEG_CHAINS.values()),
    )
    for name in chain
)


@dataclass(frozen=True, eq=False)
class AnimalClip:
    """A motion of an animal on the canonical quadruped of its proportions, 60 Hz, meters."""

    name: str
    rig: str
    creature: str
    licence: str
    clip: Clip
    hip_height: float
    """Meters, of the femur's joint in the rest pose."""
    speed: float
    """Mean speed along the ground, m/s."""
    falls: Footfalls
    """The gait by its footfalls."""
    kind: str
    """What the catalog says: a gait, "idle", "turn" or "other"."""
    loop: bool
    """Whether the file's motion is a loop; it is repeated here."""
    paw_error: Array
    """(T, 4) meters, from the rig's paws to the canonical ones."""

    @property
    def failed(self) -> bool:
        """Whether the paws are not kept."""
        return bool(self.paw_error.mean() > LIMIT * self.hip_height)

    @property
    def froude(self) -> float:
        """The Froude number of the mean speed."""
        return float(gaits.froude(self.speed, self.hip_height))


@dataclass(frozen=True, eq=False)
class Rig:
    """A rig of the catalog and its canonical skeleton."""

    name: str
    entry: dict[str, Any]
    found: Anchors
    skeleton: Skeleton

    @classmethod
    def of(cls, name: str, entry: dict[str, Any], skeleton: Skeleton) -> "Rig":
        """Return the rig whose rest pose is that of ``skeleton``."""
        found = anchors.find(skeleton, entry)
        return cls(name, entry, found, found.skeleton(skeleton.rest_positions()))

    @property
    def hip_height(self) -> float:
        """Height of the femur's joint in the canonical rest pose, meters."""
        return anchors.hip_height(self.skeleton)

    def retarget(self, source: Clip) -> tuple[Clip, Array]:
        """Return the canonical clip of a clip of the rig, and the paws' errors (T, 4) in meters."""
        if not set(self.entry["legs"]["LH"]) <= set(source.skeleton.names):
            raise ValueError(f"The clip is not of the rig {self.name}: its joints differ")
        rotations, positions = source.world()
        places = self.found.places(rotations, positions)
        turned = self.found.rotations(rotations)
        for name in _AIMED:
            joint = self.skeleton.index(name)
            child = int(np.flatnonzero(self.skeleton.parents == joint)[0])
            self._aim(turned, joint, child, places[:, child] - places[:, joint])
        skeleton = fitted(self.skeleton, turned, places)
        self._reach_shoulders(skeleton, turned, places)
        paws = places[:, [self.skeleton.index(name) for name in quadruped.PAWS]]
        low = np.percentile(paws[..., 1].min(axis=1), 5.0)
        up = np.array([0.0, anchors.PAW_SHARE * self.found.hip_height - low, 0.0])
        clip = labrador.on_paws(skeleton, turned, places[:, 0] + up, paws + up, source.fps)
        error = np.linalg.norm(quadruped.paw_points(clip) - paws - up, axis=-1)
        return clip, error

    def _aim(self, rotations: Array, joint: int, child: int, bone: Array) -> None:
        """Turn a joint of world rotations (T, J, 4) in place: its child lies along ``bone``."""
        rest = np.broadcast_to(self.skeleton.offsets[child], bone.shape)
        was = quat.apply(rotations[:, joint], rest)
        rotations[:, joint] = leg.swing(rotations[:, joint], was, bone)

    def _reach_shoulders(self, skeleton: Skeleton, rotations: Array, places: Array) -> None:
        """Turn the scapulae in place towards shoulders that slide along the trunk."""
        _, stiff = skeleton.fk(skeleton.local(rotations), places[:, 0])
        for name in ("LF", "RF"):
            scapula, humerus = (skeleton.index(n) for n in quadruped.LEG_CHAINS[name][:2])
            self._aim(rotations, scapula, humerus, places[:, humerus] - stiff[:, scapula])


def fitted(skeleton: Skeleton, rotations: Array, places: Array) -> Skeleton:
    """Return the skeleton with the bones that differ in a clip as they are there.

    ``rotations`` (T, J, 4) and ``places`` (T, J, 3) are its joints in the world. Files of one rig
    may differ in proportions, and girdles that slide are elsewhere than in the rest pose.
    """
    parents = skeleton.parents[1:]
    bones = quat.apply(quat.inv(rotations[:, parents]), places[:, 1:] - places[:, parents])
    seen = np.concatenate([skeleton.offsets[:1], np.median(bones, axis=0)])
    far = np.linalg.norm(seen - skeleton.offsets, axis=-1) > SAME * anchors.hip_height(skeleton)
    far |= far[skeleton.mirror_pairs()]
    offsets = np.where(far[:, None], seen, skeleton.offsets)
    changed = Skeleton(skeleton.names, skeleton.parents, offsets, skeleton.end_sites)
    return anchors.level(changed.symmetric()) if far.any() else skeleton


def read_rigs(folder: Path) -> dict[str, Rig]:
    """Return the rigs of ``folder`` (unpacked data, with ``catalog.json``) but the Labrador's."""
    catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    out = {}
    for name, entry in catalog["rigs"].items():
        clips = [clip for clip in catalog["clips"] if clip["rig"] == name]
        plain = [clip for clip in clips if clip["conversion"].get("offsets") == "rig"]
        if name.startswith("labrador/") or not clips:
            continue
        out[name] = Rig.of(name, entry, bvh.read(folder / (plain or clips)[0]["path"]).skeleton)
    return out


def animal_clips(
    folder: Path, kinds: tuple[str, ...] = (*MOVING, "idle", "turn")
) -> Iterator[AnimalClip]:
    """Yield the clips of ``folder`` (unpacked data) whose catalog gait is one of ``kinds``.

    Clips whose conversion the catalog calls low are left out.
    """
    catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
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
        entry["licence"],
        clip,
        anchors.hip_height(clip.skeleton),
        speed,
        footfalls(clip, rig.hip_height),
        entry["gait"],
        loop,
        error,
    )


def repeated(clip: Clip, closed: bool, seconds: float = LOOP_SECONDS) -> Clip:
    """Return a loop played again and again for at least ``seconds``.

    ``closed`` says that the last frame is the first again.
    """
    once = clip.slice(0, clip.frames - 1) if closed and clip.frames > 2 else clip
    times = max(int(np.ceil(seconds * clip.fps / once.frames)), 1)
    return Clip(
        once.skeleton,
        np.tile(once.rotations, (times, 1, 1)),
        np.tile(once.root_positions, (times, 1)),
        once.fps,
    )


def traveling(clip: Clip, speed: float) -> Clip:
    """Return a clip made in place moving along +Z at ``speed`` m/s."""
    roots = clip.root_positions.copy()
    roots[:, 2] += (np.arange(clip.frames) * speed / clip.fps).astype(roots.dtype)
    return Clip(clip.skeleton, clip.rotations, roots, clip.fps)


def report(folder: Path) -> str:
    """Return a table: per rig the paws' error, and the gait of each clip that travels."""
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
                told = " ".join(f"{value:.2f}" for value in fall.offsets)
                lines.append(
                    f"    {clip.name.split('/')[-1]:16s} {clip.kind:7s} -> {fall.gait:7s} {told}"
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
