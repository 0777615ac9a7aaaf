# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: D102 (poll, execute, draw and the like are defined by Blender)
"""Operators of One Shot: bring a clip in."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from .. import footage, job


class FOOTFALL_OT_exemplar_import(bpy.types.Operator, ImportHelper):
    """Import a clip from a BVH, glTF or FBX file and pick it"""

    bl_idname = "footfall.exemplar_import"
    bl_label = "Import Clip"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".bvh"
    filter_glob: bpy.props.StringProperty(default=footage.PATTERN, options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.footfall.oneshot
        try:
            rig = footage.bring_in(context, Path(self.filepath))
        except job.RefusedError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        settings.rig, settings.action = rig, rig.animation_data.action
        settings.part = False
        self.report({"INFO"}, f"Imported '{settings.action.name}' on '{rig.name}'")
        return {"FINISHED"}


classes = (FOOTFALL_OT_exemplar_import,)
register, unregister = bpy.utils.register_classes_factory(classes)
