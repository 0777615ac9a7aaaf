# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel Style: named styles, keyed strengths, an action of the character as an example."""

import json
from pathlib import Path

import bpy
import pytest

from tests.blender import subjects

ROOT = Path(__file__).resolve().parents[3]
HEAD, HIPS = "mixamorig:Head", "mixamorig:Hips"


def bowed(rig: bpy.types.Object, frame: int) -> float:
    """Return how far (m) the head is ahead of the hips on the path to -Y."""
    heads = subjects.pose_heads(rig, frame)
    return float(heads[HIPS][1] - heads[HEAD][1])


def walker() -> tuple[bpy.types.Object, bpy.types.PropertyGroup]:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.stop = False
    return rig, settings


def style(name: str = "old", strength: float = 1.0) -> bpy.types.PropertyGroup:
    assert bpy.ops.footfall.style_add() == {"FINISHED"}
    one = bpy.context.scene.footfall.styles.mix[-1]
    one.style, one.strength = name, strength
    return one


def recipe_of(take: bpy.types.PropertyGroup) -> dict:
    return json.loads(take.recipe)


def test_every_style_that_ships_can_be_picked() -> None:
    info = json.loads((ROOT / "models" / "style" / "model.json").read_text(encoding="utf-8"))
    one = style()
    items = one.bl_rna.properties["style"].enum_items
    assert set(items.keys()) == {*info["styles"], "action"}


def test_a_style_is_worn_keyed_and_taken_from_an_action() -> None:
    rig, _ = walker()
    bpy.ops.footfall.bake()
    last = round(rig.animation_data.action.frame_range[1])
    plain = [bowed(rig, frame) for frame in (30, last)]
    one = style()
    bpy.ops.footfall.bake()
    old = rig.animation_data.action
    assert bowed(rig, last) > plain[1] + 0.08
    assert recipe_of(rig.footfall.takes[-1])["styles"] == [{"name": "old", "strength": 1.0}]
    for frame, strength in ((30, 0.0), (last - 5, 1.0)):
        one.strength = strength
        assert bpy.context.scene.keyframe_insert("footfall.styles.mix[0].strength", frame=frame)
    bpy.ops.footfall.bake()
    assert bowed(rig, 30) == pytest.approx(plain[0], abs=0.01)
    assert bowed(rig, last) > plain[1] + 0.08
    assert len(recipe_of(rig.footfall.takes[-1])["styles"][0]["strength"]) == last - 5 - 30 + 1
    bpy.context.scene.animation_data_clear()
    one.style, one.action, one.strength = "action", old, 1.0
    bpy.ops.footfall.bake()
    assert bowed(rig, last) > plain[1] + 0.05
    one.action = None
    with pytest.raises(RuntimeError, match="Pick the action"):
        bpy.ops.footfall.bake()


def test_four_styles_are_the_most() -> None:
    for _ in range(4):
        style()
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.footfall.style_add()
    assert bpy.ops.footfall.style_remove(index=1) == {"FINISHED"}
    assert len(bpy.context.scene.footfall.styles.mix) == 3
