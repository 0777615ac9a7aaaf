# SPDX-License-Identifier: GPL-3.0-or-later
"""Creatures by the file of their exemplar, each adapted once however often it is asked for."""

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
from ..request import Legs
from .adapt import adapt
from .creature import Creature, model_of

if TYPE_CHECKING:
    from ..reading.exemplar import Exemplar

KEPT = 16
"""Creatures that are kept in memory."""


def creature(path: str, legs: Legs | None = None) -> Creature:
    """Return the creature of a BVH file of its motion, or of a file in which one was stored.

    ``legs`` names the joints of the legs of a BVH file. Raises RefusedError in one plain
    sentence.
    """
    return _creature(_digest(path), path, legs)


def model(path: str, legs: Legs | None = None, manner: float = 1.0) -> Model:
    """Return the controller of a creature, whose ``manner`` is as strong; see ``creature``."""
    return _model(_digest(path), path, legs, manner)


def own_motion(path: str, legs: Legs | None = None) -> OwnMotion | None:
    """Return a creature's own rig and what it does there, if it is known; see ``creature``."""
    return _own_motion(_digest(path), path, legs)


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(FilePath(path).read_bytes()).hexdigest()
    except OSError as error:
        raise RefusedError(f"The exemplar {path} cannot be read") from error


@lru_cache(maxsize=KEPT)
def _creature(digest: str, path: str, legs: Legs | None) -> Creature:
    if not path.lower().endswith(".bvh"):
        if legs is not None:
            raise RefusedError("A stored creature knows its legs; leave out legs")
        return Creature.load(FilePath(path))
    return adapt(read(FilePath(path), legs))


@lru_cache(maxsize=KEPT)
def _model(digest: str, path: str, legs: Legs | None, manner: float) -> Model:
    return model_of(_creature(digest, path, legs), manner)


@lru_cache(maxsize=KEPT)
def _own_motion(digest: str, path: str, legs: Legs | None) -> OwnMotion | None:
    found = _creature(digest, path, legs)
    if found.extras is None:
        return None
    try:
        return OwnMotion.from_arrays(found.extras)
    except (KeyError, ValueError) as error:
        raise RefusedError(f"The creature {found.name} is damaged") from error


def read(path: FilePath, legs: Legs | None = None) -> Exemplar:
    """Return the exemplar of a BVH file: meters, Y up. Raises RefusedError."""
    try:
        clip = bvh.read(path)
    except OSError as error:
        raise RefusedError(f"The exemplar {path} cannot be read") from error
    try:
        return reading.of_clip(clip, None if legs is None else dict(legs), name=path.stem)
    except RefusedError as error:
        raise RefusedError(f"{path.name}: {str(error).rstrip('.')}") from error
