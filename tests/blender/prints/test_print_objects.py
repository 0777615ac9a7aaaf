# SPDX-License-Identifier: GPL-3.0-or-later
"""Footprints as objects: moved, turned, deleted, added and timed, and the take obeys."""

from __future__ import annotations

import json
import math
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from mathutils import Matrix, Vector

from tests.blender import animals, subjects
from tests.blender.panels.test_panels import draw
from tests.cases import each

BONES = {"left": ("mixamorig:LeftToeBase",), "LF": ("LeftForePaw",)}


def ready(foot: str) -> bpy.types.Object:
    """Bake a person or a dog, and show its footprints."""
    rig = animals.deform_rig() if foot.isupper() else subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -5, 0)))
    settings.frame_start, settings.speed = 11, 1.2
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    assert bpy.ops.footfall.show_footprints() == {"FINISHED"}
    return rig


def take(rig: bpy.types.Object) -> Any:
    return subjects.addon("blender.keys.takes").shown(rig)


def report(rig: bpy.types.Object) -> dict[str, Any]:
    return json.loads(take(rig).report)


def prints(rig: bpy.types.Object, foot: str) -> list[bpy.types.Object]:
    """Return the print objects of a foot in order of touchdown."""
    (found,) = (c for c in bpy.data.collections if c.get("footfall_prints") == take(rig).prints)
    own = [thing for thing in found.objects if thing.footfall.print.foot == foot]
    return sorted(own, key=lambda thing: thing.footfall.print.touchdown)


def middle(rig: bpy.types.Object, foot: str) -> bpy.types.Object:
    own = prints(rig, foot)
    return own[len(own) // 2]


def places(rig: bpy.types.Object) -> dict[str, Matrix]:
    found = bpy.data.collections[f"Footprints {rig.name}"].objects
    return {thing.name: thing.matrix_basis.copy() for thing in found}


def stood(rig: bpy.types.Object, foot: str, thing: bpy.types.Object) -> Vector:
    """Return where the toes are in the middle of a stance."""
    own = thing.footfall.print
    frame = (own.touchdown + own.liftoff) // 2
    return Vector(subjects.pose_heads(rig, frame)[BONES[foot][0]])


def keys(rig: bpy.types.Object) -> list[float]:
    curves = subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
    return [float(key.co[1]) for curve in curves for key in curve.keyframe_points]


def moved(thing: bpy.types.Object, x: float, y: float, turn: float = 0.0) -> None:
    """Move and turn an object as G and R do."""
    was = thing.matrix_basis.copy()
    spot = Matrix.Translation(was.translation + Vector((x, y, 0.0)))
    thing.matrix_basis = spot @ Matrix.Rotation(math.radians(turn), 4, "Z") @ was.to_3x3().to_4x4()


@each("foot", BONES)
def test_a_moved_and_turned_print_is_obeyed_and_no_other_moves(foot: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = ready(foot)
    before, thing = places(rig), middle(rig, foot)
    toes = stood(rig, foot, thing)
    assert thing.name in before and thing.hide_render and len(thing.data.polygons) == 2
    moved(thing, 0.08, -0.1, 20.0)
    wanted = thing.matrix_basis.copy()
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    after = places(rig)
    assert set(after) == set(before)
    for name, now in after.items():
        old = wanted if name == thing.name else before[name]
        assert (now.translation - old.translation).length < 0.01, name
        turn = (old.to_quaternion().inverted() @ now.to_quaternion()).angle
        assert math.degrees(turn) < 3.0, name
    step = stood(rig, foot, thing) - toes
    assert (step - Vector((0.08, -0.1, 0.0))).xy.length < 0.02
    stored = json.loads(take(rig).recipe)["footprints"]
    assert [set(edit) for edit in stored] == [{"foot", "at", "place", "yaw"}]
    assert bpy.ops.footfall.reset_footprints() == {"FINISHED"}
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    for name, now in places(rig).items():
        assert (now.translation - before[name].translation).length < 1e-3


def test_prints_are_deleted_added_and_timed() -> None:
    rig = ready("left")
    number = len(places(rig))
    gone, timed = middle(rig, "left"), prints(rig, "right")[1]
    bpy.data.objects.remove(gone)
    timed.footfall.print.touchdown += 2
    frame = timed.footfall.print.touchdown
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(places(rig)) == number - 1
    assert abs(prints(rig, "right")[1].footfall.print.touchdown - frame) <= 1
    stored = json.loads(take(rig).recipe)["footprints"]
    assert sorted(set(edit) - {"foot", "at"} for edit in stored) == [{"to"}, {"delete"}]
    first, second = prints(rig, "right")[1:3]
    copy = first.copy()
    bpy.data.collections[f"Footprints {rig.name}"].objects.link(copy)
    half = 0.5 * (first.matrix_basis.translation + second.matrix_basis.translation)
    copy.matrix_basis.translation = half
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(places(rig)) == number
    added = prints(rig, "right")[2]
    assert added == copy
    assert [one.name for one in prints(rig, "right")[:4]] == [f"Right {n}" for n in range(1, 5)]
    assert added.footfall.print.added
    assert (added.matrix_basis.translation - half).length < 0.01
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert (prints(rig, "right")[2].matrix_basis.translation - half).length < 0.01
    bpy.data.objects.remove(added)
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(places(rig)) == number - 1


def test_prints_survive_saving_undo_and_new_names(tmp_path: Path) -> None:
    rig = ready("left")
    wanted = middle(rig, "left")
    moved(wanted, 0.1, 0.0)
    rig.name = "Somebody"
    bpy.context.view_layer.update()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "prints.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "prints.blend"))
    rig = bpy.data.objects["Somebody"]
    place = middle(rig, "left").matrix_basis.translation.copy()
    bpy.ops.ed.undo_push(message="Moved")
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert (middle(rig, "left").matrix_basis.translation - place).length < 0.01
    assert len(json.loads(take(rig).recipe)["footprints"]) == 1
    bpy.ops.ed.undo_push(message="Bake Again")
    bpy.ops.footfall.show_footprints()
    bpy.ops.ed.undo_push(message="Hide")
    assert not any(c.get("footfall_prints") for c in bpy.data.collections)
    bpy.ops.ed.undo()
    rig = bpy.data.objects["Somebody"]
    assert (middle(rig, "left").matrix_basis.translation - place).length < 0.01
    bpy.ops.ed.undo()
    rig = bpy.data.objects["Somebody"]
    assert json.loads(take(rig).recipe)["footprints"] == []


def test_a_print_out_of_reach_is_refused_and_taken_to_the_nearest_place() -> None:
    rig = ready("LF")
    thing = middle(rig, "LF")
    moved(thing, 3.0, 0.0)
    far, before = thing.matrix_basis.translation.copy(), subjects.everything(rig)
    with pytest.raises(RuntimeError, match=r"out of reach; .* cm from it: press Use Nearest Place"):
        bpy.ops.footfall.rebake_take()
    assert subjects.everything(rig) == before
    assert "out of reach" in draw("footprints").texts()
    assert bpy.ops.footfall.use_nearest_place() == {"FINISHED"}
    assert 0.5 < (thing.matrix_basis.translation - far).length < 2.9
    assert len(json.loads(take(rig).recipe)["footprints"]) == 1
    assert not bpy.ops.footfall.use_nearest_place.poll()


def test_prints_go_with_their_take() -> None:
    rig = ready("left")
    assert bpy.ops.footfall.reject_take() == {"FINISHED"}
    assert not any("Footprint" in one.name for one in (*bpy.data.collections, *bpy.data.materials))
    assert not [thing for thing in bpy.data.objects if thing.footfall.print.foot]
    assert not bpy.data.meshes
    bpy.ops.footfall.bake()
    bpy.ops.footfall.show_footprints()
    bpy.ops.footfall.accept_take()
    moved(middle(rig, "left"), 0.1, 0.0)
    bpy.ops.footfall.rebake_take()
    assert [bool(one.prints) for one in rig.footfall.takes] == [False, True]
    assert len(json.loads(take(rig).recipe)["footprints"]) == 1


def test_live_follows_a_print_and_leaves_the_one_that_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, live = ready("left"), subjects.addon("blender.bake.live")
    bpy.context.scene.footfall.live = True
    while live.advance(1.0):
        pass
    bpy.context.view_layer.update()
    assert not live.waiting()
    thing = middle(rig, "left")
    thing.location.x += 0.1
    bpy.context.view_layer.update()
    assert live.waiting()
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=count().__next__))
    live.advance(1.5)  # one step, which reads the footprints
    assert live.baking()
    monkeypatch.undo()
    thing.location.x += 0.05
    bpy.context.view_layer.update()
    assert live.baking()
    held = thing.location.copy()
    while live.advance(1.0):
        pass
    assert (thing.location - held).length < 1e-6
    assert live.waiting()
    while live.advance(1.0):
        pass
    assert not live.waiting()
    assert len(json.loads(take(rig).recipe)["footprints"]) == 1
    assert (thing.location - held).length < 0.01
    bpy.context.view_layer.update()
    assert not live.waiting()


def test_panel_shows_the_selected_print() -> None:
    rig = ready("left")
    thing = middle(rig, "left")
    bpy.context.view_layer.objects.active = thing
    shown = draw("footprints")
    assert thing.name in shown.texts()
    assert {"touchdown", "liftoff"} <= set(shown.names("prop"))
    assert "Hide Footprints" in shown.texts()


def test_a_draft_of_a_drag_has_the_keys_of_the_bake(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, live = ready("left"), subjects.addon("blender.bake.live")
    bpy.context.scene.footfall.live = True
    live.rebake(bpy.context)
    thing = middle(rig, "left")
    thing.location.x += 0.1
    objects = subjects.addon("blender.prints.print_objects")
    monkeypatch.setattr(objects, "dragging", lambda: True)
    bpy.context.view_layer.update()
    live.rebake(bpy.context)
    draft, place = keys(rig), thing.location.copy()
    assert live.waiting() and live.tick() == live.PAUSE
    monkeypatch.undo()
    live.rebake(bpy.context)
    assert not live.waiting()
    assert keys(rig) == pytest.approx(draft)
    assert (thing.location - place).length < 1e-3
