# SPDX-License-Identifier: GPL-3.0-or-later
"""The style network in torch; its numpy runtime is ``motion_addon.motion.nn.adain``."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion.nn.adain import EPSILON, LEAST, STRIDE
from motion_addon.motion.style.model import STYLE_STATISTICS
from motion_addon.motion.style.style_features import PERSON, StyleLayout

POSTURE = 0.8
"""Initial weight of the example's posture in the output."""


@dataclass(frozen=True)
class Size:
    """Layer sizes of the network."""

    width: int = 128
    hidden: int = 192


class Product(nn.Module):
    """A linear layer with weights (I, O), in bfloat16 while training."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Start with small random weights."""
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def _given(self, fixed: bool) -> tuple[Tensor, Tensor]:
        """Return weight and bias; ``fixed`` ones get no gradient."""
        if fixed:
            return self.weight.detach(), self.bias.detach()
        return self.weight, self.bias

    def forward(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Return the layer's output for x (..., I); ``fixed`` weights get no gradient."""
        weight, bias = self._given(fixed)
        if self.training:
            return (x.bfloat16() @ weight.bfloat16()).float() + bias
        return x @ weight + bias


class Convolution(Product):
    """A convolution over time of (N, T, I), padded with its end values."""

    def __init__(self, inputs: int, outputs: int, reach: int, stride: int = 1) -> None:
        """The kernel has ``reach`` frames on either side."""
        super().__init__(inputs * (2 * reach + 1), outputs)
        self.reach, self.stride = reach, stride

    def forward(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Return (N, T / stride, O)."""
        if self.training:
            x = x.bfloat16()
        ends = x[:, :1].expand(-1, self.reach, -1), x[:, -1:].expand(-1, self.reach, -1)
        padded = torch.cat([ends[0], x, ends[1]], dim=1).transpose(1, 2)[:, :, None]
        weight, bias = self._given(fixed)
        taps = 2 * self.reach + 1
        kernel = weight.reshape(taps, -1, weight.shape[1]).permute(2, 1, 0)[:, :, None]
        out = functional.conv2d(padded, kernel.to(x.dtype), stride=(1, self.stride))
        return out[:, :, 0].transpose(1, 2) + bias.to(x.dtype)


def statistics(x: Tensor, least: float = EPSILON) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation (N, W) over time."""
    variance, mean = torch.var_mean(x.float(), dim=1, correction=0)
    return mean, (variance + least).sqrt()


def normalized(x: Tensor, least: float = EPSILON) -> Tensor:
    """Return (N, T, W) with zero mean and unit deviation of each channel over time."""
    mean, deviation = statistics(x, least)
    return (x - mean[:, None]) / deviation[:, None]


class AdaIn(nn.Module):
    """Content encoder, style encoder and decoder."""

    feature_mean: Tensor
    feature_scale: Tensor
    told_mean: Tensor
    told_scale: Tensor

    def __init__(self, size: Size | None = None, layout: StyleLayout = PERSON) -> None:
        """Initialize untrained, with identity normalization."""
        super().__init__()
        size = size or Size()
        self.layout, w = layout, size.width
        inputs, conditions, out = (
            layout.features + layout.conditions,
            layout.decoder_conditions,
            layout.features,
        )
        self.content0, self.style0 = Convolution(inputs, w, 2), Convolution(inputs, w, 2)
        self.content1, self.style1 = Convolution(w, w, 2, STRIDE), Convolution(w, w, 2, STRIDE)
        self.content2, self.style2 = Convolution(w, w, 1), Convolution(w, w, 1)
        self.decode0 = Convolution(w + conditions, w, 1)
        self.decode1 = Convolution(w + conditions, w, 2)
        self.decode2 = Convolution(w + conditions, out, 2)
        brief = 2 * w + 2 * inputs + conditions
        self.affine0, self.affine1 = Product(brief, size.hidden), Product(size.hidden, 4 * w)
        self.posture, self.reach = Product(brief, out), Product(brief, out)
        with torch.no_grad():
            self.affine1.weight.mul_(0.3)
            # Initially the posture is the example's in any gait, and the reach the input's.
            self.posture.weight.zero_()
            self.posture.weight[2 * w : 2 * w + out].fill_diagonal_(POSTURE)
            self.reach.weight.zero_()
            self.reach.bias.fill_(1.0)
        for name in STYLE_STATISTICS:
            length = out if name.startswith("feature") else conditions
            start = torch.zeros(length) if name.endswith("mean") else torch.ones(length)
            self.register_buffer(name, start)

    def content(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Return the content (N, T / STRIDE, W)."""
        x = functional.elu(self.content0(x, fixed))
        x = functional.elu(normalized(self.content1(x, fixed)))
        return normalized(self.content2(x, fixed), LEAST)

    def style(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Return the style (N, 2 W + 2 I): statistics of deepest features, then of inputs."""
        shallow = statistics(x)
        x = functional.elu(self.style0(x, fixed))
        x = functional.elu(self.style1(x, fixed))
        deep = statistics(functional.elu(self.style2(x, fixed)))
        return torch.cat([*deep, *shallow], dim=1)

    def decoded(self, content: Tensor, style: Tensor, conditions: Tensor, away: Tensor) -> Tensor:
        """Return features (N, T, F); ``away`` (N, T, F) is the input's deviation from its mean."""
        width = content.shape[2]
        means, deviations = style[:, None, :width], style[:, None, width : 2 * width]
        brief = torch.cat([style, conditions.mean(dim=1)], dim=1)
        hidden = functional.elu(self.affine0(brief))
        scale0, shift0, scale1, shift1 = self.affine1(hidden)[:, None].chunk(4, dim=2)
        x = torch.cat([deviations * content + means, conditions[:, ::STRIDE]], dim=2)
        x = normalized(self.decode0(x))
        x = functional.elu((1.0 + scale0) * x + shift0).repeat_interleave(STRIDE, dim=1)
        x = normalized(self.decode1(torch.cat([x, conditions], dim=2)))
        x = functional.elu((1.0 + scale1) * x + shift1)
        x = self.decode2(torch.cat([x, conditions], dim=2)).float()
        out: Tensor = x + self.posture(brief)[:, None] + self.reach(brief)[:, None] * away
        return out
