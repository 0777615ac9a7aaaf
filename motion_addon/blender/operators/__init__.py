# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators: read the context, call the work, report."""

from . import (
    bake,
    between,
    creature,
    footfalls,
    herd,
    one_shot,
    path,
    review,
    rig,
    scrub,
    speed,
    style,
)

modules = (
    path,
    rig,
    speed,
    style,
    bake,
    footfalls,
    herd,
    review,
    scrub,
    one_shot,
    creature,
    between,
)


def register() -> None:
    """Register all operators."""
    for module in modules:
        module.register()


def unregister() -> None:
    """Remove all operators, last first."""
    for module in reversed(modules):
        module.unregister()
