# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of styles on the shipped creatures: bakes of other builds, judged as the dog's."""

from functools import partial
from typing import Any, Final

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.body.quadruped_gaits import HIP_HEIGHT
from motion_addon.motion.nn.weights import FOLDER

from ..synthesis.animal_styles import ANIMAL_STYLES
from .bakes import Course, Row, mean_of, measured_bakes, measured_plain, request_of, shipped
from .classifiers import Judges

CREATURES: Final = ("alpaca", "cow", "fox", "horse", "stegosaurus", "wolf")
COURSES: Final[tuple[Course, ...]] = (("straight", 0.9, "walk"), ("straight", 1.9, "trot"))


def measured(judges: Judges) -> list[Row]:
    """Return the figures of each creature over all styles, and of its bakes without a style."""
    return [_measured(name, judges) for name in CREATURES]


def _measured(name: str, judges: Judges) -> Row:
    exemplar = str(FOLDER / "creatures" / f"{name}.npz")
    who: dict[str, Any] = {"model": "creature", "exemplar": exemplar, "hip_height": HIP_HEIGHT}
    plain = [bake(request_of(course, **who)).clip for course in COURSES]
    make = partial(shipped, **who)
    rows = [
        measured_bakes(style, judges, plain, make, COURSES) for style in ANIMAL_STYLES.classes[1:]
    ]
    without = mean_of([measured_plain(judges, clip) for clip in plain])
    styles = {row["name"]: row["style"] for row in rows}
    return {"name": name, **mean_of(rows), "plain": without, "styles": styles}
