# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts the motion of any four-legged rig to the canonical quadruped of its proportions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...body import quadruped
from ...clip.clip import Clip
from ...clip.skeleton import Skeleton
from ...maths import leg_ik, quat
from ...maths.quat import Array
from . import landmarks
from .landmarks import BodyParts, Landmarks

LOOP_SECONDS = 6.0
"""Least duration of a repeated loop."""
SAME = 0.02
"""Share of the hip height by which a bone may differ from the rig's rest pose."""
_BEND = {"F": np.pi, "H": 0.0}
"""Yaw of the direction in which a leg's middle joint points: elbows back, stifles forward."""
_AIMED = tuple(
    name
    for chain in (
        quadruped.TORSO[1:4],
        quadruped.NECK[:3],
        quadruped.TAIL[:4],
        *(chain[:4] for chain in quadruped.LEG_CHAINS.values()),
    )
    for name in chain
)


@dataclass(frozen=True, eq=False)
class CanonicalRig:
    """The landmarks of a rig and its canonical skeleton."""

    landmarks: Landmarks
    skeleton: Skeleton

    @classmethod
    def of(cls, skeleton: Skeleton, parts: BodyParts) -> "CanonicalRig":
        """Return the canonical rig of a skeleton whose rest pose faces +Z."""
        found = landmarks.find(skeleton, parts)
        return cls(found, found.skeleton(skeleton.rest_positions()))

    @cached_property
    def hip_height(self) -> float:
        """Height of the hip joint in the canonical rest pose, meters."""
        return landmarks.hip_height(self.skeleton)

    def convert(self, rotations: Array, positions: Array, fps: float) -> tuple[Clip, Array]:
        """Return the canonical clip of a motion, and its paws' position errors (T, 4), meters.

        ``rotations`` (T, B, 4) are rotations of the rig's joints from their rest pose and
        ``positions`` (T, B, 3) their positions, both world. The ground of the clip is at zero.
        """
        places = self.landmarks.places(rotations, positions)
        turned = self.landmarks.rotations(rotations)
        for name in _AIMED:
            joint = self.skeleton.index(name)
            child = int(np.flatnonzero(self.skeleton.parents == joint)[0])
            self._aim(turned, joint, child, places[:, child] - places[:, joint])
        skeleton = fitted(self.skeleton, turned, places)
        self._reach_shoulders(skeleton, turned, places)
        paws = places[:, [self.skeleton.index(name) for name in quadruped.PAWS]]
        low = np.percentile(paws[..., 1].min(axis=1), 5.0)
        up = np.array([0.0, landmarks.PAW_SHARE * self.landmarks.hip_height - low, 0.0])
        clip = on_paws(skeleton, turned, places[:, 0] + up, paws + up, fps)
        error = np.linalg.norm(quadruped.paw_points(clip) - paws - up, axis=-1)
        return clip, error

    def _aim(self, rotations: Array, joint: int, child: int, bone: Array) -> None:
        """Rotate a joint of world rotations (T, J, 4) in place: its child lies along ``bone``."""
        rest = np.broadcast_to(self.skeleton.offsets[child], bone.shape)
        was = quat.apply(rotations[:, joint], rest)
        rotations[:, joint] = leg_ik.swing(rotations[:, joint], was, bone)

    def _reach_shoulders(self, skeleton: Skeleton, rotations: Array, places: Array) -> None:
        """Rotate the scapulae in place towards shoulders that slide along the trunk."""
        _, stiff = skeleton.fk(skeleton.local(rotations), places[:, 0])
        for name in ("LF", "RF"):
            scapula, humerus = (skeleton.index(n) for n in quadruped.LEG_CHAINS[name][:2])
            self._aim(rotations, scapula, humerus, places[:, humerus] - stiff[:, scapula])


def fitted(skeleton: Skeleton, rotations: Array, places: Array) -> Skeleton:
    """Return the skeleton with its bones as long as they are in a clip, where they differ.

    ``rotations`` (T, J, 4) and ``places`` (T, J, 3) are its joints, world. Files of one rig may
    differ in proportions, and sliding girdles are not where the rest pose has them.
    """
    parents = skeleton.parents[1:]
    bones = quat.inv_apply(rotations[:, parents], places[:, 1:] - places[:, parents])
    seen = np.concatenate([skeleton.offsets[:1], np.median(bones, axis=0)])
    far = np.linalg.norm(seen - skeleton.offsets, axis=-1) > SAME * landmarks.hip_height(skeleton)
    far |= far[skeleton.mirror_pairs()]
    offsets = np.where(far[:, None], seen, skeleton.offsets)
    changed = Skeleton(skeleton.names, skeleton.parents, offsets, skeleton.end_sites)
    return landmarks.level(changed.symmetric()) if far.any() else skeleton


def on_paws(skeleton: Skeleton, rotations: Array, pelvis: Array, paws: Array, fps: float) -> Clip:
    """Return the clip of world rotations (T, J, 4) with its paws moved to ``paws`` (T, 4, 3).

    ``pelvis`` (T, 3) stays; pasterns and paws keep their orientations. A paw that is out of reach
    comes as near as its leg allows.
    """
    world = np.array(rotations, dtype=np.float64)
    _, places = skeleton.fk(skeleton.local(world), pelvis.astype(np.float64))
    for k, name in enumerate(quadruped.LEGS):
        chain = [skeleton.index(joint) for joint in quadruped.LEG_CHAINS[name]]
        upper, middle, lower = chain[1:4] if name[1] == "F" else chain[:3]
        ankle = places[:, lower] + paws[:, k] - places[:, chain[-1]]
        front = quat.mul(world[:, upper], quat.yaw(_BEND[name[1]]))
        knee, end = leg_ik.two_bone(
            places[:, upper], places[:, middle], places[:, lower], front, ankle
        )
        was, now = places[:, middle] - places[:, upper], knee - places[:, upper]
        world[:, upper] = leg_ik.swing(world[:, upper], was, now)
        was, now = places[:, lower] - places[:, middle], end - knee
        world[:, middle] = leg_ik.swing(world[:, middle], was, now)
    local = quat.normalize(skeleton.local(world)).astype(np.float32)
    return Clip(skeleton, local, pelvis.astype(np.float32), fps)


def repeated(clip: Clip, closed: bool, seconds: float = LOOP_SECONDS) -> Clip:
    """Return a loop repeated for at least ``seconds``.

    ``closed`` says that its last frame repeats the first.
    """
    once = clip.slice(0, clip.frames - 1) if closed and clip.frames > 2 else clip
    times = max(int(np.ceil(seconds * clip.fps / once.frames)), 1)
    return Clip(
        once.skeleton,
        np.tile(once.rotations, (times, 1, 1)),
        np.tile(once.root_positions, (times, 1)),
        once.fps,
    )


def traveling(clip: Clip, speed: float) -> Clip:
    """Return an in-place clip moved along +Z at ``speed`` m/s."""
    roots = clip.root_positions.copy()
    roots[:, 2] += (np.arange(clip.frames) * speed / clip.fps).astype(roots.dtype)
    return Clip(clip.skeleton, clip.rotations, roots, clip.fps)
