# SPDX-License-Identifier: GPL-3.0-or-later
"""Control rigs follow the retargeted pose, measured on evaluated bones."""

import bpy
import numpy as np
import pytest
from mathutils import Vector

from tests.blender import rigs
from tests.blender.subjects import addon

FRAMES = [1, 9, 17, 26, 38, 47, 60]
TORSO = ("spine", "shoulder", "upper_arm", "forearm", "hand")


@pytest.fixture
def key_plan(installed):
    return addon("blender.keys.key_plan")


@pytest.mark.parametrize("root_motion", ["hips", "root", "object"])
@pytest.mark.parametrize("kind", ["basic_human", pytest.param("human", marks=pytest.mark.slow)])
def test_rigify_deform_bones_follow(key_plan, kind, root_motion):
    rig = rigs.rigify(kind)
    rig.location, rig.rotation_euler = (1.0, -2.0, 0.0), (0.0, 0.0, 0.7)
    bpy.context.view_layer.update()
    rig_map, clip = rigs.detected(rig), rigs.walk()
    assert rig_map.family == "rigify"
    posed = rigs.wanted(rig, rig_map, clip)
    key_plan.write(key_plan.plan_keys(rig, rig_map, clip, key_plan.KeySettings(root_motion)), rig)
    deform = {n: n.replace("ORG-", "DEF-") for n in posed.body.rig.names if n.startswith("ORG-")}
    deform = {n: d for n, d in deform.items() if d in rig.pose.bones}
    for name, (place, direction, turn) in rigs.errors(rig, posed, FRAMES, deform).items():
        assert place < 0.01, name
        # The neck is one control for two bones.
        assert direction < (10.0 if name in ("ORG-spine.004", "ORG-spine.005") else 2.0), name
        if any(part in name for part in ("hand", "foot", "toe", "shoulder", "forearm", "shin")):
            assert turn < 2.0, name


def test_rigify_switches_are_set_keyed_and_restored(key_plan):
    rig = rigs.rigify("basic_human")
    arm, leg = rig.pose.bones["upper_arm_parent.L"], rig.pose.bones["thigh_parent.R"]
    leg["IK_FK"], arm["IK_FK"], leg["IK_Stretch"] = 1.0, 0.0, 1.0
    rig_map, clip = rigs.detected(rig), rigs.walk(10)
    plan = key_plan.plan_keys(rig, rig_map, clip)
    state = addon("blender.keys.state")
    before = state.capture(rig, bpy.context.scene)
    action = key_plan.write(plan, rig)
    assert (arm["IK_FK"], leg["IK_FK"], leg["IK_Stretch"]) == (1.0, 0.0, 0.0)
    paths = {c.data_path for c in action.layers[0].strips[0].channelbags[0].fcurves}
    assert 'pose.bones["thigh_parent.R"]["IK_FK"]' in paths
    rig.animation_data.action = None
    state.restore(rig, bpy.context.scene, before, None)
    assert (arm["IK_FK"], leg["IK_FK"], leg["IK_Stretch"]) == (0.0, 1.0, 1.0)
    assert rig.pose.bones["thigh_ik.L"].ik_stretch == pytest.approx(0.1)
    assert rig.pose.bones["torso"].location.length == 0.0


def test_rigify_poses_left_on_controls_do_not_add_up(key_plan):
    rig = rigs.rigify("basic_human")
    rig.pose.bones["hips"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
    rig.pose.bones["foot_heel_ik.L"].rotation_euler = (0.4, 0.0, 0.0)
    rig.pose.bones["root"].location = (0.5, 0.0, 0.0)
    rig_map, clip = rigs.detected(rig), rigs.walk(20)
    posed = rigs.wanted(rig, rig_map, clip)
    plan = key_plan.plan_keys(rig, rig_map, clip)
    assert not any(keys.bone.startswith(("MCH-", "ORG-", "DEF-")) for keys in plan.bones)
    key_plan.write(plan, rig)
    for name, (place, _, _) in rigs.errors(rig, posed, [1, 10, 20]).items():
        assert place < 0.01, name


def test_metarig_is_keyed_on_its_bones(key_plan):
    bpy.ops.preferences.addon_enable(module="rigify")
    bpy.ops.object.armature_basic_human_metarig_add()
    rig = bpy.context.object
    rig_map, clip = rigs.detected(rig), rigs.walk(20)
    assert rig_map.family == "rigify_meta"
    posed = rigs.wanted(rig, rig_map, clip)
    key_plan.write(key_plan.plan_keys(rig, rig_map, clip), rig)
    for name, (place, _, turn) in rigs.errors(rig, posed, [1, 10, 20]).items():
        assert place < 1e-4, name
        assert turn < 0.1, name


@pytest.mark.parametrize("kind", ["bird", "shark"])
def test_rigs_that_do_not_walk_on_four_legs_are_not_taken_for_animals(kind):
    import addon_utils

    addon_utils.enable("rigify")
    getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
    assert rigs.detected(bpy.context.object).kind.name == "biped"


def ik_rig(pole: bool) -> bpy.types.Object:
    """Make a mocap-named rig whose legs hang on IK targets under a root bone."""
    rig = rigs.bones(rigs.walk(2).skeleton)
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    root = bones.new("root")
    root.head, root.tail = (0.0, 0.0, 0.0), (0.0, 0.3, 0.0)
    bones["Hips"].parent = root
    for side in ("Left", "Right"):
        foot, knee = bones[f"{side}Foot"], bones[f"{side}Leg"]
        bones[f"{side}UpLeg"].tail = knee.head = knee.head + Vector((0.0, -0.03, 0.0))
        knee.tail = foot.head
        control = bones.new(f"ik_{side}")
        control.head, control.tail = foot.head.copy(), foot.head + Vector((0.0, -0.2, 0.05))
        control.roll, control.parent = 0.7, root
        control.use_local_location = side == "Left"
        helper = bones.new(f"mch_{side}")
        helper.head, helper.tail = foot.head.copy(), foot.head + Vector((0.0, 0.0, 0.1))
        helper.parent = control
        target = bones.new(f"pole_{side}")
        target.head = knee.head + Vector((0.0, -0.6, 0.0))
        target.tail = target.head + Vector((0.05, 0.0, 0.1))
        target.parent = root
    bpy.ops.object.mode_set(mode="OBJECT")
    for side in ("Left", "Right"):
        constraint = rig.pose.bones[f"{side}Leg"].constraints.new("IK")
        constraint.target, constraint.subtarget, constraint.chain_count = rig, f"mch_{side}", 2
        if pole:
            constraint.pole_target, constraint.pole_subtarget = rig, f"pole_{side}"
            rigs.match_rest(rig, constraint, f"{side}Leg")
    return rig


@pytest.mark.parametrize("pole", [True, False])
def test_ik_targets_and_poles_carry_the_legs(key_plan, pole):
    rig = ik_rig(pole)
    rig_map, clip = rigs.detected(rig), rigs.walk()
    posed = rigs.wanted(rig, rig_map, clip)
    plan = key_plan.plan_keys(rig, rig_map, clip)
    assert {"ik_Left", "ik_Right"} <= {keys.bone for keys in plan.bones}
    assert any("IK controls" in note for note in plan.notes)
    key_plan.write(plan, rig)
    for name, (place, direction, _) in rigs.errors(rig, posed, FRAMES).items():
        assert place < 0.005, name
        assert direction < 1.0, name


def test_copied_bones_lead_to_their_controls(key_plan):
    rig = rigs.bones(rigs.walk(2).skeleton)
    names = [bone.name for bone in rig.data.bones]
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    for name in names:
        control = bones.new(f"c_{name}")
        control.head, control.tail = bones[name].head.copy(), bones[name].tail.copy()
        control.roll = bones[name].roll
    for name in names:
        if bones[name].parent:
            bones[f"c_{name}"].parent = bones[f"c_{bones[name].parent.name}"]
    bpy.ops.object.mode_set(mode="OBJECT")
    for name in names:
        constraint = rig.pose.bones[name].constraints.new("COPY_TRANSFORMS")
        constraint.target, constraint.subtarget = rig, f"c_{name}"
    rig_map, clip = rigs.detected(rig), rigs.walk(20)
    posed = rigs.wanted(rig, rig_map, clip)
    plan = key_plan.plan_keys(rig, rig_map, clip)
    assert all(keys.bone.startswith("c_") for keys in plan.bones)
    key_plan.write(plan, rig)
    for name, (place, _, turn) in rigs.errors(rig, posed, [1, 10, 20]).items():
        assert place < 1e-3, name
        assert turn < 0.1, name


def test_bones_that_follow_other_objects_are_refused_with_advice(key_plan):
    rig = rigs.bones(rigs.walk(2).skeleton)
    other = bpy.data.objects.new("Other", None)
    bpy.context.scene.collection.objects.link(other)
    rig.pose.bones["Hips"].constraints.new("COPY_ROTATION").target = other
    with pytest.raises(addon("errors").RefusedError, match=r"follows another object.*mute"):
        key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk(5))


@pytest.mark.parametrize(
    ("family", "names", "switch"),
    [
        (
            "auto_rig_pro",
            {
                "Hips": "c_root_master.x", "Spine": "c_spine_01.x", "Spine1": "c_spine_02.x",
                "Spine2": "c_spine_03.x", "Neck": "c_neck.x", "Head": "c_head.x",
                "Shoulder": "c_shoulder.{s}", "Arm": "c_arm_fk.{s}", "ForeArm": "c_forearm_fk.{s}",
                "Hand": "c_hand_fk.{s}", "UpLeg": "c_thigh_fk.{s}", "Leg": "c_leg_fk.{s}",
                "Foot": "c_foot_fk.{s}", "Toe": "c_toes_fk.{s}", "sides": "l r",
            },
            "c_foot_ik.l",
        ),
        (
            "mixamo_control",
            {
                "Hips": "Ctrl_Hips", "Spine": "Ctrl_Spine", "Spine1": "Ctrl_Spine1",
                "Spine2": "Ctrl_Spine2", "Neck": "Ctrl_Neck", "Head": "Ctrl_Head",
                "Shoulder": "Ctrl_Shoulder_{s}", "Arm": "Ctrl_Arm_FK_{s}",
                "ForeArm": "Ctrl_ForeArm_FK_{s}", "Hand": "Ctrl_Hand_FK_{s}",
                "UpLeg": "Ctrl_UpLeg_FK_{s}", "Leg": "Ctrl_Leg_FK_{s}",
                "Foot": "Ctrl_Foot_FK_{s}", "Toe": "Ctrl_Toe_FK_{s}", "sides": "Left Right",
            },
            "Ctrl_Foot_IK_Left",
        ),
    ],
)  # fmt: skip
def test_families_on_fk_controls_set_their_switches(key_plan, family, names, switch):
    rig = rigs.bones(rigs.walk(2).skeleton)
    for bone in rig.data.bones:
        side = next((s for s in ("Left", "Right") if bone.name.startswith(s)), "")
        form = names.get(bone.name[len(side) :], bone.name)
        words = dict(zip(("Left", "Right"), names["sides"].split(), strict=True))
        bone.name = form.format(s=words.get(side, ""))
    bpy.ops.object.mode_set(mode="EDIT")
    extra = rig.data.edit_bones.new(switch)
    extra.head, extra.tail = (0.1, 0.0, 0.1), (0.1, -0.1, 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones[switch]["ik_fk_switch"] = 0.0
    rig_map, clip = rigs.detected(rig), rigs.walk(20)
    assert rig_map.family == family
    plan = key_plan.plan_keys(rig, rig_map, clip)
    assert plan.switches == ((switch, "ik_fk_switch", 1.0),)
    posed = rigs.wanted(rig, rig_map, clip)
    key_plan.write(plan, rig)
    assert rig.pose.bones[switch]["ik_fk_switch"] == 1.0
    for name, (place, _, turn) in rigs.errors(rig, posed, [1, 10, 20]).items():
        assert place < 1e-3, name
        assert turn < 0.1, name


def test_rigify_maps_of_deform_bones_work_and_of_controls_are_refused(key_plan):
    rig = rigs.rigify("basic_human")
    found, clip = rigs.detected(rig), rigs.walk(20)
    deform = found
    for role, names in found.roles.items():
        if role != "root":
            deform = deform.with_role(role, *(n.replace("ORG-", "DEF-") for n in names))
    posed = rigs.wanted(rig, found, clip)
    key_plan.write(key_plan.plan_keys(rig, deform, clip), rig)
    for name, (place, _, _) in rigs.errors(rig, posed, [1, 10, 20]).items():
        assert place < 0.01, name
    controls = found.with_role("hand.L", "hand_fk.L")
    with pytest.raises(addon("errors").RefusedError, match="not an ORG or DEF bone"):
        key_plan.plan_keys(rig, controls, clip)


def test_rigify_heels_roll_so_that_foot_controls_stay_level(key_plan):
    rig = rigs.rigify("basic_human")
    plan = key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk())
    keys = {keys.bone: keys for keys in plan.bones}
    roll = keys["foot_heel_ik.L"].rotation
    assert 2.0 * np.arctan2(roll[:, 1], roll[:, 0]).max() > 0.2
    assert np.abs(roll[:, 2:]).max() < 1e-6
    assert roll[:, 1].min() > -1e-6
    quat = addon("motion.maths.quat")
    toes_down = keys["foot_ik.L"].rotation[roll[:, 1] > 0.05]
    assert len(toes_down)
    assert np.abs(quat.apply(toes_down, np.array([0.0, 1.0, 0.0]))[:, 2]).max() < 0.02
