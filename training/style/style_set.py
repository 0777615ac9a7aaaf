# SPDX-License-Identifier: GPL-3.0-or-later
"""Named styles of a kind of body, with the data for their rendering, training and evaluation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from motion_addon.motion.body.kinds import KINDS
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style.style_features import LAYOUTS, StyleLayout

JITTER = 0.12
"""Standard deviation of a style's parameters between performances, as a share of their scale."""

Render = Callable[[Array, Array, Array, Array, Array, Array], Array]
"""Renders windows (N, T, F) in styles (N, K) from features, their low-pass, their deviation from
it, conditions, the styles and unsteadiness."""
LabeledClip = tuple[str, bool, Clip, Array]
"""Name of a clip, whether its performer is another than the main one, its motion at 60 Hz on the
body's skeleton, and (T,) bool, the frames for training."""


@dataclass(frozen=True, eq=False)
class StyleSet:
    """The named styles of a kind of body."""

    body: str
    """Name of the kind in ``motion.body.kinds.KINDS``."""
    parameters: tuple[str, ...]
    """Names of the parameters of a style; all are 0 for neutral motion."""
    positive: tuple[str, ...]
    """Parameters that are never negative."""
    shares: tuple[str, ...]
    """Parameters that are at most 1."""
    styles: Mapping[str, Mapping[str, float]]
    """Parameters of each named style; missing ones are 0."""
    render: Render
    gaits: tuple[str, ...]
    """The body's gaits, in the order of its layout."""
    judged: Mapping[str, tuple[str, ...]]
    """Gait classes of the judges, each with its members of ``gaits``."""
    held_out: tuple[str, ...]
    """Prefixes of the names of held-out clips."""
    credits: tuple[str, ...]
    """Credits of the training clips."""
    real: Mapping[str, str] = field(default_factory=dict)
    """Styles of captured performers, and the prefixes of their clips' names."""
    single: tuple[str, ...] = ()
    """Prefixes of clips whose performer is the first part of the name; for others it is the first
    two parts."""
    steps: slice | None = None
    """Features that the gait judge sees, without their mean; None for all features as they are."""

    @property
    def name(self) -> str:
        """Name of its model's folder."""
        return KINDS[self.body].styler

    @property
    def layout(self) -> StyleLayout:
        """The layout of the body's features."""
        return LAYOUTS[KINDS[self.body]]

    @property
    def classes(self) -> tuple[str, ...]:
        """Style classes of the judges."""
        return ("neutral", *self.styles)

    @cached_property
    def table(self) -> Array:
        """(S, K) parameters of all named styles."""
        return np.array([self.row(style) for style in self.styles.values()])

    @cached_property
    def scale(self) -> Array:
        """(K,) largest absolute value of each parameter over the named styles."""
        return np.asarray(np.max(np.abs(self.table), axis=0))

    def row(self, given: Mapping[str, float]) -> Array:
        """Return (K,) the parameters of a style; raises ValueError for an unknown parameter."""
        out = np.zeros(len(self.parameters))
        for name, value in given.items():
            out[self.parameters.index(name)] = value
        return out

    def performances(
        self, names: list[str], rng: np.random.Generator, jitter: float = JITTER
    ) -> Array:
        """Draw a performance (N, K) of each named style; ``neutral`` is all 0."""
        base = np.array([self.row(self.styles.get(name, {})) for name in names])
        vary = 1.0 + jitter * rng.normal(size=(len(names), 1))
        styled = (np.abs(base).sum(axis=1, keepdims=True) > 0).astype(np.float64)
        own = jitter * 0.4 * rng.normal(size=base.shape) * self.scale * (base != 0)
        return np.asarray(base * vary + styled * own)

    def drawn(self, count: int, rng: np.random.Generator) -> Array:
        """Draw random styles (N, K): scaled named ones, sums of two, or sparse random parameters.

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
        """Return (N,) the gait class, of ``judged``, of windows from their conditions (N, T, C).

        -1 if no class has a mean weight above ``sure``.
        """
        mean = conditions[..., self.layout.gait].mean(axis=1)
        parts = [[self.gaits.index(n) for n in names] for names in self.judged.values()]
        weights = np.stack([mean[:, part].sum(axis=1) for part in parts], axis=1)
        return np.where(weights.max(axis=1) > sure, weights.argmax(axis=1), -1)

    def performer(self, name: str) -> str:
        """Return the performer of a clip; a mirrored performer counts as another."""
        mirrored = " mirrored" if name.endswith("mirrored") else ""
        parts = name.removesuffix(" mirrored").split("/")
        return ("/".join(parts[:2]) if parts[0] not in self.single else parts[0]) + mirrored
