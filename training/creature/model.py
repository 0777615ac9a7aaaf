# SPDX-License-Identifier: GPL-3.0-or-later
"""The one-shot learner in torch: an encoder of clips, a learnet, and the adapted network.

``W = M1 diag(f(z)) M2`` in every layer of the mixture and of its gate (Bertinetto et al. 2016);
``z`` is the exemplar's [CLS] state and the proportions. Three other ways to use ``z`` are here to
be compared with it. The numpy runtime is ``motion_addon.motion.creature.adaptation.learnet``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features, stride_clock
from motion_addon.motion.creature.adaptation import clip_tokens
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE

from ..shared.model import BodyState, axes_to_matrices
from ..shared.transformer import Encoder, Size

WAYS: Final = ("learnet", "film", "concat", "none")
"""How a creature's ``z`` acts: on the diagonals, on the hidden units' scales and shifts (FiLM),
as further inputs, or not at all."""
EXPERTS: Final = 4
GATE: Final = 32
"""Hidden units of the gate."""
Z: Final = 48
"""Size of a concatenated ``z``."""
JOINTS: Final = len(quadruped.JOINTS)
ANSWERS: Final = 9 * JOINTS + 8
"""Rotations away from the mean pose as matrices, then hips, phase rate and contacts."""
VARIED: Final = 0.15
"""Standard deviation of the noise on proportions in training."""
ENCODER: Final = Size(width=128, layers=4, heads=4, wide=512, reach=64)
STATISTICS: Final = (
    "token_mean", "token_scale", "proportion_mean", "proportion_scale", "input_mean",
    "input_scale", "output_scale", "output_mean",
)  # fmt: skip
LAYOUT: Final = features.OutputLayout(JOINTS)


class Factored(nn.Module):
    """K sets of layers ``M1 diag(d) M2``; M2 is shared by the sets."""

    def __init__(self, inputs: int, rank: int, outputs: int, sets: int) -> None:
        """Draw weights such that a layer with unit diagonals keeps the variance."""
        super().__init__()
        bound = (3.0 / inputs) ** 0.5
        self.inner = nn.Parameter(torch.empty(rank, inputs).uniform_(-bound, bound))
        bound = (3.0 / rank) ** 0.5
        self.outer = nn.Parameter(torch.empty(sets, outputs, rank).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(sets, outputs))

    def forward(self, x: Tensor, diagonal: Tensor, shares: Tensor) -> Tensor:
        """Return (B, n, O) of inputs (B, n, I), diagonals (B, K, R) and shares (B, n, K)."""
        sets, outputs, rank = self.outer.shape
        within = self._product(x, self.inner)
        mixed = within[:, :, None] * diagonal[:, None] * shares[..., None]
        outer = self.outer.transpose(0, 1).reshape(outputs, sets * rank)
        return self._product(mixed.flatten(-2), outer) + shares @ self.bias

    def _product(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return ``x @ weight.T``; in training in bfloat16, which is five times as fast."""
        if not self.training:
            return x @ weight.T
        return (x.bfloat16() @ weight.bfloat16().T).float()


@dataclass
class Adapted:
    """The adaptation of the network to a batch of B creatures."""

    diagonals: list[Tensor]
    """Per layer (B, K, R), then per layer of the gate (B, 1, R)."""
    shifts: list[Tensor]
    """Per layer (B, 1, O), added to its output."""
    scales: list[Tensor] | None
    """Per hidden layer (B, 1, H), if any."""
    z: Tensor | None
    """(B, 1, Z) further inputs, if any."""
    posture: dict[str, Tensor]
    bones: Tensor
    """(B, J, 3)"""
    footfalls: Tensor
    """(B, 5, 4, 2) cosines and sines of touchdowns in each gait."""


class Learner(nn.Module):
    """The whole learner: encoder, learnet and adapted network."""

    token_mean: Tensor
    token_scale: Tensor
    proportion_mean: Tensor
    proportion_scale: Tensor
    input_mean: Tensor
    input_scale: Tensor
    output_mean: Tensor
    output_scale: Tensor
    parents: Tensor
    chain: Tensor
    usual: Tensor

    def __init__(self, stats: Mapping[str, Array], hidden: int, way: str = "learnet") -> None:
        """``stats`` holds the arrays of STATISTICS; ``way`` is one of WAYS."""
        super().__init__()
        self.way = way
        for name in STATISTICS:
            self.register_buffer(name, torch.tensor(stats[name], dtype=torch.float32))
        self.encoder = Encoder(
            clip_tokens.TokenLayout.size, clip_tokens.TokenLayout.hidden, ENCODER
        )
        self.nothing = nn.Parameter(torch.zeros(ENCODER.width))
        more = Z if way == "concat" else 0
        gated = stride_clock.gate_size("phase")
        self.layers = nn.ModuleList(
            [
                Factored(stride_clock.INPUT.size + more, 192, hidden, EXPERTS),
                Factored(hidden, hidden, hidden, EXPERTS),
                Factored(hidden, hidden, ANSWERS, EXPERTS),
            ]
        )
        self.gate = nn.ModuleList(
            [
                Factored(gated, 64, GATE, 1),
                Factored(GATE, GATE, GATE, 1),
                Factored(GATE, GATE, EXPERTS, 1),
            ]
        )
        with torch.no_grad():
            self.parts()[0][2].outer.mul_(0.3)
        known = ENCODER.width + clip_tokens.TokenLayout.proportions
        self.trunk = nn.Sequential(nn.Linear(known, 256), nn.ELU(), nn.Linear(256, 256), nn.ELU())
        self.sizes = self._sizes(hidden)
        self.head = nn.Linear(256, sum(count for _, count in self.sizes))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.steps = nn.Linear(256, (len(quadruped_gaits.GAITS) - 1) * 4 * 2)
        state = list(clip_tokens.STATE_INDICES)
        skeleton_parents = quadruped.parents()
        self.register_buffer("parents", torch.from_numpy(np.maximum(skeleton_parents, 0)))
        self.register_buffer("chain", torch.from_numpy(_chain(skeleton_parents)[state]))
        table = np.array(
            [quadruped_gaits.TABLE[name].offsets for name in quadruped_gaits.GAITS[1:]]
        )
        angle = 2.0 * np.pi * torch.tensor(table, dtype=torch.float32)
        self.register_buffer("usual", torch.stack([angle.cos(), angle.sin()], dim=-1))

    def parts(self) -> tuple[list[Factored], list[Factored]]:
        """Return the layers of the network and of its gate."""
        layers, gate = ([cast(Factored, one) for one in part] for part in (self.layers, self.gate))
        return layers, gate

    def _sizes(self, hidden: int) -> list[tuple[str, int]]:
        """Return the names and lengths of the learnet's outputs."""
        if self.way == "learnet":
            ranks = [[len(layer.inner) for layer in part] for part in self.parts()]
            out = [(f"diagonal{i}", EXPERTS * rank) for i, rank in enumerate(ranks[0])]
            out += [(f"gate{i}", rank) for i, rank in enumerate(ranks[1])]
            return [*out, ("shift0", hidden), ("shift1", hidden), ("shift2", ANSWERS)]
        if self.way == "film":
            return [("scale0", hidden), ("scale1", hidden),
                    ("shift0", hidden), ("shift1", hidden), ("shift2", ANSWERS)]  # fmt: skip
        return [("z", Z)]

    def encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return predictions (B, N, F) and [CLS] states (B, D) of tokens (B, N, I)."""
        layout = clip_tokens.TokenLayout
        shown = bounded((tokens - self.token_mean) / self.token_scale, clip_tokens.FARTHEST)
        kept = 1.0 - tokens[..., layout.hidden, None]
        frame = 1.0 - tokens[..., layout.part].sum(-1, keepdim=True)
        shown = torch.cat(
            [shown[..., layout.frame] * kept * frame, shown[..., layout.hidden :]], -1
        )
        answers, cls = self.encoder(shown)
        return answers, cls

    def adapt(self, cls: Tensor, posture: dict[str, Tensor], bones: Tensor) -> Adapted:
        """Return the adaptation of the network to [CLS] states (B, D) and postures."""
        proportions = (posture["proportions"] - self.proportion_mean) / self.proportion_scale
        if self.training:
            proportions = proportions + VARIED * torch.randn_like(proportions)
        proportions = bounded(proportions, clip_tokens.STRANGEST)
        known = self.trunk(torch.cat([cls, proportions], dim=-1))
        given = dict(
            zip(
                [name for name, _ in self.sizes],
                self.head(known).split([count for _, count in self.sizes], dim=-1),
                strict=True,
            )
        )
        count = len(cls)
        diagonals = []
        own, gate = self.parts()
        for prefix, layers, sets in (("diagonal", own, EXPERTS), ("gate", gate, 1)):
            for i, layer in enumerate(layers):
                change = given.get(f"{prefix}{i}")
                ones = torch.ones(count, sets, len(layer.inner))
                changed = 0.0 if change is None else change.unflatten(-1, (sets, -1))
                diagonals.append(ones + changed)
        shifts = [given.get(f"shift{i}", torch.zeros(count, 1))[:, None] for i in range(3)]
        scales = None
        if self.way == "film":
            scales = [1.0 + given[f"scale{i}"][:, None] for i in range(2)]
        z = given["z"][:, None] if self.way == "concat" else None
        steps = self.usual + self.steps(known).unflatten(-1, (-1, 4, 2))
        return Adapted(diagonals, shifts, scales, z, posture, bones, steps)

    def shares(self, adapted: Adapted, clock: Tensor, control: Tensor) -> Tensor:
        """Return (B, n, K) shares of the experts of (B, n, ...) clocks and controls."""
        x = torch.cat([clock, control[..., list(stride_clock.GATE_COLUMNS)]], dim=-1)
        one = torch.ones(*x.shape[:2], 1)
        for i, layer in enumerate(self.gate):
            x = layer(x, adapted.diagonals[3 + i], one)
            x = functional.elu(x) if i < 2 else x
        return torch.softmax(x, dim=-1)

    def network(self, adapted: Adapted, x: Tensor, shares: Tensor) -> Tensor:
        """Return outputs (B, n, A) for normalized inputs (B, n, I)."""
        if adapted.z is not None:
            x = torch.cat([x, adapted.z.expand(-1, x.shape[1], -1)], dim=-1)
        for i, layer in enumerate(self.layers):
            x = layer(x, adapted.diagonals[i], shares) + adapted.shifts[i]
            if i < 2:
                x = functional.elu(x if adapted.scales is None else x * adapted.scales[i])
        return x

    def step(
        self,
        adapted: Adapted,
        control: Tensor,
        legs: tuple[Tensor, Tensor],
        state: tuple[Tensor, Tensor],
    ) -> BodyState:
        """Run one frame of N = B * n sequences, ordered by creature.

        ``control`` (N, CONTROL); ``legs`` are phase and amplitude (N, 4); ``state`` positions and
        velocities (N, S, 3) of the frame before, carried into this root frame.
        """
        count = len(adapted.bones)
        positions, velocities = state
        angle = 2.0 * np.pi * legs[0]
        clock = (torch.stack([angle.cos(), angle.sin()], dim=-1) * legs[1][..., None]).flatten(1)
        control_, clock_ = (v.unflatten(0, (count, -1)) for v in (control, clock))
        home = adapted.posture["places"][:, list(clip_tokens.STATE_INDICES)]
        away = positions.unflatten(0, (count, -1)) - home[:, None]
        x = torch.cat(
            [control_, clock_, away.flatten(2), velocities.unflatten(0, (count, -1)).flatten(2)], -1
        )
        x = (x - self.input_mean) / self.input_scale
        y = self.network(adapted, x, self.shares(adapted, clock_, control_))
        output, placed, matrices = self.decoded(adapted, y)
        return BodyState(output, matrices, placed, (placed - positions) * RATE)

    def decoded(self, adapted: Adapted, answers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return outputs (N, O) as in the runtime, state positions (N, S, 3) and rotations."""
        y = answers * self.output_scale + self.output_mean
        away = y[..., : 9 * JOINTS].unflatten(-1, (JOINTS, 3, 3))
        turns = adapted.posture["turns"][:, None, :, :, 1:]
        turned = away @ turns
        axes = torch.cat([turned[..., 1], turned[..., 0]], dim=-1)
        hips = y[..., 9 * JOINTS : 9 * JOINTS + 3] + adapted.posture["hips"][:, None]
        output = torch.cat([axes.flatten(2), hips, y[..., 9 * JOINTS + 3 :]], dim=-1)
        matrices = axes_to_matrices(axes)
        bones = (matrices[:, :, self.parents] @ adapted.bones[:, None, :, :, None])[..., 0]
        placed = hips[:, :, None] + self.chain @ bones
        return output.flatten(0, 1), placed.flatten(0, 1), matrices.flatten(0, 1)


def bounded(x: Tensor, limit: float) -> Tensor:
    """Return ``x`` softly limited to ``limit`` either way; the twin of ``learnet.bounded``."""
    return limit * torch.tanh(x / limit)


def _chain(parents: Array) -> Array:
    """Return ``features.ancestors`` of the canonical skeleton."""
    bones = np.zeros((len(parents), 3))
    return features.ancestors(Skeleton(quadruped.JOINTS, parents, bones))
