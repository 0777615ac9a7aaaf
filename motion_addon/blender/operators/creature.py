# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on the creatures of a rig: import, export, share and remove."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...errors import RefusedError
from ..creature import stored_creatures
from ..rig import character
from .bases import OnCharacter, refuse

FILTER = f"*{stored_creatures.ENDING};*.npz"


class OnAnimal(OnCharacter):
    """An operator on a character that can have creatures."""

    @classmethod
    def problem(cls, context: bpy.types.Context) -> str:
        """Return why no creature can be stored with the character, or an empty text."""
        return stored_creatures.refusal(context) or cls.rig_problem(character.current(context))


class OnCreature(OnAnimal):
    """An operator on the character's creature."""

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why there is no creature to work on, or an empty text."""
        return "" if stored_creatures.chosen(rig) is not None else "Choose a creature first"


class FOOTFALL_OT_creature_ready(OnAnimal, bpy.types.Operator):
    """Move the character like a creature that ships with Footfall"""

    bl_idname = "footfall.creature_ready"
    bl_label = "Ready Creature"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(
        name="Name", description="Name of the creature", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            kept = stored_creatures.bring(character.current(context), self.name)
        except RefusedError as error:
            return refuse(self, error)
        self.report({"INFO"}, f"'{kept.id_data.name}' moves like '{kept.name}'")
        return {"FINISHED"}


class FOOTFALL_OT_creature_export(OnCreature, bpy.types.Operator, ExportHelper):
    """Save the creature to a file, for other scenes and animals"""

    bl_idname = "footfall.creature_export"
    bl_label = "Export Creature"
    filename_ext = stored_creatures.ENDING
    filter_glob: bpy.props.StringProperty(default=FILTER, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        name = bpy.path.clean_name(character.current(context).footfall.creature)
        self.filepath = name + stored_creatures.ENDING
        return ExportHelper.invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        kept = stored_creatures.chosen(character.current(context))
        try:
            stored_creatures.write(kept, Path(self.filepath))
        except RefusedError as error:
            return refuse(self, error)
        self.report({"INFO"}, f"Saved the creature '{kept.name}' to {self.filepath}")
        return {"FINISHED"}


class FOOTFALL_OT_creature_import(OnAnimal, bpy.types.Operator, ImportHelper):
    """Load a creature from a file and move the character like it"""

    bl_idname = "footfall.creature_import"
    bl_label = "Import Creature"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = stored_creatures.ENDING
    filter_glob: bpy.props.StringProperty(default=FILTER, options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        try:
            kept = stored_creatures.store(rig, stored_creatures.read(Path(self.filepath)))
        except RefusedError as error:
            return refuse(self, error)
        self.report({"INFO"}, f"'{rig.name}' moves like '{kept.name}'")
        return {"FINISHED"}


class FOOTFALL_OT_creature_share(OnCreature, bpy.types.Operator):
    """Give the creature to the other selected animals, as for a herd"""

    bl_idname = "footfall.creature_share"
    bl_label = "Give to Selected"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            names = stored_creatures.share(context)
        except RefusedError as error:
            return refuse(self, error)
        if not names:
            return refuse(self, "Select other animals as well, with bone maps of animals")
        self.report({"INFO"}, f"Gave the creature to {', '.join(names)}")
        return {"FINISHED"}


class FOOTFALL_OT_creature_remove(OnCreature, bpy.types.Operator):
    """Delete the creature from the character; takes that were baked with it stay"""

    bl_idname = "footfall.creature_remove"
    bl_label = "Remove Creature"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        name = rig.footfall.creature
        stored_creatures.remove(rig, name)
        self.report({"INFO"}, f"Removed the creature '{name}'")
        return {"FINISHED"}


classes = (
    FOOTFALL_OT_creature_ready,
    FOOTFALL_OT_creature_export,
    FOOTFALL_OT_creature_import,
    FOOTFALL_OT_creature_share,
    FOOTFALL_OT_creature_remove,
)
register, unregister = bpy.utils.register_classes_factory(classes)
