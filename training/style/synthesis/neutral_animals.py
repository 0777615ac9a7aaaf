# SPDX-License-Identifier: GPL-3.0-or-later
"""Neutral motion of animals on which styles are rendered: the Labrador, rigs, synthetic animals.

The dog is the main performer. The others add builds and gaits that it lacks; they are at the
model's size, with their own proportions, and move in the plain manner.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.clip.clip import Clip

from ...data import animal_rigs
from ...data import labrador_clips as labrador
from ...data.synthetic import creature, episodes, motion, route
from ...quadruped import prepare as dog
from ..style_set import LabeledClip

SYNTHETIC: Final = (80, 30)
"""Synthetic animals for training, and held-out ones."""
SEED: Final = 7
GAITS: Final = 2
"""Gaits of each on a straight; one more clip is on a winding path."""
SECONDS: Final = 6.0
UNSEEN: Final = "unseen/"
"""Prefix of the names of held-out animals' clips."""
HELD_OUT: Final = (*(f"labrador/{name}" for name in labrador.HELD_OUT), UNSEEN)
"""Prefixes of the names of held-out clips."""


def clips(data: Path, held_out_only: bool = False) -> Iterator[LabeledClip]:
    """Yield the dog's clips, then those of other animals."""
    for source in dog.with_paces(labrador.labrador_clips(data)):
        name = f"labrador/{source.name}"
        if not held_out_only or name.startswith(HELD_OUT):
            clip, _ = dog.cleaned(source.clip)
            yield name, False, clip, dog.learnable(source.good)
    allowed = animal_rigs.free(data)
    for animal in episodes.animals(data):
        start = UNSEEN if animal.held_out else "rig/"
        if animal.rig not in allowed or (held_out_only and not animal.held_out):
            continue
        for i, sample in enumerate(animal.samples):
            name = f"{start}{animal.rig.replace('/', '-')}/{i}"
            yield name, True, sample.clip, np.ones(sample.clip.frames, bool)
    for unseen, count in enumerate(SYNTHETIC):
        if not unseen and held_out_only:
            continue
        known = (n for n in itertools.count() if episodes.held_out(n) == bool(unseen))
        for number in itertools.islice(known, count):
            start = f"{UNSEEN if unseen else 'creature/'}{number}"
            for i, clip in enumerate(synthetic_clips(number)):
                yield f"{start}/{i}", True, clip, np.ones(clip.frames, bool)


def synthetic_clips(number: int) -> Iterator[Clip]:
    """Yield clips of a synthetic animal in the plain manner."""
    who = creature.draw(SEED, number)
    rng = np.random.default_rng([SEED, number, 6])
    plain = creature.manner("plain")
    known = [str(name) for name in rng.permutation(list(who.froude))][:GAITS]
    for kind, gait in [*(("steady", name) for name in known), ("winding", known[0])]:
        one = route.draw(who, rng, kind, gait, SECONDS)
        yield motion.move(who, one.plan, plain, rng).clip
