# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads creatures from files: stored ones, and BVH clips that are adapted; both are cached."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import numpy as np

from ....errors import RefusedError
from ....files.reading import read_bytes
from ...body.quadruped import LEGS
from ...clip import bvh
from ...controller.model import Model
from ..own_rig.own_motion import OwnMotion
from ..reading import exemplar as reading
from ..request import LegJoints
from .adapt import adapt
from .creature import LARGEST, Creature, model_of

if TYPE_CHECKING:
    from ..reading.exemplar import Exemplar

CACHED = 16
"""Creatures that are kept in memory."""


@dataclass(frozen=True, eq=False)
class LoadedCreature:
    """A creature as its file was when it was read, with its controller."""

    creature: Creature
    model: Model
    """Controller at the strength of the manner that was asked for."""
    key: tuple[str, str, LegJoints | None]
    """Digest and path of the file, and the legs that were given."""

    @property
    def own_motion(self) -> OwnMotion | None:
        """The creature's own rig and its motion; None if it is not stored. Raises RefusedError."""
        return _own_motion(*self.key)


def load_creature(path: str, legs: LegJoints | None = None, manner: float = 1.0) -> LoadedCreature:
    """Return the creature of a BVH file or of a creature file, at a strength of its manner.

    Reads the file once. ``legs`` names the joints of the legs in a BVH file. Raises RefusedError.
    """
    key = (_digest(path), path, legs)
    return LoadedCreature(_creature(*key), _model(*key, manner), key)


def _digest(path: str) -> str:
    most = bvh.LARGEST if path.lower().endswith(".bvh") else LARGEST
    return hashlib.sha256(read_bytes(path, most)).hexdigest()


@lru_cache(maxsize=CACHED)
def _creature(digest: str, path: str, legs: LegJoints | None) -> Creature:
    if not path.lower().endswith(".bvh"):
        if legs is not None:
            raise RefusedError("A stored creature already has its legs; leave out legs")
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
    return own_motion_of(found)


def check(creature: Creature) -> None:
    """Raise RefusedError unless a creature can drive a rig: its controller and its own rig."""
    network = model_of(creature).network
    if not all(np.isfinite(part).all() for part in (*network.weights, *network.biases)):
        raise _damaged(creature)
    own_motion_of(creature)


def own_motion_of(creature: Creature) -> OwnMotion | None:
    """Return a creature's own rig and its motion; None if it is not stored. Raises RefusedError."""
    if creature.own_motion is None:
        return None
    try:
        own = OwnMotion.from_arrays(creature.own_motion)
        height = own.rig.canonical.hip_height
        if not 0.0 < height < np.inf or not own.rig.shares or len(own.rig.legs) != len(LEGS):
            raise ValueError("its own rig is no animal")
    except (KeyError, ValueError, IndexError, ZeroDivisionError, AssertionError) as error:
        raise _damaged(creature) from error
    return own


def _damaged(creature: Creature) -> RefusedError:
    return RefusedError(f"The creature {creature.name} is damaged; adapt it again from its clip")


def read_exemplar(path: FilePath, legs: LegJoints | None = None) -> Exemplar:
    """Return the exemplar of a BVH file in meters, Y up. Raises RefusedError."""
    clip = bvh.read(path)
    try:
        return reading.of_clip(clip, None if legs is None else dict(legs), name=path.stem)
    except RefusedError as error:
        raise RefusedError(f"{path.name}: {str(error).rstrip('.')}") from error
