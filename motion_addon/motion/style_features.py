# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion as style sees it: what may change of it, and what it is told stays.

What may change are the rotations of the trunk, the head, the arms and the feet, the place of the
hips and that of the ankles, all seen from the smoothed root (``features.root_track``). What stays
is the root's course, the contacts and their rhythm. Thighs and shins are neither: they follow
their ankles.

Lengths are meters at the model's size; arrays are (T, ...), frames at RATE.
"""

from dataclasses import dataclass

import numpy as np

from . import contacts as foot_contacts
from . import features, leg, quat, trajectory
from .clip import Clip
from .quat import Array
from .smoothing import smooth
from .trajectory import Trajectory

RATE = 30.0
"""Frames a second."""
SIDES = ("Left", "Right")
ARM = ("Shoulder", "Arm", "ForeArm", "Hand")
TORSO = ("Hips", "Spine", "Spine1", "Spine2", "Spine3", "Neck", "Neck1", "Head")
JOINTS = (
    *TORSO,
    *("Left" + name for name in ARM),
    *("Right" + name for name in ARM),
    "LeftFoot",
    "RightFoot",
)
"""Whose rotations are features."""
ROOTED = ("Hips", "LeftFoot", "RightFoot")
"""Those of them that are seen from the root; all others are seen from their parents."""
TURNS = slice(0, 3 * len(JOINTS))
"""Rotation vectors (rad) of the joints."""
HIPS = slice(TURNS.stop, TURNS.stop + 3)
"""Position of the hips."""
ANKLES = slice(HIPS.stop, HIPS.stop + 6)
"""Positions of the left and of the right ankle."""
FEATURES = ANKLES.stop

CONTACTS = slice(0, 4)
"""As in ``Clip.contacts``."""
PHASE = slice(4, 8)
"""Cosine and sine of the gait phase and of twice it, fading to 0 in a stand."""
MOTION = slice(8, 11)
"""Velocity x and z (m/s) and yaw rate (rad/s) of the root."""
GAIT = slice(11, 16)
"""Weights of ``trajectory.GAITS``."""
CONDITIONS = GAIT.stop

UNSTEADY = 8
"""Signals of unsteadiness that a style may make use of: slow ones, then quick ones."""
SLOW, QUICK = (0.25, 0.7), (4.5, 6.5)
"""Hertz, of their waves."""

CONTACT_SIGMA = 1.0
"""Frames over which contacts come and go."""


@dataclass(frozen=True, eq=False)
class Observed:
    """A motion at its own rate, and how its root runs."""

    clip: Clip
    root: Trajectory
    world: Array
    """(T, J, 4) world rotations."""
    positions: Array
    """(T, J, 3) world positions."""
    contacts: Array
    """(T, 4)."""

    def features(self) -> Array:
        """Return (T, FEATURES) at the clip's own rate."""
        skeleton, frames = self.clip.skeleton, self.clip.frames
        inverse = quat.inv(features.root_rotations(self.root))
        out = np.empty((frames, FEATURES), dtype=np.float32)
        joints = [skeleton.index(name) for name in JOINTS]
        turns = np.array(self.clip.rotations[:, joints])
        for name in ROOTED:
            seen = quat.mul(inverse, self.world[:, skeleton.index(name)])
            turns[:, JOINTS.index(name)] = seen
        out[:, TURNS] = quat.to_rotvec(turns).reshape(frames, -1)
        ends = [0, *(skeleton.index(f"{side}Foot") for side in SIDES)]
        seen = features.to_root(self.root, self.positions[:, ends] - self.root.positions[:, None])
        out[:, HIPS.start :] = seen.reshape(frames, -1)
        return out

    def conditions(self) -> Array:
        """Return (T, CONDITIONS) at the clip's own rate."""
        frames, fps = self.clip.frames, self.clip.fps
        out = np.empty((frames, CONDITIONS), dtype=np.float32)
        sigma = CONTACT_SIGMA * fps / RATE
        out[:, CONTACTS] = smooth(self.contacts.astype(np.float32), sigma)
        binary = foot_contacts.clean(self.contacts, fps)
        phase = foot_contacts.phase(binary, fps).astype(np.float64)
        angle = 2.0 * np.pi * smooth(phase, 2.0 * sigma)
        going = 1.0 - self.root.gait[:, :1]
        waves = [np.cos(angle), np.sin(angle), np.cos(2.0 * angle), np.sin(2.0 * angle)]
        out[:, PHASE] = going * np.stack(waves, axis=1)
        out[:, MOTION] = features.control(self.root)[:, features.MOTION]
        out[:, GAIT] = self.root.gait
        return out


def observe(clip: Clip) -> Observed:
    """Return a motion of the biped model's joints and size with its root, contacts and world.

    At the rate of trajectories, 60 frames a second; the ground is at y = 0. Raises ValueError at
    another rate.
    """
    if clip.fps != trajectory.RATE:
        raise ValueError(f"Style looks at motion at {trajectory.RATE:g} frames a second")
    world, positions = clip.world()
    known = clip.contacts
    if known is None:
        points = foot_contacts.foot_points(clip.skeleton, world, positions)
        known = foot_contacts.detect(points, clip.fps)
    binary = foot_contacts.clean(known, clip.fps)
    root = features.root_track(clip.skeleton, positions, binary)
    return Observed(clip, root, world, positions, binary)


def unsteadiness(rng: np.random.Generator, count: int, frames: int) -> Array:
    """Return (count, frames, UNSTEADY) irregular waves of mean square 1, at RATE."""
    time = np.arange(frames) / RATE
    out = np.empty((count, frames, UNSTEADY), dtype=np.float32)
    half = UNSTEADY // 2
    for part, hertz in ((slice(0, half), SLOW), (slice(half, UNSTEADY), QUICK)):
        rates = rng.uniform(*hertz, size=(count, 1, half, 3))
        shifts = rng.uniform(0.0, 2.0 * np.pi, size=(count, 1, half, 3))
        waves = np.sin(2.0 * np.pi * rates * time[None, :, None, None] + shifts)
        out[..., part] = waves.sum(axis=-1) * np.sqrt(2.0 / 3.0)
    return out


def turned(features: Array, more: Array) -> Array:
    """Return the change (..., FEATURES) of features that adds ``more`` to them.

    Rotation vectors that are added are not turns that follow each other; those it returns are.
    """
    out = np.array(more, dtype=np.float64)
    shape = (*out.shape[:-1], len(JOINTS), 3)
    was = features[..., TURNS].reshape(shape)
    now = quat.from_rotvec(was + out[..., TURNS].reshape(shape))
    turns = quat.to_rotvec(quat.mul(quat.inv(quat.from_rotvec(was)), now))
    out[..., TURNS] = turns.reshape(*out.shape[:-1], -1)
    return out


def applied(observed: Observed, more: Array) -> Clip:
    """Return a motion with its features changed by ``more`` (T, FEATURES), at its own rate.

    Rotation vectors turn each joint further in its own frame. The legs reach for the ankles;
    frames without a change stay as they are, to the bit.
    """
    clip, skeleton = observed.clip, observed.clip.skeleton
    more = np.asarray(more, dtype=np.float64)
    turns = quat.from_rotvec(more[:, TURNS].reshape(clip.frames, len(JOINTS), 3))
    rotations = clip.rotations.astype(np.float64)
    for i, name in enumerate(JOINTS):
        if name not in ROOTED[1:]:
            joint = skeleton.index(name)
            rotations[:, joint] = quat.mul(rotations[:, joint], turns[:, i])
    root = features.root_rotations(observed.root).astype(np.float64)[:, None]
    moves = quat.apply(root, more[:, HIPS.start :].reshape(clip.frames, 3, 3))
    hips = clip.root_positions + moves[:, 0]
    world, positions = skeleton.fk(rotations, hips)
    was = observed.world.astype(np.float64)
    places = observed.positions.astype(np.float64)
    for i, side in enumerate(SIDES):
        thigh, shin, foot = (skeleton.index(side + n) for n in ("UpLeg", "Leg", "Foot"))
        moved = positions[:, thigh] - places[:, thigh]
        hip, knee, ankle = (places[:, j] + moved for j in (thigh, shin, foot))
        target = places[:, foot] + moves[:, 1 + i]
        bent, reached = leg.two_bone(hip, knee, ankle, was[:, thigh], target)
        world[:, thigh] = leg.swing(was[:, thigh], knee - hip, bent - hip)
        world[:, shin] = leg.swing(was[:, shin], ankle - knee, reached - bent)
        world[:, foot] = quat.mul(was[:, foot], turns[:, JOINTS.index(f"{side}Foot")])
        toe = skeleton.index(f"{side}Toe")
        world[:, toe] = quat.mul(world[:, foot], clip.rotations[:, toe])
    out = quat.unroll(skeleton.local(world)).astype(np.float32)
    same = ~np.any(more, axis=1)
    out[same] = clip.rotations[same]
    place = np.where(same[:, None], clip.root_positions, hips).astype(np.float32)
    return Clip(skeleton, out, place, clip.fps, clip.contacts)
