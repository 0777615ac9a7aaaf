# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles of a bake: looked up beforehand, applied before the feet are planted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..body.kinds import Kind
from ..cleanup.secondary_motion import clear_of_ground
from ..clip.clip import Clip
from ..maths.quat import Array
from . import model, transfer
from .example import embedding_of
from .request import StyleChoice


@dataclass(frozen=True)
class StyleContext:
    """The character that gets the styles, and the seed."""

    kind: Kind
    scale: float = 1.0
    """The character's size over the model's; keys of strengths are in its own seconds."""
    seed: int | None = 0
    """Draws the unsteadiness; with None, for loops, there is none and strengths are averaged."""


def embeddings(choices: Sequence[StyleChoice], kind: Kind) -> tuple[Array, ...]:
    """Return the embedding (E,) of each requested style; raises RefusedError for unknown ones."""
    if not choices:
        return ()
    styler = _styler(kind)
    return tuple(embedding_of(styler, choice) for choice in choices)


def apply_styles(
    clip: Clip,
    choices: Sequence[StyleChoice],
    known: Sequence[Array],
    context: StyleContext,
) -> Clip:
    """Return a clip of the model's size in the chosen styles.

    ``known`` are their embeddings, as ``embeddings`` returns them. A named style also holds the
    build it was measured on: on another build its difference from neutral is applied.
    """
    if not choices:
        return clip
    seed, styler = context.seed, _styler(context.kind)
    neutral = None if _same_build(clip, styler) else styler.library["neutral"]
    seconds = np.arange(clip.frames) * (math.sqrt(context.scale) / clip.fps)
    ingredients = []
    for choice, embedding in zip(choices, known, strict=True):
        strength: Array | float = 1.0
        if isinstance(choice.strength, tuple):
            strength = transfer.keyed(choice.strength, seconds)
            strength = float(np.mean(strength)) if seed is None else strength
        else:
            strength = choice.strength
        base = neutral if choice.name is not None else None
        rhythm = styler.rhythms.get(choice.name or "")
        ingredients.append(transfer.Ingredient(embedding, strength, base, rhythm))
    out = transfer.styled(styler, clip, ingredients, seed)
    return clear_of_ground(out, clip)


def _same_build(clip: Clip, styler: model.Styler) -> bool:
    """Return whether a clip has the build on which the library was measured."""
    return bool(np.allclose(clip.skeleton.offsets, styler.skeleton.offsets, atol=1e-3))


def add_credits(card: dict[str, Any], choices: Sequence[StyleChoice], kind: Kind) -> None:
    """Add the style model's digest and credits to a report card."""
    if not choices:
        return
    styler = _styler(kind)
    card["model"] = {**card["model"], "style": styler.digest}
    card["credits"] = [
        *card["credits"],
        *(c for c in styler.info["credits"] if c not in card["credits"]),
    ]


def _styler(kind: Kind) -> model.Styler:
    return model.load_styler(kind.name)
