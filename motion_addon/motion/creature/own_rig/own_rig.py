# SPDX-License-Identifier: GPL-3.0-or-later
"""From the canonical quadruped back to the rig that a creature was read from.

Each bone of the rig that carries canonical joints takes their rotations, bones between two of
them share, and the legs are bent until each paw is where the canonical one is. What else the
rig's bones do is told by ``extras``; without it they stay as they rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from ...body import quadruped
from ...clip.clip import Clip
from ...clip.skeleton import Skeleton
from ...maths import quat
from ...maths.quat import Array
from ...maths.smoothing import smooth
from ...metrics import clip_metrics
from ...retarget.body_track import is_loop, lowering
from ..reading.anchors import Anchor, Limbs
from ..reading.canonical import Animal
from .paw_reach import SOFT, PawChain, reach

HEADING = 0.25
"""Seconds, the spread of the smoothing of the heading."""
LOWEST = 0.1
"""The most that the body comes down for its legs, as a share of the height of the hips."""
_EASE = 0.03
"""Seconds, the spread over which a paw comes to stand."""
_UP = np.array([0.0, 1.0, 0.0])
_LOOSE = 0.1
"""Weight of a canonical joint that is aimed at a joint on another bone, beside a stiff one."""
_PARTS = (
    quadruped.TORSO,
    *(quadruped.LEG_CHAINS[leg] for leg in quadruped.LEGS),
    quadruped.NECK,
    quadruped.TAIL,
)
"""A bone that carries joints of several parts follows the first of them."""


@dataclass(frozen=True, eq=False)
class Bones:
    """What the bones of a rig do over time, as turns away from their rest pose."""

    turns: Array
    """(T, B, 4) in the world."""
    places: Array
    """(T, B, 3) of their joints, meters."""


@dataclass(frozen=True, eq=False)
class Misfit:
    """How bones differ from what they follow: (T or 1, 4) turns and (T or 1, 3) shifts."""

    turns: Mapping[int, Array]
    """Bone to its turn from what it follows, in that one's axes."""
    shifts: Mapping[int, Array]
    """Bone to its shift from where it rests on its parent, in the parent's axes, meters."""
    level: frozenset[int] = frozenset()
    """Bones above the trunk that follow the heading and not the trunk."""


NONE = Misfit({}, {})


@dataclass(frozen=True, eq=False)
class OwnRig:
    """A rig and where the canonical joints lie on it."""

    skeleton: Skeleton
    """Its bones at rest, facing +Z, Y up, meters."""
    limbs: Limbs
    rest: Array
    """(B, 4) world_from_bone at rest, facing +Z: the axes that the rig's own bones have."""

    @cached_property
    def animal(self) -> Animal:
        """The rig as an animal."""
        return Animal.of(self.skeleton, self.limbs)

    @cached_property
    def anchors(self) -> Mapping[str, Anchor]:
        """Canonical joint to its anchor on the rig."""
        return dict(zip(quadruped.JOINTS, self.animal.found.joints, strict=True))

    @cached_property
    def back(self) -> int:
        """The bone whose place decides that of the rig: it carries the pelvis."""
        return self.anchors["Pelvis"].joint

    @cached_property
    def above(self) -> tuple[int, ...]:
        """Bones that carry ``back``, nearest first."""
        out, at = [], int(self.skeleton.parents[self.back])
        while at >= 0:
            out.append(at)
            at = int(self.skeleton.parents[at])
        return tuple(out)

    @cached_property
    def shares(self) -> Mapping[int, Array]:
        """Bone to (J,) how much it follows each of ``quadruped.JOINTS``; others follow none."""
        out = _carried(self)
        limbs = self.limbs
        for chain in (*limbs.legs.values(), limbs.spine, limbs.neck, limbs.tail):
            bones = [self.skeleton.index(name) for name in chain]
            known = [i for i, bone in enumerate(bones) if bone in out]
            for low, high in pairwise(known):
                for i in range(low + 1, high):
                    share = (i - low) / (high - low)
                    out[bones[i]] = (1.0 - share) * out[bones[low]] + share * out[bones[high]]
        return out

    def to_arrays(self) -> dict[str, Array]:
        """Return plain arrays for an ``.npz`` file."""
        limbs = {f"leg_{leg}": self.limbs.legs[leg] for leg in quadruped.LEGS}
        limbs |= {"spine": self.limbs.spine, "neck": self.limbs.neck, "tail": self.limbs.tail}
        parts = {name: np.array(list(bones), dtype=np.str_) for name, bones in limbs.items()}
        return {**self.skeleton.to_arrays(), **parts, "rest": self.rest.astype(np.float32)}

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> "OwnRig":
        """Return the rig stored by ``to_arrays``."""

        def part(name: str) -> tuple[str, ...]:
            return tuple(str(bone) for bone in data[name])

        legs = {leg: part(f"leg_{leg}") for leg in quadruped.LEGS}
        limbs = Limbs(legs, part("spine"), part("neck"), part("tail"))
        rest = quat.normalize(np.asarray(data["rest"], dtype=np.float64))
        return OwnRig(Skeleton.from_arrays(data), limbs, rest)

    @cached_property
    def legs(self) -> tuple[PawChain, ...]:
        """The legs in the order of LEGS."""
        return tuple(self._leg(name) for name in quadruped.LEGS)

    def _leg(self, name: str) -> PawChain:
        chain = [self.skeleton.index(joint) for joint in self.limbs.legs[name]]
        anchor = self.anchors[quadruped.LEG_CHAINS[name][-1]]
        top = self.anchors[quadruped.LEG_CHAINS[name][1 if name[1] == "F" else 0]].joint
        first, last = chain.index(top), chain.index(anchor.joint)
        if last - first < 2:
            return PawChain(tuple(chain[first : last + 1]), -1, anchor.offset)
        return PawChain(tuple(chain[first:last]), chain[last], anchor.offset)


def _carried(own: OwnRig) -> dict[int, Array]:
    """Return the shares of the bones that carry canonical joints."""
    parents = quadruped.parents()
    rest = own.skeleton.parents
    size = own.animal.hip_height
    out: dict[int, Array] = {}
    for part in _PARTS:
        weights: dict[int, Array] = {}
        for name in part:
            joint, anchor = quadruped.JOINTS.index(name), own.anchors[name]
            below = [own.animal.found.joints[j] for j in np.flatnonzero(parents == joint)]
            below = [b for b in below if quadruped.JOINTS[own.animal.found.joints.index(b)] in part]
            stiff = not below or any(
                b.joint == anchor.joint
                or (rest[b.joint] == anchor.joint and np.linalg.norm(b.offset) < 1e-3 * size)
                for b in below
            )
            row = weights.setdefault(anchor.joint, np.zeros(len(quadruped.JOINTS)))
            row[joint] = 1.0 if stiff else _LOOSE
        for bone, row in weights.items():
            out.setdefault(bone, row / row.sum())
    return out


def followed(own: OwnRig, clip: Clip) -> dict[int, Array]:
    """Return the turns (T, 4) that a canonical clip, of the rig's size, gives to bones."""
    turns = clip.world()[0].astype(np.float64)
    return {bone: _mixed(turns, row) for bone, row in own.shares.items()}


def _mixed(turns: Array, weights: Array) -> Array:
    """Return the weighted mean (T, 4) of turns (T, J, 4)."""
    picked = np.flatnonzero(weights)
    some = turns[:, picked]
    signs = np.where((some * some[:, :1]).sum(axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
    return quat.normalize((some * signs * weights[picked][:, None]).sum(axis=1))


def size(skeleton: Skeleton) -> float:
    """Return what canonical skeletons of one creature are compared by, meters: its legs."""
    joints = [skeleton.index(name) for leg in quadruped.LEGS for name in quadruped.LEG_CHAINS[leg]]
    return float(np.linalg.norm(skeleton.offsets[joints], axis=-1).sum())


def heading(clip: Clip) -> Array:
    """Return (T, 4) the smoothed turn about the vertical of a canonical clip."""
    ahead = quat.unit(clip_metrics.trunk(clip)[1] * np.array([1.0, 0.0, 1.0]))
    return quat.yaw(quat.yaw_of(smooth(ahead, HEADING * clip.fps)))


def base(own: OwnRig, bones: Bones, given: Mapping[int, Array], bone: int) -> Array:
    """Return (T, 4) what a bone follows; ``given`` are those of ``followed``."""
    if bone in given:
        return given[bone]
    if bone in own.above:
        path = (own.back, *own.above)
        return np.asarray(bones.turns[:, path[path.index(bone) - 1]])
    return np.asarray(bones.turns[:, own.skeleton.parents[bone]])


def shift(own: OwnRig, bones: Bones, bone: int) -> Array:
    """Return (T, 3) how far a bone is from where it rests on its parent, in the parent's axes."""
    parent = int(own.skeleton.parents[bone])
    if parent < 0:
        return np.zeros((len(bones.places), 3))
    arm = bones.places[:, bone] - bones.places[:, parent]
    return np.asarray(quat.inv_apply(bones.turns[:, parent], arm) - own.skeleton.offsets[bone])


def pose(own: OwnRig, clip: Clip, misfit: Misfit = NONE, *, sink: bool = True) -> Bones:
    """Return the rig's motion of a canonical clip that has the rig's size.

    Its paws are where the clip's are, as far as the legs reach; with ``sink`` the body comes
    down a little for those that stand.
    """
    given = followed(own, clip)
    ahead = heading(clip)
    set_ = {bone: _turned(turn, misfit, bone) for bone, turn in given.items()}
    pelvis = clip.root_positions.astype(np.float64)
    bones = _filled(own, set_, ahead, pelvis, misfit)
    paws = quadruped.paw_points(clip).astype(np.float64)
    turns, places = bones.turns, bones.places
    goals = [leg.goal(turns, paw) for leg, paw in zip(own.legs, paws.swapaxes(0, 1), strict=True)]
    stands = _standing(clip)
    down = np.zeros((clip.frames, 1))
    if sink:
        down = _lowered(own, clip, bones, goals, stands)[:, None] * _UP
    for i, leg in enumerate(own.legs):
        moved = reach(leg, turns, places - down[:, None], goals[i], stands[:, i])
        set_.update(moved)
    return _filled(own, set_, ahead, pelvis - down, misfit)


def _standing(clip: Clip) -> Array:
    """Return (T, 4) how much each paw stands, eased."""
    if clip.contacts is None:
        return np.zeros((clip.frames, len(quadruped.LEGS)))
    down = smooth(np.asarray(clip.contacts, dtype=np.float64), _EASE * clip.fps, is_loop(clip))
    return np.clip(2.0 * down, 0.0, 1.0)


def _lowered(own: OwnRig, clip: Clip, bones: Bones, goals: list[Array], stands: Array) -> Array:
    """Return (T,) meters by which the body comes down for the paws that stand to be in reach."""
    joints = [bones.places[:, leg.bent[0]] for leg in own.legs]
    limits = [leg.longest(bones.turns, bones.places) for leg in own.legs]
    wanted = [
        np.where(down[:, None] > 0.5, goal, joint - 0.5 * limit * _UP)
        for goal, joint, limit, down in zip(goals, joints, limits, stands.T, strict=True)
    ]
    down = lowering(joints, wanted, limits, clip.fps, is_loop(clip), SOFT)
    return np.minimum(down, LOWEST * own.animal.hip_height)


def _turned(turn: Array, misfit: Misfit, bone: int) -> Array:
    own = misfit.turns.get(bone)
    return turn if own is None else quat.mul(turn, own)


def _filled(
    own: OwnRig, given: Mapping[int, Array], ahead: Array, pelvis: Array, misfit: Misfit
) -> Bones:
    """Return all bones, of which some are ``given``: those above the trunk, then all below."""
    skeleton, back = own.skeleton, own.back
    turns = np.empty((len(pelvis), len(skeleton), 4))
    places = np.empty((len(pelvis), len(skeleton), 3))
    turns[:, back] = given[back]
    places[:, back] = pelvis - quat.apply(given[back], own.anchors["Pelvis"].offset)
    child = back
    for bone in own.above:
        base = ahead if bone in misfit.level else turns[:, child]
        turns[:, bone] = given.get(bone, _turned(base, misfit, bone))
        places[:, bone] = places[:, child] - quat.apply(turns[:, bone], _arm(own, child, misfit))
        child = bone
    done = {back, *own.above}
    for bone, parent in enumerate(skeleton.parents):
        if bone not in done:
            above = turns[:, parent]
            turns[:, bone] = given.get(bone, _turned(above, misfit, bone))
            places[:, bone] = places[:, parent] + quat.apply(above, _arm(own, bone, misfit))
    return Bones(turns, places)


def _arm(own: OwnRig, bone: int, misfit: Misfit) -> Array:
    """Return (T or 1, 3) from a bone's parent to it, in the parent's axes."""
    offset = own.skeleton.offsets[bone].astype(np.float64)[None]
    return np.asarray(offset + misfit.shifts.get(bone, 0.0))
