# SPDX-License-Identifier: GPL-3.0-or-later
"""Base class of the controllers' models in torch: normalization, skeleton, forward kinematics.

The numpy runtime is ``motion_addon.motion.nn.network`` and ``motion.controller``; tests compare the
two. Layouts come from ``motion_addon.motion.controller.features``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.network import CONTROL_POINTS
from motion_addon.motion.plan.trajectory import RATE

NORMALIZATION = ("input_mean", "input_scale", "output_mean", "output_scale")
"""Arrays that normalize a controller's network, as named in checkpoints and model folders."""


def phase_basis(phase: Tensor) -> Tensor:
    """Return (..., 4) cyclic Catmull-Rom weights, as ``motion.nn.network.phase_basis``."""
    at = (phase % 1.0) * CONTROL_POINTS
    k = torch.floor(at)
    w = (at - k)[..., None]
    w2, w3 = w * w, w * w * w
    cubic = torch.cat(
        [
            -0.5 * w + w2 - 0.5 * w3,
            1.0 - 2.5 * w2 + 1.5 * w3,
            0.5 * w + 2.0 * w2 - 1.5 * w3,
            -0.5 * w2 + 0.5 * w3,
        ],
        dim=-1,
    )
    points = torch.arange(CONTROL_POINTS, device=phase.device)
    order = (points - k.long()[..., None] + 1) % CONTROL_POINTS
    return torch.gather(cubic, -1, order)


def axes_to_matrices(axes: Tensor) -> Tensor:
    """Return rotation matrices (..., 3, 3), columns right, up, forward, from axes (..., 6)."""
    forward = functional.normalize(axes[..., :3], dim=-1, eps=1e-6)
    right = functional.normalize(torch.linalg.cross(axes[..., 3:], forward), dim=-1, eps=1e-6)
    up = torch.linalg.cross(forward, right)
    return torch.stack([right, up, forward], dim=-1)


@dataclass
class BodyState:
    """State of the body after a step, in its root frame."""

    output: Tensor
    """(N, O) denormalized outputs of the network."""
    matrices: Tensor
    """(N, J, 3, 3) joint rotations."""
    positions: Tensor
    """(N, S, 3) state joints, meters."""
    velocities: Tensor
    """(N, S, 3) world velocities of the state joints, in the root frame, m/s."""


class Character(nn.Module):
    """Base of a controller's model: its skeleton, and the normalization of its network."""

    input_mean: Tensor
    input_scale: Tensor
    output_mean: Tensor
    output_scale: Tensor
    parents: Tensor
    offsets: Tensor
    chain: Tensor

    def __init__(
        self, skeleton: Skeleton, stats: Mapping[str, Array], joints: Sequence[str]
    ) -> None:
        """``stats`` holds the arrays of NORMALIZATION; ``joints`` names the state joints."""
        super().__init__()
        self.skeleton = skeleton
        self.layout = features.OutputLayout(len(skeleton))
        for name in NORMALIZATION:
            self.register_buffer(name, torch.tensor(stats[name], dtype=torch.float32))
        state = [skeleton.index(name) for name in joints]
        self.register_buffer("parents", torch.tensor(np.maximum(skeleton.parents, 0)))
        self.register_buffer("offsets", torch.tensor(skeleton.offsets))
        self.register_buffer("chain", torch.tensor(features.ancestors(skeleton)[state]))

    def place(self, matrices: Tensor, hips: Tensor) -> Tensor:
        """Return positions (N, S, 3) of the state joints: forward kinematics without a loop."""
        bones = (matrices[:, self.parents] @ self.offsets[..., None])[..., 0]
        return hips[:, None] + self.chain @ bones

    def normalized(self, inputs: Tensor) -> Tensor:
        """Return normalized inputs (N, I)."""
        return (inputs - self.input_mean) / self.input_scale

    def moved(self, outputs: Tensor, positions: Tensor) -> BodyState:
        """Return the body's state from the network's outputs (N, O).

        ``positions`` (N, S, 3) are those of the previous frame, in this frame's root frame.
        """
        y = outputs * self.output_scale + self.output_mean
        matrices = axes_to_matrices(y[:, self.layout.axes].unflatten(-1, (-1, 6)))
        placed = self.place(matrices, y[:, self.layout.hips])
        return BodyState(y, matrices, placed, (placed - positions) * RATE)
