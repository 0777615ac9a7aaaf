# SPDX-License-Identifier: GPL-3.0-or-later
"""Herds: one take for each selected armature, in lanes or on curves of their own."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest

from tests.blender import animals, subjects
from tests.blender.panels.test_panels import panel


def pack(count: int = 3) -> list[bpy.types.Object]:
    """Make selected dogs and a path for them."""
    dogs = [animals.deform_rig(f"Dog {i}") for i in range(count)]
    subjects.ready(dogs[0], subjects.path((0, 0, 0), (0, -4, 0)))
    for dog in dogs:
        dog.select_set(True)
    return dogs


def counts() -> dict[str, int]:
    """Return how much is in the file."""
    return {n: len(getattr(bpy.data, n)) for n in ("actions", "objects", "curves", "scenes")}


def test_herd_goes_in_lanes_and_keeps_its_distance() -> None:
    dogs = pack()
    settings = bpy.context.scene.footfall
    settings.herd_spacing = 1.5
    assert panel("herd").poll(bpy.context)
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    takes = [dog.footfall.takes[0] for dog in dogs]
    recipes = [json.loads(take.recipe) for take in takes]
    assert len({own["curve"] for own in recipes}) == len({own["speed"] for own in recipes}) == 3
    assert all(dog.animation_data.action == t.action for dog, t in zip(dogs, takes, strict=True))
    for frame in (1, 30, 60, 90):
        places = [subjects.pose_heads(dog, frame)["Pelvis"][:2] for dog in dogs]
        gaps = [np.linalg.norm(a - b) for i, a in enumerate(places) for b in places[:i]]
        assert min(gaps) > 1.3


def test_take_of_a_herd_is_baked_again_on_its_lane() -> None:
    dogs = pack(2)
    bpy.ops.footfall.bake_herd()
    dog = dogs[1]
    bpy.context.scene.footfall.character = dog
    end = round(dog.animation_data.action.frame_range[1])
    before = subjects.pose_heads(dog, end)["Pelvis"]
    assert bpy.ops.footfall.rebake_take(stored=True) == {"FINISHED"}
    assert len(dog.footfall.takes) == 1
    assert round(dog.animation_data.action.frame_range[1]) == pytest.approx(end, abs=1)
    assert np.linalg.norm(subjects.pose_heads(dog, end)["Pelvis"] - before) < 0.2


def test_each_goes_on_its_own_curve_and_ground() -> None:
    dogs = pack(2)
    mesh = bpy.data.meshes.new("Ground")
    sides = [(x, z) for left, z in ((3.0, 0.0), (8.0, 1.0)) for x in (left, left + 3.0)]
    mesh.from_pydata(
        [(x, y, z) for x, z in sides for y in (3.0, -9.0)], [], [(0, 1, 3, 2), (4, 5, 7, 6)]
    )
    bpy.context.scene.footfall.ground = bpy.data.objects.new("Ground", mesh)
    bpy.context.scene.collection.objects.link(bpy.context.scene.footfall.ground)
    for number, x in enumerate((5.0, 9.0)):
        curve = subjects.path((x, 0, 0), (x, -4, 0))
        curve.name = f"Way {number}"
        curve.select_set(True)
    before = counts()
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    assert counts() == {**before, "actions": before["actions"] + 2}
    names = [json.loads(dog.footfall.takes[0].recipe)["curve"] for dog in dogs]
    assert names == ["Way 0", "Way 1"]
    for dog, x in zip(dogs, (5.0, 9.0), strict=True):
        assert subjects.pose_heads(dog, 10)["Pelvis"][0] == pytest.approx(x, abs=0.3)
    low, high = (subjects.pose_heads(dog, 10)["Pelvis"][2] for dog in dogs)
    assert high - low == pytest.approx(1.0, abs=0.02)


def test_same_seed_same_herd() -> None:
    dogs = pack(2)
    bpy.ops.footfall.bake_herd()
    bpy.ops.footfall.bake_herd()
    bpy.context.scene.footfall.herd_seed = 5
    bpy.ops.footfall.bake_herd()
    speeds = [json.loads(take.recipe)["speed"] for take in dogs[0].footfall.takes]
    assert speeds[0] == speeds[1] != speeds[2]


def test_herd_is_one_undo_step() -> None:
    pack(2)
    before = counts()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.footfall.bake_herd()
    bpy.ops.ed.undo_push(message="Bake Herd")
    bpy.ops.ed.undo()
    assert counts() == before
    dogs = [bpy.data.objects[f"Dog {i}"] for i in range(2)]
    assert [len(dog.footfall.takes) for dog in dogs] == [0, 0]


def assert_refused(said: str) -> None:
    before = counts()
    with pytest.raises(RuntimeError, match=said) as refusal:
        bpy.ops.footfall.bake_herd()
    assert len(str(refusal.value).strip().splitlines()) == 1
    assert counts() == before


def test_refusals_say_what_to_do() -> None:
    dogs = pack(3)
    dogs[0].select_set(False)
    dogs[1].select_set(False)
    assert not panel("herd").poll(bpy.context)
    assert_refused("two or more")
    for dog in dogs:
        dog.select_set(True)
    for x in (5.0, 9.0):
        subjects.path((x, 0, 0), (x, -4, 0)).select_set(True)
    assert_refused("3 armatures and 2 curves")
    third = subjects.path((5.2, 0, 0), (5.2, -4, 0))
    third.select_set(True)
    assert_refused("m apart")
    for curve in [thing for thing in bpy.context.selected_objects if thing.type == "CURVE"]:
        curve.select_set(False)
    bpy.context.scene.footfall.path = None
    assert_refused("Pick or draw a path first")


def test_people_and_animals_are_not_mixed() -> None:
    dogs = pack(2)
    subjects.mixamo()
    for dog in dogs:
        dog.select_set(True)
    assert_refused("one kind at a time")
