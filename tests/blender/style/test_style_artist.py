# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles in takes baked again and in herds, and refusals of styles."""

import json

import bpy
import numpy as np
import pytest

from tests.blender import subjects
from tests.blender.bake.test_refusals import assert_refused, scene_state
from tests.blender.style.test_style import bowed, recipe_of, style, walker


def mixed() -> bpy.types.bpy_prop_collection:
    return bpy.context.scene.footfall.styles.mix


def key(row: int, *keys: tuple[int, float]) -> None:
    """Key the strength of a row of the mix."""
    for frame, strength in keys:
        mixed()[row].strength = strength
        path = f"footfall.styles.mix[{row}].strength"
        assert bpy.context.scene.keyframe_insert(path, frame=frame)


def keyed(row: int) -> list[float] | None:
    """Return the keys' values of a row, or None."""
    found = subjects.addon("blender.scene.fcurves").find(
        bpy.context.scene, f"footfall.styles.mix[{row}].strength"
    )
    return None if found is None else [point.co[1] for point in found.keyframe_points]


def set_now(rig: bpy.types.Object) -> tuple[dict, ...]:
    """Return the styles of the next bake in the form of a recipe."""
    made = subjects.addon("blender.bake.scene_request").from_settings(
        bpy.context.scene.footfall, rig
    )
    return made.styles


def short_action(rig: bpy.types.Object, frames: int) -> bpy.types.Action:
    """Return an action in which the head nods once."""
    action = bpy.data.actions.new("Nod")
    rig.animation_data_create().action = action
    head = rig.pose.bones["mixamorig:Head"]
    head.rotation_mode = "QUATERNION"
    for frame in (1, frames):
        head.rotation_quaternion = (1.0, 0.01 * frame, 0.0, 0.0)
        head.keyframe_insert("rotation_quaternion", frame=frame)
    head.rotation_quaternion = (1.0, 0.0, 0.0, 0.0)
    rig.animation_data.action = None
    return action


def test_an_action_that_is_too_short_is_refused() -> None:
    rig, _ = walker()
    one = style("action")
    one.action = short_action(rig, 8)
    assert_refused(rig, "lasts 0.3 s")


def test_an_action_of_something_else_is_refused() -> None:
    rig, _ = walker()
    cube = bpy.data.objects.new("Cube", None)
    bpy.context.scene.collection.objects.link(cube)
    for frame in (1, 90):
        cube.location.x = frame
        cube.keyframe_insert("location", frame=frame)
    one = style("action")
    one.action = cube.animation_data.action
    assert_refused(rig, "no keys on bones of 'Armature'")


def test_an_action_that_is_gone_is_refused() -> None:
    rig, _ = walker()
    style("action")
    assert_refused(rig, "Pick the action")


def test_five_styles_are_refused() -> None:
    rig, _ = walker()
    for _ in range(5):
        mixed().add()
    assert_refused(rig, "At most 4 styles")


def test_a_rig_without_a_map_is_refused() -> None:
    bones = [("a", (0, 0, 0), (0, 0, 1), None), ("b", (0, 0, 1), (0, 0, 2), "a")]
    rig = subjects.armature("Post", bones)
    subjects.ready(rig)
    style()
    assert_refused(rig, "bones|map|Map")


def test_an_unknown_style_in_a_stored_recipe_is_refused() -> None:
    rig, _ = walker()
    style()
    bpy.ops.footfall.bake()
    take = rig.footfall.takes[-1]
    stored = recipe_of(take)
    for bad, said in (
        ([{"name": "nobody", "strength": 1.0}], "nobody"),
        ([{"name": "old", "strength": 9.0}], "strength"),
        ([{"name": "old"}] * 5, "At most 4"),
        (["old"], "styles"),
    ):
        take.recipe = json.dumps({**stored, "styles": bad})
        before = scene_state(rig)
        with pytest.raises(RuntimeError, match=said) as refusal:
            bpy.ops.footfall.rebake_take(stored=True)
        assert len(str(refusal.value).strip().splitlines()) == 1
        assert scene_state(rig) == before
    take.recipe = json.dumps({**stored, "styles": [{"name": "nobody", "strength": 1.0}]})
    with pytest.raises(RuntimeError, match="nobody") as refusal:
        bpy.ops.footfall.load_recipe()
    assert len(str(refusal.value).strip().splitlines()) == 1
    assert mixed()[0].style == "old"


def test_removing_a_style_leaves_the_others_their_keys() -> None:
    walker()
    for name in ("old", "happy", "drunk"):
        style(name)
    key(0, (1, 0.0), (40, 1.0))
    key(2, (1, 0.3), (40, 0.6))
    bpy.ops.footfall.style_remove(index=0)
    assert [one.style for one in mixed()] == ["happy", "drunk"]
    assert keyed(0) is None
    assert keyed(1) == pytest.approx([0.3, 0.6])
    assert keyed(2) is None
    bpy.ops.footfall.style_remove(index=1)
    assert keyed(1) is None


def test_settings_of_a_take_bring_its_strengths_back() -> None:
    rig, _ = walker()
    style("old")
    key(0, (1, 0.0), (60, 1.0))
    bpy.ops.footfall.bake()
    wanted = recipe_of(rig.footfall.takes[-1])["styles"]
    keys = keyed(0)
    bpy.ops.footfall.load_recipe()
    assert keyed(0) == keys
    bpy.context.scene.animation_data_clear()
    mixed().clear()
    bpy.ops.footfall.load_recipe()
    own = set_now(rig)
    assert [one["name"] for one in own] == ["old"]
    assert np.allclose(own[0]["strength"], wanted[0]["strength"], atol=1e-4)
    take = rig.footfall.takes[-1]
    take.recipe = json.dumps({**recipe_of(take), "styles": [{"name": "sad", "strength": 0.5}]})
    bpy.ops.footfall.load_recipe()
    own = set_now(rig)
    assert own == ({"strength": 0.5, "name": "sad"},)


def test_bake_again_wears_the_style_as_it_was_and_as_it_is() -> None:
    rig, _ = walker()
    one = style("old")
    bpy.ops.footfall.bake()
    frame = round(rig.animation_data.action.frame_range[1]) - 10
    old = bowed(rig, frame)
    one.strength = 0.0
    bpy.ops.footfall.rebake_take()
    plain = bowed(rig, frame)
    assert plain < old - 0.08
    one.strength = 1.0
    bpy.ops.footfall.rebake_take()
    mixed().clear()
    bpy.ops.footfall.rebake_take(stored=True)
    assert bowed(rig, frame) == pytest.approx(old, abs=0.005)
    assert len(rig.footfall.takes) == 1


def crowd(count: int = 2) -> list[bpy.types.Object]:
    """Make selected people and a path for them."""
    people = [subjects.mixamo(f"Man {i}") for i in range(count)]
    settings = subjects.ready(people[0], subjects.path((0, 0, 0), (0, -4, 0)))
    settings.stop = False
    settings.herd_speed_jitter = 0.0
    for rig in people:
        rig.select_set(True)
    return people


def test_a_crowd_wears_styles_and_is_baked_again_alike() -> None:
    people = crowd()
    style("old")
    key(0, (30, 0.0), (90, 1.0))
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    for rig in people:
        first, last = map(round, rig.animation_data.action.frame_range)
        frames = range(max(first, 1), last, 15)
        before = [bowed(rig, frame) for frame in frames]
        assert before[-1] > before[0] + 0.05
        bpy.context.scene.footfall.character = rig
        assert bpy.ops.footfall.rebake_take(stored=True) == {"FINISHED"}
        assert [bowed(rig, frame) for frame in frames] == pytest.approx(before, abs=0.02)


def test_a_crowd_has_the_style_of_an_action() -> None:
    people = crowd()
    style("old")
    bpy.context.view_layer.objects.active = people[0]
    bpy.ops.footfall.bake()
    old = people[0].animation_data.action
    one = mixed()[0]
    one.style, one.action = "action", old
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    for rig in people:
        assert bowed(rig, 60) > 0.05


def test_the_style_of_an_action_on_controls() -> None:
    rig = subjects.rigify()
    settings = subjects.ready(rig)
    settings.stop = False
    style("old")
    bpy.ops.footfall.bake()
    old = rig.animation_data.action
    last = round(old.frame_range[1])
    mixed().clear()
    bpy.ops.footfall.bake()
    plain = height(rig, last)
    one = style("action")
    one.action = old
    bpy.ops.footfall.bake()
    assert height(rig, last) < plain - 0.02


def height(rig: bpy.types.Object, frame: int) -> float:
    """Return how high (m) the head is."""
    heads = subjects.pose_heads(rig, frame)
    return float(next(heads[name] for name in ("DEF-spine.006", "head") if name in heads)[2])
