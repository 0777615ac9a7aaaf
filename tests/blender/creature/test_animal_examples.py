# SPDX-License-Identifier: GPL-3.0-or-later
"""The example animals: their meshes, and the motion of their paws under keys."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from examples import animal, animal_figures
from motion_addon.blender.keys import key_plan
from motion_addon.blender.scene import armature
from motion_addon.motion import rigs
from motion_addon.motion.retarget import retarget
from motion_addon.motion.rigs.measure import measure
from tests.motion import dogs

ASSETS = Path(animal.__file__).with_name("assets")
FILES = {
    "quaternius-cow": "quaternius_animal",
    "mesh2motion-fox": "mesh2motion_fox",
    "mesh2motion-horse": "mesh2motion_horse",
}


@pytest.mark.parametrize("name", FILES)
def test_cc0_animals_keep_their_paws_where_the_clip_has_them(name: str) -> None:
    creature = animal.gltf_animal(ASSETS / f"{name}.glb", 0.8)
    bones = armature.read_rig(creature.rig)
    found = rigs.detect(bones)
    assert (found.kind.name, found.family) == ("quadruped", FILES[name])
    scene = bpy.context.scene
    scene.render.fps = 60
    rest = animal_figures.lowest_at_rest(creature.body)
    assert abs(rest) < 0.02
    clip = dogs.stepping_dog(seconds=1.5)
    clip = clip.scaled(retarget.height_ratio(bones, found, clip.skeleton))
    key_plan.write(key_plan.plan_keys(creature.rig, found, clip), creature.rig, frame_start=0.0)
    figures = animal_figures.measure(creature.rig, creature.body, clip, rest)
    assert figures.slip_rig == pytest.approx(figures.slip_clip, abs=0.05)
    assert figures.slip_most < 5.0
    assert figures.lifted < 2.0
    print(figures)
    assert figures.sunk < 15.0  # of the shank, while the paw stands
    assert figures.hips == pytest.approx(1.0, abs=0.1)


def test_imported_animals_are_sized_by_their_hips() -> None:
    creature = animal.gltf_animal(ASSETS / "quaternius-cow.glb", 1.2)
    bones = armature.read_rig(creature.rig)
    assert measure(bones, rigs.detect(bones)).leg_length == pytest.approx(1.2)
    halves = [polygon.material_index for polygon in creature.body.data.polygons]
    assert np.mean(halves) == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_skin_of_tubes_is_bound_to_deform_bones() -> None:
    creature = animal.rigify_animal("horse")
    names = {group.name for group in creature.body.vertex_groups}
    assert names <= {bone.name for bone in creature.rig.data.bones if bone.use_deform}
    weights = [sum(g.weight for g in v.groups) for v in creature.body.data.vertices]
    assert np.abs(np.array(weights) - 1.0).max() < 1e-3
    heights = [vertex.co.z for vertex in creature.body.data.vertices]
    assert min(heights) == pytest.approx(0.0, abs=0.03)
    assert max(heights) > 1.8
