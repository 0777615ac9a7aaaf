# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks whose weights are mixed anew each frame, in numpy.

Three layers in several sets of weights. In the Phase-Functioned Neural Network (Holden, Komura
and Saito 2017) the sets are mixed by a cyclic Catmull-Rom spline of the phase, in the
Mode-Adaptive one (Zhang et al. 2018) by a gating network. Either is linear in the sets, so
their outputs are mixed instead of the weights: one product with the stacked matrices, then a sum.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..maths.quat import Array

CONTROL_POINTS = 4


# Row r: weight of the control set r - 1 places after the segment's first, as a cubic in w.
_CUBICS = np.array(
    [[0.0, -0.5, 1.0, -0.5], [1.0, 0.0, -2.5, 1.5], [0.0, 0.5, 2.0, -1.5], [0.0, 0.0, -0.5, 0.5]]
)
_SEGMENTS = np.stack([np.roll(_CUBICS, k - 1, axis=0).T for k in range(CONTROL_POINTS)])


def phase_basis(phase: Array) -> Array:
    """Return (..., 4) weights of the four control sets at ``phase`` (...,) in cycles.

    Cyclic cubic Catmull-Rom; the weights sum to one.
    """
    at = (np.asarray(phase) % 1.0) * CONTROL_POINTS
    k = at.astype(np.int64)
    w = at - k
    powers = np.empty((*w.shape, 1, 4))
    powers[..., 0, 0] = 1.0
    powers[..., 0, 1] = w
    powers[..., 0, 2] = square = w * w
    powers[..., 0, 3] = square * w
    basis = powers @ _SEGMENTS[k % CONTROL_POINTS]
    return np.asarray(basis[..., 0, :], dtype=np.float32)


def elu(x: Array) -> Array:
    """Return the exponential linear unit of ``x``."""
    return np.asarray(np.maximum(x, 0.0) + np.expm1(np.minimum(x, 0.0)))


# Zero-dimensional: nothing is broadcast, which is quicker.
_ZERO = np.zeros((), dtype=np.float32)


def bend(x: Array, out: Array, low: Array) -> None:
    """Write the exponential linear unit of ``x`` to ``out``, which may be ``x``.

    ``low`` is a work array of the same shape.
    """
    np.minimum(x, _ZERO, out=low)
    np.expm1(low, out=low)
    np.maximum(x, low, out=out)


def softmax(logits: Array, active: int = 0) -> Array:
    """Return the softmax over the ``active`` best of logits (N, K), or over all if 0."""
    if len(logits) == 1:
        return _lone_softmax(logits[0].tolist(), active)
    if 0 < active < logits.shape[1]:
        least = np.partition(logits, -active, axis=-1)[:, [-active]]
        logits = np.where(logits < least, -np.inf, logits)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _lone_softmax(logits: list[float], active: int) -> Array:
    """Return ``softmax`` (1, K) of one row; for so few numbers Python is quicker than numpy."""
    best = ranked(logits)[-active:]
    highest = logits[best[-1]]
    powers = [math.exp(logits[k] - highest) for k in best]
    total = sum(powers)
    shares = np.zeros((1, len(logits)), dtype=np.float32)
    for k, power in zip(best, powers, strict=True):
        shares[0, k] = power / total
    return shares


def ranked(values: list[float]) -> list[int]:
    """Return the indices that sort values from the least to the greatest."""
    return sorted(range(len(values)), key=values.__getitem__)


@dataclass(frozen=True, eq=False)
class MixedNetwork:
    """K sets of weights with normalization; inputs and outputs are in their own units."""

    weights: tuple[Array, Array, Array]
    """Per layer (K, out, in) float32."""
    biases: tuple[Array, Array, Array]
    """Per layer (K, out) float32."""
    input_mean: Array
    """(I,)"""
    input_scale: Array
    """(I,) units of an input per unit of normalized input."""
    output_mean: Array
    """(O,)"""
    output_scale: Array
    """(O,)"""

    @property
    def sets(self) -> int:
        """Number K of sets of weights."""
        return len(self.weights[0])

    def mixed(self, inputs: Array, shares: Array) -> Array:
        """Return outputs (N, O) for inputs (N, I) with the sets in ``shares`` (N, K)."""
        x = ((inputs - self.input_mean) / self.input_scale).astype(np.float32)
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            mixed = np.einsum("koi,ni->nko", weight, x, optimize=True) + bias
            x = np.einsum("nk,nko->no", shares, mixed)
            if i < last:
                x = elu(x)
        return np.asarray(x * self.output_scale + self.output_mean)


class PhaseNetwork(MixedNetwork):
    """Four control sets, mixed by the phase."""

    def forward(self, inputs: Array, phase: Array) -> Array:
        """Return outputs (N, O) for inputs (N, I) at phases (N,) in cycles."""
        return self.mixed(inputs, phase_basis(phase))


@dataclass(frozen=True, eq=False)
class Gate:
    """A gating network: three layers with ELU, then a softmax over the sets."""

    weights: tuple[Array, Array, Array]
    """Per layer (out, in) float32."""
    biases: tuple[Array, Array, Array]
    """Per layer (out,) float32."""
    active: int = 0
    """Number of sets with a share; 0 for all."""

    def __call__(self, inputs: Array) -> Array:
        """Return the shares (N, K) of the sets for inputs (N, I); each row sums to 1."""
        x = inputs
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ weight.T + bias
            if i < 2:
                x = elu(x)
        return softmax(x, self.active)


class Stepper:
    """Runs one network step by step for N characters, without allocating.

    Inputs that are known beforehand (``known``) are multiplied once for all frames; each step
    then takes only the fed-back state. Normalization is folded into the first and last weights.
    """

    def __init__(self, network: MixedNetwork, split: int, characters: int = 1) -> None:
        """Prepare; inputs before column ``split`` are known beforehand."""
        first, middle, last = (w.reshape(-1, w.shape[-1]) for w in network.weights)
        first = first / network.input_scale
        self._known_weight = np.ascontiguousarray(first[:, :split].T, dtype=np.float32)
        self._known_bias = network.biases[0].ravel() - first @ network.input_mean
        last = last * np.tile(network.output_scale, network.sets)[:, None]
        last_bias = network.biases[2] * network.output_scale + network.output_mean
        weights = [first[:, split:], middle, last]
        self._weights = [np.ascontiguousarray(w.T, dtype=np.float32) for w in weights]
        self._biases = [network.biases[1].ravel(), last_bias.ravel()]
        widths = [len(w) for w in weights]
        self._mixed = [np.empty((characters, w), dtype=np.float32) for w in widths]
        self._sets = [m.reshape(characters, network.sets, -1) for m in self._mixed]
        self._out = [np.empty((characters, 1, w // network.sets), dtype=np.float32) for w in widths]
        self._flat = [out[:, 0] for out in self._out]
        self._low = np.empty_like(self._flat[0])

    def prepare(self, known: Array) -> Array:
        """Return the first layer's share (..., K * hidden) of known inputs (..., split)."""
        return np.asarray(known @ self._known_weight + self._known_bias, dtype=np.float32)

    def step(self, prepared: Array, state: Array, basis: Array) -> Array:
        """Return outputs (N, O); the array is overwritten by the next step.

        ``prepared`` (N, K * hidden) from ``prepare``, ``state`` (N, I - split) in its own
        units, ``basis`` (N, K) the shares of the sets.
        """
        basis = basis[:, None, :]
        self._layer(0, state, prepared, basis)
        self._layer(1, self._bent(0), self._biases[0], basis)
        self._layer(2, self._bent(1), self._biases[1], basis)
        return self._flat[2]

    def _layer(self, i: int, x: Array, bias: Array, basis: Array) -> None:
        """Multiply by all sets of weights, then mix them by ``basis`` (N, 1, K)."""
        mixed = self._mixed[i]
        np.matmul(x, self._weights[i], out=mixed)
        np.add(mixed, bias, out=mixed)
        np.matmul(basis, self._sets[i], out=self._out[i])

    def _bent(self, i: int) -> Array:
        """Apply the exponential linear unit to a layer's outputs, in place, and return them."""
        out = self._flat[i]
        bend(out, out, self._low)
        return out
