# SPDX-License-Identifier: GPL-3.0-or-later
"""Make up creatures, read the real ones, and write the training data of the one-shot learner.

    python -m training.creature.prepare --data FOLDER --out build/oneshot --count 1000 --jobs 2

writes an ``.npz`` file for each ``EACH`` creatures: frames in half precision, labels, and their
owners. A creature has several clips in one manner; any stretch of a clip in which it travels can
be the exemplar of the others.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits, stride_phases
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.creature.adaptation import clip_tokens
from motion_addon.motion.creature.reading import touchdowns as reading_touchdowns
from motion_addon.motion.creature.reading.footfall_pattern import footfall_pattern
from motion_addon.motion.creature.reading.touchdowns import StrideTiming
from motion_addon.motion.maths.quat import Array

from ..data import animal_rigs, variants
from ..data.labrador_clips import labrador_clips
from ..data.synthetic import creature, episodes, motion, route
from ..quadruped import prepare as dog

log = logging.getLogger(__name__)

EACH: Final = 50
"""Creatures per file."""
SECONDS: Final = 6.5
"""Usual duration of a clip."""
STEADY: Final = 3
"""Steady clips of a creature, one per gait; two more clips turn, stop or change speed."""
SLOWEST: Final = 0.2
"""Speed from which an animal travels, m/s at the model's size."""
LABRADOR: Final = "labrador"
"""Name of the creature of the motion capture."""


@dataclass(frozen=True, eq=False)
class Owned:
    """A clip at the model's size with contacts, and its labels."""

    clip: Clip
    gait: Array
    """(T, 6) weights of ``quadruped_gaits.GAITS``."""
    usable: Array
    """(T,) bool, frames to train on."""
    steps: StrideTiming | None = None
    """Timing of a steady clip with unusable contacts; None measures it from the contacts."""


def made_up(seed: int, number: int) -> list[Owned]:
    """Return clips of a made-up creature in one manner."""
    who = creature.draw(seed, number)
    rng = np.random.default_rng([seed, number, 5])
    manner = creature.draw_manner(rng)
    known = [str(name) for name in rng.permutation(list(who.froude))]
    asked: list[tuple[str, str | None]] = [("steady", name) for name in known[:STEADY]]
    asked += [
        ("winding", None),
        (str(rng.choice(route.KINDS[2:], p=(0.4, 0.25, 0.2, 0.15))), None),
    ]
    out = []
    for kind, gait in asked:
        one = route.draw(who, rng, kind, gait, SECONDS)
        clip = motion.move(who, one.plan, manner, rng).clip
        weights = one.plan.gait.astype(np.float32)
        out.append(Owned(clip, weights, np.ones(clip.frames, dtype=bool)))
    return out


def real(folder: Path) -> Iterator[tuple[str, bool, list[Owned]]]:
    """Yield the real creatures and their variants, with the mirror images of their clips.

    Yields a name, whether it is held out, and its clips.
    """
    known = episodes.animals(folder)
    for animal in (one for each in known for one in (each, *variants.variants(each))):
        own = [both for s in animal.samples for both in (s.clip, s.clip.mirrored())]
        gaits_ = [s.gait for s in animal.samples for _ in range(2)]
        kinds = [s.kind for s in animal.samples for _ in range(2)]
        yield animal.rig, animal.held_out, [*map(keyed, own, gaits_, kinds)]


def keyed(clip: Clip, gait: Array, kind: str) -> Owned:
    """Return a clip that may be hand-keyed, with contacts even if its paws slide."""
    usable = np.ones(clip.frames, dtype=bool)
    falls = footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT)
    if kind not in animal_rigs.MOVING or falls.gait not in quadruped_gaits.TABLE:
        return Owned(clip, gait, usable)
    found = reading_touchdowns.stride_timing(clip, falls)
    if found.measured:
        return Owned(clip, gait, usable)
    return Owned(replace(clip, contacts=found.contacts(clip)), gait, usable, found)


def labrador(folder: Path) -> Iterator[tuple[str, bool, list[Owned]]]:
    """Yield the Labrador twice: with its training clips, and with its held-out clips."""
    parts: dict[bool, list[Owned]] = {False: [], True: []}
    for source in dog.with_paces(labrador_clips(folder)):
        clip, gait = dog.cleaned(source.clip)
        parts[source.held_out] += _mirrored(Owned(clip, gait, dog.learnable(source.good)))
    for held_out, own in parts.items():
        yield LABRADOR, held_out, own


def _mirrored(one: Owned) -> list[Owned]:
    return [one, Owned(one.clip.mirrored(), one.gait, one.usable)]


def labels(one: Owned) -> dict[str, Array]:
    """Return the training arrays of a clip's frames, and which may be in an exemplar."""
    clip = one.clip
    root = clip_tokens.root_course(clip, one.gait)
    about = features.about_root(clip, root)
    seen = clip_tokens.root_relative(clip, root, about)
    strides = (
        stride_phases.measured(seen.contacts, clip.fps)
        if one.steps is None
        else one.steps.leg_phases()
    )
    half = {
        "control": about["control"],
        "axes": about["axes"],
        "hips": about["hips"],
        "places": seen.places,
        "velocities": seen.velocities,
        "contacts": seen.contacts,
        "amplitude": strides.amplitude,
        "phase_rate": stride_phases.rate(strides, clip.fps),
        "gait": one.gait,
    }
    out = {key: value.astype(np.float16) for key, value in half.items()}
    for key in ("matrices", "moves"):
        out[key] = about[key].astype(np.float32)
    moving = (root.speeds > SLOWEST) & (strides.amplitude.min(axis=1) > 0.5)
    return out | {
        "phase": (strides.phase % 1.0).astype(np.float32),
        "usable": one.usable,
        "shown": one.usable & moving,
        "offsets": touchdowns(strides),
    }


def touchdowns(strides: stride_phases.StridePhases) -> Array:
    """Return (T, 4) touchdowns of the legs after the left hind's, nan where they stand still."""
    offsets = (strides.phase[:, :1] - strides.phase) % 1.0
    still = strides.amplitude.min(axis=1, keepdims=True) < 0.9
    return np.where(still, np.nan, offsets).astype(np.float32)


def table(offsets: Array, gait: Array) -> Array:
    """Return (5, 4) mean touchdowns of a creature in each gait but standing; nan without frames.

    ``offsets`` (T, 4) and ``gait`` (T, 6) are of all its frames. Frames on the left lead are
    mirrored.
    """
    out = np.full((len(quadruped_gaits.GAITS) - 1, 4), np.nan, dtype=np.float32)
    for i, name in enumerate(quadruped_gaits.GAITS[1:]):
        own = offsets[(gait[:, i + 1] > 0.95) & ~np.isnan(offsets[:, 0])]
        if len(own) < 30:
            continue
        if name in quadruped_gaits.ASYMMETRIC:
            own = _right_lead(own, np.array(quadruped_gaits.TABLE[name].offsets))
        out[i] = np.angle(np.exp(2j * np.pi * own).mean(axis=0)) / (2.0 * np.pi) % 1.0
    return out


def _right_lead(own: Array, usual: Array) -> Array:
    other = quadruped_gaits.mirrored(own)

    def far(offsets: Array) -> Array:
        return np.asarray(np.abs((offsets - usual + 0.5) % 1.0 - 0.5).sum(axis=-1))

    return np.where((far(other) < far(own))[:, None], other, own)


def arrays(creatures: Sequence[tuple[str, bool, list[Owned]]]) -> dict[str, Array]:
    """Return the arrays of a file: frames (F, ...), and per creature (C, ...) and clip (N,).

    Per creature: names, held_out, bones (C, J, 3) and table (C, 5, 4); ``owner`` (N,) of clips,
    ``clip`` (F,) of frames.
    """
    frames: dict[str, list[Array]] = {}
    owner: list[int] = []
    tables = []
    for number, (_, _, clips) in enumerate(creatures):
        made = [labels(one) for one in clips]
        for one in made:
            one["clip"] = np.full(len(one["usable"]), len(owner), dtype=np.int32)
            owner.append(number)
            for key, value in one.items():
                frames.setdefault(key, []).append(value)
        offsets = np.concatenate([one["offsets"] for one in made])
        gait = np.concatenate([one["gait"] for one in made])
        tables.append(table(offsets, gait))
    skeletons: list[Skeleton] = [clips[0].clip.skeleton for _, _, clips in creatures]
    out = {key: np.concatenate(value) for key, value in frames.items() if key != "offsets"}
    return out | {
        "owner": np.array(owner, dtype=np.int32),
        "names": np.array([name for name, _, _ in creatures]),
        "held_out": np.array([held_out for _, held_out, _ in creatures]),
        "bones": np.stack([skeleton.offsets for skeleton in skeletons]).astype(np.float32),
        "table": np.stack(tables),
    }


def write_made_up(seed: int, out: Path, first: int) -> Path:
    """Write ``EACH`` creatures of a seed, from number ``first``, to their own file."""
    numbers = range(first, first + EACH)
    own = [(f"{seed}.{n}", episodes.held_out(n), made_up(seed, n)) for n in numbers]
    file = out / f"made_up_{first:05d}.npz"
    np.savez(file, **arrays(own))
    return file


def main() -> None:
    """Read the command line and write the files."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("build/oneshot/data"))
    parser.add_argument("--count", type=int, default=1000, help="made-up creatures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write = partial(write_made_up, options.seed, options.out)
    with ProcessPoolExecutor(options.jobs) as pool:
        for file in pool.map(write, range(0, options.count, EACH)):
            log.info("%s", file)
    for name, source in (("real", real), ("labrador", labrador)):
        np.savez(options.out / f"{name}.npz", **arrays(list(source(options.data))))
        log.info("%s", options.out / f"{name}.npz")


if __name__ == "__main__":
    main()
