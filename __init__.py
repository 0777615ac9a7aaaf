# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point Blender calls; it owns nothing and imports the add-on only when enabled."""


def register() -> None:
    """Register every class, property and handler of the add-on."""
    from .motion_addon import blender

    blender.register()


def unregister() -> None:
    """Undo `register`, in reverse order."""
    from .motion_addon import blender

    blender.unregister()
