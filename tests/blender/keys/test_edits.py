# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits on a take survive Bake Again: each stays on its step, relative to the new bake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs, subjects
from tests.blender.edited import (
    Edit,
    artist_keys,
    artist_keys_of,
    basis,
    curves,
    frames_of,
    lengthen,
    random_edits,
    ready,
    stance,
    turned,
)

ANGLE, DISTANCE = np.radians(1.0), 0.005


def check(rig: bpy.types.Object, edits: list[Edit]) -> tuple[float, float]:
    """Check the first take against a bake without edits: all edits kept, nothing else changed.

    Returns how far the edits are from what they were: the largest angle and distance.
    """
    angles, distances = [0.0], [0.0]
    bpy.ops.footfall.bake()
    edited, bare = rig.footfall.takes[0].action, rig.footfall.takes[1].action
    marked = artist_keys(edited)
    assert sum(map(len, marked.values())) == len({(e.bone, e.frame) for e in edits})
    for bone, frames in marked.items():
        own = sorted((e for e in edits if e.bone == bone), key=lambda e: e.frame)
        for edit, frame in zip(own, sorted(frames), strict=True):
            kept = basis(rig, bare, bone, frame).inverted() @ basis(rig, edited, bone, frame)
            apart = edit.offset.inverted() @ kept
            angles.append(apart.to_quaternion().angle)
            distances.append((kept.translation - edit.offset.translation).length)
    assert max(angles) < ANGLE and max(distances) < DISTANCE
    was, now = curves(bare), curves(edited)
    assert was.keys() == now.keys()
    sparse = bpy.context.scene.footfall.keys == "sparse"
    for channel, curve in was.items():
        frames = marked.get(channel[0].split('"')[1] if '"' in channel[0] else "", set())
        for frame in range(*(round(f) for f in bare.frame_range)):
            if frame not in frames and not (sparse and frames):  # a sparse key has a wide effect
                assert now[channel].evaluate(frame) == pytest.approx(
                    curve.evaluate(frame), abs=2e-4
                )
    rig.footfall.active_take = 1
    bpy.ops.footfall.reject_take()
    rig.footfall.active_take = 0
    return max(angles), max(distances)


def creature() -> bpy.types.Object:
    """Make an animal with Euler angles that moves like a stored creature."""
    rig = animals.deform_rig()
    for bone in rig.pose.bones:
        bone.rotation_mode = "YZX"
    bpy.context.scene.footfall.character = rig
    assert bpy.ops.footfall.creature_ready(name="Horse") == {"FINISHED"}
    return rig


RIGS: dict[str, Callable[[], bpy.types.Object]] = {
    "person": subjects.mixamo,
    "Rigify": subjects.rigify,
    "dog": animals.deform_rig,
    "Rigify animal": lambda: rigs.rigify("basic_quadruped"),
    "creature": creature,
}
SLOW = ("Rigify animal", "creature")


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        *((kind, keys) for kind in list(RIGS)[:3] for keys in ("dense", "sparse")),
        *(pytest.param(kind, "sparse", marks=pytest.mark.slow) for kind in SLOW),
    ],
)
def test_random_edits_survive_five_bakes_on_changed_paths(
    installed: str, keys: str, kind: str, record_property: Callable[[str, float], None]
) -> None:
    rig = RIGS[kind]()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -5, 0)))
    settings.keys = keys
    bpy.ops.footfall.bake()
    edits = random_edits(rig, 6, seed=3)
    apart = []
    for number in range(5):
        settings.path.data.splines[0].points[1].co = (0.8 * number, -5.5 - 0.2 * number, 0.0, 1.0)
        assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
        apart.append(check(rig, edits))
    record_property("degrees", float(np.degrees(max(angle for angle, _ in apart))))
    record_property("meters", float(max(distance for _, distance in apart)))


def test_edit_stays_in_the_swing_of_its_leg_at_another_speed_and_style() -> None:
    rig, settings = ready(10.0)
    for leg, bone in (("left", "mixamorig:LeftFoot"), ("right", "mixamorig:RightFoot")):
        swing = 0.5 * (stance(rig, leg, 1)[1] + stance(rig, leg, 2)[0])
        turned(rig, bone, round(swing))
    for speed, gait in ((0.8, "walk"), (1.9, "walk"), (3.0, "jog")):
        settings.speed, settings.gait = speed, gait
        bpy.ops.footfall.rebake_take()
        for leg, bone in (("left", "mixamorig:LeftFoot"), ("right", "mixamorig:RightFoot")):
            (frame,) = frames_of(rig, bone)
            assert stance(rig, leg, 1)[1] - 0.6 < frame < stance(rig, leg, 2)[0] + 0.6


def test_edit_beyond_the_end_waits_for_a_longer_path() -> None:
    rig, settings = ready()
    edit = turned(rig, "mixamorig:Head", round(stance(rig, "left", 3)[0]))
    lengthen(settings, 2.0)
    bpy.ops.footfall.rebake_take()
    assert frames_of(rig, "mixamorig:Head") == []
    lengthen(settings, 5.0)
    bpy.ops.footfall.rebake_take()
    assert frames_of(rig, "mixamorig:Head") == [edit.frame]
    check(rig, [edit])


def test_curves_of_the_artist_keep_their_shape_and_time() -> None:
    rig, settings = ready()
    action, head = rig.animation_data.action, rig.pose.bones["mixamorig:Head"]
    head["blink"] = 0.0
    touchdown = round(stance(rig, "left", 2)[0])
    for frame, value in ((1, 0.0), (touchdown, 1.0)):
        head["blink"] = value
        head.keyframe_insert('["blink"]', frame=frame)
    blink = curves(action)['pose.bones["mixamorig:Head"]["blink"]', 0]
    blink.modifiers.new("NOISE").strength = 0.25
    action.pose_markers.new("Step").frame = touchdown
    action["note"] = "mine"
    gone = 'pose.bones["mixamorig:Neck"].rotation_quaternion'
    for channel, curve in curves(action).items():
        if channel[0] == gone:
            subjects.addon("blender.scene.fcurves").channelbag(
                action, action.slots[0]
            ).fcurves.remove(curve)
    settings.speed = 0.9
    bpy.ops.footfall.rebake_take()
    action = rig.animation_data.action
    blink = curves(action)['pose.bones["mixamorig:Head"]["blink"]', 0]
    last = blink.keyframe_points[-1].co
    assert tuple(last) == (pytest.approx(stance(rig, "left", 2)[0], abs=0.6), 1.0)
    assert [m.strength for m in blink.modifiers] == [0.25]
    assert [(m.name, m.frame) for m in action.pose_markers] == [("Step", round(last[0]))]
    assert action["note"] == "mine"
    assert (gone, 0) not in curves(action)


def test_clear_edits_gives_the_bake_and_merge_down_a_plain_action() -> None:
    rig, settings = ready()
    bare = {
        c: [tuple(k.co) for k in f.keyframe_points]
        for c, f in curves(rig.animation_data.action).items()
    }
    turned(rig, "mixamorig:Head", 20)
    rig.pose.bones["mixamorig:Head"].keyframe_insert("scale", frame=20)
    assert bpy.ops.footfall.clear_edits() == {"FINISHED"}
    action = rig.animation_data.action
    assert {c: [tuple(k.co) for k in f.keyframe_points] for c, f in curves(action).items()} == bare
    assert not bpy.ops.footfall.clear_edits.poll()
    edit = turned(rig, "mixamorig:Head", 20)
    posed = basis(rig, action, edit.bone, 20)
    assert bpy.ops.footfall.merge_down() == {"FINISHED"}
    assert rig.animation_data.action == action
    assert not bpy.ops.footfall.merge_down.poll()
    settings.speed = 1.0
    bpy.ops.footfall.rebake_take()
    assert [take.action == action for take in rig.footfall.takes] == [True, False]
    assert artist_keys(rig.animation_data.action) == {}
    assert basis(rig, action, edit.bone, 20) == posed


def test_bake_again_of_an_accepted_take_keeps_its_edits_on_another() -> None:
    rig, settings = ready()
    bpy.ops.footfall.accept_take()
    turned(rig, "mixamorig:Head", 20)
    lengthen(settings, 6.0)
    bpy.ops.footfall.rebake_take()
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]
    assert artist_keys(rig.animation_data.action) == {"mixamorig:Head": {20}}


def test_live_mode_keeps_edits() -> None:
    rig, settings = ready()
    turned(rig, "mixamorig:Head", 20)
    settings.live = True
    for x in (1.0, 2.0, 3.0):
        settings.path.location.x = x
        bpy.context.view_layer.update()
        assert subjects.addon("blender.bake.live").rebake(bpy.context) == ""
    assert artist_keys_of(rig) == {"mixamorig:Head": {20}}
    assert subjects.pose_heads(rig, 20)["mixamorig:Hips"][0] == pytest.approx(3.0, abs=0.3)


def test_edits_of_a_fill_are_kept_by_the_next_one() -> None:
    rig, _settings = ready(3.0)
    bpy.ops.footfall.accept_take()
    for curve in curves(rig.animation_data.action).values():
        for point in reversed([k for k in curve.keyframe_points if 15 < k.co[0] < 40]):
            curve.keyframe_points.remove(point)
    bpy.ops.footfall.fill_between()
    turned(rig, "mixamorig:Head", 30)
    bpy.context.scene.footfall_between.seed = 7
    bpy.ops.footfall.fill_between()
    assert len(rig.footfall.takes) == 3
    edited = curves(rig.animation_data.action)[
        'pose.bones["mixamorig:Head"].rotation_quaternion', 0
    ]
    assert [k.type for k in edited.keyframe_points if round(k.co[0]) == 30] == ["KEYFRAME"]


def test_edits_survive_undo_save_and_reload(tmp_path: Path) -> None:
    rig, _settings = ready()
    edit = turned(rig, "mixamorig:Head", 20)
    bpy.ops.ed.undo_push(message="Edit")
    bpy.ops.footfall.clear_edits()
    bpy.ops.ed.undo_push(message="Clear Edits")
    bpy.ops.ed.undo()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "edited.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "edited.blend"))
    rig, settings = bpy.data.objects["Armature"], bpy.context.scene.footfall
    lengthen(settings, 5.6)
    bpy.ops.footfall.rebake_take()
    check(rig, [edit])
