# SPDX-License-Identifier: GPL-3.0-or-later
"""The clips that gaps are cut out of, by kind of body: people, and animals of all proportions."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion import gaits, quadruped
from motion_addon.motion.clip import Clip
from motion_addon.motion.oneshot import units
from motion_addon.motion.quat import Array
from motion_addon.motion.skeleton import Skeleton

from .. import sources
from ..creatures import episodes, generate
from ..oneshot.prepare import keyed
from ..prepare import on_model_skeleton, planted
from ..quadruped import prepare as dog
from ..quadruped import rigs
from ..quadruped.sources import SourceClip, labrador_clips

MADE_UP: Final = 400
"""Creatures that do not exist; every tenth is held out."""
SEED: Final = 1
KIN: Final = (
    "quaternius/Fox",
    "0ad/elephant_african_bush",
    "0ad/elephant_african_forest",
    "0ad/elephant_asian",
)
"""Rigs whose clips are, but for their proportions, those of a creature that is held out."""
SHARES: Final = {"people": 1.0, "labrador": 0.45, "rigs": 0.3, "made up": 0.25}
"""How often a kind of clips is drawn."""


@dataclass(frozen=True, eq=False)
class Part:
    """A clip to learn from or to measure by: 60 Hz, model size, contacts included."""

    name: str
    kind: str
    """Of SHARES."""
    clip: Clip
    usable: Array
    """(T,) bool, frames to learn from."""
    held_out: bool
    captured: bool = True
    """Whether the motion is as it was captured or keyed; else its standing feet are pinned."""
    travels: bool = True
    """Whether it walks or runs; else it stands, turns, eats, attacks, jumps, ..."""


def people(data: Path) -> Iterator[Part]:
    """Yield people, each clip as captured and with its feet pinned."""
    skeleton: Skeleton | None = None
    for source in sources.biped_clips(data, left_out=()):
        skeleton = skeleton or source.clip.skeleton
        raw = on_model_skeleton(source.clip, skeleton, source.floor)
        fixed, stands = planted(raw)
        pace = raw.fps / source.clip.fps
        good = np.ones(raw.frames, dtype=bool)
        for first, last in source.bad_ranges:
            good[int(first * pace) : math.ceil(last * pace) + 1] = False
        held_out = source.name in sources.HELD_OUT
        told = replace(raw, contacts=stands)
        travels = source.name not in sources.LEFT_OUT
        yield Part(source.name, "people", told, good, held_out, travels=travels)
        if travels:
            yield Part(
                f"{source.name} planted",
                "people",
                replace(fixed, contacts=stands),
                good,
                held_out,
                captured=False,
            )


def animals(data: Path) -> Iterator[Part]:
    """Yield animals, each on the canonical skeleton of its proportions, hips 0.56 m high."""
    yield from labrador(data)
    yield from keyed_rigs(data)
    yield from made_up(MADE_UP)


def labrador(data: Path) -> Iterator[Part]:
    """Yield the Labrador, each clip as captured and with its paws pinned."""
    for source in dog.with_paces(labrador_clips(data)):
        clip, _ = dog.cleaned(source.clip)
        good = _learnable(source)
        if "paced" not in source.name:
            raw = replace(source.clip, contacts=clip.contacts)
            yield Part(source.name, "labrador", raw, good, source.held_out)
        name = f"{source.name} planted"
        yield Part(name, "labrador", clip, good, source.held_out, captured=False)


def _learnable(source: SourceClip) -> Array:
    """Return (T,) bool; leaps are learned from, too, where the whole body was captured."""
    if not source.full:
        return dog.learnable(source.good)
    good = np.ones(source.clip.frames, dtype=bool)
    good[:3] = good[-3:] = False
    return good


def keyed_rigs(data: Path) -> Iterator[Part]:
    """Yield hand-keyed animals: whatever they do, where their paws could be kept."""
    kinds = (*rigs.MOVING, "idle", "turn", "other")
    for one in rigs.animal_clips(data, kinds):
        if one.failed or one.rig in KIN or one.froude >= episodes.FASTEST:
            continue
        clip = units.of_model_size(one.clip, one.hip_height)
        clip = replace(clip, contacts=quadruped.paw_contacts(quadruped.paw_points(clip), clip.fps))
        told = keyed(clip, np.zeros((clip.frames, len(gaits.GAITS))), one.kind).clip
        good = np.ones(clip.frames, dtype=bool)
        yield Part(
            one.name,
            "rigs",
            told,
            good,
            one.creature in episodes.HELD_OUT,
            travels=one.kind in rigs.MOVING,
        )


def made_up(count: int) -> Iterator[Part]:
    """Yield one outing of each of ``count`` creatures that do not exist."""
    for number, (take, _) in enumerate(generate.takes(SEED, count)):
        good = np.ones(take.clip.frames, dtype=bool)
        held_out = episodes.held_out(number)
        yield Part(take.creature.name, "made up", take.clip, good, held_out)


BODIES: Final[dict[str, Callable[[Path], Iterator[Part]]]] = {
    "biped": people,
    "quadruped": animals,
}
"""The clips of a kind of body."""
