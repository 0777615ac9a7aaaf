# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes the style of a clip: a mix of named styles and examples, each with a strength.

The network decodes a motion in the new style and in its own; the clip changes by the difference
times the strength. A strength of 0 changes nothing, and details that the network cannot reproduce
are kept. Path, contacts and timing stay; feet must be locked afterward.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...options.bake import MOST_STYLES
from ..clip.clip import Clip
from ..maths.quat import Array
from ..nn.adain import WINDOW
from ..plan import trajectory
from . import rhythm as style_rhythm
from . import style_features as sf
from . import style_pose
from .model import Styler

HOP = 16
"""Frames from a window to the next; they overlap and are blended."""
STEP = round(trajectory.RATE / sf.RATE)
"""Frames of a clip per frame of the network."""


@dataclass(frozen=True, eq=False)
class Ingredient:
    """One style of a mix and its strength."""

    embedding: Array
    """(E,) as ``embedding`` gives it, or from a ``Styler``'s library."""
    strength: Array | float = 1.0
    """(T,) for each frame of the clip, or one for all: 1 is the style, more exaggerates it."""
    base: Array | None = None
    """(E,) reference style; if set, the difference from it is applied to the clip's own style
    instead of the absolute style."""
    rhythm: Array | None = None
    """(B, F) stride-phase component, for ``rhythm.basis``."""


def embedding(styler: Styler, clip: Clip) -> Array:
    """Return the style (E,) of a motion on the model's skeleton, at 60 frames a second.

    For a motion longer than a window, the mean over windows.
    """
    seen = sf.observe(clip)
    features, conditions = _at_rate(seen)
    cut = _Cut(len(features))
    return np.asarray(styler.style(cut.windows(features), cut.windows(conditions)).mean(axis=0))


def styled(
    styler: Styler, clip: Clip, ingredients: Sequence[Ingredient], seed: int | None = 0
) -> Clip:
    """Return a clip on the model's skeleton, at 60 frames a second, in a mix of styles.

    ``seed`` draws the unsteadiness of the styles; None leaves it out. Frames with strength 0
    stay bit-identical. Raises ValueError for more than MOST_STYLES styles.
    """
    if len(ingredients) > MOST_STYLES:
        raise ValueError(f"At most {MOST_STYLES} styles can be mixed, not {len(ingredients)}")
    shares = [np.broadcast_to(np.asarray(i.strength), clip.frames) for i in ingredients]
    if not any(np.any(share) for share in shares) or clip.frames < 2:
        return clip
    seen = sf.observe(clip)
    more = np.zeros((clip.frames, seen.layout.features))
    for share, change in zip(shares, _changes(styler, seen, ingredients, seed), strict=True):
        more += share[:, None] * change
    turns = style_pose.turned(seen.layout, seen.features(), more)
    turns[~np.any(more, axis=1)] = 0.0
    return style_pose.applied(seen, turns)


def _changes(
    styler: Styler, seen: sf.Observed, ingredients: Sequence[Ingredient], seed: int | None
) -> list[Array]:
    """Return the full change (T, F) of a clip for each style."""
    features, conditions = _at_rate(seen)
    cut = _Cut(len(features))
    shaky = np.zeros((1, len(features), sf.UNSTEADY), dtype=np.float32)
    if seed is not None:
        shaky = sf.unsteadiness(np.random.default_rng(seed), 1, len(features))
    windows, known = cut.windows(features), cut.windows(conditions)
    content, style = styler.content(windows, known), styler.style(windows, known)
    known = np.concatenate([known, cut.windows(shaky[0])], axis=2)
    own = styler.decoded(windows, content, style, known)
    out = []
    for one in ingredients:
        code = np.tile(one.embedding, (len(content), 1))
        if one.base is not None:
            code = styler.network.shifted(style, one.embedding - one.base)
        wanted = styler.decoded(windows, content, code, known)
        change = cut.joined(wanted - own)
        if one.rhythm is not None:
            change = change + style_rhythm.basis(seen.layout, conditions) @ one.rhythm
        at = np.arange(seen.clip.frames) / STEP
        columns = [np.interp(at, np.arange(len(change)), column) for column in change.T]
        out.append(np.stack(columns, axis=1))
    return out


def _at_rate(seen: sf.Observed) -> tuple[Array, Array]:
    return seen.features()[::STEP], seen.conditions()[::STEP]


class _Cut:
    """Cuts overlapping windows from a motion and joins them; a short motion repeats its end."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        last = max(frames - WINDOW, 0)
        first = np.append(np.arange(0, last, HOP), last)
        self._at = first[:, None] + np.arange(WINDOW)

    def windows(self, values: Array) -> Array:
        """Return (N, WINDOW, ...) of values (T, ...)."""
        return np.asarray(values[np.minimum(self._at, self._frames - 1)])

    def joined(self, windows: Array) -> Array:
        """Return (T, F) of windows (N, WINDOW, F), blended where they overlap."""
        ramp = 1.0 - np.abs(np.arange(WINDOW) - 0.5 * (WINDOW - 1)) / (0.5 * WINDOW)
        total = np.zeros((max(self._frames, WINDOW), windows.shape[2]))
        weight = np.zeros(len(total))
        for at, window in zip(self._at, windows, strict=True):
            total[at] += ramp[:, None] * window
            weight[at] += ramp
        return np.asarray((total / weight[:, None])[: self._frames])


def keyed(keys: Sequence[tuple[float, float]], seconds: Array) -> Array:
    """Return the strengths (T,) at ``seconds`` (T,) of (second, strength) keys; ends are held."""
    times, values = zip(*sorted(keys), strict=True)
    return np.interp(seconds, times, values)


def in_model_size(styler: Styler, clip: Clip) -> Clip:
    """Return a clip that has the model's joints at the model's size."""
    joints = [clip.skeleton.index(name) for name in styler.skeleton.names]
    scale = styler.info["root_height"] / -float(clip.skeleton.rest_positions()[:, 1].min())
    roots = (clip.root_positions * scale).astype(np.float32)
    return replace(
        clip,
        skeleton=styler.skeleton,
        rotations=clip.rotations[:, joints],
        root_positions=roots,
    )
