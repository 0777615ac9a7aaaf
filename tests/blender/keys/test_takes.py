# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: review, accept, reject, undo, save and reload."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender import subjects


def test_reject_restores_exactly() -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    before = subjects.everything(rig)
    actions = set(bpy.data.actions.keys())
    bpy.ops.footfall.bake()
    assert rig.animation_data.action.name not in actions
    assert rig.animation_data.action_influence == 1.0
    assert bpy.context.scene.frame_end > 17
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert subjects.everything(rig) == before
    assert set(bpy.data.actions.keys()) == actions
    assert len(rig.footfall.takes) == 0


def test_reject_after_playing_leaves_the_old_animation_at_the_present_frame() -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    scene = bpy.context.scene
    scene.frame_set(9)
    rig.pose.bones["mixamorig:Spine"].location.x = 0.123
    there = subjects.everything(rig)
    scene.frame_set(5)
    bpy.ops.footfall.bake()
    scene.frame_set(9)
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == there


def test_reject_on_a_rig_that_never_moved() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    before = subjects.everything(rig)
    assert rig.animation_data is None
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(20)
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


def test_reject_puts_rigify_switches_back() -> None:
    rig = subjects.rigify()
    subjects.ready(rig)
    for bone in rig.pose.bones:
        bone.ik_stretch = 0.25
    rig.pose.bones["thigh_parent.L"]["IK_FK"] = 1.0
    before = subjects.everything(rig)
    bpy.ops.footfall.bake()
    assert subjects.everything(rig) != before
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


@pytest.mark.parametrize("root_motion", ["object", "hips"])
def test_several_takes_one_reject(root_motion: str) -> None:
    rig = subjects.animated()
    settings = subjects.ready(rig)
    settings.root_motion = root_motion
    before = subjects.everything(rig)
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(20)
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(5)
    first, second = rig.footfall.takes
    assert (first.name, second.name) == ("Walk 01", "Walk 02")
    rig.footfall.active_take = 0
    assert rig.animation_data.action == first.action
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before
    assert [take.name for take in rig.footfall.takes] == ["Walk 02"]
    rig.footfall.active_take = 0
    assert rig.animation_data.action == rig.footfall.takes[0].action
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


def test_accept_keeps_the_take_and_the_action_before_it() -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    own = rig.animation_data.action
    bpy.ops.footfall.bake()
    action = rig.animation_data.action
    assert bpy.ops.footfall.accept_take() == {"FINISHED"}
    assert rig.animation_data.action == action
    assert own.use_fake_user
    assert not bpy.ops.footfall.accept_take.poll()
    assert not bpy.ops.footfall.reject_take.poll()
    assert rig.footfall.takes[0].accepted


def test_take_after_an_accepted_one_is_rejected_to_it() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    bpy.ops.footfall.accept_take()
    before = subjects.everything(rig)
    bpy.ops.footfall.bake()
    assert subjects.everything(rig) != before
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


def test_work_done_while_a_take_waits_is_kept() -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    other = bpy.data.actions.new("Other")
    rig.animation_data.action = other
    bpy.ops.footfall.bake()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action == other


def test_reject_keeps_tracks_drivers_and_properties_made_since() -> None:
    rig = subjects.mixamo()
    rig["chapter"] = 7
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    rig["chapter"] = 8
    rig.driver_add("scale", 0)
    rig.animation_data.nla_tracks.new().name = "Mine"
    rig.pose.bones[0]["mine"] = 1.0
    bpy.ops.footfall.bake()
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action is None
    assert [track.name for track in rig.animation_data.nla_tracks] == ["Mine"]
    assert len(rig.animation_data.drivers) == 1
    assert rig.pose.bones[0]["mine"] == 1.0
    assert rig["chapter"] == 8


def test_take_wins_over_nla_tracks() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    clean = subjects.pose_heads(rig, 12)
    bpy.ops.footfall.reject_take()
    hips = rig.pose.bones["mixamorig:Hips"]
    hips.location.x = 5.0
    hips.keyframe_insert("location", frame=1)
    data = rig.animation_data
    data.nla_tracks.new().strips.new("Old", 1, data.action)
    data.nla_tracks[0].is_solo = True
    data.action = None
    bpy.ops.footfall.bake()
    for name, place in subjects.pose_heads(rig, 12).items():
        np.testing.assert_allclose(place, clean[name], atol=1e-5)
    bpy.ops.footfall.reject_take()
    assert data.nla_tracks[0].is_solo


def test_removing_a_take_that_is_not_shown() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    bpy.ops.footfall.bake()
    gone = rig.footfall.takes[0].action.name
    with pytest.raises(RuntimeError, match="reject it instead"):
        bpy.ops.footfall.remove_take(index=1)
    bpy.ops.footfall.remove_take(index=0)
    assert gone not in bpy.data.actions
    assert rig.footfall.active_take == 0
    assert [take.name for take in rig.footfall.takes] == ["Walk 02"]


def test_bake_is_one_undo_step() -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    subjects.check_one_undo_step(rig)


def test_review_survives_save_and_reload(tmp_path: Path) -> None:
    rig = subjects.animated()
    subjects.ready(rig)
    before = subjects.everything(rig)
    bpy.ops.footfall.bake()
    file = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    rig = bpy.data.objects["Hero"]
    assert rig.animation_data.action == rig.footfall.takes[0].action
    assert json.loads(rig.footfall.takes[0].recipe)["character"] == "Hero"
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before
