# SPDX-License-Identifier: GPL-3.0-or-later
"""What one-shot adaptation is measured on: a clip of a creature, and what else it does.

The exemplar is the slowest clip that its maker calls a walk. Asked for are its own gait and speed
straight on and along bends, and every other traveling clip of the creature at its gait and speed,
but those that are the exemplar once more, faster. No real creature's clip goes round a bend;
made-up ones, of which any motion is known, stand in for them.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.reading.exemplar import Exemplar
from motion_addon.motion.creature.reading.footfall_pattern import footfall_pattern
from motion_addon.motion.plan.trajectory import Trajectory

from ...data.synthetic import creature, episodes, motion, route
from ...data.synthetic.episodes import Animal, Sample
from . import measures
from .baselines.courses import plan, straight, winding

LONGEST: Final = 5.0
"""Seconds of an exemplar."""
WALK: Final = "walk"
"""In the name of a walk; what else is slow, a sneak, is another manner."""
BEFORE, AFTER = 60, 30
"""Frames at the ends of a case that are not measured."""
FAST: Final = 0.9
"""Share of the full speed from which a motion is measured."""
GROUPS: Final = ("held out", "made up", "seen")
"""Real creatures that were not trained on, made-up ones that were not, and real ones that were."""
ALIKE: Final = 3.0
"""Difference of two mean strides on one skeleton, % of the hip's height, under which a motion is
the same one."""
MADE_UP_SEED: Final = 11
"""Of made-up creatures; others than any that are trained on or validated with."""


@dataclass(frozen=True, eq=False)
class Case:
    """One thing that is asked of a creature."""

    kind: str
    """"own" (speed and gait of the exemplar), "turn" (the same along bends) or "other"."""
    gait: str
    plan: Trajectory
    real: Clip | None
    """How the creature does it, if that is known."""

    @property
    def speed(self) -> float:
        """Median speed, m/s at the model animal's size."""
        return float(np.median(self.plan.speeds))


@dataclass(frozen=True, eq=False)
class Creature:
    """A creature: what is shown of it, and what is asked."""

    name: str
    group: str
    """Of GROUPS."""
    kin: str
    """A creature that was trained on and has the same motion, as animators share it; or none."""
    exemplar: Exemplar
    cases: tuple[Case, ...]


def creatures(folder: Path, fold: int | None = None) -> list[Creature]:
    """Return the real creatures of ``folder`` (unpacked data), held-out ones first.

    Those of ``fold`` of ``episodes.FOLDS`` are held out, if given, in the place of the usual ones.
    """
    animals = episodes.animals(folder)
    if fold is not None:
        away = episodes.FOLDS[fold]
        animals = [replace(animal, held_out=animal.rig in away) for animal in animals]
    seen = [animal for animal in animals if not animal.held_out]
    found = [of_animal(animal, kin_of(animal, seen)) for animal in animals]
    return sorted(found, key=lambda one: GROUPS.index(one.group))


def kin_of(animal: Animal, seen: Sequence[Animal]) -> str:
    """Return the name of an animal of ``seen`` that moves just like a held-out one, or none."""
    if not animal.held_out:
        return ""
    own = [sample.clip for sample in episodes.traveling(animal.samples)]
    real = [measures.mean_stride(clip) for clip in own]
    for other in seen:
        for sample in episodes.traveling(other.samples):
            for clip, stride in zip(own, real, strict=True):
                worn = replace(sample.clip, skeleton=clip.skeleton)
                if measures.pose_error(measures.mean_stride(worn), stride) < ALIKE:
                    return other.rig
    return ""


def of_animal(animal: Animal, kin: str = "") -> Creature:
    """Return the cases of an animal with two clips or more that travel."""
    moving = sorted(episodes.traveling(animal.samples), key=lambda one: one.froude)
    first = next((one for one in moving if WALK in one.name.lower()), moving[0])
    exemplar = shown(animal.rig, first)
    own, speed = exemplar.footfalls.gait, exemplar.speed
    cases = [
        Case("own", own, plan(straight(speed), speed, own), first.clip),
        Case("turn", own, plan(winding(speed), speed, own), None),
    ]
    stride = measures.mean_stride(first.clip)
    for sample in (one for one in moving if one is not first):
        if measures.pose_error(measures.mean_stride(sample.clip), stride) < ALIKE:
            continue
        pace, gait = route.speed(sample.froude), gait_of(sample)
        cases.append(Case("other", gait, plan(straight(pace), pace, gait), sample.clip))
    group = "held out" if animal.held_out else "seen"
    return Creature(animal.rig, group, kin, exemplar, tuple(cases))


def made_up(number: int) -> Creature:
    """Return the cases of a made-up creature: it walks straight on, and does whatever it can."""
    who = creature.draw(MADE_UP_SEED, number)
    rng = np.random.default_rng([MADE_UP_SEED, number, 5])
    manner = creature.draw_manner(rng)
    cases = []
    for kind, gait in (("own", "walk"), ("turn", "walk"), *(("other", g) for g in who.froude)):
        if kind == "other" and gait == "walk":
            continue
        speed = route.speed(float(np.exp(np.mean(np.log(who.froude[gait])))))
        asked = plan((winding if kind == "turn" else straight)(speed), speed, gait, True)
        took = motion.move(who, asked, manner, np.random.default_rng([MADE_UP_SEED, number, 6]))
        cases.append(Case(kind, gait, asked, measured(took.clip, asked)))
    walk = cases[0]
    assert walk.real is not None
    froude = float(quadruped_gaits.froude(walk.speed, quadruped_gaits.HIP_HEIGHT))
    sample = Sample(
        walk.real,
        np.tile(walk.plan.gait[len(walk.plan) // 2], (walk.real.frames, 1)),
        "walk",
        froude,
    )
    name = f"{who.name}, {manner.name}"
    exemplar = shown(name, sample)
    own = exemplar.footfalls.gait
    cases = [case if case.kind == "other" else _asked_as(own, case) for case in cases]
    return Creature(name, "made up", "", exemplar, tuple(cases))


def _asked_as(gait: str, case: Case) -> Case:
    """Return a case that is asked for in the gait which the exemplar is read to have.

    What a made-up creature walks with a limp may be nearer to a trot.
    """
    course = (winding if case.kind == "turn" else straight)(case.speed)
    return replace(case, gait=gait, plan=plan(course, case.speed, gait, True))


def all_made_up(count: int) -> list[Creature]:
    """Return the first ``count`` made-up creatures that are not trained on."""
    numbers = (number for number in itertools.count() if episodes.held_out(number))
    return [made_up(number) for number in itertools.islice(numbers, count)]


def shown(name: str, sample: Sample) -> Exemplar:
    """Return what is shown of a sample: up to five seconds."""
    clip = sample.clip.slice(0, min(sample.clip.frames, round(LONGEST * sample.clip.fps)))
    falls = footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT)
    return Exemplar(
        name, clip, quadruped_gaits.HIP_HEIGHT, False, falls, route.speed(sample.froude)
    )


def gait_of(sample: Sample) -> str:
    """Return the gait that most frames of a sample are in."""
    return quadruped_gaits.GAITS[int(sample.gait.mean(axis=0).argmax())]


def measured(clip: Clip, asked: Trajectory) -> Clip:
    """Return the part of a motion along a plan that is measured: at full speed, ends left out."""
    fast = np.flatnonzero(asked.speeds > FAST * asked.speeds.max())
    return clip.slice(int(fast[0]) + BEFORE, int(fast[-1]) + 1 - AFTER)


def other_than(one: Creature, known: Sequence[Creature]) -> Creature:
    """Return another creature, always the same one, to take a clip of instead."""
    names = [creature.name for creature in known]
    at = names.index(one.name) if one.name in names else 0
    return known[(at + len(known) // 2) % len(known)]
