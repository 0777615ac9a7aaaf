# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the reading of real clips, and the exemplar doctor's misses and false alarms.

    python -m training.creature.judging.reading_accuracy --data FOLDER [--broken COUNT]

The reader gets only the BVH file and detects the animal, its facing, strides and speed.
``--broken`` puts every fault into that many of the good clips.
"""

import argparse
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.doctor import diagnosis
from motion_addon.motion.creature.doctor.diagnosis import Diagnosis
from motion_addon.motion.creature.reading import exemplar
from motion_addon.motion.creature.reading.clip_analysis import analyze
from motion_addon.motion.creature.reading.recording import Recording

from ...data import animal_rigs
from ...data.animal_rigs import Rig
from ...data.people import catalog_of
from . import faults
from .faults import Good

log = logging.getLogger(__name__)

STRIDES: Final = 4.0
"""Least strides of a clip that faults are put into."""
_COLUMNS: Final = ("legs", "in place", "loop", "gait", "stride", "speed", "speed 25 %")


def entries(folder: Path) -> list[dict[str, Any]]:
    """Return the catalog's clips whose conversion is good."""
    catalog = catalog_of(folder)
    return [entry for entry in catalog["clips"] if entry["quality"] != "low"]


def agreement(
    entry: dict[str, Any], legs: dict[str, list[str]], clip: Clip, rig: Rig | None
) -> dict[str, bool]:
    """Compare a clip's reading with the catalog, or with the conversion by its rig map.

    ``legs`` are the catalog's. Gaits are compared if ``rig`` is known.
    """
    got = exemplar.of_clip(clip)
    assert got.animal is not None
    found = got.animal.parts.legs
    out = {
        "legs": all(set(found[leg]) <= set(legs[leg]) for leg in quadruped.LEGS),
        "in place": analyze(Recording.of_clip(clip)).ground.in_place == entry["in_place"],
        "loop": got.loop == entry["loop"],
    }
    speed = got.real_speed / max(float(entry["ground_speed_mps"]), 1e-6)
    out |= {"speed": abs(speed - 1.0) <= 0.1, "speed 25 %": abs(speed - 1.0) <= 0.25}
    if entry["stride_s"]:
        out["stride"] = abs(got.real_stride / float(entry["stride_s"]) - 1.0) <= 0.1
    if rig is not None:
        out["gait"] = got.footfalls.gait == animal_rigs.animal_clip(rig, entry, clip).falls.gait
    return out


def moving(clip: Clip) -> Good | None:
    """Return an in-place loop as a traveling, repeated clip; None for other clips."""
    seen = analyze(Recording.of_clip(clip))
    if not (seen.loop.closes and seen.ground.in_place):
        return None
    period = seen.loop.period
    count = max(int(np.ceil(STRIDES * seen.strides.period / period)), 2)
    at = np.arange(period * count) % period
    roots = clip.root_positions[at].copy()
    roots[:, 2] += (seen.ground.paws[1] * np.arange(len(at)) / clip.fps).astype(roots.dtype)
    joints = {
        name: anchor.joint
        for name, anchor in zip(
            quadruped.JOINTS, seen.animal.canonical.landmarks.joints, strict=True
        )
    }
    legs = seen.animal.parts.legs
    long = replace(clip, rotations=clip.rotations[at], root_positions=roots)
    return Good(long, round(seen.strides.period), seen.ground.hip_height, joints, legs)


def broken(good: Good) -> Iterator[tuple[str, bool]]:
    """Yield each fault that is possible on a clip, and whether the doctor names it."""
    for fault in faults.FAULTS:
        clamped = fault is faults.few_frames and 4.5 * good.clip.fps / good.stride < 6.1
        if fault not in faults.CANONICAL and not clamped:
            yield fault.__name__, faults.named(fault, fault(good))


def kind(entry: dict[str, Any]) -> str:
    """Return the group of the report to which a clip belongs."""
    if entry["gait"] in ("idle", "other", "turn"):
        return str(entry["gait"])
    return "captured" if entry["rig"].startswith("labrador/") else "keyed"


def reading_table(folder: Path) -> str:
    """Return a table of how many traveling clips are read like the catalog."""
    rigs = catalog_of(folder)["rigs"]
    known = animal_rigs.read_rigs(folder)
    right, of, named = Counter[str](), Counter[str](), set[str]()
    for entry in entries(folder):
        if kind(entry) not in ("keyed", "captured"):
            continue
        legs = {
            leg: [*names, *rigs[entry["rig"]]["girdle_connectors"].get(leg, ())]
            for leg, names in rigs[entry["rig"]]["legs"].items()
        }
        clip = bvh.read(folder / entry["path"])
        for what, same in agreement(entry, legs, clip, known.get(entry["rig"])).items():
            of[what] += 1
            right[what] += same
        named.add(entry["rig"])
    lines = [f"{what:12s} {right[what]:4d} of {of[what]}" for what in _COLUMNS]
    return "\n".join([f"{len(named)} rigs, clips that travel, read without a map", *lines])


def alarm_table(folder: Path) -> str:
    """Return a table of the doctor's findings by group of clips."""
    clips = Counter[str]()
    said: dict[str, Counter[str]] = {}
    for entry in entries(folder):
        group = kind(entry)
        found: Diagnosis = diagnosis.examine(Recording.of_clip(bvh.read(folder / entry["path"])))
        clips[group] += 1
        codes = {one.code for one in found.findings if one.severity != "note"}
        codes |= set() if found.usable else {"(error)"}
        said.setdefault(group, Counter()).update(codes or {"(nothing)"})
    lines = []
    for group, count in clips.items():
        words = ", ".join(f"{code} {times}" for code, times in said[group].most_common())
        lines.append(f"{group} ({count} clips): {words}")
    return "\n".join(lines)


def fault_table(folder: Path, count: int) -> str:
    """Return how many of all faults, put into ``count`` real clips, are named."""
    loops = [entry for entry in entries(folder) if kind(entry) == "keyed"]
    order = np.random.default_rng(1).permutation(len(loops))
    found, of, clips = Counter[str](), Counter[str](), 0
    for at in order:
        good = moving(bvh.read(folder / loops[int(at)]["path"]))
        if good is None or clips == count:
            continue
        clips += 1
        for name, named in broken(good):
            of[name] += 1
            found[name] += named
    missed = [f"{name} {found[name]} of {of[name]}" for name in of if found[name] < of[name]]
    total = f"{found.total()} of {of.total()} faults named in {clips} real clips"
    return total + (f"; missed: {', '.join(missed)}" if missed else "")


def main() -> None:
    """Read the command line and print the tables."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument(
        "--broken", type=int, default=0, help="number of real clips that get every fault"
    )
    options = parser.parse_args()
    log.info("%s\n", reading_table(options.data))
    log.info("%s", alarm_table(options.data))
    if options.broken:
        log.info("\n%s", fault_table(options.data, options.broken))


if __name__ == "__main__":
    main()
