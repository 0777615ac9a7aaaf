# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on in Blender, the only package that imports bpy; registers its parts in order.

Loading imports neither numpy nor the motion core, so that enabling stays quick.
"""

from . import operators, panels
from .bake import cli, live
from .keys import copies
from .keys.layers import edit_count
from .rig import override_copy
from .scene import old_files, progress
from .settings import between, creature, override, prints, properties, style

modules = (
    old_files,
    creature,
    style,
    override,
    prints,
    properties,
    override_copy,
    between,
    operators,
    panels,
    copies,
    edit_count,
    live,
    cli,
    progress,
)


def register() -> None:
    """Register all parts; errors are raised."""
    for module in modules:
        module.register()


def unregister() -> None:
    """Unregister all parts, last first."""
    for module in reversed(modules):
        module.unregister()
