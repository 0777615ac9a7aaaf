# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion as style sees it: what may change of it, and what it is told stays.

What may change are the rotations of the trunk, the head and what hangs on them, those of the feet,
the place of the hips and those of the legs' ends, all seen from the smoothed root. What stays is
the root's course, the contacts and their rhythm. The long bones of the legs are neither: they
follow the legs' ends. Which joints these are depends on the kind of body: a ``StyleLayout``.

Lengths are meters at the model's size; arrays are (T, ...), frames at RATE.
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
"""Signals of unsteadiness that a style may make use of: slow ones, then quick ones."""
SLOW, QUICK = (0.25, 0.7), (4.5, 6.5)
"""Hertz, of their waves."""

CONTACT_SIGMA = 1.0
"""Frames over which contacts come and go."""
GOING = (0.1, 0.35)
"""m/s at which an animal stands, and walks for sure, where its footfalls do not tell."""

EDGE = 0.3
"""Seconds after the first touchdown, and before the last, in which they do not tell either."""


@dataclass(frozen=True)
class StyleLayout:
    """Which joints of a kind of body a style may change, and where they are among the features."""

    joints: tuple[str, ...]
    """Whose rotations are features."""
    rooted: tuple[str, ...]
    """Those of them that are seen from the root, the skeleton's own root first; all others are
    seen from their parents."""
    tips: tuple[str, ...]
    """The ends of the legs, whose places are features."""
    waves: int
    """Numbers that tell the rhythm."""
    gaits: int
    """Gaits that are told apart."""

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
        """As in ``Clip.contacts``; these and what follows are conditions, told and kept."""
        return slice(0, 4)

    @property
    def phase(self) -> slice:
        """Where in their strides the legs are, fading to 0 in a stand.

        Of a person, cosine and sine of the gait phase and of twice it; of an animal the clock of
        ``stride``.
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
"""Leg of an animal to its joints from the hock or the wrist down to the paw."""
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
    """A motion at its own rate, and how its root runs."""

    clip: Clip
    root: Trajectory
    world: Array
    """(T, J, 4) world rotations."""
    positions: Array
    """(T, J, 3) world positions."""
    contacts: Array
    """(T, 4)."""
    waves: Array
    """(T, W) where in their strides the legs are."""

    @property
    def layout(self) -> StyleLayout:
        """The layout of its kind of body."""
        return layout_of(self.clip.skeleton)

    def features(self) -> Array:
        """Return (T, F) at the clip's own rate."""
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
        """Return (T, C) at the clip's own rate."""
        frames, fps, layout = self.clip.frames, self.clip.fps, self.layout
        out = np.empty((frames, layout.conditions), dtype=np.float32)
        sigma = CONTACT_SIGMA * fps / RATE
        out[:, layout.contacts] = smooth(self.contacts.astype(np.float32), sigma)
        out[:, layout.phase] = self.waves
        out[:, layout.motion] = features.control(self.root)[:, _motion(layout)]
        out[:, layout.gait] = self.root.gait
        return out


def _motion(layout: StyleLayout) -> slice:
    """Return where ``features.control`` has the root's motion."""
    return stride_clock.INPUT.motion if layout is ANIMAL else features.MOTION


def observe(clip: Clip) -> Observed:
    """Return a motion of a model's joints and size with its root, contacts and world.

    At the rate of trajectories, 60 frames a second; the ground is at y = 0. Raises ValueError at
    another rate.
    """
    if clip.fps != trajectory.RATE:
        raise ValueError(f"Style looks at motion at {trajectory.RATE:g} frames a second")
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
    """Return strides that go on before the first touchdowns and after the last ones.

    There the footfalls do not tell; the ``speeds`` (T,) say how much it moves.
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
