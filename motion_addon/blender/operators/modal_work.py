# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute and the like are defined by Blender)
"""Long work: modal with progress and Esc from a button, blocking from a script."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import bpy

from ...errors import RefusedError
from ..bake import job
from ..scene import progress
from .bases import Explained, refuse

SLICE = 0.05  # seconds of work between two checks for Esc
REDRAW = 0.1  # seconds between two redraws of the progress bar

Steps = Generator[float, None, Any]
"""Work that yields its progress 0..1 and returns its result."""


class ModalWork(Explained):
    """An operator whose work is a generator: owns timer, progress and the two ways to run."""

    what: str
    """Why other buttons are gray meanwhile: "A bake is running"."""
    doing: str
    """Text of the status bar meanwhile: "Baking a take"."""
    canceled: str
    """Report after Esc."""

    _steps: Steps
    _timer: bpy.types.Timer
    _drawn: float

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        return progress.now.busy

    def steps(self, context: bpy.types.Context) -> Steps:
        """Return the steps of the work; they may raise RefusedError."""
        raise NotImplementedError

    def report_result(self, made: Any) -> None:
        """Report the result and its warnings."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            made = job.run(self.steps(context))
        except RefusedError as error:
            return refuse(self, error)
        self.report_result(made)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self._steps = self.steps(context)
        self._drawn = 0.0
        manager = context.window_manager
        progress.now.running, progress.now.factor, progress.now.problem = True, 0.0, ""
        progress.now.what = self.what
        self._timer = manager.event_timer_add(0.01, window=context.window)
        manager.progress_begin(0.0, 1.0)
        context.workspace.status_text_set(f"{self.doing}    Esc: Cancel")
        manager.modal_handler_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            return self._end(context, self.canceled)
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}
        try:
            self._advance(context)
        except StopIteration as end:
            self.report_result(end.value)
            return self._end(context, "", done=True)
        except RefusedError as error:
            self.report({"ERROR"}, str(error))
            return self._end(context, "")
        except BaseException:
            self._end(context, "")  # otherwise no other work could start
            raise
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._end(context, "")

    def _advance(self, context: bpy.types.Context) -> None:
        """Work for one slice of time and show the progress."""
        until = time.monotonic() + SLICE
        while time.monotonic() < until:
            factor = next(self._steps)
        if time.monotonic() - self._drawn > REDRAW:
            self._drawn = time.monotonic()
            progress.now.factor = factor
            context.window_manager.progress_update(factor)
            _redraw(context)

    def _end(self, context: bpy.types.Context, message: str, done: bool = False) -> set[str]:
        self._steps.close()
        manager = context.window_manager
        manager.event_timer_remove(self._timer)
        manager.progress_end()
        progress.now.running = False
        context.workspace.status_text_set(None)
        _redraw(context)
        if message:
            self.report({"INFO"}, message)
        return {"FINISHED"} if done else {"CANCELLED"}


def _redraw(context: bpy.types.Context) -> None:
    for area in context.screen.areas if context.screen else ():
        if area.type in {"VIEW_3D", "DOPESHEET_EDITOR", "GRAPH_EDITOR", "STATUSBAR"}:
            area.tag_redraw()
