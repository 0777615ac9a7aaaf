# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure styles on bakes and on held-out clips.

``python -m training.evaluate style --data FOLDER --json out/style.json`` trains judges of style and
gait on held-out performers, and judges bakes in every style. ``--model quadruped``
measures animals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.body.kinds import BIPED, KINDS, QUADRUPED
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.style import model as style_model
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.model import Styler

from ..dataset import StyleWindows, decoder_conditions, rendered
from ..prepare import build
from ..style_set import StyleSet
from ..synthesis.people_styles import PEOPLE_STYLES
from . import creature_bakes, crouching
from .bakes import (
    ANIMAL_COURSES,
    COURSES,
    Course,
    Make,
    Row,
    mean_of,
    measured_bakes,
    measured_plain,
    request_of,
    shipped,
    windows_of,
)
from .classifiers import SURE, Judges, accuracy

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
TARGETS = {"style": 0.80, "gait": 0.95, "timing": 0.05, "slip_median_cm": 0.5, "slip_95_cm": 1.0}


def examples_of(styler: Styler, judges: Judges, held_out: StyleWindows) -> Row:
    """Return the judges' accuracy on styles by example of held-out performers.

    Each input is a held-out window, each example another performer's window in a named style.
    """
    rng = np.random.default_rng(11)
    count = 12
    right = {"style": 0.0, "gait": 0.0}
    known = total = 0
    kind = held_out.kind
    for index, name in enumerate(kind.classes):
        parts = held_out.read(held_out.starts(rng, count))
        shown = held_out.read(held_out.starts(rng, count, "other"))
        shaky = sf.unsteadiness(rng, count, WINDOW)
        example = rendered(kind, shown, kind.performances([name] * count, rng), shaky)
        codes = styler.style(example, shown["conditions"])
        found = restyled(styler, parts, codes, shaky)
        right["style"] += float((judges.style.odds(found).argmax(axis=1) == index).sum())
        gaits = kind.gait_of(parts["conditions"], SURE)
        said = judges.gait.odds(found).argmax(axis=1)
        right["gait"] += float((said == gaits)[gaits >= 0].sum())
        known, total = known + int((gaits >= 0).sum()), total + count
    return {"style": right["style"] / total, "gait": right["gait"] / max(known, 1)}


def restyled(styler: Styler, parts: dict[str, Array], codes: Array, shaky: Array) -> Array:
    """Return windows changed from their own style to others, as in a bake."""
    conditions = decoder_conditions(parts, shaky)
    content = styler.content(parts["features"], parts["conditions"])
    own = styler.style(parts["features"], parts["conditions"])
    now = styler.decoded(parts["features"], content, own, conditions)
    wanted = styler.decoded(parts["features"], content, codes, conditions)
    return np.asarray(parts["features"] + wanted - now)


def rising(
    judges: Judges,
    make: Make = shipped,
    kind: StyleSet = PEOPLE_STYLES,
    course: Course = COURSES[1],
) -> dict[str, list[float]]:
    """Return, by style, the judge's mean logit minus neutral's at each strength."""
    out = {}
    for index, name in enumerate(kind.classes[1:], start=1):
        scores = []
        for strength in STRENGTHS:
            odds = judges.style.odds(windows_of(make(course, name, strength))[0])
            scores.append(float((odds[:, index] - odds[:, 0]).mean()))
        out[name] = scores
    return out


def monotonic(scores: dict[str, list[float]]) -> dict[str, bool]:
    """Return, by style, whether the scores rise with the strength up to 1."""
    return {name: bool(np.all(np.diff(row[:5]) > 0.0)) for name, row in scores.items()}


@dataclass(frozen=True)
class Subject:
    """What is measured of a kind of body."""

    courses: Sequence[Course]
    data: Path
    """Folder of the clips, from the script of ``training/runs``."""
    further: Callable[[Judges, Path], Row]
    """Figures of this kind alone: captured crouching of people, creatures from one clip."""


def _crouching(judges: Judges, data: Path) -> Row:
    return {"captured_crouching": crouching.captured_accuracy(judges, data), "creatures": []}


def _creatures(judges: Judges, _data: Path) -> Row:
    return {"captured_crouching": None, "creatures": creature_bakes.measured(judges)}


SUBJECTS = {
    BIPED: Subject(COURSES, Path("build/style/data/biped"), _crouching),
    QUADRUPED: Subject(ANIMAL_COURSES, Path("build/style_quadruped/data/quadruped"), _creatures),
}


def evaluate(data: Path | None = None, model: str = "biped") -> Row:
    """Measure all figures of a kind of body, and whether they meet the targets."""
    subject = SUBJECTS[KINDS[model]]
    courses, data = subject.courses, data or subject.data
    arrays = build(data, body=model)
    held_out, learned = StyleWindows(arrays, held_out=True), StyleWindows(arrays, held_out=False)
    kind = held_out.kind
    judges = crouching.judges_of(held_out)
    make = partial(shipped, model=model)
    plain = [bake(request_of(course, model=model)).clip for course in courses]
    rows = [measured_bakes(name, judges, plain, make) for name in kind.classes[1:]]
    off = np.abs(make(courses[1], "old", 0.0).rotations - plain[1].rotations).max()
    mean = mean_of(rows)
    scores = rising(judges, make, kind, courses[1])
    steps = monotonic(scores)
    found: Row = {
        "rows": rows,
        "mean": mean,
        "judges": accuracy(judges, learned),
        "plain": [measured_plain(judges, clip) for clip in plain],
        "examples": examples_of(style_model.load_styler(model), judges, held_out),
        **subject.further(judges, data),
        "strengths": scores,
        "monotonic": steps,
        "strength_0": float(off),
    }
    targets = {key: mean[key] >= TARGETS[key] for key in ("style", "gait")}
    targets |= {
        key: mean[key] <= TARGETS[key] for key in ("timing", "slip_median_cm", "slip_95_cm")
    }
    targets["strength 0"] = found["strength_0"] <= 1e-4
    targets["monotonic"] = all(steps.values())
    return found | {"targets": targets, "gaits": list(kind.judged), "courses": courses}


def show(found: Row) -> None:
    """Print the figures as tables."""
    print(
        f"{'':10} {'style':>6} {'gait':>6} {'timing':>7} {'lost':>6} {'slip':>6} {'95 %':>6}"
        f" {'root':>6}"
    )
    for row in [*found["rows"], {"name": "mean", "called": [], **found["mean"]}]:
        footfalls = f" by footfalls {row['footfalls']:.2f}" if "footfalls" in row else ""
        print(
            f"{row['name']:10} {row['style']:6.2f} {row['gait']:6.2f} {row['timing']:7.3f}"
            f" {row['lost']:6.2f} {row['slip_median_cm']:6.2f} {row['slip_95_cm']:6.2f}"
            f" {row['root_off_cm']:6.2f}  {' '.join(row['called'])}{footfalls}"
        )
    print("by course, style and gait:")
    for i, course in enumerate(found["courses"]):
        take, plain = mean_of([row["takes"][i] for row in found["rows"]]), found["plain"][i]
        print(
            f"{' '.join(map(str, course)):22} {take['style']:6.2f} {take['gait']:6.2f},"
            f" without a style {plain['style']:6.2f} {plain['gait']:6.2f}"
        )
    for row in found["creatures"]:
        figures = " ".join(f"{k} {v:.2f}" for k, v in row.items() if isinstance(v, float))
        without = " ".join(f"{k} {v:.2f}" for k, v in row["plain"].items())
        print(f"{row['name']:12} {figures}, without a style {without}")
    print(f"Judges on performers outside their training: {found['judges']}")
    print(f"Examples of held-out performers: {found['examples']}")
    if found["captured_crouching"] is not None:
        print(f"Judges on captured crouching in styles: {found['captured_crouching']}")
    for name, scores in found["strengths"].items():
        print(f"{name:10} " + " ".join(f"{s:7.2f}" for s in scores))
    print(f"Largest change at strength 0: {found['strength_0']:.1e}")
    missed = [name for name, met in found["targets"].items() if not met]
    print("Targets missed: " + (", ".join(missed) or "none"))
