# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the styles of finished bakes and of held-out clips.

``python -m training.evaluate style --data FOLDER --json out/style.json`` trains judges of style and
gait on performers that the network never saw, and has them judge what it made. With ``--model
quadruped`` it does so for animals.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from motion_addon.motion import contacts as foot_contacts
from motion_addon.motion import metrics, models, quadruped, style
from motion_addon.motion import style_features as sf
from motion_addon.motion.adain import WINDOW
from motion_addon.motion.bake import BakeRequest, bake
from motion_addon.motion.clip import Clip
from motion_addon.motion.models import Styler
from motion_addon.motion.quat import Array
from motion_addon.motion.style_request import StyleChoice

from . import crouching
from .animal_named import ANIMAL
from .classify import SURE, Judges, trained
from .dataset import Windows, rendered
from .kinds import Kind
from .named import PERSON
from .prepare import build

Row = dict[str, Any]
DATA = Path("build/style/data/biped")
"""Where ``training/runs/style.sh`` unpacks the clips."""
ANIMAL_DATA = Path("build/style_quadruped/data/quadruped")
"""Where ``training/runs/style_quadruped.sh`` does."""
PATHS = {
    "straight": ((0.0, 0.0, 0.0), (0.0, 0.0, 8.0)),
    "bend": ((0.0, 0.0, 0.0), (1.0, 0.0, 3.0), (4.0, 0.0, 5.0)),
    "far": ((0.0, 0.0, 0.0), (0.0, 0.0, 20.0)),
    "long": ((0.0, 0.0, 0.0), (0.0, 0.0, 30.5)),
}
Course = tuple[str, float, str]
"""Path, m/s and gait."""
COURSES: tuple[Course, ...] = (
    ("straight", 1.0, "auto"),
    ("straight", 1.5, "auto"),
    ("bend", 1.2, "auto"),
    ("straight", 2.4, "auto"),
    ("straight", 3.4, "auto"),
    ("straight", 0.9, "crouch"),
)
"""Of the takes that are styled."""
ANIMAL_COURSES: tuple[Course, ...] = (
    ("straight", 0.7, "auto"),
    ("straight", 1.0, "auto"),
    ("bend", 0.9, "auto"),
    ("straight", 1.5, "pace"),
    ("straight", 2.0, "trot"),
    ("bend", 1.8, "trot"),
    ("far", 4.2, "gallop"),
)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
TARGETS = {"style": 0.80, "gait": 0.95, "timing": 0.05, "slip_median_cm": 0.5, "slip_95_cm": 1.0}


def request_of(
    course: Course, choices: Sequence[StyleChoice] = (), model: str = "biped"
) -> BakeRequest:
    """Return the request of a take at 60 frames a second."""
    path, speed, gait = course
    return BakeRequest(
        model=model,
        path=PATHS[path],
        speed=speed,
        gait=gait,
        fps=60.0,
        style=tuple(choices),
        stop=False,
    )


def shipped(course: Course, name: str, strength: float = 1.0, model: str = "biped") -> Clip:
    """Return a take in a named style, finished as an artist gets it."""
    return bake(request_of(course, [StyleChoice(name=name, strength=strength)], model)).clip


Make = Callable[[Course, str, float], Clip]
"""Makes a take in a named style."""


def windows_of(clip: Clip, plain: Clip | None = None) -> tuple[Array, Array]:
    """Return the moving windows (N, T, F) of a clip at 60 Hz, and their gaits or -1.

    ``plain`` is the take before it was styled, which knows its gait better: a style that lowers
    the hips does not make a walk a crouch.
    """
    seen = sf.observe(replace(clip, fps=60.0))
    before = seen if plain is None else sf.observe(replace(plain, fps=60.0))
    features, told = seen.features()[:: style.STEP], before.conditions()[:: style.STEP]
    first = np.arange(0, max(len(features) - WINDOW, 0) + 1, WINDOW // 4)
    at = first[:, None] + np.arange(WINDOW)
    at = np.minimum(at, len(features) - 1)
    kind = kind_of(clip)
    going = 1.0 - told[at][..., kind.layout.gait.start].mean(axis=1)
    return features[at[going > 0.6]], kind.gait_of(told[at[going > 0.6]], SURE)


def kind_of(clip: Clip) -> Kind:
    """Return the kind of body of a clip."""
    return ANIMAL if quadruped.is_quadruped(clip.skeleton) else PERSON


def points_of(clip: Clip) -> Array:
    """Return (T, 4, 3) the points of the feet that stand."""
    if kind_of(clip) is ANIMAL:
        return quadruped.paw_points(clip)
    return foot_contacts.foot_points(clip.skeleton, *clip.world())


def stands_of(clip: Clip) -> Array:
    """Return (T, feet) bool, where each foot stands, as an onlooker sees it."""
    if kind_of(clip) is ANIMAL:
        return np.asarray(quadruped.paw_contacts(points_of(clip), clip.fps) > 0.5)
    seen = foot_contacts.detect(points_of(clip), clip.fps) > 0.5
    return np.asarray(seen.reshape(clip.frames, 2, 2).any(axis=2))


def timing(before: Clip, after: Clip) -> tuple[float, float]:
    """Return the mean shift of touchdowns and lift-offs as a share of a stride, and those lost.

    As an onlooker sees them: from the feet's motion, not from what the bake says.
    """
    shifts: list[float] = []
    lost = total = 0
    seen = [stands_of(clip) for clip in (before, after)]
    for foot in range(seen[0].shape[1]):
        was, now = (foot_contacts.runs(down[:, foot]) for down in seen)
        starts = [start for start, _ in was[1:]]
        stride = float(np.median(np.diff(starts))) if len(starts) > 1 else before.fps
        for edge in (0, 1):
            found = np.array([run[edge] for run in now])
            for run in was[1:-1]:
                total += 1
                off = np.abs(found - run[edge]).min() / stride if len(found) else 1.0
                if off < 0.3:
                    shifts.append(float(off))
                else:
                    lost += 1
    return float(np.mean(shifts)) if shifts else 1.0, lost / max(total, 1)


def slips(clip: Clip) -> tuple[float, float]:
    """Return median and 95th percentile slip (cm) of planted feet, by the clip's contacts."""
    assert clip.contacts is not None
    found = 100.0 * metrics.planted_slips(points_of(clip), clip.contacts)
    if not len(found):
        return 0.0, 0.0
    return float(np.median(found)), float(np.percentile(found, 95))


def takes_of(name: str, judges: Judges, plain: Sequence[Clip], make: Make = shipped) -> Row:
    """Return the figures of takes in a named style, as means and by take."""
    rows = []
    classes, courses = kind_of(plain[0]).classes, courses_of(plain[0])
    for course, before in zip(courses, plain, strict=True):
        clip = make(course, name, 1.0)
        features, gaits = windows_of(clip, before)
        called = judges.style.odds(features).argmax(axis=1)
        said = judges.gait.odds(features).argmax(axis=1)
        known = gaits >= 0
        shift, lost = timing(before, clip)
        median, most = slips(clip)
        root = clip.root_positions[:, [0, 2]] - before.root_positions[:, [0, 2]]
        rows.append(
            {
                "style": float((called == classes.index(name)).mean()),
                "called": classes[int(np.bincount(called).argmax())],
                "gait": float((said == gaits)[known].mean()) if known.any() else 1.0,
                "timing": shift,
                "lost": lost,
                "slip_median_cm": median,
                "slip_95_cm": most,
                "root_off_cm": 100.0 * float(np.linalg.norm(root, axis=1).mean()),
            }
        )
    row: Row = {"name": name, "called": [r["called"] for r in rows], "takes": rows}
    return row | mean_of(rows)


def courses_of(clip: Clip) -> tuple[Course, ...]:
    """Return the courses of a clip's kind of body."""
    return ANIMAL_COURSES if kind_of(clip) is ANIMAL else COURSES


def mean_of(rows: Sequence[Row]) -> Row:
    """Return the means of those figures of rows that are numbers."""
    numbers = [key for key, value in rows[0].items() if isinstance(value, float)]
    return {key: float(np.mean([cast(float, r[key]) for r in rows])) for key in numbers}


def examples_of(styler: Styler, judges: Judges, held_out: Windows) -> Row:
    """Return how often a style is recognized that was taken from an unknown performer's example.

    Each content is a held-out window, each example another performer's window in a named style.
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
    """Return windows moved from their own style to others, as takes are."""
    told = np.concatenate([parts["conditions"], shaky], axis=2)
    content = styler.content(parts["features"], parts["conditions"])
    own = styler.style(parts["features"], parts["conditions"])
    now = styler.decoded(parts["features"], content, own, told)
    wanted = styler.decoded(parts["features"], content, codes, told)
    return np.asarray(parts["features"] + wanted - now)


def rising(
    judges: Judges, make: Make = shipped, kind: Kind = PERSON, course: Course = COURSES[1]
) -> dict[str, list[float]]:
    """Return, by style, the judge's mean odds against neutral at each strength."""
    out = {}
    for index, name in enumerate(kind.classes[1:], start=1):
        scores = []
        for strength in STRENGTHS:
            odds = judges.style.odds(windows_of(make(course, name, strength))[0])
            scores.append(float((odds[:, index] - odds[:, 0]).mean()))
        out[name] = scores
    return out


def monotonic(scores: dict[str, list[float]]) -> dict[str, bool]:
    """Return, by style, whether the odds rise with the strength up to 1."""
    return {name: bool(np.all(np.diff(row[:5]) > 0.0)) for name, row in scores.items()}


def evaluate(data: Path | None = None, model: str = "biped") -> Row:
    """Return every figure of a kind of body, and whether the targets are met."""
    person = model == "biped"
    courses = COURSES if person else ANIMAL_COURSES
    data = data or (DATA if person else ANIMAL_DATA)
    held_out = Windows(build(data, held_out_only=True, body=model), held_out=True)
    kind = held_out.kind
    judges = trained(held_out, vary=crouching.some) if person else trained(held_out)
    make = partial(shipped, model=model)
    plain = [bake(request_of(course, model=model)).clip for course in courses]
    rows = [takes_of(name, judges, plain, make) for name in kind.classes[1:]]
    off = np.abs(make(courses[1], "old", 0.0).rotations - plain[1].rotations).max()
    mean = mean_of(rows)
    scores = rising(judges, make, kind, courses[1])
    steps = monotonic(scores)
    found: Row = {
        "rows": rows,
        "mean": mean,
        "plain": [plain_of(judges, clip) for clip in plain],
        "examples": examples_of(models.load_styler(model), judges, held_out),
        "captured_crouching": crouching.told(judges, data) if person else None,
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


def plain_of(judges: Judges, clip: Clip) -> Row:
    """Return how a take without a style is judged."""
    features, gaits = windows_of(clip)
    known = gaits >= 0
    said = judges.gait.odds(features).argmax(axis=1)
    neutral = judges.style.odds(features).argmax(axis=1) == 0
    return {
        "style": float(neutral.mean()),
        "gait": float((said == gaits)[known].mean()) if known.any() else 1.0,
    }


def show(found: Row) -> None:
    """Print the figures as tables."""
    print(
        f"{'':10} {'style':>6} {'gait':>6} {'timing':>7} {'lost':>6} {'slip':>6} {'95 %':>6}"
        f" {'root':>6}"
    )
    for row in [*found["rows"], {"name": "mean", "called": [], **found["mean"]}]:
        print(
            f"{row['name']:10} {row['style']:6.2f} {row['gait']:6.2f} {row['timing']:7.3f}"
            f" {row['lost']:6.2f} {row['slip_median_cm']:6.2f} {row['slip_95_cm']:6.2f}"
            f" {row['root_off_cm']:6.2f}  {' '.join(row['called'])}"
        )
    print("by take, style and gait:")
    for i, course in enumerate(found["courses"]):
        take, plain = mean_of([row["takes"][i] for row in found["rows"]]), found["plain"][i]
        print(
            f"{' '.join(map(str, course)):22} {take['style']:6.2f} {take['gait']:6.2f},"
            f" without a style {plain['style']:6.2f} {plain['gait']:6.2f}"
        )
    print(f"Examples of unknown performers: {found['examples']}")
    if found["captured_crouching"] is not None:
        print(f"The judges of captured crouching in styles: {found['captured_crouching']}")
    for name, scores in found["strengths"].items():
        print(f"{name:10} " + " ".join(f"{s:7.2f}" for s in scores))
    print(f"Strength 0 is off by {found['strength_0']:.1e}")
    missed = [name for name, met in found["targets"].items() if not met]
    print("Targets missed: " + (", ".join(missed) or "none"))
