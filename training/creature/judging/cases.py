# SPDX-License-Identifier: GPL-3.0-or-later
"""Test cases of one-shot adaptation: an exemplar of a creature, and its other motions.

The exemplar is the slowest clip that its maker calls a walk. The cases are its own gait and speed,
straight and along bends, and every other traveling clip of the creature at its gait and speed,
except faster copies of the exemplar. No real creature's clip follows a bend; made-up creatures,
whose every motion is known, cover bends.
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
"""Part of the name of a walk; other slow clips, such as a sneak, are another manner."""
BEFORE, AFTER = 60, 30
"""Frames at the ends of a case that are not measured."""
FAST: Final = 0.9
"""Share of the full speed from which frames are measured."""
GROUPS: Final = ("held out", "made up", "seen")
"""Held-out real creatures, held-out made-up ones, and real ones that were trained on."""
ALIKE: Final = 3.0
"""Pose difference of two mean strides on one skeleton, % of the hip height, below which they are
the same motion."""
MADE_UP_SEED: Final = 11
"""Seed of made-up creatures; training and validation use others."""


@dataclass(frozen=True, eq=False)
class Case:
    """One motion that is requested of a creature."""

    kind: str
    """"own" (speed and gait of the exemplar), "turn" (the same along bends) or "other"."""
    gait: str
    plan: Trajectory
    real: Clip | None
    """The creature's own motion, if known."""

    @property
    def speed(self) -> float:
        """Median speed, m/s at the model animal's size."""
        return float(np.median(self.plan.speeds))


@dataclass(frozen=True, eq=False)
class JudgedCreature:
    """A creature: its exemplar and its cases."""

    name: str
    group: str
    """One of GROUPS."""
    kin: str
    """Name of a creature that was trained on with the same motion; empty if none."""
    exemplar: Exemplar
    cases: tuple[Case, ...]


def creatures(folder: Path, fold: int | None = None) -> list[JudgedCreature]:
    """Return the real creatures of ``folder`` (unpacked data), held-out ones first.

    ``fold`` selects the creatures of ``episodes.FOLDS`` to hold out instead of the usual ones.
    """
    animals = episodes.animals(folder)
    if fold is not None:
        away = episodes.FOLDS[fold]
        animals = [replace(animal, held_out=animal.rig in away) for animal in animals]
    seen = [animal for animal in animals if not animal.held_out]
    found = [of_animal(animal, kin_of(animal, seen)) for animal in animals]
    return sorted(found, key=lambda one: GROUPS.index(one.group))


def kin_of(animal: Animal, seen: Sequence[Animal]) -> str:
    """Return the name of an animal of ``seen`` with the motion of a held-out one; empty if none."""
    if not animal.held_out:
        return ""
    own = [sample.clip for sample in episodes.traveling(animal.samples)]
    real = [measures.mean_stride(clip) for clip in own]
    for other in seen:
        for sample in episodes.traveling(other.samples):
            for clip, stride in zip(own, real, strict=True):
                retargeted = replace(sample.clip, skeleton=clip.skeleton)
                if measures.pose_error(measures.mean_stride(retargeted), stride) < ALIKE:
                    return other.rig
    return ""


def of_animal(animal: Animal, kin: str = "") -> JudgedCreature:
    """Return the cases of an animal with two traveling clips or more."""
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
    return JudgedCreature(animal.rig, group, kin, exemplar, tuple(cases))


def made_up(number: int) -> JudgedCreature:
    """Return the cases of a made-up creature: a straight walk, and all its other gaits."""
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
    return JudgedCreature(name, "made up", "", exemplar, tuple(cases))


def _asked_as(gait: str, case: Case) -> Case:
    """Return a case with the gait that was read from the exemplar.

    A made-up creature's walk with a limp may be closer to a trot.
    """
    course = (winding if case.kind == "turn" else straight)(case.speed)
    return replace(case, gait=gait, plan=plan(course, case.speed, gait, True))


def all_made_up(count: int) -> list[JudgedCreature]:
    """Return the first ``count`` held-out made-up creatures."""
    numbers = (number for number in itertools.count() if episodes.held_out(number))
    return [made_up(number) for number in itertools.islice(numbers, count)]


def shown(name: str, sample: Sample) -> Exemplar:
    """Return the exemplar of a sample: up to five seconds."""
    clip = sample.clip.slice(0, min(sample.clip.frames, round(LONGEST * sample.clip.fps)))
    falls = footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT)
    return Exemplar(
        name, clip, quadruped_gaits.HIP_HEIGHT, False, falls, route.speed(sample.froude)
    )


def gait_of(sample: Sample) -> str:
    """Return the most frequent gait of a sample's frames."""
    return quadruped_gaits.GAITS[int(sample.gait.mean(axis=0).argmax())]


def measured(clip: Clip, asked: Trajectory) -> Clip:
    """Return the measured part of a motion along a plan: at full speed, without its ends."""
    fast = np.flatnonzero(asked.speeds > FAST * asked.speeds.max())
    return clip.slice(int(fast[0]) + BEFORE, int(fast[-1]) + 1 - AFTER)


def other_than(one: JudgedCreature, known: Sequence[JudgedCreature]) -> JudgedCreature:
    """Return another creature, always the same one, whose clip serves as a control."""
    names = [creature.name for creature in known]
    at = names.index(one.name) if one.name in names else 0
    return known[(at + len(known) // 2) % len(known)]
