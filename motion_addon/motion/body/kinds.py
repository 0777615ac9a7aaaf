# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the kinds of body: the only place that compares a kind's name or joints.

Everything else asks the kind for what differs between kinds. A new kind is one entry of ``KINDS``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ...options.kinds import ANIMAL, PERSON
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from . import biped, biped_gaits, quadruped, quadruped_gaits
from .legs import CanonicalLeg
from .mover import Mover


@dataclass(frozen=True)
class Foot:
    """How the feet of a kind of body touch the ground."""

    points: tuple[str, ...]
    """Contact points of one foot from back to front; the last one stays in place in a stance."""
    places: Callable[[Clip], Array]
    """World positions (T, P, 3) in meters of the contact points of all feet."""
    detected: Callable[[Array, float], Array]
    """Contacts (T, P) of such points at frames per second, by their speed and height."""
    binary: Callable[[Array, float], Array]
    """Contacts (T, P) without flicker, 0 or 1, of probabilities at frames per second."""
    shortest: float
    """Seconds of the shortest contact."""
    height: Callable[[Skeleton], float]
    """Height (m) of the ball joint over the ground in a planted foot, or of a paw's joint."""

    @property
    def rolls(self) -> bool:
        """Whether the foot rolls from heel to ball; a paw has one point."""
        return len(self.points) > 1


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of body: every fact by which its motion is handled in another way."""

    name: str
    """Word in requests and model files."""
    noun: str
    """Word in messages."""
    legs: tuple[CanonicalLeg, ...]
    """Legs of the left half, then their counterparts of the right half in the same order."""
    foot: Foot
    torso: tuple[str, ...]
    """Joints of the trunk from the root up or ahead."""
    neck: tuple[str, ...]
    """Joints of the neck, the head last."""
    gaze: tuple[float, ...]
    """Share of a look's turn of each joint of ``neck``; they sum to one."""
    tail: tuple[str, ...]
    mover: Mover
    state_joints: tuple[str, ...]
    """Joints whose positions and velocities a controller feeds back."""
    leg_size: Callable[[Skeleton], float]
    """Length of a skeleton's legs over those of the biped's model."""
    hip_height: float
    """Meters, of the hip joints of the model's body."""
    controller: str
    """Name of the model that drives it, as ``filler`` and ``styler`` a folder of ``models``."""
    filler: str
    """Name of the model that fills gaps in its motion."""
    styler: str
    """Name of the model that puts styles on it."""
    spacing: float
    """Usual distance in a herd, in hip heights."""
    on_clock: bool = False
    """Whether a stride clock sets the time of each leg, so that footfalls can be moved."""
    level: bool = False
    """Whether the trunk is level and carried at both ends."""
    by_hips: bool = False
    """Whether bodies are of many species: they are sized by the height of their hips, time goes
    by dynamic similarity, and a network may not know an individual."""
    leads: tuple[str, ...] = ()
    """Gaits that have a leading leg."""
    other_models: tuple[str, ...] = field(default=())
    """Words of requests for other controllers of this kind."""

    @property
    def a_noun(self) -> str:
        """``noun`` with its article."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    @property
    def gaits(self) -> tuple[str, ...]:
        """Names of the gaits, the columns of ``Trajectory.gait``; the first is standing."""
        return self.mover.gaits

    @property
    def contact_points(self) -> tuple[str, ...]:
        """Names of the columns of ``Clip.contacts``: the contact points of each leg's foot.

        The columns of the left half of the body come before those of the right half and in the
        same order, so that mirroring exchanges the two halves for every kind.
        """
        points = self.foot.points if self.foot.rolls else ("",)
        return tuple(f"{leg.name} {point}".strip() for leg in self.legs for point in points)

    @property
    def girdles(self) -> tuple[tuple[CanonicalLeg, ...], ...]:
        """Legs by the end of the trunk that they carry, the hips first."""
        pairs = (tuple(leg for leg in self.legs if leg.fore is fore) for fore in (False, True))
        return tuple(pair for pair in pairs if pair)

    @property
    def balls(self) -> tuple[int, ...]:
        """Column of ``contact_points`` of each leg's ball or paw, which stays in a stance."""
        count = len(self.foot.points)
        return tuple(count * i + count - 1 for i in range(len(self.legs)))

    def detected(self, clip: Clip) -> Array:
        """Return the contacts (T, P) of a clip by the motion of its feet."""
        return self.foot.detected(self.foot.places(clip), clip.fps)


ROLLING_FOOT: Final = Foot(
    ("heel", "ball"),
    biped.foot_points,
    foot_contacts.detect,
    foot_contacts.clean,
    foot_contacts.SHORTEST,
    biped.ball_height,
)
PAW: Final = Foot(
    ("paw",),
    quadruped.paw_points,
    quadruped.paw_contacts,
    quadruped.touching,
    quadruped.SHORTEST_CONTACT,
    quadruped.paw_height,
)

BIPED: Final = Kind(
    name=PERSON,
    noun="person",
    legs=biped.LEGS,
    foot=ROLLING_FOOT,
    torso=biped.TORSO,
    neck=biped.NECK,
    gaze=(0.25, 0.25, 0.5),
    tail=(),
    mover=biped_gaits.MOVER,
    state_joints=biped.STATE_JOINTS,
    leg_size=biped.leg_size,
    hip_height=biped.HIP_HEIGHT,
    controller="biped",
    filler="inbetween",
    styler="style",
    spacing=0.9,
)
QUADRUPED: Final = Kind(
    name=ANIMAL,
    noun="animal",
    legs=quadruped.LEG_JOINTS,
    foot=PAW,
    torso=quadruped.TORSO,
    neck=quadruped.NECK,
    gaze=(0.2, 0.2, 0.2, 0.4),
    tail=quadruped.TAIL,
    mover=quadruped_gaits.MOVER,
    state_joints=quadruped.STATE_JOINTS,
    leg_size=quadruped.leg_size,
    hip_height=quadruped_gaits.HIP_HEIGHT,
    controller="quadruped",
    filler="inbetween_quadruped",
    styler="style_quadruped",
    spacing=2.6,
    on_clock=True,
    level=True,
    by_hips=True,
    leads=quadruped_gaits.ASYMMETRIC,
    other_models=("creature",),
)

KINDS: Final = MappingProxyType({kind.name: kind for kind in (BIPED, QUADRUPED)})
"""Kinds by name."""


def kind_of(skeleton: Skeleton) -> Kind:
    """Return the kind whose canonical joints a skeleton has, at any proportions.

    A skeleton of other joints counts as a biped.
    """
    return QUADRUPED if set(quadruped.PAWS) <= set(skeleton.names) else BIPED


def kind_of_model(word: str) -> Kind:
    """Return the kind that the controller named in a request drives; a person's if unknown."""
    for kind in KINDS.values():
        if word in (kind.controller, *kind.other_models):
            return kind
    return BIPED
