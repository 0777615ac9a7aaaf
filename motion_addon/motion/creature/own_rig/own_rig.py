# SPDX-License-Identifier: GPL-3.0-or-later
"""Retargets the canonical quadruped back to the rig that a creature was read from.

Each bone that carries canonical joints takes their rotations, bones between two of them blend
both, and the legs are bent until each paw is at the canonical one. Corrections from
``extra_bones`` move the other bones; without corrections they keep their rest pose.
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
from ..reading.canonical_motion import CanonicalRig
from ..reading.landmarks import BodyParts, Landmark
from .paw_reach import SOFT, PawChain, reach

HEADING = 0.25
"""Standard deviation of the smoothing of the heading, seconds."""
LOWEST = 0.1
"""Largest lowering of the body for legs out of reach, as a share of the hip height."""
_EASE = 0.03
"""Standard deviation of the smoothing of contacts, seconds."""
_UP = np.array([0.0, 1.0, 0.0])
_LOOSE = 0.1
"""Weight of a canonical joint that aims at a joint on another bone; a stiff one has 1."""
_PARTS = (
    quadruped.TORSO,
    *(quadruped.LEG_CHAINS[leg] for leg in quadruped.LEGS),
    quadruped.NECK,
    quadruped.TAIL,
)
"""A bone that carries joints of several parts follows the first of them."""


@dataclass(frozen=True, eq=False)
class BoneMotion:
    """Motion of a rig's bones, as rotations away from their rest pose."""

    turns: Array
    """(T, B, 4) rotations from rest, world."""
    places: Array
    """(T, B, 3) positions of their joints, meters."""


@dataclass(frozen=True, eq=False)
class BoneCorrections:
    """Rotations (T or 1, 4) and shifts (T or 1, 3) of bones relative to what they follow."""

    turns: Mapping[int, Array]
    """Bone to its rotation from the joint or bone it follows, in the axes of the latter."""
    shifts: Mapping[int, Array]
    """Bone to its shift from its rest position on its parent, in the parent's axes, meters."""
    level: frozenset[int] = frozenset()
    """Bones above the trunk that follow the heading, not the trunk."""


NO_CORRECTIONS = BoneCorrections({}, {})


@dataclass(frozen=True, eq=False)
class OwnRig:
    """A rig and the landmarks of the canonical joints on it."""

    skeleton: Skeleton
    """Its bones at rest, facing +Z, Y up, meters."""
    parts: BodyParts
    rest: Array
    """(B, 4) world_from_bone at rest, facing +Z: the axes of the rig's own bones."""

    @cached_property
    def canonical(self) -> CanonicalRig:
        """The landmarks and the canonical skeleton of the rig."""
        return CanonicalRig.of(self.skeleton, self.parts)

    @cached_property
    def landmarks(self) -> Mapping[str, Landmark]:
        """Canonical joint to its landmark on the rig."""
        return dict(zip(quadruped.JOINTS, self.canonical.landmarks.joints, strict=True))

    @cached_property
    def back(self) -> int:
        """The bone that carries the pelvis; its position sets the position of the rig."""
        return self.landmarks["Pelvis"].joint

    @cached_property
    def above(self) -> tuple[int, ...]:
        """Ancestors of ``back``, nearest first."""
        out, at = [], int(self.skeleton.parents[self.back])
        while at >= 0:
            out.append(at)
            at = int(self.skeleton.parents[at])
        return tuple(out)

    @cached_property
    def shares(self) -> Mapping[int, Array]:
        """Bone to its weights (J,) on ``quadruped.JOINTS``; bones without weights follow none."""
        out = _carried(self)
        parts = self.parts
        for chain in (*parts.legs.values(), parts.spine, parts.neck, parts.tail):
            bones = [self.skeleton.index(name) for name in chain]
            known = [i for i, bone in enumerate(bones) if bone in out]
            for low, high in pairwise(known):
                for i in range(low + 1, high):
                    share = (i - low) / (high - low)
                    out[bones[i]] = (1.0 - share) * out[bones[low]] + share * out[bones[high]]
        return out

    def to_arrays(self) -> dict[str, Array]:
        """Return plain arrays for an ``.npz`` file."""
        limbs = {f"leg_{leg}": self.parts.legs[leg] for leg in quadruped.LEGS}
        limbs |= {"spine": self.parts.spine, "neck": self.parts.neck, "tail": self.parts.tail}
        parts = {name: np.array(list(bones), dtype=np.str_) for name, bones in limbs.items()}
        return {**self.skeleton.to_arrays(), **parts, "rest": self.rest.astype(np.float32)}

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> "OwnRig":
        """Return the rig stored by ``to_arrays``."""

        def part(name: str) -> tuple[str, ...]:
            return tuple(str(bone) for bone in data[name])

        legs = {leg: part(f"leg_{leg}") for leg in quadruped.LEGS}
        limbs = BodyParts(legs, part("spine"), part("neck"), part("tail"))
        rest = quat.normalize(np.asarray(data["rest"], dtype=np.float64))
        return OwnRig(Skeleton.from_arrays(data), limbs, rest)

    @cached_property
    def legs(self) -> tuple[PawChain, ...]:
        """The legs in the order of LEGS."""
        return tuple(self._leg(name) for name in quadruped.LEGS)

    def _leg(self, name: str) -> PawChain:
        chain = [self.skeleton.index(joint) for joint in self.parts.legs[name]]
        landmark = self.landmarks[quadruped.LEG_CHAINS[name][-1]]
        top = self.landmarks[quadruped.LEG_CHAINS[name][1 if name[1] == "F" else 0]].joint
        first, last = chain.index(top), chain.index(landmark.joint)
        if last - first < 2:
            return PawChain(tuple(chain[first : last + 1]), -1, landmark.offset)
        return PawChain(tuple(chain[first:last]), chain[last], landmark.offset)


def _carried(own: OwnRig) -> dict[int, Array]:
    """Return the joint weights of the bones that carry canonical joints."""
    parents = quadruped.parents()
    rest = own.skeleton.parents
    size = own.canonical.hip_height
    out: dict[int, Array] = {}
    for part in _PARTS:
        weights: dict[int, Array] = {}
        for name in part:
            joint, landmark = quadruped.JOINTS.index(name), own.landmarks[name]
            below = [own.canonical.landmarks.joints[j] for j in np.flatnonzero(parents == joint)]
            below = [
                b
                for b in below
                if quadruped.JOINTS[own.canonical.landmarks.joints.index(b)] in part
            ]
            stiff = not below or any(
                b.joint == landmark.joint
                or (rest[b.joint] == landmark.joint and np.linalg.norm(b.offset) < 1e-3 * size)
                for b in below
            )
            row = weights.setdefault(landmark.joint, np.zeros(len(quadruped.JOINTS)))
            row[joint] = 1.0 if stiff else _LOOSE
        for bone, row in weights.items():
            out.setdefault(bone, row / row.sum())
    return out


def followed_rotations(own: OwnRig, clip: Clip) -> dict[int, Array]:
    """Return the rotations from rest (T, 4) of the bones that follow joints of a canonical clip."""
    turns = clip.world()[0].astype(np.float64)
    return {bone: _mixed(turns, row) for bone, row in own.shares.items()}


def _mixed(turns: Array, weights: Array) -> Array:
    """Return the weighted mean (T, 4) of rotations (T, J, 4)."""
    picked = np.flatnonzero(weights)
    some = turns[:, picked]
    signs = np.where((some * some[:, :1]).sum(axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
    return quat.normalize((some * signs * weights[picked][:, None]).sum(axis=1))


def size(skeleton: Skeleton) -> float:
    """Return the total leg length of a canonical skeleton, meters: the measure of its size."""
    joints = [skeleton.index(name) for leg in quadruped.LEGS for name in quadruped.LEG_CHAINS[leg]]
    return float(np.linalg.norm(skeleton.offsets[joints], axis=-1).sum())


def heading(clip: Clip) -> Array:
    """Return (T, 4) the smoothed heading of a canonical clip, as a rotation about the vertical."""
    ahead = quat.unit(clip_metrics.trunk(clip)[1] * np.array([1.0, 0.0, 1.0]))
    return quat.yaw(quat.yaw_of(smooth(ahead, HEADING * clip.fps)))


def base_rotation(own: OwnRig, bones: BoneMotion, given: Mapping[int, Array], bone: int) -> Array:
    """Return (T, 4) the rotation that a bone follows; ``given`` is from ``followed_rotations``."""
    if bone in given:
        return given[bone]
    if bone in own.above:
        path = (own.back, *own.above)
        return np.asarray(bones.turns[:, path[path.index(bone) - 1]])
    return np.asarray(bones.turns[:, own.skeleton.parents[bone]])


def shift(own: OwnRig, bones: BoneMotion, bone: int) -> Array:
    """Return (T, 3) the shift of a bone from its rest position, in its parent's axes."""
    parent = int(own.skeleton.parents[bone])
    if parent < 0:
        return np.zeros((len(bones.places), 3))
    arm = bones.places[:, bone] - bones.places[:, parent]
    return np.asarray(quat.inv_apply(bones.turns[:, parent], arm) - own.skeleton.offsets[bone])


def pose(
    own: OwnRig, clip: Clip, corrections: BoneCorrections = NO_CORRECTIONS, *, sink: bool = True
) -> BoneMotion:
    """Return the rig's motion for a canonical clip of the rig's size.

    Paws are at the clip's paws as far as the legs reach; with ``sink`` the body is lowered a
    little for paws in stance.
    """
    given = followed_rotations(own, clip)
    ahead = heading(clip)
    fixed = {bone: _turned(turn, corrections, bone) for bone, turn in given.items()}
    pelvis = clip.root_positions.astype(np.float64)
    bones = _filled(own, fixed, ahead, pelvis, corrections)
    paws = quadruped.paw_points(clip).astype(np.float64)
    turns, places = bones.turns, bones.places
    goals = [leg.goal(turns, paw) for leg, paw in zip(own.legs, paws.swapaxes(0, 1), strict=True)]
    stands = _standing(clip)
    down = np.zeros((clip.frames, 1))
    if sink:
        down = _lowered(own, clip, bones, goals, stands)[:, None] * _UP
    for i, leg in enumerate(own.legs):
        moved = reach(leg, turns, places - down[:, None], goals[i], stands[:, i])
        fixed.update(moved)
    return _filled(own, fixed, ahead, pelvis - down, corrections)


def _standing(clip: Clip) -> Array:
    """Return (T, 4) the contacts of the paws, smoothed, 0 to 1."""
    if clip.contacts is None:
        return np.zeros((clip.frames, len(quadruped.LEGS)))
    down = smooth(np.asarray(clip.contacts, dtype=np.float64), _EASE * clip.fps, is_loop(clip))
    return np.clip(2.0 * down, 0.0, 1.0)


def _lowered(
    own: OwnRig, clip: Clip, bones: BoneMotion, goals: list[Array], stands: Array
) -> Array:
    """Return (T,) meters by which the body is lowered to bring paws in stance within reach."""
    joints = [bones.places[:, leg.bent[0]] for leg in own.legs]
    limits = [leg.longest(bones.turns, bones.places) for leg in own.legs]
    wanted = [
        np.where(down[:, None] > 0.5, goal, joint - 0.5 * limit * _UP)
        for goal, joint, limit, down in zip(goals, joints, limits, stands.T, strict=True)
    ]
    down = lowering(joints, wanted, limits, clip.fps, is_loop(clip), SOFT)
    return np.minimum(down, LOWEST * own.canonical.hip_height)


def _turned(turn: Array, corrections: BoneCorrections, bone: int) -> Array:
    own = corrections.turns.get(bone)
    return turn if own is None else quat.mul(turn, own)


def _filled(
    own: OwnRig,
    given: Mapping[int, Array],
    ahead: Array,
    pelvis: Array,
    corrections: BoneCorrections,
) -> BoneMotion:
    """Return all bones from the ``given`` ones: first those above the trunk, then all below."""
    skeleton, back = own.skeleton, own.back
    turns = np.empty((len(pelvis), len(skeleton), 4))
    places = np.empty((len(pelvis), len(skeleton), 3))
    turns[:, back] = given[back]
    places[:, back] = pelvis - quat.apply(given[back], own.landmarks["Pelvis"].offset)
    child = back
    for bone in own.above:
        base = ahead if bone in corrections.level else turns[:, child]
        turns[:, bone] = given.get(bone, _turned(base, corrections, bone))
        places[:, bone] = places[:, child] - quat.apply(
            turns[:, bone], _arm(own, child, corrections)
        )
        child = bone
    done = {back, *own.above}
    for bone, parent in enumerate(skeleton.parents):
        if bone not in done:
            above = turns[:, parent]
            turns[:, bone] = given.get(bone, _turned(above, corrections, bone))
            places[:, bone] = places[:, parent] + quat.apply(above, _arm(own, bone, corrections))
    return BoneMotion(turns, places)


def _arm(own: OwnRig, bone: int, corrections: BoneCorrections) -> Array:
    """Return (T or 1, 3) the offset of a bone from its parent, in the parent's axes."""
    offset = own.skeleton.offsets[bone].astype(np.float64)[None]
    return np.asarray(offset + corrections.shifts.get(bone, 0.0))
