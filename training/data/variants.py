# SPDX-License-Identifier: GPL-3.0-or-later
"""Data augmentation: real animals with legs, trunks, necks and tails of other lengths.

Twenty-four rigs are few training data. Rotations are kept; the forelegs' length is solved so that
all paws reach the ground, and root motion is scaled to the hind legs' new stride.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from motion_addon.motion.body import dynamic_units, quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array

from .synthetic.episodes import Animal, Sample

COUNT: Final = 4
"""Variants of each animal."""
MARK: Final = "~"
"""Separator in a variant's name, between its animal's name and its number."""
SPREAD: Final = 0.14
"""Standard deviation of the logarithm of a body part's length."""
BONES: Final = 0.06
"""Further standard deviation for single bones of a leg."""
FORELEGS: Final = (0.75, 1.33)
"""Accepted range of the factor of the forelegs' length."""
TRIES: Final = 25
"""Most builds drawn for each accepted one."""
_HIND, _FORE = ("LH", "RH"), ("LF", "RF")


def variants(animal: Animal, count: int = COUNT) -> list[Animal]:
    """Return an animal in ``count`` other builds, always the same for an animal."""
    made = builds(animal.rig, [sample.clip for sample in animal.samples], count)
    return [
        Animal(
            f"{animal.rig}{MARK}{number}",
            animal.held_out,
            tuple(map(_sample, animal.samples, clips)),
        )
        for number, clips in enumerate(made)
    ]


def builds(
    rig: str, clips: Sequence[Clip], count: int = COUNT, standing: Sequence[Clip] = ()
) -> list[list[Clip]]:
    """Return an animal's clips in ``count`` other builds, always the same for a rig.

    Clips are at the model's size, with contacts (T, 4). The forelegs are fitted on the stances of
    ``standing``, or of all clips if it is empty. Fewer builds are returned if the forelegs of most
    draws are out of range.
    """
    rng = np.random.default_rng([5, *(ord(letter) for letter in rig)])
    out: list[list[Clip]] = []
    for _ in range(TRIES * count):
        made = _built(clips, standing or clips, rng)
        if made:
            out.append(made)
        if len(out) == count:
            break
    return out


def _built(clips: Sequence[Clip], standing: Sequence[Clip], rng: np.random.Generator) -> list[Clip]:
    """Return an animal's clips in a drawn build; none if the forelegs are out of range."""
    own = clips[0].skeleton
    drawn = _stretched(own, rng)
    factor = _forelegs(standing, drawn)
    if not FORELEGS[0] < factor < FORELEGS[1]:
        return []
    offsets = drawn.offsets.copy()
    for leg in _FORE:
        offsets[[own.index(name) for name in quadruped.LEG_CHAINS[leg][2:]]] *= factor
    built = replace(drawn, offsets=offsets)
    raised = float(np.mean([_hips(clip, built) for clip in standing]))
    height = float(np.mean([_hips(clip, own) for clip in standing]))
    return [_moved(clip, built, raised - height, raised / height) for clip in clips]


def _stretched(own: Skeleton, rng: np.random.Generator) -> Skeleton:
    """Return a skeleton with drawn lengths, its left and right alike."""

    def factor(spread: float = SPREAD) -> float:
        return float(np.exp(rng.normal(0.0, spread)))

    offsets = own.offsets.astype(np.float64)
    for part in (quadruped.TORSO[1:], quadruped.NECK, quadruped.TAIL):
        offsets[[own.index(name) for name in part]] *= factor()
    for left, right in (_HIND, _FORE):
        whole, across = factor(), factor()
        for pair in zip(quadruped.LEG_CHAINS[left], quadruped.LEG_CHAINS[right], strict=True):
            both = [own.index(name) for name in pair]
            if pair[0] == quadruped.LEG_CHAINS[left][0]:
                offsets[both, 0] *= across
            else:
                offsets[both] *= whole * factor(BONES)
    return replace(own, offsets=offsets.astype(np.float32))


def _forelegs(clips: Sequence[Clip], built: Skeleton) -> float:
    """Return the factor of the forelegs' length that puts the fore paws on the ground."""
    arms, wanted = [], []
    for clip in clips:
        places = replace(clip, skeleton=built).world()[1].astype(np.float64)
        before = clip.world()[1]
        hind = _standing(clip, _HIND)
        fore = _standing(clip, _FORE)
        if not hind.any() or not fore.any():
            continue
        paws, tops = (_joints(built, _FORE, part) for part in (-1, 1))
        back = _joints(built, _HIND, -1)
        floor = float(places[:, back, 1][hind].mean())
        uneven = float(before[:, paws, 1][fore].mean() - before[:, back, 1][hind].mean())
        arms.append(float((places[:, tops, 1] - places[:, paws, 1])[fore].mean()))
        wanted.append(float(places[:, tops, 1][fore].mean()) - floor - uneven)
    return float(np.mean(wanted) / np.mean(arms)) if arms else 0.0


def _hips(clip: Clip, skeleton: Skeleton) -> float:
    """Return the mean height (m) of the pelvis over the planted hind paws, on a skeleton."""
    places = replace(clip, skeleton=skeleton).world()[1].astype(np.float64)
    standing = _standing(clip, _HIND)
    away = places[:, :1, 1] - places[:, _joints(skeleton, _HIND, -1), 1]
    return float(away[standing].mean() if standing.any() else away.max(axis=1).mean())


def _standing(clip: Clip, legs: tuple[str, str]) -> Array:
    """Return (T, 2) bool, whether the paws of two legs are planted."""
    assert clip.contacts is not None
    return np.asarray(clip.contacts[:, [quadruped.LEGS.index(leg) for leg in legs]] > 0.5)


def _joints(skeleton: Skeleton, legs: tuple[str, str], part: int) -> list[int]:
    return [skeleton.index(quadruped.LEG_CHAINS[leg][part]) for leg in legs]


def _moved(clip: Clip, built: Skeleton, rise: float, share: float) -> Clip:
    """Return a clip on the skeleton ``built``, scaled to the model's size.

    The pelvis is raised by ``rise`` meters; hips are ``share`` times as high as before.
    """
    roots = clip.root_positions.astype(np.float64) * [share, 1.0, share] + [0.0, rise, 0.0]
    moved = replace(clip, skeleton=built, root_positions=roots.astype(np.float32))
    sized = dynamic_units.of_model_size(moved, quadruped_gaits.HIP_HEIGHT * share)
    return quadruped.with_contacts(sized)


def _sample(sample: Sample, clip: Clip) -> Sample:
    """Return a sample with its clip in another build."""
    return replace(sample, clip=clip, gait=sample.gait[frames_of(sample.clip, clip)])


def frames_of(before: Clip, clip: Clip) -> Array:
    """Return (T,) the nearest frame of ``before`` for each frame of its variant ``clip``."""
    return np.linspace(0.0, before.frames - 1.0, clip.frames).round().astype(np.int64)
