# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking a take again: by hand, in live mode, after an error, from its stored recipe."""

import re
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import subjects
from tests.blender.panels.test_panels import draw
from tests.cases import each


def test_bake_again_follows_the_edited_path_in_the_same_take() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    name, long = rig.animation_data.action.name, rig.animation_data.action.frame_range[1]
    settings.path.data.splines[0].points[1].co = (0.0, -1.5, 0.0, 1.0)
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(rig.footfall.takes) == len(bpy.data.actions) == 1
    action = rig.animation_data.action
    assert (action, action.name) == (rig.footfall.takes[0].action, name)
    assert action.frame_range[1] < 0.7 * long
    end = subjects.pose_heads(rig, round(action.frame_range[1]))
    assert end["mixamorig:Hips"][1] == pytest.approx(-1.5, abs=0.3)


def test_bake_again_with_other_root_motion_leaves_no_old_keys() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.root_motion = "object"
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(30)
    settings.root_motion = "hips"
    bpy.ops.footfall.rebake_take()
    curves = subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
    assert not [c for c in curves if c.data_path == "location"]
    assert tuple(rig.location) == (0.0, 0.0, 0.0)


def test_bake_again_of_an_accepted_take_makes_another() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    bpy.ops.footfall.accept_take()
    kept = rig.animation_data.action
    keys = len(subjects.addon("blender.keys.takes").curves(kept))
    bpy.ops.footfall.rebake_take()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]
    assert len(subjects.addon("blender.keys.takes").curves(kept)) == keys


def test_stored_settings_come_back() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.speed, settings.gait, settings.root_motion = 1.1, "crouch", "object"
    bpy.ops.footfall.bake()
    stored = rig.footfall.takes[0].recipe
    settings.speed, settings.gait, settings.root_motion = 2.0, "auto", "hips"
    bpy.ops.footfall.rebake_take(stored=True)
    assert rig.footfall.takes[0].recipe == stored.replace('"take": ""', '"take": "Crouch 01"')
    bpy.ops.footfall.load_recipe()
    assert settings.speed == pytest.approx(1.1)
    assert (settings.gait, settings.root_motion) == ("crouch", "object")


def test_same_recipe_gives_the_same_keys() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    keys = []
    for _ in range(2):
        bpy.ops.footfall.bake()
        curves = subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
        keys.append([[tuple(k.co) for k in c.keyframe_points] for c in curves])
    assert keys[0] == keys[1]


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("step", ["fill", "set_switches"])
def test_error_while_writing_leaves_what_was_there(
    monkeypatch: pytest.MonkeyPatch, step: str, earlier: bool
) -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    if earlier:
        bpy.ops.footfall.bake()
    before, actions = subjects.everything(rig), set(bpy.data.actions.keys())
    key_plan = subjects.addon("blender.keys.key_plan")
    wrapped = getattr(key_plan, step)

    def fail(*arguments: Any, **options: Any) -> None:
        wrapped(*arguments, **options)
        raise ZeroDivisionError

    monkeypatch.setattr(key_plan, step, fail)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        bpy.ops.footfall.rebake_take() if earlier else bpy.ops.footfall.bake()
    assert subjects.everything(rig) == before
    assert set(bpy.data.actions.keys()) == actions
    assert len(rig.footfall.takes) == earlier
    assert bool(rig.footfall.before) == earlier


def test_refused_bake_leaves_the_shown_take_as_it_is() -> None:
    rig = subjects.animated()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    before = subjects.everything(rig)
    settings.root_motion = "root"
    with pytest.raises(RuntimeError, match="root"):
        bpy.ops.footfall.rebake_take()
    assert subjects.everything(rig) == before


def test_take_is_named_by_its_gait() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -12, 0)))
    for speed in (1.3, 3.5):
        settings.speed = speed
        bpy.ops.footfall.bake()
    bpy.ops.footfall.bake_cycle()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Run 01", "Cycle 01"]


def test_live_mode_bakes_again_when_the_path_moves() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    live = subjects.addon("blender.bake.live")
    settings.path.location.x = 2.0
    bpy.context.view_layer.update()
    assert not live.waiting()
    settings.live = True
    settings.path.location.x = 3.0
    bpy.context.view_layer.update()
    assert live.waiting()
    assert live.rebake(bpy.context) == ""
    start = subjects.pose_heads(rig, 1)["mixamorig:Hips"]
    assert start[0] == pytest.approx(3.0, abs=0.2)
    assert len(rig.footfall.takes) == 1
    bpy.ops.ed.undo_push(message="Baked")
    settings.path.location.x = 4.0
    bpy.context.view_layer.update()
    assert live.waiting()
    bpy.ops.ed.undo_push(message="Move")
    bpy.ops.ed.undo()
    rig, settings = bpy.data.objects["Armature"], bpy.context.scene.footfall
    assert live.rebake(bpy.context) == ""
    assert not live.waiting()
    settings.path.scale = (0.0, 0.0, 0.0)
    bpy.context.view_layer.update()
    assert "no length" in live.rebake(bpy.context)
    np.testing.assert_allclose(subjects.pose_heads(rig, 1)["mixamorig:Hips"], start, atol=1e-6)


@each(
    ("stored", "said"),
    [
        ('{"from_the_future": 1}', "'from_the_future', or a newer Footfall made it"),
        ('{"speed": 1.0', "damaged"),
        ("[1]", "damaged"),
        ("[" * 100_000, "damaged"),
        ('{"speed": "fast"}', "speed must be a number"),
    ],
)
def test_a_stored_recipe_that_cannot_be_read_is_refused(stored: str, said: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    (take,) = rig.footfall.takes
    take.recipe, take.report = stored, "[" * 100_000
    keys = len(subjects.addon("blender.keys.takes").curves(take.action))
    for press in (
        bpy.ops.footfall.load_recipe,
        bpy.ops.footfall.rebake_take,
        lambda: bpy.ops.footfall.rebake_take(stored=True),
    ):
        with pytest.raises(RuntimeError, match=said) as refused:
            press()
        assert len(str(refused.value).strip().splitlines()) == 1
    bpy.context.scene.footfall.live = True
    live = subjects.addon("blender.bake.live")
    assert re.search(said, live.rebake(bpy.context))
    bpy.context.scene.footfall.live = False
    assert draw("report").texts() is not None
    assert len(subjects.addon("blender.keys.takes").curves(take.action)) == keys
