# SPDX-License-Identifier: GPL-3.0-or-later
"""Bidirectional transformer over the frames of a motion, in numpy.

Pre-LN blocks as in BERT's successors: each frame attends to all others, earlier and later ones. A
[CLS] token comes first; its last state summarizes the motion. The attention has a bias for each
distance in frames, so that a motion may have any length up to LONGEST.

Written for speed on one core: the scales of the normalizations and of the attention are folded
into the matrices that follow them, queries, keys and values are one product, and sums run in
place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..maths.quat import Array

LONGEST = 128
"""Most frames of one motion."""
EPSILON = 1e-5
"""Added to the variance in a normalization."""


def gelu(x: Array) -> Array:
    """Return ``x`` through the Gaussian error linear unit, in its tanh form; overwrites ``x``."""
    inner: Array = x * x
    inner *= 0.044715
    inner += 1.0
    inner *= x
    inner *= (2.0 / np.pi) ** 0.5
    np.tanh(inner, out=inner)
    inner += 1.0
    inner *= x
    inner *= 0.5
    return inner


def normalized(x: Array) -> Array:
    """Return ``x`` (..., D) with mean 0 and variance 1 over the last axis."""
    out = x - x.mean(axis=-1, keepdims=True)
    out /= np.sqrt(np.einsum("...d,...d->...", out, out)[..., None] / x.shape[-1] + EPSILON)
    return np.asarray(out)


def softmax(x: Array) -> Array:
    """Return shares over the last axis, which sum to 1; overwrites ``x``."""
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


@dataclass(frozen=True, eq=False)
class _Block:
    """One layer: weights as (inputs, outputs), scales folded in."""

    qkv: tuple[Array, Array]
    merge: tuple[Array, Array]
    widen: tuple[Array, Array]
    narrow: tuple[Array, Array]


class Encoder:
    """The network, ready to run."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        """Take the arrays of a weights file; D is the width, L the layers, H the heads.

        embed (D, I), cls (D,), bias (H, 2 R + 1) by distance -R..R, cls_bias
        (H, 2) from and to the [CLS] token, per layer norm (L, 2, 2, D) as gain and shift before
        attention and before the wide layer, qkv (L, 3 D, D), merge (L, D, D), widen (L, W, D),
        narrow (L, D, W), then final_norm (2, D) and head (O, D); matrices with ``_bias``. Raises
        KeyError or ValueError where they do not fit together.
        """
        a = {key: np.asarray(value, dtype=np.float32) for key, value in arrays.items()}
        self._embed = np.ascontiguousarray(a["embed"].T), a["embed_bias"]
        self._cls = a["cls"]
        self._bias, self._cls_bias = a["bias"], a["cls_bias"]
        self.heads = len(self._bias)
        self.width = len(self._cls)
        self._blocks = [self._block(a, i) for i in range(len(a["qkv"]))]
        self._head = _folded(a["head"], a["head_bias"], a["final_norm"])
        self._final = a["final_norm"]
        if self.width % self.heads:
            raise ValueError("The width of a transformer must be a multiple of its heads")

    def _block(self, a: Mapping[str, Array], i: int) -> _Block:
        weight, bias = _folded(a["qkv"][i], a["qkv_bias"][i], a["norm"][i, 0])
        scale = np.float32((self.width // self.heads) ** -0.5)
        weight[:, : self.width] *= scale
        bias[: self.width] *= scale
        return _Block(
            (weight, bias),
            (np.ascontiguousarray(a["merge"][i].T), a["merge_bias"][i]),
            _folded(a["widen"][i], a["widen_bias"][i], a["norm"][i, 1]),
            (np.ascontiguousarray(a["narrow"][i].T), a["narrow_bias"][i]),
        )

    def distance_bias(self, frames: int) -> Array:
        """Return the bias (H, frames + 1, frames + 1) on the attention, the [CLS] token first."""
        reach = self._bias.shape[1] // 2
        at = np.arange(frames)
        away = np.clip(at[None, :] - at[:, None], -reach, reach) + reach
        out = np.empty((self.heads, frames + 1, frames + 1), dtype=np.float32)
        out[:, 1:, 1:] = self._bias[:, away]
        out[:, 0, :] = self._cls_bias[:, :1]
        out[:, 1:, 0] = self._cls_bias[:, 1:]
        return out

    def forward(self, inputs: Array) -> tuple[Array, Array]:
        """Return outputs (N, T, O) and [CLS] states (N, D) of ``inputs`` (N, T, I).

        Raises ValueError for more than LONGEST frames.
        """
        count, frames = inputs.shape[:2]
        if frames > LONGEST:
            raise ValueError(f"A motion may have {LONGEST} frames, not {frames}")
        x = np.empty((count, frames + 1, self.width), dtype=np.float32)
        x[:, 0] = self._cls
        x[:, 1:] = inputs.astype(np.float32) @ self._embed[0] + self._embed[1]
        bias = self.distance_bias(frames)
        for block in self._blocks:
            self._attend(x, block, bias)
            wide = gelu(_linear(normalized(x), block.widen))
            x += _linear(wide, block.narrow)
        last = normalized(x)
        outputs = _linear(last[:, 1:], self._head)
        return outputs, last[:, 0] * self._final[0] + self._final[1]

    def _attend(self, x: Array, block: _Block, bias: Array) -> None:
        """Add the attention of each token to all tokens to ``x`` (N, T + 1, D)."""
        count, tokens, _ = x.shape
        parts = _linear(normalized(x), block.qkv).reshape(count, tokens, 3, self.heads, -1)
        query, key, value = parts.transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2)
        scores += bias
        gathered = (softmax(scores) @ value).transpose(0, 2, 1, 3)
        x += _linear(gathered.reshape(count, tokens, -1), block.merge)


def _linear(x: Array, layer: tuple[Array, Array]) -> Array:
    out = x @ layer[0]
    out += layer[1]
    return np.asarray(out)


def _folded(weight: Array, bias: Array, norm: Array) -> tuple[Array, Array]:
    """Return weight (I, O) and bias (O,) of a layer (O, I) after a gain and a shift (2, I)."""
    return np.ascontiguousarray((weight * norm[0]).T), weight @ norm[1] + bias
