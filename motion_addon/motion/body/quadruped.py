# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical quadruped: its joints, its legs and where its paws are.

Every animal is driven on this skeleton, at its own proportions. Legs are always in the order
left hind, left fore, right hind, right fore.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ..clip.clip import Clip
from ..clip.contacts import clean, detect
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from ..maths.smoothing import running_max
from .legs import CanonicalLeg, Side

LEGS: Final = ("LH", "LF", "RH", "RF")
"""Order of every per-leg column: contacts, phases, offsets."""

TORSO: Final = ("Pelvis", "Spine1", "Spine2", "Spine3", "Withers")
NECK: Final = ("Neck1", "Neck2", "Neck3", "Head")
TAIL: Final = ("Tail1", "Tail2", "Tail3", "Tail4", "Tail5")
_FORE: Final = ("Scapula", "Humerus", "Radius", "ForePastern", "ForePaw")
_HIND: Final = ("Femur", "Tibia", "Metatarsus", "HindPastern", "HindPaw")
_SIDES: Final[dict[str, Side]] = {"L": "Left", "R": "Right"}

LEG_CHAINS: Final = {
    leg: tuple(_SIDES[leg[0]] + part for part in (_FORE if leg[1] == "F" else _HIND))
    for leg in LEGS
}
"""Leg to its five joints, from the top to the paw."""
LEG_JOINTS: Final = tuple(
    CanonicalLeg(leg, _SIDES[leg[0]], leg[1] == "F", LEG_CHAINS[leg], 1 if leg[1] == "F" else 0)
    for leg in LEGS
)
"""The same legs as records, in the order of LEGS."""
PAWS: Final = tuple(LEG_CHAINS[leg][-1] for leg in LEGS)
"""The joint of each paw, its point of contact."""

STATE_JOINTS: Final = (
    "Pelvis",
    "Withers",
    "Head",
    "Tail3",
    *(joint for leg in LEG_JOINTS for joint in leg.chain[2:]),
)
"""Joints whose positions and velocities are fed back: trunk, and of each leg elbow or hock down."""

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
"""m/s per m/s of the body, added to the speed limit of a contact: in a gallop contacts are short
and blurred, and each one missed is a stride too few."""
SHORTEST_CONTACT: Final = 0.045
"""Seconds; a galloping dog's contact lasts four frames."""
PEAK_SECONDS: Final = 0.2
"""Time before and after a frame in which the peak of a contact is searched (s)."""
LEAST_PEAK: Final = 0.3
"""Peak of a probability under which there is no contact."""


HIP_DROP: Final = 0.541
"""Meters from the hip joint down to the paw of the model's Labrador at rest."""
PAW_HEIGHT: Final = 0.02
"""Meters, of the joints of its standing paws over the ground."""
LEG_SIZE: Final = 0.6
"""Length of its legs over those of the biped's model."""


def relative_size(skeleton: Skeleton) -> float:
    """Return the length of an animal over the model's Labrador, by its hind legs."""
    places = skeleton.rest_positions()
    top, paw = (skeleton.index(LEG_CHAINS["LH"][part]) for part in (0, -1))
    return float(places[top, 1] - places[paw, 1]) / HIP_DROP


def leg_size(skeleton: Skeleton) -> float:
    """Return the length of the legs over those of the biped's model."""
    return LEG_SIZE * relative_size(skeleton)


def paw_height(skeleton: Skeleton) -> float:
    """Return the height (m) of the joints of standing paws over the ground."""
    return PAW_HEIGHT * relative_size(skeleton)


def paw_points(clip: Clip) -> Array:
    """Return (T, 4, 3) world positions (m) of the paws, in the order of LEGS."""
    index = [clip.skeleton.index(name) for name in PAWS]
    return np.asarray(clip.world()[1][:, index])


def paw_contacts(points: Array, fps: float) -> Array:
    """Return contacts (T, 4) of paw points (T, 4, 3) by their speed and height."""
    return detect(points, fps, CONTACT_SHARE, SHORTEST_CONTACT)


def with_contacts(clip: Clip) -> Clip:
    """Return a clip with the contacts of its paws' motion."""
    return replace(clip, contacts=paw_contacts(paw_points(clip), clip.fps))


def limb(leg_name: str) -> tuple[str, str, str, str]:
    """Return the joints of a leg that inverse kinematics knows: top, middle, end and paw.

    Shoulder, elbow, wrist and paw; hip, knee, hock and paw.
    """
    chain = LEG_CHAINS[leg_name]
    first = 1 if leg_name[1] == "F" else 0
    return chain[first], chain[first + 1], chain[first + 2], chain[-1]


def touching(contacts: Array, fps: float) -> Array:
    """Return binary contacts (T, 4) of probabilities, without flicker.

    A contact of a few frames, as in a gallop, is blurred: it is measured against its own peak.
    """
    reach = max(round(PEAK_SECONDS * fps), 1)
    peak = running_max(contacts, reach)
    return clean(contacts / np.clip(peak, LEAST_PEAK, 1.0), fps, SHORTEST_CONTACT)


ROLES = {leg: f"{'fore' if leg[1] == 'F' else 'hind'}leg.{leg[0]}" for leg in LEGS}
"""Leg, as in LEGS, to its role in a bone map."""
