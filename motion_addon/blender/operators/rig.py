# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators on the character's bone map: detect, edit rows, import and export as JSON."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...errors import RefusedError
from ..rig import character
from .bases import OnCharacter, refuse


class FOOTFALL_OT_detect_rig(OnCharacter, bpy.types.Operator):
    """Recognize the rig and fill the bone map"""

    bl_idname = "footfall.detect_rig"
    bl_label = "Detect"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        problem = character.try_detect(rig) or character.map_refusal(rig)
        if problem:
            self.report({"WARNING"}, problem)
            return {"FINISHED"} if rig.footfall.bones else {"CANCELLED"}
        self.report({"INFO"}, f"Recognized '{rig.name}' as {character.family_label(rig)}")
        return {"FINISHED"}


class OnChain(OnCharacter):
    """Base of the operators on the active chain of the bone map."""

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why no chain can be changed, or an empty text."""
        return "" if character.in_chain(rig) else "The active part takes one bone only"


class FOOTFALL_OT_map_add(OnChain, bpy.types.Operator):
    """Add a bone to the active chain, such as the spine or an animal's leg"""

    bl_idname = "footfall.map_add"
    bl_label = "Add Bone to Chain"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        character.add_row(character.current(context))
        return {"FINISHED"}


class FOOTFALL_OT_map_fill(OnChain, bpy.types.Operator):
    """Fill the active chain with all bones from its first row to its last"""

    bl_idname = "footfall.map_fill"
    bl_label = "Fill Chain"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        problem = character.fill_chain(character.current(context))
        if problem:
            return refuse(self, problem)
        return {"FINISHED"}


class FOOTFALL_OT_map_clear(OnCharacter, bpy.types.Operator):
    """Remove the bone from the active row"""

    bl_idname = "footfall.map_clear"
    bl_label = "Clear Row"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        character.clear_row(character.current(context))
        return {"FINISHED"}


class FOOTFALL_OT_map_from_bone(OnCharacter, bpy.types.Operator):
    """Use the active bone of Pose Mode in the active row"""

    bl_idname = "footfall.map_from_bone"
    bl_label = "Use Active Bone"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def rig_problem(cls, rig: bpy.types.Object) -> str:
        """Return why there is no bone to use or no row for it, or an empty text."""
        if rig.data.bones.active is None or character.active_row(rig) is None:
            return "Choose a row here and a bone in Pose Mode"
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        character.active_row(rig).bone = rig.data.bones.active.name
        return {"FINISHED"}


class FOOTFALL_OT_map_export(OnCharacter, bpy.types.Operator, ExportHelper):
    """Save the bone map as a JSON file"""

    bl_idname = "footfall.map_export"
    bl_label = "Export Bone Map"
    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            text = character.load_map(character.current(context)).to_json()
            Path(self.filepath).write_text(text, encoding="utf-8")
        except (RefusedError, OSError) as error:
            return refuse(self, error)
        self.report({"INFO"}, f"Saved the bone map to {self.filepath}")
        return {"FINISHED"}


class FOOTFALL_OT_map_import(OnCharacter, bpy.types.Operator, ImportHelper):
    """Load the bone map from a JSON file"""

    bl_idname = "footfall.map_import"
    bl_label = "Import Bone Map"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        rig = character.current(context)
        problem = character.import_map(rig, Path(self.filepath))
        if problem:
            return refuse(self, problem)
        self.report({"INFO"}, f"Loaded the bone map for '{rig.name}'")
        return {"FINISHED"}


classes = (
    FOOTFALL_OT_detect_rig,
    FOOTFALL_OT_map_add,
    FOOTFALL_OT_map_fill,
    FOOTFALL_OT_map_clear,
    FOOTFALL_OT_map_from_bone,
    FOOTFALL_OT_map_export,
    FOOTFALL_OT_map_import,
)
register, unregister = bpy.utils.register_classes_factory(classes)
