# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a bake with a creature: exemplar, its legs and the strength of its manner."""

from collections.abc import Mapping
from typing import Any

from ...errors import RefusedError
from ...options.bake import MANNER
from ..body.quadruped import LEGS

CREATURE_MODEL = "creature"
"""Name of the model that is adapted to one exemplar."""
_FILES = (".bvh", ".npz", ".footfall")
_DEFAULTS = {"exemplar": None, "legs": None, "manner": MANNER.default}

LegJoints = tuple[tuple[str, tuple[str, ...]], ...]
"""Each leg of LEGS with its joints from the top to the paw."""


def checked_legs(value: Any) -> LegJoints:
    """Return an exemplar's legs from plain values; raises RefusedError if they are malformed."""
    if not isinstance(value, Mapping) or set(value) != set(LEGS):
        raise RefusedError(f"legs must have {', '.join(LEGS)}, each with a list of joints")
    for leg in LEGS:
        names = value[leg]
        if not isinstance(names, list | tuple) or not all(isinstance(n, str) for n in names):
            raise RefusedError(f"The leg {leg} must be a list of joints, from its top to the paw")
        if len(names) < 2:
            raise RefusedError(f"The leg {leg} needs at least two joints, from its top to the paw")
    joints = [name for leg in LEGS for name in value[leg]]
    twice = next((name for name in joints if joints.count(name) > 1), None)
    if twice is not None:
        raise RefusedError(f"The joint {twice!r} is named twice in legs")
    return tuple((leg, tuple(value[leg])) for leg in LEGS)


def check_creature(request: Any) -> None:
    """Raise RefusedError if a ``BakeRequest`` has wrong or unexpected creature options."""
    if request.model != CREATURE_MODEL:
        for name, default in _DEFAULTS.items():
            if getattr(request, name) != default:
                raise RefusedError(
                    f'{name} is for the model "{CREATURE_MODEL}", not {request.model!r}'
                )
        return
    if not isinstance(request.exemplar, str) or not request.exemplar:
        raise RefusedError("A creature needs an exemplar: the path of a BVH or creature file")
    if not request.exemplar.lower().endswith(_FILES):
        raise RefusedError(
            f"exemplar must be a .bvh, .footfall or .npz file, not {request.exemplar!r}"
        )
    if request.legs is not None:
        if not isinstance(request.legs, tuple):
            raise RefusedError("legs must be a tuple of legs, each with its joints")
        checked_legs(dict(request.legs))
    if request.height is not None:
        raise RefusedError("A creature is measured by its hips; give hip_height, not height")
