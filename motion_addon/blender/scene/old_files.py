# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of Blender 4 in Blender 5: what Blender leaves behind of the add-on's data.

Blender 5 keeps the data of add-ons apart from custom properties. It copies the data of an old file
there and leaves the custom properties as they were: as users of the actions they point to, so that
no action would ever count as unused.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

NAMES = ("footfall", "footfall_between")


@persistent
def clean(*_arguments: object) -> None:
    """Remove custom properties that Blender has copied to the add-on's data."""
    if bpy.app.version < (5, 0, 0):
        return
    for owner in (*bpy.data.objects, *bpy.data.scenes):
        if owner.library is None:
            for name in [name for name in NAMES if name in owner.keys()]:  # noqa: SIM118
                del owner[name]


def register() -> None:
    """Start to listen; an open file is cleaned with the next one that is loaded."""
    bpy.app.handlers.load_post.append(clean)


def unregister() -> None:
    """Stop to listen."""
    bpy.app.handlers.load_post.remove(clean)
