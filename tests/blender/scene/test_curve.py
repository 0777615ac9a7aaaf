# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths: reading curves, making them from drawn points, projecting them onto a surface."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from tests.blender import subjects
from tests.cases import each


def read(curve: bpy.types.Object) -> tuple[np.ndarray, bool]:
    return subjects.addon("blender.scene.curve").path_points(curve, bpy.context.scene)


def length(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


CORNERS = ((0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (2.0, 3.0, 0.0))


def test_poly_is_read_in_world_space() -> None:
    curve = subjects.path(*CORNERS)
    curve.location, curve.scale = (1.0, 2.0, 0.5), (2.0, 2.0, 2.0)
    curve.rotation_euler.z = math.pi / 2
    points, cyclic = read(curve)
    assert not cyclic
    np.testing.assert_allclose(points, [(1, 2, 0.5), (1, 6, 0.5), (-5, 6, 0.5)], atol=1e-5)


@pytest.mark.parametrize("kind", ["BEZIER", "NURBS"])
def test_smooth_curves_are_dense_and_end_at_their_ends(kind: str) -> None:
    knots = ((0.0, 0.0, 0.0), (2.0, 1.0, 0.0), (4.0, -1.0, 0.0), (6.0, 0.0, 0.0))
    points, cyclic = read(subjects.path(*knots, kind=kind))
    assert not cyclic
    assert len(points) > 40
    np.testing.assert_allclose(points[[0, -1]], [knots[0], knots[-1]], atol=1e-4)


def test_bezier_length_is_blenders() -> None:
    curve = subjects.path((0, 0, 0), (2, 1, 0), (4, -1, 0), kind="BEZIER")
    assert length(read(curve)[0]) == pytest.approx(curve.data.splines[0].calc_length(), rel=1e-3)


def test_cyclic_curve_says_so() -> None:
    curve = subjects.path(*CORNERS)
    curve.data.splines[0].use_cyclic_u = True
    points, cyclic = read(curve)
    assert cyclic
    assert len(points) == 3


def test_bevel_does_not_count_and_modifiers_do() -> None:
    curve = subjects.path(*CORNERS)
    curve.data.bevel_depth = curve.data.extrude = 0.2
    assert len(read(curve)[0]) == 3
    lift = curve.modifiers.new("Lift", "SIMPLE_DEFORM")
    lift.deform_method, lift.factor = "STRETCH", 1.0
    assert not np.allclose(read(curve)[0], CORNERS)


def test_parent_and_constraints_count() -> None:
    curve = subjects.path(*CORNERS)
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location = (0.0, 0.0, 4.0)
    curve.parent = parent
    np.testing.assert_allclose(read(curve)[0][0], (0, 0, 4), atol=1e-6)


def test_longest_line_is_taken_from_its_start() -> None:
    curve = subjects.path((9.0, 0.0, 0.0), (9.0, 0.1, 0.0))
    spline = curve.data.splines.new("POLY")
    spline.points.add(2)
    for point, co in zip(spline.points, CORNERS, strict=True):
        point.co = (*co, 1.0)
    np.testing.assert_allclose(read(curve)[0], CORNERS, atol=1e-6)


def test_edits_in_edit_mode_count() -> None:
    curve = subjects.path(*CORNERS)
    bpy.context.view_layer.objects.active = curve
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.curve.select_all(action="SELECT")
    bpy.ops.transform.translate(value=(0.0, 0.0, 1.0))
    assert read(curve)[0][:, 2] == pytest.approx([1.0, 1.0, 1.0])
    assert curve.mode == "EDIT"


def blocks() -> list[tuple[str, str, int]]:
    """All data-blocks with their users."""
    return sorted((type(one).__name__, one.name, one.users) for one in bpy.data.user_map())


def test_reading_leaves_no_trace() -> None:
    curve = subjects.path(*CORNERS)
    curve.shape_key_add(name="Basis")
    curve.shape_key_add(name="Bent")
    curve.keyframe_insert("location", frame=1)
    curve.data.keyframe_insert("eval_time", frame=1)
    curve.data.shape_keys.keyframe_insert("eval_time", frame=1)
    before = blocks()
    read(curve)
    assert blocks() == before


def empty(curve: bpy.types.Object) -> None:
    curve.data.splines.clear()


def one_point(curve: bpy.types.Object) -> None:
    empty(curve)
    curve.data.splines.new("BEZIER")


def emptied_in_edit_mode(curve: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = curve
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.curve.select_all(action="SELECT")
    bpy.ops.curve.delete(type="VERT")


def emptied_by_a_modifier(curve: bpy.types.Object) -> None:
    tree = bpy.data.node_groups.new("None", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    tree.nodes.new("NodeGroupOutput")
    curve.modifiers.new("None", "NODES").node_group = tree


def same_points(curve: bpy.types.Object) -> None:
    for point in curve.data.splines[0].points:
        point.co = (1.0, 1.0, 0.0, 1.0)


def lost_point(curve: bpy.types.Object) -> None:
    curve.data.splines[0].points[1].co.y = math.nan


def far_point(curve: bpy.types.Object) -> None:
    curve.data.splines[0].points[1].co.y = 1e9


def endless_point(curve: bpy.types.Object) -> None:
    curve.data.splines[0].points[1].co.y = math.inf


def flat(curve: bpy.types.Object) -> None:
    curve.scale = (0.0, 0.0, 0.0)


def huge(curve: bpy.types.Object) -> None:
    curve.scale = (1e9, 1e9, 1e9)


def lost(curve: bpy.types.Object) -> None:
    curve.location.x = math.nan


@each(
    ("spoil", "said"),
    [
        (empty, "no points"),
        (one_point, "no length"),
        (emptied_in_edit_mode, "no points"),
        (emptied_by_a_modifier, "no points"),
        (same_points, "no length"),
        (lost_point, "not a number"),
        (far_point, "more than 10,000,000 units from the origin"),
        (endless_point, "more than 10,000,000 units from the origin"),
        (flat, "no length"),
        (huge, "more than 10,000,000 units from the origin"),
        (lost, "not a number"),
    ],
)
def test_bad_curves_are_refused_in_a_sentence(
    spoil: Callable[[bpy.types.Object], None], said: str
) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    curve = subjects.path()
    spoil(curve)
    before = blocks()
    with pytest.raises(subjects.addon("errors").RefusedError) as refusal:
        read(curve)
    assert said in str(refusal.value)
    assert blocks() == before


@each("place", [math.nan, math.inf, 1e30])
def test_an_object_to_look_at_without_a_place_is_refused(place: float) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    target = bpy.data.objects.new("Ball", None)
    bpy.context.scene.collection.objects.link(target)
    target.location.x = place
    before = blocks()
    with pytest.raises(subjects.addon("errors").RefusedError, match="'Ball' has no place"):
        subjects.addon("blender.scene.gaze_target").positions(target, range(1, 4))
    assert blocks() == before


def test_axes_turn_from_z_up_to_y_up() -> None:
    module = subjects.addon("blender.scene.curve")
    points = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 0.0]])
    core = module.core_from_world(points)
    np.testing.assert_allclose(core[0], (1, 3, -2))


def test_freehand_stroke_becomes_few_points() -> None:
    stroke = [(x / 20, math.sin(x / 20), 0.0) for x in range(120)]
    assert bpy.ops.footfall.draw_path(points=json.dumps(stroke)) == {"FINISHED"}
    curve = bpy.context.scene.footfall.path
    assert len(curve.data.splines[0].bezier_points) < 15
    points, cyclic = read(curve)
    assert not cyclic
    np.testing.assert_allclose(points[[0, -1]], [stroke[0], stroke[-1]], atol=0.02)
    assert length(points) == pytest.approx(length(np.array(stroke)), rel=0.02)
    assert bpy.context.mode == "OBJECT"


def test_disabling_the_add_on_ends_a_drawing(installed: str) -> None:
    shown: list[str | None] = []
    region = SimpleNamespace(type="WINDOW")
    context = SimpleNamespace(
        area=SimpleNamespace(regions=[region], tag_redraw=lambda: None),
        workspace=SimpleNamespace(status_text_set=shown.append),
        window=SimpleNamespace(
            cursor_modal_set=shown.append, cursor_modal_restore=lambda: shown.append("usual")
        ),
    )
    drawing = subjects.addon("blender.scene.drawn_path").DrawnPath(context, "Help")
    assert not drawing.stopped
    bpy.ops.preferences.addon_disable(module=installed)
    bpy.ops.preferences.addon_enable(module=installed)
    assert drawing.stopped
    assert shown == ["Help", "PAINT_BRUSH", None, "usual"]


def test_clicked_points_are_kept() -> None:
    bpy.ops.footfall.draw_path(points=json.dumps(CORNERS), smooth=False)
    curve = bpy.context.scene.footfall.path
    knots = [curve.matrix_world @ k.co for k in curve.data.splines[0].bezier_points]
    bpy.context.view_layer.update()
    np.testing.assert_allclose([tuple(k) for k in knots], CORNERS, atol=1e-6)


def test_without_points_the_path_leads_ahead() -> None:
    rig = subjects.mixamo()
    rig.location = (1.0, 1.0, 0.0)
    bpy.context.view_layer.update()
    bpy.ops.footfall.draw_path()
    points, _cyclic = read(bpy.context.scene.footfall.path)
    np.testing.assert_allclose(points[[0, -1]], [(1, 1, 0), (1, -4, 0)], atol=1e-5)
    assert bpy.context.scene.footfall.character == rig


STROKES = [
    "[[0,0,0]]", "[[0,0,0],[0,0,0]]", "[[0,NaN,0],[1,1,1]]", "[[0,0,0],[1e9,0,0]]", "x", "[3]",
    "[" * 100_000, f"[[0,0,0],[{10**400},0,0]]",
]  # fmt: skip


@each("text", STROKES)
def test_bad_strokes_are_refused(text: str) -> None:
    with pytest.raises(RuntimeError) as refusal:
        bpy.ops.footfall.draw_path(points=text)
    assert "Traceback" not in str(refusal.value)
    assert len(bpy.data.curves) == 0


def test_a_linked_curve_is_not_edited(tmp_path: Path) -> None:
    rig = subjects.mixamo()
    path = subjects.path()
    bpy.context.scene.footfall.path = path
    file = str(tmp_path / "library.blend")
    bpy.data.libraries.write(file, {path.data})
    with bpy.data.libraries.load(file, link=True) as (_there, here):
        here.curves = ["Path"]
    path.data = here.curves[0]
    with pytest.raises(RuntimeError, match="The path is linked from another file"):
        bpy.ops.footfall.edit_path()
    assert bpy.context.selected_objects == [rig]
