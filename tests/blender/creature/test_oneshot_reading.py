# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a clip from an armature: evaluated poses, an unchanged scene, clips from files."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs, subjects
from tests.blender.subjects import addon
from tests.cases import each


def stepping(rig: bpy.types.Object) -> bpy.types.Action:
    """Key the paper dog's walk on a rig, on its controls if it has some; 30 frames a second."""
    key_plan = addon("blender.keys.key_plan")
    bpy.context.scene.render.fps = 30
    rig_map = rigs.detected(rig)
    clip = animals.sized(rig, rig_map, animals.step())
    action = key_plan.write(key_plan.plan_keys(rig, rig_map, clip), rig)
    action.name = "ModalWork"
    return action


def read() -> Any:
    """Read the picked clip at once."""
    return addon("motion.maths.progress").finish(
        addon("blender.creature.exemplar").read_steps(bpy.context)
    )


def all_of(rig: bpy.types.Object) -> dict:
    """All that reading must not change."""
    scene, data = bpy.context.scene, bpy.data
    return {
        **subjects.everything(rig),
        "time": (scene.frame_current, scene.frame_subframe),
        "selected": sorted(thing.name for thing in bpy.context.selected_objects),
        "active": bpy.context.view_layer.objects.active.name,
        "scenes": [(each.name, len(each.objects)) for each in data.scenes],
        "counts": (len(data.actions), len(data.objects)),
        "pose": [tuple(map(tuple, bone.matrix_basis)) for bone in rig.pose.bones],
    }


@pytest.mark.parametrize("kind", ["deform", "basic_quadruped"])
def test_the_evaluated_pose_is_read_and_nothing_changes(installed: str, kind: str) -> None:
    rig = animals.deform_rig() if kind == "deform" else rigs.rigify(kind)
    stepping(rig)
    scene = bpy.context.scene
    scene.frame_set(7)
    bone = rig.pose.bones["Tail2" if kind == "deform" else "torso"]
    bone.location.x = 0.25  # a keyed or unkeyed edit that has not been keyed
    bpy.context.scene.footfall.character = rig
    before = all_of(rig)
    reading = read()
    assert all_of(rig) == before
    assert (reading.name, reading.fps) == ("ModalWork", 60.0)
    frames = [1, 8, 31, 60]
    turns, heads = addon("blender.scene.armature").sample(rig, frames)
    names = [bone.name for bone in rig.pose.bones]
    mapped = [name for bones in reading.rig_map.roles.values() for name in bones]
    assert len(mapped) >= 20
    for name in mapped:
        mine, theirs = reading.rig.index(name), names.index(name)
        rows = [2 * (frame - 1) for frame in frames]
        assert reading.positions[rows, mine] == pytest.approx(heads[:, theirs], abs=1e-5)
        cosine = np.abs((reading.rotations[rows, mine] * turns[:, theirs]).sum(axis=-1))
        assert cosine == pytest.approx(1.0, abs=1e-5)


@pytest.fixture
def busy_dog(installed: str) -> bpy.types.Object:
    """A dog with a clip that it does not play: it plays another action, mixed with a track."""
    rig = animals.deform_rig()
    clip = stepping(rig)
    data = rig.animation_data
    data.action = None
    for frame, height in ((1, 0.0), (20, 0.4)):
        rig.location.z = height
        rig.keyframe_insert("location", frame=frame)
    data.action.name = "Own"
    track = data.nla_tracks.new()
    track.strips.new("Wave", 1, bpy.data.actions.new("Wave"))
    data.action_influence = 0.5
    rig.pose.bones["Tail2"].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    bpy.context.scene.frame_set(5)
    rig.location.z = 0.9
    bpy.context.scene.footfall.oneshot.rig = rig
    bpy.context.scene.footfall.oneshot.action = clip
    return rig


def test_a_clip_that_is_not_played_is_read_alone(busy_dog: bpy.types.Object) -> None:
    before = all_of(busy_dog)
    reading = read()
    assert all_of(busy_dog) == before
    pelvis = reading.positions[:, reading.rig.index("Pelvis")]
    assert np.ptp(pelvis[:, 2]) > 1.0
    assert np.ptp(pelvis[:, 1]) < 0.1


def test_stopped_or_failing_half_way_everything_is_as_before(
    busy_dog: bpy.types.Object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_of(busy_dog)
    exemplar = addon("blender.creature.exemplar")
    steps = exemplar.read_steps(bpy.context)
    assert [next(steps) for _ in range(2)] == [0.0, exemplar.CHUNK / 119]
    assert all_of(busy_dog) == before, "a file may be saved between two slices"
    steps.close()
    assert all_of(busy_dog) == before

    def broken(*_arguments: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(addon("blender.scene.armature"), "sample", broken)
    with pytest.raises(MemoryError):
        read()
    assert all_of(busy_dog) == before


def delete_rig(rig: bpy.types.Object) -> None:
    bpy.data.objects.remove(rig)


def delete_action(_rig: bpy.types.Object) -> None:
    bpy.data.actions.remove(bpy.context.scene.footfall.oneshot.action)


def edit(rig: bpy.types.Object) -> None:
    bpy.ops.object.mode_set(mode="EDIT")


def rename_bone(rig: bpy.types.Object) -> None:
    rig.data.bones["Tail2"].name = "Renamed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (delete_rig, "The clip's armature was deleted while it was read; read it again"),
        (delete_action, "The clip's action was deleted while it was read; read it again"),
        (rename_bone, "The bones of 'Dog' changed while its clip was read; read it again"),
        (edit, '"Dog" is in Edit Mode; leave it first'),
    ],
)
def test_a_clip_that_changes_while_it_is_read_is_refused(
    busy_dog: bpy.types.Object, change: Callable, said: str
) -> None:
    steps = addon("blender.creature.exemplar").read_steps(bpy.context)
    next(steps)
    change(busy_dog)
    scenes, objects = len(bpy.data.scenes), len(bpy.data.objects)
    with pytest.raises(addon("errors").RefusedError) as refusal:
        addon("motion.maths.progress").finish(steps)
    assert str(refusal.value) == said
    assert (len(bpy.data.scenes), len(bpy.data.objects)) == (scenes, objects)


def test_a_file_saved_while_a_clip_is_read_is_the_artists(
    busy_dog: bpy.types.Object, tmp_path: Path
) -> None:
    file, before = tmp_path / "meanwhile.blend", all_of(busy_dog)
    steps = addon("blender.creature.one_shot").examine_steps(bpy.context)
    next(steps)
    bpy.ops.wm.save_as_mainfile(filepath=str(file), copy=True)
    steps.close()
    bpy.ops.wm.open_mainfile(filepath=str(file))
    after = all_of(bpy.data.objects["Dog"])
    changed = [name for name in before if after[name] != before[name]]
    assert [name.partition("<")[0] for name in changed] == ["Dog"], "loading plays the own action"


def test_a_part_and_the_scene_s_units(busy_dog: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall.oneshot
    whole = read()
    settings.part, settings.frame_start, settings.frame_end = True, 11, 30
    bpy.context.scene.unit_settings.scale_length = 0.5
    part = read()
    assert len(part.positions) == 39
    assert part.positions == pytest.approx(0.5 * whole.positions[20:59], abs=1e-5)
    assert part.rig.lengths == pytest.approx(0.5 * whole.rig.lengths)


def no_armature(_rig: bpy.types.Object) -> None:
    bpy.context.scene.footfall.oneshot.rig = None
    bpy.context.scene.footfall.character = None
    bpy.context.view_layer.objects.active = None


def no_action(rig: bpy.types.Object) -> None:
    bpy.context.scene.footfall.oneshot.action = None
    rig.animation_data.action = None


def other_action(_rig: bpy.types.Object) -> None:
    bpy.context.scene.footfall.oneshot.action = bpy.data.actions["Own"]


def one_frame(_rig: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall.oneshot
    settings.part, settings.frame_start, settings.frame_end = True, 5, 5


def endless(_rig: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall.oneshot
    settings.part, settings.frame_start, settings.frame_end = True, 1, 10_000


def person(_rig: bpy.types.Object) -> None:
    hero = subjects.mixamo("Hero")
    hero.pose.bones[0].keyframe_insert("location", frame=1)
    hero.pose.bones[0].keyframe_insert("location", frame=9)
    settings = bpy.context.scene.footfall.oneshot
    settings.rig, settings.action = hero, hero.animation_data.action


def rest(rig: bpy.types.Object) -> None:
    rig.data.pose_position = "REST"


def lose(rig: bpy.types.Object) -> None:
    rig.location.x = math.nan
    bpy.context.view_layer.update()


def off(rig: bpy.types.Object) -> None:
    rig.hide_viewport = True


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_armature, "Pick the armature that plays the clip"),
        (no_action, "has no action; pick a clip, or import one"),
        (other_action, "'Own' has no keys on bones of 'Dog'"),
        (one_frame, "shorter than one frame"),
        (endless, "333 s long"),
        (person, "'Hero' walks on two legs"),
        (rest, "rest position"),
        (edit, "Edit Mode"),
        (lose, "not a number"),
        (off, "switched off in viewports"),
    ],
)
def test_what_cannot_be_read_is_refused(
    busy_dog: bpy.types.Object, spoil: Callable, said: str
) -> None:
    spoil(busy_dog)
    refused = addon("errors").RefusedError
    assert said in addon("blender.creature.exemplar").refusal(bpy.context)
    with pytest.raises(refused, match=said):
        read()


def test_a_linked_armature_is_refused(installed: str, tmp_path: Path) -> None:
    rig = animals.deform_rig()
    stepping(rig)
    file = tmp_path / "library.blend"
    bpy.data.libraries.write(str(file), {rig})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(file), link=True) as (_there, here):
        here.objects = ["Dog"]
    (linked,) = here.objects
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.scene.footfall.oneshot.rig = linked
    said = addon("blender.creature.exemplar").refusal(bpy.context)
    assert said == "'Dog' is linked from another file; make a library override first"


def rich_scene() -> None:
    """A moving cube with shape keys and an image, a camera, a lamp, a custom property."""
    bpy.context.scene["note"] = "file"
    bpy.ops.object.camera_add()
    bpy.ops.object.light_add()
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    cube.shape_key_add(name="Basis")
    cube.shape_key_add(name="Wide")
    cube.keyframe_insert("location", frame=1)
    cube.keyframe_insert("location", frame=400)
    material, image = bpy.data.materials.new("Paint"), bpy.data.images.new("Paint", 8, 8)
    image.pack()
    material.use_nodes = True
    tree = material.node_tree
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    tree.links.new(texture.outputs[0], tree.nodes["Principled BSDF"].inputs[0])
    cube.data.materials.append(material)


@pytest.fixture(scope="module")
def clips(installed: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One walk in the three formats, and files without one."""
    folder = tmp_path_factory.mktemp("clips")
    bpy.ops.wm.read_homefile(use_empty=True)
    addon("motion.clip.bvh").write(folder / "walk.bvh", animals.step())
    stepping(animals.deform_rig())
    bpy.ops.export_scene.gltf(filepath=str(folder / "walk.glb"), export_format="GLB")
    bpy.ops.export_scene.fbx(filepath=str(folder / "walk.fbx"), add_leaf_bones=False)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.export_scene.gltf(filepath=str(folder / "cube.glb"), export_format="GLB")
    rich_scene()
    bpy.ops.export_scene.gltf(
        filepath=str(folder / "rich.glb"),
        export_cameras=True,
        export_lights=True,
        export_extras=True,
    )
    bpy.ops.export_scene.fbx(filepath=str(folder / "rich.fbx"))
    (folder / "broken.bvh").write_text((folder / "walk.bvh").read_text()[:900])
    (folder / "broken.glb").write_bytes(b"glTF is more than this")
    (folder / "text.txt").write_text("no clip")
    return folder


@pytest.mark.parametrize("name", ["walk.bvh", "walk.glb", "walk.fbx"])
def test_an_imported_clip_is_picked_and_read(clips: Path, name: str) -> None:
    bpy.ops.mesh.primitive_cube_add()
    active = bpy.context.object
    bpy.context.scene.render.fps = 25
    assert bpy.ops.footfall.exemplar_import(filepath=str(clips / name)) == {"FINISHED"}
    settings = bpy.context.scene.footfall.oneshot
    assert settings.rig.footfall.kind == "quadruped"
    assert settings.action == settings.rig.animation_data.action
    assert bpy.context.view_layer.objects.active == active
    assert bpy.context.selected_objects == [active]
    reading = read()
    pelvis = reading.positions[:, reading.rig.index("Pelvis")]
    assert (len(pelvis) - 1) / reading.fps == pytest.approx(2.0, abs=0.1)
    assert np.ptp(pelvis, axis=0)[2] == pytest.approx(1.6, abs=0.1)


REFUSED = ["cube.glb", "rich.glb", "rich.fbx", "broken.bvh", "broken.glb", "text.txt", "none.bvh"]


@each("name", REFUSED)
def test_a_file_without_a_clip_is_refused_and_leaves_nothing(clips: Path, name: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene["note"] = "artist"
    scene.world = bpy.data.worlds.new("World")
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 5, 77
    scene.frame_set(9)
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.select_set(False)

    def state() -> list[Any]:
        blocks = sorted((type(block).__name__, block.name) for block in bpy.data.user_map())
        times = scene.render.fps, scene.frame_start, scene.frame_end, scene.frame_current
        properties = {key: scene[key] for key in scene.keys() if key != "footfall"}  # noqa: SIM118
        chosen = bpy.context.view_layer.objects.active, bpy.context.selected_objects
        return [blocks, times, scene.world, properties, chosen, bpy.context.mode]

    before = state()
    with pytest.raises(RuntimeError) as refusal:
        bpy.ops.footfall.exemplar_import(filepath=str(clips / name))
    assert len(str(refusal.value).strip().splitlines()) == 1
    assert name in str(refusal.value)
    assert "Location" not in str(refusal.value)
    assert state() == before
    assert scene.footfall.oneshot.rig is None
