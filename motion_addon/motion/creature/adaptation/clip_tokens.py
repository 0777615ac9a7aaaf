# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of a clip for the encoder: the mean pose and the motion about it.

All quantities are relative to the creature's root, at the model animal's size. Rotations are
relative to the mean pose, so that a rig's rest pose makes no difference. The first tokens hold
the proportions: the bones of trunk, neck, tail and legs in the mean pose. A token for every third
frame follows.
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

TOKEN_STEP: Final = 3
"""Frames at 60 Hz per token."""
MAX_TOKENS: Final = 100
"""Most frame tokens in one pass of the encoder: five seconds."""
PARTS: Final = (
    quadruped.TORSO,
    quadruped.NECK,
    quadruped.TAIL,
    *(quadruped.LEG_CHAINS[leg] for leg in quadruped.LEGS),
)
"""Parts of the body, one token each."""
_JOINTS: Final = len(quadruped.JOINTS)
_STATES: Final = len(stride_clock.STATE_JOINTS)
STATE_INDICES: Final = tuple(quadruped.JOINTS.index(name) for name in stride_clock.STATE_JOINTS)
"""Indices of ``stride_clock.STATE_JOINTS`` among the joints."""
FARTHEST, STRANGEST = 8.0, 4.0
"""Standard deviations to which a token's numbers, and an animal's proportions, are bounded."""
_BEYOND: Final = 72
"""Frames by which a clip is extrapolated for the smoothing of its course."""
_LARGEST: Final = max(len(part) for part in PARTS)
_OWN: Final = tuple([quadruped.JOINTS.index(name) for name in part] for part in PARTS)
_PARENTS: Final = np.maximum(quadruped.parents(), 0)
_CHAIN: Final = features.ancestors(
    Skeleton(quadruped.JOINTS, quadruped.parents(), np.zeros((_JOINTS, 3)))
)


class TokenLayout:
    """Slices of a token; frame tokens and part tokens use different ones."""

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
    """The content of a frame token, which the encoder predicts for hidden frames."""
    proportions = 4 * _JOINTS
    """Length of ``Posture.proportions``."""


@dataclass(frozen=True, eq=False)
class Posture:
    """Mean or rest pose of a creature, in its root frame."""

    turns: Array
    """(J, 4) rotations of the joints."""
    hips: Array
    """(3,) position of the pelvis, meters."""
    places: Array
    """(J, 3) positions of the joints, meters."""

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
        """Return the mean of root-relative poses, axes (T, J, 6) and hips (T, 3)."""
        mean = _matrices(np.asarray(axes, dtype=np.float64)).mean(axis=0)
        left, _, right = np.linalg.svd(mean)
        right[:, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
        turns = quat.from_matrix(left @ right)
        return Posture.of(skeleton, turns, np.asarray(hips, dtype=np.float64).mean(axis=0))

    @staticmethod
    def of(skeleton: Skeleton, turns: Array, hips: Array) -> Posture:
        """Return the posture with joint rotations (J, 4) and pelvis (3,) in the root frame."""
        bones = quat.apply(turns[_PARENTS], skeleton.offsets)
        places = hips + _CHAIN @ bones
        return Posture(*(np.asarray(v, dtype=np.float32) for v in (turns, hips, places)))

    def between(self, other: Posture, share: float, skeleton: Skeleton) -> Posture:
        """Return the posture interpolated to another; a ``share`` above 1 extrapolates."""
        turns = quat.slerp(self.turns.astype(np.float64), other.turns.astype(np.float64), share)
        return Posture.of(skeleton, turns, self.hips + share * (other.hips - self.hips))

    @property
    def proportions(self) -> Array:
        """(P,) positions of the joints and lengths of their bones, meters."""
        return np.concatenate([self.places.ravel(), np.linalg.norm(self._bones, axis=-1)])

    @property
    def _bones(self) -> Array:
        return np.asarray(self.places - self.places[_PARENTS])

    @property
    def tokens(self) -> Array:
        """(7, I) the part tokens: the proportions."""
        out = np.zeros((len(PARTS), TokenLayout.size), dtype=np.float32)
        bones = self._bones
        for i, part in enumerate(_OWN):
            own = bones[part].ravel()
            out[i, TokenLayout.bones.start : TokenLayout.bones.start + len(own)] = own
            out[i, TokenLayout.part.start + i] = 1.0
        return out


@dataclass(frozen=True, eq=False)
class RootRelativeMotion:
    """A creature's motion relative to its root, 60 Hz."""

    axes: Array
    """(T, J, 6) forward and up axes of the joints."""
    hips: Array
    """(T, 3) position of the pelvis."""
    places: Array
    """(T, J, 3) positions of the joints."""
    velocities: Array
    """(T, S, 3) of ``stride_clock.STATE_JOINTS``, relative to the world, m/s."""
    motion: Array
    """(T, 3) velocity x, z (m/s) and yaw rate (rad/s) of the root."""
    contacts: Array
    """(T, 4)"""

    def after(self, start: int) -> RootRelativeMotion:
        """Return the frames from ``start`` on."""
        return RootRelativeMotion(*(getattr(self, field.name)[start:] for field in fields(self)))


def root_course(clip: Clip, gait: Array) -> Trajectory:
    """Return the root trajectory of a clip, as ``stride_clock.root_track``, accurate at its ends.

    For the smoothing, the motion is extrapolated beyond both ends by reflection.
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


def root_relative(
    clip: Clip, root: Trajectory, about: dict[str, Array] | None = None
) -> RootRelativeMotion:
    """Return the root-relative motion of a clip with contacts.

    ``about`` is ``features.about_root`` of it, if known.
    """
    about = about or features.about_root(clip, root)
    places = features.to_root(root, clip.world()[1] - root.positions[:, None])
    state = places[:, list(STATE_INDICES)]
    before = np.concatenate([state[:1], state[:-1]])
    carried = before @ about["matrices"] + about["moves"][:, None]
    velocities = (state - carried) * RATE
    if len(velocities) > 1:
        velocities[0] = velocities[1]
    motion = about["control"][:, stride_clock.INPUT.motion]
    return RootRelativeMotion(
        about["axes"], about["hips"], places, velocities, motion, np.asarray(clip.contacts)
    )


def tokens(frames: RootRelativeMotion, posture: Posture) -> Array:
    """Return (7 + N, I) the part tokens and the tokens of frames; N is at most MAX_TOKENS."""
    pick = slice(0, TOKEN_STEP * MAX_TOKENS, TOKEN_STEP)
    turns = relative_to_mean(frames.axes[pick], posture.turns)
    rows = np.zeros((len(turns), TokenLayout.size), dtype=np.float32)
    rows[:, TokenLayout.turns] = turns.reshape(len(turns), -1)
    rows[:, TokenLayout.hips] = frames.hips[pick] - posture.hips
    rows[:, TokenLayout.places] = frames.places[pick].reshape(len(turns), -1)
    rows[:, TokenLayout.velocities] = frames.velocities[pick].reshape(len(turns), -1)
    rows[:, TokenLayout.motion] = frames.motion[pick]
    rows[:, TokenLayout.contacts] = frames.contacts[pick]
    return np.concatenate([posture.tokens, rows])


def relative_to_mean(axes: Array, turns: Array) -> Array:
    """Return axes (T, J, 6) as rotations relative to a mean pose ``turns`` (J, 4).

    ``D = R inv(M)`` in the root frame, independent of the axes of the bones.
    """
    own = _matrices(axes.astype(np.float32))
    away = own @ np.swapaxes(quat.to_matrix(turns).astype(np.float32), -1, -2)
    return np.concatenate([away[..., 2], away[..., 1]], axis=-1)


def _matrices(axes: Array) -> Array:
    """Return rotation matrices (..., 3, 3) of forward and up axes (..., 6)."""
    forward, up = axes[..., :3], axes[..., 3:]
    return np.stack([np.cross(up, forward), up, forward], axis=-1)
