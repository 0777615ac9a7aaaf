# SPDX-License-Identifier: GPL-3.0-or-later
"""The modal way to bake: progress, Esc and refusal, with a window that is only pretended.

The module of Blender never starts modal operators, so the operator's own methods are called with
stand-ins for the window and its events.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from tests.blender import subjects
from tests.cases import each

MODULE = "bl_ext.user_default.footfall"


class Window:
    """Stands in for the window manager: remembers the timer and the progress."""

    def __init__(self) -> None:
        self.timers: list[object] = []
        self.handlers: list[object] = []
        self.shown: list[float] = []
        self.begun = 0

    def event_timer_add(self, _step: float, window: object) -> object:
        self.timers.append(window)
        return window

    def event_timer_remove(self, timer: object) -> None:
        self.timers.remove(timer)

    def modal_handler_add(self, handler: object) -> None:
        self.handlers.append(handler)

    def progress_begin(self, _low: float, _high: float) -> None:
        self.begun += 1

    def progress_update(self, value: float) -> None:
        self.shown.append(value)

    def progress_end(self) -> None:
        self.begun -= 1


class Bake:
    """The operator's own way of working, in a pretended window."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = subjects.addon("blender.operators.bake")
        stepping = subjects.addon("blender.operators.modal_work")
        pretended = SimpleNamespace(app=SimpleNamespace(background=False))
        monkeypatch.setattr(stepping, "bpy", pretended)
        monkeypatch.setattr(stepping, "REDRAW", 0.0)
        self.window = Window()
        self.reported: list[tuple[set, str]] = []
        self.status: list[str | None] = []
        self.context = SimpleNamespace(
            scene=bpy.context.scene,
            view_layer=bpy.context.view_layer,
            window=object(),
            window_manager=self.window,
            workspace=SimpleNamespace(status_text_set=self.status.append),
            screen=None,
        )
        kind: Any = module.Baking
        reported = self.reported

        class Pretended(kind):
            def report(self, level: set, text: str) -> None:
                reported.append((level, text))

            def steps(self, context: Any) -> Any:
                return module.FOOTFALL_OT_bake.steps(self, context)

        self.operator = Pretended()

    def press(self) -> set[str]:
        return self.operator.invoke(self.context, SimpleNamespace(type="LEFTMOUSE"))

    def event(self, kind: str) -> set[str]:
        return self.operator.modal(self.context, SimpleNamespace(type=kind))

    def to_the_end(self) -> set[str]:
        for _ in range(10_000):
            result = self.event("TIMER")
            if result != {"RUNNING_MODAL"}:
                return result
        raise AssertionError("The bake never ends")


def test_bake_goes_on_with_the_timer_and_shows_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -20, 0)))
    bake, progress = Bake(monkeypatch), subjects.addon("blender.scene.progress").now
    assert bake.press() == {"RUNNING_MODAL"}
    assert progress.running
    assert not bpy.ops.footfall.bake.poll()
    assert bake.event("A") == {"RUNNING_MODAL"}, "other keys must not reach Blender meanwhile"
    assert rig.animation_data is None
    assert bake.to_the_end() == {"FINISHED"}
    assert not progress.running
    assert bake.window.shown == sorted(bake.window.shown)
    assert bake.reported == [({"INFO"}, "Baked 'Walk 01'")]
    assert (bake.window.timers, bake.window.begun, bake.status[-1]) == ([], 0, None)
    assert rig.animation_data.action == rig.footfall.takes[0].action


def test_esc_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -200, 0)))
    bake = Bake(monkeypatch)
    bake.press()
    assert bake.event("TIMER") == {"RUNNING_MODAL"}
    assert bake.event("ESC") == {"CANCELLED"}
    assert rig.animation_data is None
    assert len(rig.footfall.takes) == 0
    assert len(bpy.data.actions) == 0
    assert (bake.window.timers, bake.window.begun, bake.status[-1]) == ([], 0, None)
    assert bpy.ops.footfall.bake.poll()


def test_error_of_ours_is_raised_and_blocks_no_further_bake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subjects.ready(subjects.mixamo())
    bake = Bake(monkeypatch)
    bake.press()
    monkeypatch.setattr(subjects.addon("blender.bake.job"), "show", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bake.to_the_end()
    assert bake.window.timers == []
    assert bpy.ops.footfall.bake.poll()


def test_refusal_ends_the_run_with_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig, subjects.path((0, 0, 0), (0, 0, 0)))
    bake = Bake(monkeypatch)
    bake.press()
    assert bake.to_the_end() == {"CANCELLED"}
    assert bake.reported[0][0] == {"ERROR"}
    assert "no length" in bake.reported[0][1]
    assert bake.window.timers == []
    assert bpy.ops.footfall.bake.poll()


def undo() -> None:
    bpy.ops.ed.undo_push(message="Edit")
    bpy.ops.ed.undo()


def load() -> None:
    bpy.ops.wm.read_homefile(use_empty=True)


def disable() -> None:
    bpy.ops.preferences.addon_disable(module=MODULE)
    bpy.ops.preferences.addon_enable(module=MODULE)


def reject() -> None:
    bpy.ops.footfall.reject_take()


@each(
    ("interrupt", "said"),
    [
        (undo, "The bake was canceled: the scene was undone"),
        (load, "The bake was canceled: another file was opened"),
        (disable, "The bake was canceled: the add-on was disabled"),
        (reject, "The bake was canceled: a take was rejected"),
    ],
)
def test_events_of_other_windows_cancel_the_bake(interrupt: Callable[[], None], said: str) -> None:
    load()
    settings = subjects.ready(subjects.mixamo())
    bpy.ops.footfall.bake()
    bpy.ops.ed.undo_push(message="Baked")
    settings.path.data.splines[0].points[1].co = (0.0, -200.0, 0.0, 1.0)
    with pytest.MonkeyPatch.context() as patch:
        bake = Bake(patch)
        bake.press()
        assert bake.event("TIMER") == {"RUNNING_MODAL"}
        interrupt()
        assert (bake.window.timers, bake.window.begun, bake.status[-1]) == ([], 0, None)
        assert bake.event("TIMER") == {"CANCELLED"}
    assert bake.reported == [({"INFO"}, said)]
    subjects.ready(bpy.data.objects.get("Armature") or subjects.mixamo())
    assert bpy.ops.footfall.bake.poll()


def test_a_rig_deleted_in_mid_bake_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = subjects.mixamo()
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -200, 0)))
    bake = Bake(monkeypatch)
    bake.press()
    bake.event("TIMER")
    bpy.data.objects.remove(rig)
    assert bake.to_the_end() == {"CANCELLED"}
    ((level, said),) = bake.reported
    assert (level, "deleted" in said) == ({"ERROR"}, True), said
    assert len(bpy.data.actions) == 0


def test_closing_the_window_cancels_the_bake(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects.ready(subjects.mixamo(), subjects.path((0, 0, 0), (0, -200, 0)))
    bake = Bake(monkeypatch)
    bake.press()
    bake.event("TIMER")
    bake.context.window = bake.context.workspace = bake.context.screen = None
    bake.operator.cancel(bake.context)
    assert (bake.window.timers, bake.window.begun, bake.status[-1]) == ([], 0, None)
    assert bpy.ops.footfall.bake.poll()


def test_error_in_the_report_blocks_no_further_bake(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects.ready(subjects.mixamo())
    bake = Bake(monkeypatch)
    bake.press()
    monkeypatch.setattr(type(bake.operator), "report_result", lambda *_: 1 / 0, raising=False)
    with pytest.raises(ZeroDivisionError):
        bake.to_the_end()
    assert bake.window.timers == []
    assert bpy.ops.footfall.bake.poll()
