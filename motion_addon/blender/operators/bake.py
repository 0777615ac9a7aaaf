# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators that bake: modal with progress and Esc when pressed, blocking from scripts."""

from __future__ import annotations

import time

import bpy

from .. import character, job, progress, recipe, takes
from .polling import Explained

SLICE = 0.05  # seconds of work between two looks at the keyboard
REDRAW = 0.1  # seconds between two redraws of the progress bar


class Baking(Explained):
    """What the baking operators share: the timer, the progress and the two ways to run."""

    _steps: job.Steps
    _timer: bpy.types.Timer
    _drawn: float

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        if progress.now.running:
            return "A bake is running; press Esc to stop it"
        return job.refusal(character.current(context), context.view_layer)

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of this bake."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            take = job.run(self.steps(context))
        except job.RefusedError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._tell(take)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self._steps = self.steps(context)
        self._drawn = 0.0
        manager = context.window_manager
        progress.now.running, progress.now.factor, progress.now.problem = True, 0.0, ""
        self._timer = manager.event_timer_add(0.01, window=context.window)
        manager.progress_begin(0.0, 1.0)
        context.workspace.status_text_set("Baking a take    Esc: Cancel")
        manager.modal_handler_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            return self._end(context, "Bake canceled, nothing was changed")
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}
        try:
            self._advance(context)
        except StopIteration as end:
            self._tell(end.value)
            return self._end(context, "", done=True)
        except job.RefusedError as error:
            self.report({"ERROR"}, str(error))
            return self._end(context, "")
        except BaseException:
            self._end(context, "")  # else no bake could be started any more
            raise
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._end(context, "")

    def _tell(self, take: bpy.types.PropertyGroup) -> None:
        """Say that the bake is done, and what to beware of."""
        warnings = takes.report_of(take).get("warnings", ())
        self.report({"INFO"}, f"Baked '{take.name}'")
        for warning in warnings:
            self.report({"WARNING"}, warning)

    def _advance(self, context: bpy.types.Context) -> None:
        """Work for one slice and show how far it is."""
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


class FOOTFALL_OT_bake(Baking, bpy.types.Operator):
    """Bake a walk along the path as a new take; the action before it is kept"""

    bl_idname = "footfall.bake"
    bl_label = "Bake"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        return super().problem(context) or recipe.path_refusal(context.scene)

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of a new take."""
        rig = character.current(context)
        wanted = recipe.from_settings(context.scene.footfall, rig)
        return job.bake_steps(context, rig, wanted)


class FOOTFALL_OT_bake_cycle(Baking, bpy.types.Operator):
    """Bake one step cycle in place that loops exactly, with its ground speed as a property"""

    bl_idname = "footfall.bake_cycle"
    bl_label = "Bake Cycle"
    bl_options = {"REGISTER", "UNDO"}

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of a cycle."""
        rig = character.current(context)
        wanted = recipe.from_settings(context.scene.footfall, rig, cycle=True)
        return job.bake_steps(context, rig, wanted)


class FOOTFALL_OT_rebake_take(Baking, bpy.types.Operator):
    """Bake the chosen take again after its path or the settings have changed"""

    bl_idname = "footfall.rebake_take"
    bl_label = "Bake Again"
    bl_options = {"REGISTER", "UNDO"}

    stored: bpy.props.BoolProperty(
        name="Stored Settings",
        description="Use the settings the take was baked with instead of the panel's",
        default=False,
    )

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        problem = super().problem(context)
        rig = character.current(context)
        if not problem and (rig is None or takes.active(rig) is None):
            return "Choose a take in the list"
        return problem

    def steps(self, context: bpy.types.Context) -> job.Steps:
        """Return the steps of the chosen take, baked again."""
        rig = character.current(context)
        take = takes.active(rig)
        wanted = recipe.Recipe.from_json(takes.recipe_of(take))
        if not self.stored:
            wanted = recipe.from_settings(context.scene.footfall, rig, wanted.cycle)
        return job.rebake_steps(context, rig, take, wanted)


classes = (FOOTFALL_OT_bake, FOOTFALL_OT_bake_cycle, FOOTFALL_OT_rebake_take)
register, unregister = bpy.utils.register_classes_factory(classes)
