# SPDX-License-Identifier: GPL-3.0-or-later
"""Roll-out of a controller on its own outputs: noise on the initial state, losses of each frame."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from motion_addon.motion.controller import features

from .loop import Settings
from .model import BodyState

Step = Callable[[dict[str, Tensor], Tensor, Tensor], tuple[BodyState, dict[str, Tensor]]]
"""Runs one frame from its ground truth and the positions and velocities (N, S, 3) of the state
joints in this root frame; returns the body's state and the loss terms."""


@dataclass(frozen=True, eq=False)
class LegOffsets:
    """Random displacement of whole legs in the initial state."""

    shares: Tensor
    """(S, L) share of each leg's displacement that a state joint gets."""
    spread: Tensor
    """(3,) scale of the displacement to the side, up and ahead, over ``Settings.astray``."""


def disturbed(positions: Tensor, settings: Settings, legs: LegOffsets) -> Tensor:
    """Return state positions (N, S, 3) with noise on each joint and each whole leg displaced."""
    count = len(positions), legs.shares.shape[1], 3
    moved = settings.astray * torch.randn(*count) * legs.spread
    return positions + settings.noise * torch.randn_like(positions) + legs.shares @ moved


def run(
    batch: dict[str, Tensor], settings: Settings | None, legs: LegOffsets, step: Step
) -> dict[str, Tensor]:
    """Run ``step`` on its own outputs over a ``Sequences.batch`` and return mean losses.

    With settings, the initial state gets their noise.
    """
    positions, velocities = batch["positions"][:, 0], batch["velocities"][:, 0]
    if settings:
        positions = disturbed(positions, settings, legs)
        velocities = velocities + 10.0 * settings.noise * torch.randn_like(velocities)
    length = batch["control"].shape[1]
    total: dict[str, Tensor] = {}
    for i in range(1, length):
        truth = {key: value[:, i] for key, value in batch.items()}
        positions = positions @ truth["matrices"] + truth["moves"][:, None]
        body, terms = step(truth, positions, velocities @ truth["matrices"])
        positions, velocities = body.positions, body.velocities
        for key, value in terms.items():
            total[key] = total.get(key, torch.zeros(())) + value / (length - 1)
    return total


def losses(
    body: BodyState,
    truth: dict[str, Tensor],
    weight: Tensor,
    standing: Sequence[tuple[list[int], Tensor]],
    *,
    layout: features.OutputLayout,
    phase: float,
) -> dict[str, Tensor]:
    """Return the loss terms of one frame; lengths in decimeters, speeds in m/s.

    ``weight`` (S,) weights the state joints, ``phase`` the phase's rate. ``standing`` pairs n state
    joints with the weight (N, n) of their slip.
    """
    y = body.output
    axes = y[:, layout.axes].unflatten(-1, (-1, 6)) - truth["axes"]
    placed = body.positions - truth["positions"]
    velocity = body.velocities - truth["velocities"]
    speeds = (body.velocities[:, joints].square().sum(-1) * share for joints, share in standing)
    slip = functools.reduce(torch.add, speeds)
    return {
        "axes": 10.0 * axes.square().mean(),
        "hips": 50.0 * (y[:, layout.hips] - truth["hips"]).square().mean(),
        "position": 50.0 * (placed.square().mean(-1) * weight).mean(),
        "velocity": 0.3 * (velocity.square().mean(-1) * weight).mean(),
        "slip": 1.0 * slip.mean(),
        "phase": phase * (y[:, layout.phase_rate] - truth["phase_rate"]).square().mean(),
        "contacts": 0.5 * (y[:, layout.contacts] - truth["contacts"]).square().mean(),
    }
