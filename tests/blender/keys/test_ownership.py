# SPDX-License-Identifier: GPL-3.0-or-later
"""Every action has an owner: the artist's are never lost, and no action in use is rewritten."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from tests.blender import subjects

Keys = list[tuple[str, int, list[tuple[float, ...]]]]


def keys(action: bpy.types.Action) -> Keys:
    """Return all keys of an action."""
    curves = subjects.addon("blender.keys.takes").curves(action)
    return [(c.data_path, c.array_index, [tuple(k.co) for k in c.keyframe_points]) for c in curves]


def artist(name: str = "Hero") -> tuple[bpy.types.Object, bpy.types.PropertyGroup]:
    """Make a person with an action of the artist's, ready to bake."""
    rig = subjects.mixamo(name)
    rig.keyframe_insert("location", frame=1)
    rig.animation_data.action.name = "Artist"
    return rig, subjects.ready(rig)


def reload(folder: Path) -> None:
    file = str(folder / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)


def test_own_action_outlives_a_take_that_was_unlinked_and_baked_again(tmp_path: Path) -> None:
    rig, _settings = artist()
    bpy.ops.footfall.bake()
    rig.animation_data.action = None
    bpy.ops.footfall.bake()
    reload(tmp_path)
    assert keys(bpy.data.actions["Artist"])
    bpy.ops.footfall.reject_take()
    reload(tmp_path)
    assert keys(bpy.data.actions["Artist"])


def test_own_action_outlives_the_character(tmp_path: Path) -> None:
    rig, _settings = artist()
    bpy.ops.footfall.bake()
    bpy.data.objects.remove(rig)
    reload(tmp_path)
    assert keys(bpy.data.actions["Artist"])


def test_review_lends_a_fake_user_until_it_is_rejected() -> None:
    rig, _settings = artist()
    own = rig.animation_data.action
    bpy.ops.footfall.bake()
    assert own.use_fake_user
    bpy.ops.footfall.reject_take()
    assert not own.use_fake_user
    own.use_fake_user = True
    bpy.ops.footfall.bake()
    bpy.ops.footfall.reject_take()
    assert own.use_fake_user


@pytest.mark.parametrize("way", ["Shift-D", "Shift-D, shared action", "Alt-D", "script"])
def test_bake_again_on_a_copy_leaves_the_original(way: str) -> None:
    rig, settings = artist()
    bpy.ops.footfall.bake()
    before = keys(rig.animation_data.action)
    preferences = bpy.context.preferences.edit
    preferences.use_duplicate_action = way != "Shift-D, shared action"
    if way == "script":
        other = rig.copy()
        bpy.context.scene.collection.objects.link(other)
        bpy.context.view_layer.update()
    else:
        bpy.ops.object.duplicate(linked=way == "Alt-D")
        other = bpy.context.object
    preferences.use_duplicate_action = True
    settings.character = other
    settings.path = subjects.path((5, 0, 0), (5, -2, 0))
    bpy.ops.footfall.rebake_take()
    assert keys(rig.animation_data.action) == before
    assert rig.footfall.takes[0].action == rig.animation_data.action
    assert other.footfall.takes[0].action == other.animation_data.action
    assert subjects.pose_heads(other, 10)["mixamorig:Hips"][0] == pytest.approx(5.0, abs=0.2)
    bpy.ops.footfall.reject_take()
    assert keys(rig.animation_data.action) == before
    assert other.animation_data.action.name.startswith("Artist")


def test_copy_that_the_artist_made_of_a_takes_action_is_theirs() -> None:
    rig, _settings = artist()
    bpy.ops.footfall.bake()
    bpy.ops.object.duplicate()
    own = rig.footfall.takes[0].action.copy()
    rig.animation_data.action = own
    bpy.context.view_layer.update()
    before = keys(own)
    assert rig.footfall.takes[0].action != own
    bpy.context.scene.footfall.character = rig
    bpy.ops.footfall.bake()
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action == own
    assert keys(own) == before


def test_strip_of_another_rig_keeps_the_action_that_it_plays() -> None:
    rig, settings = artist()
    bpy.ops.footfall.bake()
    action = rig.animation_data.action
    before = keys(action)
    other = subjects.mixamo("Extra")
    strip = other.animation_data_create().nla_tracks.new().strips.new("walk", 1, action)
    settings.path.data.splines[0].points[1].co = (0.0, -1.5, 0.0, 1.0)
    bpy.ops.footfall.rebake_take()
    assert strip.action == action
    assert keys(action) == before
    assert keys(rig.animation_data.action) != before


def test_rejecting_an_accepted_take_keeps_it() -> None:
    rig, _settings = artist()
    bpy.ops.footfall.bake()
    bpy.ops.footfall.accept_take()
    accepted = rig.animation_data.action
    other = bpy.data.actions.new("Other")
    rig.animation_data.action = other
    rig.footfall.active_take = 0
    assert rig.animation_data.action == accepted
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action == other
    assert [take.action for take in rig.footfall.takes] == [accepted]
    bpy.ops.footfall.remove_take(index=0)
    assert accepted.use_fake_user


@pytest.mark.parametrize("own", [900, 40])
def test_range_set_by_hand_in_review_stays(own: int) -> None:
    _rig, _settings = artist()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 30
    bpy.ops.footfall.bake()
    assert scene.frame_end > 30
    scene.frame_start, scene.frame_end = 5, own
    bpy.ops.footfall.rebake_take()
    assert scene.frame_end == max(own, round(bpy.data.actions["Hero Walk 01"].frame_range[1]))
    bpy.ops.footfall.reject_take()
    assert (scene.frame_start, scene.frame_end) == (5, own)


def test_reject_changes_the_range_only_where_it_was_extended() -> None:
    rig, _settings = artist()
    scene, other = bpy.context.scene, bpy.data.scenes.new("Other")
    other.collection.objects.link(rig)
    scene.frame_end, other.frame_start, other.frame_end = 30, 500, 777
    bpy.ops.footfall.bake()
    other.footfall.character = rig
    with bpy.context.temp_override(scene=other, view_layer=other.view_layers[0]):
        bpy.ops.footfall.reject_take()
    assert (scene.frame_end, other.frame_start, other.frame_end) == (30, 500, 777)


def test_renamed_bones_and_deleted_tracks_are_put_back_where_they_belong() -> None:
    rig, _settings = artist()
    head = rig.pose.bones["mixamorig:Head"]
    head.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    head.keyframe_insert("location", frame=1)
    for name, mute in (("A", True), ("B", False), ("C", True)):
        track = rig.animation_data.nla_tracks.new()
        track.name, track.mute = name, mute
    bpy.ops.footfall.bake()
    rig.data.bones["mixamorig:Head"].name = "Renamed"
    rig.animation_data.nla_tracks.remove(rig.animation_data.nla_tracks["A"])
    bpy.ops.footfall.reject_take()
    turned = rig.pose.bones["Renamed"].rotation_quaternion
    assert tuple(turned) == pytest.approx((0.8, 0.6, 0.0, 0.0))
    assert [(t.name, t.mute) for t in rig.animation_data.nla_tracks] == [("B", False), ("C", True)]
    assert any(path.startswith('pose.bones["Renamed"]') for path, *_ in keys(bpy.data.actions[0]))


def test_herd_that_fails_at_its_last_rig_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rigs = [subjects.mixamo(name) for name in ("A", "B", "C")]
    for rig in rigs:
        rig.select_set(True)
    subjects.ready(rigs[0])
    before = [subjects.everything(rig) for rig in rigs]
    count = len(bpy.data.objects)
    review = subjects.addon("blender.keys.review")
    begin = review.begin

    def fail(rig: bpy.types.Object, scene: bpy.types.Scene) -> None:
        begin(rig, scene)
        if rig.name == "C":
            raise ZeroDivisionError

    monkeypatch.setattr(review, "begin", fail)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        bpy.ops.footfall.bake_herd()
    assert [subjects.everything(rig) for rig in rigs] == before
    assert not any(len(rig.footfall.takes) for rig in rigs)
    assert (len(bpy.data.objects), len(bpy.data.actions)) == (count, 0)


def test_lanes_go_with_their_takes_unless_they_were_edited() -> None:
    rigs = [subjects.mixamo(name) for name in ("A", "B", "C")]
    for rig in rigs:
        rig.select_set(True)
    settings = subjects.ready(rigs[0])
    bpy.ops.footfall.bake_herd()
    lanes = [f"{rig.name} Lane" for rig in rigs]
    bpy.data.objects[lanes[1]].location.x = 1.0
    for rig in rigs:
        settings.character = rig
        bpy.ops.footfall.reject_take()
    assert [name in bpy.data.objects for name in lanes] == [False, True, False]


def test_bake_refuses_if_its_take_was_rejected_meanwhile() -> None:
    rig, settings = artist()
    bpy.ops.footfall.bake()
    job, wanted = (subjects.addon(f"blender.bake.{n}") for n in ("job", "scene_request"))
    recipe = wanted.from_settings(settings, rig)
    steps = job.rebake_steps(bpy.context, rig, rig.footfall.takes[0], recipe)
    next(steps)
    bpy.ops.footfall.reject_take()
    before = subjects.everything(rig)
    with pytest.raises(subjects.addon("errors").RefusedError, match="removed"):
        job.run(steps)
    assert subjects.everything(rig) == before
    assert len(bpy.data.actions) == 1
