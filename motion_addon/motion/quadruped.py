# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical quadruped: its joints, its legs and where its paws are.

Every animal is driven on this skeleton, at its own proportions. Legs are always in the order
left hind, left fore, right hind, right fore.
"""

from typing import Final

import numpy as np

from .clip import Clip
from .contacts import detect
from .quat import Array
from .skeleton import Skeleton

LEGS: Final = ("LH", "LF", "RH", "RF")
"""Order of every per-leg column: contacts, phases, offsets."""

TORSO: Final = ("Pelvis", "Spine1", "Spine2", "Spine3", "Withers")
NECK: Final = ("Neck1", "Neck2", "Neck3", "Head")
TAIL: Final = ("Tail1", "Tail2", "Tail3", "Tail4", "Tail5")
_FORE: Final = ("Scapula", "Humerus", "Radius", "ForePastern", "ForePaw")
_HIND: Final = ("Femur", "Tibia", "Metatarsus", "HindPastern", "HindPaw")
_SIDES: Final = {"L": "Left", "R": "Right"}

LEG_CHAINS: Final = {
    leg: tuple(_SIDES[leg[0]] + part for part in (_FORE if leg[1] == "F" else _HIND))
    for leg in LEGS
}
"""Leg to its five joints, from the top to the paw."""
PAWS: Final = tuple(LEG_CHAINS[leg][-1] for leg in LEGS)
"""The joint of each paw: the ball the animal stands on."""

_CHAINS: Final = (
    (TORSO, None),
    (NECK, "Withers"),
    (TAIL, "Pelvis"),
    *((LEG_CHAINS[leg], "Withers" if leg[1] == "F" else "Pelvis") for leg in LEGS),
)
JOINTS: Final = tuple(name for chain, _ in _CHAINS for name in chain)
"""All joints, parents first."""


def parents() -> Array:
    """Return (J,) int, the parent of each of JOINTS; -1 for the pelvis."""
    above: dict[str, int] = {}
    for chain, stem in _CHAINS:
        before = -1 if stem is None else JOINTS.index(stem)
        for name in chain:
            above[name] = before
            before = JOINTS.index(name)
    return np.array([above[name] for name in JOINTS], dtype=np.int64)


CONTACT_SHARE: Final = 0.25
"""m/s per m/s of the body, added to the speed under which a paw stands: in a gallop its touch is
short and blurred, and what is not seen is a stride too few."""
SHORTEST_CONTACT: Final = 0.045
"""Seconds; a paw of a galloping dog stands for four frames."""


def is_quadruped(skeleton: Skeleton) -> bool:
    """Return whether a skeleton is the canonical quadruped, of whatever proportions."""
    return PAWS[0] in skeleton.names


def paw_points(clip: Clip) -> Array:
    """Return (T, 4, 3) world positions (m) of the paws, in the order of LEGS."""
    index = [clip.skeleton.index(name) for name in PAWS]
    return np.asarray(clip.world()[1][:, index])


def paw_contacts(points: Array, fps: float) -> Array:
    """Return contacts (T, 4) of paw points (T, 4, 3) by their speed and height."""
    return detect(points, fps, CONTACT_SHARE, SHORTEST_CONTACT)
