# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels: their order and contents in each state, drawn on a layout that records them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from tests.blender import subjects
from tests.cases import each

ORDER = ["character", "path", "motion", "bake", "oneshot", "report"]


class Notes:
    """A substitute for a UILayout that records its contents."""

    def __init__(self, items: list[tuple] | None = None) -> None:
        self.items = [] if items is None else items

    def __getattr__(self, name: str) -> Any:
        def put(*arguments: Any, **options: Any) -> Notes:
            if name == "operator":
                assert hasattr(bpy.types, "FOOTFALL_OT_" + arguments[0].partition(".")[2])
            if name in {"prop", "template_list"}:
                assert (
                    arguments[1] == "FOOTFALL_UL_bones"
                    or hasattr(arguments[0], arguments[1])
                    or (name == "template_list")
                )
            self.items.append((name, arguments, options))
            return Notes(self.items)

        return put

    def texts(self) -> str:
        return " ".join(str(o["text"]) for _n, _a, o in self.items if o.get("text"))

    def names(self, kind: str) -> list[str]:
        at = {"operator": 0, "prop": 1, "template_list": 0}[kind]
        return [arguments[at] for name, arguments, _o in self.items if name == kind]


def panel(name: str) -> type[bpy.types.Panel]:
    return getattr(bpy.types, f"FOOTFALL_PT_{name}")


def draw(name: str) -> Notes:
    """Draw a panel and return what it put on its layout."""
    notes = Notes()
    context = SimpleNamespace(
        scene=bpy.context.scene,
        view_layer=bpy.context.view_layer,
        preferences=bpy.context.preferences,
        selected_objects=bpy.context.selected_objects,
        region=SimpleNamespace(width=280),
        window_manager=bpy.context.window_manager,
    )
    kind = panel(name)
    owner = SimpleNamespace(layout=notes)
    for part in vars(kind):
        if part.startswith("_draw"):
            method = getattr(kind, part)
            setattr(owner, part, lambda *a, m=method: m(owner, *a))
    kind.draw(owner, context)
    return notes


def test_panels_stand_in_the_order_of_use() -> None:
    kinds = [panel(name) for name in ORDER]
    assert {kind.bl_category for kind in kinds} == {"Footfall"}
    labels = ["Character", "Path", "Motion", "Bake", "One Shot", "Report"]
    assert [kind.bl_label for kind in kinds] == labels
    orders = [kind.bl_order for kind in kinds]
    assert orders == sorted(set(orders))


def test_empty_scene_says_what_to_do() -> None:
    assert "Pick a character" in draw("character").texts()
    assert "Draw a path, or pick a curve" in draw("path").texts()
    assert "Pick a character" in draw("bake").texts()
    assert "Bake a take first" in draw("report").texts()
    assert not bpy.ops.footfall.bake.poll()
    for name in ("motion", "motion_more", "scrub", "keys"):
        draw(name)


def test_active_armature_is_used_and_offered_detection() -> None:
    subjects.mixamo("Hero")
    notes = draw("character")
    assert "Using Hero" in notes.texts()
    assert "Detect Rig" in notes.texts()
    assert bpy.ops.footfall.detect_rig() == {"FINISHED"}
    assert "Mixamo" in draw("character").texts()
    assert "Pick or draw a path first" in draw("bake").texts()


def test_picking_a_character_detects_it() -> None:
    rig = subjects.mixamo()
    bpy.context.scene.footfall.character = rig
    assert rig.footfall.family == "mixamo"
    assert panel("bone_map").poll(bpy.context)
    notes = draw("bone_map")
    assert notes.names("template_list") == ["FOOTFALL_UL_bones"]


@pytest.mark.parametrize("role", ["foot.L", "hips"])
def test_missing_bone_is_told_where_it_is_mended(role: str) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    label = {"foot.L": "Left Foot", "hips": "Hips"}[role]
    next(row for row in rig.footfall.bones if row.name == role).bone = ""
    for name in ("character", "bake"):
        text = draw(name).texts()
        assert label in text
        assert "bone map" in text
    assert not bpy.ops.footfall.bake.poll()


def test_ready_scene_has_one_big_button() -> None:
    subjects.ready(subjects.mixamo())
    assert bpy.ops.footfall.bake.poll()
    notes = draw("bake")
    assert notes.names("operator") == ["footfall.bake", "footfall.bake_cycle"]
    assert notes.texts() == "Bake Cycle in Place"


def test_running_bake_shows_progress_only() -> None:
    subjects.ready(subjects.mixamo())
    progress = subjects.addon("blender.scene.progress").now
    progress.running, progress.factor = True, 0.42
    try:
        notes = draw("bake")
        assert "42%" in notes.texts()
        assert "Esc" in notes.texts()
        assert notes.names("operator") == []
        assert not bpy.ops.footfall.bake.poll()
    finally:
        progress.running = False


def test_review_offers_accept_and_reject() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    names = draw("bake").names("operator")
    assert names[2:4] == ["footfall.accept_take", "footfall.reject_take"]
    bpy.ops.footfall.accept_take()
    assert "footfall.accept_take" not in draw("bake").names("operator")


def test_live_says_what_it_waits_for() -> None:
    settings = subjects.ready(subjects.mixamo())
    settings.live = True
    hint = "Bake a take"
    assert hint in draw("path").texts()
    bpy.ops.footfall.bake()
    assert hint not in draw("path").texts()
    bpy.ops.footfall.accept_take()
    assert hint in draw("path").texts()


def test_report_shows_figures_and_warnings() -> None:
    rig = subjects.mixamo()
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    take = rig.footfall.takes[0]
    card = json.loads(take.report)
    card["warnings"] = ["9.0 m/s is faster than the 4.0 m/s trained."]
    take.report = json.dumps(card)
    text = draw("report").texts()
    assert "Path error" in text
    assert " cm" in text
    assert "faster than" in text


def test_speeds_along_the_path() -> None:
    settings = bpy.context.scene.footfall
    bpy.ops.footfall.speed_preset(preset="jog")
    assert settings.speed == pytest.approx(2.5)
    settings.vary_speed = True
    for _ in range(3):
        bpy.ops.footfall.speed_point_add()
    assert [point.at for point in settings.speed_points] == [0.0, 25.0, 50.0]
    assert "FOOTFALL_UL_speeds" in draw("motion").names("template_list")
    bpy.ops.footfall.speed_point_remove()
    assert len(settings.speed_points) == 2


def test_bone_map_rows_are_edited() -> None:
    rig = subjects.mixamo()
    bpy.context.scene.footfall.character = rig
    kept = rig.footfall
    spine = [i for i, row in enumerate(kept.bones) if row.name == "spine"]
    kept.active_bone = spine[-1]
    bpy.ops.footfall.map_add()
    assert kept.bones[spine[-1] + 1].name == "spine"
    assert kept.active_bone == spine[-1] + 1
    bpy.ops.footfall.map_clear()
    assert len([row for row in kept.bones if row.name == "spine"]) == len(spine)
    kept.active_bone = next(i for i, row in enumerate(kept.bones) if row.name == "head")
    assert not bpy.ops.footfall.map_add.poll()
    bpy.ops.footfall.map_clear()
    assert kept.bones[kept.active_bone].bone == ""
    rig.data.bones.active = rig.data.bones["mixamorig:Head"]
    bpy.ops.footfall.map_from_bone()
    assert kept.bones[kept.active_bone].bone == "mixamorig:Head"


def test_bone_map_goes_to_json_and_back(tmp_path: Any) -> None:
    rig = subjects.mixamo()
    bpy.context.scene.footfall.character = rig
    rows = [(row.name, row.bone) for row in rig.footfall.bones]
    file = tmp_path / "map.json"
    bpy.ops.footfall.map_export(filepath=str(file))
    rig.footfall.bones.clear()
    bpy.ops.footfall.map_import(filepath=str(file))
    assert [(row.name, row.bone) for row in rig.footfall.bones] == rows


@each("text", ["", "{}", '{"format": "footfall-rig-map", "version": 1}', "\x00"])
def test_bad_bone_map_is_refused_and_changes_nothing(tmp_path: Any, text: str) -> None:
    rig = subjects.mixamo()
    bpy.context.scene.footfall.character = rig
    rows = [(row.name, row.bone) for row in rig.footfall.bones]
    file = tmp_path / "map.json"
    file.write_text(text)
    with pytest.raises(RuntimeError, match="Error: "):
        bpy.ops.footfall.map_import(filepath=str(file))
    assert [(row.name, row.bone) for row in rig.footfall.bones] == rows
