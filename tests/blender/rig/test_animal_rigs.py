# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals follow the retargeted pose, measured on evaluated bones."""

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs
from tests.blender.subjects import addon

FRAMES = [1, 8, 15, 23, 30, 38, 47, 60]
LIMBS = ("hindleg", "foreleg")


@pytest.fixture
def key_plan(installed):
    return addon("blender.keys.key_plan")


def posed_map(rig):
    """Return the detected map, the map that the keys use, and the wanted pose of a sized clip."""
    found = rigs.detected(rig)
    clip = animals.sized(rig, found, animals.step())
    bones = addon("blender.scene.armature").read_rig(rig)
    used = addon("blender.rig.control_rigs").prepare(bones, found)
    return found, used, clip, rigs.wanted(rig, used, clip)


def deform_names(rig, used):
    """Return mapped bone to the deform bone that should lie on it; tails are measured alone."""
    names = {}
    for role, bones in used.roles.items():
        for name in bones if role not in ("root", "tail") else ():
            deform = name.replace("ORG-", "DEF-")
            names[name] = deform if deform in rig.pose.bones else name
    return names


@pytest.mark.parametrize("root_motion", ["hips", "root", "object"])
@pytest.mark.parametrize(
    "kind",
    [
        "basic_quadruped",
        "horse",
        *(pytest.param(k, marks=pytest.mark.slow) for k in ("cat", "wolf")),
    ],
)
def test_rigify_deform_bones_follow(key_plan, kind, root_motion):
    rig = rigs.rigify(kind)
    rig.location, rig.rotation_euler = (1.0, -2.0, 0.0), (0.0, 0.0, 0.7)
    bpy.context.view_layer.update()
    found, used, clip, posed = posed_map(rig)
    assert (found.family, found.kind.name) == ("rigify_quadruped", "quadruped")
    before = {n: len(getattr(bpy.data, n)) for n in ("objects", "scenes", "actions")}
    plan = key_plan.plan_keys(rig, found, clip, key_plan.KeySettings(root_motion))
    assert before == {n: len(getattr(bpy.data, n)) for n in before}
    key_plan.write(plan, rig)
    size = posed.body.leg_length / 0.56
    names = deform_names(rig, used)
    errors = rigs.errors(rig, posed, FRAMES, names)
    for bone, (place, direction, turn) in errors.items():
        role = next(role for role, bones in used.roles.items() if bone in bones)
        if role == "tail":
            assert place < 0.002 * size, bone
            assert turn < 1.0, bone
        elif role in ("neck", "head"):
            assert place < 0.03 * size, bone
        else:
            assert place < 0.005 * size, bone
            assert direction < 2.0, bone


def test_rigify_paws_stand_still(key_plan):
    rig = rigs.rigify("basic_quadruped")
    found, _used, clip, posed = posed_map(rig)
    key_plan.write(key_plan.plan_keys(rig, found, clip), rig)
    frames = list(range(1, clip.frames + 1))
    _rotations, heads = addon("blender.scene.armature").sample(rig, frames)
    order = [bone.name for bone in rig.pose.bones]
    size = posed.body.leg_length / 0.56
    for column, leg in enumerate(posed.body.legs):
        paw = posed.body.rig.names[leg.end].replace("ORG-", "DEF-")
        down = clip.contacts[:, column] > 0.5
        edges = np.flatnonzero(np.diff(np.concatenate([[False], down, [False]]).astype(int)))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            # In the last frame of a contact the paw is already leaving.
            stance = heads[start : stop - 1, order.index(paw)]
            assert np.ptp(stance, axis=0).max() < 0.002 * size, (leg.joints.name, start)


def test_rigify_controls_carry_the_keys_and_switches_are_set(key_plan):
    rig = rigs.rigify("horse")
    leg = rig.pose.bones["thigh_parent.L"]
    leg["IK_FK"], leg["IK_Stretch"] = 1.0, 1.0
    rig.pose.bones["hips"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
    rig.pose.bones["tail_master.001"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
    rig.pose.bones["ear.L"].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    found, _used, clip, posed = posed_map(rig)
    plan = key_plan.plan_keys(rig, found, clip)
    state = addon("blender.keys.state")
    before = state.capture(rig, bpy.context.scene)
    keyed = {keys.bone for keys in plan.bones}
    paws = {f"{part}_{end}.{s}" for part in ("forefoot", "hind_foot") for s in "LR"
            for end in ("ik", "heel_ik")}  # fmt: skip
    assert paws | {"torso", "neck", "head", "tail.003", "spine_fk.004", "r_toe_ik.L"} <= keyed
    assert not any(name.startswith(("MCH-", "ORG-", "DEF-")) for name in keyed)
    assert not any(name.startswith(("ear", "jaw", "mane", "eye")) for name in keyed)
    action = key_plan.write(plan, rig)
    assert (leg["IK_FK"], leg["IK_Stretch"], leg["pole_vector"]) == (0.0, 0.0, True)
    errors = rigs.errors(rig, posed, [1, 20, 40])
    assert max(place for name, (place, _, _) in errors.items() if "neck" not in name) < 0.02
    assert tuple(rig.pose.bones["ear.L"].rotation_quaternion) == pytest.approx((0.8, 0.6, 0, 0))
    rig.animation_data.action = None
    bpy.data.actions.remove(action)
    state.restore(rig, bpy.context.scene, before, None)
    assert (leg["IK_FK"], leg["IK_Stretch"], leg["pole_vector"]) == (1.0, 1.0, False)


@pytest.mark.slow
def test_a_spine_bone_rolled_half_around_is_noted(key_plan):
    for kind, noted in (("horse", True), ("wolf", False)):
        rig = rigs.rigify(kind)
        found, _used, clip, _posed = posed_map(rig)
        notes = key_plan.plan_keys(rig, found, clip).notes
        assert any("rolled half around" in note for note in notes) == noted


@pytest.mark.parametrize("kind", animals.GENERATED)
def test_metarigs_are_keyed_on_their_bones(key_plan, kind):
    rig = animals.metarig(kind)
    found, _used, clip, posed = posed_map(rig)
    assert found.family == "rigify_quadruped_meta"
    key_plan.write(key_plan.plan_keys(rig, found, clip), rig)
    size = posed.body.leg_length / 0.56
    for name, (place, _, turn) in rigs.errors(rig, posed, [1, 20, 40]).items():
        assert place < 1e-3 * size, name
        assert turn < 0.1, name


@pytest.mark.parametrize("root_motion", ["hips", "root", "object", "in_place"])
def test_deform_rigs_take_the_pose_and_leave_extra_bones_alone(key_plan, root_motion):
    rig = animals.deform_rig()
    if root_motion == "root":
        bpy.ops.object.mode_set(mode="EDIT")
        root = rig.data.edit_bones.new("root")
        root.head, root.tail = (0.0, 0.0, 0.0), (0.0, 0.3, 0.0)
        rig.data.edit_bones["Pelvis"].parent = root
        bpy.ops.object.mode_set(mode="OBJECT")
    rig.location, rig.rotation_euler = (1.0, -2.0, 0.0), (0.0, 0.0, 0.7)
    bpy.context.view_layer.update()
    found, _used, clip, posed = posed_map(rig)
    plan = key_plan.plan_keys(rig, found, clip, key_plan.KeySettings(root_motion))
    assert not {"Ear", "Jaw"} & {keys.bone for keys in plan.bones}
    key_plan.write(plan, rig)
    errors = rigs.errors(rig, posed, FRAMES)
    for name, (place, _, turn) in errors.items() if root_motion != "in_place" else ():
        assert place < 1e-3, name
        assert turn < 0.1, name
