# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden bakes in Blender: on rigs of several kinds the operators key the stored curves."""

from __future__ import annotations

import json
from collections.abc import Iterable

import bpy
import numpy as np

from tests import goldens
from tests.blender import animals, rigs, subjects

BEND = ((0.0, 0.0, 0.0), (0.0, -1.2, 0.0), (0.5, -2.2, 0.0))
NEWER = ("slope_pace", "ground_collection", "obstacles")
"""Options of recipes that came after the goldens."""
LOOSE = 0.7
"""Keys per frame below which the keys of the curves are stored, too."""


def curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return all F-curves of an action, by path and index."""
    bags = [b for layer in action.layers for strip in layer.strips for b in strip.channelbags]
    found = [curve for bag in bags for curve in bag.fcurves]
    return sorted(found, key=lambda curve: (curve.data_path, curve.array_index))


def of(action: bpy.types.Action) -> dict[str, np.ndarray]:
    """Return the F-curves of an action as arrays."""
    found = curves(action)
    first, last = (round(float(end)) for end in action.frame_range)
    frames = range(first, last + 1)
    counts = [len(curve.keyframe_points) for curve in found]
    arrays = {
        "names": np.array([f"{curve.data_path}[{curve.array_index}]" for curve in found]),
        "range": np.array([first, last]),
        "counts": np.array(counts),
        "values": np.array([[c.evaluate(f) for c in found] for f in frames], dtype=np.float32),
    }
    if np.mean(counts) < LOOSE * len(frames):
        keys = [(*k.co, *k.handle_left, *k.handle_right) for c in found for k in c.keyframe_points]
        arrays["keys"] = np.array(keys, dtype=np.float32)
    return arrays


def of_take(rig: bpy.types.Object) -> dict[str, np.ndarray]:
    """Return the last take of a rig as arrays."""
    take = rig.footfall.takes[-1]
    recipe = json.loads(take.recipe or "{}")
    if "footprints" in recipe:  # as the recipes of the goldens name it
        recipe["footfalls"] = recipe.pop("footprints")
    for name in NEWER:
        recipe.pop(name, None)
    values = {"report": goldens.figures(json.loads(take.report)), "recipe": recipe}
    return of(take.action) | goldens.flat(values)


def scene(rig: bpy.types.Object, points: Iterable = BEND, **wanted: object) -> None:
    """Fill the panels for a rig and a path."""
    bpy.context.scene.render.fps = 30
    settings = subjects.ready(rig, subjects.path(*points))
    for name, value in wanted.items():
        setattr(settings, name, value)


def test_rigify_human() -> None:
    rig = subjects.rigify()
    scene(rig, speed=1.3, start=True, seed=2)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    goldens.check("blender-rigify-human", of_take(rig))


def test_rigify_wolf() -> None:
    rig = rigs.rigify("wolf")
    scene(rig, ((0, 0, 0), (0, -2, 0), (0.5, -4, 0)), animal_gait="trot", speed=1.8)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    goldens.check("blender-rigify-wolf", of_take(rig))


def test_mixamo_with_a_style_and_few_keys() -> None:
    rig = subjects.mixamo()
    scene(rig, speed=1.4, stop=True, keys="sparse", root_motion="object")
    assert bpy.ops.footfall.style_add() == {"FINISHED"}
    bpy.context.scene.footfall.styles.mix[-1].style = "proud"
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    goldens.check("blender-mixamo", of_take(rig))


def test_mixamo_cycle() -> None:
    rig = subjects.mixamo()
    scene(rig, speed=1.4, path=None)
    assert bpy.ops.footfall.bake_cycle() == {"FINISHED"}
    goldens.check("blender-cycle", of_take(rig))


def test_creature_of_its_own_take() -> None:
    rig = animals.deform_rig()
    scene(rig, ((0, 0, 0), (0, -3, 0)), animal_gait="walk", speed=0.9)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert bpy.ops.footfall.accept_take() == {"FINISHED"}
    clip = rig.animation_data.action.copy()
    clip.name = "Clip"
    rig.animation_data.action, rig.animation_data.action_slot = clip, clip.slots[0]
    assert bpy.ops.footfall.adapt() == {"FINISHED"}
    scene(rig, speed=1.0)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    goldens.check("blender-creature-adapted", of_take(rig))


def test_creature_that_ships() -> None:
    rig = animals.deform_rig()
    scene(rig, speed=1.2)
    assert bpy.ops.footfall.creature_ready(name="Horse") == {"FINISHED"}
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    goldens.check("blender-creature-ready", of_take(rig))


def thinned(rig: bpy.types.Object, kept: tuple[int, ...]) -> None:
    """Make the shown take the rig's own action, with keys on some frames only."""
    assert bpy.ops.footfall.accept_take() == {"FINISHED"}
    for curve in curves(rig.animation_data.action):
        for point in reversed(list(curve.keyframe_points)):
            if round(point.co[0]) not in kept:
                curve.keyframe_points.remove(point)
        for point in curve.keyframe_points:
            point.interpolation = "BEZIER"
    bpy.context.scene.frame_set(kept[0])


def test_fill_between_of_people() -> None:
    rig = subjects.mixamo()
    scene(rig, speed=1.3)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    thinned(rig, (1, 13, 27, 41))
    assert bpy.ops.footfall.fill_between() == {"FINISHED"}
    goldens.check("blender-fill", of_take(rig))


def test_fill_between_of_animals() -> None:
    rig = animals.deform_rig()
    scene(rig, ((0, 0, 0), (0, -4, 0)), animal_gait="walk", speed=0.9)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    thinned(rig, (1, 9, 17, 30))
    assert bpy.ops.footfall.fill_between() == {"FINISHED"}
    goldens.check("blender-fill-animal", of_take(rig))
