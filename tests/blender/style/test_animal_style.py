# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel Style on animals: their own styles, keyed strengths, an action as an example."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest

from tests.blender import animals, rigs, subjects
from tests.blender.panels.test_panels import draw

ROOT = Path(__file__).resolve().parents[3]


def ready(rig: bpy.types.Object, length: float = 2.5) -> bpy.types.PropertyGroup:
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -length, 0)))
    settings.animal_gait, settings.speed, settings.stop = "walk", 0.9, False
    return settings


@pytest.fixture
def dog(installed: str) -> bpy.types.Object:
    rig = animals.deform_rig()
    ready(rig)
    return rig


def add_style(name: str = "sad", strength: float = 1.0) -> bpy.types.PropertyGroup:
    assert bpy.ops.footfall.style_add() == {"FINISHED"}
    one = bpy.context.scene.footfall.styles.mix[-1]
    one.animal_style, one.strength = name, strength
    return one


def head_height(rig: bpy.types.Object, frame: int) -> float:
    return float(subjects.pose_heads(rig, frame)["Head"][2])


def brow(rig: bpy.types.Object, frame: int) -> float:
    """Return the height of the tip of the head's control."""
    bpy.context.scene.frame_set(frame)
    return float(rig.pose.bones["head"].tail[2])


def stored(rig: bpy.types.Object) -> list[dict]:
    return json.loads(rig.footfall.takes[-1].recipe)["styles"]


def test_every_style_that_ships_can_be_picked(dog: bpy.types.Object) -> None:
    file = ROOT / "models" / "style_quadruped" / "model.json"
    info = json.loads(file.read_text(encoding="utf-8"))
    items = add_style().bl_rna.properties["animal_style"].enum_items
    assert set(items.keys()) == {*info["styles"], "action"}


def test_the_panel_lists_the_styles_of_the_character(dog: bpy.types.Object) -> None:
    subjects.addon("blender.rig.character").detect(dog)
    add_style()
    assert "animal_style" in draw("style").names("prop")
    person = subjects.mixamo()
    subjects.addon("blender.rig.character").detect(person)
    bpy.context.scene.footfall.character = person
    shown = draw("style").names("prop")
    assert "style" in shown
    assert "animal_style" not in shown


def test_a_style_is_worn_keyed_and_taken_from_an_action(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.bake()
    last = round(dog.animation_data.action.frame_range[1])
    plain = [head_height(dog, frame) for frame in (20, last)]
    one = add_style("sad")
    bpy.ops.footfall.bake()
    sad = dog.animation_data.action
    assert head_height(dog, last) < plain[1] - 0.05
    assert stored(dog) == [{"name": "sad", "strength": 1.0}]
    for frame, strength in ((20, 0.0), (last - 5, 1.0)):
        one.strength = strength
        assert bpy.context.scene.keyframe_insert("footfall.styles.mix[0].strength", frame=frame)
    bpy.ops.footfall.bake()
    assert head_height(dog, 20) == pytest.approx(plain[0], abs=0.01)
    assert head_height(dog, last) < plain[1] - 0.05
    bpy.context.scene.animation_data_clear()
    one.animal_style, one.action, one.strength = "action", sad, 1.0
    bpy.ops.footfall.bake()
    assert head_height(dog, last) < plain[1] - 0.03
    one.action = None
    with pytest.raises(RuntimeError, match="Pick the action"):
        bpy.ops.footfall.bake()


def test_settings_of_a_take_bring_its_style_back(dog: bpy.types.Object) -> None:
    add_style("prowl", 0.6)
    bpy.ops.footfall.bake()
    bpy.context.scene.footfall.styles.mix.clear()
    bpy.ops.footfall.load_recipe()
    (one,) = bpy.context.scene.footfall.styles.mix
    assert one.animal_style == "prowl"
    assert one.strength == pytest.approx(0.6)


def test_a_persons_style_is_no_animals(dog: bpy.types.Object) -> None:
    add_style()
    bpy.ops.footfall.bake()
    take = dog.footfall.takes[-1]
    recipe = json.loads(take.recipe)
    take.recipe = json.dumps({**recipe, "styles": [{"name": "drunk", "strength": 1.0}]})
    with pytest.raises(RuntimeError, match="An animal has no style 'drunk'"):
        bpy.ops.footfall.rebake_take(stored=True)


def test_a_herd_wears_a_style(installed: str) -> None:
    herd = [animals.deform_rig(name) for name in ("Rex", "Bello")]
    settings = ready(herd[0])
    settings.herd_speed_jitter = 0.0
    for rig in herd:
        rig.select_set(True)
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    plain = [head_height(rig, 50) for rig in herd]
    add_style("sad")
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    for rig, before in zip(herd, plain, strict=True):
        assert head_height(rig, 50) < before - 0.05


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wolf", "horse"])
def test_rigs_with_controls_wear_a_style_and_give_one(installed: str, kind: str) -> None:
    rig = rigs.rigify(kind)
    ready(rig, 4.0).speed = 1.0
    bpy.ops.footfall.bake()
    last = round(rig.animation_data.action.frame_range[1])
    plain = brow(rig, last)
    one = add_style("sad")
    bpy.ops.footfall.bake()
    sad = rig.animation_data.action
    assert brow(rig, last) < 0.96 * plain
    one.animal_style, one.action = "action", sad
    bpy.ops.footfall.bake()
    assert brow(rig, last) < 0.98 * plain
