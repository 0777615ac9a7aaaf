# SPDX-License-Identifier: GPL-3.0-or-later
"""Exemplars with one fault each, made of a good one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from motion_addon.motion import quadruped, quat
from motion_addon.motion.clip import Clip
from motion_addon.motion.oneshot.doctor import Diagnosis, examine_clip
from motion_addon.motion.skeleton import Skeleton

from . import humans
from .steppers import in_place, turned

_SIDE = quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), 0.5 * np.pi)
_PITCH = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), 0.5 * np.pi)


@dataclass(frozen=True)
class Dog:
    """A good clip on the canonical joints, under any names, and the frames of its stride."""

    clip: Clip
    stride: int
    hip: float = 0.56
    """Height of the hips in the clip's unit, meters."""

    def joint(self, name: str) -> int:
        """Return the index of a canonical joint."""
        return quadruped.JOINTS.index(name)

    def legs(self) -> dict[str, list[str]]:
        """Return the true legs."""
        names = self.clip.skeleton.names
        return {
            leg: [names[self.joint(part)] for part in chain]
            for leg, chain in quadruped.LEG_CHAINS.items()
        }


Break = Callable[[Dog], Diagnosis]


def _moved(clip: Clip, roots: np.ndarray) -> Clip:
    return replace(clip, root_positions=roots.astype(np.float32))


def _posed(dog: Dog, keep: slice) -> Clip:
    """Return the clip with the legs held as they are in its first frame."""
    rotations = dog.clip.rotations.copy()
    rotations[:] = rotations[:1]
    rotations[:, : dog.joint("LeftScapula")] = dog.clip.rotations[:, : dog.joint("LeftScapula")]
    return replace(dog.clip, rotations=rotations).slice(keep.start, keep.stop)


def _turned_joint(dog: Dog, joint: str, degrees: float, frames: slice) -> Clip:
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


def three_legs(dog: Dog) -> Diagnosis:
    gone = [dog.joint(name) for name in quadruped.LEG_CHAINS["LF"]]
    return examine_clip(_without(dog.clip, gone))


def six_legs(dog: Dog) -> Diagnosis:
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
    return examine_clip(replace(clip, skeleton=more, rotations=np.concatenate(rotations, axis=1)))


def person(dog: Dog) -> Diagnosis:
    return examine_clip(humans.standing_clip(40))


def snake(dog: Dog) -> Diagnosis:
    gone = [dog.joint(name) for chain in quadruped.LEG_CHAINS.values() for name in chain]
    return examine_clip(_without(dog.clip, gone))


def not_a_number(dog: Dog) -> Diagnosis:
    rotations = dog.clip.rotations.copy()
    rotations[5, 3] = np.nan
    return examine_clip(replace(dog.clip, rotations=rotations))


def one_frame(dog: Dog) -> Diagnosis:
    return examine_clip(dog.clip.slice(0, 2))


def a_third_of_a_stride(dog: Dog) -> Diagnosis:
    return examine_clip(dog.clip.slice(10, 10 + round(0.3 * dog.stride)))


def part_of_a_stride(dog: Dog) -> Diagnosis:
    return examine_clip(dog.clip.slice(10, 10 + round(0.62 * dog.stride)))


def frozen(dog: Dog) -> Diagnosis:
    return examine_clip(
        replace(
            dog.clip,
            rotations=dog.clip.rotations[:1].repeat(dog.clip.frames, axis=0),
            root_positions=dog.clip.root_positions[:1].repeat(dog.clip.frames, axis=0),
        )
    )


def idle(dog: Dog) -> Diagnosis:
    clip = _posed(dog, slice(0, dog.clip.frames))
    nod = 0.3 * np.sin(np.arange(clip.frames) / 12.0)
    rotations = clip.rotations.copy()
    rotations[:, dog.joint("Neck1")] = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), nod)
    roots = clip.root_positions[:1].repeat(clip.frames, axis=0)
    return examine_clip(replace(_moved(clip, roots), rotations=rotations))


def dragged(dog: Dog) -> Diagnosis:
    clip = _posed(dog, slice(0, dog.clip.frames))
    roots = clip.root_positions.copy()
    roots[:, 1] = roots[0, 1]
    return examine_clip(_moved(clip, roots))


def flying(dog: Dog) -> Diagnosis:
    clip = _posed(dog, slice(0, dog.clip.frames))
    roots = clip.root_positions.copy()
    roots[:, 1] += dog.hip * (3.5 + 0.5 * np.sin(np.arange(clip.frames) / 9.0))
    return examine_clip(_moved(clip, roots))


def jump(dog: Dog) -> Diagnosis:
    roots = dog.clip.root_positions.copy()
    roots[dog.clip.frames // 2 :, 0] += 0.7 * dog.hip
    return examine_clip(_moved(dog.clip, roots))


def pop(dog: Dog) -> Diagnosis:
    at = dog.clip.frames // 2
    return examine_clip(_turned_joint(dog, "LeftTibia", 70.0, slice(at, at + 1)))


def sliding(dog: Dog) -> Diagnosis:
    roots = dog.clip.root_positions.copy()
    roots[:, 2] *= 1.6
    return examine_clip(_moved(dog.clip, roots))


def crawling(dog: Dog) -> Diagnosis:
    roots = dog.clip.root_positions.copy()
    roots[:, 2] *= 0.55
    return examine_clip(_moved(dog.clip, roots))


def treadmill(dog: Dog) -> Diagnosis:
    return examine_clip(in_place(dog.clip))


def sideways(dog: Dog) -> Diagnosis:
    roots = dog.clip.root_positions.copy()
    roots[:, [0, 2]] = roots[:, [2, 0]]
    return examine_clip(_moved(dog.clip, roots))


def backward(dog: Dog) -> Diagnosis:
    clip = dog.clip
    rotations, roots = clip.rotations[::-1].copy(), clip.root_positions[::-1].copy()
    return examine_clip(replace(clip, rotations=rotations, root_positions=roots))


def centimeters(dog: Dog) -> Diagnosis:
    return examine_clip(dog.clip.scaled(100.0))


def a_mouse_in_centimeters(dog: Dog) -> Diagnosis:
    small = 0.02 / dog.hip
    mouse = replace(dog.clip, fps=dog.clip.fps / np.sqrt(small)).resample(120.0)
    return examine_clip(mouse.scaled(100.0 * small))


def kilometers(dog: Dog) -> Diagnosis:
    return examine_clip(dog.clip.scaled(0.001))


def other_axis(dog: Dog) -> Diagnosis:
    return examine_clip(turned(dog.clip, _PITCH))


def on_its_side(dog: Dog) -> Diagnosis:
    return examine_clip(turned(dog.clip, _SIDE))


def upside_down(dog: Dog) -> Diagnosis:
    return examine_clip(turned(dog.clip, quat.mul(_SIDE, _SIDE)))


def under_ground(dog: Dog) -> Diagnosis:
    return examine_clip(
        _moved(dog.clip, dog.clip.root_positions - np.array([0.0, 0.3 * dog.hip, 0.0]))
    )


def one_paw_low(dog: Dog) -> Diagnosis:
    skeleton = dog.clip.skeleton
    offsets = skeleton.offsets.copy()
    offsets[[skeleton.index(name) for name in dog.legs()["RH"][1:]]] *= 1.4
    longer = Skeleton(skeleton.names, skeleton.parents, offsets)
    return examine_clip(replace(dog.clip, skeleton=longer), dog.legs())


def mirrored(dog: Dog) -> Diagnosis:
    legs = dog.legs()
    return examine_clip(
        dog.clip, {leg: legs[("R" if leg[0] == "L" else "L") + leg[1]] for leg in legs}
    )


def fore_and_hind_exchanged(dog: Dog) -> Diagnosis:
    legs = dog.legs()
    return examine_clip(
        dog.clip, {leg: legs[leg[0] + ("F" if leg[1] == "H" else "H")] for leg in legs}
    )


def slow_motion(dog: Dog) -> Diagnosis:
    return examine_clip(replace(dog.clip, fps=dog.clip.fps / 6.0).resample(30.0))


def fast_motion(dog: Dog) -> Diagnosis:
    return examine_clip(replace(dog.clip, fps=dog.clip.fps * 8.0).resample(120.0))


def odd_rate(dog: Dog) -> Diagnosis:
    return examine_clip(replace(dog.clip, fps=1.0))


def few_frames(dog: Dog) -> Diagnosis:
    return examine_clip(dog.clip.resample(max(4.5 * dog.clip.fps / dog.stride, 6.1)))


def open_ends(dog: Dog) -> Diagnosis:
    clip = dog.clip.slice(0, dog.stride)
    lift = np.linspace(0.0, 1.2, clip.frames)
    rotations = clip.rotations.copy()
    for joint in ("Neck1", "Head", "Tail1"):
        turn = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), lift).astype(np.float32)
        rotations[:, dog.joint(joint)] = quat.mul(rotations[:, dog.joint(joint)], turn)
    return examine_clip(replace(clip, rotations=rotations))


def limping_on_three(dog: Dog) -> Diagnosis:
    rotations = dog.clip.rotations.copy()
    for part in quadruped.LEG_CHAINS["RH"]:
        rotations[:, dog.joint(part)] = rotations[:1, dog.joint(part)]
    return examine_clip(replace(dog.clip, rotations=rotations))


FAULTS: Final[dict[Break, tuple[str, ...]]] = {
    three_legs: ("three_legs",),
    six_legs: ("many_legs",),
    person: ("two_legs",),
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
"""Each break to the codes of what the doctor must name, one of them."""


def named(fault: Break, found: Diagnosis) -> bool:
    """Return whether a diagnosis names a fault."""
    return any(found.names(code) for code in FAULTS[fault])
