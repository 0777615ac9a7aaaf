# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips with one fault each, made from a good clip, to measure the exemplar doctor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.doctor.diagnosis import Diagnosis, examine
from motion_addon.motion.creature.reading.recording import Recording
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

_SIDE = quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), 0.5 * np.pi)
_PITCH = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), 0.5 * np.pi)


@dataclass(frozen=True)
class Good:
    """A good traveling clip, in meters, with its stride, size and legs."""

    clip: Clip
    stride: int
    """Frames."""
    hip: float
    """Height of the hips, meters."""
    joints: Mapping[str, int]
    """Canonical joint to the index of the clip's joint."""
    legs: Mapping[str, Sequence[str]]

    @staticmethod
    def canonical(clip: Clip, stride: int) -> "Good":
        """Return a clip on the canonical joints at model size, under any names."""
        joints = {name: i for i, name in enumerate(quadruped.JOINTS)}
        legs = {
            leg: [clip.skeleton.names[joints[part]] for part in chain]
            for leg, chain in quadruped.LEG_CHAINS.items()
        }
        return Good(clip, stride, quadruped_gaits.HIP_HEIGHT, joints, legs)

    def joint(self, name: str) -> int:
        """Return the index of the clip's joint that carries a canonical one."""
        return self.joints[name]


Break = Callable[[Good], Diagnosis]


def in_place(clip: Clip) -> Clip:
    """Return an in-place copy of a clip: its root stays over its first position."""
    roots = clip.root_positions.copy()
    times = np.arange(clip.frames) / max(clip.frames - 1, 1)
    roots[:, [0, 2]] -= (times[:, None] * (roots[-1] - roots[0]))[:, [0, 2]].astype(roots.dtype)
    return replace(clip, root_positions=roots)


def turned(clip: Clip, rotation: Array) -> Clip:
    """Return a clip rotated as a whole, with its rest pose unchanged."""
    turn = rotation.astype(np.float32)
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(turn, rotations[:, 0])
    return replace(clip, rotations=rotations, root_positions=quat.apply(turn, clip.root_positions))


def _examined(clip: Clip, legs: Mapping[str, Sequence[str]] | None = None) -> Diagnosis:
    return examine(Recording.of_clip(clip), legs)


def _moved(clip: Clip, roots: Array) -> Clip:
    return replace(clip, root_positions=roots.astype(np.float32))


def _posed(dog: Good, keep: slice) -> Clip:
    """Return the clip with its legs frozen in the first frame."""
    rotations = dog.clip.rotations.copy()
    rotations[:] = rotations[:1]
    rotations[:, : dog.joint("LeftScapula")] = dog.clip.rotations[:, : dog.joint("LeftScapula")]
    return replace(dog.clip, rotations=rotations).slice(keep.start, keep.stop)


def _turned_joint(dog: Good, joint: str, degrees: float, frames: slice) -> Clip:
    rotations = dog.clip.rotations.copy()
    turn = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), np.radians(degrees))
    at = dog.joint(joint)
    rotations[frames, at] = quat.mul(rotations[frames, at], turn.astype(np.float32))
    return replace(dog.clip, rotations=rotations)


def _without(clip: Clip, gone: list[int]) -> Clip:
    keep = [joint for joint in range(len(clip.skeleton)) if joint not in gone]
    new = {old: i for i, old in enumerate(keep)}
    skeleton = clip.skeleton
    parents = [new.get(int(skeleton.parents[joint]), -1) for joint in keep]
    names = tuple(skeleton.names[joint] for joint in keep)
    less = Skeleton(names, np.array(parents), skeleton.offsets[keep])
    return replace(clip, skeleton=less, rotations=clip.rotations[:, keep])


def three_legs(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: three legs."""
    gone = [dog.joint(name) for name in quadruped.LEG_CHAINS["LF"]]
    return _examined(_without(dog.clip, gone))


def six_legs(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: six legs."""
    skeleton, clip = dog.clip.skeleton, dog.clip
    names, parents = list(skeleton.names), list(skeleton.parents)
    offsets, rotations = [*skeleton.offsets], [clip.rotations]
    for leg in ("LF", "RF"):
        above = dog.joint("Spine2")
        for part in quadruped.LEG_CHAINS[leg]:
            joint = dog.joint(part)
            names.append(f"{skeleton.names[joint]}_more")
            parents.append(above)
            offsets.append(skeleton.offsets[joint])
            rotations.append(clip.rotations[:, joint : joint + 1])
            above = len(names) - 1
    more = Skeleton(tuple(names), np.array(parents), np.stack(offsets))
    return _examined(replace(clip, skeleton=more, rotations=np.concatenate(rotations, axis=1)))


def snake(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: snake."""
    gone = [dog.joint(name) for chain in quadruped.LEG_CHAINS.values() for name in chain]
    return _examined(_without(dog.clip, gone))


def not_a_number(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: not a number."""
    rotations = dog.clip.rotations.copy()
    rotations[5, 3] = np.nan
    return _examined(replace(dog.clip, rotations=rotations))


def one_frame(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: one frame."""
    return _examined(dog.clip.slice(0, 2))


def a_third_of_a_stride(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: a third of a stride."""
    return _examined(dog.clip.slice(10, 10 + round(0.3 * dog.stride)))


def part_of_a_stride(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: part of a stride."""
    return _examined(dog.clip.slice(10, 10 + round(0.62 * dog.stride)))


def frozen(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: frozen."""
    return _examined(
        replace(
            dog.clip,
            rotations=dog.clip.rotations[:1].repeat(dog.clip.frames, axis=0),
            root_positions=dog.clip.root_positions[:1].repeat(dog.clip.frames, axis=0),
        )
    )


def idle(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: idle."""
    clip = _posed(dog, slice(0, dog.clip.frames))
    nod = 0.3 * np.sin(np.arange(clip.frames) / 12.0)
    rotations = clip.rotations.copy()
    rotations[:, dog.joint("Neck1")] = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), nod)
    roots = clip.root_positions[:1].repeat(clip.frames, axis=0)
    return _examined(replace(_moved(clip, roots), rotations=rotations))


def dragged(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: dragged."""
    clip = _posed(dog, slice(0, dog.clip.frames))
    roots = clip.root_positions.copy()
    roots[:, 1] = roots[0, 1]
    return _examined(_moved(clip, roots))


def flying(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: flying."""
    clip = _posed(dog, slice(0, dog.clip.frames))
    roots = clip.root_positions.copy()
    roots[:, 1] += dog.hip * (3.5 + 0.5 * np.sin(np.arange(clip.frames) / 9.0))
    return _examined(_moved(clip, roots))


def jump(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: jump."""
    roots = dog.clip.root_positions.copy()
    roots[dog.clip.frames // 2 :, 0] += 0.7 * dog.hip
    return _examined(_moved(dog.clip, roots))


def pop(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: pop."""
    at = dog.clip.frames // 2
    return _examined(_turned_joint(dog, "LeftTibia", 70.0, slice(at, at + 1)))


def sliding(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: sliding."""
    roots = dog.clip.root_positions.copy()
    roots[:, 2] *= 1.6
    return _examined(_moved(dog.clip, roots))


def crawling(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: crawling."""
    roots = dog.clip.root_positions.copy()
    roots[:, 2] *= 0.55
    return _examined(_moved(dog.clip, roots))


def treadmill(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: treadmill."""
    return _examined(in_place(dog.clip))


def sideways(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: sideways."""
    roots = dog.clip.root_positions.copy()
    roots[:, [0, 2]] = roots[:, [2, 0]]
    return _examined(_moved(dog.clip, roots))


def backward(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: backward."""
    clip = dog.clip
    rotations, roots = clip.rotations[::-1].copy(), clip.root_positions[::-1].copy()
    return _examined(replace(clip, rotations=rotations, root_positions=roots))


def centimeters(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: centimeters."""
    return _examined(dog.clip.scaled(100.0))


def a_mouse_in_centimeters(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: a mouse in centimeters."""
    small = 0.02 / dog.hip
    mouse = replace(dog.clip, fps=dog.clip.fps / np.sqrt(small)).resample(120.0)
    return _examined(mouse.scaled(100.0 * small))


def kilometers(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: kilometers."""
    return _examined(dog.clip.scaled(0.001))


def other_axis(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: other axis."""
    return _examined(turned(dog.clip, _PITCH))


def on_its_side(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: on its side."""
    return _examined(turned(dog.clip, _SIDE))


def upside_down(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: upside down."""
    return _examined(turned(dog.clip, quat.mul(_SIDE, _SIDE)))


def under_ground(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: under ground."""
    return _examined(
        _moved(dog.clip, dog.clip.root_positions - np.array([0.0, 0.3 * dog.hip, 0.0]))
    )


def one_paw_low(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: one paw low."""
    skeleton = dog.clip.skeleton
    offsets = skeleton.offsets.copy()
    offsets[[skeleton.index(name) for name in dog.legs["RH"][1:]]] *= 1.4
    longer = Skeleton(skeleton.names, skeleton.parents, offsets)
    return _examined(replace(dog.clip, skeleton=longer), dog.legs)


def mirrored(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: mirrored."""
    legs = dog.legs
    return _examined(
        dog.clip, {leg: legs[("R" if leg[0] == "L" else "L") + leg[1]] for leg in legs}
    )


def fore_and_hind_exchanged(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: fore and hind exchanged."""
    legs = dog.legs
    return _examined(
        dog.clip, {leg: legs[leg[0] + ("F" if leg[1] == "H" else "H")] for leg in legs}
    )


def slow_motion(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: slow motion."""
    return _examined(replace(dog.clip, fps=dog.clip.fps / 6.0).resample(30.0))


def fast_motion(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: fast motion."""
    return _examined(replace(dog.clip, fps=dog.clip.fps * 8.0).resample(120.0))


def odd_rate(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: odd rate."""
    return _examined(replace(dog.clip, fps=1.0))


def few_frames(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: few frames."""
    return _examined(dog.clip.resample(max(4.5 * dog.clip.fps / dog.stride, 6.1)))


def open_ends(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: open ends."""
    clip = dog.clip.slice(0, dog.stride)
    lift = np.linspace(0.0, 1.2, clip.frames)
    rotations = clip.rotations.copy()
    for joint in ("Neck1", "Head", "Tail1"):
        turn = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), lift).astype(np.float32)
        rotations[:, dog.joint(joint)] = quat.mul(rotations[:, dog.joint(joint)], turn)
    return _examined(replace(clip, rotations=rotations))


def limping_on_three(dog: Good) -> Diagnosis:
    """Return the diagnosis of the clip with the fault: limping on three."""
    rotations = dog.clip.rotations.copy()
    for part in quadruped.LEG_CHAINS["RH"]:
        rotations[:, dog.joint(part)] = rotations[:1, dog.joint(part)]
    return _examined(replace(dog.clip, rotations=rotations))


CANONICAL: Final = frozenset((three_legs, six_legs, snake, dragged, flying, idle, limping_on_three))
"""Faults that are only possible on a canonical skeleton."""
FAULTS: Final[dict[Break, tuple[str, ...]]] = {
    three_legs: ("three_legs",),
    six_legs: ("many_legs",),
    snake: ("no_legs",),
    not_a_number: ("not_numbers",),
    one_frame: ("too_short",),
    a_third_of_a_stride: ("too_short",),
    part_of_a_stride: ("no_full_stride",),
    frozen: ("frozen",),
    idle: ("idle",),
    dragged: ("no_steps",),
    flying: ("flying",),
    jump: ("jump",),
    pop: ("jump",),
    sliding: ("sliding",),
    crawling: ("sliding",),
    treadmill: ("in_place",),
    sideways: ("sideways",),
    backward: ("backward",),
    centimeters: ("units",),
    a_mouse_in_centimeters: ("units", "too_fast"),
    kilometers: ("units",),
    other_axis: ("up_axis",),
    on_its_side: ("on_its_side",),
    upside_down: ("upside_down",),
    under_ground: ("under_ground",),
    one_paw_low: ("uneven",),
    mirrored: ("mirrored_legs",),
    fore_and_hind_exchanged: ("swapped_ends",),
    slow_motion: ("too_slow",),
    fast_motion: ("too_fast",),
    odd_rate: ("frame_rate",),
    few_frames: ("few_frames",),
    open_ends: ("open_loop",),
    limping_on_three: ("still_leg",),
}
"""Codes of each fault, of which the doctor must name one."""


def named(fault: Break, found: Diagnosis) -> bool:
    """Return whether a diagnosis names a fault."""
    return any(found.names(code) for code in FAULTS[fault])
