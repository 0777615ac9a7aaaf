# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of adaptive instance normalization: a motion's content in the statistics of another.

Temporal convolutions over windows of ``style_features``. Content is what is left of a window when
each channel's mean and deviation over time are taken away; style is the mean and the deviation of
other channels, deep ones and the inputs themselves. The decoder puts content into the statistics
of a style at the bottleneck, and twice more, scaled and shifted by what a small network makes of
the style and of what stays. The features themselves are the shallowest layer: what comes out is
added to them with a mean, the posture, and a scale, the reach, which a style has.
"""

from collections.abc import Mapping

import numpy as np

from ..maths.quat import Array

WINDOW = 64
"""Frames that are looked at together."""
EPSILON = 1e-2
"""Added to variances: a channel that rests stays at rest."""
LEAST = 1e-5
"""The same for content, lest it become nothing."""
STRIDE = 2
"""Frames of a window in one of the bottleneck."""


def elu(x: Array) -> Array:
    """Return x where it is positive, else exp(x) - 1."""
    return np.asarray(np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0))))


def statistics(x: Array, least: float = EPSILON) -> tuple[Array, Array]:
    """Return mean and deviation (N, W) over time of (N, T, W); ``least`` is added to variances."""
    mean = x.mean(axis=1)
    return mean, np.sqrt(((x - mean[:, None]) ** 2).mean(axis=1) + least)


def normalized(x: Array, least: float = EPSILON) -> Array:
    """Return (N, T, W) with the mean and the deviation of each channel over time taken away."""
    mean, deviation = statistics(x, least)
    return np.asarray((x - mean[:, None]) / deviation[:, None])


class AdaIn:
    """The network with its weights; all inputs and outputs are float32."""

    def __init__(self, arrays: Mapping[str, Array], conditions: int) -> None:
        """Take weights (I, O) and biases (O,) by name: ``content0.weight`` and so on.

        ``conditions`` is the number of conditions that the decoder is given.
        """
        self._arrays = {key: value.astype(np.float32) for key, value in arrays.items()}
        self._conditions = conditions

    @property
    def embedding(self) -> int:
        """Size of a style: means and deviations of its deepest channels, then of its inputs."""
        return int(self._arrays["posture.weight"].shape[0]) - self._conditions

    def _convolved(self, name: str, x: Array, stride: int = 1) -> Array:
        """Return a convolution over time of (N, T, I), its ends held."""
        weight, bias = self._arrays[f"{name}.weight"], self._arrays[f"{name}.bias"]
        reach = weight.shape[0] // x.shape[2] // 2
        frames = np.clip(
            np.arange(0, x.shape[1], stride)[:, None] + np.arange(-reach, reach + 1),
            0,
            x.shape[1] - 1,
        )
        near = x[:, frames].reshape(len(x), len(frames), -1)
        return np.asarray(near @ weight + bias)

    def content(self, x: Array) -> Array:
        """Return (N, T / STRIDE, W) the content of normalized inputs (N, T, I)."""
        x = elu(self._convolved("content0", x))
        x = elu(normalized(self._convolved("content1", x, STRIDE)))
        return normalized(self._convolved("content2", x), LEAST)

    def style(self, x: Array) -> Array:
        """Return (N, E) the style of normalized inputs (N, T, I)."""
        shallow = statistics(x)
        x = elu(self._convolved("style0", x))
        x = elu(self._convolved("style1", x, STRIDE))
        deep = statistics(elu(self._convolved("style2", x)))
        return np.concatenate([*deep, *shallow], axis=1)

    def shifted(self, style: Array, by: Array) -> Array:
        """Return styles (N, E) changed by a difference (E,) of two; deviations stay positive."""
        width = self._arrays["content2.weight"].shape[1]
        inputs = len(by) // 2 - width
        least = np.full(len(by), -np.inf, dtype=np.float32)
        least[width : 2 * width] = least[2 * width + inputs :] = EPSILON**0.5
        return np.maximum(style + by, least)

    def decoded(self, content: Array, style: Array, conditions: Array, away: Array) -> Array:
        """Return normalized features (N, T, F) of a content in a style.

        ``style`` (N, E), ``conditions`` (N, T, C) normalized, ``away`` (N, T, F) how far the
        normalized features of the content's motion go from their mean over time.
        """
        width = content.shape[2]
        means, deviations = style[:, None, :width], style[:, None, width : 2 * width]
        brief = np.concatenate([style, conditions.mean(axis=1)], axis=1)
        hidden = elu(brief @ self._arrays["affine0.weight"] + self._arrays["affine0.bias"])
        modulation = hidden @ self._arrays["affine1.weight"] + self._arrays["affine1.bias"]
        scale0, shift0, scale1, shift1 = np.split(modulation[:, None], 4, axis=2)
        x = np.concatenate([deviations * content + means, conditions[:, ::STRIDE]], axis=2)
        x = normalized(self._convolved("decode0", x))
        x = np.repeat(elu((1.0 + scale0) * x + shift0), STRIDE, axis=1)
        x = normalized(self._convolved("decode1", np.concatenate([x, conditions], axis=2)))
        x = elu((1.0 + scale1) * x + shift1)
        x = self._convolved("decode2", np.concatenate([x, conditions], axis=2))
        posture = brief @ self._arrays["posture.weight"] + self._arrays["posture.bias"]
        reach = brief @ self._arrays["reach.weight"] + self._arrays["reach.bias"]
        return np.asarray(x + posture[:, None] + reach[:, None] * away)
