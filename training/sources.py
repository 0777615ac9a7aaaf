# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clips train the biped, which are held out, and why some are left out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from motion_addon.motion import bvh
from motion_addon.motion.clip import Clip

HELD_OUT = ("o3de/Walk2.bvh", "o3de/OutofRange1.bvh")
"""Validation only: a plain walk, and starts, walk, jog and run up to 4 m/s."""

LEFT_OUT = {
    "o3de/Jumps1.bvh": "jumps over boxes, no flat ground",
    "o3de/JumpsFreeRoam1.bvh": "jumps",
    "o3de/Pushes1.bvh": "the actor is pushed",
}


@dataclass(frozen=True)
class SourceClip:
    """A clip of the database with its catalog entry."""

    name: str
    clip: Clip
    bad_ranges: tuple[tuple[int, int], ...]
    """Inclusive frame ranges not to learn from."""
    floor: float
    """Height of the ground in the file, metres."""
    licence: str


def biped_clips(folder: Path, sources: tuple[str, ...]) -> Iterator[SourceClip]:
    """Yield the usable clips of ``folder`` (unpacked data, with ``catalog.json``)."""
    catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    for entry in catalog["clips"]:
        name = entry["path"].removeprefix("biped/")
        if entry["source"] not in sources or name in LEFT_OUT:
            continue
        ranges = tuple((int(a), int(b)) for a, b in entry["bad_ranges"])
        clip = bvh.read(folder / name)
        yield SourceClip(name, clip, ranges, float(entry["floor_y_m"]), entry["licence"])

