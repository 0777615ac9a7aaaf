# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks, necks and tails of any number of bones that share the bend of another chain.

Owns the places of bones along their chain, and the share of another animal's carriage that a neck
or tail takes over.
"""

from collections.abc import Sequence

import numpy as np

from ..body.body import Body
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth

_UNLIKE, _ALIKE = (0.05, 0.4), (1.0, 0.2)
"""Differences between two animals' necks at rest (radians, plus logarithm of the lengths' ratio),
and the shares of carriage that the one then takes over from the other. Of faster motion it takes
over more. Very different tails keep their rest pose."""
_LEVEL = 0.26
"""Radians, the steepest bone of a tail that was modeled straight out."""
_ROD = 0.5
"""Length of the shortest such tail in heights of the hips."""
_ROOM = 0.65
"""Share of the height of its root that such a tail hangs down at rest, at most."""
_HANGS = 1.25
"""Radians by which a horse's tail hangs down at its end while it stands."""
_STREAMS = 0.25
"""Share of that left at a Froude number: one part in 1 + this times the number."""
_CARRIAGE = 0.35
"""Seconds, the spread of the smoothing that separates carriage from faster motion."""


def part_way(values: Sequence[Array], fraction: float) -> Array:
    """Return the rotation (T, 4) at ``fraction`` of a chain of evenly spaced rotations (T, 4)."""
    at = fraction * (len(values) - 1)
    low = min(int(at), len(values) - 1)
    if at - low < 1e-9:
        return values[low]
    return quat.slerp(values[low], values[low + 1], at - low)


def spread(knots: Array, turns: Sequence[Array], at: float) -> Array:
    """Return the turn (T, 4) at a place along a chain with ``turns`` at ``knots`` (K,)."""
    high = int(np.clip(np.searchsorted(knots, at), 1, len(knots) - 1)) if len(knots) > 1 else 0
    if high == 0:
        return turns[0]
    width = max(float(knots[high] - knots[high - 1]), 1e-9)
    share = float(np.clip((at - knots[high - 1]) / width, 0.0, 1.0))
    if share < 1e-9 or share > 1.0 - 1e-9:
        return turns[high - 1 if share < 0.5 else high]
    return quat.slerp(turns[high - 1], turns[high], share)


def _places(heads: Array, bones: Sequence[int]) -> Array:
    """Return (K,) the starts of bones along their chain, as shares of its length."""
    steps = np.linalg.norm(np.diff(heads[list(bones)], axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(along / max(float(along[-1]), 1e-9))


def trunk_places(body: Body) -> Array:
    """Return (K,) places of the trunk's bones from the hind legs (0) to the forelegs (1)."""
    trunk = body.trunk
    at = _places(body.heads, trunk)
    if len(trunk) == 1:
        return np.array([0.5])
    rear, fore = (at[trunk.index(legs[-1].stem)] for legs in (body.hind_legs, body.forelegs))
    if fore - rear < 1e-6:
        return np.asarray(at)
    return np.asarray(np.clip((at - rear) / (fore - rear), 0.0, 1.0))


def chain_places(body: Body, chain: Sequence[int]) -> Array:
    """Return (K,) places of the bones of a neck or tail from its start (0) to its last bone (1)."""
    if len(chain) == 1:
        return np.array([1.0])
    steps = np.linalg.norm(np.diff(body.heads[list(chain)], axis=0), axis=1)
    along = np.cumsum([steps.mean(), *steps])
    return np.asarray(along / along[-1])


def carriage_share(
    ours: tuple[Body, Sequence[int]],
    theirs: tuple[Body, Sequence[int]],
    least: float = _ALIKE[1],
) -> float:
    """Return the share of the carriage of the other's neck or tail that ours takes over, 0..1.

    All of it for animals that carry it alike at rest, ``least`` for very different ones, which
    keep their own.
    """
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


def rests_level(body: Body, tail: Sequence[int]) -> bool:
    """Return whether a tail rests straight and level: a pose for modeling, not a carriage."""
    if len(tail) < 3:
        return False
    steps = np.diff(body.heads[list(tail)], axis=0)
    length = float(np.linalg.norm(steps, axis=1).sum())
    return bool(np.abs(_pitches(body, tail)).max() < _LEVEL and length > _ROD * body.leg_length)


def laid_like(
    ours: tuple[Body, Sequence[int]], theirs: tuple[Body, Sequence[int]]
) -> tuple[float, Array]:
    """Return the share of the other's carriage that a tail modeled straight out takes over.

    And the turns (K, 4) that bring it to the other's rest pose. Tails too long to hang like that
    over the ground are held higher, and move less.
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
    """Return (K,) radians by which each bone of a resting tail rises backwards."""
    steps = np.diff(body.heads[list(tail)], axis=0)
    pitches = np.arctan2(steps[:, 1], np.hypot(steps[:, 0], steps[:, 2]))
    return np.asarray(np.append(pitches, pitches[-1:]))


def _raised(angles: Array) -> Array:
    """Return turns (..., 4) that raise a backward direction by angles (...)."""
    return quat.from_axis_angle(np.broadcast_to([1.0, 0.0, 0.0], (*angles.shape, 3)), angles)


def damped_carriage(
    stem: Array, turns: Sequence[Array], shares: tuple[float, float], fps: float, loop: bool
) -> list[Array]:
    """Return turns (T, 4) whose slow part against ``stem`` (T, 4) is scaled by two shares.

    The first scales its turns up and down, the second its turns to the sides. Of the fast part a
    half and the first share of the other half are kept.
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
