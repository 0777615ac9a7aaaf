# SPDX-License-Identifier: GPL-3.0-or-later
"""An animal's own bones on the canonical quadruped of its proportions, and back without loss.

What its bones have that the canonical joints cannot say (more bones, ears, a jaw, a spine that
stretches) is kept where a frame is kept and bridged where it is new; legs are then bent so that
paws are where the canonical ones are. Kept frames come back as they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..body import quadruped
from ..body.dynamic_units import Units
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..creature.own_rig import own_rig
from ..creature.own_rig.own_rig import BoneCorrections, BoneMotion, OwnRig
from ..creature.reading import ground_motion
from ..maths import quat
from ..maths.quat import Array
from . import blend_joins, fill_gaps, keyed_feet
from .bone_poses import bridged_positions, bridged_rotations
from .model import Filler

STEPS = 1.2
"""Units of time that kept frames must last to show whether an animal walks in place."""
DRIFT = 0.1
"""Share of the hip's height by which an animal in place may leave it in a gap."""
NEAR = 1.0
"""Units of time between two poses in which a paw may have stood all along."""
LOW = 0.06
"""Height over the hips' under which a paw stands in a pose."""


@dataclass(frozen=True, eq=False)
class AnimalFigure:
    """A rig of an animal, in meters, Y up, and what stands for its bones."""

    own: OwnRig

    def clip(self, bones: BoneMotion, known: Array, fps: float) -> Clip:
        """Return the ``known`` (T,) frames of a motion on the canonical joints; others repeat them.

        The ground stays where it is in the motion.
        """
        turns, places = bones.turns[known], bones.places[known]
        animal = self.own.canonical
        clip, _ = animal.convert(turns, places, fps)
        up = clip.root_positions[0] - animal.landmarks.places(turns, places)[0, 0]
        row = np.maximum.accumulate(np.where(known, np.cumsum(known) - 1, 0))
        return Clip(
            clip.skeleton, clip.rotations[row], (clip.root_positions - up)[row].astype(np.float32),
            fps,
        )  # fmt: skip

    def bones(self, clip: Clip, bones: BoneMotion, known: Array) -> BoneMotion:
        """Return a rig's motion whose frames that are not ``known`` (T,) are those of ``clip``."""
        corrections = self._corrections(clip, bones, known)
        made = own_rig.pose(self.own, clip, corrections, sink=False)
        return BoneMotion(
            bridged_rotations(made.turns, bones.turns, known, clip.fps),
            bridged_positions(made.places, bones.places, known, clip.fps),
        )

    def _corrections(self, clip: Clip, bones: BoneMotion, known: Array) -> BoneCorrections:
        """Return how the bones differ from what they follow, bridged over what is new."""
        own = self.own
        given = own_rig.followed_rotations(own, clip)
        follows = np.stack(
            [own_rig.base_rotation(own, bones, given, b) for b in range(len(own.skeleton))], 1
        )
        off = quat.inv_mul(follows, bones.turns)
        mean = quat.normalize(quat.unroll(off[known]).mean(axis=0))
        turns = bridged_rotations(np.broadcast_to(mean, off.shape), off, known, clip.fps)
        moved = np.stack([own_rig.shift(own, bones, b) for b in range(len(own.skeleton))], 1)
        shifts = bridged_positions(np.zeros_like(moved), moved, known, clip.fps)
        count = range(len(own.skeleton))
        return BoneCorrections({b: turns[:, b] for b in count}, {b: shifts[:, b] for b in count})


def treadmill(figure: AnimalFigure, bones: BoneMotion, known: Array, fps: float) -> Array:
    """Return (T, 3) the way that an animal makes by its steps but not over the ground, meters.

    It is told by stretches of ``known`` (T,) frames in which an animal walks in place; between
    them its speed goes over from one to the other. Single poses tell it where they are close.
    """
    animal = figure.own.canonical
    second = Units(animal.hip_height).second
    at, speeds = [], []
    for start, stop in runs(known):
        if (stop - start) / fps < STEPS * second or stop - start < 3:
            continue
        part = bones.turns[start:stop], bones.places[start:stop]
        foot = ground_motion.read(animal, *part, fps, second, False)
        left, ahead = foot.paws if foot.in_place else (0.0, 0.0)
        turned = quat.yaw(float(foot.heading.mean()))
        at += [start, stop - 1]
        speeds += 2 * [quat.apply(turned, np.array([left, 0.0, ahead]))]
    frames = np.arange(len(known))
    if not at:
        speed = _between_poses(figure, bones, np.flatnonzero(known), fps)
        return np.asarray(frames[:, None] * speed / fps)
    pace = np.stack([np.interp(frames, at, column) for column in np.array(speeds).T], axis=-1)
    return np.asarray(np.cumsum(pace, axis=0) / fps)


def _between_poses(figure: AnimalFigure, bones: BoneMotion, keys: Array, fps: float) -> Array:
    """Return (3,) m/s that paws ask of an animal in place, which are low in two poses running."""
    animal = figure.own.canonical
    hips = animal.hip_height
    places = animal.landmarks.places(bones.turns[keys], bones.places[keys])
    paws = places[:, [quadruped.JOINTS.index(name) for name in quadruped.PAWS]]
    times = np.diff(keys) / fps
    low = paws[..., 1] < paws[..., 1].min() + LOW * hips
    down = low[1:] & low[:-1] & (times < NEAR * Units(hips).second)[:, None]
    speeds = (np.diff(paws, axis=0) / times[:, None, None])[down] * np.array([1.0, 0.0, 1.0])
    ahead = quat.unit((places[:, quadruped.JOINTS.index("Withers")] - places[:, 0]).mean(axis=0))
    back = speeds[speeds @ ahead < 0.0]
    if len(back) < len(quadruped.LEGS):
        return np.zeros(3)
    asked = -np.median(back, axis=0)
    own = np.linalg.norm(places[-1, 0] - places[0, 0]) / times.sum()
    least = max(ground_motion.STANDS * Units(hips).speed, own / ground_motion.IN_PLACE)
    return np.asarray(asked if np.linalg.norm(asked) > least else np.zeros(3))


def fill(
    figure: AnimalFigure,
    filler: Filler,
    bones: BoneMotion,
    known: Array,
    fps: float,
    *,
    seed: int = 0,
    lock: bool = True,
) -> tuple[BoneMotion, Array]:
    """Return a rig's motion with new poses where ``known`` (T,) is False, and contacts (T, 4).

    What ``bones`` hold in the gaps plays no part. Raises RefusedError as ``inbetween.fill`` does.
    """
    told = figure.clip(bones, known, fps)
    way = treadmill(figure, bones, known, fps).astype(np.float32)
    told = replace(told, root_positions=told.root_positions + way)
    new = fill_gaps.fill(filler, told, known, seed=seed, lock=False)
    done = blend_joins.blended_joins(
        replace(new, rotations=new.rotations.astype(np.float64)), known
    )
    if lock:
        assert new.contacts is not None
        done = keyed_feet.locked(done, known, new.contacts)
    contacts = np.asarray(done.contacts)
    roots = done.root_positions - way
    if way.any():
        roots = _in_place(roots, known, DRIFT * figure.own.canonical.hip_height)
    return figure.bones(replace(done, root_positions=roots), bones, known), contacts


def _in_place(roots: Array, known: Array, most: float) -> Array:
    """Return roots (T, 3) that keep near the straight way between ``known`` (T,) frames, meters."""
    frames, keys = np.arange(len(known)), np.flatnonzero(known)
    out = np.array(roots)
    for axis in (0, 2):
        line = np.interp(frames, keys, roots[keys, axis])
        bent = line + most * np.tanh((roots[:, axis] - line) / most)
        out[:, axis] = np.where(known, roots[:, axis], bent)
    return out
