# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Bases of the operators: buttons whose tooltip says why they are gray, and refusals."""

from __future__ import annotations

from typing import Any

import bpy

from ..keys import takes
from ..rig import character

NOT_BAKED = "This take was made between keys; make it again in the In-Between panel"


class Explained:
    """An operator that can run unless ``problem`` names a reason, which its tooltip shows."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        problem = cls.problem(context)
        if problem:
            cls.poll_message_set(problem)
        return not problem

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the button is gray, or an empty text."""
        raise NotImplementedError


class OnCharacter(Explained):
    """An operator on a character that can be animated."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the character cannot be used, or an empty text."""
        rig = character.current(context)
        return character.refusal(rig, context.view_layer) or cls.rig_problem(rig)

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why the operator cannot run on this character, or an empty text."""
        return ""


class OnTake(OnCharacter):
    """An operator on the active take of the list."""

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why there is no take to work on, or an empty text."""
        take = takes.active(rig)
        return "Choose a take in the list" if take is None else cls.take_problem(rig, take)

    @classmethod
    def take_problem(cls, rig: bpy.types.Object, take: bpy.types.PropertyGroup) -> str:
        """Return why the operator cannot run on this take, or an empty text."""
        return ""


def refuse(operator: Any, problem: object) -> set[str]:
    """Report a problem as an error and return the result of a canceled operator."""
    operator.report({"ERROR"}, str(problem))
    return {"CANCELLED"}
