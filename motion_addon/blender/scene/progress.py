# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of the running work, for the panels, and canceling it; not saved with the file.

Work runs in slices, between which anything may happen to the scene. Operations on takes, undo,
redo, loading a file and disabling the add-on cancel it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
from bpy.app.handlers import persistent

from ...errors import RefusedError


@dataclass
class Progress:
    """State of the running work, or of the last bake in live mode."""

    running: bool = False
    """Whether work runs, so that no other work may start."""
    what: str = "A bake is running"
    """Sentence on the running work, or the last one."""
    factor: float = 0.0
    """Progress, 0 to 1."""
    problem: str = ""
    """Why live mode could not bake the last change, one sentence; empty if it could."""
    own: bool = False
    """Whether the add-on itself changes the scene at present."""
    echo: bool = False
    """Whether the next evaluation may still show changes of the add-on."""

    @property
    def busy(self) -> str:
        """Why no other work may start, one sentence; empty if it may."""
        return f"{self.what}; press Esc to stop it" if self.running else ""


now = Progress()
_cancelers: list[Callable[[str], None]] = []


def on_cancel(canceler: Callable[[str], None]) -> None:
    """Call a function whenever work is canceled; it is passed the reason, a clause or empty."""
    _cancelers.append(canceler)


def off_cancel(canceler: Callable[[str], None]) -> None:
    """Stop to call a function when work is canceled."""
    if canceler in _cancelers:
        _cancelers.remove(canceler)


def cancel(why: str = "") -> None:
    """Cancel all work in flight, of buttons and of live mode; ``why`` is a clause for the report.

    Does nothing within a slice of the work itself, which changes takes as well.
    """
    if now.own:
        return
    now.problem = ""
    for canceler in tuple(_cancelers):
        canceler(why)


@contextmanager
def own_changes() -> Iterator[None]:
    """Mark changes as the add-on's own: they cancel no work, and live mode ignores them."""
    before, now.own = now.own, True
    try:
        yield
    finally:
        now.own = before


@contextmanager
def refusing_deleted() -> Iterator[None]:
    """Refuse in a sentence if the work uses an object that was deleted since its last slice."""
    try:
        yield
    except ReferenceError as error:
        raise RefusedError("An object was deleted during the work; start it again") from error


def settle() -> None:
    """Evaluate the add-on's changes at once where live mode is on, so that it ignores them."""
    if now.own:
        return
    with own_changes():
        for window in bpy.context.window_manager.windows:
            if window.scene.footfall.live:
                window.view_layer.update()
                now.echo = True  # Blender tags the owner of a property after its callback


@persistent
def _on_undo(*_arguments: object) -> None:
    cancel("the scene was undone")


@persistent
def _on_redo(*_arguments: object) -> None:
    cancel("the scene was redone")


@persistent
def _on_load(*_arguments: object) -> None:
    cancel("another file was opened")


def _handlers() -> tuple[tuple[list, Callable], ...]:
    events = bpy.app.handlers
    return (events.undo_pre, _on_undo), (events.redo_pre, _on_redo), (events.load_pre, _on_load)


def register() -> None:
    """Start to listen for undo, redo and loading."""
    for event, handler in _handlers():
        event.append(handler)


def unregister() -> None:
    """Cancel all work and stop to listen."""
    cancel("the add-on was disabled")
    for event, handler in _handlers():
        event.remove(handler)
