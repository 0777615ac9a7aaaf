# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the filling of gaps on held-out clips, by the protocol of LAFAN1.

``python -m training.evaluate inbetween --data FOLDER --json out/inbetween.json`` prints L2P, L2Q
and NPSS of each gap beside holding the last pose and plain interpolation.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion import contacts as foot_contacts
from motion_addon.motion import gap, inbetween, metrics, models
from motion_addon.motion.clip import Clip
from motion_addon.motion.models import Filler
from motion_addon.motion.quat import Array
from motion_addon.motion.skeleton import Skeleton

from .. import sources
from ..prepare import on_model_skeleton
from . import lafan

Row = dict[str, Any]
Motion = tuple[Array, Array]
DATA = Path("build/inbetween/data/biped")
"""Where ``training/runs/inbetween.sh`` unpacks the clips."""
TARGETS = {"l2p": 0.45, "l2q": 0.58, "npss": 0.60}
"""At 30 frames, as ratio to interpolation."""
LONGEST_SECONDS = 0.3
"""Time for a gap of 60 frames on one core."""


def clips_of(data: Path, held_out: bool) -> list[tuple[str, Clip]]:
    """Return the clips of a part of the data, mended, on the model skeleton at 60 Hz."""
    found = []
    skeleton: Skeleton | None = None
    for source in sources.biped_clips(data):
        skeleton = skeleton or source.clip.skeleton
        if (source.name in sources.HELD_OUT) == held_out:
            found.append((source.name, on_model_skeleton(source.clip, skeleton, source.floor)))
    return found


def held(truth: Motion, known: Array) -> Motion:
    """Return windows that hold the last pose of the context."""
    last = lafan.CONTEXT - 1
    rotations, roots = (np.repeat(part[:, last : last + 1], len(known), axis=1) for part in truth)
    return rotations, roots


def plain(truth: Motion, known: Array) -> Motion:
    """Return windows filled by slerp and on a straight line."""
    mask = np.broadcast_to(known, truth[0].shape[:2])
    return gap.interpolated(*truth, mask)


def networks(filler: Filler, truth: Motion, known: Array) -> Motion:
    """Return windows filled by the network alone, before feet are locked."""
    mask = np.broadcast_to(known, truth[0].shape[:2])
    pace = np.ones(len(mask))
    rotations, roots, _ = inbetween.answered(filler, filler.skeleton, *truth, mask, pace)
    return rotations, roots


def finished(filler: Filler, truth: Motion, known: Array) -> Motion:
    """Return windows filled as an artist gets them, with standing feet locked."""
    clips = [
        inbetween.fill(filler, Clip(filler.skeleton, r, p, lafan.RATE), known)
        for r, p in zip(*truth, strict=True)
    ]
    return np.stack([c.rotations for c in clips]), np.stack([c.root_positions for c in clips])


def skate_of(skeleton: Skeleton, motion: Motion, part: slice) -> float:
    """Return MANN's foot-skate of the frames of the gaps, mean over windows."""
    found = []
    for rotations, roots in zip(*motion, strict=True):
        world, positions = skeleton.fk(rotations[part], roots[part])
        points = foot_contacts.foot_points(skeleton, world, positions)
        found.append(metrics.foot_skate(points, lafan.RATE))
    return float(np.mean(found))


def rows_of(filler: Filler, truth: Motion, deviation: Array) -> list[Row]:
    """Return the figures of each length of gap and each way to fill it."""
    ways: dict[str, Callable[[Motion, Array], Motion]] = {
        "truth": lambda windows, known: windows,
        "zero velocity": held,
        "interpolation": plain,
        "network": partial(networks, filler),
        "finished": partial(finished, filler),
    }
    rows = []
    for missing in lafan.GAPS:
        known = lafan.kept(lafan.CONTEXT + missing + 1, missing)
        windows = truth[0][:, : len(known)], truth[1][:, : len(known)]
        for name, way in ways.items():
            found = way(windows, known)
            row: Row = {"gap": missing, "way": name}
            row |= lafan.figures(filler.skeleton, windows, found, missing, deviation)
            row["foot_skate"] = skate_of(filler.skeleton, found, slice(lafan.CONTEXT - 1, None))
            rows.append(row)
    return rows


def ratios(rows: list[Row]) -> list[Row]:
    """Return the figures of each way that the network has a part in over interpolation's."""
    out = []
    for row in rows:
        base = next(r for r in rows if r["gap"] == row["gap"] and r["way"] == "interpolation")
        if row["way"] in ("network", "finished"):
            shares = {name: row[name] / base[name] for name in TARGETS}
            out.append({"gap": row["gap"], "way": row["way"], **shares})
    return out


def seconds_of(filler: Filler, clip: Clip, frames: int = 60) -> float:
    """Return the time (s) to fill a gap of 60 frames, the best of five."""
    part = clip.resample(gap.RATE).slice(0, frames + 2 * lafan.CONTEXT)
    known = np.ones(part.frames, dtype=bool)
    known[lafan.CONTEXT : -lafan.CONTEXT] = False
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        inbetween.fill(filler, part, known)
        best = min(best, time.perf_counter() - began)
    return float(best)


def evaluate(data: Path) -> Row:
    """Return every figure, and whether the targets are met."""
    filler = models.load_filler("biped")
    clips = [clip for _, clip in clips_of(data, held_out=True)]
    parts = [lafan.windows(clip) for clip in clips]
    truth = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    deviation = lafan.deviation([clip for _, clip in clips_of(data, held_out=False)])
    rows = rows_of(filler, truth, deviation)
    shares = ratios(rows)
    done = {(r["gap"], r["way"]): r for r in shares}
    targets = {f"{k} at 30": done[30, "finished"][k] <= most for k, most in TARGETS.items()}
    targets |= {f"{k} at 5": done[5, "finished"][k] <= 1.0 for k in TARGETS}
    seconds = seconds_of(filler, clips[0])
    targets["seconds for 60"] = seconds < LONGEST_SECONDS
    return {
        "windows": len(truth[0]),
        "rows": rows,
        "ratios": shares,
        "seconds_60": seconds,
        "targets": targets,
    }


def show(found: Row) -> None:
    """Print the figures as tables."""
    print(f"{found['windows']} windows of held-out clips")
    print(f"{'gap':>4} {'':14} {'L2P':>7} {'L2Q':>7} {'NPSS':>8} {'skate':>7}")
    for row in found["rows"]:
        print(
            f"{row['gap']:4} {row['way']:14} {row['l2p']:7.3f} {row['l2q']:7.3f}"
            f" {row['npss']:8.4f} {row['foot_skate']:7.3f}"
        )
    print("As ratio to interpolation")
    for row in found["ratios"]:
        print(
            f"{row['gap']:4} {row['way']:14} {row['l2p']:7.3f} {row['l2q']:7.3f} {row['npss']:8.3f}"
        )
    print(f"60 frames in {1000 * found['seconds_60']:.0f} ms")
    missed = [name for name, met in found["targets"].items() if not met]
    print("Targets missed: " + (", ".join(missed) or "none"))
