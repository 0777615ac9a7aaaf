# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of an animal: Accept, Reject, undo and Bake Again, and an armature from a BVH file."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs, subjects
from tests.blender.subjects import addon

LOOSE = ("LeftScapula", "Tail2")


@pytest.fixture
def dog(installed: str) -> bpy.types.Object:
    """A dog with an action of its own, an unkeyed pose and odd settings, ready to bake."""
    rig = animals.deform_rig()
    for frame, height in ((1, 0.0), (20, 0.4)):
        rig.location.z = height
        rig.keyframe_insert("location", frame=frame)
    rig.animation_data.action.name = "Own"
    rig.animation_data.action_influence = 0.5
    rig.pose.bones["Jaw"].rotation_mode = "XYZ"
    rig.pose.bones["Jaw"].rotation_euler = (0.1, 0.2, 0.3)
    rig.pose.bones["Jaw"]["open"] = 0.25
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 17
    bpy.context.scene.frame_set(5)
    for name in LOOSE:
        rig.pose.bones[name].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -3, 0)))
    settings.animal_gait, settings.speed = "trot", 1.8
    return rig


def test_reject_restores_exactly(dog: bpy.types.Object) -> None:
    before, actions = subjects.everything(dog), set(bpy.data.actions.keys())
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert subjects.everything(dog) != before
    assert bpy.context.scene.frame_end > 17
    bpy.context.scene.frame_set(40)
    bpy.context.scene.frame_set(5)
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert subjects.everything(dog) == before
    assert set(bpy.data.actions.keys()) == actions
    assert len(dog.footfall.takes) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic_quadruped", "horse"])
def test_reject_puts_the_switches_of_a_control_rig_back(installed: str, kind: str) -> None:
    rig = rigs.rigify(kind)
    leg = rig.pose.bones["thigh_parent.L"]
    leg["IK_FK"], leg["IK_Stretch"] = 1.0, 1.0
    rig.pose.bones["torso"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -3, 0)))
    before = subjects.everything(rig)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert leg["IK_FK"] == 0.0
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


def test_accept_keeps_the_take_and_the_action_before_it(dog: bpy.types.Object) -> None:
    own = dog.animation_data.action
    bpy.ops.footfall.bake()
    action = dog.animation_data.action
    assert bpy.ops.footfall.accept_take() == {"FINISHED"}
    assert dog.animation_data.action == action
    assert own.use_fake_user
    assert dog.footfall.takes[0].accepted
    assert not bpy.ops.footfall.reject_take.poll()
    kept = subjects.everything(dog)
    bpy.ops.footfall.bake()
    assert [take.name for take in dog.footfall.takes] == ["Trot 01", "Trot 02"]
    bpy.ops.footfall.reject_take()
    assert subjects.everything(dog) == kept


def test_bake_is_one_undo_step(dog: bpy.types.Object) -> None:
    subjects.check_one_undo_step(dog)


def test_bake_again_follows_the_edited_path_in_the_same_take(dog: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall
    bpy.ops.footfall.bake()
    name, long = dog.animation_data.action.name, dog.animation_data.action.frame_range[1]
    settings.path.data.splines[0].points[1].co = (0.0, -1.5, 0.0, 1.0)
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(dog.footfall.takes) == 1
    action = dog.animation_data.action
    assert action.name == name
    assert action.frame_range[1] < 0.75 * long
    end = subjects.pose_heads(dog, round(action.frame_range[1]))
    middle = 0.5 * (end["Pelvis"] + end["Withers"])
    assert middle[1] == pytest.approx(-1.5, abs=0.3)
    settings.animal_gait, settings.speed = "walk", 0.9
    bpy.ops.footfall.rebake_take()
    assert dog.animation_data.action.name == name
    assert json.loads(dog.footfall.takes[0].recipe)["gait"] == "walk"


def test_bake_again_of_stored_settings_gives_the_same_keys(dog: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall
    bpy.ops.footfall.bake()
    curves = addon("blender.keys.takes").curves

    def keys() -> list[list[tuple[float, ...]]]:
        found = curves(dog.animation_data.action)
        return [[tuple(key.co) for key in curve.keyframe_points] for curve in found]

    first = keys()
    settings.animal_gait, settings.speed = "walk", 0.8
    assert bpy.ops.footfall.rebake_take(stored=True) == {"FINISHED"}
    assert keys() == first


def imported_dog(folder: Path) -> bpy.types.Object:
    """Import a walk that the motion core wrote, through Blender's own BVH importer."""
    request = addon("motion.bake.request").BakeRequest(
        path=((0.0, 0.0, 0.0), (0.0, 0.0, 2.0)), speed=0.9, model="quadruped", fps=30.0
    )
    clip = addon("motion.bake.bake").bake(request).clip
    file = folder / "dog.bvh"
    addon("motion.clip.bvh").write(file, clip)
    bpy.ops.import_anim.bvh(filepath=str(file), axis_forward="-Z", axis_up="Y")
    return bpy.context.object


def paws(rig: bpy.types.Object, frames: list[int]) -> np.ndarray:
    """Return (T, 4, 3) the evaluated paws in the order of LEGS; meters, Y up."""
    names = [bone.name for bone in rig.pose.bones]
    columns = [names.index(name) for name in addon("motion.body.quadruped").PAWS]
    return addon("blender.scene.armature").sample(rig, frames)[1][:, columns]


@pytest.mark.parametrize("gait", ["walk", "trot"])
def test_an_armature_from_a_bvh_file_is_detected_and_its_paws_do_not_slip(
    installed: str, tmp_path: Path, gait: str
) -> None:
    rig = imported_dog(tmp_path)
    own = rig.animation_data.action
    assert rigs.detected(rig).kind.name == "quadruped"
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (1.5, -3, 0)))
    settings.animal_gait, settings.speed = gait, {"walk": 1.0, "trot": 1.8}[gait]
    settings.start = settings.stop = True
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    first, last = (round(frame) for frame in rig.animation_data.action.frame_range)
    fps = float(bpy.context.scene.render.fps)
    points = paws(rig, list(range(first, last + 1)))
    lowest = points[..., 1].min(axis=0)
    assert lowest == pytest.approx(np.full(4, lowest.mean()), abs=0.01)
    assert 0.0 < lowest.mean() < 0.05
    stances = json.loads(rig.footfall.takes[0].report)["footfalls"]
    assert all(len(found) >= 2 for found in stances.values())
    for column, leg in enumerate(addon("motion.body.quadruped").LEGS):
        for begin, end in stances[leg]:
            # In the last frame of a contact the paw is already leaving.
            stance = points[round(begin * fps) + 1 : round(end * fps) - 1, column]
            assert len(stance) < 2 or np.ptp(stance, axis=0).max() < 0.005, (leg, begin)
    ends = points[-1].mean(axis=0)
    assert ends[[0, 2]] == pytest.approx([1.5, 3.0], abs=0.4)
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action == own
