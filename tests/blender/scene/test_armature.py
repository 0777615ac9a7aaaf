# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading armatures: axes, transforms and refusals."""

import bpy
import numpy as np
import pytest

from tests.blender import rigs, subjects
from tests.blender.subjects import addon
from tests.cases import each


@pytest.fixture
def armature(installed):
    return addon("blender.scene.armature")


def test_rest_pose_is_in_motion_axes(armature):
    rig = armature.read_rig(subjects.mixamo())
    head = rig.rest_heads[rig.index("mixamorig:LeftToeBase")]
    assert np.allclose(head, [0.1, 0.025, 0.12], atol=1e-6)
    tail = rig.rest_tails[rig.index("mixamorig:LeftToeBase")]
    assert np.allclose(tail, [0.1, 0.025, 0.2], atol=1e-5)


def test_object_transform_and_parent_are_applied(armature):
    rig = subjects.mixamo()
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.rotation_euler = (1.0, 2.0, 3.0), (0.0, 0.0, np.pi / 2)
    rig.parent, rig.scale, rig.location = parent, (0.1, 0.1, 0.1), (0.0, 0.0, 1.0)
    bpy.context.view_layer.update()
    read = armature.read_rig(rig)
    bone = rig.pose.bones["mixamorig:LeftHand"]
    x, y, z = rig.matrix_world @ bone.head
    assert np.allclose(read.rest_heads[read.index(bone.name)], [x, z, -y], atol=1e-5)
    assert read.scale == pytest.approx(0.1)
    assert np.allclose(rigs.detected(rig).facing, [1.0, 0.0, 0.0], atol=1e-5)


def test_hidden_and_excluded_armatures_can_be_read(armature):
    rig = subjects.mixamo()
    rig.location = (5.0, 0.0, 0.0)
    rig.hide_set(True)
    rig.hide_viewport = True
    read = armature.read_rig(rig)
    assert read.origin == pytest.approx((5.0, 0.0, 0.0))


def test_sampling_gives_the_evaluated_pose_and_keeps_the_frame(armature):
    rig = subjects.mixamo()
    bone = rig.pose.bones["mixamorig:Head"]
    bone.rotation_mode = "XYZ"
    bone.keyframe_insert("rotation_euler", frame=1)
    bone.rotation_euler = (0.5, 0.0, 0.0)
    bone.keyframe_insert("rotation_euler", frame=11)
    bpy.context.scene.frame_set(4)
    rotations, heads = armature.sample(rig, [1, 6.5, 11])
    assert bpy.context.scene.frame_current == 4
    assert rotations.shape == (3, len(rig.pose.bones), 4)
    column = list(rig.pose.bones.keys()).index("mixamorig:Head")
    assert np.allclose(heads[:, column], heads[0, column], atol=1e-6)
    turned = 2.0 * np.arccos(abs(np.dot(rotations[0, column], rotations[2, column])))
    assert turned == pytest.approx(0.5, abs=1e-3)


def _scaled(rig, x, y, z):
    rig.scale = (x, y, z)


@each(
    ("spoil", "words"),
    [
        (lambda rig: _scaled(rig, 0.0, 0.0, 0.0), "scaled to zero"),
        (lambda rig: _scaled(rig, 1.0, 2.0, 1.0), "scaled unevenly"),
        (lambda rig: _scaled(rig, -1.0, 1.0, 1.0), "mirrored"),
    ],
)
def test_unusable_scales_are_refused(armature, spoil, words):
    rig = subjects.mixamo()
    spoil(rig)
    bpy.context.view_layer.update()
    with pytest.raises(addon("errors").RefusedError, match=words):
        armature.read_rig(rig)


def test_other_objects_and_states_are_refused(armature, tmp_path):
    with pytest.raises(addon("errors").RefusedError, match="Choose an armature"):
        armature.read_rig(bpy.data.objects.new("Empty", None))
    with pytest.raises(addon("errors").RefusedError, match="Choose an armature"):
        armature.read_rig(None)
    bare = subjects.armature("Bare", [])
    with pytest.raises(addon("errors").RefusedError, match="has no bones"):
        armature.read_rig(bare)
    rig = subjects.mixamo()
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(addon("errors").RefusedError, match="Edit Mode"):
        armature.read_rig(rig)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_linked_armature_is_refused(armature, tmp_path):
    rig = subjects.mixamo("Hero")
    file = str(tmp_path / "library.blend")
    bpy.data.libraries.write(file, {rig})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(file, link=True) as (_, wanted):
        wanted.objects = ["Hero"]
    linked = bpy.data.objects["Hero"]
    bpy.context.scene.collection.objects.link(linked)
    with pytest.raises(addon("errors").RefusedError, match="library override"):
        armature.read_rig(linked)


@pytest.mark.parametrize("delta", [False, True])
def test_object_channels_respect_parents_and_deltas(armature, delta):
    rig = subjects.mixamo()
    rig.rotation_mode = "QUATERNION"
    if delta:
        rig.delta_location = (0.3, -0.2, 0.1)
        rig.delta_rotation_quaternion = (0.9659258, 0.0, 0.0, 0.2588190)
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.rotation_euler = (1.0, 2.0, 0.0), (0.3, 0.2, 0.9)
    rig.parent, rig.location = parent, (0.5, 0.0, 0.0)
    bpy.context.view_layer.update()
    quat = addon("motion.maths.quat")
    turn = quat.yaw(np.array([0.0, 0.7]))
    places = np.array([[1.0, 0.0, 0.0], [4.0, 1.0, -2.0]])
    location, rotation = armature.object_channels(rig, places, turn)
    before = rig.matrix_world.to_quaternion()
    rig.location, rig.rotation_quaternion = location[1], rotation[1]
    bpy.context.view_layer.update()
    assert np.allclose(rig.matrix_world.translation, [4.0, 2.0, 1.0], atol=1e-5)
    moved = rig.matrix_world.to_quaternion() @ before.inverted()
    assert moved.angle == pytest.approx(0.7, abs=1e-4)
    assert abs(moved.axis.z) == pytest.approx(1.0, abs=1e-4)
