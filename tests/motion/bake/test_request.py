# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests: every key, every nonsense value, and the way to JSON and back."""

import json
import math
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.footing.footprint_edits import FootprintEdit
from motion_addon.motion.style.request import StyleChoice
from tests.cases import each

LINE = [[0, 0, 0], [0, 0, 3]]
FULL: dict[str, Any] = {
    "path": [[0, 0, 0], [1.5, 0.25, 3]],
    "model": "biped",
    "cyclic": True,
    "ground": {"vertices": [[0, 0, 0], [0, 0, 3], [3, 0, 0]], "faces": [[0, 1, 2]]},
    "slope_pace": 0.5,
    "obstacles": [[[3, 1], [4, 1], [3.5, 2]]],
    "speed": [[0, 1.2], [0.5, 2], [1, 0.9]],
    "gait": "crouch",
    "fps": 24,
    "start_phase": 0.25,
    "cadence": 1.1,
    "facing": {"look_at": [1, 0, 2]},
    "start": False,
    "stop": False,
    "height": 1.8,
    "hip_height": None,
    "seed": 7,
    "cleanup": False,
    "lead": "left",
    "experts": [1, 0.0, 2.5],
    "follow_through": 0.5,
    "gaze": [[1, 0.5, 2], [1, 0.5, 2.1]],
    "gaze_strength": 0.8,
    "footprints": [
        {"foot": "LF", "at": 1, "to": 1.1, "lift": None, "optional": False},
        {"foot": "RH", "at": 2.5, "to": None, "lift": 3.0, "optional": True},
        {"foot": "left", "at": 2, "place": [0, 0, 1], "yaw": -20},
    ],
    "exemplar": None,
    "legs": None,
    "manner": 1.0,
    "style": [
        {"name": "old", "strength": 0.5},
        {"clip": "proud.bvh", "strength": [[0, 0.2], [1.5, 1]]},
    ],
}
LEGS = {leg: [f"{leg}{i}" for i in range(4)] for leg in ("LH", "LF", "RH", "RF")}
FOX: dict[str, Any] = {"path": LINE, "model": "creature", "exemplar": "fox.bvh", "speed": 0.8}
NAN, INF = math.nan, math.inf

POINT = r"Point 1 of path must be (\[x, y, z\]|a number|a finite number)"
PAIRS = r"number or a list of \[fraction, m/s\] pairs"
FACING = r'"path", \{"turned": degrees\}, \{"yaw": degrees\} or \{"look_at": \[x, y, z\]\}'
BAD: list[tuple[str, Any, str]] = [
    ("path", "0 0 0", r"must be a list of \[x, y, z\] points"),
    ("path", [[0, 0, 0]], "give at least two"),
    ("path", [[0, 0, 0], [0, 0]], POINT),
    ("path", [[0, 0, 0], {"x": 1, "y": 2, "z": 3}], POINT),
    ("path", [[0, 0, 0], [0, 0, "1"]], POINT),
    ("path", [[0, 0, 0], [0, True, 1]], POINT),
    ("path", [[0, 0, 0], [0, 0, NAN]], POINT),
    ("path", [[0, 0, 0], [0, 0, 10**400]], POINT),
    ("path", [[0, 0, 0], [0, 0, 1e8]], "check that it is in meters"),
    ("model", 3, "must be text"),
    ("cyclic", 1, "must be true or false"),
    ("ground", [], r'must be \{"vertices"'),
    ("obstacles", [[[1, 2, 3]]], r"must be \[x, z\]"),
    ("slope_pace", 1.5, "must lie between 0 and 1"),
    ("speed", "fast", "must be a number"),
    ("speed", None, "must be a number"),
    ("speed", True, "must be a number"),
    ("speed", {"0": 1.2}, "must be a number"),
    ("speed", NAN, "must be a finite number"),
    ("speed", -1.3, "must lie between 0.1 and 6"),
    ("speed", [], "give at least one"),
    ("speed", [1.3], PAIRS),
    ("speed", [[0, 1.2, 3]], PAIRS),
    ("speed", ["01"], PAIRS),
    ("speed", [[0, None]], "must be a number"),
    ("speed", [["0", 1]], "fraction of a pair of speed must be a number"),
    ("speed", [[1.1, 1]], "must lie between 0 and 1"),
    ("speed", [[0, 1], [1, 50]], "must lie between 0.1 and 6"),
    ("gait", "moonwalk", "one of auto, walk, jog, run, crouch, pace, trot, canter, gallop"),
    ("gait", "stand", "one of auto"),
    ("gait", ["walk"], "one of auto"),
    ("fps", 0, "must lie between 1 and 240"),
    ("start_phase", 1.5, "must lie between 0 and 1"),
    ("cadence", 5, "must lie between 0.75 and 1.5"),
    ("facing", "north", FACING),
    ("facing", {"yaw": 3, "look_at": [0, 0, 0]}, FACING),
    ("facing", {"pitch": 3}, FACING),
    ("facing", {"yaw": "30"}, "yaw of facing must be a number"),
    ("facing", {"look_at": [0, 0]}, r"look_at of facing must be \[x, y, z\]"),
    ("facing", {"look_at": [0, INF, 0]}, "look_at of facing must be a finite number"),
    ("start", "true", "must be true or false"),
    ("stop", None, "must be true or false"),
    ("height", 180, "must lie between 0.3 and 10"),
    ("hip_height", 0.001, "must lie between 0.02 and 6"),
    ("seed", -1, "must be 0 or more"),
    ("seed", 1.5, "must be a whole number"),
    ("seed", True, "must be a whole number"),
    ("cleanup", [], "must be true or false"),
    ("lead", "both", "one of auto, left, right"),
    ("experts", 1.0, "must be a list of factors, one for each expert"),
    ("experts", [], "must be a list of factors, one for each expert"),
    ("experts", "11", "must be a list of factors, one for each expert"),
    ("experts", [99], "must lie between 0 and 4"),
    ("experts", [1, NAN], "must be a finite number"),
    ("experts", [0, 0, 0], "leave at least one factor above 0"),
    ("follow_through", 2.5, "must lie between 0 and 2"),
    ("gaze", "cat", r"must be a point \[x, y, z\], or a list of them"),
    ("gaze", [], r"must be a point \[x, y, z\], or a list of them"),
    ("gaze", [1, 2], r"must be \[x, y, z\]"),
    ("gaze", [1, 2, None], "must be a number"),
    ("gaze", [[1, 2, 3], 4], r"Point 1 of gaze must be \[x, y, z\]"),
    ("gaze_strength", "1", "must be a number"),
    ("footprints", "LF", r'must be a list of \{"foot", "at", "place"'),
    ("footprints", ["LF"], r'must be a list of \{"foot", "at", "place"'),
    ("footprints", [{"at": 1.0}], "foot of footprints must be one of left, right, LH, LF, RH, RF"),
    ("footprints", [{"foot": "LX", "at": 1.0}], "foot of footprints must be one of left, right"),
    ("footprints", [{"foot": "LF"}], "at of footprints is missing; give the second"),
    ("footprints", [{"foot": "LF", "at": "1"}], "at of footprints must be a number"),
    ("footprints", [{"foot": "LF", "at": 1, "to": INF}], "to of footprints must be a finite"),
    ("footprints", [{"foot": "LF", "at": 1, "lift": True}], "lift of footprints must be a number"),
    ("footprints", [{"foot": "LF", "at": 1, "yaw": "N"}], "yaw of footprints must be a number"),
    ("footprints", [{"foot": "LF", "at": 1, "place": [0, 1]}], r"footprints must be \[x, y, z\]"),
    ("footprints", [{"foot": "LF", "at": 1, "optional": 0}], "optional of footprints must be true"),
    ("footprints", [{"foot": "LF", "at": 1, "add": True, "delete": True}], "adds and deletes"),
    ("footprints", [{"foot": "LF", "at": 1, "from": 2}], "'from'; known are foot, at, place, yaw"),
    ("footprints", [{"foot": "LF", "at": 1}, {"foot": "LF", "at": 1, "to": 2}], "give each one"),
    ("exemplar", "fox.bvh", 'is for the model "creature"'),
    ("exemplar", 3, "must be text"),
    ("legs", LEGS, 'is for the model "creature"'),
    ("manner", 0.5, 'is for the model "creature"'),
    ("style", "old", 'must be {"name": ..., "strength": ...}'),
    ("style", [None], 'must be {"name": ..., "strength": ...}'),
    ("style", {"strength": 1.0}, "needs either a name or a clip"),
    ("style", {"name": "old", "clip": "x.bvh"}, "needs either a name or a clip"),
    ("style", {"name": 3}, "must be text"),
    ("style", {"name": "old", "much": 1}, "'much'; it has name, clip, embedding, strength"),
    ("style", [{"name": "old"}] * 5, "At most 4 styles"),
    ("style", {"name": "old", "strength": "1"}, "strength of a style must be a number"),
    ("style", {"name": "old", "strength": 2.5}, "must lie between 0 and 2"),
    ("style", {"name": "old", "strength": [1.0]}, r"\[seconds, strength\] pairs"),
    ("style", {"name": "old", "strength": [[0, 3]]}, "must lie between 0 and 2"),
    ("style", {"embedding": [None]}, "must be a number"),
]
"""Key, nonsense, and what the refusal says to do."""


def test_every_key_is_tried() -> None:
    names = {field.name for field in fields(BakeRequest)}
    assert set(FULL) == names
    assert {key for key, *_ in BAD} == names


def test_every_key_is_taken() -> None:
    request = BakeRequest.from_json(FULL)
    assert request.path == ((0.0, 0.0, 0.0), (1.5, 0.25, 3.0))
    assert request.speed == ((0.0, 1.2), (0.5, 2.0), (1.0, 0.9))
    assert request.facing == ("look_at", (1.0, 0.0, 2.0))
    assert request.experts == (1.0, 0.0, 2.5)
    assert request.gaze == ((1.0, 0.5, 2.0), (1.0, 0.5, 2.1))
    assert request.footprints == (
        FootprintEdit("LF", 1.0, to=1.1),
        FootprintEdit("RH", 2.5, lift=3.0, optional=True),
        FootprintEdit("left", 2.0, place=(0.0, 0.0, 1.0), yaw=-20.0),
    )
    assert request.style == (
        StyleChoice(name="old", strength=0.5),
        StyleChoice(clip="proud.bvh", strength=((0.0, 0.2), (1.5, 1.0))),
    )
    assert request.to_json()["ground"] == FULL["ground"]
    formed = {
        "path",
        "ground",
        "obstacles",
        "speed",
        "facing",
        "experts",
        "gaze",
        "footprints",
        "style",
    }
    plain = set(FULL) - {*formed}
    assert {name: getattr(request, name) for name in plain} == {k: FULL[k] for k in plain}
    assert hash(request) == hash(BakeRequest.from_json(FULL))


def test_requests_with_the_older_name_of_footprints_are_read() -> None:
    older = {"path": LINE, "footfalls": [{"paw": "LF", "at": 1, "to": 1.1, "lift": None}]}
    request = BakeRequest.from_json(older)
    assert request.footprints == (FootprintEdit("LF", 1.0, to=1.1),)
    assert BakeRequest.from_json(request.to_json()) == request


def test_defaults() -> None:
    request = BakeRequest.from_json({"path": LINE})
    assert request == BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 3.0)))
    assert (request.gait, request.facing, request.height) == ("auto", "path", None)
    assert (request.start, request.stop, request.seed) == (True, True, 0)


@each(("key", "value", "remedy"), BAD)
def test_nonsense_is_refused_by_its_key(key: str, value: Any, remedy: str) -> None:
    with pytest.raises(RefusedError, match=remedy) as caught:
        BakeRequest.from_json({"path": LINE, key: value})
    message = str(caught.value)
    assert re.search(rf"\b{key}", message)
    assert "\n" not in message
    assert len(message) < 200


@each("data", [[], None, "path", 3])
def test_a_request_is_an_object(data: Any) -> None:
    with pytest.raises(RefusedError, match="request must be a JSON object"):
        BakeRequest.from_json(data)


def test_a_request_needs_a_path() -> None:
    with pytest.raises(RefusedError, match="has no path; add path"):
        BakeRequest.from_json({"speed": 1.0})


def test_unknown_keys_are_named() -> None:
    with pytest.raises(RefusedError, match="sped") as caught:
        BakeRequest.from_json({"path": LINE, "sped": 1.0})
    assert "speed" in str(caught.value)


@each(
    ("key", "value"),
    [
        ("speed", -1.0),
        ("speed", NAN),
        ("speed", ((0.0, 99.0),)),
        ("fps", 0.0),
        ("facing", "sideways"),
        ("facing", 45.0),
        ("facing", ("roll", 3.0)),
        ("facing", ("yaw", 3.0, 4.0)),
        ("path", ((0.0, 0.0, 0.0),)),
        ("path", ((0.0, 0.0, 0.0), (NAN, 0.0, 1.0))),
        ("height", -1.0),
        ("seed", -1),
        ("gait", "moonwalk"),
        ("lead", "middle"),
        ("experts", (0.0, 0.0)),
        ("experts", ()),
        ("experts", 1.0),
        ("gaze", (1.0, 2.0, 3.0)),
        ("gaze", ()),
        ("follow_through", 3.0),
        ("footprints", ({"foot": "LF", "at": 1.0},)),
        ("footprints", (FootprintEdit("LX", 1.0),)),
    ],
)
def test_requests_made_in_code_are_checked_too(key: str, value: Any) -> None:
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    with pytest.raises(RefusedError, match=key):
        BakeRequest(**({"path": path} | {key: value}))


def test_speed_limits_follow_the_height() -> None:
    BakeRequest.from_json({"path": LINE, "speed": 8.0, "height": 4.0})
    with pytest.raises(RefusedError, match="speed"):
        BakeRequest.from_json({"path": LINE, "speed": 5.0, "height": 0.5})


def test_speed_limits_follow_the_hips() -> None:
    mouse = {"path": LINE, "model": "quadruped", "hip_height": 0.03}
    BakeRequest.from_json(mouse | {"speed": 1.2})
    with pytest.raises(RefusedError, match="speed"):
        BakeRequest.from_json(mouse | {"speed": 3.0})


def test_one_size_is_enough() -> None:
    with pytest.raises(RefusedError, match="not both"):
        BakeRequest.from_json({"path": LINE, "height": 1.8, "hip_height": 0.9})


def test_a_creature_is_asked_for_by_its_exemplar() -> None:
    request = BakeRequest.from_json(FOX | {"legs": LEGS, "manner": 0.5, "hip_height": 0.3})
    assert request.legs is not None
    assert request.legs[1] == ("LF", ("LF0", "LF1", "LF2", "LF3"))
    assert through_json(request) == request
    assert hash(request) == hash(through_json(request))


@each(
    ("key", "value", "told"),
    [
        ("exemplar", None, "needs an exemplar"),
        ("exemplar", "", "needs an exemplar"),
        ("exemplar", 3, "exemplar must be text"),
        ("exemplar", "fox.fbx", "must be a .bvh"),
        ("legs", {"LH": ["a", "b"]}, "legs must have LH, LF, RH, RF"),
        ("legs", {**LEGS, "RF": "RF0"}, "leg RF must be a list"),
        ("legs", {**LEGS, "RF": ["RF0"]}, "leg RF needs at least two"),
        ("legs", {**LEGS, "RF": LEGS["LF"]}, "named twice"),
        ("manner", 1.6, "manner"),
        ("manner", -0.1, "manner"),
        ("height", 0.5, "hip_height"),
        ("speed", 25.0, "speed"),
    ],
)
def test_nonsense_about_a_creature_is_refused(key: str, value: Any, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        BakeRequest.from_json(FOX | {key: value})


def test_an_hour_is_the_longest_walk() -> None:
    def walk(length: float, speed: Any) -> BakeRequest:
        return BakeRequest.from_json({"path": [[0, 0, 0], [0, 900, length]], "speed": speed})

    assert walk(3500.0, 1.0).path[1][2] == 3500.0
    for length, speed in ((3700.0, 1.0), (3700.0, [[0, 1.0], [1, 1.0]])):
        with pytest.raises(RefusedError, match="hour"):
            walk(length, speed)
    assert walk(3700.0, 1.1)


@each(
    ("given_facing", "kept"),
    [
        ("path", "path"),
        ({"yaw": -90}, ("yaw", -90.0)),
        (45, ("yaw", 45.0)),
        ({"turned": 180}, ("turned", 180.0)),
    ],
)
def test_facings(given_facing: Any, kept: Any) -> None:
    assert BakeRequest.from_json({"path": LINE, "facing": given_facing}).facing == kept


def test_one_point_of_gaze_is_enough() -> None:
    request = BakeRequest.from_json({"path": LINE, "gaze": [1, 0.5, 2]})
    assert request.gaze == ((1.0, 0.5, 2.0),)
    assert request.gaze_strength == 1.0
    assert through_json(request) == request


def through_json(request: BakeRequest) -> BakeRequest:
    text = json.dumps(request.to_json(), allow_nan=False)
    return BakeRequest.from_json(json.loads(text))


def test_full_request_comes_back_from_json() -> None:
    request = BakeRequest.from_json(FULL)
    assert through_json(request) == request
    assert set(request.to_json()) == set(FULL)


def coordinates(reach: float = 50.0) -> st.SearchStrategy[float]:
    return st.floats(-reach, reach, allow_nan=False)


points = st.tuples(coordinates(), coordinates(), coordinates())
requests = st.builds(
    BakeRequest,
    path=st.lists(points, min_size=2, max_size=6).map(tuple),
    cyclic=st.booleans(),
    speed=st.floats(0.2, 3.0)
    | st.lists(st.tuples(st.floats(0, 1), st.floats(0.2, 3.0)), min_size=1, max_size=4).map(tuple),
    gait=st.sampled_from(["auto", "walk", "jog", "run", "crouch"]),
    fps=st.floats(1.0, 240.0),
    start_phase=st.floats(0.0, 1.0),
    cadence=st.floats(0.75, 1.5),
    facing=st.just("path")
    | st.tuples(st.just("yaw"), coordinates(720.0))
    | st.tuples(st.just("look_at"), points),
    start=st.booleans(),
    stop=st.booleans(),
    height=st.none() | st.floats(1.0, 3.0),
    seed=st.integers(0, 2**40),
    cleanup=st.booleans(),
    lead=st.sampled_from(["auto", "left", "right"]),
    experts=st.none() | st.lists(st.floats(0.1, 4.0), min_size=1, max_size=8).map(tuple),
    follow_through=st.floats(0.0, 2.0),
    gaze=st.none() | st.lists(points, min_size=1, max_size=5).map(tuple),
    gaze_strength=st.floats(0.0, 1.0),
)


@given(requests)
def test_any_request_comes_back_from_json(request: BakeRequest) -> None:
    assert through_json(request) == request
