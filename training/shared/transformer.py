# SPDX-License-Identifier: GPL-3.0-or-later
"""The transformer of ``motion/nn/transformer.py`` in torch.

Parameters have the names and shapes of the arrays that the runtime reads.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion.nn.transformer import EPSILON


@dataclass(frozen=True)
class Size:
    """How large the network is."""

    width: int = 192
    layers: int = 6
    heads: int = 6
    wide: int = 768
    reach: int = 64
    """Frames either way for which the attention has a bias of its own."""


class Encoder(nn.Module):
    """Pre-LN blocks over the frames and a [CLS] token."""

    def __init__(self, inputs: int, outputs: int, size: Size, dropout: float = 0.0) -> None:
        """Draw weights as GPT-2 does; ``dropout`` of whole channels of a window."""
        super().__init__()
        d, count = size.width, size.layers
        self.heads, self.reach, self.dropout = size.heads, size.reach, dropout

        def drawn(*shape: int, scale: float = 0.02) -> nn.Parameter:
            return nn.Parameter(scale * torch.randn(*shape))

        def zeros(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(*shape))

        small = 0.02 / (2.0 * count) ** 0.5
        self.embed, self.embed_bias = drawn(d, inputs, scale=inputs**-0.5), zeros(d)
        self.cls = drawn(d)
        self.bias, self.cls_bias = zeros(size.heads, 2 * size.reach + 1), zeros(size.heads, 2)
        ones = torch.stack([torch.ones(d), torch.zeros(d)])
        self.norm = nn.Parameter(ones.repeat(count, 2, 1, 1))
        self.final_norm = nn.Parameter(ones.clone())
        scale = d**-0.5
        self.qkv, self.qkv_bias = drawn(count, 3 * d, d, scale=scale), zeros(count, 3 * d)
        self.merge, self.merge_bias = drawn(count, d, d, scale=small), zeros(count, d)
        self.widen, self.widen_bias = (
            drawn(count, size.wide, d, scale=scale),
            zeros(count, size.wide),
        )
        self.narrow, self.narrow_bias = drawn(count, d, size.wide, scale=small), zeros(count, d)
        self.head, self.head_bias = drawn(outputs, d, scale=0.1 * scale), zeros(outputs)

    def distance_bias(self, frames: int) -> Tensor:
        """Return (H, frames + 1, frames + 1)."""
        at = torch.arange(frames)
        away = (at[None, :] - at[:, None]).clamp(-self.reach, self.reach) + self.reach
        inner = self.bias[:, away]
        left = self.cls_bias[:, 1:, None].expand(-1, frames, 1)
        top = self.cls_bias[:, :1, None].expand(-1, 1, frames + 1)
        return torch.cat([top, torch.cat([left, inner], dim=2)], dim=1)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs (N, T, O) and [CLS] states (N, D) of inputs (N, T, I)."""
        x = functional.linear(inputs, self.embed, self.embed_bias)
        x = torch.cat([self.cls.expand(len(x), 1, -1), x], dim=1).float()
        bias = self.distance_bias(inputs.shape[1])
        for i in range(len(self.norm)):
            x = x + self._dropped(self._attended(x, i, bias))
            wide = functional.linear(self._normed(x, self.norm[i, 1]), self.widen[i])
            wide = functional.gelu(wide + self.widen_bias[i].to(wide.dtype), approximate="tanh")
            x = x + self._dropped(functional.linear(wide, self.narrow[i], self.narrow_bias[i]))
        x = self._normed(x, self.final_norm)
        return functional.linear(x[:, 1:], self.head, self.head_bias).float(), x[:, 0]

    def _normed(self, x: Tensor, norm: Tensor) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], norm[0], norm[1], EPSILON)

    def _attended(self, x: Tensor, i: int, bias: Tensor) -> Tensor:
        count, tokens, width = x.shape
        qkv = functional.linear(self._normed(x, self.norm[i, 0]), self.qkv[i], self.qkv_bias[i])
        parts = qkv.view(count, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        scores = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5
        shares = torch.softmax(scores + bias.to(scores.dtype), dim=-1)
        gathered = (shares @ value).transpose(1, 2).reshape(count, tokens, width)
        return functional.linear(gathered, self.merge[i], self.merge_bias[i])

    def _dropped(self, x: Tensor) -> Tensor:
        if not self.training or self.dropout == 0.0:
            return x
        keep = 1.0 - self.dropout
        mask = torch.rand(len(x), 1, x.shape[-1]) < keep
        return x * (mask.to(x.dtype) / keep)
