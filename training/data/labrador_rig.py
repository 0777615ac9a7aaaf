# SPDX-License-Identifier: GPL-3.0-or-later
"""Retarget the motion-captured Labrador to the canonical quadruped.

Faults of the files: the rest pose is one crooked frame of a standing dog, left and right legs
differ by some degrees and centimeters, the joints of planted paws are between 0 and 4 cm high, the
tail is twice as long as a Labrador's, and neck, tail, pasterns and paws twist at random. Here the
rest pose is the symmetric median standing pose, rotations are relative to a joint's mean while the
dog moves, joints with random twist take their parent's twist, and inverse kinematics puts the paws
on the ground.
"""

from dataclasses import dataclass

import numpy as np

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.clip.skeleton import EndSite, Skeleton
from motion_addon.motion.creature.reading.canonical_motion import on_paws
from motion_addon.motion.maths import leg_ik, quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth, smoothstep

HIP_HEIGHT = 0.56
"""Height of the femur's joint in the rest pose, meters."""
PAW_HEIGHT = 0.02
"""Height of every planted paw's joint, meters."""
TAIL_LENGTH = 0.42
"""Length of the tail, meters; the files have 0.78."""
TAIL_SIGMA = 4.0
"""Frames, smoothing of the tail, which jitters in the files."""
PASTERN_SIGMA = 1.5
"""Frames, smoothing of the pasterns, which jump now and then in the files."""
TOES_DOWN = (0.035, 0.075)
"""Heights (m) of a paw's joint below which its toes are flat, and above which they are straight."""
STILL = 0.12
"""Speed (m/s) under which a paw, or the dog, is still."""

NAMES = {
    **dict(zip(quadruped.TORSO, ("Hips", "Spine", "Spine1", "Spine2", "Spine3"), strict=True)),
    **dict(zip(quadruped.NECK, ("_Neck", "_Neck1", "_Neck2", "Head"), strict=True)),
    **{f"Tail{i + 1}": f"Tail{n:03d}" for i, n in enumerate((1, 3, 5, 7, 8))},
    **{
        side + part: side + bone
        for side in ("Left", "Right")
        for part, bone in {
            "Scapula": "Clav",
            "Humerus": "Arm",
            "Radius": "ForeArm",
            "ForePastern": "Hand",
            "Femur": "LegUpper",
            "Tibia": "Leg",
            "Metatarsus": "Leg1",
            "HindPastern": "Ankle",
            "HindPaw": "Toe",
        }.items()
    },
    "LeftForePaw": "_LeftFinger",
    "RightForePaw": "RightFinger",
}
"""The files' joint, without its prefix ``b_``, of each canonical joint."""
_TIPS = {"Head": "Dog_Jaw", "Tail5": "b_Tail009"} | {paw: "" for paw in quadruped.PAWS}
"""Joints at the end of a chain, and the files' joint with their tip if it is a different one."""
_PASTERNS = tuple(chain[3] for chain in quadruped.LEG_CHAINS.values())
_FOLLOWING = (*quadruped.NECK, *quadruped.TAIL, *_PASTERNS)


@dataclass(frozen=True, eq=False)
class Conversion:
    """Conversion from the files' skeleton to the canonical one."""

    skeleton: Skeleton
    joints: Array
    """(J,) index of the files' joint for every canonical joint."""
    before: Array
    """(J, 4) right factor of the files' world rotations."""
    toward: dict[int, Array]
    """Bone direction in the rest pose of each joint that takes its parent's twist."""
    straighten: dict[int, Array]
    """Rotation (4,), relative to the withers, that centers a neck joint's mean."""
    scale: float

    def clip(self, source: Clip) -> Clip:
        """Return a full-body clip of the files, at 60 Hz, on the canonical skeleton."""
        rotations, positions = source.world()
        turned = quat.mul(rotations[:, self.joints], self.before)
        points = np.concatenate([positions[:, self.joints], _tips(source, self.skeleton)], axis=1)
        self._follow(turned, points)
        for names, sigma in ((quadruped.TAIL, TAIL_SIGMA), (_PASTERNS, PASTERN_SIGMA)):
            few = [self.skeleton.index(name) for name in names]
            turned[:, few] = quat.normalize(smooth(quat.unroll(turned[:, few]), sigma))
        paws = [self.skeleton.index(name) for name in quadruped.PAWS]
        targets = leveled(points[:, paws] * self.scale, source.fps)
        toes_down(self.skeleton, turned, targets)
        return on_paws(self.skeleton, turned, positions[:, 0] * self.scale, targets, source.fps)

    def _follow(self, rotations: Array, points: Array) -> None:
        """Align the joints of ``toward``, in place, with the bones between ``points``."""
        withers = rotations[:, self.skeleton.index("Withers")]
        for joint, rest in self.toward.items():
            bone = points[:, _end_of(self.skeleton, joint)] - points[:, joint]
            if joint in self.straighten:
                seen = quat.apply(self.straighten[joint], quat.inv_apply(withers, bone))
                bone = quat.apply(withers, seen)
            before = rotations[:, self.skeleton.parents[joint]]
            start = np.broadcast_to(rest.astype(np.float32), bone.shape)
            if self.skeleton.names[joint] in _PASTERNS:
                before = quat.mul(before, _hinged(start, quat.inv_apply(before, bone)))
            rotations[:, joint] = leg_ik.swing(before, quat.apply(before, start), bone)


def _hinged(before: Array, after: Array) -> Array:
    """Return the rotations (T, 4) about +X that bring ``before`` (T, 3) nearest to ``after``.

    A wrist folds so far that the shortest rotation would flip to either side.
    """
    angle = [np.arctan2(bone[:, 2], bone[:, 1]) for bone in (after, before)]
    return quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), angle[0] - angle[1]).astype(np.float32)


def _end_of(skeleton: Skeleton, joint: int) -> int:
    """Return the index of a bone's end point: the joint's child, or its tip after all joints."""
    children = np.flatnonzero(skeleton.parents == joint)
    if len(children):
        return int(children[0])
    return len(skeleton) + list(_TIPS).index(skeleton.names[joint])


def facing(positions: Array, pelvis: int, withers: int) -> Array:
    """Return (T,) the yaw (radians) of the torso of world positions (T, J, 3)."""
    return quat.yaw_of(positions[:, withers] - positions[:, pelvis])


def conversion(clips: list[Clip]) -> Conversion:
    """Return the conversion, measured on the full-body ``clips`` of the files."""
    source = clips[0].skeleton
    joints = np.array([source.index("b_" + NAMES[name]) for name in quadruped.JOINTS])
    stem = Skeleton(quadruped.JOINTS, quadruped.parents(), np.zeros((len(joints), 3), np.float32))
    still, moving, places, walking = [], [], [], []
    for clip in clips:
        rotations, positions = (part[:, joints] for part in clip.world())
        back = quat.yaw(-facing(positions, 0, stem.index("Withers")))[:, None]
        speeds = np.linalg.norm(np.gradient(positions, axis=0), axis=-1) * clip.fps
        quiet = (speeds[:, [stem.index(n) for n in ("Pelvis", *quadruped.PAWS)]] < STILL).all(1)
        moves = speeds[:, 0] > 0.5
        rotations = quat.mul(back, rotations)
        still.append(rotations[quiet])
        moving.append(rotations[moves])
        points = np.concatenate([positions, _tips(clip, stem)], axis=1)
        points = quat.apply(back, points - positions[:, :1])
        places.append(points[quiet])
        walking.append(points[moves])
    average = mean_rotation(np.concatenate(moving))
    stand = quat.mul_inv(mean_rotation(np.concatenate(still)), average)
    stand = _even(stand, stem.mirror_pairs())
    before = quat.inv_mul(average, quat.inv(stand)).astype(np.float32)
    even = _even_rest(stem, np.median(np.concatenate(places), axis=0))
    toward = {stem.index(name): _bone(even, stem.index(name)) for name in _FOLLOWING}
    withers = quat.mul(np.concatenate(moving), before)[:, stem.index("Withers")]
    straighten = {
        joint: _to_middle(stem, joint, withers, np.concatenate(walking))
        for joint in map(stem.index, quadruped.NECK)
    }
    rest = _rest(even)
    scale = HIP_HEIGHT / _hip_height(rest)
    return Conversion(rest.scaled(scale), joints, before, toward, straighten, scale)


def _bone(skeleton: Skeleton, joint: int) -> Array:
    """Return (3,) the offset of a joint's first child, or of its tip."""
    end = _end_of(skeleton, joint)
    if end < len(skeleton):
        return np.array(skeleton.offsets[end])
    return np.array(dict(skeleton.end_sites)[joint], dtype=np.float32)


def _to_middle(stem: Skeleton, joint: int, withers: Array, points: Array) -> Array:
    """Return the rotation (4,) that brings a bone's mean, relative to the withers, to x = 0."""
    bone = quat.unit(points[:, _end_of(stem, joint)] - points[:, joint])
    mean = quat.inv_apply(withers, bone).mean(axis=0)
    return quat.between(mean, mean * [0.0, 1.0, 1.0])


def mean_rotation(rotations: Array) -> Array:
    """Return the mean (J, 4) of similar rotations (N, J, 4)."""
    spread = np.einsum("nji,njk->jik", rotations, rotations)
    return np.asarray(np.linalg.eigh(spread)[1][..., -1])


def _even(rotations: Array, pairs: Array) -> Array:
    """Return rotations (J, 4) averaged with their mirror image."""
    other = rotations[pairs] * np.array([1.0, 1.0, -1.0, -1.0])
    return mean_rotation(np.stack([rotations, other]))


def _tips(clip: Clip, stem: Skeleton) -> Array:
    """Return (T, K, 3) world positions of the tips of nose, tail and paws."""
    rotations, positions = clip.world()
    ends = dict(clip.skeleton.end_sites)
    out = []
    for name, bone in _TIPS.items():
        joint = clip.skeleton.index(bone or "b_" + NAMES[name])
        arm = np.array(ends[joint], dtype=np.float32)
        out.append(positions[:, joint] + quat.apply(rotations[:, joint], arm))
    return np.stack(out, axis=1)


def _hip_height(skeleton: Skeleton) -> float:
    rest = skeleton.rest_positions()
    drop = rest[skeleton.index("LeftFemur"), 1] - rest[skeleton.index("LeftHindPaw"), 1]
    return float(drop) + PAW_HEIGHT


def _even_rest(stem: Skeleton, places: Array) -> Skeleton:
    """Return the symmetric skeleton of median joint and tip positions (J + K, 3)."""
    count = len(stem)
    parents = stem.parents
    offsets = places[:count] - np.where(parents[:, None] < 0, 0.0, places[parents])
    ends = {
        stem.index(name): places[count + k] - places[stem.index(name)]
        for k, name in enumerate(_TIPS)
    }
    return Skeleton(stem.names, parents, offsets, _sites(ends)).symmetric()


def _sites(ends: dict[int, Array]) -> tuple[EndSite, ...]:
    return tuple((j, (float(v[0]), float(v[1]), float(v[2]))) for j, v in ends.items())


def _rest(even: Skeleton) -> Skeleton:
    """Return the skeleton with level paws and a tail of TAIL_LENGTH."""
    offsets, ends = even.offsets.copy(), {j: np.array(v) for j, v in even.end_sites}
    paws = [even.index(name) for name in quadruped.PAWS]
    heights = even.rest_positions()[paws, 1]
    for paw, height in zip(paws, heights, strict=True):
        offsets[paw, 1] += heights.mean() - height
        ends[paw] = np.array([0.0, -0.5 * PAW_HEIGHT, np.linalg.norm(ends[paw]) * 0.6])
    tail = [even.index(name) for name in quadruped.TAIL]
    tip = ends[tail[-1]]
    length = np.linalg.norm(offsets[tail[1:]], axis=-1).sum() + np.linalg.norm(tip)
    offsets[tail[1:]] *= TAIL_LENGTH / length
    ends[tail[-1]] = tip * (TAIL_LENGTH / length)
    return Skeleton(even.names, even.parents, offsets, _sites(ends))


def toes_down(skeleton: Skeleton, rotations: Array, paws: Array) -> None:
    """Rotate the paws of world rotations (T, J, 4) in place: flat on the ground, else straight.

    ``paws`` (T, 4, 3) are positions in meters. A flat paw points in its pastern's direction.
    """
    for k, leg_name in enumerate(quadruped.LEGS):
        pastern, paw = (skeleton.index(name) for name in quadruped.LEG_CHAINS[leg_name][3:])
        above = rotations[:, pastern]
        forward = quat.to_two_axes(above)[:, :3]
        up = quat.to_two_axes(above)[:, 3:]
        level = quat.yaw(quat.yaw_of(forward + 0.5 * np.maximum(-forward[:, 1:2], 0.0) * up))
        share = smoothstep(paws[:, k, 1], *TOES_DOWN)
        rotations[:, paw] = quat.slerp(level.astype(above.dtype), above, share)


def leveled(paws: Array, fps: float) -> Array:
    """Return paw positions (T, 4, 3) shifted up or down so that planted paws are at PAW_HEIGHT.

    The shift of a stance moves its lower quartile; between stances it is interpolated. No paw sinks
    into the ground.
    """
    out = np.array(paws)
    speeds = np.linalg.norm(np.gradient(smooth(paws, 1.0), axis=0), axis=-1) * fps
    times = np.arange(len(paws))
    for k in range(paws.shape[1]):
        height = paws[:, k, 1]
        floor = np.median(height[speeds[:, k] < 2.0 * STILL]) if len(height) else 0.0
        stands = (speeds[:, k] < 0.35) & (np.abs(height - floor) < 0.035)
        spans = [(a, b) for a, b in runs(stands) if b - a >= 3]
        if not spans:
            continue
        at = np.concatenate([[a, b - 1] for a, b in spans])
        level = np.repeat([np.percentile(height[a:b], 25.0) for a, b in spans], 2)
        out[:, k, 1] += PAW_HEIGHT - smooth(np.interp(times, at, level), 3.0)
    out[..., 1] = leg_ik.soft_maximum(out[..., 1], 0.5 * PAW_HEIGHT, 0.1 * PAW_HEIGHT)
    return out
