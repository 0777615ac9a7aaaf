# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests, herds, fills, recipes and bone maps of anybody: read, or refused in one sentence."""

import json
from typing import Any

import pytest

from motion_addon.errors import RefusedError
from motion_addon.files.reading import parsed
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.herd import Herd
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.inbetween.request import FillRequest
from motion_addon.motion.rigs import RigMap
from motion_addon.options.option import read_all
from motion_addon.options.take import TakeOptions
from tests.cases import each
from tests.mutations import changed, damaged

PATH = [[0, 0, 0], [0, 0, 3]]
REQUEST = {
    "path": PATH, "speed": [[0, 1.0], [1, 1.5]], "fps": 24, "gaze": [PATH[0], PATH[1]],
    "facing": {"look_at": [0, 1, 5]}, "style": [{"name": "old", "strength": [[0, 0.5], [1, 1]]}],
    "seed": 3, "height": 1.7, "ground": {"vertices": [*PATH, [1, 0, 0]], "faces": [[0, 1, 2]]},
}  # fmt: skip
ANIMAL = {
    "path": PATH, "model": "quadruped", "experts": [1, 0, 1, 1], "lead": "left",
    "footprints": [{"foot": "LH", "at": 0.5, "to": 0.6, "place": [0, 0, 1], "yaw": 5}],
}  # fmt: skip
CREATURE = {
    "path": PATH, "model": "creature", "exemplar": "fox.bvh", "manner": 0.5,
    "legs": {leg: [f"{leg}1", f"{leg}2"] for leg in ("LH", "LF", "RH", "RF")},
}  # fmt: skip
HERD = {**ANIMAL, "footprints": [], "herd": {"count": 2, "paths": [PATH, PATH]}}
FILL = {"clip": "a.bvh", "keep": [[0, 3], [9, 12]], "seed": 1}
RECIPE = {
    "character": "Hero", "speed": 1.0, "spot": [0, 0, 0, 90], "gaze": [0, 1, 2], "tolerance": 0.01,
    "facing": {"yaw": 5}, "styles": [{"name": "old", "strength": 1.0}], "frame_start": 5,
}  # fmt: skip
MAP = RigMap("custom", {"hips": ("a",), "spine": ("b", "c")}).to_json()


def recipe(values: Any) -> None:
    TakeOptions(**read_all(TakeOptions, values, "recipe"))


READERS = {
    "request": (BakeRequest.from_json, REQUEST),
    "animal": (BakeRequest.from_json, ANIMAL),
    "creature": (BakeRequest.from_json, CREATURE),
    "herd": (Herd.from_json, HERD),
    "fill": (FillRequest.from_json, FILL),
    "recipe": (recipe, RECIPE),
    "map": (lambda values: RigMap.from_json(json.dumps(values)), json.loads(MAP)),
}


def refused(read: Any, values: Any) -> bool:
    try:
        read(values)
    except RefusedError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
        return True
    return False


@each("kind", READERS)
def test_changed_values_are_read_or_refused(kind: str) -> None:
    read, values = READERS[kind]
    assert not refused(read, values)
    assert sum(refused(read, bad) for bad in changed(values, 300)) > 20


@each("kind", READERS)
def test_damaged_text_is_read_or_refused(kind: str) -> None:
    read, values = READERS[kind]
    for data in damaged(json.dumps(values).encode(), 200):
        refused(lambda text: read(parsed(text, "request.json")), data.decode("utf-8", "replace"))


@each(
    "values",
    [
        {"path": [[0, 0, 0], [0, 0, 20_000]], "speed": [[0, 6], [0.001, 0.1], [1, 0.1]]},
        {"path": [[0, 0, 0], [0, 0, 0.02]], "facing": {"turned": 9e8}},
    ],
)
def test_a_bake_that_lasts_days_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=r"would last \d+ s, more than the 7200 s"):
        bake(BakeRequest.from_json(values))
