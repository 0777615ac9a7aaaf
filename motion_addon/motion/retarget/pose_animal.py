# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of an animal by another animal's motion.

Trunk, neck and tail of any number of bones share the bend, paws keep their places under a longer
or shorter body, and the withers keep their height. ``leg_matching`` turns the bones of a leg.
"""

from itertools import pairwise

import numpy as np

from ..body import quadruped_gaits
from ..body.body import Body, Leg
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..maths import quat
from ..maths.leg_ik import soft_reach
from ..maths.quat import Array
from ..maths.smoothing import running_max, smooth, smoothstep
from . import chains, soles
from .body_track import lowering
from .chains import chain_places, spread, trunk_places
from .leg_matching import bend, match_legs, matched_turns
from .settings import RetargetSettings
from .transfer import Support, Transfer

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])
_AHEAD = np.array([0.0, 0.0, 1.0])
_MOST = 0.985
"""Longest leg as a share of all its bones: no leg snaps straight."""
_STRAIGHTEST = 0.998
_SOFT = 0.01
"""Share of a leg's length over which it straightens ever more slowly."""
_LOWEST = 0.2
"""Largest lowering of the body for its legs, as a share of the height of the hips."""
_PITCH = 0.3
"""Radians, the largest pitch of the trunk that brings the withers to their height."""
_EASE = 0.04
"""Seconds before and after a stance over which a paw comes to lie flat."""
_WIND = 0.5
"""Seconds, the spread of the smoothing of the speed at which tails stream."""
_STANDING = 0.3
"""m/s; a low paw that moves slower is in stance."""


class AnimalTransfer(Transfer):
    """A retarget from animal to animal."""

    def __init__(self, clip: Clip, source: Body, target: Body, settings: RetargetSettings):
        """Take the target's size from the height of its hips."""
        super().__init__(clip, source, target, settings)
        self.unit = target.leg_length / target.kind.hip_height
        self.stems = {*target.trunk, *target.crown, *target.tail}

    def turn_body(self) -> None:
        """Turn hips, spine, neck, head and tail, and place them around hips at the origin."""
        own = trunk_places(self.source)
        turns = [self.turns[:, bone] for bone in self.source.trunk]
        for bone, at in zip(self.target.trunk, trunk_places(self.target), strict=True):
            self.turn(bone, spread(own, turns, at))
        self._turn_branch(turns[-1], self.target.crown, self.source.crown, self.settings.gaze)
        self._turn_tail(turns[0])
        self._place_trunk()
        self._place_branches()

    def _turn_branch(
        self, stem: Array, ours: tuple[int, ...], theirs: tuple[int, ...], gaze: float
    ) -> None:
        """Turn neck and head, which grow out of the trunk where it turns by ``stem`` (T, 4)."""
        if not ours:
            return
        share = chains.carriage_share((self.target, ours), (self.source, theirs))
        turns = [stem, *(self.turns[:, bone] for bone in theirs)]
        if share < 1.0:
            own = turns[1:]
            shares = share, max(share, float(gaze > 0.0))
            turns[1:] = chains.damped_carriage(stem, own, shares, self.clip.fps, self.loop)
            turns[-1] = quat.slerp(turns[-1], own[-1], gaze) if gaze else turns[-1]
        self._spread_branch(ours, theirs, turns)

    def _turn_tail(self, stem: Array) -> None:
        """Turn the tail, which grows out of the hips, where they turn by ``stem`` (T, 4)."""
        ours, theirs = self.target.tail, self.source.tail
        if not ours:
            return
        if chains.rests_level(self.target, ours):
            share, laid = self._laid(ours, theirs)
        else:
            share = chains.carriage_share((self.target, ours), (self.source, theirs), least=0.0)
            laid = quat.IDENTITY[None].repeat(len(ours), axis=0)
        turns = [stem, *(self.turns[:, bone] for bone in theirs)]
        if share < 1.0:
            shares = share, share
            turns[1:] = chains.damped_carriage(stem, turns[1:], shares, self.clip.fps, self.loop)
        self._spread_branch(ours, theirs, turns, laid)

    def _spread_branch(
        self,
        ours: tuple[int, ...],
        theirs: tuple[int, ...],
        turns: list[Array],
        laid: Array | None = None,
    ) -> None:
        """Spread turns (T, 4) of the stem and the source's chain along the target's chain.

        ``laid`` (K, 4) or (K, T, 4) are turns that come first.
        """
        knots = np.array([0.0, *chain_places(self.source, theirs)] if theirs else [0.0])
        for i, (bone, at) in enumerate(zip(ours, chain_places(self.target, ours), strict=True)):
            turn = spread(knots, turns, at)
            self.turn(bone, turn if laid is None else quat.mul(turn, laid[i]))

    def _laid(self, ours: tuple[int, ...], theirs: tuple[int, ...]) -> tuple[float, Array]:
        """Return the share of the source's carriage that a tail modeled straight out takes over.

        And the turns (K, 4) or (K, T, 4) that first bring it to its carriage at rest.
        """
        if not self.target.hanging_tail and len(theirs) > 1:
            return chains.laid_like((self.target, ours), (self.source, theirs))
        hips = self.positions[:, self.source.trunk[0]] * _FLAT
        steps = np.gradient(hips, axis=0) if len(hips) > 1 else np.zeros_like(hips)
        speed = np.linalg.norm(steps, axis=-1) * self.clip.fps
        speed = smooth(speed, _WIND * self.clip.fps, self.loop)
        froude = quadruped_gaits.froude(speed, self.source.leg_length)
        return 0.0, chains.hanging(self.target, ours, froude)

    def standing(self, balls: list[Array]) -> Array:
        """Return (T, legs) bool, paws in stance: by contacts, else by speed and height."""
        known = super().standing(balls)
        if known is not None:
            return known
        places = np.stack(balls, axis=1)
        if len(places) < 2:
            return np.ones(places.shape[:2], dtype=bool)
        speed = np.linalg.norm(np.gradient(places, axis=0), axis=-1) * self.clip.fps
        low = places[..., 1] < np.percentile(places[..., 1], 5, axis=0) + 0.03 * self.unit
        return np.asarray(low & (speed < _STANDING * self.unit))

    def hip_center(self, ground: Array) -> Array:
        """Return (T, 3) the middle of the target's hip joints before it is lowered."""
        middle = self.source_tops(self.source.hind_legs)
        center = middle * self.scale
        center[:, 1] = ground + (middle[:, 1] - ground / self.scale) * self.size
        return np.asarray(center)

    def heading_turns(self) -> list[Array]:
        """Return the turns (T, 4) of the trunk."""
        return [self.turns[:, bone] for bone in self.source.trunk]

    def reach_feet(self, support: Support) -> Array:
        """Place the trunk, lowered for the legs, and pose the legs; return (T,) the lowering."""
        assert support.standing is not None
        ground, floor = support.ground, support.floor
        self._level_withers(ground)
        stands = _eased(support.standing, self.clip.fps, self.loop)
        height = self.source.ball_height * self.scale
        over = np.stack([ball[:, 1] for ball in support.balls], axis=1) - height - ground[:, None]
        if floor is not None:
            over = _grounded(over, support.standing, stands, self.clip.fps, self.loop)
        ends, turns = [], []
        for i, leg in enumerate(self.target.legs):
            ball = support.balls[i] + self._aside(i, support.yaws, support.standing[:, i])
            ball[:, 1] = ground + leg.ball[1] + over[:, i]
            turn = self._paw_turn(i, ball, stands[:, i], floor)
            arm = leg.points[-1] - leg.ball
            ends.append(ball + quat.apply(turn, arm) if leg.foot else ball)
            turns.append(turn)
        down = self._place_hips(support.center, ends, support.standing)
        for i, (end, turn) in enumerate(zip(ends, turns, strict=True)):
            self._pose_leg(i, end, turn, stands[:, i])
        return down

    def _aside(self, index: int, yaws: Array, standing: Array) -> Array:
        """Return (T, 3) the offset of the target's paw from the source's on its own body.

        It is constant in a stance, so that turning animals do not slip.
        """
        ours, theirs = self.target.legs[index].ball, self.source.legs[index].ball
        arm = (ours - self.target.hip_center) - self.scale * (theirs - self.source.hip_center)
        moved = quat.apply(quat.yaw(yaws), arm * _FLAT)
        return _held(moved, standing)

    def _carrier(self, bone: int) -> int:
        """Return the bone of trunk, neck or tail that carries ``bone`` in the rig or the body."""
        body = self.target
        above = next((b for b in body.rig.ancestors(bone) if b in self.stems), -1)
        if above >= 0:
            return above
        fore = any(bone in leg.bones for leg in body.forelegs)
        return body.trunk[-1 if fore or bone in body.crown else 0]

    def _carried(self, point: Array, bone: int) -> Array:
        """Return (T, 3) the place of a point (3,) of the resting body that moves with a bone."""
        turn = quat.mul_inv(self.rotations[bone], self.target.rotations[bone])
        return self.places[bone] + quat.apply(turn, point - self.target.heads[bone])

    def _tops(self, legs: tuple[Leg, ...]) -> list[Array]:
        """Return (T, 3) the top joints of some of the target's legs."""
        return [self._carried(leg.points[0], self._carrier(leg.top)) for leg in legs]

    def _place_trunk(self) -> None:
        """Place the trunk's bones around hips at the origin, whichever way they are parented."""
        trunk, rig = self.target.trunk, self.target.rig
        self.places[trunk[0]] = np.zeros((self.clip.frames, 3))
        for before, bone in pairwise(trunk):
            if rig.descends(before, bone):
                arm = self.target.heads[before] - self.target.heads[bone]
                turn = quat.mul_inv(self.rotations[bone], self.target.rotations[bone])
                self.places[bone] = self.places[before] - quat.apply(turn, arm)
            else:
                # In a control rig the bones of the spine do not hang on each other.
                above = next((b for b in rig.ancestors(bone) if b in self.places), before)
                self.places[bone] = self._carried(self.target.heads[bone], above)

    def _place_branches(self) -> None:
        """Place the bones of neck, head and tail on the trunk."""
        for bone in (*self.target.crown, *self.target.tail):
            self.places[bone] = self._carried(self.target.heads[bone], self._carrier(bone))

    def _level_withers(self, ground: Array) -> None:
        """Pitch the trunk until the forelegs start as high over the ground as the source's do.

        Heights count as shares of the heights at rest: a long back would exaggerate the pitch of
        a short one.
        """
        ours, theirs = (
            np.mean([leg.points[0] for leg in body.forelegs], axis=0)
            for body in (self.target, self.source)
        )
        height = self.source_tops(self.source.forelegs)[:, 1] - ground / self.scale
        rear = self.source_tops(self.source.hind_legs)[:, 1] - ground / self.scale
        wanted = height / theirs[1] * ours[1] - rear * self.size
        hind, fore = (
            np.mean(self._tops(legs), axis=0)
            for legs in (self.target.hind_legs, self.target.forelegs)
        )
        line = fore - hind
        flat = np.linalg.norm(line * _FLAT, axis=-1)
        angle = np.arctan2(wanted, flat) - np.arctan2(line[:, 1], flat)
        angle = smooth(np.clip(angle, -_PITCH, _PITCH), 0.05 * self.clip.fps, self.loop)
        axis = quat.unit(quat.cross(line, np.broadcast_to(_UP, line.shape)))
        turn = quat.from_axis_angle(axis, angle)
        for bone in self.target.trunk:
            self.rotations[bone] = quat.mul(turn, self.rotations[bone])
            self.places[bone] = quat.apply(turn, self.places[bone])
        self._place_branches()

    def _place_hips(self, center: Array, ends: list[Array], standing: Array) -> Array:
        """Move the trunk to its place, lowered for the legs; return (T,) the lowering (m)."""
        legs = self.target.legs
        move = center - np.mean(self._tops(self.target.hind_legs), axis=0)
        joints = [top + move for top in self._tops(legs)]
        limits = [_longest(leg) for leg in legs]
        # Paws in swing follow as far as they reach; paws in stance bring the body down.
        goals = [
            np.where(stands[:, None], end, joint - 0.5 * limit * _UP)
            for end, joint, limit, stands in zip(ends, joints, limits, standing.T, strict=True)
        ]
        down = lowering(joints, goals, limits, self.clip.fps, self.loop, _SOFT)
        half = 0.5 * _LOWEST * self.target.leg_length
        down = np.minimum(down, half) + half * np.tanh(np.maximum(down - half, 0.0) / half)
        for bone in self.places:
            self.places[bone] = self.places[bone] + move - down[:, None] * _UP
        return np.asarray(down)

    def _paw_turn(self, index: int, ball: Array, stands: Array, floor: float | None) -> Array:
        """Return (T, 4) the turn of the paw, flat in a stance on level ground."""
        ours, theirs = self.target.legs[index], self.source.legs[index]
        turn = self.turns[:, theirs.end]
        if floor is None or not theirs.foot:
            return turn
        flat = quat.yaw(quat.yaw_of(quat.apply(turn, _AHEAD)))
        turn = quat.slerp(turn, flat, stands)
        return soles.bend_toes(ours, ball, turn, floor)

    def _pose_leg(self, index: int, end: Array, paw: Array, stands: Array) -> None:
        """Bend one leg so that its bent bones end at ``end`` (T, 3); the paw turns by ``paw``.

        ``stands`` (T,) are weights: one in a stance.
        """
        ours, theirs = self.target.legs[index], self.source.legs[index]
        top = self._carried(ours.points[0], self._carrier(ours.top))
        match = match_legs(ours, theirs)
        turns = matched_turns(match, [self.turns[:, b] for b in theirs.bones[: theirs.bent]])
        line = end - top
        length = np.linalg.norm(line, axis=-1, keepdims=True)
        most = _longest(ours)
        near = soft_reach(length, most, _SOFT)
        # In a stance the body has come down already.
        near = near + stands[:, None] * (np.minimum(length, most) - near)
        goal = line / np.maximum(length, 1e-9) * near
        place = top
        bent = bend(ours, turns, goal, match.wrist)
        for bone, turn, segment in zip(ours.bones, bent, ours.segments, strict=False):
            self.turn(bone, turn)
            self.places[bone] = place
            place = place + quat.apply(turn, segment)
        for bone in ours.foot:
            self.turn(bone, paw)
            arm = self.target.heads[bone] - self.target.heads[ours.end]
            self.places[bone] = place + quat.apply(paw, arm)


def _longest(leg: Leg) -> float:
    """Return the longest distance (m) from the leg's top to its end; some rest nearly straight."""
    rest = float(np.linalg.norm(leg.points[-1] - leg.points[0])) / leg.reach
    return leg.reach * max(_MOST, min(0.5 + 0.5 * rest, _STRAIGHTEST))


def _held(moved: Array, standing: Array) -> Array:
    """Return values (T, 3) held at their mean in each stance (T,) bool, gliding in between."""
    stands = runs(standing)
    if not stands:
        return moved
    starts, stops = np.array(stands).T
    means = np.stack([moved[a:b].mean(axis=0) for a, b in zip(starts, stops, strict=True)])
    frames = np.arange(len(moved))
    after = np.searchsorted(starts, frames, side="right")
    before = np.clip(after - 1, 0, len(starts) - 1)
    after = np.clip(after, 0, len(starts) - 1)
    gap = np.maximum(starts[after] - (stops[before] - 1), 1)
    gliding = np.where(after > before, (frames - stops[before] + 1) / gap, 0.0)
    share = smoothstep(gliding)[:, None]
    return np.asarray((1.0 - share) * means[before] + share * means[after])


def _widest(values: Array, fps: float, loop: bool) -> Array:
    """Return the largest of values (T, legs) within the time that a paw takes to lie flat."""
    return running_max(values, max(round(_EASE * fps), 1), loop)


def _eased(standing: Array, fps: float, loop: bool) -> Array:
    """Return weights (T, legs): one in a stance (T, legs) bool, easing off before and after."""
    wide = _widest(standing.astype(np.float64), fps, loop)
    return np.clip(smooth(wide, 0.4 * max(round(_EASE * fps), 1), loop), 0.0, 1.0)


def _grounded(heights: Array, standing: Array, stands: Array, fps: float, loop: bool) -> Array:
    """Return heights (T, legs) over the ground: never negative, and zero in a stance.

    ``stands`` (T, legs) are the eased weights of ``standing``. In a swing at most as much is
    subtracted as the paw was off the ground in the stances around it.
    """
    over = np.maximum(heights, 0.0)
    off = _widest(np.where(standing, over, 0.0), fps, loop)
    return np.asarray(over - stands * np.minimum(over, off))
