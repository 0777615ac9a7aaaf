# SPDX-License-Identifier: GPL-3.0-or-later
"""The one clip that an unknown animal is learned from, on the canonical quadruped.

Whatever its rig, size, frame rate and heading, in place or moving: an exemplar travels ahead over
the ground at the model animal's size and pace, 60 frames a second.
"""

from dataclasses import dataclass, replace

import numpy as np

from ....errors import RefusedError
from ...body import quadruped, quadruped_gaits
from ...body.dynamic_units import Units
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones, RigMap
from . import footing, looping, stride_reading, subject
from .file_units import Scale
from .footing import Footing
from .gait_names import Footfalls
from .looping import Seam
from .recording import Recording
from .stride_reading import Strides
from .subject import Legs, Subject

__all__ = ["Exemplar", "Reading", "RefusedError", "exemplar", "of_clip", "read", "understand"]

RATE = 60.0
LONG = 6.0
"""Seconds of the model animal's time for which a loop is repeated at least."""
LONGEST = 30.0
"""Seconds of the model animal's time beyond which a clip is cut."""
RATES = (6.0, 300.0)
"""Frame rates that are read."""
STILL = 0.05
"""Half the way, over the hip's height, that a loop must get on in a round to move."""
ASIDE = 0.35
"""Share of the speed ahead under which an animal in place does not go to the side."""


@dataclass(frozen=True, eq=False)
class Exemplar:
    """A motion of an animal on the canonical quadruped of its proportions."""

    name: str
    clip: Clip
    """At model size (hips as high as ``gaits.HIP_HEIGHT``) and pace, 60 Hz, ahead along +Z from
    the origin over the ground at zero, contacts (T, 4) 0 or 1 in the order of LEGS."""
    hip_height: float
    """Real height of the hip joints, meters."""
    loop: bool
    """Whether the motion closes; then it is repeated here."""
    footfalls: Footfalls
    """Its gait; the stride is in seconds of the model animal."""
    speed: float
    """Mean speed along the ground at model size, m/s."""
    unit: float = 1.0
    """Meters to the recording's unit of length."""
    subject: Subject | None = None
    """The animal in its recording."""

    @property
    def real_speed(self) -> float:
        """Mean speed along the ground, m/s."""
        return self.speed * Units(self.hip_height).speed / Units(quadruped_gaits.HIP_HEIGHT).speed

    @property
    def real_stride(self) -> float:
        """Duration of a stride, seconds; 0 without strides."""
        return self.footfalls.stride / Units(self.hip_height).factors()[1]


@dataclass(frozen=True, eq=False)
class Reading:
    """What is seen in a recording before it is turned into an exemplar."""

    subject: Subject
    turns: Array
    """(T, B, 4) away from rest; the body's axes, Y up."""
    positions: Array
    """(T, B, 3) in the body's axes, Y up, in the recording's unit."""
    pelvis: Array
    """(T, 3) in the body's axes, in the recording's unit."""
    heading: Array
    """(T,) yaw of the trunk, radians, unwrapped."""
    footing: Footing
    poses: Array
    """(T, J, 3) canonical joints as the animal itself sees them, over the hip's height."""
    seam: Seam
    strides: Strides
    """Times in frames of the recording."""
    scale: Scale
    tilt: Array
    """(4,) what the motion was turned by because its up is not that of the rest pose."""


def read(
    rig: RigBones,
    rotations: Array,
    positions: Array,
    fps: float,
    *,
    rig_map: RigMap | None = None,
    legs: Legs | None = None,
    unit: float | None = None,
    name: str = "",
) -> Exemplar:
    """Return the exemplar of a motion of a rig, such as Blender's evaluated pose bones.

    ``rotations`` (T, B, 4) are world_from_bone and ``positions`` (T, B, 3) the heads, world, Y up.
    The parts of the animal are those of ``rig_map``, or found around ``legs``, or found by
    structure. ``unit`` (meters) overrides the guess that tells meters from centimeters. Raises
    RefusedError in one plain sentence.
    """
    recording = Recording(rig, np.asarray(rotations), np.asarray(positions), fps, name)
    return exemplar(understand(recording, rig_map, legs, unit))


def of_clip(
    clip: Clip,
    legs: Legs | None = None,
    *,
    rig_map: RigMap | None = None,
    unit: float | None = None,
    name: str = "",
) -> Exemplar:
    """Return the exemplar of a clip of any skeleton, such as a BVH file's; see ``read``."""
    return exemplar(understand(Recording.of_clip(clip, name), rig_map, legs, unit))


def understand(
    recording: Recording,
    rig_map: RigMap | None = None,
    legs: Legs | None = None,
    unit: float | None = None,
) -> Reading:
    """Return what is seen in a recording; raises RefusedError where no animal is."""
    _check(recording)
    found = subject.find(recording, rig_map, legs)
    turns, positions = (part.astype(np.float64) for part in found.motion())
    tilt = footing.tilt(found.animal, turns, positions)
    if tilt[0] < 0.999:
        turns, positions = quat.mul(tilt, turns), quat.apply(tilt, positions)
    hips = found.animal.hip_height
    fps = recording.fps
    first = footing.read(
        found.animal, turns, positions, fps, np.sqrt(hips / quadruped_gaits.GRAVITY), False
    )
    poses = looping.seen_from_body(first.places, first.heading, hips)
    seam = looping.seam(poses)
    stepped = stride_reading.strides(poses, seam, fps)
    scale = Scale.guess(hips, stepped.period / fps) if unit is None else Scale(unit, 1.0)
    second = Units(hips * scale.unit).second
    stop = seam.period if seam.loops else recording.frames
    foot = footing.read(found.animal, turns[:stop], positions[:stop], fps, second, seam.loops)
    pelvis, heading = first.places[:, 0], first.heading
    return Reading(
        found, turns, positions, pelvis, heading, foot, poses, seam, stepped, scale, tilt
    )


def _check(recording: Recording) -> None:
    if recording.frames < 3:
        raise RefusedError("The clip has fewer than three frames; it shows no motion.")
    if not recording.finite:
        raise RefusedError("The clip has values that are not numbers; export it again.")
    if not RATES[0] <= recording.fps <= RATES[1]:
        raise RefusedError(
            f"The clip has {recording.fps:g} frames a second; between 8 and 240 can be read."
        )


def exemplar(seen: Reading) -> Exemplar:
    """Return the exemplar of a reading; raises RefusedError where nothing can be learned."""
    recording, animal = seen.subject.recording, seen.subject.animal
    if seen.strides.count < stride_reading.HALF:
        raise RefusedError(
            "The clip shows no stride; choose one in which the animal walks, trots or runs."
        )
    own = Units(animal.hip_height * seen.scale.unit)
    length, time = own.factors()
    turns, positions = _played(seen, LONG / time)
    rate = RATE * time
    last = min(len(turns) - 1, LONGEST / time * recording.fps)
    at = np.arange(int(np.floor(last / recording.fps * rate + 1e-6)) + 1) * (recording.fps / rate)
    clip, _ = animal.convert(*looping.at_frames(turns, positions, at), RATE)
    clip = _ahead(clip, seen.strides.period / recording.fps * rate)
    clip = clip.scaled(length * seen.scale.unit)
    speeds = Units(quadruped_gaits.HIP_HEIGHT).speed / own.speed * seen.scale.unit
    if seen.footing.in_place:
        clip = _carried(clip, seen.footing.paws * speeds)
    return Exemplar(
        recording.name,
        quadruped.with_contacts(clip),
        own.hip_height,
        seen.seam.loops,
        seen.strides.footfalls(recording.fps / time),
        seen.footing.speed * speeds,
        seen.scale.unit,
        seen.subject,
    )


def _played(seen: Reading, seconds: float) -> tuple[Array, Array]:
    """Return the motion, a loop as often as it takes to last ``seconds``."""
    if not seen.seam.loops:
        return seen.turns, seen.positions
    still = 2.0 * STILL * seen.subject.animal.hip_height
    one = looping.one_round(seen.pelvis, seen.heading, seen.seam.doubled, still)
    if seen.footing.in_place:
        one = replace(one, way=np.zeros(3))
    count = max(int(np.ceil(seconds * seen.subject.recording.fps / seen.seam.period)), 1)
    return looping.played_on(seen.turns, seen.positions, one, seen.seam.period, count)


def _ahead(clip: Clip, stride: float) -> Clip:
    """Return a clip from the origin along +Z, by its heading in the first stride (frames)."""
    withers = clip.world()[1][:, clip.skeleton.index("Withers")]
    facing = quat.unit((withers - clip.root_positions) * np.array([1.0, 0.0, 1.0]))
    mean = facing[: max(round(stride), 1)].mean(axis=0)
    back = quat.yaw(-quat.yaw_of(mean)).astype(np.float32)
    start = clip.root_positions[0] * np.array([1.0, 0.0, 1.0], dtype=np.float32)
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(back, rotations[:, 0])
    roots = quat.apply(back, clip.root_positions - start)
    return replace(clip, rotations=rotations, root_positions=roots)


def _carried(clip: Clip, velocity: Array) -> Clip:
    """Return a clip made in place moving at a velocity (2,) to the left and ahead, m/s.

    A small part to the side is how paws were keyed, not where the animal goes.
    """
    left, ahead = (float(v) for v in velocity)
    left = left if abs(left) > ASIDE * abs(ahead) else 0.0
    times = np.arange(clip.frames) / clip.fps
    roots = clip.root_positions + times[:, None] * np.array([left, 0.0, ahead])
    return replace(clip, root_positions=roots.astype(np.float32))
