# SPDX-License-Identifier: GPL-3.0-or-later
"""The file's data-blocks and the scene's settings before an import, to undo it."""

from __future__ import annotations

from typing import Any

import bpy

SIMPLE = {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM", "POINTER"}
OWN = "footfall"
"""Start of the names of the add-on's settings, which Blender 4 keeps with custom properties."""


class Snapshot:
    """Session UIDs of all data-blocks, and the settings and selection of a scene."""

    def __init__(self, context: bpy.types.Context) -> None:
        """Take the snapshot."""
        scene = context.scene
        self.active = context.view_layer.objects.active
        self._context = context
        self._blocks = {block.session_uid for block in bpy.data.user_map()}
        self._settings = [(one, _settings(one)) for one in (scene, scene.render)]
        self._properties = _properties(scene)
        self._selected = list(context.selected_objects)

    def new(self) -> list[Any]:
        """Return the data-blocks that were added since."""
        return [block for block in bpy.data.user_map() if block.session_uid not in self._blocks]

    def restore(self) -> None:
        """Remove the added data-blocks; restore settings, selection and Object Mode."""
        if self._context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        bpy.data.batch_remove(self.new())
        self._context.view_layer.update()
        self.restore_selection()
        self.restore_properties()
        for owner, values in self._settings:
            for name, value in values.items():
                if getattr(owner, name) != value:
                    setattr(owner, name, value)

    def restore_selection(self) -> None:
        """Select what was selected, and make the same object active."""
        for other in self._context.selected_objects:
            other.select_set(False)
        for other in self._selected:
            other.select_set(True)
        self._context.view_layer.objects.active = self.active

    def restore_properties(self) -> None:
        """Restore the custom properties of the scene."""
        scene = self._context.scene
        now = _properties(scene)
        for name in now.keys() - self._properties.keys():
            del scene[name]
        for name, value in self._properties.items():
            if now.get(name) != value and not name.startswith(OWN):
                scene[name] = value


def _settings(owner: Any) -> dict[str, Any]:
    """Return the settings of an owner that can be set: numbers, texts, choices, data-blocks."""
    names = [
        one.identifier
        for one in owner.bl_rna.properties
        if one.type in SIMPLE
        and not one.is_readonly
        and not getattr(one, "is_array", False)
        and not getattr(one, "is_deprecated", False)
    ]
    return {name: getattr(owner, name) for name in names}


def _properties(scene: bpy.types.Scene) -> dict[str, Any]:
    """Return the custom properties of a scene."""
    return {key: _plain(scene[key]) for key in scene.keys()}  # noqa: SIM118 (has no iterator)


def _plain(value: Any) -> Any:
    """Return the value of a custom property as Python's own types."""
    for convert in ("to_dict", "to_list"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    return value
