# SPDX-License-Identifier: GPL-3.0-or-later
"""The quadruped's mixtures of experts in torch, and one step of their closed loop.

Six mixings and two gatings, which ``docs/experts.md`` compares. The numpy runtime of the shipped
one is ``motion_addon.motion.nn.mixture``; tests compare the two.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.maths.quat import Array

from ..shared.model import BodyState, Character, phase_basis

MIXINGS: Final = ("blend", "output", "top2_output", "top2_blend", "single", "pfnn")
"""Dense blending of weights (MANN), mixing of outputs, sparse mixing of outputs (Shazeer 2017),
sparse blending of weights, one network, and the PFNN on the stride clock."""
GATINGS: Final = ("phase", "velocity")
"""Inputs of the gate: leg phases, or paw velocities as in the paper, which has no clock."""
ACTIVE: Final = 2
"""Active experts of a sparse mixture."""
BALANCE: Final = 0.02
"""Weight of the importance and the load losses."""


class Gate(nn.Module):
    """The gating network: three layers of 32, softmax over K experts, all or the best two."""

    def __init__(self, inputs: int, experts: int, sparse: bool) -> None:
        """Sparse gates also learn the size of their noise (Shazeer 2017, eq. 4)."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(inputs, 32), nn.ELU(), nn.Linear(32, 32), nn.ELU(), nn.Linear(32, experts)
        )
        self.noise = nn.Linear(inputs, experts) if sparse else None
        if self.noise is not None:
            nn.init.zeros_(self.noise.weight)
            nn.init.zeros_(self.noise.bias)
        self.balance = torch.zeros(())

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, K) shares that sum to one; set ``balance`` to the loss for uneven use."""
        clean = self.body(x)
        if self.noise is None:
            return torch.softmax(clean, dim=-1)
        if not self.training:
            return _kept(clean)
        spread = functional.softplus(self.noise(x)) + 1e-2
        noisy = clean + torch.randn_like(clean) * spread
        shares = _kept(noisy)
        self.balance = BALANCE * (
            _variation(shares.sum(0)) + _variation(_load(clean, noisy, spread))
        )
        return shares


def _kept(logits: Tensor) -> Tensor:
    """Return the softmax over the largest ACTIVE of (N, K) logits, zero elsewhere."""
    least = logits.topk(ACTIVE, dim=-1).values[:, -1:]
    return torch.softmax(logits.masked_fill(logits < least, -torch.inf), dim=-1)


def _load(clean: Tensor, noisy: Tensor, spread: Tensor) -> Tensor:
    """Return (K,) the smooth load of each expert (eq. 8 to 10)."""
    best = noisy.topk(ACTIVE + 1, dim=-1).values
    inside, outside = best[:, ACTIVE - 1 : ACTIVE], best[:, ACTIVE:]
    threshold = torch.where(noisy > outside, outside, inside)
    unit = Normal(torch.zeros(()), torch.ones(()))
    load: Tensor = unit.cdf((clean - threshold) / spread).sum(0)
    return load


def _variation(values: Tensor) -> Tensor:
    """Return the squared coefficient of variation."""
    return values.var() / (values.mean().square() + 1e-10)


class Mixture(nn.Module):
    """Three layers with ELU in K sets of weights; ``mixing`` is one of MIXINGS."""

    def __init__(self, sizes: tuple[int, int, int], mixing: str, experts: int) -> None:
        """``sizes`` are inputs, hidden units and outputs."""
        super().__init__()
        inputs, hidden, outputs = sizes
        self.mixing, self.experts = mixing, experts
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for fan_in, fan_out in ((inputs, hidden), (hidden, hidden), (hidden, outputs)):
            bound = float(np.sqrt(6.0 / (fan_in + fan_out)))
            weight = torch.empty(experts, fan_out, fan_in).uniform_(-bound, bound)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(torch.zeros(experts, fan_out)))

    def forward(self, x: Tensor, shares: Tensor) -> Tensor:
        """Return (N, O) of normalized inputs (N, I) and shares (N, K)."""
        if self.mixing in ("output", "top2_output"):
            return self._outputs(x, shares)
        for i in range(3):
            x = self._blended(i, x, shares)
            x = functional.elu(x) if i < 2 else x
        return x

    def _product(self, index: int, x: Tensor, weight: Tensor) -> Tensor:
        """Return x @ weight.T for (..., N, I) and (..., O, I).

        In training the hidden layers use bfloat16, which is five times as fast.
        """
        if index == 2 or not self.training:
            return x @ weight.mT
        return (x.bfloat16() @ weight.bfloat16().mT).float()

    def _blended(self, index: int, x: Tensor, shares: Tensor) -> Tensor:
        """Return a layer with blended weights, as the blend of the products: both are linear."""
        weight = self.weights[index]
        mixed = self._product(index, x, weight.flatten(0, 1)).unflatten(-1, (self.experts, -1))
        out: Tensor = torch.einsum("nk,nko->no", shares, mixed) + shares @ self.biases[index]
        return out

    def _outputs(self, x: Tensor, shares: Tensor) -> Tensor:
        """Return the mixed outputs of K whole networks."""
        first = self._product(0, x, self.weights[0].flatten(0, 1))
        out = functional.elu(first.unflatten(-1, (self.experts, -1)) + self.biases[0])
        out = out.transpose(0, 1)
        out = functional.elu(self._product(1, out, self.weights[1]) + self.biases[1][:, None])
        out = self._product(2, out, self.weights[2]) + self.biases[2][:, None]
        return torch.einsum("nk,kno->no", shares, out)


class Quadruped(Character):
    """A mixture with its gate, and the animal that it moves."""

    def __init__(
        self,
        skeleton: Skeleton,
        stats: Mapping[str, Array],
        hidden: int,
        mixing: str = "blend",
        gating: str = "phase",
        experts: int = 8,
    ) -> None:
        """``stats`` holds the arrays of NORMALIZATION."""
        super().__init__(skeleton, stats, stride_clock.STATE_JOINTS)
        self.mixing, self.gating = mixing, gating
        sets = {"single": 1, "pfnn": 4}.get(mixing, experts)
        self.network = Mixture((stride_clock.INPUT.size, hidden, self.layout.size), mixing, sets)
        self.gate = None
        if mixing not in ("single", "pfnn"):
            self.gate = Gate(stride_clock.gate_size(gating), sets, mixing.startswith("top2"))
        self.shares = torch.zeros(())
        self.factors: Tensor | None = None

    def mix(self, control: Tensor, clock: Tensor, velocities: Tensor, phase: Tensor) -> Tensor:
        """Return (N, K) shares of the experts."""
        if self.mixing == "single":
            return torch.ones(len(control), 1)
        if self.gate is None:
            return phase_basis(phase[:, 0])
        first = clock if self.gating == "phase" else _paws(velocities)
        shares: Tensor = self.gate(
            torch.cat([first, control[:, list(stride_clock.GATE_COLUMNS)]], dim=-1)
        )
        if self.factors is not None:
            shares = shares * self.factors
            shares = shares / shares.sum(dim=-1, keepdim=True).clamp_min(1e-6)
        self.shares = shares
        return shares

    def step(
        self, control: Tensor, phase: Tensor, amplitude: Tensor, state: tuple[Tensor, Tensor]
    ) -> BodyState:
        """Run one frame.

        ``control`` (N, CONTROL); ``phase`` and ``amplitude`` (N, 4) of the legs; ``state`` the
        positions and velocities (N, S, 3) of the previous frame, in this frame's root frame.
        """
        positions, velocities = state
        angle = 2.0 * np.pi * phase
        clock = torch.stack([angle.cos(), angle.sin()], dim=-1) * amplitude[..., None]
        clock = clock.flatten(1)
        shares = self.mix(control, clock, velocities, phase)
        if self.gating == "velocity":
            clock = torch.zeros_like(clock)
        x = torch.cat([control, clock, positions.flatten(1), velocities.flatten(1)], dim=-1)
        return self.moved(self.network(self.normalized(x), shares), positions)


def _paws(velocities: Tensor) -> Tensor:
    """Return (N, 12) the velocities of the paws, m/s."""
    return velocities[:, list(stride_clock.PAW_STATES)].flatten(1)
