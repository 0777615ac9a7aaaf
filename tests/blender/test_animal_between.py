# SPDX-License-Identifier: GPL-3.0-or-later
"""In-Between on animals: deform rigs, IK of their owner's own making, and Rigify's animals."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from . import animals, rigs
from .subjects import addon
from .test_animal_ik import ik_dog
from .test_between import fill, jolt, places, values_of

KEYS = (1, 9, 17, 25, 40)


def keyed(rig: bpy.types.Object, frames: tuple[int, ...] = KEYS, **settings: object) -> dict:
    """Key a walk of the paper dog on a rig, but only on some frames; returns these values."""
    apply = addon("blender.apply")
    found = rigs.detected(rig)
    clip = animals.sized(rig, found, animals.step())
    action = apply.write(apply.plan_keys(rig, found, clip, apply.KeySettings(**settings)), rig)
    for curve in addon("blender.takes").curves(action):
        for point in reversed(list(curve.keyframe_points)):
            if round(point.co[0]) not in frames:
                curve.keyframe_points.remove(point)
        for point in curve.keyframe_points:
            point.interpolation = "BEZIER"
    bpy.context.scene.footfall.character = rig
    bpy.context.scene.render.fps = 30
    bpy.context.scene.frame_set(1)
    return values_of(action, frames)


def ways(rig: bpy.types.Object) -> dict[str, np.ndarray]:
    """Return bone to (T, 3) world place of each mapped bone's head."""
    found = addon("blender.character").load_map(rig)
    _, heads = addon("blender.armature").sample(rig, range(1, KEYS[-1] + 1))
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
    report = addon("blender.takes").report_of(rig.footfall.takes[0])
    assert not report["warnings"], report
    return dict(report)


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


@pytest.mark.parametrize("kind", ["cat", "horse", "wolf"])
def test_rigify_animals_are_filled_on_their_controls(kind: str) -> None:
    rig = rigs.rigify(kind)
    own = keyed(rig)
    before = ways(rig)
    fill()
    report = check(rig, own, before)
    assert not report["notes"]
    counts = {
        curve.data_path: len(curve.keyframe_points)
        for curve in addon("blender.takes").curves(rig.animation_data.action)
    }
    dense = {path for path, count in counts.items() if count == KEYS[-1]}
    assert any("_ik." in path and path.endswith("location") for path in dense)
    assert 'pose.bones["torso"].location' in dense


@pytest.mark.parametrize("ik", [False, True])
def test_a_loop_ends_as_it_begins(ik: bool) -> None:
    rig = ik_dog(whole=False, pole=True) if ik else animals.deform_rig()
    keyed(rig, tuple(range(1, 46)))
    bpy.context.scene.footfall_between.seam = 12
    assert bpy.ops.footfall.close_loop() == {"FINISHED"}
    assert not addon("blender.takes").report_of(rig.footfall.takes[0])["warnings"]
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
    bag = addon("blender.fcurves").found_bag(rig, action)
    for curve in [c for c in bag.fcurves if c.data_path.endswith("location")]:
        bag.fcurves.remove(curve)
    with pytest.raises(RuntimeError, match="Key the location of the hips"):
        bpy.ops.footfall.fill_between()
    assert rig.animation_data.action == action
