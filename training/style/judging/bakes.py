# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes in styles, and their figures: judges' accuracy, timing, slip."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import BIPED, QUADRUPED, kind_of
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style import transfer
from motion_addon.motion.style.request import StyleChoice

from ..style_set import StyleSet
from ..synthesis.animal_styles import ANIMAL_STYLES
from ..synthesis.people_styles import PEOPLE_STYLES
from .classifiers import SURE, Judges

Row = dict[str, Any]
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
"""Courses of the bakes of people."""
ANIMAL_COURSES: tuple[Course, ...] = (
    ("straight", 0.7, "auto"),
    ("straight", 1.0, "auto"),
    ("bend", 0.9, "auto"),
    ("straight", 1.5, "pace"),
    ("straight", 2.0, "trot"),
    ("bend", 1.8, "trot"),
    ("far", 4.2, "gallop"),
)


def request_of(course: Course, choices: Sequence[StyleChoice] = (), **who: Any) -> BakeRequest:
    """Return the request of a bake at 60 frames a second; ``who`` has further fields."""
    path, speed, gait = course
    return BakeRequest(
        path=PATHS[path],
        speed=speed,
        gait=gait,
        fps=60.0,
        style=tuple(choices),
        stop=False,
        **who,
    )


def shipped(course: Course, name: str, strength: float = 1.0, **who: Any) -> Clip:
    """Bake a course in a named style with the shipped model."""
    return bake(request_of(course, [StyleChoice(name=name, strength=strength)], **who)).clip


Make = Callable[[Course, str, float], Clip]
"""Makes a clip of a course in a named style at a strength."""


def windows_of(clip: Clip, plain: Clip | None = None) -> tuple[Array, Array]:
    """Return the moving windows (N, T, F) of a clip at 60 Hz, and their gaits or -1.

    Gaits are measured on ``plain``, the same bake without a style, if it is given: a style that
    lowers the hips would make a walk a crouch.
    """
    seen = sf.observe(replace(clip, fps=60.0))
    before = seen if plain is None else sf.observe(replace(plain, fps=60.0))
    features = seen.features()[:: transfer.STEP]
    conditions = before.conditions()[:: transfer.STEP]
    at = _moving(conditions, style_set(clip))
    return features[at], style_set(clip).gait_of(conditions[at], SURE)


def _moving(conditions: Array, kind: StyleSet) -> Array:
    """Return the frames (N, WINDOW) of the moving windows of conditions (T, C)."""
    first = np.arange(0, max(len(conditions) - WINDOW, 0) + 1, WINDOW // 4)
    at = np.minimum(first[:, None] + np.arange(WINDOW), len(conditions) - 1)
    going = 1.0 - conditions[at][..., kind.layout.gait.start].mean(axis=1)
    return np.asarray(at[going > 0.6])


def footfalls(before: Clip, after: Clip) -> float:
    """Return the share of an animal's windows that keep the gait of ``before`` by their footfalls.

    Contacts of ``after`` are detected from the paws' motion, not taken from the bake.
    """
    planned, seen = (
        sf.observe(replace(clip, contacts=contacts, fps=60.0)).conditions()[:: transfer.STEP]
        for clip, contacts in ((before, before.contacts), (after, None))
    )
    at = _moving(planned, ANIMAL_STYLES)
    known, found = ANIMAL_STYLES.gait_of(planned[at], SURE), ANIMAL_STYLES.gait_of(seen[at], 0.0)
    return float((known == found)[known >= 0].mean()) if (known >= 0).any() else 1.0


_STYLES = {BIPED: PEOPLE_STYLES, QUADRUPED: ANIMAL_STYLES}


def style_set(clip: Clip) -> StyleSet:
    """Return the style set of a clip's kind of body."""
    return _STYLES[kind_of(clip.skeleton)]


def stances_of(clip: Clip) -> Array:
    """Return (T, feet) bool, the contacts detected from the feet's motion."""
    kind = kind_of(clip.skeleton)
    seen = kind.detected(clip) > 0.5
    return np.asarray(seen.reshape(clip.frames, len(kind.legs), -1).any(axis=2))


def timing(before: Clip, after: Clip) -> tuple[float, float]:
    """Return the mean shift of touchdowns and lift-offs in strides, and the share of lost ones.

    Contacts are detected from the feet's motion, not taken from the bake.
    """
    shifts: list[float] = []
    lost = total = 0
    seen = [stances_of(clip) for clip in (before, after)]
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
    """Return the median and 95th percentile of slip (cm) in the clip's contacts."""
    assert clip.contacts is not None
    kind = kind_of(clip.skeleton)
    found = clip_metrics.planted_slips(kind.foot.places(clip), clip.contacts, kind.balls)
    if not len(found):
        return 0.0, 0.0
    return float(np.median(found)), float(np.percentile(found, 95))


def measured_bakes(
    name: str,
    judges: Judges,
    plain: Sequence[Clip],
    make: Make = shipped,
    courses: Sequence[Course] | None = None,
) -> Row:
    """Measure bakes in a named style; return the means and the figures of each bake."""
    rows: list[Row] = []
    kind = style_set(plain[0])
    classes = kind.classes
    for course, before in zip(courses or courses_of(plain[0]), plain, strict=True):
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
        if kind is ANIMAL_STYLES:
            rows[-1]["footfalls"] = footfalls(before, clip)
    row: Row = {"name": name, "called": [r["called"] for r in rows], "takes": rows}
    return row | mean_of(rows)


def courses_of(clip: Clip) -> tuple[Course, ...]:
    """Return the courses for a clip's kind of body."""
    return ANIMAL_COURSES if style_set(clip) is ANIMAL_STYLES else COURSES


def mean_of(rows: Sequence[Row]) -> Row:
    """Return the means of the numeric figures of rows."""
    numbers = [key for key, value in rows[0].items() if isinstance(value, float)]
    return {key: float(np.mean([cast(float, r[key]) for r in rows])) for key in numbers}


def measured_plain(judges: Judges, clip: Clip) -> Row:
    """Measure a bake without a style."""
    features, gaits = windows_of(clip)
    known = gaits >= 0
    said = judges.gait.odds(features).argmax(axis=1)
    neutral = judges.style.odds(features).argmax(axis=1) == 0
    return {
        "style": float(neutral.mean()),
        "gait": float((said == gaits)[known].mean()) if known.any() else 1.0,
        "slip_95_cm": slips(clip)[1],
    }
