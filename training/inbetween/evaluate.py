# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the in-between models on held-out clips and animals, by the protocol of LAFAN1.

``python -m training.evaluate inbetween --model quadruped --data FOLDER`` prints L2P, L2Q and NPSS
of each gap length beside two baselines: holding the last pose, and plain interpolation.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.body.kinds import kind_of
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.inbetween import fill_gaps, gap, model
from motion_addon.motion.inbetween.model import Filler
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import clip_metrics

from . import lafan
from .bodies import BODIES, STILL, Part

Row = dict[str, Any]
Motion = tuple[Array, Array]
DATA = {
    "biped": Path("build/inbetween/data/biped"),
    "quadruped": Path("build/inbetween/data/quadruped"),
}
"""Where ``training/runs/inbetween.sh`` unpacks the clips."""
SETS = {
    "people": "held-out clips",
    "labrador": "held-out clips",
    "rigs": "held-out creatures, keyed by hand, that walk and run",
    "rigs, still": "held-out creatures, keyed by hand, that stand, turn, eat, attack",
    "made up": "held-out creatures, made up",
}
"""Description of the held-out clips of a kind."""
TARGETS = {"l2p": 0.45, "l2q": 0.58, "npss": 0.60}
"""At 30 frames, as ratio to interpolation."""
LONGEST_SECONDS = 0.3
"""Time for a gap of 60 frames on one core."""


@dataclass(frozen=True, eq=False)
class HeldOutWindows:
    """Held-out windows of one kind, N of them."""

    skeletons: list[Skeleton]
    truth: Motion
    """Local rotations (N, F, J, 4) and roots (N, F, 3)."""

    @staticmethod
    def of(clips: list[Clip]) -> "HeldOutWindows":
        """Return the windows of clips."""
        parts = [lafan.windows(clip) for clip in clips]
        who = [c.skeleton for c, part in zip(clips, parts, strict=True) for _ in part[0]]
        return HeldOutWindows(
            who, (np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))
        )

    @property
    def bones(self) -> Array:
        """(N, J, 3)."""
        return np.stack([skeleton.offsets for skeleton in self.skeletons])

    def first(self, frames: int) -> "HeldOutWindows":
        """Return the first frames of each."""
        return HeldOutWindows(
            self.skeletons, (self.truth[0][:, :frames], self.truth[1][:, :frames])
        )


def clips_of(parts: list[Part], kind: str, held_out: bool) -> list[Clip]:
    """Return the clips of a kind in SETS, as captured or keyed."""
    kind, still = kind.removesuffix(STILL), kind.endswith(STILL)
    own = [p for p in parts if p.kind == kind and p.held_out == held_out and p.captured]
    return [p.clip for p in own if p.travels != still]


def held(windows: HeldOutWindows, known: Array) -> Motion:
    """Return windows with the last pose of the context held."""
    last = lafan.CONTEXT - 1
    rotations, roots = (
        np.repeat(part[:, last : last + 1], len(known), axis=1) for part in windows.truth
    )
    return rotations, roots


def plain(windows: HeldOutWindows, known: Array) -> Motion:
    """Return windows filled by slerp and straight lines."""
    mask = np.broadcast_to(known, windows.truth[0].shape[:2])
    return gap.interpolated(*windows.truth, mask)


def networks(filler: Filler, windows: HeldOutWindows, known: Array) -> Motion:
    """Return windows filled by the network alone, before feet are locked."""
    pace = np.ones(1)
    found = [
        fill_gaps.answered(filler, skeleton, r[None], p[None], known[None], pace)
        for skeleton, r, p in zip(windows.skeletons, *windows.truth, strict=True)
    ]
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])


def finished(filler: Filler, windows: HeldOutWindows, known: Array) -> Motion:
    """Return windows filled as in the product, with feet locked in their stances."""
    clips = [
        fill_gaps.fill(filler, Clip(skeleton, r, p, lafan.RATE), known)
        for skeleton, r, p in zip(windows.skeletons, *windows.truth, strict=True)
    ]
    return np.stack([c.rotations for c in clips]), np.stack([c.root_positions for c in clips])


def skate_of(windows: HeldOutWindows, motion: Motion, part: slice) -> float:
    """Return MANN's foot-skate of the frames of the gaps, mean over windows."""
    found = []
    for skeleton, rotations, roots in zip(windows.skeletons, *motion, strict=True):
        kind = kind_of(skeleton)
        points = kind.foot.places(Clip(skeleton, rotations[part], roots[part], lafan.RATE))
        found.append(clip_metrics.foot_skate(points, lafan.RATE, kind.balls))
    return float(np.mean(found))


def rows_of(filler: Filler, held_out: HeldOutWindows, deviation: Array) -> list[Row]:
    """Return the figures of each gap length and method."""
    ways: dict[str, Callable[[HeldOutWindows, Array], Motion]] = {
        "truth": lambda windows, known: windows.truth,
        "zero velocity": held,
        "interpolation": plain,
        "network": lambda windows, known: networks(filler, windows, known),
        "finished": lambda windows, known: finished(filler, windows, known),
    }
    rows = []
    for missing in lafan.GAPS:
        known = lafan.kept(lafan.CONTEXT + missing + 1, missing)
        windows = held_out.first(len(known))
        for name, way in ways.items():
            found = way(windows, known)
            row: Row = {"gap": missing, "way": name}
            row |= lafan.figures(
                filler.skeleton, windows.truth, found, missing, deviation, windows.bones
            )
            row["foot_skate"] = skate_of(windows, found, slice(lafan.CONTEXT - 1, None))
            rows.append(row)
    return rows


def ratios(rows: list[Row]) -> list[Row]:
    """Return the figures of the network's methods over those of interpolation."""
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
        fill_gaps.fill(filler, part, known)
        best = min(best, time.perf_counter() - began)
    return float(best)


def measured(filler: Filler, parts: list[Part], kind: str) -> Row:
    """Return the figures of the held-out clips of a kind, and the targets met."""
    windows = HeldOutWindows.of(clips_of(parts, kind, held_out=True))
    deviation = lafan.deviation(clips_of(parts, kind, held_out=False))
    rows = rows_of(filler, windows, deviation)
    shares = ratios(rows)
    done = {(r["gap"], r["way"]): r for r in shares}
    targets = {f"{k} at 30": done[30, "finished"][k] <= most for k, most in TARGETS.items()}
    targets |= {f"{k} at 5": done[5, "finished"][k] <= 1.0 for k in TARGETS}
    return {"windows": len(windows.skeletons), "rows": rows, "ratios": shares, "targets": targets}


def evaluate(body: str, data: Path | None) -> Row:
    """Return all figures of the model of a kind of body."""
    filler = model.load_filler(body)
    parts = list(BODIES[body](data or DATA[body]))
    known = {part.kind for part in parts}
    kinds = [kind for kind in SETS if kind.removesuffix(STILL) in known]
    longest = max(clips_of(parts, kinds[0], held_out=True), key=lambda clip: clip.frames)
    seconds = seconds_of(filler, longest)
    return {
        "kinds": {kind: measured(filler, parts, kind) for kind in kinds},
        "seconds_60": seconds,
        "seconds_met": seconds < LONGEST_SECONDS,
    }


def show(found: Row) -> None:
    """Print the figures as tables."""
    for kind, part in found["kinds"].items():
        print(f"{kind}: {part['windows']} windows of {SETS[kind]}")
        print(f"{'gap':>4} {'':14} {'L2P':>7} {'L2Q':>7} {'NPSS':>8} {'skate':>7}")
        for row in part["rows"]:
            print(
                f"{row['gap']:4} {row['way']:14} {row['l2p']:7.3f} {row['l2q']:7.3f}"
                f" {row['npss']:8.4f} {row['foot_skate']:7.3f}"
            )
        print("As ratio to interpolation")
        for row in part["ratios"]:
            print(
                f"{row['gap']:4} {row['way']:14} {row['l2p']:7.3f} {row['l2q']:7.3f}"
                f" {row['npss']:8.3f}"
            )
        missed = [name for name, met in part["targets"].items() if not met]
        print("Targets missed: " + (", ".join(missed) or "none"))
    late = "" if found["seconds_met"] else ", too slow"
    print(f"60 frames in {1000 * found['seconds_60']:.0f} ms{late}")
