# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused with one plain sentence and leaves the scene as it was."""

import math
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from tests.blender import subjects


def scene_state(rig: bpy.types.Object | None) -> dict:
    """All that a refused bake must not change."""
    data = bpy.data
    counts = {n: len(getattr(data, n)) for n in ("actions", "objects", "curves", "scenes")}
    scene = bpy.context.scene
    state = {**counts, "frames": (scene.frame_start, scene.frame_end, scene.frame_current)}
    if rig is not None and rig.type == "ARMATURE":
        animated = rig.animation_data
        state["action"] = animated.action.name if animated and animated.action else None
        state["takes"] = len(rig.footfall.takes)
        state["review"] = rig.footfall.before
        state["pose"] = [tuple(map(tuple, bone.matrix_basis)) for bone in rig.pose.bones]
    return state


def assert_refused(rig: bpy.types.Object | None, said: str) -> None:
    """Bake as a script does; the button of the panel says the same."""
    before = scene_state(rig)
    with pytest.raises(RuntimeError, match=said) as refusal:
        bpy.ops.footfall.bake()
    sentence = str(refusal.value).strip()
    assert "Traceback" not in sentence
    assert len(sentence.splitlines()) == 1
    assert scene_state(rig) == before


def hide(rig: bpy.types.Object) -> None:
    rig.hide_set(True)


def hide_viewport(rig: bpy.types.Object) -> None:
    rig.hide_viewport = True


def exclude(rig: bpy.types.Object) -> None:
    collection = bpy.data.collections.new("Away")
    bpy.context.scene.collection.children.link(collection)
    collection.objects.link(rig)
    bpy.context.scene.collection.objects.unlink(rig)
    bpy.context.view_layer.layer_collection.children["Away"].exclude = True


def unlink(rig: bpy.types.Object) -> None:
    bpy.context.scene.collection.objects.unlink(rig)


def edit(rig: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")


def rest(rig: bpy.types.Object) -> None:
    rig.data.pose_position = "REST"


def shrink(rig: bpy.types.Object) -> None:
    rig.scale = (0.001, 0.001, 0.001)


def enlarge(rig: bpy.types.Object) -> None:
    rig.scale = (100.0, 100.0, 100.0)


def flatten(rig: bpy.types.Object) -> None:
    rig.scale = (0.0, 0.0, 0.0)
    bpy.context.view_layer.update()


def lose(rig: bpy.types.Object) -> None:
    rig.location.x = math.nan
    bpy.context.view_layer.update()


def tweak(rig: bpy.types.Object) -> None:
    data = rig.animation_data_create()
    data.nla_tracks.new().strips.new("Old", 1, bpy.data.actions.new("Old"))
    data.nla_tracks[0].select = True
    data.use_tweak_mode = True


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (hide, "is hidden; show it first"),
        (hide_viewport, "is hidden; show it first"),
        (exclude, "not in this view layer; include its collection first"),
        (unlink, "no longer in a scene; pick another character"),
        (edit, "Edit Mode; leave it first"),
        (rest, "rest position; switch it to Pose Position first"),
        (flatten, "no usable size; check its scale"),
        (shrink, "too small to walk: its height is 0.00172 m; scale it up"),
        (enlarge, "too large to walk: its height is 172 m; scale it down"),
        (lose, "not a number; check its transform"),
        (tweak, "tweak mode; leave it first"),
    ],
)
def test_character_that_cannot_be_animated(spoil: Callable, said: str) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    spoil(rig)
    assert_refused(rig, said)


def test_no_character_at_all() -> None:
    bpy.context.scene.footfall.path = subjects.path()
    assert_refused(None, "Pick a character")


def test_character_of_another_type() -> None:
    empty = bpy.data.objects.new("Empty", None)
    bpy.context.scene.collection.objects.link(empty)
    subjects.ready(empty)
    assert_refused(None, "'Empty' is not an armature; pick one")


def test_armature_without_bones() -> None:
    rig = subjects.armature("Bare", [])
    subjects.ready(rig)
    assert_refused(rig, "no bones; pick another armature")


def test_rig_that_is_no_human() -> None:
    chain = [
        (f"Bone{i}", (0, 0, i), (0, 0, i + 1), f"Bone{i - 1}" if i else None) for i in range(5)
    ]
    rig = subjects.armature("Chain", chain)
    subjects.ready(rig)
    assert_refused(rig, "No bone for Hips.*; pick one in the bone map")


def test_missing_bone_is_named() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    row = next(row for row in rig.footfall.bones if row.name == "foot.L")
    row.bone = ""
    assert_refused(rig, "No bone for Left Foot; pick one in the bone map")


def test_renamed_bone_is_named() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    rig.data.bones["mixamorig:LeftFoot"].name = "Renamed"
    assert_refused(rig, "'mixamorig:LeftFoot' no longer exists; pick another in the bone map")


def linked_scene(folder: Path) -> bpy.types.Object:
    """Save a rig to a file and link it into an empty one."""
    file = folder / "library.blend"
    rig = subjects.mixamo("Hero")
    bpy.data.libraries.write(str(file), {rig})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(file), link=True) as (_there, here):
        here.objects = ["Hero"]
    (linked,) = here.objects
    bpy.context.scene.collection.objects.link(linked)
    return linked


def test_linked_armature(tmp_path: Path) -> None:
    rig = linked_scene(tmp_path)
    subjects.ready(rig)
    assert_refused(rig, "'Hero' is linked from another file; make a library override first")


def test_override_that_is_not_editable(tmp_path: Path) -> None:
    rig = linked_scene(tmp_path).override_create(remap_local_usages=True)
    subjects.ready(rig)
    rig.override_library.is_system_override = True
    assert_refused(rig, "'Hero' is a library override that is not editable; make it editable")


def test_library_override_walks_and_is_rejected(tmp_path: Path) -> None:
    rig = linked_scene(tmp_path).override_create(remap_local_usages=True)
    subjects.ready(rig)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    last = round(rig.animation_data.action.frame_range[1])
    assert subjects.pose_heads(rig, last)["mixamorig:Hips"][1] == pytest.approx(-3.0, abs=0.3)
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert rig.animation_data is None or rig.animation_data.action is None
    assert all(tuple(bone.location) == (0.0, 0.0, 0.0) for bone in rig.pose.bones)


def test_library_override_keeps_its_walks_in_the_file(tmp_path: Path) -> None:
    rig = linked_scene(tmp_path).override_create(remap_local_usages=True)
    subjects.ready(rig)
    for _ in range(2):
        bpy.ops.footfall.bake()
    file = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    rig = next(o for o in bpy.data.objects if o.name == "Hero" and o.override_library)
    assert rig.animation_data.action.name == "Hero Walk 02"
    assert "Hero Walk 01" in bpy.data.actions
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]


def test_no_path() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.context.scene.footfall.path = None
    assert_refused(rig, "Pick or draw a path first")


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (((1.0, 1.0, 0.0), (1.0, 1.0, 0.0)), "has no length; draw a longer path"),
        (((0.0, 0.0, 0.0), (math.nan, 0.0, 0.0)), "not a number; move it"),
        (((0.0, 0.0, 0.0), (0.0, 0.0, 3.0)), "no length over the ground; draw a longer path"),
    ],
)
def test_path_that_leads_nowhere(points: tuple, said: str) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig, subjects.path(*points))
    assert_refused(rig, said)


def test_path_of_another_type() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.path = rig
    assert_refused(rig, "is not a curve; pick another path")


def test_look_at_nothing() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig).facing = "look_at"
    assert_refused(rig, "Pick an object to look at")


def test_path_away_from_the_scene() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    bpy.context.scene.collection.objects.unlink(settings.path)
    assert_refused(rig, "There is no curve 'Path' in the scene any more; pick another path")


def test_two_armatures_only_the_picked_one_moves() -> None:
    other, rig = subjects.mixamo("Other"), subjects.mixamo("Hero")
    bpy.context.view_layer.objects.active = other
    subjects.ready(rig)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert rig.animation_data.action is not None
    assert other.animation_data is None
    assert len(other.footfall.takes) == 0
