# SPDX-License-Identifier: GPL-3.0-or-later
"""Episodes for a one-shot learner: a clip of a creature, and other clips of the same creature.

All clips are at the model animal's size and pace. Synthetic creatures are endless; a number
identifies each and reproduces it. Training and validation share no creature.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.body import dynamic_units, quadruped, quadruped_gaits, stride_phases
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths.quat import Array

from .. import animal_rigs
from ..animal_rigs import AnimalClip
from . import creature, motion, route
from .creature import Manner, SyntheticCreature
from .route import Route

EVERY: Final = 10
"""Every tenth synthetic creature is for validation."""
HELD_OUT: Final = ("wolf", "zebra", "lion", "alpaca", "crocodile", "elephant calf")
"""Real creatures for validation, by their names in the catalog."""
FOLDS: Final = (
    ("0ad/crocodile", "0ad/elephant_infant", "0ad/lion", "0ad/wolf", "0ad/zebra",
     "quaternius/Alpaca", "quaternius/Wolf"),
    ("0ad/boar", "0ad/bovidae", "0ad/deer", "0ad/elephant_african_bush", "0ad/horse_breed",
     "quaternius/Cow", "quaternius/Donkey", "quaternius/Fox"),
    ("0ad/elephant_african_forest", "0ad/hippopotamus", "0ad/horse", "0ad/pig", "0ad/pony",
     "0ad/sheep", "quaternius/Horse", "quaternius/Husky"),
    ("0ad/elephant_asian", "0ad/feline", "0ad/pony_small", "mesh2motion/fox",
     "mesh2motion/horse", "quaternius/Deer", "quaternius/ShibaInu", "quaternius/Stag"),
)  # fmt: skip
"""Folds of cross-validation: rigs of real creatures that are held out together. The first holds
those of HELD_OUT. Rigs that share animations are spread over the folds."""
OTHERS: Final = 3
"""Clips to predict in an episode."""
SHORTEST, LONGEST = 0.6, 5.0
"""Seconds of an exemplar."""
FASTEST: Final = 8.0
"""Froude number above which the speed of a hand-keyed loop is a mistake."""
REAL_SHARE: Final = 0.2
"""Share of real creatures in a stream of episodes."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A clip of an episode: 60 Hz, the model animal's size, with contacts (T, 4)."""

    clip: Clip
    gait: Array
    """(T, 6) weights of ``quadruped_gaits.GAITS``."""
    kind: str
    """Kind of route, of ``route.KINDS``, or the catalog's label."""
    froude: float
    """Froude number of its speed."""
    name: str = ""
    """Name of the source clip."""


@dataclass(frozen=True, eq=False)
class Episode:
    """An exemplar, and the clips to predict."""

    creature: str
    real: bool
    manner: str
    exemplar: Sample
    others: tuple[Sample, ...]


def held_out(number: int) -> bool:
    """Return whether a synthetic creature is for validation."""
    return number % EVERY == EVERY - 1


def episode(seed: int, number: int, others: int = OTHERS) -> Episode:
    """Return an episode of a synthetic creature: one manner, different gaits and speeds."""
    who = creature.draw(seed, number)
    rng = np.random.default_rng([seed, number, 2])
    manner = creature.draw_manner(rng)
    known = list(who.froude)
    first = str(rng.choice(known))
    shown = route.draw(who, rng, "steady" if rng.random() < 0.7 else "winding", first)
    sample = _sample(who, manner, shown, rng)
    unlike = [gait for gait in known if gait != first] or known
    asked = [
        route.draw(who, rng, "steady", str(rng.choice(unlike))),
        route.draw(who, rng, "winding"),
    ]
    asked += [route.draw(who, rng) for _ in range(max(others - len(asked), 0))]
    made = tuple(_sample(who, manner, one, rng) for one in asked[:others])
    return Episode(who.name, False, manner.name, _exemplar(sample, shown.steady, rng), made)


def _sample(who: SyntheticCreature, manner: Manner, out: Route, rng: np.random.Generator) -> Sample:
    clip = motion.move(who, out.plan, manner, rng).clip
    return Sample(clip, out.plan.gait.astype(np.float32), out.kind, out.froude)


def _exemplar(sample: Sample, steady: slice, rng: np.random.Generator) -> Sample:
    """Return a stretch of drawn length from the moving part of a sample."""
    seconds = float(np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST))))
    length = min(round(seconds * sample.clip.fps), steady.stop - steady.start)
    start = int(rng.integers(steady.start, max(steady.stop - length, steady.start) + 1))
    stop = start + max(length, 2)
    return Sample(
        sample.clip.slice(start, stop), sample.gait[start:stop], sample.kind, sample.froude
    )


def made_up(seed: int, validation: bool = False, start: int = 0) -> Iterator[Episode]:
    """Yield episodes of synthetic creatures without end, from number ``start``."""
    for number in itertools.count(start):
        if held_out(number) == validation:
            yield episode(seed, number)


@dataclass(frozen=True, eq=False)
class Animal:
    """A real creature's rig and its clips."""

    rig: str
    held_out: bool
    samples: tuple[Sample, ...]


def animals(folder: Path) -> list[Animal]:
    """Return the real creatures of ``folder`` (unpacked data) with at least two traveling clips.

    Clips with failed retargets and clips faster than FASTEST are left out.
    """
    found: dict[str, list[AnimalClip]] = {}
    for one in animal_rigs.animal_clips(folder, (*animal_rigs.MOVING, "turn")):
        if not one.failed and one.froude < FASTEST:
            found.setdefault(one.rig, []).append(one)
    out = []
    for rig, clips in found.items():
        samples = tuple(_of_animal(one) for one in clips)
        if len(traveling(samples)) > 1:
            out.append(Animal(rig, clips[0].creature in HELD_OUT, samples))
    return out


def traveling(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples that can be an exemplar: those that travel."""
    return [one for one in samples if one.kind in animal_rigs.MOVING and one.froude > 0.01]


def _of_animal(one: AnimalClip) -> Sample:
    clip = quadruped.with_contacts(dynamic_units.of_model_size(one.clip, one.hip_height))
    if one.kind in animal_rigs.MOVING:
        weights = quadruped_gaits.only(one.falls.gait, clip.frames)
    else:
        assert clip.contacts is not None
        strides = stride_phases.measured(clip.contacts, clip.fps)
        duty = stride_phases.duty_factor(clip.contacts, clip.fps)
        weights = stride_phases.gait_weights(strides, duty, clip.fps)
    return Sample(clip, weights, one.kind, one.froude, one.name.rsplit("/", 1)[-1])


def real(known: Sequence[Animal], seed: int) -> Iterator[Episode]:
    """Yield episodes of real creatures without end, all creatures equally often."""
    rng = np.random.default_rng([seed, 3])
    while known:
        animal = known[int(rng.integers(len(known)))]
        moving = traveling(animal.samples)
        shown = moving[int(rng.integers(len(moving)))]
        rest = [one for one in animal.samples if one is not shown]
        picked = rng.permutation(len(rest))[:OTHERS]
        exemplar = _exemplar(shown, slice(0, shown.clip.frames), rng)
        others = tuple(rest[int(i)] for i in picked)
        yield Episode(animal.rig, True, "plain", exemplar, others)


def stream(
    seed: int,
    known: Sequence[Animal] = (),
    validation: bool = False,
    real_share: float = REAL_SHARE,
) -> Iterator[Episode]:
    """Yield episodes without end; a share is of the real animals ``known`` of the split."""
    made = made_up(seed, validation)
    own = [animal for animal in known if animal.held_out == validation]
    rng = np.random.default_rng([seed, 4])
    animals_ = real(own, seed)
    while True:
        yield next(animals_) if own and rng.random() < real_share else next(made)
