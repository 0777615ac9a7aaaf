# SPDX-License-Identifier: GPL-3.0-or-later
"""Shipped style models, ready to run."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from ...errors import RefusedError
from ..body.kinds import KINDS, Kind
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from ..nn.adain import AdaIn
from ..nn.weights import FOLDER, Files, check_layout, read, skeleton_of
from .style_features import LAYOUTS, StyleLayout

STYLE_STATISTICS = ("feature_mean", "feature_scale", "told_mean", "told_scale")
"""Arrays in the file beside the weights: mean and scale of features, and of the decoder's
conditions (``told``)."""


@dataclass(frozen=True, eq=False)
class Styler:
    """A model that changes the style of a motion, ready to run."""

    name: str
    skeleton: Skeleton
    network: AdaIn
    feature_mean: Array
    feature_scale: Array
    """(F,) of its layout of ``style_features``."""
    condition_mean: Array
    condition_scale: Array
    """(C + U,) of conditions and signals of unsteadiness."""
    library: dict[str, Array]
    """Named styles, (E,) each."""
    rhythms: dict[str, Array]
    """Rhythms of named styles, (B, F) each, for ``rhythm.basis``."""
    info: dict[str, Any]
    """``model.json``."""
    digest: str
    """First 12 hex digits of the SHA-256 of the weights."""

    @property
    def kind(self) -> Kind:
        """The kind of body that it is for."""
        return KINDS[self.info["body"]]

    @property
    def layout(self) -> StyleLayout:
        """The layout of the features."""
        return LAYOUTS[self.kind]

    def content(self, windows: Array, conditions: Array) -> Array:
        """Return the content (N, T', W) of windows (N, T, F) with their conditions (N, T, C)."""
        return self.network.content(self._inputs(windows, conditions))

    def style(self, windows: Array, conditions: Array) -> Array:
        """Return the styles (N, E) of windows."""
        return self.network.style(self._inputs(windows, conditions))

    def decoded(self, windows: Array, content: Array, style: Array, conditions: Array) -> Array:
        """Return windows (N, T, F) in styles (N, E), with their ``content``.

        ``conditions`` (N, T, C + U) include the signals of unsteadiness.
        """
        given = (conditions - self.condition_mean) / self.condition_scale
        away = (windows - windows.mean(axis=1, keepdims=True)) / self.feature_scale
        found = self.network.decoded(content, style, given, away)
        return found * self.feature_scale + self.feature_mean

    def _inputs(self, windows: Array, conditions: Array) -> Array:
        seen = (windows - self.feature_mean) / self.feature_scale
        count = self.layout.conditions
        known = (conditions[..., :count] - self.condition_mean[:count]) / self.condition_scale[
            :count
        ]
        return np.concatenate([seen, known], axis=2)


@lru_cache(maxsize=4)
def load_styler(body: str, folder: FilePath = FOLDER) -> Styler:
    """Return the style model of a kind of body, read once.

    Raises RefusedError for an unknown kind or damaged files.
    """
    if body not in KINDS:
        raise RefusedError(f"There are no styles for a {body} yet")
    return read(KINDS[body].styler, folder, styler_of)


def styler_of(name: str, files: Files) -> Styler:
    """Return the style model of a description, its arrays and their digest.

    Raises RefusedError for another layout.
    """
    info, arrays, digest = files
    layout = LAYOUTS[KINDS[info["body"]]]
    check_layout(name, info, layout.features + layout.conditions, layout.features)
    arrays = dict(arrays)
    library = dict(zip(info["styles"], arrays.pop("library"), strict=True))
    kept = arrays.pop("rhythms", np.zeros((0, 0, 0))).astype(np.float32)
    rhythms = dict(zip(info.get("rhythms", ()), kept, strict=True))
    weights = {key: value for key, value in arrays.items() if key not in STYLE_STATISTICS}
    skeleton, network = skeleton_of(info), AdaIn(weights, layout.decoder_conditions)
    mean, scale, condition_mean, condition_scale = (arrays[key] for key in STYLE_STATISTICS)
    known = (mean, scale, condition_mean, condition_scale, library, rhythms)
    return Styler(name, skeleton, network, *known, info, digest)
