# SPDX-License-Identifier: GPL-3.0-or-later
"""The biped's Phase-Functioned Neural Network in torch, and one step of its closed loop.

The numpy runtime is ``motion_addon.motion.nn.network``; tests compare the two.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.network import CONTROL_POINTS

from ..shared.model import BodyState, Character


class PhaseNetwork(nn.Module):
    """Three phase-functioned layers with ELU; hidden size H, four control sets each."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        """Initialize each control set separately, as dense layers are."""
        super().__init__()
        sizes = [(inputs, hidden), (hidden, hidden), (hidden, outputs)]
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for fan_in, fan_out in sizes:
            bound = float(np.sqrt(6.0 / (fan_in + fan_out)))
            weight = torch.empty(CONTROL_POINTS, fan_out, fan_in).uniform_(-bound, bound)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(torch.zeros(CONTROL_POINTS, fan_out)))

    def layer(self, index: int, x: Tensor, basis: Tensor) -> Tensor:
        """Return layer ``index`` of (N, in) at phase weights (N, 4): the blend of four products."""
        weight = self.weights[index]
        mixed = (x @ weight.flatten(0, 1).T).unflatten(-1, (CONTROL_POINTS, -1))
        out: Tensor = torch.einsum("nk,nko->no", basis, mixed) + basis @ self.biases[index]
        return out

    def forward(self, x: Tensor, basis: Tensor) -> Tensor:
        """Return normalized outputs (N, O) of normalized inputs (N, I)."""
        x = functional.elu(self.layer(0, x, basis))
        x = functional.elu(self.layer(1, x, basis))
        return self.layer(2, x, basis)


class Biped(Character):
    """The phase-functioned network and the human body that it moves."""

    def __init__(self, skeleton: Skeleton, hidden: int, stats: Mapping[str, Array]) -> None:
        """``stats`` holds the arrays of NORMALIZATION."""
        super().__init__(skeleton, stats, features.STATE_JOINTS)
        self.network = PhaseNetwork(features.INPUTS, hidden, self.layout.size)

    def step(
        self, control: Tensor, basis: Tensor, positions: Tensor, velocities: Tensor
    ) -> BodyState:
        """Run one frame.

        ``control`` (N, CONTROL), ``basis`` (N, 4); ``positions`` and ``velocities``
        (N, S, 3) of the previous frame, in this frame's root frame.
        """
        state = torch.cat([positions.flatten(1), velocities.flatten(1)], dim=-1)
        x = self.normalized(torch.cat([control, state], dim=-1))
        return self.moved(self.network(x, basis), positions)
