# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of windows in styles: the input, an example of a style, and the target.

An example is another window of the same performer, in another style; the target is the input
rendered in that style. Between performers there is no target.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.style import style_features as sf

from .style_set import StyleSet
from .synthesis.animal_styles import ANIMAL_STYLES
from .synthesis.people_styles import PEOPLE_STYLES

KINDS = {kind.body: kind for kind in (PEOPLE_STYLES, ANIMAL_STYLES)}

KEYS = ("features", "conditions", "low", "spread")


@dataclass(frozen=True)
class Shares:
    """Composition of a batch."""

    same: float = 0.15
    """Share of windows that are their own example."""
    plain: float = 0.5
    """Share of inputs without a style."""
    others: float = 0.2
    """Share of pairs from other performers than the main one."""
    across: float = 0.12
    """Share of pairs of two performers, which have no target."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Arrays of N windows, (N, T, ...)."""

    features: Array
    decoder_conditions: Array
    """Conditions of the input, and the unsteadiness of the target."""
    example: Array
    example_conditions: Array
    """Conditions of the example, without unsteadiness."""
    wanted: Array
    known: Array
    """(N,) bool, whether ``wanted`` is a target."""


def read(path: Path) -> dict[str, Array]:
    """Return the arrays of a file from ``prepare``."""
    with np.load(path, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


class StyleWindows:
    """Windows of the prepared clips, for training or held out."""

    def __init__(self, arrays: Mapping[str, Array], held_out: bool, window: int = WINDOW) -> None:
        """Index the arrays of ``prepare.build``."""
        mask = arrays["held_out"] == held_out
        self.frames = {key: arrays[key][mask] for key in KEYS}
        self.clip, other = arrays["clip"][mask], arrays["other"][mask]
        self.names = [str(name) for name in arrays["clip_names"]]
        self.kind = KINDS[str(arrays["body"])] if "body" in arrays else PEOPLE_STYLES
        first = np.arange(len(self.clip) - window + 1)
        first = first[self.clip[first] == self.clip[first + window - 1]]
        if "usable" in arrays:
            bad = np.concatenate([[0], np.cumsum(~arrays["usable"][mask])])
            first = first[bad[first + window] == bad[first]]
        self._window = window
        speed = np.linalg.norm(self.frames["conditions"][:, self.kind.layout.motion][:, :2], axis=1)
        bins = np.minimum((speed[first + window // 2] * 4).astype(int), 20)
        weight = 1.0 / np.sqrt(np.maximum(np.bincount(bins)[bins], 200))
        self.own, self.other = first[~other[first]], first[other[first]]
        self._weights = {}
        for name, part, w in (
            ("own", self.own, weight[~other[first]]),
            ("other", self.other, weight[other[first]]),
        ):
            self._weights[name] = (part, np.cumsum(w) / max(float(w.sum()), 1e-12))
        performers = [self.kind.performer(name) for name in self.names]
        kinds = {name: i for i, name in enumerate(dict.fromkeys(performers))}
        of_clip = np.array([kinds[name] for name in performers])
        self._groups = {k: self.other[of_clip[self.clip[self.other]] == k] for k in kinds.values()}
        self._of_clip = of_clip

    def starts(self, rng: np.random.Generator, count: int, which: str = "own") -> Array:
        """Draw first frames (N,) of windows, rare speeds more often."""
        part, cumulative = self._weights[which]
        return np.asarray(
            part[np.minimum(np.searchsorted(cumulative, rng.random(count)), len(part) - 1)]
        )

    def same_performer(self, rng: np.random.Generator, first: Array) -> Array:
        """Draw a window of the same performer for each of ``first``."""
        groups = (self._groups[int(self._of_clip[self.clip[f]])] for f in first)
        return np.array([group[rng.integers(len(group))] for group in groups], dtype=np.int64)

    def read(self, first: Array) -> dict[str, Array]:
        """Return the arrays (N, T, ...) of windows."""
        at = first[:, None] + np.arange(self._window)
        return {key: value[at] for key, value in self.frames.items()}


def rendered(kind: StyleSet, parts: dict[str, Array], styles: Array, shaky: Array) -> Array:
    """Render windows in styles (N, K)."""
    features, low, spread, conditions = (
        parts[key] for key in ("features", "low", "spread", "conditions")
    )
    return kind.render(features, low, spread, conditions, styles, shaky)


def decoder_conditions(parts: dict[str, Array], shaky: Array) -> Array:
    """Return the decoder's conditions (N, T, C + U): conditions and unsteadiness."""
    return np.concatenate([parts["conditions"], shaky], axis=2)


def draw(
    windows: StyleWindows, rng: np.random.Generator, count: int, shares: Shares | None = None
) -> Batch:
    """Draw a batch of ``count`` windows."""
    shares = shares or Shares()
    kind = rng.random(count)
    others = int((kind < shares.others).sum()) if len(windows.other) else 0
    across = int(((kind >= shares.others) & (kind < shares.others + shares.across)).sum())
    across = across if len(windows.other) else 0
    own = windows.starts(rng, count - others)
    first = np.concatenate([own, windows.starts(rng, others, "other") if others else own[:0]])
    example = np.concatenate(
        [
            windows.starts(rng, across, "other") if across else own[:0],
            windows.starts(rng, count - others - across),
            windows.same_performer(rng, first[count - others :]),
        ]
    )
    kind_ = windows.kind
    before, after = kind_.drawn(count, rng), kind_.drawn(count, rng)
    before[rng.random(count) < shares.plain] = 0.0
    same = (rng.random(count) < shares.same) & (np.arange(count) >= across)
    after[same] = before[same]
    example[same] = first[same]
    shaky = [
        sf.unsteadiness(rng, count, windows.read(first[:1])["features"].shape[1]) for _ in range(3)
    ]
    parts, shown = windows.read(first), windows.read(example)
    features = rendered(kind_, parts, before, shaky[0])
    example_features = rendered(kind_, shown, after, shaky[1])
    example_features[same] = features[same]
    return Batch(
        features,
        decoder_conditions(parts, shaky[2]),
        example_features,
        shown["conditions"],
        rendered(kind_, parts, after, shaky[2]),
        np.arange(count) >= across,
    )
