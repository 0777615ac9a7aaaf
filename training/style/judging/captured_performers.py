# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how well styles by example transfer captured performers, by a judge of performers.

    python -m training.style.judging.captured_performers --data FOLDER --json out/captured.json

Each performer's walking clips are split: the judge learns the performers from one half, the other
half gives the examples. All data is captured. Bakes, which resemble the biped's actor, are changed
to the style of each example.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.body.kinds import BIPED
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.style import model, transfer
from motion_addon.motion.style.model import Styler
from motion_addon.motion.style.request import StyleChoice

from ...shared import results
from ..dataset import StyleWindows
from ..prepare import build
from ..synthesis.people_styles import PEOPLE_STYLES
from . import bakes, evaluate
from .bakes import COURSES
from .classifiers import SURE, Judge, Question, trained_judges

Row = dict[str, Any]
PERFORMERS = {
    "actor": "o3de/",
    "undead": "zombie/",
    "marine": "smartbody/ChrMarine/",
    "utah": "smartbody/ChrUtah/",
    "brad": "smartbody/ChrBrad/",
    "harmony": "smartbody/ChrHarmony/",
    "cmu07": "cmu_iclone/007_",
}
"""Classes of the judge, and the prefixes of their clips' names. The first is the biped's actor;
brad and harmony are held out."""
WALKS = COURSES[:3]
"""Courses of the bakes; all are walks, as the examples are."""
STRENGTHS = (0.0, 0.5, 1.0, 1.5)
SEED, STEPS = 7, 300


class Halves:
    """The walking windows of each performer: one half for the judge, the other for examples."""

    def __init__(self, windows: StyleWindows) -> None:
        """Split by every other clip, a single clip in the middle."""
        self.windows = windows
        first = np.sort(np.concatenate([windows.own, windows.other]))
        walk = list(PEOPLE_STYLES.judged).index("walk")
        gaits = np.concatenate(
            [
                PEOPLE_STYLES.gait_of(windows.read(part)["conditions"], SURE)
                for part in np.array_split(first, max(len(first) // 2000, 1))
            ]
        )
        first = first[gaits == walk]
        self.judged: list[Array] = []
        """First frames (N,) of the judge's windows, for each performer."""
        self.shown: list[dict[str, Array]] = []
        """First frames (N,) of the examples' windows, for each performer and clip."""
        for start in PERFORMERS.values():
            clips: dict[str, list[int]] = {}
            for f in first:
                name = windows.names[windows.clip[f]]
                if name.startswith(start):
                    clips.setdefault(name.removesuffix(" mirrored"), []).append(int(f))
            judged, shown = self._split(clips)
            self.judged.append(judged)
            self.shown.append(shown)

    def _split(self, clips: dict[str, list[int]]) -> tuple[Array, dict[str, Array]]:
        if len(clips) > 1:
            names = sorted(clips)
            judged = [f for name in names[::2] for f in clips[name]]
            return np.array(judged), {name: np.array(clips[name]) for name in names[1::2]}
        ((name, found),) = clips.items()
        at = np.array(found)
        clip = self.windows.clip
        begin = np.searchsorted(clip, clip[at])
        middle = begin + np.bincount(clip)[clip[at]] // 2
        return at[at + WINDOW <= middle], {name: at[at >= middle]}

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Array, tuple[Array, ...]]:
        """Draw windows for the judge and their performers, all equally often."""
        who = rng.integers(len(self.judged), size=count)
        first = np.array([rng.choice(self.judged[k]) for k in who])
        return self.windows.read(first)["features"], (who,)


def shares(judge: Judge, features: Array) -> Array:
    """Return the share of windows that the judge assigns to each performer."""
    called = judge.odds(features).argmax(axis=1)
    return np.asarray(np.bincount(called, minlength=len(PERFORMERS)) / len(called))


def called_shares(judge: Judge, choice: StyleChoice) -> Array:
    """Return the share of the windows of styled bakes that the judge assigns to each performer."""
    clips = (bake(bakes.request_of(course, [choice])).clip for course in WALKS)
    return np.asarray(np.mean([shares(judge, bakes.windows_of(clip)[0]) for clip in clips], axis=0))


def carried(styler: Styler, judge: Judge, halves: Halves, who: int) -> Row:
    """Return the share of bakes in a performer's style that the judge assigns to that performer.

    Keys: each strength; ``real``, the share of the performer's own example clips; ``called``, the
    most frequent class at strength 1; ``library``, the share of bakes in the shipped style.
    """
    clips, name = halves.shown[who].values(), list(PERFORMERS)[who]
    own = np.concatenate([halves.windows.read(first)["features"] for first in clips])
    found: dict[float, list[Array]] = {strength: [] for strength in STRENGTHS}
    for first in clips:
        parts = halves.windows.read(first[:: transfer.HOP])
        code = styler.style(parts["features"], parts["conditions"]).mean(axis=0)
        for strength, rows in found.items():
            choice = StyleChoice(embedding=tuple(map(float, code)), strength=strength)
            rows.append(called_shares(judge, choice))
    row: Row = {"examples": len(clips), "real": float(shares(judge, own)[who])}
    row |= {str(k): float(np.mean(rows, axis=0)[who]) for k, rows in found.items()}
    if name in styler.library:
        row["library"] = float(called_shares(judge, StyleChoice(name=name))[who])
    return row | {"called": list(PERFORMERS)[int(np.mean(found[1.0], axis=0).argmax())]}


def compare(data: Path) -> Row:
    """Return the figures of each performer."""
    arrays = build(data)
    arrays["held_out"] = np.zeros_like(arrays["held_out"])
    halves = Halves(StyleWindows(arrays, held_out=False))
    (judge,) = trained_judges(halves.draw, (Question(len(PERFORMERS)),), SEED, STEPS)
    styler = model.load_styler("biped")
    return {name: carried(styler, judge, halves, i) for i, name in enumerate(PERFORMERS)}


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=evaluate.SUBJECTS[BIPED].data, help="folder of the clips"
    )
    results.add_argument(parser)
    options = parser.parse_args()
    found = compare(options.data)
    for name, row in found.items():
        print(
            f"{name:10} "
            + " ".join(f"{k} {v}" if isinstance(v, str) else f"{k} {v:.2f}" for k, v in row.items())
        )
    results.write(options.json, found)


if __name__ == "__main__":
    main()
