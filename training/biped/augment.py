# SPDX-License-Identifier: GPL-3.0-or-later
"""Data augmentation: slow walks from ordinary ones, with shorter and slower steps.

Steady straight walking under 1 m/s is rare in the data (the actor is slow only where he stops or
turns); a network trained without it straddles and drags a leg at those speeds.
"""

import numpy as np

from motion_addon.motion.body.biped_gaits import GAITS
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths import leg_ik, quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth

STRIDE, TEMPO = 0.8, 0.85
"""Factors of step length and of tempo: 1.25 m/s at 0.94 Hz becomes 0.85 m/s at 0.80 Hz, the step
rate of the slow frames in the data."""
RISE_SIGMA = 0.05
"""Seconds, smoothing of the hips' rise."""
FASTEST = 1.15
"""m/s of the result, above which the data suffices."""


def slowed(clip: Clip) -> Clip:
    """Return the clip with its horizontal travel scaled by STRIDE and played at TEMPO.

    Hips and ankles are scaled about the origin, so that planted feet stay planted; the width of
    the steps is kept. The hips rise so that legs stay as straight, two-bone inverse kinematics
    solves the legs, and feet keep their angles.
    """
    skeleton = clip.skeleton
    rotations, positions = (a.astype(np.float64) for a in clip.world())
    root = features.root_track(skeleton, positions)
    shrink = np.array([STRIDE, 1.0, STRIDE])
    hips = positions[:, 0] * shrink
    hips[:, 1] += smooth(risen(clip.skeleton, positions), RISE_SIGMA * clip.fps)
    moved = hips - positions[:, 0]
    across = quat.apply(features.root_rotations(root), np.array([1.0, 0.0, 0.0]))
    for side in ("Left", "Right"):
        thigh, shin, foot = (skeleton.index(side + n) for n in ("UpLeg", "Leg", "Foot"))
        width = ((positions[:, foot] - root.positions) * across).sum(axis=-1, keepdims=True)
        target = positions[:, foot] * shrink + (1.0 - STRIDE) * width * across
        hip, knee, ankle = (positions[:, j] + moved for j in (thigh, shin, foot))
        new_knee, new_ankle = leg_ik.two_bone(hip, knee, ankle, rotations[:, thigh], target)
        rotations[:, thigh] = leg_ik.swing(rotations[:, thigh], knee - hip, new_knee - hip)
        rotations[:, shin] = leg_ik.swing(rotations[:, shin], ankle - knee, new_ankle - new_knee)
    local = skeleton.local(rotations).astype(np.float32)
    short = Clip(skeleton, quat.unroll(local), hips.astype(np.float32), clip.fps)
    return short.at_frames(np.arange(int((clip.frames - 1) / TEMPO)) * TEMPO, clip.fps)


def risen(skeleton: Skeleton, positions: Array) -> Array:
    """Return (T,) meters by which the hips rise to keep the legs as straight in shorter steps."""
    rises = []
    for side in ("Left", "Right"):
        hip, ankle = (skeleton.index(side + name) for name in ("UpLeg", "Foot"))
        reach = positions[:, hip] - positions[:, ankle]
        away = (reach[:, [0, 2]] ** 2).sum(axis=-1)
        rises.append(np.sqrt(reach[:, 1] ** 2 + (1.0 - STRIDE**2) * away) - reach[:, 1])
    return np.asarray(np.minimum(*rises))


def wanted(slow: Clip) -> Array:
    """Return (T,) bool, the frames of a slowed clip to train on: slow walking only."""
    rotations, positions = slow.world()
    points = foot_contacts.foot_points(slow.skeleton, rotations, positions)
    stands = foot_contacts.detect(points, slow.fps)
    root = features.root_track(slow.skeleton, positions, stands)
    walking = root.gait[:, GAITS.index("walk")] > 0.5
    return np.asarray((root.speeds > 0.25) & (root.speeds < FASTEST) & walking)
