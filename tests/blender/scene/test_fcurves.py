# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing actions: keys, slots, groups, rotation modes."""

import bpy
import numpy as np
import pytest
from mathutils import Euler, Quaternion

from tests.blender import subjects
from tests.blender.subjects import addon
from tests.cases import each

FRAMES = np.arange(1.0, 41.0)


@pytest.fixture
def fcurves(installed):
    return addon("blender.scene.fcurves")


def writer(fcurves, rig, action=None):
    action = action or bpy.data.actions.new("Walk")
    slot = fcurves.assign(rig, action)
    return fcurves.Writer(fcurves.channelbag(action, slot)), action, slot


def curves(action, slot):
    return action.layers[0].strips[0].channelbag(slot).fcurves


def test_dense_keys_play_exactly(fcurves):
    rig = subjects.mixamo()
    write, action, slot = writer(fcurves, rig)
    values = np.random.default_rng(0).normal(size=(40, 3))
    write.dense('pose.bones["mixamorig:Hips"].location', FRAMES, values, "mixamorig:Hips")
    found = curves(action, slot)
    assert len(found) == 3
    assert {c.group.name for c in found} == {"mixamorig:Hips"}
    keys = found[0].keyframe_points
    assert {k.interpolation for k in keys} == {"LINEAR"}
    assert {k.type for k in keys} == {"GENERATED"}
    for frame in (1, 17, 40):
        bpy.context.scene.frame_set(frame)
        assert np.allclose(rig.pose.bones["mixamorig:Hips"].location, values[frame - 1], atol=1e-6)


def test_writing_again_replaces_only_the_same_channels(fcurves):
    rig = subjects.mixamo()
    write, action, slot = writer(fcurves, rig)
    write.dense("location", FRAMES, np.ones((40, 3)), "Object")
    write.dense("scale", FRAMES, np.ones((40, 3)), "Object")
    write, *_ = writer(fcurves, rig, action)
    write.dense("location", FRAMES[:5], 2.0 * np.ones((5, 3)), "Object")
    found = {(c.data_path, c.array_index): len(c.keyframe_points) for c in curves(action, slot)}
    assert found == {("location", i): 5 for i in range(3)} | {("scale", i): 40 for i in range(3)}
    write.drop(["scale"])
    assert len(curves(action, slot)) == 3


def test_two_armatures_share_an_action_in_their_own_slots(fcurves):
    first, second = subjects.mixamo("A"), subjects.mixamo("B")
    action = bpy.data.actions.new("Both")
    slots = []
    for rig, value in ((first, 1.0), (second, 2.0)):
        slot = next((s for s in action.slots if s.name_display == rig.name), None)
        slot = slot or action.slots.new(id_type="OBJECT", name=rig.name)
        fcurves.assign(rig, action, slot)
        write = fcurves.Writer(fcurves.channelbag(action, slot))
        write.dense("location", FRAMES, np.full((40, 3), value), "Object")
        slots.append(slot)
    bpy.context.scene.frame_set(5)
    assert first.location.x == pytest.approx(1.0)
    assert second.location.x == pytest.approx(2.0)
    assert slots[0] != slots[1]


def test_sparse_keys_play_the_fitted_curve(fcurves):
    rig = subjects.mixamo()
    write, action, slot = writer(fcurves, rig)
    values = np.stack([np.sin(FRAMES / 6.0), np.cos(FRAMES / 9.0), 0.1 * FRAMES], axis=-1)
    keys = addon("motion.retarget.keyframe_reduction").thin(FRAMES, values, 0.005)
    write.sparse("location", keys, "Object")
    assert len(keys.frames) < 20
    for curve in curves(action, slot):
        played = [curve.evaluate(f) for f in FRAMES]
        assert np.abs(played - values[:, curve.array_index]).max() < 0.006
    fitted = keys.evaluate(FRAMES)
    played = [[c.evaluate(f) for c in curves(action, slot)] for f in FRAMES]
    assert np.abs(np.array(played) - fitted).max() < 1e-3


@each("mode", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_euler_angles_are_blender_s_and_continuous(fcurves, mode):
    quat = addon("motion.maths.quat")
    time = np.linspace(0.0, 1.0, 200)[:, None]
    turning = quat.from_rotvec(time * np.array([4.0, 7.0, -5.0]))
    swinging = quat.from_rotvec(np.sin(5.0 * time) * np.array([0.5, 1.2, 0.4]))
    rotation = quat.unroll(quat.mul(turning, swinging))
    angles = fcurves.euler(rotation, mode)
    for i in (0, 50, 120, 199):
        made = Euler(angles[i], mode).to_quaternion()
        assert abs(made.dot(Quaternion(rotation[i]))) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(np.diff(angles, axis=0)).max() < 1.6


def test_axis_angle_is_blender_s(fcurves):
    quat = addon("motion.maths.quat")
    rotation = quat.unroll(quat.from_rotvec(np.linspace(0.1, 3.0, 20)[:, None] * [0.3, 0.9, 0.1]))
    name, values = fcurves.rotation_channels("AXIS_ANGLE", rotation)
    assert name == "rotation_axis_angle"
    for q, (angle, *axis) in zip(rotation, values, strict=True):
        assert abs(Quaternion(axis, angle).dot(Quaternion(q))) == pytest.approx(1.0, abs=1e-6)
