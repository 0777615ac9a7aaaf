# SPDX-License-Identifier: GPL-3.0-or-later
"""What the encoder sees of a clip of a creature: its mean pose, and how it moves about that.

Everything is seen from the creature's root, at the model animal's size. Rotations are those away
from the mean pose, so that a rig's rest pose makes no difference. The first tokens are the
proportions: the bones of trunk, neck, tail and legs in the mean pose. Then comes a token for each
third frame.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from ...body import quadruped
from ...clip.clip import Clip
from ...clip.skeleton import Skeleton
from ...controller import features, stride_clock
from ...maths import quat
from ...maths.quat import Array
from ...plan.trajectory import RATE, Trajectory

EVERY: Final = 3
"""Frames of 60 Hz to a token."""
MOST: Final = 100
"""Tokens of frames that are looked at together: five seconds."""
PARTS: Final = (
    quadruped.TORSO,
    quadruped.NECK,
    quadruped.TAIL,
    *(quadruped.LEG_CHAINS[leg] for leg in quadruped.LEGS),
)
"""The parts of the body of which each is a token."""
_JOINTS: Final = len(quadruped.JOINTS)
_STATES: Final = len(stride_clock.STATE_JOINTS)
STATES: Final = tuple(quadruped.JOINTS.index(name) for name in stride_clock.STATE_JOINTS)
"""Places of ``stride.STATE_JOINTS`` among the joints."""
FARTHEST, STRANGEST = 8.0, 4.0
"""Spreads from the mean to which a token's numbers, and an animal's proportions, are bounded."""
_BEYOND: Final = 72
"""Frames by which a clip is carried on for the smoothing of its course."""
_LARGEST: Final = max(len(part) for part in PARTS)
_OWN: Final = tuple([quadruped.JOINTS.index(name) for name in part] for part in PARTS)
_PARENTS: Final = np.maximum(quadruped.parents(), 0)
_CHAIN: Final = features.ancestors(
    Skeleton(quadruped.JOINTS, quadruped.parents(), np.zeros((_JOINTS, 3)))
)


class Layout:
    """Slices of a token; frames and parts have their own."""

    turns = slice(0, 6 * _JOINTS)
    hips = slice(turns.stop, turns.stop + 3)
    places = slice(hips.stop, hips.stop + 3 * _JOINTS)
    velocities = slice(places.stop, places.stop + 3 * _STATES)
    motion = slice(velocities.stop, velocities.stop + 3)
    contacts = slice(motion.stop, motion.stop + 4)
    hidden = contacts.stop
    bones = slice(hidden + 1, hidden + 1 + 3 * _LARGEST)
    part = slice(bones.stop, bones.stop + len(PARTS))
    size = part.stop
    frame = slice(0, hidden)
    """What a frame is, and what is answered of a hidden one."""
    proportions = 4 * _JOINTS
    """Length of ``Posture.proportions``."""


@dataclass(frozen=True, eq=False)
class Posture:
    """The pose about which a creature moves, in its root frame."""

    turns: Array
    """(J, 4) rotations of the joints."""
    hips: Array
    """(3,) place of the pelvis, meters."""
    places: Array
    """(J, 3) places of the joints, meters."""

    @staticmethod
    def rest(skeleton: Skeleton) -> Posture:
        """Return the rest pose of a skeleton on the ground."""
        rest = skeleton.rest_positions()
        paws = rest[[skeleton.index(name) for name in quadruped.PAWS], 1].mean()
        up = quadruped.paw_height(skeleton) - paws
        hips = np.array([0.0, up, -0.5 * rest[skeleton.index("Withers"), 2]])
        return Posture.of(skeleton, np.tile(quat.IDENTITY, (len(skeleton), 1)), hips)

    @staticmethod
    def mean(skeleton: Skeleton, axes: Array, hips: Array) -> Posture:
        """Return the mean of poses seen from the root, axes (T, J, 6) and hips (T, 3)."""
        mean = _matrices(np.asarray(axes, dtype=np.float64)).mean(axis=0)
        left, _, right = np.linalg.svd(mean)
        right[:, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
        turns = quat.from_matrix(left @ right)
        return Posture.of(skeleton, turns, np.asarray(hips, dtype=np.float64).mean(axis=0))

    @staticmethod
    def of(skeleton: Skeleton, turns: Array, hips: Array) -> Posture:
        """Return the posture of joints' rotations (J, 4) and a pelvis (3,) in the root frame."""
        bones = quat.apply(turns[_PARENTS], skeleton.offsets)
        places = hips + _CHAIN @ bones
        return Posture(*(np.asarray(v, dtype=np.float32) for v in (turns, hips, places)))

    def between(self, other: Posture, share: float, skeleton: Skeleton) -> Posture:
        """Return the posture at a ``share`` of the way to another, which may be beyond it."""
        turns = quat.slerp(self.turns.astype(np.float64), other.turns.astype(np.float64), share)
        return Posture.of(skeleton, turns, self.hips + share * (other.hips - self.hips))

    @property
    def proportions(self) -> Array:
        """(P,) places of the joints and lengths of their bones, meters."""
        return np.concatenate([self.places.ravel(), np.linalg.norm(self._bones, axis=-1)])

    @property
    def _bones(self) -> Array:
        return np.asarray(self.places - self.places[_PARENTS])

    @property
    def tokens(self) -> Array:
        """(7, I) the proportions as the encoder sees them."""
        out = np.zeros((len(PARTS), Layout.size), dtype=np.float32)
        bones = self._bones
        for i, part in enumerate(_OWN):
            own = bones[part].ravel()
            out[i, Layout.bones.start : Layout.bones.start + len(own)] = own
            out[i, Layout.part.start + i] = 1.0
        return out


@dataclass(frozen=True, eq=False)
class Seen:
    """Frames of a creature as seen from its root, 60 Hz."""

    axes: Array
    """(T, J, 6) forward and up axes of the joints."""
    hips: Array
    """(T, 3) place of the pelvis."""
    places: Array
    """(T, J, 3) places of the joints."""
    velocities: Array
    """(T, S, 3) of ``stride.STATE_JOINTS`` in the world, m/s."""
    motion: Array
    """(T, 3) velocity x, z (m/s) and yaw rate (rad/s) of the root."""
    contacts: Array
    """(T, 4)"""

    def after(self, start: int) -> Seen:
        """Return the frames from ``start`` on."""
        return Seen(*(getattr(self, field.name)[start:] for field in fields(self)))


def course(clip: Clip, gait: Array) -> Trajectory:
    """Return the root's course of a clip, as ``stride.root_track``, true up to its ends.

    A clip is cut out of a motion that goes on: for the smoothing it is carried on beyond its
    ends, turned about them.
    """
    extra = min(_BEYOND, clip.frames - 1)
    places = clip.world()[1].astype(np.float64)
    trunk = places[:, [clip.skeleton.index(name) for name in ("Pelvis", "Withers")]]
    middle = trunk.mean(axis=1, keepdims=True)
    along = trunk - middle
    before, after = (
        np.concatenate([2.0 * middle[[end]] - middle[part]], axis=0) + along[part]
        for end, part in ((0, slice(extra, 0, -1)), (-1, slice(-2, -extra - 2, -1)))
    )
    longer = np.zeros((clip.frames + 2 * extra, *places.shape[1:]))
    longer[:, [clip.skeleton.index(name) for name in ("Pelvis", "Withers")]] = np.concatenate(
        [before, trunk, after]
    )
    held = gait[np.clip(np.arange(-extra, clip.frames + extra), 0, clip.frames - 1)]
    whole = stride_clock.root_track(clip.skeleton, longer, held)
    inside = slice(extra, extra + clip.frames)
    return Trajectory(
        whole.positions[inside], whole.facing[inside], whole.speeds[inside], gait,
        whole.distance[inside] - whole.distance[extra],
    )  # fmt: skip


def seen(clip: Clip, root: Trajectory, about: dict[str, Array] | None = None) -> Seen:
    """Return the frames of a clip with contacts; ``about`` is ``features.about_root`` of it."""
    about = about or features.about_root(clip, root)
    places = features.to_root(root, clip.world()[1] - root.positions[:, None])
    state = places[:, list(STATES)]
    before = np.concatenate([state[:1], state[:-1]])
    carried = before @ about["matrices"] + about["moves"][:, None]
    velocities = (state - carried) * RATE
    if len(velocities) > 1:
        velocities[0] = velocities[1]
    motion = about["control"][:, stride_clock.INPUT.motion]
    return Seen(about["axes"], about["hips"], places, velocities, motion, np.asarray(clip.contacts))


def tokens(frames: Seen, posture: Posture) -> Array:
    """Return (7 + N, I) tokens of the posture and of every third frame; at most MOST of these."""
    pick = slice(0, EVERY * MOST, EVERY)
    turns = turned(frames.axes[pick], posture.turns)
    rows = np.zeros((len(turns), Layout.size), dtype=np.float32)
    rows[:, Layout.turns] = turns.reshape(len(turns), -1)
    rows[:, Layout.hips] = frames.hips[pick] - posture.hips
    rows[:, Layout.places] = frames.places[pick].reshape(len(turns), -1)
    rows[:, Layout.velocities] = frames.velocities[pick].reshape(len(turns), -1)
    rows[:, Layout.motion] = frames.motion[pick]
    rows[:, Layout.contacts] = frames.contacts[pick]
    return np.concatenate([posture.tokens, rows])


def turned(axes: Array, turns: Array) -> Array:
    """Return the axes (T, J, 6) of rotations away from ``turns`` (J, 4) of axes (T, J, 6).

    ``D = R inv(M)``: in the root frame, whatever the axes of the bones are.
    """
    own = _matrices(axes.astype(np.float32))
    away = own @ np.swapaxes(quat.to_matrix(turns).astype(np.float32), -1, -2)
    return np.concatenate([away[..., 2], away[..., 1]], axis=-1)


def _matrices(axes: Array) -> Array:
    """Return rotation matrices (..., 3, 3) of forward and up axes (..., 6)."""
    forward, up = axes[..., :3], axes[..., 3:]
    return np.stack([np.cross(up, forward), up, forward], axis=-1)
