# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfalls in the Dope Sheet: dragged keys move footfalls when the take is baked again."""

from __future__ import annotations

import json
from typing import Any

import bpy
import pytest

from tests.blender import animals, subjects
from tests.blender.panels.test_panels import draw

PAWS = ("LH", "LF", "RH", "RF")


@pytest.fixture
def dog() -> bpy.types.Object:
    """A dog with a take of a trot of five strides or so."""
    rig = animals.deform_rig()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -6, 0)))
    settings.animal_gait, settings.speed, settings.frame_start = "trot", 1.8, 11
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    return rig


def shown(rig: bpy.types.Object) -> Any:
    return subjects.addon("blender.keys.takes").shown(rig)


def curve(rig: bpy.types.Object, paw: str) -> Any:
    path = f'["Footfall {paw}"]'
    curves = subjects.addon("blender.keys.takes").curves(rig.animation_data.action)
    return next((c for c in curves if c.data_path == path), None)


def keys(rig: bpy.types.Object, paw: str) -> list[tuple[float, float]]:
    """Return touchdown and lift-off of each footfall as scene frames."""
    frames: dict[float, list[float]] = {}
    for key in curve(rig, paw).keyframe_points:
        frames.setdefault(key.co[1], []).append(key.co[0])
    return [tuple(sorted(pair)) for _, pair in sorted(frames.items())]


def drag(rig: bpy.types.Object, paw: str, place: int, by: float, ends: str = "both") -> None:
    """Drag the touchdown, the lift-off or both of a footfall, as the Dope Sheet does."""
    pair = [k for k in curve(rig, paw).keyframe_points if round(k.co[1]) == place + 1]
    pair.sort(key=lambda key: key.co[0])
    for key in {"both": pair, "start": pair[:1], "end": pair[1:]}[ends]:
        key.co_ui[0] += by
    curve(rig, paw).update()


def baked(rig: bpy.types.Object, paw: str) -> list[tuple[float, float]]:
    """Return the footfalls that the report card measured, as scene frames."""
    card, first = json.loads(shown(rig).report), 11
    fps = card["fps"]
    return [tuple(round(t * fps) + first for t in stance) for stance in card["footfalls"][paw]]


def stored(rig: bpy.types.Object) -> list[dict]:
    return json.loads(shown(rig).recipe)["footprints"]


def middle(rig: bpy.types.Object, paw: str = "LF") -> int:
    return len(baked(rig, paw)) // 2


def test_footfalls_are_shown_as_bars_of_their_own_group(dog: bpy.types.Object) -> None:
    before = set(dog.keys())
    assert bpy.ops.footfall.key_footfalls() == {"FINISHED"}
    for paw in PAWS:
        assert keys(dog, paw) == baked(dog, paw)
        assert curve(dog, paw).group.name == "Footfalls"
        assert {k.interpolation for k in curve(dog, paw).keyframe_points} == {"CONSTANT"}
    assert set(dog.keys()) - before == {f"Footfall {paw}" for paw in PAWS}
    start, _ = baked(dog, "LF")[2]
    bpy.context.scene.frame_set(start)
    assert dog["Footfall LF"] == 3
    assert bpy.ops.footfall.key_footfalls() == {"FINISHED"}
    assert curve(dog, "LF") is None
    assert set(dog.keys()) == before


def test_a_dragged_footfall_lands_where_it_was_put(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.key_footfalls()
    was = {paw: baked(dog, paw) for paw in PAWS}
    place = middle(dog)
    drag(dog, "LF", place, 2)
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(dog.footfall.takes) == 1
    wanted = was["LF"][place][0] + 2
    assert abs(baked(dog, "LF")[place][0] - wanted) <= 1
    assert keys(dog, "LF") == baked(dog, "LF")
    for paw in PAWS:
        for index, (old, new) in enumerate(zip(was[paw], baked(dog, paw), strict=True)):
            if (paw, index) != ("LF", place):
                assert abs(old[0] - new[0]) <= 2
    # The paw itself, not only the chart, is still in the stances of the chart.
    start, stop = baked(dog, "LF")[place]
    heads = [subjects.pose_heads(dog, f)["LeftForePaw"] for f in range(start + 1, stop)]
    assert max(abs(head - heads[0]).max() for head in heads) < 0.01
    before = subjects.pose_heads(dog, start - 2)["LeftForePaw"]
    assert abs(before - heads[0]).max() > 0.03
    assert len(stored(dog)) == 1
    assert json.loads(shown(dog).report)["footprints_edited"] == stored(dog)


def test_edits_are_kept_moved_further_and_moved_back(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.key_footfalls()
    was, place = baked(dog, "LF"), middle(dog)
    drag(dog, "LF", place, 2)
    bpy.ops.footfall.rebake_take()
    first = baked(dog, "LF")
    bpy.ops.footfall.rebake_take()
    assert baked(dog, "LF") == first
    assert len(stored(dog)) == 1
    drag(dog, "LF", place, 1)
    other = middle(dog, "RH")
    drag(dog, "RH", other, -1)
    wanted = first[place][0] + 1, baked(dog, "RH")[other][0] - 1
    bpy.ops.footfall.rebake_take()
    assert abs(baked(dog, "LF")[place][0] - wanted[0]) <= 1
    assert abs(baked(dog, "RH")[other][0] - wanted[1]) <= 1
    assert [edit["foot"] for edit in stored(dog)] == ["LF", "RH"]
    start, stop = was[place]
    now = keys(dog, "LF")[place]
    drag(dog, "LF", place, start - now[0], "start")
    drag(dog, "LF", place, stop - now[1], "end")
    bpy.ops.footfall.rebake_take()
    assert [edit["foot"] for edit in stored(dog)] == ["RH"]
    assert bpy.ops.footfall.reset_footprints() == {"FINISHED"}
    bpy.ops.footfall.rebake_take()
    assert stored(dog) == []
    assert baked(dog, "LF") == was


def test_edits_without_keys_are_kept_and_cleared(dog: bpy.types.Object) -> None:
    was, place = baked(dog, "LF"), middle(dog)
    bpy.ops.footfall.key_footfalls()
    drag(dog, "LF", place, 2)
    bpy.ops.footfall.rebake_take()
    moved = baked(dog, "LF")
    bpy.ops.footfall.key_footfalls()
    bpy.ops.footfall.rebake_take()
    assert curve(dog, "LF") is None
    assert baked(dog, "LF") == moved
    bpy.ops.footfall.reset_footprints()
    bpy.ops.footfall.rebake_take()
    assert baked(dog, "LF") == was


def test_what_cannot_be_leaves_take_and_keys_as_they_are(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.key_footfalls()
    place = middle(dog)
    drag(dog, "LF", place, -6)
    before = subjects.everything(dog)
    with pytest.raises(RuntimeError, match=r"footprint of LF at .* s (can|cannot) touch down"):
        bpy.ops.footfall.rebake_take()
    assert subjects.everything(dog) == before
    drag(dog, "LF", place, 30)
    with pytest.raises(RuntimeError, match="past each other"):
        bpy.ops.footfall.rebake_take()
    points = curve(dog, "LF").keyframe_points
    points.remove(points[4])
    with pytest.raises(RuntimeError, match="two keys"):
        bpy.ops.footfall.rebake_take()
    bpy.ops.footfall.reset_footprints()
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}


def test_edits_that_no_longer_fit_are_told(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.key_footfalls()
    drag(dog, "LF", middle(dog), 2)
    drag(dog, "RF", 1, 1, "end")
    bpy.ops.footfall.rebake_take()
    kept = len(stored(dog))
    bpy.context.scene.footfall.path.data.splines[0].points[1].co = (0.0, -2.5, 0.0, 1.0)
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    warnings = json.loads(shown(dog).report)["warnings"]
    assert any("left as it is" in warning for warning in warnings)
    assert len(stored(dog)) < kept
    assert keys(dog, "LF") == baked(dog, "LF")


def test_reject_leaves_no_trace_and_accept_keeps_the_keys(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.reject_take()
    dog["chapter"] = 7
    before = subjects.everything(dog)
    bpy.ops.footfall.bake()
    bpy.ops.footfall.key_footfalls()
    drag(dog, "LF", middle(dog), 2)
    bpy.ops.footfall.rebake_take()
    bpy.ops.footfall.reject_take()
    assert subjects.everything(dog) == before
    assert not [key for key in dog.keys() if key.startswith("Footfall ")]  # noqa: SIM118
    bpy.ops.footfall.bake()
    bpy.ops.footfall.key_footfalls()
    bpy.ops.footfall.accept_take()
    assert curve(dog, "LF") is not None
    place = middle(dog)
    wanted = keys(dog, "LF")[place][0] + 2
    drag(dog, "LF", place, 2)
    bpy.ops.footfall.rebake_take()
    assert len(dog.footfall.takes) == 2
    assert abs(baked(dog, "LF")[place][0] - wanted) <= 1


def test_sparse_keys_and_the_object_as_root_move_too(dog: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall
    settings.keys, settings.root_motion = "sparse", "object"
    bpy.ops.footfall.rebake_take()
    bpy.ops.footfall.key_footfalls()
    place = middle(dog, "RH")
    wanted = baked(dog, "RH")[place][0] - 2
    drag(dog, "RH", place, -2)
    bpy.ops.footfall.rebake_take()
    assert abs(baked(dog, "RH")[place][0] - wanted) <= 1
    assert next(k.interpolation for k in curve(dog, "RH").keyframe_points) == "CONSTANT"


def test_undo_takes_the_keys_away(dog: bpy.types.Object) -> None:
    bpy.ops.ed.undo_push(message="Bake")
    bpy.ops.footfall.key_footfalls()
    bpy.ops.ed.undo_push(message="Edit Footfalls")
    bpy.ops.ed.undo()
    rig = bpy.data.objects["Dog"]
    assert curve(rig, "LF") is None
    assert "Footfall LF" not in rig
    bpy.ops.ed.redo()
    rig = bpy.data.objects["Dog"]
    assert keys(rig, "LF") == baked(rig, "LF")


def test_panel_shows_the_way(dog: bpy.types.Object) -> None:
    assert "footfall.key_footfalls" in draw("footprints").names("operator")
    assert "footfall.reset_footprints" not in draw("footprints").names("operator")
    bpy.ops.footfall.key_footfalls()
    drag(dog, "LF", middle(dog), 2)
    bpy.ops.footfall.rebake_take()
    shown_now = draw("footprints")
    assert {"footfall.reset_footprints", "footfall.rebake_take"} <= set(shown_now.names("operator"))
    assert "LF  " in shown_now.texts()


def test_cycles_have_none_to_move() -> None:
    subjects.ready(subjects.mixamo())
    bpy.ops.footfall.bake_cycle()
    assert not bpy.ops.footfall.key_footfalls.poll()
    assert "footfall.key_footfalls" not in draw("footprints").names("operator")
