# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of a motion that a style changes, and conditions that stay.

Features are the rotations of trunk, head, arms or tail and feet, and the positions of the hips
and of the ends of the legs, seen from the smoothed root. Conditions are the root's motion, the
contacts, the stride phase and the gait. The long bones of the legs are neither: inverse
kinematics places them. ``StyleLayout`` says which joints these are for a kind of body.

Lengths are meters at the model's size; arrays are (T, ...).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..body import biped_gaits, quadruped, quadruped_gaits, stride_phases
from ..body.kinds import BIPED, QUADRUPED, kind_of
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..controller import features, stride_clock
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep
from ..plan import trajectory
from ..plan.trajectory import Trajectory

RATE = 30.0
"""Frames a second."""
SIDES = ("Left", "Right")

UNSTEADY = 8
"""Number of noise signals that the decoder is given: slow ones, then quick ones."""
SLOW, QUICK = (0.25, 0.7), (4.5, 6.5)
"""Hertz of their waves."""

CONTACT_SIGMA = 1.0
"""Spread in frames of the smoothing of contacts."""
GOING = (0.1, 0.35)
"""m/s at which an animal stands, and at which it surely walks, where footfalls are missing."""

EDGE = 0.3
"""Seconds after the first touchdown and before the last in which the speed counts, too."""


@dataclass(frozen=True)
class StyleLayout:
    """Joints of a kind of body that a style may change, and the columns of the features."""

    joints: tuple[str, ...]
    """Joints whose rotations are features."""
    rooted: tuple[str, ...]
    """Those whose rotations are relative to the root, the skeleton's own root first; all others are
    relative to their parents."""
    tips: tuple[str, ...]
    """Ends of the legs, whose positions are features."""
    waves: int
    """Number of columns of the stride phase."""
    gaits: int
    """Number of gaits."""

    @property
    def turns(self) -> slice:
        """Rotation vectors (rad) of the joints."""
        return slice(0, 3 * len(self.joints))

    @property
    def hips(self) -> slice:
        """Position of the skeleton's root."""
        return slice(self.turns.stop, self.turns.stop + 3)

    @property
    def ends(self) -> slice:
        """Positions of the legs' ends."""
        return slice(self.hips.stop, self.hips.stop + 3 * len(self.tips))

    @property
    def features(self) -> int:
        """Number of features."""
        return int(self.ends.stop)

    @property
    def contacts(self) -> slice:
        """As in ``Clip.contacts``; this slice and those below are of the conditions."""
        return slice(0, 4)

    @property
    def phase(self) -> slice:
        """Stride phase of the legs, fading to 0 while standing.

        For a person cosine and sine of the gait phase and of twice it; for an animal the clock of
        ``controller.stride_clock``.
        """
        return slice(4, 4 + self.waves)

    @property
    def motion(self) -> slice:
        """Velocity x and z (m/s) and yaw rate (rad/s) of the root."""
        return slice(self.phase.stop, self.phase.stop + 3)

    @property
    def gait(self) -> slice:
        """Weights of the gaits."""
        return slice(self.motion.stop, self.motion.stop + self.gaits)

    @property
    def conditions(self) -> int:
        """Number of conditions."""
        return int(self.gait.stop)

    @property
    def decoder_conditions(self) -> int:
        """Number of values that the decoder is given: conditions and signals of unsteadiness."""
        return self.conditions + UNSTEADY

    def joint(self, name: str) -> slice:
        """Return the rotation vector of a joint among the features."""
        at = 3 * self.joints.index(name)
        return slice(at, at + 3)


_TORSO = ("Hips", "Spine", "Spine1", "Spine2", "Spine3", "Neck", "Neck1", "Head")
_ARM = ("Shoulder", "Arm", "ForeArm", "Hand")
_ANKLES = ("LeftFoot", "RightFoot")
PERSON: Final = StyleLayout(
    (*_TORSO, *(side + name for side in SIDES for name in _ARM), *_ANKLES),
    ("Hips", *_ANKLES),
    _ANKLES,
    4,
    len(biped_gaits.GAITS),
)
FEET: Final = {
    leg: chain[chain.index(quadruped.limb(leg)[2]) :] for leg, chain in quadruped.LEG_CHAINS.items()
}
"""Leg of an animal to its joints from the hock or wrist down to the paw."""
_FEET = tuple(name for chain in FEET.values() for name in chain)
ANIMAL: Final = StyleLayout(
    (
        *(*quadruped.TORSO, *quadruped.NECK, *quadruped.TAIL),
        *(f"{side}Scapula" for side in SIDES),
        *_FEET,
    ),
    ("Pelvis", *_FEET),
    quadruped.PAWS,
    2 * len(quadruped.LEGS),
    len(quadruped_gaits.GAITS),
)
LAYOUTS: Final = {BIPED: PERSON, QUADRUPED: ANIMAL}
"""By kind of body."""


def layout_of(skeleton: Skeleton) -> StyleLayout:
    """Return the layout of a skeleton's kind of body."""
    return LAYOUTS[kind_of(skeleton)]


@dataclass(frozen=True, eq=False)
class Observed:
    """A motion at its own rate with its root track, contacts and stride phase."""

    clip: Clip
    root: Trajectory
    world: Array
    """(T, J, 4) world rotations."""
    positions: Array
    """(T, J, 3) world positions."""
    contacts: Array
    """(T, 4)."""
    waves: Array
    """(T, W) stride phase, as in ``StyleLayout.phase``."""

    @property
    def layout(self) -> StyleLayout:
        """The layout of its kind of body."""
        return layout_of(self.clip.skeleton)

    def features(self) -> Array:
        """Return the features (T, F) at the clip's own rate."""
        skeleton, frames, layout = self.clip.skeleton, self.clip.frames, self.layout
        inverse = quat.inv(features.root_rotations(self.root))
        out = np.empty((frames, layout.features), dtype=np.float32)
        joints = [skeleton.index(name) for name in layout.joints]
        turns = np.array(self.clip.rotations[:, joints])
        for name in layout.rooted:
            seen = quat.mul(inverse, self.world[:, skeleton.index(name)])
            turns[:, layout.joints.index(name)] = seen
        out[:, layout.turns] = quat.to_rotvec(turns).reshape(frames, -1)
        ends = [0, *(skeleton.index(name) for name in layout.tips)]
        seen = features.to_root(self.root, self.positions[:, ends] - self.root.positions[:, None])
        out[:, layout.hips.start :] = seen.reshape(frames, -1)
        return out

    def conditions(self) -> Array:
        """Return the conditions (T, C) at the clip's own rate."""
        frames, fps, layout = self.clip.frames, self.clip.fps, self.layout
        out = np.empty((frames, layout.conditions), dtype=np.float32)
        sigma = CONTACT_SIGMA * fps / RATE
        out[:, layout.contacts] = smooth(self.contacts.astype(np.float32), sigma)
        out[:, layout.phase] = self.waves
        out[:, layout.motion] = features.control(self.root)[:, _motion(layout)]
        out[:, layout.gait] = self.root.gait
        return out


def _motion(layout: StyleLayout) -> slice:
    """Return the columns of the root's motion in ``features.control``."""
    return stride_clock.INPUT.motion if layout is ANIMAL else features.MOTION


def observe(clip: Clip) -> Observed:
    """Return the observation of a motion on a model's joints and at its size.

    At 60 frames a second, the rate of trajectories; the ground is at y = 0. Raises ValueError at
    another rate.
    """
    if clip.fps != trajectory.RATE:
        raise ValueError(
            f"Styles need motion at {trajectory.RATE:g} frames a second, not {clip.fps:g}"
        )
    return _OBSERVERS[kind_of(clip.skeleton)](clip, *clip.world())


def _person(clip: Clip, world: Array, positions: Array) -> Observed:
    known = clip.contacts
    if known is None:
        points = foot_contacts.foot_points(clip.skeleton, world, positions)
        known = foot_contacts.detect(points, clip.fps)
    binary = foot_contacts.clean(known, clip.fps)
    root = features.root_track(clip.skeleton, positions, binary)
    phase = foot_contacts.phase(foot_contacts.clean(binary, clip.fps), clip.fps)
    sigma = CONTACT_SIGMA * clip.fps / RATE
    angle = 2.0 * np.pi * smooth(phase.astype(np.float64), 2.0 * sigma)
    waves = [np.cos(angle), np.sin(angle), np.cos(2.0 * angle), np.sin(2.0 * angle)]
    going = 1.0 - root.gait[:, :1]
    return Observed(clip, root, world, positions, binary, going * np.stack(waves, axis=1))


def _animal(clip: Clip, world: Array, positions: Array) -> Observed:
    known = clip.contacts
    if known is None:
        paws = positions[:, [clip.skeleton.index(name) for name in quadruped.PAWS]]
        known = quadruped.paw_contacts(paws, clip.fps)
    binary = quadruped.touching(known, clip.fps)
    still = np.zeros((clip.frames, len(quadruped_gaits.GAITS)))
    root = stride_clock.root_track(clip.skeleton, positions, still)
    strides = _all_along(stride_phases.measured(binary, clip.fps), binary, root.speeds, clip.fps)
    duty = stride_phases.duty_factor(binary, clip.fps)
    root = replace(root, gait=stride_phases.gait_weights(strides, duty, clip.fps))
    return Observed(
        clip, root, world, positions, binary, stride_clock.clock(strides.phase, strides.amplitude)
    )


_OBSERVERS: Final = {BIPED: _person, QUADRUPED: _animal}


def _all_along(
    strides: stride_phases.StridePhases, contacts: Array, speeds: Array, fps: float
) -> stride_phases.StridePhases:
    """Return strides continued before the first touchdowns and after the last ones.

    No footfalls show the amplitude there; it follows from the ``speeds`` (T,).
    """
    phase, amplitude = strides.phase.copy(), strides.amplitude.copy()
    going = smoothstep(smooth(speeds, 0.1 * fps), *GOING)
    frames = np.arange(len(phase))
    for leg in range(phase.shape[1]):
        down = np.flatnonzero(np.diff(contacts[:, leg]) > 0.5) + 1
        if len(down) < 2:
            continue
        for at, step in ((down[0], down[1] - down[0]), (down[-1], down[-1] - down[-2])):
            outside = frames < at if at == down[0] else frames > at
            late = (frames[outside] - at) / min(step, stride_phases.LONGEST * fps)
            phase[outside, leg] = phase[at, leg] + late
            near = outside | (np.abs(frames - at) < EDGE * fps)
            amplitude[near, leg] = np.maximum(amplitude[near, leg], going[near])
    return stride_phases.StridePhases(phase, amplitude)


def unsteadiness(rng: np.random.Generator, count: int, frames: int) -> Array:
    """Return irregular waves (count, frames, UNSTEADY) of mean square 1, at RATE."""
    time = np.arange(frames) / RATE
    out = np.empty((count, frames, UNSTEADY), dtype=np.float32)
    half = UNSTEADY // 2
    for part, hertz in ((slice(0, half), SLOW), (slice(half, UNSTEADY), QUICK)):
        rates = rng.uniform(*hertz, size=(count, 1, half, 3))
        shifts = rng.uniform(0.0, 2.0 * np.pi, size=(count, 1, half, 3))
        waves = np.sin(2.0 * np.pi * rates * time[None, :, None, None] + shifts)
        out[..., part] = waves.sum(axis=-1) * np.sqrt(2.0 / 3.0)
    return out
