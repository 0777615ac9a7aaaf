# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mapped bones of a rig do in a filling."""

from collections.abc import Mapping
from dataclasses import dataclass

from .quat import Array


@dataclass(frozen=True, eq=False)
class Posed:
    """World poses of a body's mapped bones over time."""

    rotations: Mapping[int, Array]
    """Bone index to (T, 4) world_from_bone."""
    positions: Mapping[int, Array]
    """Bone index to (T, 3) world position of its head."""
    contacts: Array
    """(T, 4) as in a clip."""
