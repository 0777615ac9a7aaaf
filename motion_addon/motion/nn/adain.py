# SPDX-License-Identifier: GPL-3.0-or-later
"""Network of adaptive instance normalization: one motion's content in another's statistics.

Temporal convolutions over windows of ``style_features``. Content is a window without each
channel's mean and deviation over time; style is the mean and the deviation of the style encoder's
deepest channels and of the inputs. The decoder gives content the statistics of a style at the
bottleneck, and at two more layers a scale and a shift that a small network computes from the
style and the mean conditions. Its output is added to the deviation of the features from their mean,
scaled by the style (``reach``), and to a mean that the style sets (``posture``).
"""

from collections.abc import Mapping

import numpy as np

from ..maths.quat import Array

WINDOW = 64
"""Frames of a window."""
EPSILON = 1e-2
"""Added to variances, so that a constant channel stays constant."""
LEAST = 1e-5
"""The same for content, which must not vanish."""
STRIDE = 2
"""Frames of a window per frame of the bottleneck."""


def elu(x: Array) -> Array:
    """Return x where it is positive, else exp(x) - 1."""
    return np.asarray(np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0))))


def statistics(x: Array, least: float = EPSILON) -> tuple[Array, Array]:
    """Return mean and deviation (N, W) over time of (N, T, W); ``least`` is added to variances."""
    mean = x.mean(axis=1)
    return mean, np.sqrt(((x - mean[:, None]) ** 2).mean(axis=1) + least)


def normalized(x: Array, least: float = EPSILON) -> Array:
    """Return (N, T, W) with mean 0 and deviation 1 of each channel over time."""
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
        """Size of a style: means and deviations of the deepest channels, then of the inputs."""
        return int(self._arrays["posture.weight"].shape[0]) - self._conditions

    def _convolved(self, name: str, x: Array, stride: int = 1) -> Array:
        """Return a convolution over time of (N, T, I), with the first and last frame repeated."""
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
        """Return the content (N, T / STRIDE, W) of normalized inputs (N, T, I)."""
        x = elu(self._convolved("content0", x))
        x = elu(normalized(self._convolved("content1", x, STRIDE)))
        return normalized(self._convolved("content2", x), LEAST)

    def style(self, x: Array) -> Array:
        """Return the styles (N, E) of normalized inputs (N, T, I)."""
        shallow = statistics(x)
        x = elu(self._convolved("style0", x))
        x = elu(self._convolved("style1", x, STRIDE))
        deep = statistics(elu(self._convolved("style2", x)))
        return np.concatenate([*deep, *shallow], axis=1)

    def shifted(self, style: Array, by: Array) -> Array:
        """Return styles (N, E) plus the difference (E,) of two styles; deviations stay positive."""
        width = self._arrays["content2.weight"].shape[1]
        inputs = len(by) // 2 - width
        least = np.full(len(by), -np.inf, dtype=np.float32)
        least[width : 2 * width] = least[2 * width + inputs :] = EPSILON**0.5
        return np.maximum(style + by, least)

    def decoded(self, content: Array, style: Array, conditions: Array, away: Array) -> Array:
        """Return normalized features (N, T, F) of a content in a style.

        ``style`` (N, E), ``conditions`` (N, T, C) normalized, ``away`` (N, T, F) the deviation
        over time of the normalized features of the content's motion from their mean.
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
