# SPDX-License-Identifier: GPL-3.0-or-later
"""The Footfall tab of the 3D view's sidebar: panels in order of use."""

from . import (
    bake,
    between,
    character,
    experts,
    footprints,
    motion,
    one_shot,
    path,
    report,
    style,
)

modules = (
    character, path, motion, style, bake, footprints, experts, one_shot, between, report,
)  # fmt: skip


def register() -> None:
    """Register all panels."""
    for module in modules:
        module.register()


def unregister() -> None:
    """Remove all panels, last first."""
    for module in reversed(modules):
        module.unregister()
