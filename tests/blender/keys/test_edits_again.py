# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits after many bakes, at the ends of takes, and on other channels than those baked."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Quaternion, Vector

from tests.blender import subjects
from tests.blender.edited import basis, curves, key, ready, turned
from tests.cases import each


def snapshot(rig: bpy.types.Object) -> dict[tuple[str, int], list[tuple]]:
    """Return frame, value and type of all keys of the first take."""
    action = rig.footfall.takes[0].action
    return {
        c: [(*k.co, k.type) for k in curve.keyframe_points] for c, curve in curves(action).items()
    }


def raised(rig: bpy.types.Object, first: int, count: int) -> None:
    """Raise an arm over consecutive frames."""
    for number in range(count):
        angle = 0.8 * np.sin(np.pi * (number + 1) / (count + 1))
        key(rig, "mixamorig:LeftArm", first + number, Quaternion((0, 0, 1), angle), Vector())


def test_bakes_there_and_back_give_the_same_keys() -> None:
    rig, settings = ready()
    last = round(rig.animation_data.action.frame_range[1])
    raised(rig, 30, 10)
    for frame in (1, 25, last):
        turned(rig, "mixamorig:Head", frame)
    head = rig.pose.bones["mixamorig:Head"]
    for frame in (2, 17, 44, 60):
        head["blink"] = 0.1 * frame
        head.keyframe_insert('["blink"]', frame=frame)
    bpy.ops.footfall.rebake_take()
    before, speed = snapshot(rig), settings.speed
    changes = [{"speed": 0.7}, {"speed": 2.0}, {"keys": "sparse"}, {"root_motion": "object"}]
    for change in changes * 2:
        kept = {name: getattr(settings, name) for name in change}
        for values in (change, kept):
            for name, value in values.items():
                setattr(settings, name, value)
            bpy.ops.footfall.rebake_take()
    bpy.context.scene.render.fps //= 2
    bpy.ops.footfall.rebake_take()
    bpy.context.scene.render.fps *= 2
    bpy.ops.footfall.rebake_take()
    assert settings.speed == speed
    after = snapshot(rig)
    assert after.keys() == before.keys()
    for channel, keys in before.items():
        assert [k[2] for k in after[channel]] == [k[2] for k in keys]
        assert np.allclose([k[:2] for k in after[channel]], [k[:2] for k in keys], atol=1e-5)


@each("cycle", (False, True))
def test_edits_at_the_ends_add_no_keys_beyond_the_take(cycle: bool) -> None:
    rig, _settings = ready()
    if cycle:
        bpy.ops.footfall.bake_cycle()
    ends = tuple(round(f) for f in rig.animation_data.action.frame_range)
    for frame in ends:
        turned(rig, "mixamorig:Head", frame)
    bpy.ops.footfall.rebake_take()
    for curve in curves(rig.animation_data.action).values():
        if len(curve.keyframe_points) > 1:
            assert tuple(round(f) for f in curve.range()) == ends


def test_a_rotation_in_another_mode_is_an_edit() -> None:
    rig, _settings = ready()
    head = rig.pose.bones["mixamorig:Head"]
    head.rotation_mode = "XYZ"
    for frame, angle in ((20, 0.0), (25, 0.5), (30, 0.0)):
        head.rotation_euler = (angle, 0.0, 0.0)
        head.keyframe_insert("rotation_euler", frame=frame)
    before = basis(rig, rig.animation_data.action, head.name, 25)
    bpy.ops.footfall.rebake_take()
    apart = before.inverted() @ basis(rig, rig.animation_data.action, head.name, 25)
    assert apart.to_quaternion().angle < 1e-4


def test_a_removed_component_stays_removed() -> None:
    rig, _settings = ready()
    action, gone = rig.animation_data.action, ('pose.bones["mixamorig:Hips"].location', 0)
    bag = subjects.addon("blender.scene.fcurves").channelbag(action, action.slots[0])
    bag.fcurves.remove(curves(action)[gone])
    bpy.ops.footfall.rebake_take()
    left = curves(rig.animation_data.action)
    assert gone not in left and (gone[0], 1) in left


@each("keys", ("dense", "sparse"))
def test_the_number_of_edits_is_that_of_the_artists_keys(keys: str) -> None:
    rig, settings = ready()
    settings.keys = keys
    count = subjects.addon("blender.keys.layers.edit_count").of
    bpy.ops.footfall.rebake_take()
    for number, frame in enumerate((20, 31, 50), start=1):
        head = rig.pose.bones["mixamorig:Head"]
        turned(rig, head.name, frame)
        bpy.context.view_layer.update()
        assert count(rig.footfall.takes[0]) == number
        settings.speed *= 0.95
        bpy.ops.footfall.rebake_take()
        assert count(rig.footfall.takes[0]) == number


def test_edits_of_controls_wait_while_deform_bones_are_keyed() -> None:
    rig = subjects.rigify()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    key(rig, "foot_ik.L", 20, Quaternion((0.0, 0.0, 1.0), 0.3), Vector((0.0, 0.0, 0.1)))
    bpy.ops.footfall.rebake_take()
    before = snapshot(rig)
    for controls in ("deform", "auto"):
        settings.controls = controls
        bpy.ops.footfall.rebake_take()
        path = ('pose.bones["foot_ik.L"].location', 2)
        there = path in snapshot(rig) and len(snapshot(rig)[path]) > 1
        assert there == (controls == "auto")
    assert snapshot(rig) == before
