# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking through the operators, on rigs of several kinds."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender import subjects
from tests.cases import each


def odd(_folder: Path) -> bpy.types.Object:
    """A rig without known names, rolled bones, a turned and scaled object under a parent."""
    rig = subjects.mixamo("Odd")
    for number, bone in enumerate(rig.data.bones):
        bone.name = f"b{number:02d}"
    bpy.ops.object.mode_set(mode="EDIT")
    for number, bone in enumerate(rig.data.edit_bones):
        bone.roll = 0.7 * number
    bpy.ops.object.mode_set(mode="OBJECT")
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.rotation_euler.z = (2.0, 0.0, 0.0), 0.5
    rig.parent = parent
    rig.scale = (0.01, 0.01, 0.01)
    rig.data.transform(rig.matrix_basis.inverted())
    rig.data.update_tag()
    rig.rotation_euler.z = 0.3
    bpy.context.view_layer.update()
    return rig


RIGS: dict[str, Callable[[Path], bpy.types.Object]] = {
    "mixamo": lambda _folder: subjects.mixamo(),
    "rigify": lambda _folder: subjects.rigify(),
    "bvh": subjects.imported_bvh,
    "odd": odd,
}
HIPS = {"mixamo": "mixamorig:Hips", "rigify": "DEF-spine", "bvh": "Hips", "odd": "b00"}
HEADS = {"mixamo": "mixamorig:Head", "rigify": "DEF-spine.006", "bvh": "Head", "odd": "b04"}


@pytest.mark.parametrize("kind", RIGS)
def test_rig_walks_along_its_path(kind: str, tmp_path: Path) -> None:
    rig = RIGS[kind](tmp_path)
    bpy.context.view_layer.update()
    standing = subjects.pose_heads(rig, 1)
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (3, 0, 0)))
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    action = rig.animation_data.action
    assert action is not None
    first, last = (round(f) for f in action.frame_range)
    assert first == settings.frame_start == 1
    start, end = subjects.pose_heads(rig, first), subjects.pose_heads(rig, last)
    hips = HIPS[kind]
    assert start[hips][:2] == pytest.approx((0.0, 0.0), abs=0.15)
    assert end[hips][:2] == pytest.approx((3.0, 0.0), abs=0.3)
    assert 0.5 < end[hips][2] / standing[hips][2] < 1.1
    assert end[HEADS[kind]][2] > end[hips][2] + 0.3 * standing[hips][2]
    take = rig.footfall.takes[0]
    assert take.action == action
    assert json.loads(take.report)["path_mean_cm"] < 5.0


@pytest.mark.parametrize("root_motion", ["hips", "root", "object", "in_place"])
def test_root_motion_goes_where_it_is_asked(root_motion: str) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig).root_motion = root_motion
    if root_motion == "root":
        bpy.ops.object.mode_set(mode="EDIT")
        bones = rig.data.edit_bones
        root = bones.new("root")
        root.head, root.tail = (0, 0, 0), (0, 0.3, 0)
        bones["mixamorig:Hips"].parent = root
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.ops.footfall.detect_rig()
    bpy.ops.footfall.bake()
    last = round(rig.animation_data.action.frame_range[1])
    end = subjects.pose_heads(rig, last)
    gone = 0.0 if root_motion == "in_place" else -3.0
    assert end["mixamorig:Hips"][1] == pytest.approx(gone, abs=0.3)
    assert rig.location.y == pytest.approx(-3.0 if root_motion == "object" else 0.0, abs=0.3)
    if root_motion == "root":
        assert rig.pose.bones["root"].location.length > 2.5


def test_keys_follow_the_frame_rate_and_start_frame() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.frame_start, settings.speed = 11, 1.5
    lengths = []
    for fps in (25, 50):
        bpy.context.scene.render.fps = fps
        bpy.ops.footfall.bake()
        first, last = rig.animation_data.action.frame_range
        assert first == 11.0
        lengths.append(last - first)
    assert lengths[1] == pytest.approx(2.0 * lengths[0], abs=2.0)


def test_scene_range_reaches_the_end_of_the_take() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    scene = bpy.context.scene
    scene.frame_end = 10
    settings.fit_range = False
    bpy.ops.footfall.bake()
    assert scene.frame_end == 10
    settings.fit_range = True
    bpy.ops.footfall.bake()
    assert scene.frame_end == round(rig.animation_data.action.frame_range[1])


def test_fewest_keys_are_fewer() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.tolerance = 0.01
    counts = []
    for keys in ("dense", "sparse"):
        settings.keys = keys
        bpy.ops.footfall.bake()
        curves = subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
        counts.append(sum(len(curve.keyframe_points) for curve in curves))
    assert counts[1] < 0.7 * counts[0]


def test_character_smaller_than_a_human_takes_more_steps() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    rig.scale = (0.5, 0.5, 0.5)
    bpy.context.view_layer.update()
    bpy.ops.footfall.bake()
    large, small = (json.loads(take.report) for take in rig.footfall.takes)
    assert small["hip_height"] == pytest.approx(0.5 * large["hip_height"], rel=0.1)


def test_scene_in_centimeters() -> None:
    bpy.context.scene.unit_settings.scale_length = 0.01
    rig = subjects.mixamo()
    rig.scale = (100.0, 100.0, 100.0)
    bpy.context.view_layer.update()
    level = subjects.pose_heads(rig, 1)["mixamorig:Hips"][2]
    subjects.ready(rig, subjects.path((0, 0, 0), (300, 0, 0)))
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert json.loads(rig.footfall.takes[0].report)["hip_height"] == pytest.approx(0.95, abs=0.12)
    end = subjects.pose_heads(rig, round(rig.animation_data.action.frame_range[1]))
    assert end["mixamorig:Hips"][0] == pytest.approx(300.0, abs=30.0)
    assert end["mixamorig:Hips"][2] == pytest.approx(level, rel=0.1)


def test_cycle_loops_exactly_and_tells_its_speed() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig).path = None
    assert bpy.ops.footfall.bake_cycle() == {"FINISHED"}
    action = rig.animation_data.action
    assert action.use_cyclic
    assert action.use_frame_range
    assert action["footfall_ground_speed"] == pytest.approx(1.4, rel=0.1)
    first, last = round(action.frame_start), round(action.frame_end)
    assert last - first > 10
    one, other = subjects.pose_heads(rig, first), subjects.pose_heads(rig, last)
    again, next_one = subjects.pose_heads(rig, last + 7), subjects.pose_heads(rig, first + 7)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-6)
        np.testing.assert_allclose(again[name], next_one[name], atol=1e-5)
    travel = np.linalg.norm(one["mixamorig:Hips"][:2] - next_one["mixamorig:Hips"][:2])
    assert travel < 0.2


def test_cyclic_path_is_walked_round() -> None:
    rig = subjects.mixamo()
    points = [(2 * math.cos(a), 2 * math.sin(a), 0) for a in np.linspace(0, 5.9, 16)]
    curve = subjects.path(*points)
    curve.data.splines[0].use_cyclic_u = True
    subjects.ready(rig, curve)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    last = round(rig.animation_data.action.frame_range[1])
    hips = [subjects.pose_heads(rig, f)["mixamorig:Hips"][:2] for f in range(1, last, 8)]
    np.testing.assert_allclose([np.linalg.norm(h) for h in hips], 2.0, atol=0.25)
    turned = np.unwrap([math.atan2(h[1], h[0]) for h in hips])
    assert abs(turned[-1] - turned[0]) > 5.0


def test_speeds_along_the_path_and_facing_are_asked_for() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.vary_speed = True
    for at, speed in ((100.0, 2.0), (0.0, 1.0)):
        point = settings.speed_points.add()
        point.at, point.speed = at, speed
    settings.facing, settings.facing_yaw = "yaw", math.radians(90.0)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    stored = json.loads(rig.footfall.takes[0].recipe)
    assert stored["speed"] == [[0.0, 1.0], [1.0, 2.0]]
    assert stored["facing"]["yaw"] == pytest.approx(90.0)
    heads = subjects.pose_heads(rig, round(rig.animation_data.action.frame_range[1] / 2))
    toes = heads["mixamorig:LeftToeBase"] - heads["mixamorig:LeftFoot"]
    assert toes[0] > abs(toes[1]), "a yaw of 90 degrees turns left, from -Y to +X"


def test_path_is_laid_on_the_ground_mesh() -> None:
    rig = subjects.mixamo()
    mesh = bpy.data.meshes.new("Ground")
    mesh.from_pydata([(-9, -9, 2), (9, -9, 2), (9, 9, 2), (-9, 9, 2)], [], [(0, 1, 2, 3)])
    ground = bpy.data.objects.new("Ground", mesh)
    bpy.context.scene.collection.objects.link(ground)
    subjects.ready(rig).ground = ground
    level = subjects.pose_heads(rig, 1)["mixamorig:Hips"][2]
    bpy.ops.footfall.bake()
    last = round(rig.animation_data.action.frame_range[1])
    assert subjects.pose_heads(rig, last)["mixamorig:Hips"][2] == pytest.approx(
        level + 2.0, abs=0.35
    )


def test_scrub_poses_without_keys_and_puts_the_pose_back() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig).path = None
    rest = subjects.pose_heads(rig, 1)
    poses = []
    for phase in (0.0, 0.5, 1.0):
        assert bpy.ops.footfall.scrub(phase=phase) == {"FINISHED"}
        bpy.context.view_layer.update()
        poses.append(np.array(list({b.name: np.array(b.head) for b in rig.pose.bones}.values())))
    assert np.abs(poses[0] - poses[1]).max() > 0.05
    np.testing.assert_allclose(poses[0], poses[2], atol=1e-4)
    assert rig.animation_data is None
    assert bpy.ops.footfall.scrub_end() == {"FINISHED"}
    bpy.context.view_layer.update()
    back = {b.name: np.array(rig.matrix_world @ b.head) for b in rig.pose.bones}
    for name, place in rest.items():
        np.testing.assert_allclose(back[name], place, atol=1e-6)
    assert not bpy.ops.footfall.scrub_end.poll()


def test_scrub_puts_the_switches_of_a_control_rig_back() -> None:
    rig = subjects.rigify()
    subjects.ready(rig)
    limb = rig.pose.bones["thigh_parent.L"]
    limb["IK_FK"] = 1.0
    bpy.ops.footfall.scrub(phase=0.25)
    assert limb["IK_FK"] == 0.0
    bpy.ops.footfall.scrub_end()
    assert limb["IK_FK"] == 1.0


def test_bake_puts_the_pose_before_a_scrub_back_first() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    rig.pose.bones["mixamorig:Head"].location.x = 0.25
    rig.footfall.scrub = 0.4
    bpy.ops.footfall.bake()
    assert not rig.footfall.scrub_before
    bpy.ops.footfall.reject_take()
    assert rig.pose.bones["mixamorig:Head"].location.x == 0.25
    legs = rig.pose.bones["mixamorig:LeftUpLeg"]
    assert tuple(legs.rotation_quaternion) == (1.0, 0.0, 0.0, 0.0)


def test_a_refused_bake_leaves_the_pose_of_a_scrub(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.scrub(phase=0.3)
    before = subjects.everything(rig)

    def refused(*_arguments: object) -> None:
        raise subjects.addon("errors").RefusedError("No")

    monkeypatch.setattr(subjects.addon("blender.keys.key_plan"), "plan_keys", refused)
    with pytest.raises(RuntimeError, match="No"):
        bpy.ops.footfall.bake()
    assert subjects.everything(rig) == before
    assert bpy.ops.footfall.scrub_end.poll()


@each("end", [bpy.ops.footfall.scrub_end, bpy.ops.footfall.bake])
def test_edits_after_a_scrub_stay(end: Callable[[], set[str]]) -> None:
    """Also through another scrub, and through a bake that is rejected."""
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo()
    subjects.ready(rig)
    head, thigh = rig.pose.bones["mixamorig:Head"], rig.pose.bones["mixamorig:LeftUpLeg"]
    thigh.rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
    before = subjects.everything(rig)
    bpy.ops.footfall.scrub(phase=0.3)
    head.rotation_quaternion, thigh.scale = (0.8, 0.6, 0.0, 0.0), (1.0, 2.0, 1.0)
    head["look"] = 0.5
    bpy.ops.footfall.scrub(phase=0.6)
    assert end() == {"FINISHED"}
    if len(rig.footfall.takes):
        bpy.ops.footfall.reject_take()
    after = subjects.everything(rig)
    changed = [name for name in before if after[name] != before[name]]
    assert sorted(name.split("<")[0] for name in changed) == [head.name, thigh.name]
    assert tuple(head.rotation_quaternion) == pytest.approx((0.8, 0.6, 0.0, 0.0))
    assert (tuple(thigh.scale), head["look"]) == ((1.0, 2.0, 1.0), 0.5)
    assert tuple(thigh.rotation_quaternion) == pytest.approx((0.8, 0.0, 0.6, 0.0))


def test_walk_in_pose_mode_and_drawing_there() -> None:
    rig = subjects.mixamo()
    bpy.ops.object.mode_set(mode="POSE")
    bpy.context.scene.footfall.character = rig
    bpy.ops.footfall.draw_path(points="[[0, 0, 0], [0, -1, 0], [0.2, -2, 0], [0, -3, 0]]")
    assert rig.mode == "POSE"
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert rig.mode == "POSE"
    assert bpy.ops.footfall.edit_path() == {"FINISHED"}
    assert bpy.context.mode == "EDIT_CURVE"
    assert bpy.ops.footfall.edit_path() == {"FINISHED"}
    assert bpy.context.mode == "OBJECT"


def test_slider_poses_live() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    rig.footfall.scrub = 0.3
    assert rig.footfall.scrub_before
    turned = [b for b in rig.pose.bones if b.rotation_quaternion.angle > 0.05]
    assert len(turned) > 5
