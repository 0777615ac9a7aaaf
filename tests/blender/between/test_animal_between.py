# SPDX-License-Identifier: GPL-3.0-or-later
"""In-Between on animals: deform rigs, custom IK and Rigify's animals."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs
from tests.blender.between.test_between import fill, jolt, keyed_clip, places, values_of
from tests.blender.rig.test_animal_ik import ik_dog
from tests.blender.subjects import addon

KEYS = (1, 9, 17, 25, 40)


def keyed(rig: bpy.types.Object, frames: tuple[int, ...] = KEYS, **settings: object) -> dict:
    """Key a walk of the paper dog on a rig, but only on some frames; returns these values."""
    clip = animals.sized(rig, rigs.detected(rig), animals.step())
    return keyed_clip(rig, clip, frames, **settings)


def ways(rig: bpy.types.Object) -> dict[str, np.ndarray]:
    """Return bone to (T, 3) world place of each mapped bone's head."""
    found = addon("blender.rig.character").load_map(rig)
    _, heads = addon("blender.scene.armature").sample(rig, range(1, KEYS[-1] + 1))
    names = [bone.name for bone in rig.pose.bones]
    mapped = [bone for role, bones in found.roles.items() if role != "root" for bone in bones]
    return {bone: heads[:, names.index(bone)] for bone in mapped}


def check(rig: bpy.types.Object, own: dict, before: dict[str, np.ndarray]) -> dict:
    """Check that keys and poses stayed, and that what is new moves smoothly; return the report."""
    action = rig.animation_data.action
    assert {k: v for k, v in values_of(action, KEYS).items() if k in own} == own
    now = ways(rig)
    rows = np.array(KEYS) - 1
    for bone, way in now.items():
        np.testing.assert_array_equal(way[rows], before[bone][rows])
    assert max(np.abs(now[bone] - before[bone]).max() for bone in now) > 0.02
    assert max(jolt(way) for way in now.values()) < 0.15
    report = addon("blender.keys.takes").report_of(rig.footfall.takes[0])
    assert not report["warnings"], report
    return dict(report)


def spins(rig: bpy.types.Object, last: int) -> list[str]:
    """Return the quaternion channels whose sign changes from one frame to the next."""
    found: dict[str, list] = {}
    for curve in addon("blender.keys.takes").curves(rig.animation_data.action):
        if curve.data_path.endswith("rotation_quaternion"):
            way = [curve.evaluate(frame) for frame in range(1, last + 1)]
            found.setdefault(curve.data_path, []).append(way)
    whole = {path: np.array(ways) for path, ways in found.items() if len(ways) == 4}
    return [path for path, q in whole.items() if ((q[:, 1:] * q[:, :-1]).sum(axis=0) < 0.0).any()]


def held(way: np.ndarray, low: float) -> float:
    """Return the largest step (m) of a point while it is lower than ``low`` (m)."""
    steps = np.linalg.norm(np.diff(way[:, :2], axis=0), axis=-1)
    down = (way[1:, 2] < low) & (way[:-1, 2] < low)
    return float(steps[down].max(initial=0.0))


@pytest.mark.parametrize("root_motion", ["hips", "object"])
def test_deform_rigs(root_motion: str) -> None:
    rig = animals.deform_rig()
    own = keyed(rig, root_motion=root_motion)
    before = ways(rig)
    fill()
    check(rig, own, before)


@pytest.mark.parametrize(("whole", "pole"), [(True, False), (False, True)])
def test_ik_targets(whole: bool, pole: bool) -> None:
    rig = ik_dog(whole, pole)
    own = keyed(rig)
    before = ways(rig)
    fill()
    check(rig, own, before)


@pytest.mark.parametrize("kind", ["horse", "wolf"])
def test_rigify_animals_are_filled_on_their_controls(kind: str) -> None:
    rig = rigs.rigify(kind)
    own = keyed(rig)
    before = ways(rig)
    fill()
    report = check(rig, own, before)
    assert not report["notes"] and not spins(rig, KEYS[-1])
    counts = {
        curve.data_path: len(curve.keyframe_points)
        for curve in addon("blender.keys.takes").curves(rig.animation_data.action)
    }
    dense = {path for path, count in counts.items() if count == KEYS[-1]}
    assert any("_ik." in path and path.endswith("location") for path in dense)
    assert 'pose.bones["torso"].location' in dense


def on_fk(rig: bpy.types.Object, last: int) -> None:
    """Bring the legs of a Rigify animal from IK to FK, keys and all."""
    bones, scene = rig.pose.bones, bpy.context.scene
    controls = [bone.name for bone in bones if bone.name[:-2].endswith("_fk")]
    legs = {name: f"ORG-{name.replace('_fk', '')}" for name in controls}
    legs = {name: org for name, org in legs.items() if org in bones}
    depths: dict[int, list[str]] = {}
    for name in legs:
        depths.setdefault(len(bones[name].parent_recursive), []).append(name)
    poses = []
    for frame in range(1, last + 1):
        scene.frame_set(frame)
        poses.append({name: bones[org].matrix.copy() for name, org in legs.items()})
    bag = addon("blender.scene.fcurves").found_bag(rig, rig.animation_data.action)
    for curve in [c for c in bag.fcurves if "_ik" in c.data_path or "IK_FK" in c.data_path]:
        bag.fcurves.remove(curve)
    for bone in bones:
        if "IK_FK" in bone:
            bone["IK_FK"] = 1.0
    for frame, pose in enumerate(poses, start=1):
        scene.frame_set(frame)
        for _, names in sorted(depths.items()):
            for name in names:
                bones[name].matrix = pose[name]
            bpy.context.view_layer.update()
        for name in legs:
            bones[name].keyframe_insert("rotation_quaternion")


@pytest.mark.parametrize(("kind", "fk"), [("wolf", False), ("horse", True)])
def test_rigify_animals_are_looped_and_stitched(kind: str, fk: bool) -> None:
    rig = rigs.rigify(kind)
    keyed(rig, tuple(range(1, 42)))
    if fk:
        on_fk(rig, 41)
    one, first = places(rig, 41), rig.animation_data.action
    asked = bpy.context.scene.footfall_between
    asked.seam = 12
    assert bpy.ops.footfall.close_loop() == {"FINISHED"}
    report = addon("blender.keys.takes").report_of(rig.footfall.takes[0])
    assert not report["warnings"] and not report["notes"] and not spins(rig, 41)
    now, size = places(rig, 80), float(one["hips"][:, 2].mean())
    on = now["hips"][40] - now["hips"][0]
    for role, way in now.items():
        np.testing.assert_allclose(way[40:80] - way[:40], np.tile(on, (40, 1)), atol=0.01 * size)
        np.testing.assert_allclose(way[:28], one[role][:28], atol=1e-5)
        most = 0.04 if role in ("hips", "spine", "neck", "head") else 0.08
        assert jolt(way[26:43]) < max(most * size, 1.5 * jolt(one[role])), role
    bpy.ops.footfall.reject_take()
    asked.action, asked.seam = first.copy(), 10
    assert bpy.ops.footfall.stitch() == {"FINISHED"}
    assert not addon("blender.keys.takes").report_of(rig.footfall.takes[0])["warnings"]
    assert not spins(rig, 92)
    now = places(rig, 92)
    del now["root"]  # it continues with the second action, and the body with it
    for role, way in now.items():
        np.testing.assert_allclose(way[:41], one[role], atol=1e-5)
        assert jolt(way[39:54]) < max(0.08 * size, 1.5 * jolt(one[role])), role
        shape = (
            np.linalg.norm(w - h, axis=-1)
            for w, h in ((way[51:], now["hips"][51:]), (one[role], one["hips"]))
        )
        np.testing.assert_allclose(*shape, atol=2e-3 * size)


@pytest.mark.parametrize("ik", [False, True])
def test_a_loop_ends_as_it_begins(ik: bool) -> None:
    rig = ik_dog(whole=False, pole=True) if ik else animals.deform_rig()
    keyed(rig, tuple(range(1, 46)))
    bpy.context.scene.footfall_between.seam = 12
    assert bpy.ops.footfall.close_loop() == {"FINISHED"}
    assert not addon("blender.keys.takes").report_of(rig.footfall.takes[0])["warnings"]
    now = places(rig, 88)
    on = now["hips"][44] - now["hips"][0]
    assert np.linalg.norm(on) > 0.5
    for role, way in now.items():
        np.testing.assert_allclose(way[44:88] - way[:44], np.tile(on, (44, 1)), atol=6e-3)
        assert jolt(way[42:48]) < 0.08, role


def test_stitch_goes_over_into_another_action() -> None:
    rig = animals.deform_rig()
    keyed(rig, tuple(range(1, 41)))
    first = rig.animation_data.action
    one = places(rig, 40)
    asked = bpy.context.scene.footfall_between
    asked.action, asked.seam = first.copy(), 10
    assert bpy.ops.footfall.stitch() == {"FINISHED"}
    now = places(rig, 90)
    np.testing.assert_allclose(now["hips"][:40], one["hips"], atol=1e-6)
    step = one["hips"][-6:] - one["hips"][-7:-1]
    gone = np.linalg.norm(now["hips"][50] - now["hips"][39])
    assert gone == pytest.approx(11 * np.linalg.norm(step, axis=-1).mean(), rel=0.3)
    assert jolt(now["hips"]) < 0.04


def test_what_has_no_place_is_refused() -> None:
    rig = animals.deform_rig()
    keyed(rig)
    action = rig.animation_data.action
    bag = addon("blender.scene.fcurves").found_bag(rig, action)
    for curve in [c for c in bag.fcurves if c.data_path.endswith("location")]:
        bag.fcurves.remove(curve)
    with pytest.raises(RuntimeError, match="Key the location of the hips"):
        bpy.ops.footfall.fill_between()
    assert rig.animation_data.action == action
