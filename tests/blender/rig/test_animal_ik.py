# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals with custom IK: keys on its targets, measured on evaluated bones."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector

from tests.blender import animals, rigs
from tests.blender.subjects import addon

FRAMES = [1, 8, 15, 23, 30, 38, 47, 60]
LEGS = {"Hind": ("Femur", "Tibia"), "Fore": ("Humerus", "Radius")}
"""Upper and lower bone of a two-bone IK; below both are pastern and paw."""


def ik_dog(whole: bool, pole: bool) -> bpy.types.Object:
    """Make a dog whose legs hang on IK targets under a root bone.

    ``whole`` legs bend down to the paw, which copies its control's turn; others to hock and wrist.
    """
    rig = animals.deform_rig()
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    root = bones.new("root")
    root.head, root.tail = (0.0, 0.0, 0.0), (0.0, 0.3, 0.0)
    bones["Pelvis"].parent = root
    for part, side, last in limbs(whole):
        end, paw = bones[last].tail, bones[f"{side}{part}Paw"]
        along = paw.vector if whole else Vector((0.02, -0.15, 0.03))
        control = bones.new(f"ik_{part}{side}")
        control.head, control.tail = end.copy(), end + along
        control.roll, control.parent = paw.roll if whole else 0.7, root
        target = bones.new(f"pole_{part}{side}")
        knee = bones[side + LEGS[part][1]].head
        target.head = knee + Vector((0.0, -0.5 if part == "Hind" else 0.5, 0.0))
        target.tail, target.parent = target.head + Vector((0.05, 0.0, 0.1)), root
    bpy.ops.object.mode_set(mode="OBJECT")
    for part, side, last in limbs(whole):
        ik = rig.pose.bones[last].constraints.new("IK")
        ik.target, ik.subtarget = rig, f"ik_{part}{side}"
        ik.chain_count = 2 + whole * (2 if part == "Hind" else 1)
        if pole:
            ik.pole_target, ik.pole_subtarget = rig, f"pole_{part}{side}"
            rigs.match_rest(rig, ik, side + LEGS[part][1])
        if whole:
            copy = rig.pose.bones[f"{side}{part}Paw"].constraints.new("COPY_ROTATION")
            copy.target, copy.subtarget = rig, f"ik_{part}{side}"
    return rig


def limbs(whole: bool) -> list[tuple[str, str, str]]:
    """Return part, side and the bone with the IK of each leg."""
    return [
        (part, side, f"{side}{part}Pastern" if whole else side + LEGS[part][1])
        for part in LEGS
        for side in ("Left", "Right")
    ]


@pytest.mark.parametrize("root_motion", ["hips", "root", "object"])
@pytest.mark.parametrize(("whole", "pole"), [(True, False), (False, True), (False, False)])
def test_ik_targets_and_poles_carry_the_legs(
    installed: str, whole: bool, pole: bool, root_motion: str
) -> None:
    key_plan = addon("blender.keys.key_plan")
    rig = ik_dog(whole, pole)
    rig.location, rig.rotation_euler = (1.0, -2.0, 0.0), (0.0, 0.0, 0.7)
    bpy.context.view_layer.update()
    found = rigs.detected(rig)
    assert found.kind.name == "quadruped"
    clip = animals.sized(rig, found, animals.step())
    posed = rigs.wanted(rig, found, clip)
    plan = key_plan.plan_keys(rig, found, clip, key_plan.KeySettings(root_motion))
    controls = {f"ik_{part}{side}" for part, side, _last in limbs(whole)}
    assert controls <= {keys.bone for keys in plan.bones}
    assert any("IK controls" in note for note in plan.notes)
    key_plan.write(plan, rig)
    for name, (place, direction, _) in rigs.errors(rig, posed, FRAMES).items():
        assert place < 0.002, name
        assert direction < 1.0, name


def test_the_targets_and_not_the_bones_alone_move_the_legs(installed: str) -> None:
    key_plan = addon("blender.keys.key_plan")
    rig = ik_dog(whole=True, pole=False)
    found = rigs.detected(rig)
    clip = animals.sized(rig, found, animals.step())
    action = key_plan.write(key_plan.plan_keys(rig, found, clip), rig)
    for curve in list(addon("blender.keys.takes").curves(action)):
        if "ik_Hind" not in curve.data_path and "ik_Fore" not in curve.data_path:
            curve.mute = True
    armature = addon("blender.scene.armature")
    order = [bone.name for bone in rig.pose.bones]
    columns = [order.index(f"{side}{part}Paw") for part, side, _ in limbs(True)]
    heads = armature.sample(rig, [5, 15])[1][:, columns]
    assert np.abs(heads[1] - heads[0]).max(axis=-1).min() > 0.01


def test_ik_that_turns_a_leg_by_its_target_is_refused_with_advice(installed: str) -> None:
    rig = ik_dog(whole=False, pole=False)
    rig.pose.bones["LeftTibia"].constraints["IK"].use_rotation = True
    found = rigs.detected(rig)
    clip = animals.sized(rig, found, animals.step(seconds=1.0))
    with pytest.raises(addon("errors").RefusedError, match=r'"LeftTibia".*switch that limb'):
        addon("blender.keys.key_plan").plan_keys(rig, found, clip)


def test_ik_of_a_tail_is_refused_with_advice(installed: str) -> None:
    rig = ik_dog(whole=True, pole=False)
    ik = rig.pose.bones["Tail5"].constraints.new("IK")
    ik.target, ik.subtarget, ik.chain_count = rig, "root", 5
    found = rigs.detected(rig)
    clip = animals.sized(rig, found, animals.step(seconds=1.0))
    with pytest.raises(addon("errors").RefusedError, match=r'"Tail5".*mute the constraint'):
        addon("blender.keys.key_plan").plan_keys(rig, found, clip)
