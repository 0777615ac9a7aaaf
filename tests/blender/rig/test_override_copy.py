# SPDX-License-Identifier: GPL-3.0-or-later
"""Library overrides: bone map, takes and review survive saving, reloading and disabling."""

from pathlib import Path

import bpy

from tests.blender import subjects
from tests.cases import each


def override_of(file: Path, name: str = "Hero") -> bpy.types.Object:
    """Link the rig of a file and return an editable override of it, active."""
    with bpy.data.libraries.load(str(file), link=True) as (_there, here):
        here.objects = [name]
    (linked,) = here.objects
    bpy.context.scene.collection.objects.link(linked)
    rig = linked.override_create(remap_local_usages=True)
    rig.override_library.is_system_override = False
    bpy.context.view_layer.objects.active = rig
    bpy.context.view_layer.update()
    return rig


def override_of_hierarchy(file: Path) -> bpy.types.Object:
    """Link the rig's collection and override its whole hierarchy; returns the rig, active."""
    with bpy.data.libraries.load(str(file), link=True) as (_there, here):
        here.collections = ["Characters"]
    scene = bpy.context.scene
    scene.collection.children.link(here.collections[0])
    here.collections[0].override_hierarchy_create(
        scene, bpy.context.view_layer, do_fully_editable=True
    )
    return found()


def library(tmp_path: Path, *, walks: bool = False) -> Path:
    """Save a file with a rig in a collection, with two takes or without Footfall's data."""
    rig = subjects.mixamo("Hero")
    characters = bpy.data.collections.new("Characters")
    bpy.context.scene.collection.children.link(characters)
    characters.objects.link(rig)
    bpy.context.scene.collection.objects.unlink(rig)
    if walks:
        subjects.ready(rig)
        bpy.ops.footfall.bake()
        bpy.ops.footfall.accept_take()
    file = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.read_homefile(use_empty=True)
    return file


def found(name: str = "Hero") -> bpy.types.Object:
    """Return the override of a name after it was loaded or built again, and make it active."""
    rig = next(o for o in bpy.data.objects if o.name == name and o.override_library)
    bpy.context.view_layer.objects.active = rig
    return rig


def save(tmp_path: Path) -> str:
    file = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    return file


def reloaded(tmp_path: Path, name: str = "Hero") -> bpy.types.Object:
    bpy.ops.wm.open_mainfile(filepath=save(tmp_path))
    return found(name)


def under_review(rig: bpy.types.Object) -> None:
    """Give a rig an action of the artist's and two takes under review."""
    data = rig.animation_data or rig.animation_data_create()
    data.action = bpy.data.actions.new("Artist")
    rig.keyframe_insert("location", frame=1)
    settings = subjects.ready(rig)
    for speed in (1.4, 1.0):
        settings.speed = speed
        bpy.ops.footfall.bake()


def data_of(owner: bpy.types.PropertyGroup) -> dict:
    """Return all properties of a group, with data-blocks by name."""
    values: dict = {}
    for prop in owner.bl_rna.properties:
        if prop.identifier == "rna_type":
            continue
        value = getattr(owner, prop.identifier)
        if prop.type == "COLLECTION":
            value = [data_of(row) for row in value]
        elif isinstance(value, bpy.types.PropertyGroup):
            value = data_of(value)
        elif isinstance(value, bpy.types.ID):
            value = value.name
        values[prop.identifier] = value
    return values


def state_of(rig: bpy.types.Object) -> tuple[dict, str, dict]:
    everything = subjects.everything(rig)
    everything.pop("users", None)
    return data_of(rig.footfall), rig.animation_data.action.name, everything


@each("start, walks", [(override_of, False), (override_of, True), (override_of_hierarchy, False)])
def test_takes_and_review_survive_two_reloads(tmp_path: Path, start: object, walks: bool) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = start(library(tmp_path, walks=walks))
    under_review(rig)
    before = state_of(rig)
    names = [take.name for take in rig.footfall.takes]
    for _ in range(2):
        rig = reloaded(tmp_path)
        assert state_of(rig) == before
        assert bpy.data.actions["Artist"].users > 0
    bpy.ops.footfall.rebake_take()
    assert [take.name for take in rig.footfall.takes] == names
    bpy.ops.footfall.bake()
    rig = reloaded(tmp_path)
    bpy.ops.footfall.reject_take()
    assert rig.animation_data.action.name == "Artist"
    assert [take.name for take in rig.footfall.takes] == names
    assert not rig.footfall.before


def test_accepting_after_a_reload(tmp_path: Path) -> None:
    under_review(override_of(library(tmp_path)))
    rig = reloaded(tmp_path)
    bpy.ops.footfall.accept_take()
    rig = reloaded(tmp_path)
    assert [take.accepted for take in rig.footfall.takes] == [False, True]
    assert not rig.footfall.before
    assert bpy.data.actions["Artist"].users > 0


def test_detect_after_a_reload_lays_the_same_map(tmp_path: Path) -> None:
    rig = override_of(library(tmp_path))
    bpy.ops.footfall.detect_rig()
    rows = data_of(rig.footfall)["bones"]
    rig = reloaded(tmp_path)
    assert data_of(rig.footfall)["bones"] == rows
    bpy.ops.footfall.detect_rig()
    assert data_of(rig.footfall)["bones"] == rows
    rig.footfall.bones[3].bone = ""
    rows = data_of(rig.footfall)["bones"]
    rig = reloaded(tmp_path)
    assert data_of(rig.footfall)["bones"] == rows


def test_nothing_is_lost_while_footfall_is_disabled(tmp_path: Path, installed: str) -> None:
    rig = override_of(library(tmp_path))
    under_review(rig)
    rig.footfall.bones[0].bone = ""  # since the last copy
    before = state_of(rig)
    bpy.ops.preferences.addon_disable(module=installed)
    for _ in range(2):
        rig = reloaded(tmp_path)
    assert bpy.data.actions["Artist"].users > 0
    bpy.ops.preferences.addon_enable(module=installed)
    rig.update_tag()
    bpy.context.view_layer.update()
    assert state_of(rig) == before
    assert state_of(reloaded(tmp_path)) == before


@each("rebuild", ["library", "hierarchy"])
def test_building_an_override_again_keeps_its_takes(tmp_path: Path, rebuild: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = override_of_hierarchy(library(tmp_path))
    under_review(rig)
    before = state_of(rig)
    if rebuild == "library":
        rig.footfall.bones[0].bone = ""  # since the last copy
        before = state_of(rig)
        bpy.data.libraries[0].reload()
    else:
        subjects.addon("blender.rig.override_copy").keep(rig)
        rig.override_library.operations_update()
        rig.override_library.resync(bpy.context.scene, view_layer=bpy.context.view_layer)
    bpy.context.view_layer.update()
    rig = found()
    assert state_of(rig) == before
    assert state_of(reloaded(tmp_path)) == before


def test_two_overrides_of_one_rig_keep_their_own(tmp_path: Path) -> None:
    file = library(tmp_path)
    first, second = override_of(file), override_of(file)
    second.name = "Twin"
    for rig in (second, first):
        subjects.ready(rig)
        bpy.ops.footfall.bake()
    bpy.ops.footfall.bake()
    second.footfall.takes[0].name = "Twin's"
    first = reloaded(tmp_path)
    second = found("Twin")
    assert [take.name for take in first.footfall.takes] == ["Walk 01", "Walk 02"]
    assert [take.name for take in second.footfall.takes] == ["Twin's"]
    assert second.animation_data.action == second.footfall.takes[0].action


def test_a_rig_made_local_keeps_its_data_and_drops_the_copy(tmp_path: Path) -> None:
    rig = override_of(library(tmp_path))
    under_review(rig)
    save(tmp_path)
    rig = rig.make_local()
    assert rig.override_library is None
    before = state_of(rig)
    bpy.ops.wm.open_mainfile(filepath=save(tmp_path))
    assert state_of(bpy.data.objects["Hero"]) == before
    assert not bpy.context.scene.footfall.overrides


def test_changes_of_the_library_reach_an_unchanged_override(tmp_path: Path) -> None:
    file = library(tmp_path, walks=True)
    rig = override_of(file)
    assert len(rig.footfall.takes) == 1
    shot = save(tmp_path)
    bpy.ops.wm.open_mainfile(filepath=str(file))
    bpy.data.objects["Hero"].footfall.takes[0].name = "Better"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=shot)
    assert [take.name for take in found().footfall.takes] == ["Better"]


def test_undo_after_saving_goes_back_beyond_the_copy(tmp_path: Path) -> None:
    rig = override_of(library(tmp_path, walks=True))
    bpy.ops.ed.undo_push(message="linked")
    bone = rig.footfall.bones[3].bone
    rig.footfall.bones[3].bone = ""
    bpy.ops.ed.undo_push(message="cleared")
    save(tmp_path)
    rig.location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    for _ in range(2):
        bpy.ops.ed.undo()
    assert found().footfall.bones[3].bone == bone
    assert reloaded(tmp_path).footfall.bones[3].bone == bone


def test_a_row_of_the_library_is_cleared(tmp_path: Path) -> None:
    rig = override_of(library(tmp_path, walks=True))
    names = [row.name for row in rig.footfall.bones]
    bpy.context.scene.footfall.character = rig
    rig.footfall.active_bone = names.index("spine")
    bpy.ops.footfall.map_add()
    rows = data_of(rig.footfall)["bones"]
    rig.footfall.active_bone = names.index("spine")
    bpy.ops.footfall.map_clear()
    rows[names.index("spine")]["bone"] = ""
    assert data_of(reloaded(tmp_path).footfall)["bones"] == rows


def test_restoring_shows_no_take(tmp_path: Path) -> None:
    rig = override_of(library(tmp_path))
    under_review(rig)
    rig.animation_data.action = bpy.data.actions["Artist"]
    rig = reloaded(tmp_path)
    assert rig.animation_data.action.name == "Artist"
    assert rig.footfall.active_take == 1


def test_a_deleted_override_leaves_no_copy(tmp_path: Path) -> None:
    rig = override_of(library(tmp_path))
    under_review(rig)
    save(tmp_path)
    bpy.context.scene.footfall.character = None
    bpy.ops.object.select_all(action="DESELECT")
    rig.select_set(True)
    bpy.ops.object.delete()
    bpy.ops.wm.open_mainfile(filepath=save(tmp_path))
    assert not bpy.context.scene.footfall.overrides
    assert not [o for o in bpy.data.objects if o.override_library]
