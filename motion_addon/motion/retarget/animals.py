# SPDX-License-Identifier: GPL-3.0-or-later
"""From motion of an animal to poses of another animal's body.

Owns how the trunk, neck and tail of any number of bones share their bend, where the paws stand
on a longer or shorter body, and in which order trunk, limbs and paws are posed. ``limbs`` bends
the legs.
"""

from itertools import pairwise

import numpy as np

from ..body import quadruped_gaits
from ..body.body import Body, Leg
from ..body.quadruped import is_quadruped
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..maths import quat
from ..maths.leg_ik import soft_reach
from ..maths.quat import Array
from ..maths.smoothing import running_max, smooth, smoothstep
from ..metrics.paw_metrics import paw_height
from . import chains, soles
from .body_pose import BodyPose, RetargetSettings
from .body_track import ground_under, is_loop, lowering, track
from .chains import chain_places, spread, trunk_places
from .leg_matching import align, bend, turns_along

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])
_MOST = 0.985
"""Longest leg as a share of all its bones: no leg snaps straight."""
_STRAIGHTEST = 0.998
_SOFT = 0.01
"""Share of a leg's length over which it straightens ever more slowly."""
_LOWEST = 0.2
"""The most that the body comes down for its legs, as a share of the height of the hips."""
_PITCH = 0.3
"""Radians, the most that the trunk is pitched to bring the withers to their height."""
_EASE = 0.04
"""Seconds before and after it stands over which a paw comes to lie flat."""
_WIND = 0.5
"""Seconds, the spread of the smoothing of the speed at which tails stream."""
HIP_HEIGHT = 0.56
"""Meters, the hips of the animal for which the lengths and speeds here were chosen."""
_PAW = 0.036
"""Usual height of the paws' joints as a share of the height of the hips."""
_STANDING = 0.3
"""m/s; a low paw that moves slower stands."""


def planted_paw_height(clip: Clip, body: Body) -> float:
    """Return the height (m) of the paws' joints when they stand on flat ground at zero.

    Falls back on the rest pose when the clip's ground is clearly not at zero.
    """
    known = is_quadruped(clip.skeleton)
    usual = paw_height(clip.skeleton) if known else _PAW * body.leg_length
    heights = clip.world()[1][:, [leg.end for leg in body.legs], 1]
    if clip.contacts is not None and np.any(clip.contacts > 0.5):
        level = float(np.median(heights[clip.contacts > 0.5]))
    else:
        level = float(np.percentile(heights.min(axis=1), 5))
    return level if 0.0 < level < 3.0 * usual else usual


class _Transfer:
    """One retargeting: the source's world rotations as turns away from its rest pose."""

    def __init__(self, clip: Clip, source: Body, target: Body, settings: RetargetSettings):
        self.clip, self.source, self.target, self.settings = clip, source, target, settings
        self.loop = is_loop(clip) if settings.cyclic is None else settings.cyclic
        rotations, positions = clip.world()
        rest = quat.inv(source.rotations)
        self.turns = quat.mul(rotations.astype(np.float64), rest)
        self.positions = positions.astype(np.float64)
        self.size = target.leg_length / source.leg_length
        self.scale = self.size if settings.keep == "size" else 1.0
        self.out: dict[int, Array] = {}
        self.places: dict[int, Array] = {}
        self.stems = {*target.trunk, *target.crown, *target.tail}

    def set(self, bone: int, turn: Array) -> None:
        self.out[bone] = quat.mul(turn, self.target.rotations[bone])

    def trunk(self) -> None:
        """Turn hips, spine, neck, head and tail."""
        own = trunk_places(self.source)
        turns = [self.turns[:, bone] for bone in self.source.trunk]
        for bone, at in zip(self.target.trunk, trunk_places(self.target), strict=True):
            self.set(bone, spread(own, turns, at))
        self._branch(turns[-1], "neck", "head")
        self._branch(turns[0], "tail")

    def _branch(self, stem: Array, *roles: str) -> None:
        """Turn a chain that grows out of the trunk, whose end there turns by ``stem`` (T, 4)."""
        ours = [bone for role in roles for bone in self.target.roles.get(role, ())]
        theirs = [bone for role in roles for bone in self.source.roles.get(role, ())]
        if not ours:
            return
        knots = [0.0, *chain_places(self.source, theirs)] if theirs else [0.0]
        turns = [stem, *(self.turns[:, bone] for bone in theirs)]
        tails = roles == ("tail",)
        share = chains.likeness((self.target, ours), (self.source, theirs), tails)
        laid = quat.IDENTITY[None].repeat(len(ours), axis=0)
        if tails and chains.laid_out(self.target, ours):
            share, laid = self._laid(ours, theirs)
        if share < 1.0:
            gaze = 0.0 if tails else self.settings.gaze
            shares = share, max(share, float(gaze > 0.0))
            own = turns[1:]
            turns[1:] = chains.carried_less(stem, own, shares, self.clip.fps, self.loop)
            turns[-1] = quat.slerp(turns[-1], own[-1], gaze) if gaze else turns[-1]
        places = chain_places(self.target, ours)
        for bone, at, lay in zip(ours, places, laid, strict=True):
            self.set(bone, quat.mul(spread(np.array(knots), turns, at), lay))

    def _laid(self, ours: list[int], theirs: list[int]) -> tuple[float, Array]:
        """Return how much of the source's carriage a tail modeled straight out takes over.

        And the turns (K, 4) or (K, T, 4) that lay it first as it is carried at rest.
        """
        if not self.target.hanging_tail and len(theirs) > 1:
            return chains.as_carried((self.target, ours), (self.source, theirs))
        hips = self.positions[:, self.source.trunk[0]] * _FLAT
        steps = np.gradient(hips, axis=0) if len(hips) > 1 else np.zeros_like(hips)
        speed = np.linalg.norm(steps, axis=-1) * self.clip.fps
        speed = smooth(speed, _WIND * self.clip.fps, self.loop)
        return 0.0, chains.hanging(
            self.target, ours, quadruped_gaits.froude(speed, self.source.leg_length)
        )

    def ball(self, leg: Leg) -> Array:
        """Return (T, 3) where the source's paw stands, in the target's world."""
        bone = leg.carrier
        arm = leg.ball - self.source.heads[bone]
        return (self.positions[:, bone] + quat.apply(self.turns[:, bone], arm)) * self.scale

    def standing(self, balls: list[Array]) -> Array:
        """Return (T, 4) bool, which paws stand: by contacts, else by speed and height."""
        if self.clip.contacts is not None and self.clip.contacts.shape[1] == len(balls):
            return np.asarray(self.clip.contacts > 0.5)
        places = np.stack(balls, axis=1)
        if len(places) < 2:
            return np.ones(places.shape[:2], dtype=bool)
        size = self.target.leg_length / HIP_HEIGHT
        speed = np.linalg.norm(np.gradient(places, axis=0), axis=-1) * self.clip.fps
        low = places[..., 1] < np.percentile(places[..., 1], 5, axis=0) + 0.03 * size
        return np.asarray(low & (speed < _STANDING * size))

    def heading(self, center: Array) -> tuple[Array, Array]:
        """Return the smoothed places (T, 3) on the ground and headings (T,)."""
        turns = [self.turns[:, bone] for bone in self.source.trunk]
        return track(center, turns, self.clip.fps, self.loop)

    def aside(self, index: int, yaws: Array, standing: Array) -> Array:
        """Return (T, 3) how far the target's paw stands from the source's on its own body.

        It holds still while the paw stands, so that turning animals do not slip.
        """
        ours, theirs = self.target.legs[index].ball, self.source.legs[index].ball
        arm = (ours - self.target.hip_center) - self.scale * (theirs - self.source.hip_center)
        moved = quat.apply(quat.yaw(yaws), arm * _FLAT)
        return _held(moved, standing)

    def carrier(self, bone: int) -> int:
        """Return the posed bone that carries ``bone`` in the rig, or the trunk's bone for it."""
        body = self.target
        above = next((b for b in body.rig.ancestors(bone) if b in self.stems), -1)
        if above >= 0:
            return above
        fore = any(bone in leg.bones for leg in body.forelegs)
        return body.trunk[-1 if fore or bone in body.crown else 0]

    def carried(self, point: Array, bone: int) -> Array:
        """Return (T, 3) where a point (3,) of the resting body goes with a posed bone."""
        turn = quat.mul_inv(self.out[bone], self.target.rotations[bone])
        return self.places[bone] + quat.apply(turn, point - self.target.heads[bone])

    def place_trunk(self) -> None:
        """Place the trunk's bones around hips at the origin, whichever way they are parented."""
        trunk, rig = self.target.trunk, self.target.rig
        self.places[trunk[0]] = np.zeros((self.clip.frames, 3))
        for before, bone in pairwise(trunk):
            if rig.descends(before, bone):
                arm = self.target.heads[before] - self.target.heads[bone]
                turn = quat.mul_inv(self.out[bone], self.target.rotations[bone])
                self.places[bone] = self.places[before] - quat.apply(turn, arm)
            else:
                # In a control rig the bones of the spine do not hang on each other.
                above = next((b for b in rig.ancestors(bone) if b in self.places), before)
                self.places[bone] = self.carried(self.target.heads[bone], above)

    def place_branches(self) -> None:
        """Place the bones of neck, head and tail on the trunk."""
        for bone in (*self.target.crown, *self.target.tail):
            self.places[bone] = self.carried(self.target.heads[bone], self.carrier(bone))

    def paw_turn(self, index: int, ball: Array, stands: Array, floor: float | None) -> Array:
        """Return (T, 4) the turn of the paw, flat while it stands on level ground."""
        ours, theirs = self.target.legs[index], self.source.legs[index]
        turn = self.turns[:, theirs.end]
        if floor is None or not theirs.foot:
            return turn
        flat = quat.yaw(quat.yaw_of(quat.apply(turn, np.array([0.0, 0.0, 1.0]))))
        turn = quat.slerp(turn, flat, stands)
        return soles.bend_toes(ours, ball, turn, floor)


def _held(moved: Array, standing: Array) -> Array:
    """Return values (T, 3) held at their mean while standing (T,) bool, gliding in between."""
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
    """Return the largest of values (T, 4) within the time that a paw takes to lie flat."""
    return running_max(values, max(round(_EASE * fps), 1), loop)


def _eased(standing: Array, fps: float, loop: bool) -> Array:
    """Return weights (T, 4): one while a paw stands (T, 4) bool, easing off before and after."""
    wide = _widest(standing.astype(np.float64), fps, loop)
    return np.clip(smooth(wide, 0.4 * max(round(_EASE * fps), 1), loop), 0.0, 1.0)


def _grounded(heights: Array, standing: Array, stands: Array, fps: float, loop: bool) -> Array:
    """Return heights (T, 4) over where paws stand, none below it, none at all while standing.

    ``stands`` (T, 4) are the eased weights of ``standing``. Between steps only as much is taken
    off as the paws were off the ground while they stood.
    """
    over = np.maximum(heights, 0.0)
    off = _widest(np.where(standing, over, 0.0), fps, loop)
    return np.asarray(over - stands * np.minimum(over, off))


def pose(clip: Clip, source: Body, target: Body, settings: RetargetSettings) -> BodyPose:
    """Return the target's poses for every frame of ``clip``; see ``retarget.pose``."""
    work = _Transfer(clip, source, target, settings)
    work.trunk()
    work.place_trunk()
    work.place_branches()
    balls = [work.ball(leg) for leg in source.legs]
    standing = work.standing(balls)
    height = source.ball_height * work.scale
    size = target.leg_length / HIP_HEIGHT  # What is level depends on the animal's size.
    ground = size * ground_under(
        [ball / size for ball in balls], height / size, clip.fps, work.loop, standing
    )
    level = settings.soles and np.ptp(ground) == 0.0
    _level_withers(work, ground)
    center = _hip_center(work, ground)
    root, yaws = work.heading(center)
    stands = _eased(standing, clip.fps, work.loop)
    over = np.stack([ball[:, 1] for ball in balls], axis=1) - height - ground[:, None]
    if level:
        over = _grounded(over, standing, stands, clip.fps, work.loop)
    ends, turns = [], []
    for i, leg in enumerate(target.legs):
        ball = balls[i] + work.aside(i, yaws, standing[:, i])
        ball[:, 1] = ground + leg.ball[1] + over[:, i]
        turn = work.paw_turn(i, ball, stands[:, i], float(ground[0]) if level else None)
        arm = leg.points[-1] - leg.ball
        ends.append(ball + quat.apply(turn, arm) if leg.foot else ball)
        turns.append(turn)
    down = _place_hips(work, center, ends, standing)
    for i, (end, turn) in enumerate(zip(ends, turns, strict=True)):
        _pose_leg(work, i, end, turn, stands[:, i])
    root[:, 1] = ground
    return BodyPose(target, work.out, work.places, (), root, yaws, down, clip.fps)


def _hip_center(work: _Transfer, ground: Array) -> Array:
    """Return (T, 3) the middle of the target's hip joints before any lowering."""
    tops = [leg.top for leg in work.source.hind_legs]
    middle = work.positions[:, tops].mean(axis=1)
    center = middle * work.scale
    center[:, 1] = ground + (middle[:, 1] - ground / work.scale) * work.size
    return np.asarray(center)


def _level_withers(work: _Transfer, ground: Array) -> None:
    """Pitch the trunk until the forelegs start as high over the ground as the source's do.

    Heights count as shares of those at rest: a long back would carry too far what a short one
    does.
    """
    tops = [
        np.mean([leg.points[0] for leg in body.forelegs], axis=0)
        for body in (work.target, work.source)
    ]
    bones = [leg.top for leg in work.source.forelegs]
    height = work.positions[:, bones, 1].mean(axis=1) - ground / work.scale
    hips = [leg.top for leg in work.source.hind_legs]
    rear = work.positions[:, hips, 1].mean(axis=1) - ground / work.scale
    wanted = height / tops[1][1] * tops[0][1] - rear * work.size
    center = _tops(work, work.target.hind_legs)
    line = _tops(work, work.target.forelegs) - center
    flat = np.linalg.norm(line * _FLAT, axis=-1)
    angle = np.arctan2(wanted, flat) - np.arctan2(line[:, 1], flat)
    angle = smooth(np.clip(angle, -_PITCH, _PITCH), 0.05 * work.clip.fps, work.loop)
    axis = quat.unit(quat.cross(line, np.broadcast_to(_UP, line.shape)))
    turn = quat.from_axis_angle(axis, angle)
    for bone in work.target.trunk:
        work.out[bone] = quat.mul(turn, work.out[bone])
        work.places[bone] = quat.apply(turn, work.places[bone])
    work.place_branches()


def _tops(work: _Transfer, legs: tuple[Leg, ...]) -> Array:
    """Return (T, 3) the middle between the tops of a pair of the target's legs."""
    places = [work.carried(leg.points[0], work.carrier(leg.top)) for leg in legs]
    return np.asarray(0.5 * (places[0] + places[1]))


def _place_hips(work: _Transfer, center: Array, ends: list[Array], standing: Array) -> Array:
    """Move the trunk to its place, lowered for the legs; returns (T,) by how much (m)."""
    legs = work.target.legs
    move = center - _tops(work, work.target.hind_legs)
    joints = [work.carried(leg.points[0], work.carrier(leg.top)) + move for leg in legs]
    limits = [_longest(leg) for leg in legs]
    # Paws in the air follow as far as they come; those that stand bring the body down.
    goals = [
        np.where(stands[:, None], end, joint - 0.5 * limit * _UP)
        for end, joint, limit, stands in zip(ends, joints, limits, standing.T, strict=True)
    ]
    down = lowering(joints, goals, limits, work.clip.fps, work.loop, _SOFT)
    half = 0.5 * _LOWEST * work.target.leg_length
    down = np.minimum(down, half) + half * np.tanh(np.maximum(down - half, 0.0) / half)
    for bone in work.places:
        work.places[bone] = work.places[bone] + move - down[:, None] * _UP
    return np.asarray(down)


def _longest(leg: Leg) -> float:
    """Return the longest distance (m) from the leg's top to its end; some rest nearly straight."""
    rest = float(np.linalg.norm(leg.points[-1] - leg.points[0])) / leg.reach
    return leg.reach * max(_MOST, min(0.5 + 0.5 * rest, _STRAIGHTEST))


def _pose_leg(work: _Transfer, index: int, end: Array, paw: Array, stands: Array) -> None:
    """Bend one leg so that its bent bones end at ``end`` (T, 3); the paw turns by ``paw``.

    ``stands`` (T,) are weights: one while the paw stands.
    """
    ours, theirs = work.target.legs[index], work.source.legs[index]
    top = work.carried(ours.points[0], work.carrier(ours.bones[0]))
    source = [work.turns[:, bone] for bone in theirs.bones[: theirs.bent]]
    likeness = align(ours, theirs)
    turns = turns_along(likeness, source)
    line = end - top
    length = np.linalg.norm(line, axis=-1, keepdims=True)
    most = _longest(ours)
    near = soft_reach(length, most, _SOFT)
    # Where the paw stands, the body has come down already.
    near = near + stands[:, None] * (np.minimum(length, most) - near)
    goal = line / np.maximum(length, 1e-9) * near
    bent = bend(ours, turns, goal, likeness.wrist)
    place = top
    for bone, turn, segment in zip(ours.bones, bent, ours.segments, strict=False):
        work.set(bone, turn)
        work.places[bone] = place
        place = place + quat.apply(turn, segment)
    for bone in ours.foot:
        work.set(bone, paw)
        first = ours.end
        arm = work.target.heads[bone] - work.target.heads[first]
        work.places[bone] = place + quat.apply(paw, arm)
