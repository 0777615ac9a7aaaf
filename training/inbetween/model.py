# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-between network in torch: the transformer, its normalization and its skeleton."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.inbetween import gap
from motion_addon.motion.maths.quat import Array

from ..shared.model import axes_to_matrices
from ..shared.transformer import Encoder, Size

STATISTICS = ("input_mean", "input_scale", "output_scale")


class Filler(nn.Module):
    """The network with its normalization and the skeleton it moves."""

    input_mean: Tensor
    input_scale: Tensor
    output_scale: Tensor
    parents: Tensor
    chain: Tensor

    def __init__(
        self,
        skeleton: Skeleton,
        size: Size,
        stats: Mapping[str, Array],
        dropout: float = 0.0,
    ) -> None:
        """``stats`` holds the arrays named in STATISTICS."""
        super().__init__()
        self.layout = gap.GapLayout(len(skeleton))
        self.network = Encoder(self.layout.inputs, self.layout.outputs, size, dropout)
        for name in STATISTICS:
            self.register_buffer(name, torch.tensor(stats[name], dtype=torch.float32))
        self.register_buffer("parents", torch.tensor(np.maximum(skeleton.parents, 0)))
        self.register_buffer("chain", torch.tensor(features.ancestors(skeleton)))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return corrections (N, T, O) in their own units."""
        outputs: Tensor = self.network((inputs - self.input_mean) / self.input_scale)[0]
        return outputs * self.output_scale

    def place(self, matrices: Tensor, root: Tensor, bones: Tensor) -> Tensor:
        """Return joint positions (..., J, 3) of world rotations (..., J, 3, 3) and the root.

        ``bones`` (..., J, 3) are the offsets of the joints.
        """
        arms = (matrices[..., self.parents, :, :] @ bones[..., None])[..., 0]
        return root[..., None, :] + self.chain @ arms

    def pose(
        self, outputs: Tensor, axes: Tensor, root: Tensor, bones: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return axes (N, T, J, 6), made square, and positions (N, T, J, 3) of corrections.

        ``axes`` and ``root`` are of the interpolation, ``bones`` (N, 1, J, 3) the joint offsets.
        """
        wanted = axes + outputs[..., self.layout.axes].unflatten(-1, (-1, 6))
        matrices = axes_to_matrices(wanted)
        placed = self.place(matrices, root + outputs[..., self.layout.root], bones)
        return torch.cat([matrices[..., 2], matrices[..., 1]], dim=-1), placed
