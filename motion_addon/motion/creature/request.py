# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist asks of a creature that is learned from one clip: the clip, and how much of it."""

from collections.abc import Mapping
from typing import Any

from ...errors import RefusedError
from ...options.checks import within
from ..body.quadruped import LEGS

CREATURE = "creature"
"""The model that is made of one exemplar."""
MANNERS = (0.0, 1.5)
"""Strengths of an exemplar's manner."""
_FILES = (".bvh", ".npz", ".footfall")
_USUAL = {"exemplar": None, "legs": None, "manner": 1.0}

Legs = tuple[tuple[str, tuple[str, ...]], ...]
"""Each of LEGS with its joints from the top to the paw."""


def checked_legs(value: Any) -> Legs:
    """Return the legs of an exemplar of plain values; raises RefusedError where they are none."""
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
    """Raise RefusedError where a ``BakeRequest`` makes no sense about a creature, or is of none."""
    if request.model != CREATURE:
        for name, usual in _USUAL.items():
            if getattr(request, name) != usual:
                raise RefusedError(f'{name} is for the model "{CREATURE}", not {request.model!r}')
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
    within(request.manner, MANNERS, "manner")
    if request.height is not None:
        raise RefusedError("A creature is measured by its hips; give hip_height, not height")
