# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing takes: each is prepared whole in an action of its own, then all are shown at once.

An action that is in a file already is never written: a take that is baked again gets a new action,
and the old one stays with whatever else uses it. Until all is prepared nothing of the scene
changes; any failure afterwards puts every character back.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy

from ..rig import override_copy
from . import review, scene_range, takes
from .gate import Gate


@dataclass(frozen=True, eq=False)
class NewTake:
    """A take that is ready to be shown."""

    gate: Gate
    action: bpy.types.Action
    name: str
    """Name of the take, free in the list; that of the old take if it is written anew."""
    recipe: dict[str, Any]
    report: dict[str, Any]
    when_shown: Callable[[bpy.types.Object], None] | None = None
    """What is set on the character with the take, such as its switches."""
    check: Callable[[bpy.types.Object, bpy.types.Scene], list[str]] | None = None
    """Returns the warnings on the take as it plays on its character in a scene."""


@contextmanager
def new_action(rig: bpy.types.Object, name: str) -> Iterator[bpy.types.Action]:
    """Provide an action for a take, with a slot for its character; removed on an error."""
    action = bpy.data.actions.new(f"{rig.name} {name}")
    with removed_on_error(action):
        action.slots.new(id_type="OBJECT", name=rig.name)
        yield action


@contextmanager
def removed_on_error(action: bpy.types.Action) -> Iterator[bpy.types.Action]:
    """Provide a new action, which is removed if an error is raised."""
    try:
        yield action
    except BaseException:
        bpy.data.actions.remove(action)
        raise


def show(context: bpy.types.Context, made: Sequence[NewTake]) -> list[bpy.types.PropertyGroup]:
    """Show new takes on their characters, all or none; returns the takes. Raises RefusedError."""
    rigs = [one.gate.passed(context) for one in made]
    saved = [(_Rows(rig), review.SavedState(rig, context.scene)) for rig in rigs]
    try:
        old = [_swap(context, rig, one) for rig, one in zip(rigs, made, strict=True)]
        scene_range.refit(context.scene)
        for rig, one in zip(rigs, made, strict=True):
            _check(rig, one, context.scene)
    except BaseException:
        for rows, state in reversed(saved):
            rows.restore()
            state.restore()
        raise
    for rig, action, one in zip(rigs, old, made, strict=True):
        override_copy.keep(rig)
        _replace(action, one.action)
    context.view_layer.update()
    pairs = zip(rigs, made, strict=True)
    return [take for rig, one in pairs if (take := takes.find(rig, one.name)) is not None]


def delete(made: Sequence[NewTake]) -> None:
    """Delete the actions of takes that are not shown after all."""
    for one in made:
        bpy.data.actions.remove(one.action)


def _swap(
    context: bpy.types.Context, rig: bpy.types.Object, made: NewTake
) -> bpy.types.Action | None:
    """Show a new take on a character; returns the action that it replaces in the list."""
    take = made.gate.old_take(rig)
    review.begin(rig, context.scene)
    review.rewind(rig, context.scene)
    old = take.action if take is not None else None
    if take is None:
        take = rig.footfall.takes.add()
        take.name = made.name
    rig.footfall.owner = rig.name
    take.action = made.action
    take.recipe, take.report = json.dumps(made.recipe), json.dumps(made.report)
    made.action.footfall.take = uuid.uuid4().hex
    takes.assign(rig, made.action)
    if made.when_shown is not None:
        made.when_shown(rig)
    takes.choose(rig, made.name)
    return old


def _check(rig: bpy.types.Object, made: NewTake, scene: bpy.types.Scene) -> None:
    """Add the warnings of its check to the report of a shown take."""
    take = takes.find(rig, made.name)
    warnings = made.check(rig, scene) if made.check is not None else []
    if take is not None and warnings:
        known = made.report.get("warnings", ())
        take.report = json.dumps({**made.report, "warnings": [*known, *warnings]})


def _replace(old: bpy.types.Action | None, new: bpy.types.Action) -> None:
    """Delete the action that a take had before, and give its name to the new one.

    An action that anything else uses stays, with its name; so does one without a base, in which
    edits cannot be found.
    """
    if old is None or old.library is not None:
        return
    if not old.footfall.base:
        old.use_fake_user = True
    if old.users:
        return
    name = old.name
    bpy.data.actions.remove(old)
    new.name = name


class _Rows:
    """The list of takes of a character, to restore if a bake is interrupted."""

    def __init__(self, rig: bpy.types.Object) -> None:
        self._rig, self._active = rig, rig.footfall.active_take
        self._rows = [(t.name, t.action, t.recipe, t.report) for t in rig.footfall.takes]

    def restore(self) -> None:
        """Restore the list; only rows that were added or changed since differ."""
        listed = self._rig.footfall.takes
        while len(listed) > len(self._rows):
            listed.remove(len(listed) - 1)
        for take, was in zip(listed, self._rows, strict=True):
            take.name, take.action, take.recipe, take.report = was
        with review.listed_only():
            self._rig.footfall.active_take = self._active
