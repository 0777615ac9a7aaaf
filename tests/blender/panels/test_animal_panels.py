# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels of a take: the footfall chart, and experts that are scaled and baked again."""

from __future__ import annotations

import json
from itertools import pairwise

import bpy
import pytest

from tests.blender import animals, subjects
from tests.blender.panels.test_panels import draw, panel

CHART = set("\u2588\u258c\u2590\u2581")


@pytest.fixture
def dog() -> bpy.types.Object:
    """A dog with a take of a trot."""
    rig = animals.deform_rig()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -4, 0)))
    settings.animal_gait, settings.speed = "trot", 2.0
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    return rig


def labels(name: str) -> list[str]:
    """Return the texts of the labels of a panel, in order."""
    return [options.get("text", "") for kind, _a, options in draw(name).items if kind == "label"]


def chart(texts: list[str]) -> dict[str, str]:
    """Return the marks of each foot among the labels of the report."""
    pairs = pairwise(texts)
    return {foot: marks for foot, marks in pairs if marks and set(marks) <= CHART}


def test_report_of_an_animal_has_a_row_for_each_leg(dog: bpy.types.Object) -> None:
    take = dog.footfall.takes[0]
    card = json.loads(take.report)
    card["seconds"] = 2.0
    card["footfalls"] = {"LH": [[0, 1]], "LF": [[1, 2]], "RH": [[1, 2]], "RF": [[0, 1]]}
    card |= {"gait_measured": "trot", "duty": {"LH": 0.5, "LF": 0.52, "RH": 0.5, "RF": 0.48}}
    take.report = json.dumps(card)
    texts = labels("report")
    rows = chart(texts)
    assert list(rows) == ["LH", "LF", "RH", "RF"]
    half = len(rows["LH"]) // 2
    assert set(rows["LH"][:half]) == set(rows["LF"][-half:]) == {"\u2588"}
    assert set(rows["LH"][-half:]) == set(rows["LF"][:half]) == {"\u2581"}
    assert texts[texts.index("Gait by footfalls") + 1] == "trot"
    assert texts[texts.index("Duty fore") + 1] == "LF 0.52, RF 0.48"
    assert texts[texts.index("Stride") + 1].endswith(" m")
    assert texts[texts.index("Steps hind") + 1] == "LH 1, RH 1"


def test_report_of_a_person_has_two_rows() -> None:
    subjects.ready(subjects.mixamo())
    bpy.ops.footfall.bake()
    rows = chart(labels("report"))
    assert list(rows) == ["Left", "Right"]
    assert all({"\u2588", "\u2581"} <= set(marks) for marks in rows.values())


def test_chart_is_left_out_where_the_card_has_none(dog: bpy.types.Object) -> None:
    dog.footfall.takes[0].report = json.dumps({"frames": 2, "seconds": 0.1})
    texts = labels("report")
    assert chart(texts) == {}
    assert "" not in texts


def test_experts_are_shown_where_a_take_has_them(dog: bpy.types.Object) -> None:
    experts = subjects.addon("blender.bake.experts")
    take = dog.footfall.takes[0]
    shares = experts.shares_of(json.loads(take.report))
    rows = bpy.context.scene.footfall.experts
    assert len(rows) == len(shares[0]) > 1
    assert panel("experts").poll(bpy.context)
    notes = draw("experts")
    assert notes.names("prop") == ["factor", "mute", "solo"] * len(rows)
    assert notes.names("operator") == ["footfall.rebake_take"]
    texts = labels("experts")
    assert len([t for t in texts if t and set(t) <= set(experts.BARS)]) == len(rows)
    rows.clear()
    assert "Bake the take again" in draw("experts").texts()
    take.report = "{}"
    assert not panel("experts").poll(bpy.context)


def test_sparklines_share_one_scale() -> None:
    experts = subjects.addon("blender.bake.experts")
    shares = [[0.8, 0.0], [0.8, 0.0], [0.0, 0.4], [0.0, 0.4]]
    assert experts.sparklines(shares, 2) == ["\u2588\u2581", "\u2581\u2585"]
    assert [len(line) for line in experts.sparklines(shares, 60)] == [4, 4]
    assert experts.sparklines([], 10) == []
    assert experts.mean_shares(shares) == pytest.approx([0.4, 0.2])


def test_muted_and_soloed_experts_are_baked_again(dog: bpy.types.Object) -> None:
    subject = subjects.addon("blender.bake.experts")
    rows = bpy.context.scene.footfall.experts
    take = dog.footfall.takes[0]
    before = subject.mean_shares(subject.shares_of(json.loads(take.report)))
    busiest = before.index(max(before))
    rows[busiest].mute = True
    assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
    assert len(dog.footfall.takes) == 1
    wanted = [0.0 if i == busiest else 1.0 for i in range(len(rows))]
    assert json.loads(take.recipe)["experts"] == wanted
    shares = subject.shares_of(json.loads(take.report))
    assert subject.mean_shares(shares)[busiest] == 0.0
    rows[busiest].mute, rows[busiest].solo = False, True
    bpy.ops.footfall.rebake_take()
    shares = subject.shares_of(json.loads(take.report))
    assert subject.mean_shares(shares)[busiest] == pytest.approx(1.0)
    rows[busiest].solo = False
    bpy.ops.footfall.rebake_take()
    assert json.loads(take.recipe)["experts"] is None
    after = subject.mean_shares(subject.shares_of(json.loads(take.report)))
    assert after == pytest.approx(before, abs=1e-3)


def test_all_experts_muted_is_refused_and_changes_nothing(dog: bpy.types.Object) -> None:
    take = dog.footfall.takes[0]
    stored = (take.recipe, take.report)
    for row in bpy.context.scene.footfall.experts:
        row.mute = True
    with pytest.raises(RuntimeError, match="All experts are muted"):
        bpy.ops.footfall.rebake_take()
    assert (take.recipe, take.report) == stored
