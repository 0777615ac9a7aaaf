# SPDX-License-Identifier: GPL-3.0-or-later
"""Stride-phase residual of named styles that the network misses, by ridge regression."""

from typing import Final

import numpy as np

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style import rhythm
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.model import Styler

from .dataset import StyleWindows, decoder_conditions, rendered

COUNT: Final = 160
"""Windows of each style."""
RIDGE: Final = 0.01
"""Ridge penalty, as a share of the mean variance of the regressors."""


def fitted(styler: Styler, windows: StyleWindows) -> dict[str, Array]:
    """Return (B, F) of each named style: the regression of renderer minus network."""
    rng = np.random.default_rng(3)
    return {name: _fitted(styler, windows, name, rng) for name in windows.kind.styles}


def _fitted(styler: Styler, windows: StyleWindows, name: str, rng: np.random.Generator) -> Array:
    kind = windows.kind
    parts = windows.read(windows.starts(rng, COUNT))
    features, conditions = parts["features"], parts["conditions"]
    steady = np.zeros((*features.shape[:2], sf.UNSTEADY), dtype=np.float32)
    played = kind.performances([name] * COUNT, rng, jitter=0.0)
    content, own = styler.content(features, conditions), styler.style(features, conditions)
    code = np.tile(styler.library[name], (COUNT, 1))
    pair = (
        styler.decoded(features, content, x, decoder_conditions(parts, steady)) for x in (own, code)
    )
    left: Array = rendered(kind, parts, played, steady) - features + next(pair) - next(pair)
    seen = rhythm.basis(kind.layout, conditions)
    out = np.zeros((seen.shape[-1], kind.layout.features))
    for columns, which in rhythm.parts(kind.layout):
        out[columns, which] = _ridge(seen[..., columns], left[..., which])
    return out


def _ridge(x: Array, y: Array) -> Array:
    """Return the coefficients (B, F) of windows (N, T, F) on (N, T, B), both mean-free."""
    x, y = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
    x, y = (v.reshape(-1, v.shape[-1]).astype(np.float64) for v in (x, y))
    gram = x.T @ x
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.linalg.solve(gram, x.T @ y)
