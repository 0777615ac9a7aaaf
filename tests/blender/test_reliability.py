# SPDX-License-Identifier: GPL-3.0-or-later
"""Work survives: kills while saving, a hundred steps of undo and redo, saving and loading."""

from __future__ import annotations

import random
from pathlib import Path

import bpy
import pytest

from tests.blender import animals, subjects
from tests.blender.fuzz import kill
from tests.blender.fuzz.image import changed, image, keys_of
from tests.cases import each

STEPS = 100


@pytest.mark.slow
def test_a_killed_blender_leaves_the_old_or_the_new_file(
    extension_zip: Path, tmp_path: Path
) -> None:
    kill.check(extension_zip, tmp_path, kills=2)


def edit(rig: bpy.types.Object, rng: random.Random) -> None:
    """Key a pose, or move a key, the path or a point of it."""
    name = rng.choice(("key", "curve", "path", "point"))
    action = rig.animation_data.action if rig.animation_data else None
    if name == "path":
        bpy.data.objects["Path"].location.x += 0.01
    elif name == "point":
        bpy.data.objects["Path"].data.splines[0].points[0].co.x += 0.01
    elif name == "curve" and action is not None:
        curves = subjects.addon("blender.keys.takes").curves(action)
        rng.choice(list(rng.choice(curves).keyframe_points)).co.y += 0.01
    else:
        rig.pose.bones[rng.randrange(5)].keyframe_insert("location", frame=rng.randrange(1, 20))


def step(rng: random.Random) -> None:
    """Bake, bake again, accept, reject, or edit."""
    rig, ops = bpy.data.objects["Hero"], bpy.ops.footfall
    able = [op for op in (ops.bake, ops.rebake_take, ops.accept_take, ops.reject_take) if op.poll()]
    if rng.random() < 0.35:
        assert rng.choice(able)() == {"FINISHED"}
    else:
        edit(rig, rng)
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="step")


@pytest.mark.slow
def test_a_hundred_steps_are_undone_and_redone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpy.context.preferences.edit, "undo_steps", 256)
    rng = random.Random(4)
    rig = subjects.animated()
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -0.8, 0)))
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="begin")
    bpy.ops.ed.undo_push(message="begin")
    images = [image()]
    for _ in range(STEPS):
        step(rng)
        images.append(image())
    for number in reversed(range(STEPS)):
        bpy.ops.ed.undo()
        assert not changed(images[number], image()), f"undo to step {number}"
    for number in range(1, STEPS + 1):
        bpy.ops.ed.redo()
        assert not changed(images[number], image()), f"redo to step {number}"


@each("kind", ("person", "dog", "few keys"))
def test_saved_loaded_and_baked_again_the_keys_are_identical(kind: str, tmp_path: Path) -> None:
    rig = animals.deform_rig() if kind == "dog" else subjects.animated()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0.3, -1.5, 0)))
    settings.speed, settings.seed = 1.1, 3
    settings.keys = "sparse" if kind == "few keys" else "dense"
    name = rig.name
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    baked = keys_of(rig.animation_data.action)
    for _ in range(2):
        file = str(tmp_path / "shot.blend")
        bpy.ops.wm.save_as_mainfile(filepath=file)
        bpy.ops.wm.open_mainfile(filepath=file)
        rig = bpy.data.objects[name]
        assert keys_of(rig.animation_data.action) == baked
        assert bpy.ops.footfall.rebake_take(stored=True) == {"FINISHED"}
        assert keys_of(rig.animation_data.action) == baked
