# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: review, accept, reject, bake again, undo, save and reload."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import subjects


def animated() -> bpy.types.Object:
    """A rig with an action of its own, an NLA track, an unkeyed pose and odd settings."""
    rig = subjects.mixamo("Hero")
    spine, head = rig.pose.bones["mixamorig:Spine"], rig.pose.bones["mixamorig:Head"]
    head.rotation_mode = "XYZ"
    head.rotation_euler = (0.1, 0.2, 0.3)
    head["blink"] = 0.25
    head["mood"] = "calm"
    rig["chapter"] = 7
    spine.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    for frame, height in ((1, 0.0), (20, 0.4)):
        rig.location.z = height
        rig.keyframe_insert("location", frame=frame)
    own = rig.animation_data.action
    own.name = "Own"
    data = rig.animation_data
    track = data.nla_tracks.new()
    track.strips.new("Wave", 1, bpy.data.actions.new("Wave"))
    track.mute = True
    data.action_influence = 0.5
    data.action_blend_type = "ADD"
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 17
    bpy.context.scene.frame_set(5)
    spine.location.x = 0.123
    return rig


def everything(rig: bpy.types.Object) -> dict:
    """All that Reject has to put back."""
    data = rig.animation_data
    scene = bpy.context.scene
    state: dict = {"frames": (scene.frame_start, scene.frame_end), "chapter": rig.get("chapter")}
    state["animated"] = data is not None
    if data is not None:
        state["action"] = data.action.name if data.action else None
        state["slot"] = data.action_slot.identifier if data.action_slot else None
        names = ("action_blend_type", "action_extrapolation", "action_influence", "use_nla")
        state["mixing"] = [getattr(data, name) for name in names]
        state["tracks"] = [(t.name, t.mute, t.is_solo, len(t.strips)) for t in data.nla_tracks]
    if data is not None and data.action is not None:
        state["users"] = data.action.use_fake_user
        state["keys"] = [
            (c.data_path, c.array_index, [tuple(k.co) for k in c.keyframe_points])
            for c in subjects.addon("blender.takes").curves(data.action)
        ]
    for owner in (rig, *rig.pose.bones):
        state[owner.name + str(type(owner))] = (
            owner.rotation_mode,
            tuple(owner.location),
            tuple(owner.rotation_quaternion),
            tuple(owner.rotation_euler),
            tuple(owner.rotation_axis_angle),
            tuple(owner.scale),
            [
                (k, owner[k])
                for k in sorted(owner.keys())
                if isinstance(owner[k], int | float | str)
            ],
        )
    return state


def test_reject_restores_exactly() -> None:
    rig = animated()
    subjects.ready(rig)
    before = everything(rig)
    actions = set(bpy.data.actions.keys())
    bpy.ops.footfall.bake()
    assert rig.animation_data.action.name not in actions
    assert rig.animation_data.action_influence == 1.0
    assert bpy.context.scene.frame_end > 17
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert everything(rig) == before
    assert set(bpy.data.actions.keys()) == actions
    assert len(rig.footfall.takes) == 0


def test_reject_after_playing_leaves_the_old_animation_at_the_present_frame() -> None:
    rig = animated()
    subjects.ready(rig)
    scene = bpy.context.scene
    scene.frame_set(9)
    rig.pose.bones["mixamorig:Spine"].location.x = 0.123
    there = everything(rig)
    scene.frame_set(5)
    bpy.ops.footfall.bake()
    scene.frame_set(9)
    bpy.ops.footfall.reject_take()
    assert everything(rig) == there


def test_reject_on_a_rig_that_never_moved() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    before = everything(rig)
    assert rig.animation_data is None
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(20)
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before


def test_reject_puts_rigify_switches_back() -> None:
    rig = subjects.rigify()
    subjects.ready(rig)
    for bone in rig.pose.bones:
        bone.ik_stretch = 0.25
    rig.pose.bones["thigh_parent.L"]["IK_FK"] = 1.0
    before = everything(rig)
    bpy.ops.footfall.bake()
    assert everything(rig) != before
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before


@pytest.mark.parametrize("root_motion", ["object", "hips"])
def test_several_takes_one_reject(root_motion: str) -> None:
    rig = animated()
    settings = subjects.ready(rig)
    settings.root_motion = root_motion
    before = everything(rig)
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(20)
    bpy.ops.footfall.bake()
    bpy.context.scene.frame_set(5)
    first, second = rig.footfall.takes
    assert (first.name, second.name) == ("Walk 01", "Walk 02")
    rig.footfall.active_take = 0
    assert rig.animation_data.action == first.action
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before
    assert [take.name for take in rig.footfall.takes] == ["Walk 02"]
    rig.footfall.active_take = 0
    assert rig.animation_data.action == rig.footfall.takes[0].action
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before


def test_accept_keeps_the_take_and_the_action_before_it() -> None:
    rig = animated()
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
    before = everything(rig)
    bpy.ops.footfall.bake()
    assert everything(rig) != before
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before


def test_bake_again_follows_the_edited_path_in_the_same_action() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    action = rig.animation_data.action
    long = action.frame_range[1]
    settings.path.data.splines[0].points[1].co = (0.0, -1.5, 0.0, 1.0)
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(rig.footfall.takes) == 1
    assert rig.animation_data.action == action
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
    curves = subjects.addon("blender.takes").curves(rig.animation_data.action)
    assert not [c for c in curves if c.data_path == "location"]
    assert tuple(rig.location) == (0.0, 0.0, 0.0)


def test_bake_again_of_an_accepted_take_makes_another() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    bpy.ops.footfall.accept_take()
    kept = rig.animation_data.action
    keys = len(subjects.addon("blender.takes").curves(kept))
    bpy.ops.footfall.rebake_take()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]
    assert len(subjects.addon("blender.takes").curves(kept)) == keys


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
        curves = subjects.addon("blender.takes").curves(rig.animation_data.action)
        keys.append([[tuple(k.co) for k in c.keyframe_points] for c in curves])
    assert keys[0] == keys[1]


def test_work_done_while_a_take_waits_is_kept() -> None:
    rig = animated()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    other = bpy.data.actions.new("Other")
    rig.animation_data.action = other
    bpy.ops.footfall.bake()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action == other


def test_reject_keeps_tracks_and_drivers_made_since() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    rig.driver_add("scale", 0)
    rig.animation_data.nla_tracks.new().name = "Mine"
    rig.pose.bones[0]["mine"] = 1.0
    bpy.ops.footfall.bake()
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action is None
    assert [track.name for track in rig.animation_data.nla_tracks] == ["Mine"]
    assert len(rig.animation_data.drivers) == 1
    assert rig.pose.bones[0]["mine"] == 1.0


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


@pytest.mark.parametrize("earlier", [False, True])
def test_error_while_writing_leaves_what_was_there(
    monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    rig = animated()
    subjects.ready(rig)
    if earlier:
        bpy.ops.footfall.bake()
    before, actions = everything(rig), set(bpy.data.actions.keys())
    apply = subjects.addon("blender.apply")
    write = apply.write

    def fail(*arguments: Any, **options: Any) -> None:
        write(*arguments, **options)
        raise ZeroDivisionError

    monkeypatch.setattr(apply, "write", fail)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        bpy.ops.footfall.bake()
    assert everything(rig) == before
    assert set(bpy.data.actions.keys()) == actions
    assert len(rig.footfall.takes) == earlier
    assert bool(rig.footfall.before) == earlier


def test_refused_bake_leaves_the_shown_take_as_it_is() -> None:
    rig = animated()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    before = everything(rig)
    settings.root_motion = "root"
    with pytest.raises(RuntimeError, match="root"):
        bpy.ops.footfall.rebake_take()
    assert everything(rig) == before


def test_take_is_named_by_its_gait() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -12, 0)))
    for speed in (1.3, 3.5):
        settings.speed = speed
        bpy.ops.footfall.bake()
    bpy.ops.footfall.bake_cycle()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Run 01", "Cycle 01"]


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
    rig = animated()
    subjects.ready(rig)
    bpy.ops.ed.undo_push(message="before")
    before = everything(rig)
    bpy.ops.footfall.bake()
    bpy.ops.ed.undo_push(message="Bake")
    bpy.ops.ed.undo()
    rig = bpy.data.objects["Hero"]
    assert everything(rig) == before
    assert len(rig.footfall.takes) == 0
    bpy.ops.ed.redo()
    rig = bpy.data.objects["Hero"]
    assert rig.animation_data.action == rig.footfall.takes[0].action
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before


def test_review_survives_save_and_reload(tmp_path: Path) -> None:
    rig = animated()
    subjects.ready(rig)
    before = everything(rig)
    bpy.ops.footfall.bake()
    file = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    rig = bpy.data.objects["Hero"]
    assert rig.animation_data.action == rig.footfall.takes[0].action
    assert json.loads(rig.footfall.takes[0].recipe)["character"] == "Hero"
    bpy.ops.footfall.reject_take()
    assert everything(rig) == before


def test_live_mode_bakes_again_when_the_path_moves() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    live = subjects.addon("blender.live")
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
