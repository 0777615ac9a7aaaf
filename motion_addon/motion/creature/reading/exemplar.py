# SPDX-License-Identifier: GPL-3.0-or-later
"""The exemplar: the one clip that a creature is learned from, on the canonical quadruped.

The clip may have any rig, size, frame rate and heading, in place or moving. Its exemplar travels
straight ahead at the model animal's size and pace, at 60 frames a second.
"""

from dataclasses import dataclass, replace

import numpy as np

from ....errors import RefusedError
from ...body import quadruped, quadruped_gaits
from ...body.dynamic_units import Units
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigMap
from . import loops, stride_period
from .animal_detection import DetectedAnimal, LegBones
from .clip_analysis import ClipAnalysis, analyze
from .footfall_pattern import FootfallPattern
from .recording import Recording

RATE = 60.0
LONG = 6.0
"""Least duration of a repeated loop, seconds of the model animal's time."""
LONGEST = 30.0
"""Longest part of a clip that is used, seconds of the model animal's time."""
STILL = 0.05
"""Half the displacement per cycle, as a share of the hip height, from which a loop travels."""
ASIDE = 0.35
"""Share of the speed ahead below which an in-place animal does not move sideways."""


@dataclass(frozen=True, eq=False)
class Exemplar:
    """A motion of an animal on the canonical quadruped of its proportions."""

    name: str
    clip: Clip
    """At model size (hips at ``quadruped_gaits.HIP_HEIGHT``) and pace, 60 Hz, ahead along +Z from
    the origin over the ground at zero; contacts (T, 4) are 0 or 1 in the order of LEGS."""
    hip_height: float
    """Real height of the hip joints, meters."""
    loop: bool
    """Whether the clip is a loop; then it is repeated here."""
    footfalls: FootfallPattern
    """Its stride is in seconds of the model animal."""
    speed: float
    """Mean speed over the ground at model size, m/s."""
    unit: float = 1.0
    """The recording's unit of length, meters."""
    animal: DetectedAnimal | None = None
    """The animal in its recording."""

    @property
    def real_speed(self) -> float:
        """Mean speed over the ground, m/s."""
        return self.speed * Units(self.hip_height).speed / Units(quadruped_gaits.HIP_HEIGHT).speed

    @property
    def real_stride(self) -> float:
        """Duration of a stride, seconds; 0 without strides."""
        return self.footfalls.stride / Units(self.hip_height).factors()[1]


def of_recording(
    recording: Recording,
    legs: LegBones | None = None,
    *,
    rig_map: RigMap | None = None,
    unit: float | None = None,
) -> Exemplar:
    """Return the exemplar of a recording; takes the options of ``clip_analysis.analyze``.

    Raises RefusedError.
    """
    return of_analysis(analyze(recording, legs, rig_map=rig_map, unit=unit))


def of_clip(
    clip: Clip, legs: LegBones | None = None, *, rig_map: RigMap | None = None, name: str = ""
) -> Exemplar:
    """Return the exemplar of a clip of any skeleton, such as a BVH file's; see ``of_recording``."""
    return of_recording(Recording.of_clip(clip, name), legs, rig_map=rig_map)


def of_analysis(seen: ClipAnalysis) -> Exemplar:
    """Return the exemplar of an analyzed recording; raises RefusedError if it shows no stride."""
    recording, canonical = seen.animal.recording, seen.animal.canonical
    if seen.strides.count < stride_period.HALF:
        raise RefusedError(
            "The clip shows no stride; choose one in which the animal walks, trots or runs."
        )
    own = Units(canonical.hip_height * seen.unit.meters)
    length, time = own.factors()
    turns, positions = _repeated(seen, LONG / time)
    rate = RATE * time
    last = min(len(turns) - 1, LONGEST / time * recording.fps)
    at = np.arange(int(np.floor(last / recording.fps * rate + 1e-6)) + 1) * (recording.fps / rate)
    clip, _ = canonical.convert(*loops.sample_frames(turns, positions, at), RATE)
    clip = _ahead(clip, seen.strides.period / recording.fps * rate)
    clip = clip.scaled(length * seen.unit.meters)
    speeds = Units(quadruped_gaits.HIP_HEIGHT).speed / own.speed * seen.unit.meters
    if seen.ground.in_place:
        clip = _traveling(clip, seen.ground.paws * speeds)
    return Exemplar(
        recording.name,
        quadruped.with_contacts(clip),
        own.hip_height,
        seen.loop.closes,
        seen.strides.footfalls(recording.fps / time),
        seen.ground.speed * speeds,
        seen.unit.meters,
        seen.animal,
    )


def _repeated(seen: ClipAnalysis, seconds: float) -> tuple[Array, Array]:
    """Return the motion; a loop is repeated for at least ``seconds``."""
    if not seen.loop.closes:
        return seen.turns, seen.positions
    still = 2.0 * STILL * seen.animal.canonical.hip_height
    one = loops.loop_root_motion(seen.pelvis, seen.heading, seen.loop.repeats_first, still)
    if seen.ground.in_place:
        one = replace(one, way=np.zeros(3))
    count = max(int(np.ceil(seconds * seen.animal.recording.fps / seen.loop.period)), 1)
    return loops.repeat_loop(seen.turns, seen.positions, one, seen.loop.period, count)


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


def _traveling(clip: Clip, velocity: Array) -> Clip:
    """Return an in-place clip moved at a velocity (2,) to the left and ahead, m/s.

    A small sideways part comes from inexact keys and is dropped.
    """
    left, ahead = (float(v) for v in velocity)
    left = left if abs(left) > ASIDE * abs(ahead) else 0.0
    times = np.arange(clip.frames) / clip.fps
    roots = clip.root_positions + times[:, None] * np.array([left, 0.0, ahead])
    return replace(clip, root_positions=roots.astype(np.float32))
