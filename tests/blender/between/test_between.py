# SPDX-License-Identifier: GPL-3.0-or-later
"""In-Between on rigs: unchanged keys, filled gaps, transitions, loops, refusals, takes."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender import rigs, subjects
from tests.blender.keys.test_key_plan import odd_rig
from tests.blender.rig.test_control_rigs import ik_rig
from tests.blender.subjects import addon

KEYS = (1, 13, 27, 41)


def keyed(rig: bpy.types.Object, frames: tuple[int, ...] = KEYS, **settings: object) -> dict:
    """Key a walk on a rig, but only on some frames; returns all values of these keys."""
    return keyed_clip(rig, rigs.walk(frames[-1]), frames, **settings)


def keyed_clip(
    rig: bpy.types.Object, clip: object, frames: tuple[int, ...], **settings: object
) -> dict:
    """Key a clip on a rig, but only on some frames; returns all values of these keys."""
    key_plan = addon("blender.keys.key_plan")
    plan = key_plan.plan_keys(rig, rigs.detected(rig), clip, key_plan.KeySettings(**settings))
    action = key_plan.write(plan, rig)
    for curve in addon("blender.keys.takes").curves(action):
        for point in reversed(list(curve.keyframe_points)):
            if round(point.co[0]) not in frames:
                curve.keyframe_points.remove(point)
        for point in curve.keyframe_points:
            point.interpolation = "BEZIER"
    bpy.context.scene.footfall.character = rig
    bpy.context.scene.render.fps = 30
    bpy.context.scene.frame_set(1)
    return values_of(action, frames)


def values_of(action: bpy.types.Action, frames: tuple[int, ...]) -> dict:
    """Return channel to value of each key on some frames."""
    return {
        (curve.data_path, curve.array_index, round(point.co[0])): point.co[1]
        for curve in addon("blender.keys.takes").curves(action)
        for point in curve.keyframe_points
        if round(point.co[0]) in frames
    }


def places(rig: bpy.types.Object, last: int = KEYS[-1]) -> dict[str, np.ndarray]:
    """Return role to (T, 3) world place of its bone's head, frames 1 to last."""
    roles = addon("blender.rig.character").load_map(rig).roles
    _, heads = addon("blender.scene.armature").sample(rig, range(1, last + 1))
    names = [bone.name for bone in rig.pose.bones]
    return {role: heads[:, names.index(bones[0])] for role, bones in roles.items()}


def jolt(way: np.ndarray) -> float:
    """Return the largest change of speed, m a frame."""
    return float(np.linalg.norm(np.diff(way, 2, axis=0), axis=-1).max())


def fill(**settings: object) -> None:
    asked = bpy.context.scene.footfall_between
    for name, value in settings.items():
        setattr(asked, name, value)
    assert bpy.ops.footfall.fill_between() == {"FINISHED"}


@pytest.mark.parametrize("keys", ["dense", "sparse"])
def test_fk_poses_stay_to_the_bit_and_gaps_are_filled(keys: str) -> None:
    rig = subjects.mixamo()
    own = keyed(rig)
    before, plain = subjects.everything(rig), places(rig)
    bpy.context.scene.footfall.keys = keys
    fill()
    action = rig.animation_data.action
    assert {k: v for k, v in values_of(action, KEYS).items() if k in own} == own
    now = places(rig)
    rows = np.array(KEYS) - 1
    for role in plain:
        np.testing.assert_array_equal(now[role][rows], plain[role][rows])
    assert np.abs(now["foot.L"] - plain["foot.L"]).max() > 0.03
    assert jolt(now["hips"]) < 0.02
    take = addon("blender.keys.takes").shown(rig)
    assert take.name == "Fill 01"
    assert not addon("blender.keys.takes").report_of(take)["warnings"]
    counts = [len(curve.keyframe_points) for curve in addon("blender.keys.takes").curves(action)]
    assert np.mean(counts) == KEYS[-1] if keys == "dense" else 4 < np.mean(counts) < 25
    assert not bpy.ops.footfall.rebake_take.poll()
    assert not bpy.ops.footfall.load_recipe.poll()
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


@pytest.mark.parametrize("root_motion", ["hips", "root", "object"])
def test_odd_rigs_of_all_rotation_modes(root_motion: str) -> None:
    rig = odd_rig(root_motion == "root")
    own = keyed(rig, root_motion=root_motion)
    plain = places(rig)
    fill(seed=1)
    now = places(rig)
    rows = np.array(KEYS) - 1
    for role in plain:
        np.testing.assert_allclose(now[role][rows], plain[role][rows], atol=1e-6)
    assert {k: v for k, v in values_of(rig.animation_data.action, KEYS).items() if k in own} == own
    assert not addon("blender.keys.takes").report_of(rig.footfall.takes[0])["warnings"]
    assert max(jolt(now[role]) for role in ("hips", "head")) < 0.03


@pytest.mark.parametrize("pole", [False, True])
def test_ik_targets_are_keyed_and_nothing_else(pole: bool) -> None:
    rig = ik_rig(pole)
    keyed(rig)
    paths = {c.data_path for c in addon("blender.keys.takes").curves(rig.animation_data.action)}
    fill()
    report = addon("blender.keys.takes").report_of(rig.footfall.takes[0])
    assert not report["warnings"]
    action = rig.animation_data.action
    assert {c.data_path for c in addon("blender.keys.takes").curves(action)} == paths
    now = places(rig)
    lengths = np.linalg.norm(now["shin.L"] - now["foot.L"], axis=-1)
    assert np.ptp(lengths) < 2e-3
    assert jolt(now["shin.L"]) < 0.15


def test_rigify_is_filled_on_its_own_controls() -> None:
    rig = subjects.rigify()
    keyed(rig, (1, 12, 24))
    plain = places(rig, 24)
    fill()
    report = addon("blender.keys.takes").report_of(rig.footfall.takes[0])
    assert (report["warnings"], report["notes"]) == ([], [])
    now = places(rig, 24)
    for role in plain:
        np.testing.assert_array_equal(now[role][[0, 11, 23]], plain[role][[0, 11, 23]])
    assert max(jolt(now[role]) for role in ("hips", "head")) < 0.03
    curves = {c.data_path: c for c in addon("blender.keys.takes").curves(rig.animation_data.action)}
    dense = {path for path, c in curves.items() if len(c.keyframe_points) == 24}
    assert 'pose.bones["foot_ik.L"].location' in dense
    assert 'pose.bones["upper_arm_fk.R"].rotation_quaternion' in dense
    assert 'pose.bones["thigh_ik_target.L"].location' in dense


def test_stepped_keys_and_a_range_within_the_action() -> None:
    rig = subjects.mixamo()
    keyed(rig)
    for curve in addon("blender.keys.takes").curves(rig.animation_data.action):
        for point in curve.keyframe_points:
            point.interpolation = "CONSTANT"
    plain = places(rig)
    fill(span="frames", first=12, last=30)
    now = places(rig)
    for role in plain:
        np.testing.assert_array_equal(now[role][:12], plain[role][:12])
        np.testing.assert_array_equal(now[role][27:], plain[role][27:])
    assert np.abs(now["foot.L"] - plain["foot.L"])[13:25].max() > 0.03


def test_variants_are_takes_of_the_same_keys() -> None:
    rig = subjects.mixamo()
    keyed(rig, (1, 31))
    before = rig.animation_data.action
    ways = []
    for seed in (0, 1, 1):
        fill(seed=seed)
        ways.append(places(rig, 31)["foot.L"])
    assert [take.name for take in rig.footfall.takes] == ["Fill 01", "Fill 02", "Fill 03"]
    np.testing.assert_array_equal(ways[1], ways[2])
    assert np.abs(ways[0] - ways[1]).max() > 0.005
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action == before


def test_one_undo_step() -> None:
    rig = subjects.mixamo()
    keyed(rig, (1, 15))
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    before = subjects.everything(rig)
    fill()
    bpy.ops.ed.undo_push(message="Fill")
    bpy.ops.ed.undo()
    assert subjects.everything(bpy.data.objects[name]) == before


def test_scene_is_as_it_was_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = subjects.mixamo()
    keyed(rig, (1, 15))
    before, actions = subjects.everything(rig), set(bpy.data.actions.keys())

    def fail(*_arguments: object) -> None:
        raise OverflowError

    monkeypatch.setattr(addon("blender.between.insert_keys"), "write", fail)
    with pytest.raises((OverflowError, RuntimeError)):
        addon("blender.between.fill_between").fill(
            bpy.context, rig, addon("blender.between.fill_between").from_settings(bpy.context.scene)
        )
    assert subjects.everything(rig) == before
    assert set(bpy.data.actions.keys()) == actions
    assert [scene.name for scene in bpy.data.scenes] == [bpy.context.scene.name]
    assert not rig.footfall.before


def refused(said: str, operator: str = "fill_between") -> None:
    """Check that an operator is refused with a sentence."""
    with pytest.raises(RuntimeError, match=said):
        getattr(bpy.ops.footfall, operator)()


def test_what_cannot_be_filled_is_refused() -> None:
    rig = subjects.mixamo()
    settings = bpy.context.scene.footfall
    settings.character = rig
    refused("has no keys; key two poses or more")
    keyed(rig, (5,))
    refused("only one keyed pose, on frame 5")
    keyed(rig, (1, 4))
    refused("no gap of 5 frames or more")
    keyed(rig, (1, 81))
    bpy.context.scene.render.fps = 8
    refused("lasts 10.0 seconds; key a pose in between")
    keyed(rig, (1, 20))
    bpy.context.scene.footfall_between.span = "selected"
    for curve in addon("blender.keys.takes").curves(rig.animation_data.action):
        for point in curve.keyframe_points:
            point.select_control_point = False
    refused("Select the keys of two poses")
    bpy.context.scene.footfall_between.span = "all"
    bag = addon("blender.scene.fcurves").found_bag(rig, rig.animation_data.action)
    for curve in [c for c in bag.fcurves if c.data_path.endswith("location")]:
        bag.fcurves.remove(curve)
    refused("Key the location of the hips")
    rig.data.bones["mixamorig:LeftLeg"].name = "Elsewhere"
    refused("'mixamorig:LeftLeg' no longer exists")


def test_a_bake_under_review_is_not_filled() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    refused("Accept or reject the shown take first")


def test_stitch_goes_over_into_another_action() -> None:
    rig = subjects.mixamo()
    every = tuple(range(1, 41))
    keyed(rig, every)
    first = rig.animation_data.action
    one = places(rig, 40)
    second = first.copy()
    before = subjects.everything(rig)
    asked = bpy.context.scene.footfall_between
    refused("Pick the action or take", "stitch")
    asked.action, asked.seam, asked.span, asked.first, asked.last = second, 10, "frames", 1, 30
    assert bpy.ops.footfall.stitch() == {"FINISHED"}
    now = places(rig, 80)
    np.testing.assert_allclose(now["hips"][:30], one["hips"][:30], atol=1e-6)
    step = one["hips"][1:] - one["hips"][:-1]
    assert now["hips"][40, 2] - now["hips"][29, 2] == pytest.approx(11 * step[:, 2].mean(), rel=0.2)
    np.testing.assert_allclose(
        np.linalg.norm(now["foot.L"][40:] - now["hips"][40:], axis=-1),
        np.linalg.norm(one["foot.L"] - one["hips"], axis=-1),
        atol=2e-4,
    )
    assert jolt(now["hips"]) < 0.03
    assert rig.animation_data.action not in (first, second)
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


@pytest.mark.parametrize("root_motion", ["root", "object"])
def test_what_carries_the_body_goes_on_around_a_loop(root_motion: str) -> None:
    rig = odd_rig(root_motion == "root")
    keyed(rig, tuple(range(1, 31)), root_motion=root_motion)
    bpy.context.scene.footfall_between.seam = 8
    assert bpy.ops.footfall.close_loop() == {"FINISHED"}
    assert not addon("blender.keys.takes").report_of(rig.footfall.takes[0])["warnings"]
    scene, ways = bpy.context.scene, []
    for frame in (1, 16, 30, 59):
        scene.frame_set(frame)
        carrier = rig.matrix_world
        if root_motion == "root":
            carrier = carrier @ rig.pose.bones["root"].matrix
        hips = rig.matrix_world @ rig.pose.bones["Hips"].matrix
        ways.append((carrier.translation.copy(), (carrier.inverted() @ hips).translation.copy()))
    gone = [(place - ways[0][0]).length for place, _ in ways]
    assert gone[1] > 0.3
    assert gone[2] > 1.7 * gone[1]
    assert gone[3] == pytest.approx(2.0 * gone[2], rel=0.02)
    assert (ways[2][1] - ways[0][1]).length < 0.02


def test_loop_ends_as_it_begins_and_repeats() -> None:
    rig = subjects.mixamo()
    keyed(rig, tuple(range(1, 46)))
    one = places(rig, 45)
    asked = bpy.context.scene.footfall_between
    asked.seam = 12
    assert bpy.ops.footfall.close_loop() == {"FINISHED"}
    now = places(rig, 90)
    np.testing.assert_allclose(now["hips"][:32], one["hips"][:32], atol=1e-6)
    on = now["hips"][44] - now["hips"][0]
    for role, way in now.items():
        np.testing.assert_allclose(way[44:88] - way[:44], np.tile(on, (44, 1)), atol=2e-3)
        assert jolt(way[43:47]) < max(2.0 * jolt(one[role]), 0.04), role
    assert rig.animation_data.action.use_cyclic
    asked.seam = 40
    refused("too short for a transition of 40", "close_loop")
