# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Buttons that say why they are gray."""

from __future__ import annotations

import bpy

from ..keys import takes
from ..rig import character

NOT_BAKED = "This take was made between keys; make it again in the In-Between panel"


class Explained:
    """An operator that can run unless `problem` names a reason, which its tooltip then shows."""

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
    """An operator on the character, which must be one that can be changed."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why the character cannot be changed, or an empty text."""
        return character.refusal(character.current(context), context.view_layer)


class OnTake(OnCharacter):
    """An operator on the take chosen in the list."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why there is no take to work on, or an empty text."""
        problem = super().problem(context)
        rig = character.current(context)
        if problem or rig is None:
            return problem
        return "" if takes.active(rig) is not None else "Choose a take in the list"
