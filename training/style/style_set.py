# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between kinds of body as their styles are made up, learned and judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from motion_addon.motion.body.kinds import KINDS
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style.style_features import LAYOUTS, StyleLayout

JITTER = 0.12
"""Share of the scale by which one performance of a style differs from the next."""

Render = Callable[[Array, Array, Array, Array, Array, Array], Array]
"""Windows (N, T, F) in styles (N, K), of features, their slow course, how far they go from it,
conditions, the styles and unsteadiness."""
LabeledClip = tuple[str, bool, Clip, Array]
"""Name of a clip, whether it is of another performer than the one most is learned from, its motion
at 60 Hz on the body's skeleton, and (T,) bool, the frames to learn from."""


@dataclass(frozen=True, eq=False)
class StyleSet:
    """A kind of body and the styles that are made up for it."""

    body: str
    """``biped`` or ``quadruped``."""
    parameters: tuple[str, ...]
    """Names of the numbers that make a style, all 0 for the motion as it is."""
    positive: tuple[str, ...]
    """Those of them that are never negative."""
    shares: tuple[str, ...]
    """Those of them that are never over 1."""
    styles: Mapping[str, Mapping[str, float]]
    """Numbers of the parameters by name of style; those left out are 0."""
    render: Render
    gaits: tuple[str, ...]
    """The body's gaits, as its layout has them."""
    judged: Mapping[str, tuple[str, ...]]
    """Gaits that judges tell apart, each with those of ``gaits`` that it is."""
    held_out: tuple[str, ...]
    """Beginnings of the names of clips that nothing is learned from."""
    credits: tuple[str, ...]
    """Of the clips that are learned from."""
    real: Mapping[str, str] = field(default_factory=dict)
    """Styles of real performers, and what the names of their clips begin with."""
    single: tuple[str, ...] = ()
    """Beginnings of the names of clips whose performer is told by the first part of the name
    alone; of others by the first two."""
    steps: slice | None = None
    """Features by whose motion alone a judge tells gaits; None where it takes all as they are."""

    @property
    def name(self) -> str:
        """Folder of its model."""
        return KINDS[self.body].styler

    @property
    def layout(self) -> StyleLayout:
        """The layout of the body's features."""
        return LAYOUTS[KINDS[self.body]]

    @property
    def classes(self) -> tuple[str, ...]:
        """Styles that judges tell apart."""
        return ("neutral", *self.styles)

    @cached_property
    def table(self) -> Array:
        """(S, K) all styles that have names."""
        return np.array([self.row(style) for style in self.styles.values()])

    @cached_property
    def scale(self) -> Array:
        """(K,) the most that any named style has of each parameter."""
        return np.asarray(np.max(np.abs(self.table), axis=0))

    def row(self, given: Mapping[str, float]) -> Array:
        """Return (K,) the numbers of a style by name; raises ValueError for an unknown name."""
        out = np.zeros(len(self.parameters))
        for name, value in given.items():
            out[self.parameters.index(name)] = value
        return out

    def performances(
        self, names: list[str], rng: np.random.Generator, jitter: float = JITTER
    ) -> Array:
        """Return (N, K) a performance of each named style; ``neutral`` is the motion as it is."""
        base = np.array([self.row(self.styles.get(name, {})) for name in names])
        vary = 1.0 + jitter * rng.normal(size=(len(names), 1))
        styled = (np.abs(base).sum(axis=1, keepdims=True) > 0).astype(np.float64)
        own = jitter * 0.4 * rng.normal(size=base.shape) * self.scale * (base != 0)
        return np.asarray(base * vary + styled * own)

    def drawn(self, count: int, rng: np.random.Generator) -> Array:
        """Return (N, K) styles without names: named ones more or less, two at once, or any.

        A share is neutral.
        """
        table, scale = self.table, self.scale
        pick = rng.integers(len(table), size=(count, 2))
        share = rng.uniform(0.4, 1.25, size=(count, 1))
        one = table[pick[:, 0]] * share
        two = table[pick[:, 0]] * rng.uniform(0, 0.9, (count, 1)) + table[pick[:, 1]] * rng.uniform(
            0, 0.9, (count, 1)
        )
        few = rng.random((count, len(self.parameters))) < 0.3
        any_ = rng.normal(size=(count, len(self.parameters))) * scale * 0.5 * few
        kind = rng.random(count)[:, None]
        out = np.where(kind < 0.45, one, np.where(kind < 0.7, two, any_))
        out += (rng.normal(size=out.shape) * scale * 0.06) * (kind < 0.88)
        positive = [self.parameters.index(n) for n in self.positive]
        out[:, positive] = np.maximum(out[:, positive], 0.0)
        shares = [self.parameters.index(n) for n in self.shares]
        out[:, shares] = np.minimum(out[:, shares], 1.0)
        return np.asarray(out * (kind < 0.97))

    def gait_of(self, conditions: Array, sure: float) -> Array:
        """Return (N,) the gait, of ``judged``, of windows by their conditions (N, T, C).

        -1 where none has at least the weight ``sure`` over the window's mean.
        """
        mean = conditions[..., self.layout.gait].mean(axis=1)
        parts = [[self.gaits.index(n) for n in names] for names in self.judged.values()]
        weights = np.stack([mean[:, part].sum(axis=1) for part in parts], axis=1)
        return np.where(weights.max(axis=1) > sure, weights.argmax(axis=1), -1)

    def performer(self, name: str) -> str:
        """Return who moves in a clip, mirrored or not."""
        mirrored = " mirrored" if name.endswith("mirrored") else ""
        parts = name.removesuffix(" mirrored").split("/")
        return ("/".join(parts[:2]) if parts[0] not in self.single else parts[0]) + mirrored
