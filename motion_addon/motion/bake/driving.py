# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives planned walks of one model at once: batches, step rates and the controller."""

import math
from collections.abc import Generator, Sequence

import numpy as np

from ..controller.blending import GaitOptions, StrideClock
from ..controller.controller import Controller, Run
from ..maths.quat import Array
from ..plan import trajectory
from .planning import PlannedWalk
from .request import BakeRequest

VARIATION = 0.04
"""Standard deviation of the step rate's slow variation when a seed is given."""
MOST_FRAMES = 200_000
"""Frames of all characters that are driven at once, about 400 MB."""


def batches(walks: Sequence[PlannedWalk]) -> list[list[int]]:
    """Return the indices of walks that are driven at once: of one model and about as long."""
    out: list[list[int]] = []
    order = sorted(range(len(walks)), key=lambda i: (walks[i].model.name, len(walks[i].plan)))
    for i in order:
        frames = len(walks[i].plan) * (len(out[-1]) + 1) if out else 0
        if not out or walks[out[-1][0]].model is not walks[i].model or frames > MOST_FRAMES:
            out.append([])
        out[-1].append(i)
    return out


def drive(
    walks: Sequence[PlannedWalk], clock: StrideClock | None = None
) -> Generator[float, None, list[Run]]:
    """Drive walks of one model at once; yield progress up to 0.9 and return the runs."""
    requests, plans = [walk.request for walk in walks], [walk.plan for walk in walks]
    frames = max(len(plan) for plan in plans)
    rates = [_cadence(walk) for walk in walks]
    held = [np.pad(rate, ((0, frames - len(rate)), (0, 0)), mode="edge") for rate in rates]
    phase = np.array([request.start_phase for request in requests])
    options = [GaitOptions(request.lead, request.experts, clock) for request in requests]
    controller = Controller(walks[0].model, len(walks))
    for given in controller.run(plans, phase, np.concatenate(held, axis=1), options):
        if not isinstance(given, float):
            return given
        yield 0.9 * given
    raise RuntimeError("The controller ended without a result")


def _cadence(walk: PlannedWalk) -> Array:
    """Return the factor of the step rate (T, 1) of a walk, with its seed's slow variation."""
    rate = _varied(walk.request, len(walk.plan))
    return rate if walk.cadence is None else rate * walk.cadence[:, None]


def _varied(request: BakeRequest, frames: int) -> Array:
    if request.seed == 0:
        return np.full((frames, 1), request.cadence)
    rng = np.random.default_rng(request.seed)
    time = np.arange(frames)[:, None] / trajectory.RATE
    period, shift = rng.uniform(2.0, 9.0, size=6), rng.uniform(0.0, 2.0 * np.pi, size=6)
    waves = np.sin(2.0 * np.pi * time / period + shift).sum(axis=1, keepdims=True)
    return np.asarray(request.cadence * (1.0 + VARIATION * waves / math.sqrt(3.0)))
