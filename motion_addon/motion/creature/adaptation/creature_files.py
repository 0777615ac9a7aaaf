# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads creatures from files: stored ones, and BVH clips that are adapted; both are cached."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from ....errors import RefusedError
from ...clip import bvh
from ...controller.model import Model
from ..own_rig.own_motion import OwnMotion
from ..reading import exemplar as reading
from ..request import LegJoints
from .adapt import adapt
from .creature import Creature, model_of

if TYPE_CHECKING:
    from ..reading.exemplar import Exemplar

CACHED = 16
"""Creatures that are kept in memory."""


def load_creature(path: str, legs: LegJoints | None = None) -> Creature:
    """Return the creature of a BVH file of its motion, or of a creature file.

    ``legs`` names the joints of the legs in a BVH file. Raises RefusedError.
    """
    return _creature(_digest(path), path, legs)


def load_model(path: str, legs: LegJoints | None = None, manner: float = 1.0) -> Model:
    """Return a creature's controller at a strength of its ``manner``; see ``load_creature``."""
    return _model(_digest(path), path, legs, manner)


def load_own_motion(path: str, legs: LegJoints | None = None) -> OwnMotion | None:
    """Return a creature's own rig and its motion, None if not stored; see ``load_creature``."""
    return _own_motion(_digest(path), path, legs)


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(FilePath(path).read_bytes()).hexdigest()
    except OSError as error:
        raise RefusedError(f"The exemplar {path} cannot be read; check the path") from error


@lru_cache(maxsize=CACHED)
def _creature(digest: str, path: str, legs: LegJoints | None) -> Creature:
    if not path.lower().endswith(".bvh"):
        if legs is not None:
            raise RefusedError("A stored creature knows its legs; leave out legs")
        return Creature.load(FilePath(path))
    return adapt(read_exemplar(FilePath(path), legs))


@lru_cache(maxsize=CACHED)
def _model(digest: str, path: str, legs: LegJoints | None, manner: float) -> Model:
    return model_of(_creature(digest, path, legs), manner)


@lru_cache(maxsize=CACHED)
def _own_motion(digest: str, path: str, legs: LegJoints | None) -> OwnMotion | None:
    found = _creature(digest, path, legs)
    if found.own_motion is None:
        return None
    try:
        return OwnMotion.from_arrays(found.own_motion)
    except (KeyError, ValueError) as error:
        raise RefusedError(
            f"The creature {found.name} is damaged; adapt it again from its clip"
        ) from error


def read_exemplar(path: FilePath, legs: LegJoints | None = None) -> Exemplar:
    """Return the exemplar of a BVH file in meters, Y up. Raises RefusedError."""
    try:
        clip = bvh.read(path)
    except OSError as error:
        raise RefusedError(f"The exemplar {path} cannot be read; check the path") from error
    try:
        return reading.of_clip(clip, None if legs is None else dict(legs), name=path.stem)
    except RefusedError as error:
        raise RefusedError(f"{path.name}: {str(error).rstrip('.')}") from error
