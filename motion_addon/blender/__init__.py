# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on: the only package that imports bpy; registers its parts in order.

Nothing here imports numpy or the motion core at load, so that enabling stays quick.
"""

from . import operators, panels
from .bake import cli, live
from .settings import between, creature, properties, style

modules = (
    creature,
    style,
    properties,
    between,
    operators,
    panels,
    live,
    cli,
)


def register() -> None:
    """Register all parts; an error is raised, never hidden."""
    for module in modules:
        module.register()


def unregister() -> None:
    """Take all parts away, last first."""
    for module in reversed(modules):
        module.unregister()
