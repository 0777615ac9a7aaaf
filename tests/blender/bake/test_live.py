# SPDX-License-Identifier: GPL-3.0-or-later
"""Live mode: what happens while its bake is in flight, and that it settles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import pytest

from tests.blender import subjects
from tests.cases import each


def live() -> Any:
    return subjects.addon("blender.bake.live")


@pytest.fixture(autouse=True)
def at_once(empty_file: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live mode does not wait for more changes."""
    monkeypatch.setattr(live(), "PAUSE", 0.0)


def in_flight() -> bpy.types.Object:
    """Two takes, the second under review, and a long bake of live mode that has begun."""
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo("Hero")
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    bpy.ops.footfall.bake()
    bpy.ops.ed.undo_push(message="Baked")
    settings.live = True
    settings.path.data.splines[0].points[1].co = (0.0, -300.0, 0.0, 1.0)
    live().touch(bpy.context.scene)
    assert live().tick() is not None
    return rig


def to_the_end() -> int:
    """Let the timer run until it ends; returns the number of bakes that it finished."""
    bakes = 0
    for _ in range(10_000):
        working = live().baking()
        if live().tick() is None:
            return bakes + working
        bakes += working and not live().baking()
    raise AssertionError("Live mode never settles")


def takes() -> dict[str, list]:
    """Takes, actions and keys of all armatures."""
    made = {}
    for rig in bpy.data.objects:
        if rig.type == "ARMATURE":
            data = rig.animation_data
            made[rig.name] = [
                [(take.name, take.accepted) for take in rig.footfall.takes],
                data.action.name if data and data.action else "",
            ]
    return {**made, "actions": [(action.name, *action.frame_range) for action in bpy.data.actions]}


def accept(_rig: bpy.types.Object) -> None:
    bpy.ops.footfall.accept_take()


def reject(_rig: bpy.types.Object) -> None:
    bpy.ops.footfall.reject_take()


def remove(_rig: bpy.types.Object) -> None:
    bpy.ops.footfall.remove_take(index=0)


def off(_rig: bpy.types.Object) -> None:
    bpy.context.scene.footfall.live = False


def pick_another(rig: bpy.types.Object) -> None:
    rig.footfall.active_take = 0


def unlink(rig: bpy.types.Object) -> None:
    rig.animation_data.action = None


def delete_take(rig: bpy.types.Object) -> None:
    rig.footfall.takes.remove(1)


def delete_rig(rig: bpy.types.Object) -> None:
    bpy.data.objects.remove(rig)


def other_character(_rig: bpy.types.Object) -> None:
    bpy.context.scene.footfall.character = subjects.mixamo("Other")


def other_scene(_rig: bpy.types.Object) -> None:
    bpy.context.window.scene = bpy.data.scenes.new("Other")


def delete_scene(_rig: bpy.types.Object) -> None:
    old = bpy.context.scene
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    bpy.data.scenes.remove(old)


def undo(_rig: bpy.types.Object) -> None:
    bpy.ops.ed.undo_push(message="Edit")
    bpy.ops.ed.undo()


def load(_rig: bpy.types.Object) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)


INTERRUPTIONS = [
    accept, reject, remove, off, pick_another, unlink, delete_take, delete_rig,
    other_character, other_scene, delete_scene, undo, load,
]  # fmt: skip


@each("interrupt", INTERRUPTIONS)
def test_a_bake_in_flight_changes_nothing_after(interrupt: Callable) -> None:
    interrupt(in_flight())
    after = takes()
    to_the_end()
    assert takes() == after
    assert not live().waiting()
    assert subjects.addon("blender.scene.progress").now.problem == ""


def test_disabling_the_add_on_stops_live_mode(installed: str) -> None:
    rig, old = in_flight(), live()
    length = rig.animation_data.action.frame_range[1]
    bpy.ops.preferences.addon_disable(module=installed)
    try:
        assert not bpy.app.timers.is_registered(old.tick)
        assert not old.baking()
    finally:
        bpy.ops.preferences.addon_enable(module=installed)
    assert bpy.data.objects["Hero"].animation_data.action.frame_range[1] == length


@each("text", ['{"from_the_future": 1}', "{", "[1]"])
def test_unreadable_recipe_is_shown_in_the_panel(text: str) -> None:
    rig = in_flight()
    rig.footfall.takes[1].recipe = text
    live().touch(bpy.context.scene)
    to_the_end()
    problem = subjects.addon("blender.scene.progress").now.problem
    assert "recipe" in problem


def grounded(rig: bpy.types.Object, deform: bool) -> bpy.types.Object:
    """Make a ground; with ``deform`` its mesh moves with the hips."""
    bpy.ops.mesh.primitive_plane_add(size=50)
    ground = bpy.context.object
    if deform:
        hook = bpy.data.objects.new("Hook", None)
        bpy.context.scene.collection.objects.link(hook)
        copied = hook.constraints.new("COPY_LOCATION")
        copied.target, copied.subtarget = rig, "mixamorig:Hips"
        moved = ground.modifiers.new("Hook", "HOOK")
        moved.object, moved.strength = hook, 0.01
        ground.vertex_groups.new(name="Corner").add([0], 1.0, "REPLACE")
        moved.vertex_group = "Corner"
    bpy.context.view_layer.objects.active = rig
    return ground


@each("deform", [False, True])
def test_one_edit_settles_after_one_bake(deform: bool) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.ground = grounded(rig, deform)
    bpy.ops.footfall.bake()
    settings.live = True
    to_the_end()
    bakes = 0
    settings.path.location.x = 0.5
    for _ in range(4):
        bpy.context.view_layer.update()
        bakes += to_the_end()
    assert bakes == 1
    assert subjects.pose_heads(rig, 1)["mixamorig:Hips"][0] == pytest.approx(0.5, abs=0.2)
    settings.ground.location.z = 0.25
    bpy.context.view_layer.update()
    assert live().waiting()


def test_an_object_of_the_ground_collection_is_watched_but_not_the_characters_own() -> None:
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    bpy.ops.footfall.bake()
    stone, hat = (bpy.data.objects.new(name, None) for name in ("Stone", "Hat"))
    hat.parent = rig
    settings.ground_collection = bpy.data.collections.new("Land")
    bpy.context.scene.collection.children.link(settings.ground_collection)
    for one in (stone, hat):
        settings.ground_collection.objects.link(one)
    bpy.context.view_layer.update()
    settings.live = True
    to_the_end()
    for moved, waits in ((hat, False), (stone, True)):
        moved.location.x = 1.0
        bpy.context.view_layer.update()
        assert live().waiting() == waits


def test_buttons_and_lists_start_no_bake_of_their_own() -> None:
    """Though the ground moves with the character."""
    rig = subjects.mixamo()
    settings = subjects.ready(rig)
    settings.ground = grounded(rig, deform=True)
    settings.live = True
    to_the_end()
    for _ in range(2):
        bpy.ops.footfall.bake()
        bpy.context.view_layer.update()
        assert not live().waiting()
        settings.path.location.x = 2.0
        bpy.context.view_layer.update()
        to_the_end()
    rig.footfall.active_take = 0
    bpy.context.view_layer.update()
    assert not live().waiting()
