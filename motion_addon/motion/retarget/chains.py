# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks, necks and tails of any number of bones that share the bend of other ones.

Owns where along its chain each bone is, and how much of another animal's carriage a neck or tail
takes over.
"""

from collections.abc import Sequence

import numpy as np

from ..body.body import Body
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth

_UNLIKE, _ALIKE = (0.05, 0.4), (1.0, 0.2)
"""How differently two animals hold their necks at rest (radians, and logarithm of the lengths'
ratio), and how much of the one's carriage the other then takes over. Of what moves faster it
takes over more. Unlike tails are carried as they rest."""
_LEVEL = 0.26
"""Radians, the steepest bone of a tail that was modeled straight out."""
_ROD = 0.5
"""Length of the shortest such tail in heights of the hips."""
_ROOM = 0.65
"""Most of the height of its root that such a tail hangs down at rest."""
_HANGS = 1.25
"""Radians by which a horse's tail hangs down at its end while it stands."""
_STREAMS = 0.25
"""How much of that is left at a Froude number: one part in 1 + this times the number."""
_CARRIAGE = 0.35
"""Seconds, the spread of the smoothing that tells how a neck or tail is held."""


def spread(knots: Array, turns: Sequence[Array], at: float) -> Array:
    """Return the turn (T, 4) at a place among ``turns`` that stand at ``knots`` (K,)."""
    high = int(np.clip(np.searchsorted(knots, at), 1, len(knots) - 1)) if len(knots) > 1 else 0
    if high == 0:
        return turns[0]
    width = max(float(knots[high] - knots[high - 1]), 1e-9)
    share = float(np.clip((at - knots[high - 1]) / width, 0.0, 1.0))
    if share < 1e-9 or share > 1.0 - 1e-9:
        return turns[high - 1 if share < 0.5 else high]
    return quat.slerp(turns[high - 1], turns[high], share)


def _places(heads: Array, bones: Sequence[int]) -> Array:
    """Return (K,) where bones start along their chain, as shares of it: 0 to 1."""
    steps = np.linalg.norm(np.diff(heads[list(bones)], axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(along / max(float(along[-1]), 1e-9))


def trunk_places(body: Body) -> Array:
    """Return (K,) how far each bone of the trunk is from the hind legs to the forelegs."""
    trunk = body.trunk
    at = _places(body.heads, trunk)
    if len(trunk) == 1:
        return np.array([0.5])
    rear, fore = (at[trunk.index(legs[-1].stem)] for legs in (body.hind_legs, body.forelegs))
    if fore - rear < 1e-6:
        return np.asarray(at)
    return np.asarray(np.clip((at - rear) / (fore - rear), 0.0, 1.0))


def chain_places(body: Body, chain: Sequence[int]) -> Array:
    """Return (K,) places of a neck or tail from where it starts (0) to its last bone (1)."""
    if len(chain) == 1:
        return np.array([1.0])
    steps = np.linalg.norm(np.diff(body.heads[list(chain)], axis=0), axis=1)
    along = np.cumsum([steps.mean(), *steps])
    return np.asarray(along / along[-1])


def likeness(
    ours: tuple[Body, Sequence[int]],
    theirs: tuple[Body, Sequence[int]],
    tails: bool = False,
) -> float:
    """Return how much of the carriage of the other's neck or tail is ours, too: 0..1.

    All of it for animals that hold it alike at rest; others keep their own.
    """
    least = 0.0 if tails else _ALIKE[1]
    if min(len(ours[1]), len(theirs[1])) < 2:
        return least
    lines = [
        (body.heads[chain[-1]] - body.heads[chain[0]]) / body.leg_length
        for body, chain in (ours, theirs)
    ]
    sizes = [max(float(np.linalg.norm(line)), 1e-6) for line in lines]
    cosine = float(lines[0] @ lines[1]) / (sizes[0] * sizes[1])
    unlike = np.arccos(np.clip(cosine, -1.0, 1.0)) + abs(np.log(sizes[0] / sizes[1]))
    return float(np.interp(unlike, _UNLIKE, (_ALIKE[0], least)))


def laid_out(body: Body, tail: Sequence[int]) -> bool:
    """Return whether a tail rests straight and level: a pose to model in, no animal's carriage."""
    if len(tail) < 3:
        return False
    steps = np.diff(body.heads[list(tail)], axis=0)
    length = float(np.linalg.norm(steps, axis=1).sum())
    return bool(np.abs(_pitches(body, tail)).max() < _LEVEL and length > _ROD * body.leg_length)


def as_carried(
    ours: tuple[Body, Sequence[int]], theirs: tuple[Body, Sequence[int]]
) -> tuple[float, Array]:
    """Return (K, 4) the turns that lay a tail that was modeled straight out as the other rests.

    And how much of the other's carriage it takes over. Tails too long to hang like that over the
    ground are held higher, and move less.
    """
    wanted = np.interp(chain_places(*ours), chain_places(*theirs), _pitches(*theirs))
    body, tail = ours
    length = np.linalg.norm(np.diff(body.heads[list(tail)], axis=0), axis=1).sum()
    room = np.arcsin(np.clip(_ROOM * body.heads[tail[0], 1] / length, 0.0, 1.0))
    held = min(1.0, float(room) / max(-float(wanted.min()), 1e-6))
    return held * held, _raised(held * wanted - _pitches(*ours))


def hanging(body: Body, tail: Sequence[int], froude: Array) -> Array:
    """Return (K, T, 4) the turns that let a tail modeled straight out hang, as horses' tails do.

    The faster the animal is by its Froude number (T,), the more the tail streams behind it.
    """
    drop = _HANGS * np.sqrt(chain_places(body, tail))[:, None] / (1.0 + _STREAMS * froude)
    return _raised(-drop - _pitches(body, tail)[:, None])


def _pitches(body: Body, tail: Sequence[int]) -> Array:
    """Return (K,) how steeply each bone of a resting tail rises backwards, radians."""
    steps = np.diff(body.heads[list(tail)], axis=0)
    pitches = np.arctan2(steps[:, 1], np.hypot(steps[:, 0], steps[:, 2]))
    return np.asarray(np.append(pitches, pitches[-1:]))


def _raised(angles: Array) -> Array:
    """Return turns (..., 4) that raise what points backwards by angles (...)."""
    return quat.from_axis_angle(np.broadcast_to([1.0, 0.0, 0.0], (*angles.shape, 3)), angles)


def carried_less(
    stem: Array, turns: Sequence[Array], shares: tuple[float, float], fps: float, loop: bool
) -> list[Array]:
    """Return turns (T, 4) whose slow part against ``stem`` (T, 4) is cut down to shares.

    One of how far it turns up and down, and one to the sides. What is faster is kept by half and
    the first share of the rest.
    """
    share, aside = shares
    still = np.broadcast_to(quat.IDENTITY.astype(np.float64), stem.shape)
    out = []
    for turn in turns:
        own = quat.unroll(quat.inv_mul(stem, turn))
        slow = quat.normalize(smooth(own, _CARRIAGE * fps, loop))
        fast = quat.slerp(still, quat.inv_mul(slow, own), 0.5 + 0.5 * share)
        sides = quat.normalize(slow * [1.0, 0.0, 1.0, 0.0])
        level = quat.inv_mul(sides, slow)
        kept = quat.mul(quat.slerp(still, sides, aside), quat.slerp(still, level, share))
        out.append(quat.mul(stem, quat.mul(kept, fast)))
    return out
