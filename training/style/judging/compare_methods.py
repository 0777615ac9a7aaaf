# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the shipped style network with styles inside the walking network.

    python -m training.style.judging.compare_methods --data FOLDER --json out/style-methods.json

Courses and judges are those of ``training.evaluate style``. The baseline ``modulate`` gets the best
conditions: examples of the course's own gait, and the plain run's gait cycle.
"""

import argparse
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.body.biped_gaits import GAITS
from motion_addon.motion.body.kinds import BIPED
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller.model import Model
from motion_addon.motion.plan.trajectory import RATE
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style import style_pose, transfer

from ...data import people
from ...shared import results
from ..dataset import StyleWindows, rendered
from ..prepare import arrays_of, build, planted_clip
from ..synthesis.people_styles import PEOPLE_STYLES
from ..train import weights
from . import bakes, crouching, evaluate, modulate
from .bakes import COURSES, Course, Make
from .classifiers import Judges
from .modulate import PlainRun, Statistics

Row = dict[str, Any]
EXAMPLES = ("Walk1", "Walk1", "Walk1", "Jog1", "Run1", "Crouching1")
"""Clip on which the example of a style is rendered, for each course."""
SHOWN = 30.0
"""Seconds of an example."""
LONG: Course = ("long", 1.5, "auto")
"""Course of 20 s, for the drift of a style."""
EARLY, LATE = (5.0, 10.0), (15.0, 20.0)
"""Seconds of LONG that are compared."""


def rendered_clip(clip: Clip, name: str, seed: int = 0) -> Clip:
    """Return a clip at 60 Hz with a rendered style."""
    rng = np.random.default_rng(seed)
    seen = sf.observe(clip)
    parts = {key: value[None] for key, value in arrays_of(clip).items()}
    shaky = sf.unsteadiness(rng, 1, parts["features"].shape[1])
    styles = PEOPLE_STYLES.performances([name], rng, jitter=0.0)
    more = (rendered(PEOPLE_STYLES, parts, styles, shaky) - parts["features"])[0]
    at = np.arange(clip.frames) / transfer.STEP
    columns = [np.interp(at, np.arange(len(more)), column) for column in more.T]
    turns = style_pose.turned(seen.layout, seen.features(), np.stack(columns, axis=1))
    return style_pose.applied(seen, turns)


@dataclass
class Hidden:
    """Makes clips with a modulated network; caches runs and statistics."""

    clips: dict[str, Clip]
    """Examples without a style."""
    shifted: bool
    """Whether the run's own statistics are changed by the style's difference; if not, they are set
    to the example's."""
    _known: dict[tuple[str, str], Statistics] = field(default_factory=dict)
    _runs: dict[Course, PlainRun] = field(default_factory=dict)

    def __call__(self, course: Course, name: str, strength: float) -> Clip:
        """Return a clip of a course in a named style."""
        near = COURSES.index(course) if course in COURSES else 1
        example, gaits = EXAMPLES[near], gaits_of(COURSES[near])
        if course not in self._runs:
            self._runs[course] = modulate.plain_run(bakes.request_of(course), gaits)
        plain = self._runs[course]
        aim = self._shown(plain.model, example, name, gaits)
        if self.shifted:
            aim = plain.own.shifted(self._shown(plain.model, example, "neutral", gaits), aim)
        return modulate.restyled(plain, aim, strength)

    def _shown(self, model: Model, example: str, name: str, gaits: list[int]) -> Statistics:
        if (example, name) not in self._known:
            clip = self.clips[example]
            found = modulate.forced(model, clip, gaits, rendered_clip(clip, name))
            self._known[example, name] = found
        return self._known[example, name]


def gaits_of(course: Course) -> list[int]:
    """Return the indices in GAITS of a course's gaits."""
    if course[2] != "auto":
        return [GAITS.index(course[2])]
    names = ("walk",) if course[1] < 2.0 else ("jog", "run")
    return [GAITS.index(name) for name in names]


def examples(data: Path) -> dict[str, Clip]:
    """Return the clips for examples, planted, at 60 Hz."""
    out = {}
    for source in people.biped_clips(data):
        name = source.name.removeprefix("o3de/").removesuffix(".bvh")
        if name in EXAMPLES:
            out[name] = planted_clip(source, source.clip.skeleton, SHOWN)
    return out


def steadiness(make: Make) -> Row:
    """Return the drift of posture from EARLY to LATE in the worst style of a long clip.

    In degrees, mean of the joints; and the lowest height of the hips in meters.
    """
    drift, lowest = 0.0, np.inf
    turns, hips = PEOPLE_STYLES.layout.turns, PEOPLE_STYLES.layout.hips
    for name in PEOPLE_STYLES.classes[1:]:
        found = sf.observe(make(LONG, name, 1.0)).features()
        early, late = (found[int(a * RATE) : int(b * RATE)] for a, b in (EARLY, LATE))
        off = np.abs(late.mean(axis=0) - early.mean(axis=0))[turns].reshape(-1, 3)
        drift = max(drift, float(np.degrees(np.linalg.norm(off, axis=1).mean())))
        lowest = min(lowest, float(found[:, hips.start + 1].min()))
    return {"drift_deg": drift, "lowest_hips_m": lowest}


def distance(clip: Clip, wanted: Clip) -> float:
    """Return the mean distance between two clips of the same steps (rad, weighted m)."""
    seen, other = (sf.observe(one).features()[:: transfer.STEP] for one in (clip, wanted))
    return float((np.abs(seen - other) * weights(PEOPLE_STYLES.layout).numpy()).mean())


def untouched(course: Course, _name: str, _strength: float) -> Clip:
    """Bake a course without a style."""
    return bake(bakes.request_of(course)).clip


def mean_distance(plain: list[Clip], make: Make) -> float:
    """Return the mean distance of styled clips from the plain ones with rendered styles."""
    found = []
    for name in PEOPLE_STYLES.classes[1:]:
        for course, before in zip(COURSES, plain, strict=True):
            found.append(distance(make(course, name, 1.0), rendered_clip(before, name)))
    return float(np.mean(found))


def figures(judges: Judges, plain: list[Clip], make: Make) -> Row:
    """Measure a method over all courses and styles."""
    make = cache(make)
    rows = [bakes.measured_bakes(name, judges, plain, make) for name in PEOPLE_STYLES.classes[1:]]
    steps = evaluate.monotonic(evaluate.rising(judges, make, PEOPLE_STYLES, COURSES[1]))
    by_take = [bakes.mean_of([r["takes"][i] for r in rows]) for i in range(len(COURSES))]
    mean = bakes.mean_of(rows)
    more = steadiness(make) | {"off": mean_distance(plain, make), "rising": sum(steps.values())}
    return mean | more | {"takes": by_take, "rows": rows}


def compare(data: Path) -> Row:
    """Return the figures of each method."""
    judges = crouching.judges_of(StyleWindows(build(data, held_out_only=True), held_out=True))
    plain = [bake(bakes.request_of(course)).clip for course in COURSES]
    return {name: figures(judges, plain, make) for name, make in methods(examples(data)).items()}


def methods(shown: dict[str, Clip]) -> dict[str, Make]:
    """Return the methods by name; ``shown`` are the clips for examples."""
    return {
        "untouched": untouched,
        "ships": bakes.shipped,
        "hidden, shifted": Hidden(shown, shifted=True),
        "hidden, example": Hidden(shown, shifted=False),
    }


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
        numbers = {k: v for k, v in row.items() if isinstance(v, float | int)}
        print(f"{name:16} " + " ".join(f"{key} {value:.3f}" for key, value in numbers.items()))
        for course, take in zip(COURSES, row["takes"], strict=True):
            cells = " ".join(f"{key} {value:.3f}" for key, value in take.items())
            print(f"    {course[0]} {course[1]} {course[2]}: {cells}")
    results.write(options.json, found)


if __name__ == "__main__":
    main()
