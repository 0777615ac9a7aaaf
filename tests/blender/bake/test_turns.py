# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns on the spot: at the character's place, by the given angle, and baked again."""

from __future__ import annotations

import json
import math
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import animals, subjects
from tests.blender.panels.test_panels import draw
from tests.cases import each

THIGHS = (("mixamorig:LeftUpLeg", "mixamorig:RightUpLeg"), ("thigh.L", "thigh.R"))


def settle(rig: bpy.types.Object, degrees: float) -> bpy.types.PropertyGroup:
    """Fill the panel for a turn on the spot, from and to a standing pose."""
    settings = bpy.context.scene.footfall
    settings.character, settings.way, settings.turn = rig, "spot", math.radians(degrees)
    return settings


def stance(rig: bpy.types.Object, frame: int) -> tuple[np.ndarray, float]:
    """Return the middle of the legs' tops (2,) at a frame and where the body faces, degrees."""
    heads = subjects.pose_heads(rig, frame)
    thighs = next((pair for pair in THIGHS if pair[0] in heads), None)
    if thighs:
        left, right = (heads[name][:2] for name in thighs)
        ahead = np.array([(left - right)[1], -(left - right)[0]])
        return 0.5 * (left + right), math.degrees(math.atan2(ahead[0], -ahead[1]))
    back, front = heads["Pelvis"][:2], heads["Withers"][:2]
    return 0.5 * (back + front), math.degrees(math.atan2(*((front - back) * [1.0, -1.0])))


def last(rig: bpy.types.Object) -> int:
    return round(rig.animation_data.action.frame_range[1])


def apart(a: float, b: float) -> float:
    return abs((a - b + 180.0) % 360.0 - 180.0)


@pytest.mark.parametrize("degrees", [90.0, -135.0, 270.0])
def test_a_person_turns_where_it_stands(degrees: float) -> None:
    rig = subjects.mixamo()
    rig.location, rig.rotation_euler = (2.0, 1.0, 0.5), (0.0, 0.0, math.radians(30.0))
    settle(rig, degrees)
    assert bpy.ops.footfall.bake.poll()
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert rig.footfall.takes[0].name == "Turn 01"
    place, yaw = stance(rig, 1)
    assert apart(yaw, 30.0) < 8.0
    assert np.linalg.norm(place - [2.0, 1.0]) < 0.08
    heads = subjects.pose_heads(rig, 1)
    assert heads["mixamorig:LeftToeBase"][2] == pytest.approx(0.525, abs=0.02)
    place, yaw = stance(rig, last(rig))
    assert apart(yaw, 30.0 + degrees) < 8.0
    assert np.linalg.norm(place - [2.0, 1.0]) < 0.08


def test_an_animal_turns_where_it_stands() -> None:
    rig = animals.deform_rig()
    rig.rotation_euler, rig.scale = (0.0, 0.0, math.radians(-90.0)), (0.5, 0.5, 0.5)
    before = stance(rig, 1)[0]
    settle(rig, -120.0)
    bpy.ops.footfall.bake()
    assert apart(stance(rig, 1)[1], -90.0) < 8.0
    place, yaw = stance(rig, last(rig))
    assert apart(yaw, 150.0) < 10.0
    assert np.linalg.norm(place - before) < 0.1


@pytest.mark.parametrize("root_motion", ["hips", "object"])
@pytest.mark.parametrize("kind", ["person", "animal", "cat"])
def test_it_turns_where_a_walk_has_ended(kind: str, root_motion: str) -> None:
    if kind == "cat":
        rig = animals.metarig("cat")
    else:
        rig = subjects.mixamo() if kind == "person" else animals.deform_rig()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (1, -2, 0)))
    settings.stop, settings.root_motion = True, root_motion
    bpy.ops.footfall.bake()
    bpy.ops.footfall.accept_take()
    end, yaw = stance(rig, last(rig))
    bpy.context.scene.frame_set(last(rig))
    settings.start = True
    settle(rig, 60.0)
    bpy.ops.footfall.bake()
    begin, first = stance(rig, 1)
    assert np.linalg.norm(begin - end) < 0.06
    assert apart(first, yaw) < 6.0
    assert apart(stance(rig, last(rig))[1], yaw + 60.0) < 10.0


def test_baked_again_it_turns_on_the_same_spot() -> None:
    rig = subjects.mixamo()
    settings = settle(rig, 90.0)
    bpy.ops.footfall.bake()
    spot = json.loads(rig.footfall.takes[0].recipe)["spot"]
    bpy.context.scene.frame_set(last(rig))
    settings.turn = math.radians(45.0)
    bpy.ops.footfall.rebake_take()
    stored = json.loads(rig.footfall.takes[0].recipe)
    assert stored["turn"] == pytest.approx(45.0)
    assert stored["spot"] == spot
    assert apart(stance(rig, last(rig))[1], 45.0) < 8.0
    settings.way, settings.turn = "path", 0.0
    bpy.ops.footfall.rebake_take(stored=True)
    assert json.loads(rig.footfall.takes[0].recipe) == stored
    bpy.ops.footfall.load_recipe()
    assert settings.way == "spot"
    assert settings.turn == pytest.approx(math.radians(45.0))


def test_panel_asks_for_the_angle_alone() -> None:
    settle(subjects.mixamo(), 90.0)
    notes = draw("path")
    assert not {"path", "obstacles"} & set(notes.names("prop"))
    assert notes.names("operator") == []
    assert not {"facing", "speed"} & set(draw("motion").names("prop"))
    assert "Pick or draw a path first" not in draw("bake").texts()
    bpy.context.scene.footfall.way = "path"
    assert "turn" not in draw("path").names("prop")
    assert not bpy.ops.footfall.bake.poll()


def test_cycles_do_not_turn() -> None:
    rig = subjects.mixamo()
    settle(rig, 90.0)
    assert bpy.ops.footfall.bake_cycle() == {"FINISHED"}
    assert json.loads(rig.footfall.takes[0].recipe)["turn"] is None


def test_herds_do_not_turn() -> None:
    dogs = [animals.deform_rig(f"Dog {i}") for i in range(2)]
    for dog in dogs:
        dog.select_set(True)
    settle(dogs[0], 90.0)
    assert not bpy.ops.footfall.bake_herd.poll()
    refusal = subjects.addon("blender.bake.herd").refusal(bpy.context)
    assert "Along a Path" in refusal


@each(
    ("key", "value"),
    [
        *(("turn", "left"), ("turn", True), ("turn", math.nan), ("spot", [0, 0, 0])),
        *(("spot", "here"), ("spot", [0, 0, 0, "x"]), ("spot", [0, 0, 0, math.inf])),
    ],
)
def test_recipes_that_make_no_sense(key: str, value: Any) -> None:
    recipe = subjects.addon("blender.bake.scene_request")
    with pytest.raises(subjects.addon("errors").RefusedError, match=key):
        recipe.Recipe.from_json({"character": "rig", key: value})
