# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs mixtures of experts step by step; only active experts are multiplied.

A gate gives each character shares of the experts. With two of eight active ("top2_blend"), a
step costs two products a layer instead of eight. Mixing outputs instead of weights ("output",
"top2_output") takes each expert for a whole network. Dense blending is ``network.Stepper``.
"""

from itertools import pairwise
from typing import Protocol

import numpy as np

from ..maths.quat import Array
from .network import Gate, MixedNetwork, Stepper, bend, ranked, softmax

MIXINGS = ("blend", "top2_blend", "output", "top2_output")


class Step(Protocol):
    """Runs one network step by step for N characters, without allocating."""

    def prepare(self, known: Array) -> Array:
        """Return known inputs (..., split) of many frames prepared for the steps."""

    def step(self, prepared: Array, state: Array, shares: Array) -> Array:
        """Return outputs (N, O), overwritten by the next step, as ``Stepper.step``."""


def stepper(network: MixedNetwork, mixing: str, active: int, split: int, characters: int) -> Step:
    """Return the stepper of a network; ``mixing`` is one of MIXINGS.

    ``active`` sets of weights have a share, 0 for all. Inputs before column ``split`` are known
    beforehand. Raises ValueError for another mixing.
    """
    if mixing not in MIXINGS:
        raise ValueError(f"There is no mixing {mixing!r}, only {', '.join(MIXINGS)}")
    if mixing == "blend":
        return Stepper(network, split, characters)
    active, whole = active or network.sets, mixing.endswith("output")
    if characters == 1:
        return LoneExpertStepper(network, active, whole, split)
    return ExpertStepper(network, characters, active, whole)


class _Experts:
    """The weights of each expert, normalization and biases folded in."""

    def __init__(self, network: MixedNetwork) -> None:
        """Fold."""
        first = network.weights[0] / network.input_scale
        last = network.weights[2] * network.output_scale[:, None]
        biases = (
            network.biases[0] - first @ network.input_mean,
            network.biases[1],
            network.biases[2] * network.output_scale + network.output_mean,
        )
        # Per layer and expert (in, out); biases are the weights of a last input of 1.
        self._weights = [
            [
                np.ascontiguousarray(np.concatenate([w.T, b[None]]), dtype=np.float32)
                for w, b in zip(*layer, strict=True)
            ]
            for layer in zip((first, network.weights[1], last), biases, strict=True)
        ]
        self._widths = [layer[0].shape for layer in self._weights]

    def prepare(self, known: Array) -> Array:
        """Return known inputs (..., split) unchanged: the experts that take them vary."""
        return np.asarray(known, dtype=np.float32)


class LoneExpertStepper(_Experts):
    """Multiplies by the active experts only, for one character, in vectors, which is quicker."""

    def __init__(self, network: MixedNetwork, active: int, whole: bool, split: int) -> None:
        """Prepare; with ``whole`` the outputs of whole experts are mixed, else each layer's.

        Inputs before column ``split`` are known beforehand.
        """
        super().__init__(network)
        self._active, self._whole = active, whole
        first, hidden = self._widths[0]
        inputs = np.ones(first, dtype=np.float32)
        self._known, self._state = inputs[:split], inputs[split:-1]
        bent = np.ones((active if whole else 1, hidden + 1), dtype=np.float32)
        self._bent = bent[:, :-1] if whole else bent[0, :-1]
        self._low = np.empty_like(self._bent)
        between = list(bent) if whole else [bent[0]] * active
        self._products = [np.empty((active, out), dtype=np.float32) for _, out in self._widths]
        # Per layer and chosen expert: the input's product method, the quickest way to multiply,
        # and the array for the result.
        self._multiply = [
            [(x.dot, out) for x, out in zip(fed, products, strict=True)]
            for fed, products in zip(
                ([inputs] * active, between, between), self._products, strict=True
            )
        ]
        self._shares = np.empty(active, dtype=np.float32)
        self._mixed = [np.empty(out, dtype=np.float32) for _, out in self._widths]
        self._out = self._mixed[2][None]

    def step(self, prepared: Array, state: Array, shares: Array) -> Array:
        """Return outputs (1, O), overwritten by the next step, as ``Stepper.step``."""
        row = shares[0].tolist()
        chosen = ranked(row)[-self._active :]
        self._shares[:] = [row[k] for k in chosen]
        self._known[...], self._state[...] = prepared, state
        for i, weights in enumerate(self._weights):
            for expert, (multiply, out) in zip(chosen, self._multiply[i], strict=True):
                multiply(weights[expert], out)
            mixed = self._products[i]
            if i == 2 or not self._whole:
                mixed = self._shares.dot(mixed, self._mixed[i])
            if i < 2:
                bend(mixed, self._bent, self._low)
        return self._out


class ExpertStepper(_Experts):
    """Multiplies by the active experts only; characters are grouped by expert."""

    def __init__(self, network: MixedNetwork, characters: int, active: int, whole: bool) -> None:
        """Prepare; with ``whole`` the outputs of whole experts are mixed, else each layer's."""
        super().__init__(network)
        self._active, self._whole = active, whole
        pairs, (first, hidden) = characters * active, self._widths[0]
        self._gathered = [np.empty((pairs, w), dtype=np.float32) for w, _ in self._widths]
        self._products = [np.empty((pairs, w), dtype=np.float32) for _, w in self._widths]
        self._unsorted = [np.empty_like(p) for p in self._products]
        self._mixed = [np.empty((characters, 1, w), dtype=np.float32) for _, w in self._widths]
        self._inputs = np.ones((characters, first), dtype=np.float32)
        self._bent = np.ones((pairs if whole else characters, hidden + 1), dtype=np.float32)
        self._low = np.empty_like(self._bent[:, :-1])

    def step(self, prepared: Array, state: Array, shares: Array) -> Array:
        """Return outputs (N, O), overwritten by the next step, as ``Stepper.step``."""
        work = _Work(shares, self._active)
        split = prepared.shape[1]
        self._inputs[:, :split] = prepared
        self._inputs[:, split:-1] = state
        self._multiply(0, self._inputs, work)
        for i in (1, 2):
            before = self._products[i - 1] if self._whole else self._mix(i - 1, work)
            bend(before, self._bent[:, :-1], self._low)
            self._multiply(i, self._bent, work)
        return self._mix(2, work)

    def _multiply(self, i: int, x: Array, work: "_Work") -> None:
        """Multiply the inputs of each character (with ``whole`` of each pair) by its experts."""
        if i == 0 or not self._whole:
            x = np.take(x, work.rows, axis=0, out=self._gathered[i], mode="clip")
        weights, out = self._weights[i], self._products[i]
        for expert, a, b in work.groups:
            np.matmul(x[a:b], weights[expert], out=out[a:b])

    def _mix(self, i: int, work: "_Work") -> Array:
        """Return a layer's products mixed by the shares, (N, out)."""
        mixed, unsorted = self._mixed[i], self._unsorted[i]
        np.take(self._products[i], work.inverse, axis=0, out=unsorted, mode="clip")
        np.matmul(work.shares, unsorted.reshape(len(mixed), self._active, -1), out=mixed)
        return mixed[:, 0]


class GateStepper:
    """Runs a gate step by step for N characters.

    Inputs that are known beforehand are multiplied once for all frames.
    """

    def __init__(self, gate: Gate, known: int, characters: int, factors: Array) -> None:
        """Prepare; the last ``known`` inputs are known beforehand.

        ``factors`` (N, K) or (1, K), not all zero in a row, multiply the shares before they are
        normalized to sum to one; an expert at zero is never active.
        """
        first, middle, last = gate.weights
        fed = first.shape[1] - known
        self._known_weight = np.ascontiguousarray(first[:, fed:].T, dtype=np.float32)
        self._known_bias = gate.biases[0]
        weights = [first[:, :fed]]
        for weight, bias in ((middle, gate.biases[1]), (last, gate.biases[2])):
            weights.append(np.concatenate([weight, bias[:, None]], axis=1))
        self._weights = [np.ascontiguousarray(w.T, dtype=np.float32) for w in weights]
        # Vectors for one character: they multiply faster.
        self._one = characters == 1
        rows = () if self._one else (characters,)
        self._out = [np.empty((*rows, len(w)), dtype=np.float32) for w in weights]
        self._fed = [np.ones((*rows, len(w) + 1), dtype=np.float32) for w in weights[:2]]
        self._bent = [fed[..., :-1] for fed in self._fed]
        self._low = [np.empty_like(out) for out in self._out[:2]]
        self._active = gate.active
        with np.errstate(divide="ignore"):
            favor = np.log(np.asarray(factors, dtype=np.float32))
        self._favor = favor if favor.any() else None

    def prepare(self, known: Array) -> Array:
        """Return the first layer's share (..., hidden) of known inputs (..., known)."""
        return np.asarray(known @ self._known_weight + self._known_bias, dtype=np.float32)

    def __call__(self, fed: Array, prepared: Array) -> Array:
        """Return the shares (N, K) for the other inputs (N, fed) and ``prepared`` (N, hidden)."""
        if self._one:
            fed, prepared = fed[0], prepared[0]
        first, middle, last = self._out
        fed.dot(self._weights[0], first)
        np.add(first, prepared, first)
        bend(first, self._bent[0], self._low[0])
        self._fed[0].dot(self._weights[1], middle)
        bend(middle, self._bent[1], self._low[1])
        self._fed[1].dot(self._weights[2], last)
        logits = last[None] if self._one else last
        if self._favor is not None:
            np.add(logits, self._favor, logits)
        return softmax(logits, self._active)


class _Work:
    """Pairs of characters and active experts in one step, sorted by expert."""

    def __init__(self, shares: Array, active: int) -> None:
        """``shares`` (N, K), of which the ``active`` largest count."""
        experts = shares.shape[1]
        best = shares.argsort(axis=1)[:, experts - active :]
        self.shares = np.take_along_axis(shares, best, axis=1)[:, None]
        flat = best.ravel()
        order = flat.argsort(kind="stable")
        chosen = flat[order]
        self.rows = order // active
        self.inverse = np.empty_like(order)
        self.inverse[order] = np.arange(len(order))
        bounds = np.searchsorted(chosen, np.arange(experts + 1)).tolist()
        self.groups = [(k, a, b) for k, (a, b) in enumerate(pairwise(bounds)) if b > a]
