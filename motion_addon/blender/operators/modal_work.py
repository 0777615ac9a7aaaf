# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute and the like are defined by Blender)
"""Long work: modal with progress and Esc from a button, blocking from a script."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress
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


class Run:
    """One run of work in a window: its generator, its timer and its progress bar."""

    def __init__(self, context: bpy.types.Context, steps: Steps, what: str, doing: str) -> None:
        """Show the progress of ``steps`` and block other work until the run is stopped."""
        self.stopped = False
        self.why = ""
        self._steps = steps
        self._drawn = 0.0
        self._manager, self._workspace = context.window_manager, context.workspace
        self._timer = self._manager.event_timer_add(0.01, window=context.window)
        self._manager.progress_begin(0.0, 1.0)
        self._workspace.status_text_set(f"{doing}    Esc: Cancel")
        progress.now.running, progress.now.what, progress.now.factor = True, what, 0.0
        progress.on_cancel(self.stop)

    def advance(self, context: bpy.types.Context) -> None:
        """Work for one slice of time and show the progress. Raises StopIteration at the end."""
        until = time.monotonic() + SLICE
        with progress.own_changes(), progress.refusing_deleted():
            while time.monotonic() < until:
                factor = next(self._steps)
        if time.monotonic() - self._drawn > REDRAW:
            self._drawn = time.monotonic()
            progress.now.factor = factor
            context.window_manager.progress_update(factor)
            redraw(context)

    def stop(self, why: str = "") -> None:
        """Stop the work and let other work start; ``why`` is a clause, empty at its end."""
        if self.stopped:
            return
        self.stopped, self.why = True, why
        progress.now.running = False
        progress.off_cancel(self.stop)
        self._steps.close()
        with suppress(ReferenceError):  # the window may be gone
            self._manager.event_timer_remove(self._timer)
            self._manager.progress_end()
            self._workspace.status_text_set(None)


class ModalWork(Explained):
    """An operator whose work is a generator, with two ways to run it."""

    what: str
    """Why other buttons are gray meanwhile: "A bake is running"."""
    doing: str
    """Text of the status bar meanwhile: "Baking a take"."""
    canceled: str
    """Report of a canceled run, to which a reason may be added: "The bake was canceled"."""

    _run: Run

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
        progress.cancel()
        try:
            with progress.own_changes():
                made = job.run(self.steps(context))
        except RefusedError as error:
            return refuse(self, error)
        finally:
            progress.settle()
        self.report_result(made)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        progress.cancel()
        try:
            steps = self.steps(context)
        except RefusedError as error:
            return refuse(self, error)
        self._run = Run(context, steps, self.what, self.doing)
        context.window_manager.modal_handler_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._run.stopped or event.type == "ESC":
            return self._cancel(context)
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}
        try:
            self._run.advance(context)
        except StopIteration as end:
            self._end(context)
            progress.settle()
            self.report_result(end.value)
            return {"FINISHED"}
        except RefusedError as error:
            self._end(context)
            return refuse(self, error)
        except BaseException:
            self._end(context)  # otherwise no other work could start
            raise
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._run.stop()

    def _cancel(self, context: bpy.types.Context) -> set[str]:
        self._end(context)
        why = self._run.why or "nothing was changed"
        self.report({"INFO"}, f"{self.canceled}: {why}")
        return {"CANCELLED"}

    def _end(self, context: bpy.types.Context) -> None:
        self._run.stop()
        redraw(context)


def redraw(context: bpy.types.Context) -> None:
    """Redraw the progress bars, and views that show animation."""
    for area in context.screen.areas if context.screen else ():
        if area.type in {"VIEW_3D", "DOPESHEET_EDITOR", "GRAPH_EDITOR", "STATUSBAR"}:
            area.tag_redraw()
