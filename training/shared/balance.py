# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of balance: of mocap by gait, and of bakes before and after they are mended."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from motion_addon.motion.bake import bake as baking
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import kind_of
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.metrics.balance import Balance, balance_of, figures
from motion_addon.motion.style.request import StyleChoice

from . import courses
from .courses import Course

Row = dict[str, Any]

STYLES = ("old", "drunk", "zombie", "proud", "swagger", "march")
STRENGTH = 1.5
DOG = {"walk": 1.1, "trot": 2.2, "canter": 3.2, "gallop": 4.5}
"""Gaits of the quadruped and their speeds (m/s)."""


class GaitErrors:
    """Errors of balance, collected by gait."""

    def __init__(self) -> None:
        """Start without errors."""
        self.stance: dict[str, list[Array]] = defaultdict(list)
        self.flight: dict[str, list[Array]] = defaultdict(list)
        self.seconds: dict[str, float] = defaultdict(float)

    def add(self, gait: str, balance: Balance, frames: Array, fps: float) -> None:
        """Add the errors of some frames, (T,) bool."""
        outside = 100.0 * np.linalg.norm(balance.outside, axis=-1)
        away = 100.0 * np.linalg.norm(balance.deviation, axis=-1)
        self.stance[gait].append(outside[frames & balance.loaded])
        self.flight[gait].append(away[frames & balance.airborne])
        self.seconds[gait] += float(frames.sum()) / fps

    def table(self) -> dict[str, Row]:
        """Return the figures of each gait, rounded, with the seconds of mocap."""
        out = {}
        for gait, seconds in self.seconds.items():
            found = figures(np.concatenate(self.stance[gait]), np.concatenate(self.flight[gait]))
            out[gait] = {"seconds": round(seconds)} | {k: round(v, 2) for k, v in found.items()}
        return out


def requests() -> dict[str, BakeRequest]:
    """Return the bakes that are mended, by name."""
    out = {
        "walk, hairpin": _request(courses.hairpin(), 1.2),
        "run 2.5 m/s": _request(courses.straight(16.0), 2.5),
        "run 4 m/s": _request(courses.straight(24.0), 4.0),
        "run 2.5 m/s, S-curve": _request(courses.s_curve(), 2.5),
    }
    for style in STYLES:
        styled = (StyleChoice(name=style, strength=STRENGTH),)
        out[f"{style}, {STRENGTH:g}"] = _request(courses.straight(8.0), 1.2, style=styled)
    for gait, speed in DOG.items():
        course = courses.straight(6.0 * speed)
        out[f"dog, {gait}"] = _request(course, speed, model="quadruped", gait=gait)
    return out


def _request(course: Course, speed: float, **more: Any) -> BakeRequest:
    points = tuple((float(x), float(y), float(z)) for x, y, z in course.points)
    return BakeRequest(path=points, cyclic=course.cyclic, speed=speed, fps=60.0, **more)


def mending_of(request: BakeRequest) -> Row:
    """Return the figures of a bake as it is and mended, and how far planted feet moved (mm)."""
    before = baking.bake(request).clip
    after = baking.bake(replace(request, balance=1.0)).clip
    places = kind_of(before.skeleton).foot.places
    moved = np.linalg.norm(places(after).astype(np.float64) - places(before), axis=-1)
    planted = np.asarray(before.contacts) > 0.5
    rows = {"before": _figures(before), "after": _figures(after)}
    return {
        **rows,
        "jerk_ratio": rows["after"]["jerk"] / rows["before"]["jerk"],
        "planted_mm": float(1000.0 * moved[planted].max()),
    }


def _figures(clip: Clip) -> Row:
    balance = balance_of(clip, np.asarray(clip.contacts))
    stance = balance.zmp_errors
    row: Row = {"zmp_mean_cm": float(stance.mean())}
    row |= figures(stance, balance.flight_errors)
    return {**row, "jerk": clip_metrics.jerk(clip.world()[1], clip.fps)}


def targets(row: Row) -> dict[str, bool]:
    """Return whether a mended bake meets each target."""
    before, after = row["before"], row["after"]
    names = [name for name in ("zmp_mean_cm", "zmp_95_cm", "flight_error_cm") if name in before]
    halved = {name: after[name] <= 0.5 * before[name] for name in names}
    return halved | {"planted_mm": row["planted_mm"] <= 1.0, "jerk": row["jerk_ratio"] <= 1.15}


def show(found: Row) -> None:
    """Print the tables of mocap and of mended bakes, as in docs/balance.md."""
    print("| mocap | s | ZMP median, cm | ZMP 95 %, cm | flight, cm |\n| - | - | - | - | - |")
    for body, table in found["mocap"].items():
        for gait, row in table.items():
            flight = f"{row['flight_error_cm']:.2f}" if "flight_error_cm" in row else ""
            print(
                f"| {body}, {gait} | {row['seconds']} | {row['zmp_median_cm']:.1f}"
                f" | {row['zmp_95_cm']:.1f} | {flight} |"
            )
    print("\n| bake | ZMP mean, cm | ZMP 95 %, cm | flight, cm | jerk | planted feet, mm |")
    print("| - | - | - | - | - | - |")
    for row in found["mended"]:
        pairs = []
        for name, digits in (("zmp_mean_cm", 1), ("zmp_95_cm", 1), ("flight_error_cm", 2)):
            ends = [row[stage].get(name) for stage in ("before", "after")]
            pairs.append("" if None in ends else " → ".join(f"{end:.{digits}f}" for end in ends))
        cells = [row["bake"], *pairs, f"× {row['jerk_ratio']:.2f}", f"{row['planted_mm']:.2f}"]
        print("| " + " | ".join(cells) + " |")


def mended() -> list[Row]:
    """Return the figures and targets of every bake of ``requests``."""
    rows = [{"bake": name, **mending_of(request)} for name, request in requests().items()]
    return [{**row, "targets": targets(row)} for row in rows]
