# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixtures of experts run step after step: only what is at work is multiplied.

A gate gives each character shares of the experts. Where two of eight are at work ("top2_blend"),
a step costs two products a layer instead of eight. Mixing outputs instead of weights ("output",
"top2_output") takes each expert for a whole network. Dense blending is ``network.Stepper``.
"""

from itertools import pairwise
from typing import Protocol

import numpy as np

from .network import Gate, MixedNetwork, Stepper, bend, softmax
from .quat import Array

MIXINGS = ("blend", "top2_blend", "output", "top2_output")


class Step(Protocol):
    """One network run step after step for N characters, without allocating."""

    def prepare(self, known: Array) -> Array:
        """Return the first layer's share (..., K * hidden) of known inputs (..., split)."""

    def step(self, prepared: Array, state: Array, shares: Array) -> Array:
        """Return outputs (N, O), overwritten by the next step, as ``Stepper.step``."""


def stepper(network: MixedNetwork, mixing: str, active: int, split: int, characters: int) -> Step:
    """Return how a network is stepped; ``mixing`` is one of MIXINGS.

    ``active`` sets of weights are at work, 0 for all. Inputs before column ``split`` are known
    beforehand.
    """
    if mixing not in MIXINGS:
        raise ValueError(f"There is no mixing {mixing!r}, only {', '.join(MIXINGS)}")
    if mixing == "blend":
        return Stepper(network, split, characters)
    return ExpertStepper(network, split, characters, active, whole=mixing.endswith("output"))


class ExpertStepper:
    """Multiplies by the experts at work only; characters are grouped by expert."""

    def __init__(
        self, network: MixedNetwork, split: int, characters: int, active: int, whole: bool
    ) -> None:
        """Prepare; with ``whole`` the outputs of whole experts are mixed, else each layer's."""
        self._experts, self._whole = network.sets, whole
        self._active = active or network.sets
        first = network.weights[0] / network.input_scale
        known = first[..., :split].reshape(-1, split)
        self._known_weight = np.ascontiguousarray(known.T, dtype=np.float32)
        self._known_bias = (network.biases[0] - first @ network.input_mean).ravel()
        scale = network.output_scale[:, None]
        last_bias = network.biases[2] * network.output_scale + network.output_mean
        middle = np.concatenate([network.weights[1], network.biases[1][..., None]], axis=-1)
        last = np.concatenate([network.weights[2] * scale, last_bias[..., None]], axis=-1)
        # Per layer and expert (in, out); biases are the weights of a last input that is one.
        self._weights = [
            [np.ascontiguousarray(w.T, dtype=np.float32) for w in layer]
            for layer in (first[..., split:], middle, last)
        ]
        pairs, hidden = characters * self._active, network.weights[0].shape[1]
        widths = [len(layer[0]) for layer in self._weights]
        outs = [layer[0].shape[1] for layer in self._weights]
        self._gathered = [np.empty((pairs, w), dtype=np.float32) for w in widths]
        self._products = [np.empty((pairs, w), dtype=np.float32) for w in outs]
        self._unsorted = [np.empty_like(p) for p in self._products]
        self._mixed = [np.empty((characters, 1, w), dtype=np.float32) for w in outs]
        self._bent = np.ones((pairs if whole else characters, hidden + 1), dtype=np.float32)
        self._low = np.empty_like(self._bent[:, :-1])
        self._prepared = np.empty((pairs, hidden), dtype=np.float32)
        self._rows = np.arange(characters)[:, None]

    def prepare(self, known: Array) -> Array:
        """Return the first layer's share (..., K * hidden) of known inputs (..., split)."""
        return np.asarray(known @ self._known_weight + self._known_bias, dtype=np.float32)

    def step(self, prepared: Array, state: Array, shares: Array) -> Array:
        """Return outputs (N, O), overwritten by the next step, as ``Stepper.step``."""
        work = _Work(shares, self._active)
        by_expert = prepared.reshape(len(shares) * self._experts, -1)
        np.take(by_expert, work.cells, axis=0, out=self._prepared, mode="clip")
        np.take(state, work.rows, axis=0, out=self._gathered[0], mode="clip")
        first = self._multiplied(0, self._gathered[0], work)
        np.add(first, self._prepared, out=first)
        for i in (1, 2):
            before = self._products[i - 1] if self._whole else self._mix(i - 1, work)
            bend(before, self._bent[:, :-1], self._low)
            x = self._bent
            if not self._whole:
                x = np.take(x, work.rows, axis=0, out=self._gathered[i], mode="clip")
            self._multiplied(i, x, work)
        return self._mix(2, work)

    def _multiplied(self, i: int, x: Array, work: "_Work") -> Array:
        """Return the products (pairs, out) of a layer, each row with its expert's weights."""
        weights, out = self._weights[i], self._products[i]
        for expert, a, b in work.groups:
            np.matmul(x[a:b], weights[expert], out=out[a:b])
        return out

    def _mix(self, i: int, work: "_Work") -> Array:
        """Return a layer's products mixed by the shares, (N, out)."""
        unsorted = self._products[i]
        if work.inverse is not None:
            unsorted = np.take(unsorted, work.inverse, axis=0, out=self._unsorted[i], mode="clip")
        mixed = self._mixed[i]
        np.matmul(work.shares, unsorted.reshape(len(mixed), self._active, -1), out=mixed)
        return mixed[:, 0]


class GateStepper:
    """A gate run step after step for N characters.

    The share of its inputs that is known beforehand is multiplied once for all frames.
    """

    def __init__(self, gate: Gate, known: int, characters: int, factors: Array) -> None:
        """Prepare; the last ``known`` inputs are known beforehand.

        ``factors`` (N, K) or (1, K), not all zero in a row, multiply the shares before they are
        made to sum to one; an expert at zero never works.
        """
        first, middle, last = gate.weights
        fed = first.shape[1] - known
        self._known_weight = np.ascontiguousarray(first[:, fed:].T, dtype=np.float32)
        self._known_bias = gate.biases[0]
        weights = [first[:, :fed]]
        for weight, bias in ((middle, gate.biases[1]), (last, gate.biases[2])):
            weights.append(np.concatenate([weight, bias[:, None]], axis=1))
        self._weights = [np.ascontiguousarray(w.T, dtype=np.float32) for w in weights]
        self._out = [np.empty((characters, len(w)), dtype=np.float32) for w in weights]
        self._bent = [np.ones((characters, len(w) + 1), dtype=np.float32) for w in weights[:2]]
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
        x = fed
        for i, out in enumerate(self._out):
            np.matmul(x, self._weights[i], out=out)
            if i == 0:
                np.add(out, prepared, out=out)
            if i < 2:
                x = self._bent[i]
                bend(out, x[:, :-1], self._low[i])
        logits = self._out[2]
        if self._favor is not None:
            np.add(logits, self._favor, out=logits)
        return softmax(logits, self._active)


class _Work:
    """Which expert works for which character in one step: pairs, sorted by expert."""

    def __init__(self, shares: Array, active: int) -> None:
        """``shares`` (N, K), of which the ``active`` largest count."""
        characters, experts = shares.shape
        best = shares.argsort(axis=1)[:, experts - active :]
        if characters == 1:
            chosen = best[0]
            self.rows, self.cells, self.inverse = np.zeros(active, dtype=np.intp), chosen, None
            self.shares = shares[:, chosen][:, None]
            self.groups = [(expert, i, i + 1) for i, expert in enumerate(chosen.tolist())]
            return
        self.shares = np.take_along_axis(shares, best, axis=1)[:, None]
        flat = best.ravel()
        order = flat.argsort(kind="stable")
        chosen = flat[order]
        self.rows = order // active
        self.cells = self.rows * experts + chosen
        self.inverse = np.empty_like(order)
        self.inverse[order] = np.arange(len(order))
        bounds = np.searchsorted(chosen, np.arange(experts + 1)).tolist()
        self.groups = [(k, a, b) for k, (a, b) in enumerate(pairwise(bounds)) if b > a]
