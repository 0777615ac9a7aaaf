# SPDX-License-Identifier: GPL-3.0-or-later
"""Lag of tails and gaze of heads, from the panel to the keys and back."""

from __future__ import annotations

import json
import math
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector

from tests.blender import animals, rigs, subjects
from tests.blender.panels.test_panels import draw
from tests.cases import each

LEGS = ("LeftHindPaw", "RightForePaw", "LeftTibia", "RightRadius", "Pelvis", "Withers")


def walker(kind: str) -> tuple[bpy.types.Object, bpy.types.PropertyGroup]:
    """Return a character that is ready to walk ahead, and the settings."""
    make = {"person": subjects.mixamo, "animal": animals.deform_rig}
    if kind in make:
        rig = make[kind]()
    else:
        rig = rigs.rigify("cat") if kind == "rigify" else animals.metarig(kind)
    return rig, subjects.ready(rig, subjects.path((0, 0, 0), (0, -4, 0)))


def target(*place: float) -> bpy.types.Object:
    found = bpy.data.objects.new("Bird", None)
    found.location = place
    bpy.context.scene.collection.objects.link(found)
    return found


def turned(rig: bpy.types.Object, frame: int) -> float:
    """Return how far to the left (deg) the head has turned from where it rests, in the world."""
    bpy.context.scene.frame_set(frame)
    head = next(row.bone for row in rig.footfall.bones if row.name == "head")
    bone = rig.pose.bones[head]
    ahead = (bone.matrix @ bone.bone.matrix_local.inverted()).to_3x3() @ Vector((0.0, -1.0, 0.0))
    return math.degrees(math.atan2(ahead.x, -ahead.y))


def keys(rig: bpy.types.Object, bones: tuple[str, ...]) -> dict[str, list]:
    curves = subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
    named = {f'pose.bones["{name}"]' for name in bones}
    return {
        f"{c.data_path}[{c.array_index}]": [k.co.y for k in c.keyframe_points]
        for c in curves
        if c.data_path.rpartition(".")[0] in named
    }


def test_follow_through_moves_tails_alone() -> None:
    rig, settings = walker("animal")
    assert settings.follow_through == pytest.approx(0.5)
    baked = []
    for amount in (0.0, 1.0):
        settings.follow_through = amount
        bpy.ops.footfall.bake()
        stored = json.loads(rig.footfall.takes[-1].recipe)
        assert stored["follow_through"] == amount
        baked.append((keys(rig, LEGS), keys(rig, ("Tail3", "Tail4"))))
    (legs, tail), (same_legs, other_tail) = baked
    assert legs.keys() == same_legs.keys()
    assert all(legs[n] == pytest.approx(same_legs[n], abs=1e-4) for n in legs)
    assert max(np.abs(np.array(tail[n]) - other_tail[n]).max() for n in tail) > 0.01


def test_a_person_has_no_tail_to_follow() -> None:
    rig, settings = walker("person")
    settings.follow_through = 1.0
    assert "follow_through" not in draw("motion").names("prop")
    bpy.ops.footfall.bake()
    assert json.loads(rig.footfall.takes[0].recipe)["follow_through"] == 0.0
    animal, _settings = walker("animal")
    assert animal.footfall.kind == "quadruped"
    assert "follow_through" in draw("motion").names("prop")


def test_takes_from_before_are_baked_as_they_were() -> None:
    rig, settings = walker("animal")
    settings.follow_through = 0.0
    bpy.ops.footfall.bake()
    before = keys(rig, ("Tail3", "Tail4", "Head", *LEGS))
    take = rig.footfall.takes[0]
    new = ("follow_through", "gaze", "gaze_strength", "turn", "spot")
    old = {k: v for k, v in json.loads(take.recipe).items() if k not in new}
    take.recipe = json.dumps(old)
    settings.follow_through, settings.gaze = 1.5, target(5.0, -2.0, 1.0)
    bpy.ops.footfall.rebake_take(stored=True)
    after = keys(rig, ("Tail3", "Tail4", "Head", *LEGS))
    assert all(after[n] == pytest.approx(before[n], abs=1e-5) for n in before)
    bpy.ops.footfall.load_recipe()
    assert (settings.follow_through, settings.gaze) == (0.0, None)


@pytest.mark.parametrize("kind", ["person", "animal", "wolf", "horse", "rigify"])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_head_looks_at_an_object(kind: str, side: float) -> None:
    rig, settings = walker(kind)
    settings.gaze = target(3.0 * side, -4.0, 1.0)
    bpy.ops.footfall.bake()
    assert side * turned(rig, 15) > 25.0
    assert json.loads(rig.footfall.takes[0].recipe)["gaze"] == "Bird"
    settings.gaze_strength = 0.0
    bpy.ops.footfall.rebake_take()
    assert abs(turned(rig, 15)) < 20.0
    assert json.loads(rig.footfall.takes[0].recipe)["gaze_strength"] == 0.0


def test_an_object_that_moves_is_followed() -> None:
    rig, settings = walker("person")
    bird = target(0.0, 0.0, 1.6)
    carrier = target(0.0, -8.0, 0.0)
    bird.parent = carrier
    bird.hide_viewport = True
    for frame, x in ((21, -6.0), (90, 6.0)):
        carrier.location.x = x
        carrier.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(7)
    carrier.location.y = -7.5
    settings.gaze, settings.frame_start = bird, 21
    before = (len(bpy.data.scenes), len(bpy.data.objects))
    bpy.ops.footfall.bake()
    assert (len(bpy.data.scenes), len(bpy.data.objects)) == before
    assert bpy.context.scene.frame_current == 7
    assert tuple(carrier.location)[1] == -7.5
    assert turned(rig, 23) < -20.0
    assert turned(rig, round(rig.animation_data.action.frame_range[1]) - 2) > 20.0


def test_units_do_not_matter() -> None:
    found = []
    for unit in (1.0, 0.01):
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.context.scene.unit_settings.scale_length = unit
        rig = subjects.mixamo()
        rig.scale = (1.0 / unit,) * 3
        settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -3 / unit, 0)))
        settings.gaze = target(3.0 / unit, -3.0 / unit, 1.0 / unit)
        bpy.ops.footfall.bake()
        found.append(turned(rig, 12))
    assert found[0] == pytest.approx(found[1], abs=1.0)
    assert found[0] > 25.0


def test_herds_look_too() -> None:
    dogs = [animals.deform_rig(f"Dog {i}") for i in range(2)]
    settings = subjects.ready(dogs[0], subjects.path((0, 0, 0), (0, -4, 0)))
    settings.gaze = target(6.0, -4.0, 0.5)
    for dog in dogs:
        dog.select_set(True)
    bpy.ops.footfall.bake_herd()
    for dog in dogs:
        stored = json.loads(dog.footfall.takes[0].recipe)
        assert (stored["gaze"], stored["follow_through"]) == ("Bird", 0.5)
        assert turned(dog, stored["frame_start"] + 12) > 20.0


def test_what_is_gone_is_not_looked_at() -> None:
    rig, settings = walker("person")
    settings.gaze = target(3.0, 0.0, 1.0)
    bpy.context.scene.collection.objects.unlink(settings.gaze)
    with pytest.raises(RuntimeError, match="no object 'Bird' in the scene to look at"):
        bpy.ops.footfall.bake()
    assert rig.animation_data is None


def test_settings_come_back_with_undo_and_with_the_take() -> None:
    rig, settings = walker("person")
    settings.gaze, settings.gaze_strength = target(3.0, -2.0, 1.0), 0.7
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.footfall.bake()
    bpy.ops.ed.undo_push(message="Bake")
    bpy.ops.ed.undo()
    rig, settings = bpy.data.objects["Armature"], bpy.context.scene.footfall
    assert len(rig.footfall.takes) == 0
    assert (settings.gaze.name, settings.gaze_strength) == ("Bird", pytest.approx(0.7))
    bpy.ops.footfall.bake()
    settings.gaze, settings.gaze_strength = None, 1.0
    assert "gaze_strength" not in draw("motion").names("prop")
    bpy.ops.footfall.load_recipe()
    assert (settings.gaze.name, settings.gaze_strength) == ("Bird", pytest.approx(0.7))
    assert "gaze_strength" in draw("motion").names("prop")


def test_recipes_may_name_a_point() -> None:
    rig, _settings = walker("person")
    recipe, job = subjects.addon("blender.bake.scene_request"), subjects.addon("blender.bake.job")
    wanted = recipe.Recipe.from_json(
        {"character": rig.name, "curve": "Path", "gaze": [4.0, -2.0, 1.0], "start": False}
    )
    job.run(job.bake_steps(bpy.context, rig, wanted))
    assert turned(rig, 10) > 25.0
    assert json.loads(rig.footfall.takes[0].recipe)["gaze"] == [4.0, -2.0, 1.0]
    bpy.ops.footfall.rebake_take(stored=True)
    bpy.ops.footfall.load_recipe()
    assert bpy.context.scene.footfall.gaze is None


@each("value", [3, None, [1, 2], [1, 2, "x"], [1, 2, math.nan], [True, 0, 0]])
def test_gazes_that_make_no_sense(value: Any) -> None:
    recipe = subjects.addon("blender.bake.scene_request")
    with pytest.raises(subjects.addon("errors").RefusedError, match="gaze"):
        recipe.Recipe.from_json({"character": "rig", "gaze": value})
