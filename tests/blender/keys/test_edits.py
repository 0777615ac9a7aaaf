# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits on a take survive Bake Again: each stays on its step, relative to the new bake."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Quaternion, Vector

from tests.blender import animals, subjects

ANGLE, DISTANCE = np.radians(1.0), 0.005


@dataclass
class Edit:
    """A key of the artist's: a bone's transform in its baked one."""

    bone: str
    frame: int
    offset: Matrix


def curves(action: bpy.types.Action) -> dict[tuple[str, int], bpy.types.FCurve]:
    found = subjects.addon("blender.keys.takes").curves(action)
    return {(c.data_path, c.array_index): c for c in found}


def basis(rig: bpy.types.Object, action: bpy.types.Action, bone: str, frame: float) -> Matrix:
    """Return a bone's location and rotation in its own space, as an action keys it."""
    there, pose = curves(action), rig.pose.bones[bone]
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].'

    def values(name: str, rest: tuple[float, ...]) -> list[float]:
        keyed = [there.get((path + name, i)) for i in range(len(rest))]
        return [r if c is None else c.evaluate(frame) for c, r in zip(keyed, rest, strict=True)]

    place = Matrix.Translation(Vector(values("location", (0.0, 0.0, 0.0))))
    if pose.rotation_mode == "QUATERNION":
        turn = Quaternion(values("rotation_quaternion", (1.0, 0.0, 0.0, 0.0))).normalized()
        return place @ turn.to_matrix().to_4x4()
    angles = values("rotation_euler", (0.0, 0.0, 0.0))
    euler = pose.rotation_euler.copy()
    euler[:] = angles
    return place @ euler.to_matrix().to_4x4()


def keyed_bones(rig: bpy.types.Object) -> list[str]:
    """Return the bones whose rotation the shown take keys over time."""
    moving = {
        path.split('"')[1]
        for (path, _), curve in curves(rig.animation_data.action).items()
        if ".rotation_" in path and len(curve.keyframe_points) > 5
    }
    return sorted(moving)


def key(rig: bpy.types.Object, bone: str, frame: int, turn: Quaternion, move: Vector) -> Edit:
    """Pose a bone at a frame and key it, as an artist does."""
    bpy.context.scene.frame_set(frame)
    pose, action = rig.pose.bones[bone], rig.animation_data.action
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].'
    before = basis(rig, action, bone, frame)
    offset = Matrix.Translation(move) @ turn.to_matrix().to_4x4()
    pose.matrix_basis = before @ offset
    for name in ("location", "rotation_quaternion", "rotation_euler"):
        if (path + name, 0) in curves(action):
            pose.keyframe_insert(name, frame=frame)
    return Edit(bone, frame, before.inverted() @ basis(rig, action, bone, frame))


def random_edits(rig: bpy.types.Object, count: int, seed: int) -> list[Edit]:
    random = np.random.default_rng(seed)
    action, bones = rig.animation_data.action, keyed_bones(rig)
    first, last = (round(f) for f in action.frame_range)
    frames = random.choice(np.arange(first + 3, last - 3, 2), count, replace=False)
    out = []
    for frame in sorted(frames.tolist()):
        bone = bones[random.integers(len(bones))]
        turn = Quaternion(Vector(random.normal(size=3)).normalized(), random.uniform(0.1, 0.9))
        located = (f'pose.bones["{bone}"].location', 0) in curves(action)
        move = Vector(random.normal(size=3) * 0.05) if located else Vector()
        out.append(key(rig, bone, frame, turn, move))
    return out


def artist_keys(action: bpy.types.Action) -> dict[str, set[int]]:
    """Return the frames of keys of the usual type, by bone."""
    found: dict[str, set[int]] = {}
    for (path, _), curve in curves(action).items():
        for point in curve.keyframe_points:
            if point.type == "KEYFRAME":
                found.setdefault(path.split('"')[1], set()).add(round(point.co[0]))
    return found


def check(rig: bpy.types.Object, edits: list[Edit]) -> None:
    """Check the first take against a bake without edits: all edits kept, nothing else changed."""
    bpy.ops.footfall.bake()
    edited, bare = rig.footfall.takes[0].action, rig.footfall.takes[1].action
    marked = artist_keys(edited)
    assert sum(map(len, marked.values())) == len({(e.bone, e.frame) for e in edits})
    for bone, frames in marked.items():
        own = sorted((e for e in edits if e.bone == bone), key=lambda e: e.frame)
        for edit, frame in zip(own, sorted(frames), strict=True):
            kept = basis(rig, bare, bone, frame).inverted() @ basis(rig, edited, bone, frame)
            apart = edit.offset.inverted() @ kept
            assert apart.to_quaternion().angle < ANGLE
            assert (kept.translation - edit.offset.translation).length < DISTANCE
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


RIGS: dict[str, Callable[[], bpy.types.Object]] = {
    "person": subjects.mixamo,
    "Rigify": subjects.rigify,
    "dog": animals.deform_rig,
}


@pytest.mark.parametrize("keys", ["dense", "sparse"])
@pytest.mark.parametrize("kind", RIGS)
def test_random_edits_survive_five_bakes_on_changed_paths(
    installed: str, keys: str, kind: str
) -> None:
    rig = RIGS[kind]()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -5, 0)))
    settings.keys = keys
    bpy.ops.footfall.bake()
    edits = random_edits(rig, 6, seed=3)
    for number in range(5):
        settings.path.data.splines[0].points[1].co = (0.8 * number, -5.5 - 0.2 * number, 0.0, 1.0)
        assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
        check(rig, edits)


def ready(length: float = 5.0) -> tuple[bpy.types.Object, bpy.types.PropertyGroup]:
    """Bake a person on a straight path."""
    rig = subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -length, 0)))
    bpy.ops.footfall.bake()
    return rig, settings


def lengthen(settings: bpy.types.PropertyGroup, length: float) -> None:
    settings.path.data.splines[0].points[1].co = (0.0, -length, 0.0, 1.0)


def stance(rig: bpy.types.Object, leg: str, number: int) -> tuple[float, float]:
    """Return the frames of touchdown and lift-off of a stance in the first take."""
    report = json.loads(rig.footfall.takes[0].report)
    start, stop = (1.0 + report["fps"] * s for s in report["footfalls"][leg][number])
    return start, stop


def turned(rig: bpy.types.Object, bone: str, frame: int) -> Edit:
    return key(rig, bone, frame, Quaternion((0.0, 0.0, 1.0), 0.5), Vector())


def frames_of(rig: bpy.types.Object, bone: str) -> list[int]:
    return sorted(artist_keys_of(rig).get(bone, set()))


def artist_keys_of(rig: bpy.types.Object) -> dict[str, set[int]]:
    return artist_keys(rig.footfall.takes[0].action)


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
