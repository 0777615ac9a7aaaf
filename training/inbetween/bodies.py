# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips for the in-between models: people, and animals of all proportions."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.body import dynamic_units, quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array

from ..biped.prepare import on_model_skeleton, planted
from ..creature.prepare import keyed
from ..data import animal_rigs, variants
from ..data import people as data_people
from ..data.animal_rigs import AnimalClip
from ..data.labrador_clips import SourceClip, labrador_clips
from ..data.synthetic import episodes, generate
from ..quadruped import prepare as dog

SYNTHETIC: Final = 400
"""Number of synthetic animals; every tenth is held out."""
SEED: Final = 1
KIN: Final = (
    "quaternius/Fox",
    "0ad/elephant_african_bush",
    "0ad/elephant_african_forest",
    "0ad/elephant_asian",
)
"""Rigs whose clips have the motion of a held-out animal, in other proportions."""
STILL: Final = ", still"
"""Suffix of a kind for its clips that do not travel."""
SHARES: Final = {
    "people": 1.0,
    "labrador": 0.4,
    "rigs": 0.2,
    f"rigs{STILL}": 0.2,
    "made up": 0.2,
}
"""Share of each kind of clips in the batches; clips that do not travel count with their kind if
they have no own share."""
OFF_GROUND: Final = 0.03
"""Meters by which a clip in another build may leave the ground or sink into it."""


@dataclass(frozen=True, eq=False)
class Part:
    """A training or held-out clip: 60 Hz, model size, with contacts."""

    name: str
    kind: str
    """``people``, ``labrador``, ``rigs`` (keyed by hand) or ``made up`` (synthetic)."""
    clip: Clip
    usable: Array
    """(T,) bool, frames for training."""
    held_out: bool
    captured: bool = True
    """Whether the motion is as captured or keyed; else feet are pinned in their stances, or the
    body has another build."""
    travels: bool = True
    """Whether it walks or runs; others stand, turn, eat, attack, jump, ..."""

    @property
    def share(self) -> str:
        """Key of its share in SHARES."""
        still = f"{self.kind}{STILL}"
        return still if not self.travels and still in SHARES else self.kind


def people(data: Path) -> Iterator[Part]:
    """Yield the clips of people, each as captured and with feet pinned."""
    skeleton: Skeleton | None = None
    for source in data_people.biped_clips(data, left_out=()):
        skeleton = skeleton or source.clip.skeleton
        raw = on_model_skeleton(source.clip, skeleton, source.floor)
        fixed, stances = planted(raw)
        pace = raw.fps / source.clip.fps
        good = np.ones(raw.frames, dtype=bool)
        for first, last in source.bad_ranges:
            good[int(first * pace) : math.ceil(last * pace) + 1] = False
        held_out = source.name in data_people.HELD_OUT
        labeled = replace(raw, contacts=stances)
        travels = source.name not in data_people.LEFT_OUT
        yield Part(source.name, "people", labeled, good, held_out, travels=travels)
        if travels:
            yield Part(
                f"{source.name} planted",
                "people",
                replace(fixed, contacts=stances),
                good,
                held_out,
                captured=False,
            )


def animals(data: Path) -> Iterator[Part]:
    """Yield animals, each on the canonical skeleton of its proportions, hips 0.56 m high."""
    yield from labrador(data)
    yield from keyed_rigs(data)
    yield from synthetic(SYNTHETIC)


def labrador(data: Path) -> Iterator[Part]:
    """Yield the Labrador's clips, each as captured and with paws pinned."""
    for source in dog.with_paces(labrador_clips(data)):
        clip, _ = dog.cleaned(source.clip)
        good = _learnable(source)
        if "paced" not in source.name:
            raw = replace(source.clip, contacts=clip.contacts)
            yield Part(source.name, "labrador", raw, good, source.held_out)
        name = f"{source.name} planted"
        yield Part(name, "labrador", clip, good, source.held_out, captured=False)


def _learnable(source: SourceClip) -> Array:
    """Return the frames for training (T,) bool; with leaps if the whole body was captured."""
    if not source.full:
        return dog.learnable(source.good)
    good = np.ones(source.clip.frames, dtype=bool)
    good[:3] = good[-3:] = False
    return good


def keyed_rigs(data: Path) -> Iterator[Part]:
    """Yield the clips of hand-keyed animals, training ones also in other builds.

    All actions whose paws could be kept are included.
    """
    kinds = (*animal_rigs.MOVING, "idle", "turn", "other")
    found: dict[str, list[AnimalClip]] = {}
    for one in animal_rigs.animal_clips(data, kinds):
        if not one.failed and one.rig not in KIN and one.froude < episodes.FASTEST:
            found.setdefault(one.rig, []).append(one)
    for own in found.values():
        sized = (dynamic_units.of_model_size(one.clip, one.hip_height) for one in own)
        clips = [quadruped.with_contacts(clip) for clip in sized]
        yield from map(_keyed, own, clips)
        if own[0].creature not in episodes.HELD_OUT:
            yield from in_other_builds(own, clips)


def _keyed(one: AnimalClip, clip: Clip, mark: str = "") -> Part:
    """Return the part of a clip at the model's size; ``mark`` names another build."""
    labeled = keyed(clip, np.zeros((clip.frames, len(quadruped_gaits.GAITS))), one.kind).clip
    return Part(
        f"{one.name}{mark}",
        "rigs",
        labeled,
        np.ones(clip.frames, dtype=bool),
        one.creature in episodes.HELD_OUT,
        captured=not mark,
        travels=one.kind in animal_rigs.MOVING,
    )


def in_other_builds(own: list[AnimalClip], clips: list[Clip]) -> Iterator[Part]:
    """Yield the clips of an animal in other builds, except those that leave the ground.

    Longer legs do not raise a trunk that lies down.
    """
    standing = [
        clip
        for one, clip in zip(own, clips, strict=True)
        if one.kind in (*animal_rigs.MOVING, "idle")
    ]
    for number, made in enumerate(variants.builds(own[0].rig, clips, standing=standing)):
        for one, clip, before in zip(own, made, clips, strict=True):
            higher = _lowest(clip) - _lowest(before)[variants.frames_of(before, clip)]
            shift = float(higher.mean())
            if np.percentile(np.abs(higher - shift), 95.0) < OFF_GROUND:
                down = np.array([0.0, shift, 0.0], dtype=np.float32)
                lowered = replace(clip, root_positions=clip.root_positions - down)
                mark = f"{variants.MARK}{number}"
                yield _keyed(one, quadruped.with_contacts(lowered), mark)


def _lowest(clip: Clip) -> Array:
    """Return (T,) the height of the lowest joint, meters."""
    return np.asarray(clip.world()[1][..., 1].min(axis=1))


def synthetic(count: int) -> Iterator[Part]:
    """Yield one clip of each of ``count`` synthetic animals."""
    for number, (take, _) in enumerate(generate.motions(SEED, count)):
        good = np.ones(take.clip.frames, dtype=bool)
        held_out = episodes.held_out(number)
        yield Part(take.creature.name, "made up", take.clip, good, held_out)


BODIES: Final[dict[str, Callable[[Path], Iterator[Part]]]] = {
    "biped": people,
    "quadruped": animals,
}
"""Function that yields the clips of a kind of body, by its name."""
