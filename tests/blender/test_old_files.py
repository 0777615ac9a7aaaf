# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the first version: their takes, reviews and creatures work as those of today.

`old_person.blend` has an accepted take, and a take under review over the artist's own action.
`old_animal.blend` has a creature, and a take of which one footfall is moved and another is dragged.
Blender 4.5 wrote both, before takes owned their actions.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest

from tests.blender import subjects
from tests.cases import each

DATA = Path(__file__).resolve().parents[1] / "data"


def opened(name: str, folder: Path | None = None) -> bpy.types.Object:
    """Open a file, saved and opened again if there is a folder; returns its character."""
    bpy.ops.wm.open_mainfile(filepath=str(DATA / f"old_{name}.blend"))
    if folder is not None:
        saved_and_opened(folder / "again.blend")
    return bpy.context.scene.footfall.character


def saved_and_opened(file: Path) -> None:
    """Save the file and open it again."""
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.open_mainfile(filepath=str(file))


def action_of(rig: bpy.types.Object) -> str:
    """Return the name of the action that the rig plays."""
    data = rig.animation_data
    return data.action.name if data is not None and data.action is not None else ""


@each("again", (False, True))
def test_takes_are_listed_with_recipe_and_report(again: bool, tmp_path: Path) -> None:
    rig = opened("person", tmp_path if again else None)
    assert [(t.name, t.accepted) for t in rig.footfall.takes] == [
        ("Walk 01", True),
        ("Walk 02", False),
    ]
    assert [t.action.name for t in rig.footfall.takes] == ["Hero Walk 01", "Hero Walk 02"]
    recipes = [json.loads(take.recipe) for take in rig.footfall.takes]
    assert [(r["curve"], r["seed"], r["cadence"]) for r in recipes] == [
        ("Path", 3, pytest.approx(1.05))
    ] * 2
    assert all(json.loads(take.report)["gait"]["walk"] == 1.0 for take in rig.footfall.takes)
    assert (rig.footfall.active_take, action_of(rig)) == (1, "Hero Walk 02")
    assert bpy.data.actions["Artist"].users > 0
    rows = {row.name: row.bone for row in rig.footfall.bones}
    assert rows["hips"] == "mixamorig:Hips" and len(rig.footfall.bones) > 20
    settings = bpy.context.scene.footfall
    assert (settings.character, settings.path.name) == (rig, "Path")
    assert settings.speed == pytest.approx(1.5)


@each("again", (False, True))
def test_reject_restores_the_state_before_the_review(again: bool, tmp_path: Path) -> None:
    rig = opened("person", tmp_path if again else None)
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert action_of(rig) == "Artist"
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (3, 40, 5)
    assert rig.pose.bones["mixamorig:Spine"].location.x == 0.125
    assert rig.pose.bones["mixamorig:Head"].rotation_mode == "XYZ"
    keys = [
        (curve.data_path.rpartition(".")[2], curve.array_index, tuple(key.co))
        for curve in subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
        for key in curve.keyframe_points
        if key.co[1]
    ]
    keyed = (20.0, pytest.approx(0.4))
    assert keys == [("location", 0, keyed), ("rotation_euler", 0, keyed)]
    assert [take.name for take in rig.footfall.takes] == ["Walk 01"]
    assert "Hero Walk 02" not in bpy.data.actions


@each("again", (False, True))
def test_bake_again_and_accept_keep_the_artists_action(again: bool, tmp_path: Path) -> None:
    rig = opened("person", tmp_path if again else None)
    bpy.context.scene.footfall.speed = 1.1
    last = rig.animation_data.action.frame_range[1]
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert rig.animation_data.action.frame_range[1] > last
    assert [take.name for take in rig.footfall.takes] == ["Walk 01", "Walk 02"]
    assert bpy.ops.footfall.accept_take() == {"FINISHED"}
    saved_and_opened(tmp_path / "accepted.blend")
    rig = bpy.context.scene.footfall.character
    assert bpy.data.actions["Artist"].users > 0
    assert [take.accepted for take in rig.footfall.takes] == [True, True]
    rig.footfall.active_take = 0
    assert action_of(rig) == "Hero Walk 01"


def test_dragged_footfalls_and_creatures_are_used() -> None:
    rig = opened("animal")
    (take,) = rig.footfall.takes
    assert [edit["paw"] for edit in json.loads(take.recipe)["footfalls"]] == ["LF"]
    assert rig.footfall.creature == rig.footfall.creatures[0].name == "Walk"
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    (take,) = rig.footfall.takes
    assert [edit["foot"] for edit in json.loads(take.recipe)["footprints"]] == ["LF", "RH"]
    assert json.loads(take.recipe)["creature"] == "Walk"
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert not action_of(rig)
    assert bpy.ops.footfall.bake() == {"FINISHED"}


def test_bake_again_says_that_the_action_of_an_old_take_stays() -> None:
    rig = opened("person")
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    notes = json.loads(rig.footfall.takes[1].report)["notes"]
    assert any("'Hero Walk 02' stays in the file" in note for note in notes)
    assert bpy.data.actions["Hero Walk 02"] != rig.animation_data.action
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert not any("stays" in n for n in json.loads(rig.footfall.takes[1].report)["notes"])
