# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion in place: the distance that an animal steps without covering it.

The in-between model knows motion that travels. An animal that walks in place is moved ahead at the
speed of its paws, filled, and moved back.
"""

from __future__ import annotations

import numpy as np

from ..body import quadruped
from ..body.dynamic_units import Units
from ..body.kinds import QUADRUPED
from ..clip.contacts import runs
from ..creature.own_rig.own_rig import BoneMotion
from ..creature.reading import ground_motion
from ..creature.reading.canonical_motion import CanonicalRig
from ..maths import quat
from ..maths.quat import Array

STEPS = 1.2
"""Units of time that kept frames must last to show whether an animal walks in place."""
DRIFT = 0.1
"""Share of the hip height by which an animal in place may leave its place in a gap."""
NEAR = 1.0
"""Units of time between two poses that may belong to one stance of a paw."""
LOW = 0.06
"""Height in hip heights below which a paw of a pose is in stance."""


def travel(rig: CanonicalRig, bones: BoneMotion, known: Array, fps: float) -> Array:
    """Return the distance (T, 3) that an animal steps but does not cover, meters.

    Its speed is measured in stretches of ``known`` (T,) frames and interpolated between them; if
    there is no stretch, between single poses that are close together.
    """
    second = Units(rig.hip_height).second
    at, speeds = [], []
    for start, stop in runs(known):
        if (stop - start) / fps < STEPS * second or stop - start < 3:
            continue
        part = bones.turns[start:stop], bones.places[start:stop]
        foot = ground_motion.read(rig, *part, fps, second, False)
        left, ahead = foot.paws if foot.in_place else (0.0, 0.0)
        turned = quat.yaw(float(foot.heading.mean()))
        at += [start, stop - 1]
        speeds += 2 * [quat.apply(turned, np.array([left, 0.0, ahead]))]
    frames = np.arange(len(known))
    if not at:
        speed = _between_poses(rig, bones, np.flatnonzero(known), fps)
        return np.asarray(frames[:, None] * speed / fps)
    pace = np.stack([np.interp(frames, at, column) for column in np.array(speeds).T], axis=-1)
    return np.asarray(np.cumsum(pace, axis=0) / fps)


def _between_poses(rig: CanonicalRig, bones: BoneMotion, keys: Array, fps: float) -> Array:
    """Return the velocity (3,) in m/s of an animal whose low paws of two poses would not slide."""
    hips = rig.hip_height
    places = rig.landmarks.places(bones.turns[keys], bones.places[keys])
    paws = places[:, [quadruped.JOINTS.index(leg.ball) for leg in QUADRUPED.legs]]
    times = np.diff(keys) / fps
    low = paws[..., 1] < paws[..., 1].min() + LOW * hips
    down = low[1:] & low[:-1] & (times < NEAR * Units(hips).second)[:, None]
    speeds = (np.diff(paws, axis=0) / times[:, None, None])[down] * np.array([1.0, 0.0, 1.0])
    front = quadruped.JOINTS.index(QUADRUPED.torso[-1])
    ahead = quat.unit((places[:, front] - places[:, 0]).mean(axis=0))
    back = speeds[speeds @ ahead < 0.0]
    if len(back) < len(QUADRUPED.legs):
        return np.zeros(3)
    wanted = -np.median(back, axis=0)
    own = np.linalg.norm(places[-1, 0] - places[0, 0]) / times.sum()
    least = max(ground_motion.STANDS * Units(hips).speed, own / ground_motion.IN_PLACE)
    return np.asarray(wanted if np.linalg.norm(wanted) > least else np.zeros(3))


def kept_in_place(roots: Array, known: Array, hip_height: float) -> Array:
    """Return roots (T, 3) kept near the straight line between ``known`` (T,) frames, meters."""
    most = DRIFT * hip_height
    frames, keys = np.arange(len(known)), np.flatnonzero(known)
    out = np.array(roots)
    for axis in (0, 2):
        line = np.interp(frames, keys, roots[keys, axis])
        bent = line + most * np.tanh((roots[:, axis] - line) / most)
        out[:, axis] = np.where(known, roots[:, axis], bent)
    return out
