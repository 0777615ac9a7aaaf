# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays one foot: each stance goes rigidly onto its footprint, swings go over between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..cleanup.foot_lock import eased
from ..maths import quat
from ..maths.quat import Array
from .foot import FootTrack
from .footing import Step
from .surface import EVEN, PAW_TILT, PERSON_TILT, Surface, seats, tilt_of, tilted

_FLAT = np.array([1.0, 0.0, 1.0])
_UP = np.array([0.0, 1.0, 0.0])
_NUDGES = np.linspace(-0.1, 0.1, 25)
"""Ways ahead, over the leg's length, by which a foot may avoid an edge under its own sole."""
_FAIR = 0.15
"""Cost of a place at which a foot stays."""
_ARC = 0.1
"""Height of a swing that the level motion does not have, over the leg's length."""


@dataclass(frozen=True, eq=False)
class Base:
    """The ground under one stance, and how the foot comes there from level ground."""

    step: Step
    anchor: Array
    """(3,) the ball's point on level ground."""
    place: Array
    """(3,) where it shall be, on the ground."""
    normal: Array
    """(3,) unit normal of the ground under the sole."""
    turn: float
    """Radians about the vertical by which the footprint is turned."""

    @property
    def move(self) -> Array:
        """(3,) from level ground to the place."""
        return np.asarray(self.place - self.anchor)

    @property
    def rotation(self) -> Array:
        """(4,) of the foot about its ball."""
        return quat.mul(tilt_of(self.normal), quat.yaw(self.turn))


def bases(
    track: FootTrack, steps: Sequence[Step], marks: tuple[Array, Array], surface: Surface
) -> list[Base]:
    """Return the bases of a foot's stances that are not left out.

    ``marks`` are (T,) bool, heel and ball in contact in the level motion.
    """
    known = [_level_base(track, step, marks) for step in steps if step.wanted is not None]
    return known if surface.mesh is None else _seated(track, known, marks, surface)


def _stood(step: Step, marks: tuple[Array, Array]) -> Array:
    """Return the frames of a stance in which the ball is down; all of an added one."""
    stood = np.arange(step.start, step.stop)
    if step.level is not None and marks[1][stood].any():
        stood = stood[marks[1][stood]]
    return stood


def _level_base(track: FootTrack, step: Step, marks: tuple[Array, Array]) -> Base:
    """Return the base of a stance on level ground."""
    wanted, level = step.wanted, step.level
    assert wanted is not None
    if level is None:
        return Base(step, wanted.place * _FLAT, wanted.place * _FLAT, _UP, 0.0)
    anchor = track.ball[_stood(step, marks)].mean(axis=0) * _FLAT
    place = anchor + (wanted.place - level.place) * _FLAT
    return Base(step, anchor, place, _UP, _wrapped(wanted.yaw - level.yaw))


def _seated(
    track: FootTrack, level: Sequence[Base], marks: tuple[Array, Array], surface: Surface
) -> list[Base]:
    """Return level bases on the ground: the best seat of each near its place."""
    if not level:
        return []
    prints = [base.step.wanted for base in level if base.step.wanted is not None]
    soles = np.stack([_sole(track, base, marks) for base in level])
    yaws, near = (np.array(a) for a in zip(*((p.yaw, p.place[1]) for p in prints), strict=True))
    ahead = np.stack([np.sin(yaws), np.zeros_like(yaws), np.cos(yaws)], axis=-1)
    size, count = track.leg.reach, len(_NUDGES)
    free = np.array([not one.pinned for one in prints])
    tried = size * _NUDGES * free[:, None]
    places = np.stack([base.place for base in level])[:, None] + tried[..., None] * ahead[:, None]
    each = np.repeat(np.arange(len(level)), count)
    found = seats(surface, places.reshape(-1, 3), soles[each], yaws[each], near[each], size)
    costs = (found.over / (EVEN * size)) ** 2 + 8.0 * found.bare**2
    costs = np.maximum(costs - _FAIR, 0.0).reshape(-1, count) + (tried / (0.05 * size)) ** 2
    limits = PERSON_TILT if track.rolls else PAW_TILT
    out = []
    for i, (base, best) in enumerate(zip(level, costs.argmin(axis=1), strict=True)):
        seat = i * count + int(best)
        place = places[i, best] + float(found.heights[seat]) * _UP
        normal = tilted(found.slopes[seat], float(yaws[i]), limits)
        out.append(replace(base, place=place, normal=normal))
    return out


def _sole(track: FootTrack, base: Base, marks: tuple[Array, Array]) -> Array:
    """Return the points (N, 3) of the sole of a level stance from its ball, turned as its print."""
    frame = _flattest(track, _stood(base.step, marks))
    points = [track.balls[frame], track.ball[frame][None]]
    sole = np.concatenate([track.heels[frame], *points] if track.rolls else points)
    return quat.apply(quat.yaw(base.turn), (sole - base.anchor) * _FLAT)


def _flattest(track: FootTrack, stood: Array) -> int:
    """Return the frame of a stance in which the sole is the most level."""
    points = track.balls[stood][..., 1]
    if track.rolls and len(track.sole.heel):
        points = np.concatenate([track.heels[stood][..., 1], points], axis=1)
    return int(stood[int(np.ptp(points, axis=1).argmin())])


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def rerouted(track: FootTrack, steps: Sequence[Step], length: float) -> FootTrack:
    """Return a level track that skips the steps left out and stands still in added ones.

    ``length`` is the leg's in meters.
    """
    if all(step.wanted is not None and step.level is not None for step in steps):
        return track
    ball, turn, toes = track.ball.copy(), track.turn.copy(), track.toes.copy()
    stands = [step for step in steps if step.wanted is not None]
    for step in stands:
        if step.level is None and step.wanted is not None:
            frames = slice(step.start, step.stop)
            ball[frames] = step.wanted.place * _FLAT + track.leg.ball[1] * _UP
            level = quat.mul_inv(quat.yaw(step.wanted.yaw), track.leg.foot_yaw)
            turn[frames], toes[frames] = level, level
    for before, after in pairwise(stands):
        plain = before.level is not None and after.level is not None
        between = [s for s in steps if before.stop <= s.start < after.start and s.wanted is None]
        if plain and not between:
            continue
        a, b = before.stop - 1, after.start
        share = eased(np.arange(1, b - a) / (b - a))[:, None]
        arc = _ARC * length * 16.0 * (share * (1.0 - share)) ** 2
        ball[a + 1 : b] = ball[a] + share * (ball[b] - ball[a]) + arc * _UP
        turn[a + 1 : b] = quat.slerp(turn[a], turn[b], share[:, 0])
        toes[a + 1 : b] = quat.slerp(toes[a], toes[b], share[:, 0])
    return replace(track, ball=ball, turn=turn, toes=toes)


def carried(track: FootTrack, known: Sequence[Base]) -> tuple[FootTrack, Array]:
    """Return a level track carried by its bases, and its move (T, 3) from level ground.

    Between two stances the move goes over as the foot goes from one to the other.
    """
    frames = len(track.ball)
    if not known:
        return track, np.zeros((frames, 3))
    moves = np.stack([base.move for base in known])
    turns = quat.unroll(np.stack([base.rotation for base in known]))
    before, share = progress(track.ball, [(b.step.start, b.step.stop) for b in known])
    after = np.minimum(before + 1, len(known) - 1)
    move = moves[before] + share[:, None] * (moves[after] - moves[before])
    turn = quat.slerp(turns[before], turns[after], share)
    lifted = track.ball * _UP
    carried_lift = quat.apply(turn, lifted) - lifted if track.leg.foot else np.zeros_like(lifted)
    return track.moved(move + carried_lift, turn), move


def progress(ball: Array, stances: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
    """Return for each frame its stance or the one before it (T,), and the way (T,) to the next.

    The way is the share of the distance that the ball (T, 3) has gone; 0 in a stance.
    """
    frames = len(ball)
    starts = np.array([start for start, _ in stances])
    before = np.clip(np.searchsorted(starts, np.arange(frames), side="right") - 1, 0, None)
    share = np.zeros(frames)
    for (_, stop), (start, _) in pairwise(stances):
        a, b = min(stop, start) - 1, start
        if b - a < 2:
            continue
        time = eased(np.arange(1, b - a) / (b - a))
        way = (ball[b] - ball[a]) * _FLAT
        far = float(way @ way)
        gone = ((ball[a + 1 : b] - ball[a]) @ way) / max(far, 1e-9)
        gone = np.clip(np.maximum.accumulate(gone), 0.0, 1.0)
        least = (0.05 * max(float(np.ptp(ball[:, 1])), 0.02)) ** 2
        share[a + 1 : b] = gone if far > 25.0 * least else time
    return before, share
