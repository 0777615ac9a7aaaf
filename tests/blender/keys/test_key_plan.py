# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a clip: each root motion, rotation mode and kind of keys plays the same walk."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender import rigs, subjects
from tests.blender.subjects import addon

FRAMES = [1, 8, 21, 33, 47, 60]
MODES = ("QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE", "YZX")


@pytest.fixture
def key_plan(installed):
    return addon("blender.keys.key_plan")


def odd_rig(root: bool) -> bpy.types.Object:
    """Make a rolled, scaled, turned and parented rig whose bones rotate in many modes."""
    rig = rigs.bones(rigs.walk(2).skeleton, seed=3)
    if root:
        bpy.ops.object.mode_set(mode="EDIT")
        bone = rig.data.edit_bones.new("root")
        bone.head, bone.tail = (0.1, 0.2, 0.0), (0.1, 0.6, 0.1)
        rig.data.edit_bones["Hips"].parent = bone
        bpy.ops.object.mode_set(mode="OBJECT")
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.scale = (1.0, 2.0, 0.3), (2.0, 2.0, 2.0)
    parent.rotation_euler = (0.0, 0.0, 1.0)
    rig.parent, rig.location = parent, (0.5, -3.0, 0.2)
    rig.rotation_euler, rig.scale = (0.0, 0.0, 2.0), (0.5, 0.5, 0.5)
    for i, bone in enumerate(rig.pose.bones):
        bone.rotation_mode = MODES[i % len(MODES)]
    bpy.context.view_layer.update()
    return rig


@pytest.mark.parametrize("keys", ["dense", "sparse"])
@pytest.mark.parametrize("root_motion", ["hips", "root", "object"])
def test_rig_plays_the_retargeted_walk_in_the_world(key_plan, root_motion, keys):
    rig = odd_rig(root_motion == "root")
    rig_map, clip = rigs.detected(rig), rigs.walk()
    posed = rigs.wanted(rig, rig_map, clip)
    settings = key_plan.KeySettings(root_motion, keys=keys)
    key_plan.write(key_plan.plan_keys(rig, rig_map, clip, settings), rig)
    close = (1e-4, 0.1) if keys == "dense" else (0.012, 1.0)
    for name, (place, _, turn) in rigs.errors(rig, posed, FRAMES).items():
        assert place < close[0], name
        assert turn < close[1], name


def test_in_place_stays_where_the_rig_stands(key_plan):
    rig = odd_rig(False)
    settings = key_plan.KeySettings("in_place")
    plan = key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk(), settings)
    assert plan.object_location is None
    key_plan.write(plan, rig)
    _, heads = addon("blender.scene.armature").sample(rig, FRAMES)
    hips = heads[:, list(rig.pose.bones.keys()).index("Hips")]
    assert np.ptp(hips[:, [0, 2]], axis=0).max() < 0.2
    x, y, _ = rig.matrix_world.translation
    assert np.linalg.norm(hips[:, [0, 2]].mean(axis=0) - [x, -y]) < 0.2


def test_object_carries_the_travel(key_plan):
    rig = subjects.mixamo()
    plan = key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk(), key_plan.KeySettings("object"))
    key_plan.write(plan, rig, frame_start=1)
    bpy.context.scene.frame_set(60)
    assert rig.matrix_world.translation.y == pytest.approx(-1.2 * 59 / 30, abs=0.1)
    assert rig.matrix_world.translation.z == pytest.approx(0.0, abs=0.05)


def test_frames_follow_the_scene_s_rate_and_start(key_plan):
    rig = subjects.mixamo()
    settings = key_plan.KeySettings(fps=24.0)
    plan = key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk(31), settings)
    action = key_plan.write(plan, rig, frame_start=101)
    assert plan.frames[-1] == pytest.approx(24.0)
    assert tuple(action.frame_range) == pytest.approx((101.0, 125.0))


def test_sparse_keys_are_fewer(key_plan):
    rig = subjects.mixamo()
    clip, rig_map = rigs.walk(), rigs.detected(rig)
    counts = {}
    for keys in ("dense", "sparse"):
        settings = key_plan.KeySettings(keys=keys, tolerance=0.01)
        action = key_plan.write(key_plan.plan_keys(rig, rig_map, clip, settings), rig)
        bag = action.layers[0].strips[0].channelbags[0]
        counts[keys] = sum(len(curve.keyframe_points) for curve in bag.fcurves)
    assert counts["sparse"] < 0.4 * counts["dense"]


def test_planning_changes_nothing_and_restore_is_exact(key_plan):
    state = subjects.addon("blender.keys.state")
    rig = subjects.mixamo()
    rig.pose.bones["mixamorig:Hips"].location = (0.1, 0.2, 0.3)
    rig.location = (1.0, 2.0, 3.0)
    bpy.context.view_layer.update()
    pose = [tuple(b.matrix_basis.to_translation()) for b in rig.pose.bones]
    plan = key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk(), key_plan.KeySettings("object"))
    assert rig.animation_data is None
    assert [tuple(b.matrix_basis.to_translation()) for b in rig.pose.bones] == pose
    before = state.capture(rig, bpy.context.scene)
    key_plan.write(plan, rig)
    bpy.context.scene.frame_set(30)
    rig.animation_data.action = None
    state.restore(rig, bpy.context.scene, before, None)
    assert [tuple(b.matrix_basis.to_translation()) for b in rig.pose.bones] == pose
    assert tuple(rig.location) == (1.0, 2.0, 3.0)


def test_missing_parts_are_refused_in_a_sentence(key_plan):
    rig = subjects.mixamo()
    rig_map = rigs.detected(rig).with_role("foot.L")
    with pytest.raises(addon("errors").RefusedError, match=r"no bone for: foot\.L"):
        key_plan.plan_keys(rig, rig_map, rigs.walk(5))


def test_gltf_human_is_mapped_and_walks(key_plan):
    file = Path(__file__).resolve().parents[3] / "examples/assets/mannequin.glb"
    bpy.ops.import_scene.gltf(filepath=str(file))
    rig = next(o for o in bpy.data.objects if o.type == "ARMATURE")
    rig_map, clip = rigs.detected(rig), rigs.walk()
    assert rig_map.family == "mesh2motion"
    assert not rig_map.missing
    posed = rigs.wanted(rig, rig_map, clip)
    plan = key_plan.plan_keys(rig, rig_map, clip)
    # Some of its soles hang on the root bone, which would leave them behind.
    assert plan.settings.root_motion == "root"
    assert any("hang on" in note for note in plan.notes)
    key_plan.write(plan, rig)
    for name, (place, _, turn) in rigs.errors(rig, posed, FRAMES).items():
        assert place < 1e-4, name
        assert turn < 0.1, name
