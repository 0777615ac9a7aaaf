# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case: from a request to a clip with planted feet and its report card."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import cast

import numpy as np

from ...errors import RefusedError
from ..cleanup.cleanup import EXEMPLAR, clean
from ..cleanup.secondary_motion import follow_through, look_at
from ..clip.clip import Clip
from ..controller.blending import Clock, GaitOptions, leg_offsets
from ..controller.controller import Controller, Run
from ..controller.footfall_search import ROUNDS, Retiming, Try, search
from ..controller.model import Model
from ..maths.progress import finish, part_of
from ..maths.quat import Array
from ..metrics.report import Ranges, report
from ..plan import trajectory
from ..plan.path import Path
from ..plan.trajectory import Trajectory
from ..style import bake_styles
from .creatures import ExemplarMatch, exemplar_match, remarks
from .cycle import cut_cycle
from .planning import life_size_plan, load_model, mover, plan_walk, size, walked_path
from .request import BakeRequest

__all__ = [
    "BakeRequest",
    "BakeResult",
    "RefusedError",
    "bake",
    "bake_many",
    "bake_many_steps",
    "bake_steps",
    "cycle",
    "frames",
]

VARIATION = 0.04
"""Standard deviation of the step rate's slow variation when a seed is given."""
MOST_FRAMES = 200_000
"""Of all characters together that are driven at once: about 400 MB."""
CHART_FPS = 10
"""Frame rate of the experts' activations in a report."""
CYCLE_LENGTH = 12.0
"""Seconds walked straight to find the gait cycle."""


@dataclass(frozen=True, eq=False)
class BakeResult:
    """What a bake gives."""

    request: BakeRequest
    clip: Clip
    """Motion at the request's frame rate, of the request's height, in path coordinates."""
    phase: Array
    """(T,) gait phase of each frame in cycles, unwrapped."""
    report: dict[str, object]
    """The report card, plain JSON values."""
    exemplar_match: ExemplarMatch | None = None
    """Of a creature, how much each frame is like its exemplar's."""

    def save(self, path: FilePath) -> None:
        """Write the clip as ``.npz``."""
        self.clip.save(path)


def bake(request: BakeRequest) -> BakeResult:
    """Return the finished bake; blocks.

    Raises RefusedError with one plain sentence when the request cannot be met.
    """
    return finish(bake_steps(request))


def bake_steps(request: BakeRequest) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result; stop asking to cancel."""
    walk = _planned(request)
    share = 1.0 / (1.0 + ROUNDS) if request.footfalls else 0.95
    (run,) = yield from part_of(_driven([walk]), 0.0, share)
    return (yield from part_of(_completed(walk, run), share, 1.0 - share))


def bake_many(requests: Sequence[BakeRequest]) -> list[BakeResult]:
    """Return the finished bakes of many characters at once, in the order of ``requests``.

    As ``bake`` of each, but quicker. Raises RefusedError when one cannot be met.
    """
    return finish(bake_many_steps(requests))


def bake_many_steps(
    requests: Sequence[BakeRequest],
) -> Generator[float, None, list[BakeResult]]:
    """Yield progress from 0 to 1 and return the results; stop asking to cancel.

    Those of one model step together.
    """
    walks = [_planned(request) for request in requests]
    results: dict[int, BakeResult] = {}
    total = len(walks)
    for batch in _batches(walks):
        steps, done = _driven([walks[i] for i in batch]), len(results)
        runs = yield from part_of(steps, done / total, 0.5 * len(batch) / total)
        for i, run in zip(batch, runs, strict=True):
            results[i] = finish(_completed(walks[i], run))
            left = done + len(batch) - len(results)
            yield (len(results) + 0.5 * left) / total
    return [results[i] for i in range(total)]


@dataclass(frozen=True, eq=False)
class _Walk:
    """One character before it is driven."""

    request: BakeRequest
    model: Model
    scale: float
    path: Path
    plan: Trajectory
    """In the model's size."""
    styles: tuple[Array, ...] = ()
    """Embeddings of the request's styles."""


def _planned(request: BakeRequest) -> _Walk:
    model = load_model(request)
    scale, path = size(request, model), walked_path(request)
    plan = plan_walk(request, path, scale, mover(model))
    styles = bake_styles.embeddings(request.style, model.kind)
    return _Walk(request, model, scale, path, plan, styles)


def frames(request: BakeRequest) -> int:
    """Return how many frames the bake of a request has. Raises RefusedError as ``bake`` does."""
    walk = _planned(request)
    seconds = (len(walk.plan) - 1) / trajectory.RATE * math.sqrt(walk.scale)
    return int(seconds * request.fps + 1e-6) + 1


def _batches(walks: Sequence[_Walk]) -> list[list[int]]:
    """Return indices of walks to drive at once: of one model, and about as long."""
    out: list[list[int]] = []
    order = sorted(range(len(walks)), key=lambda i: (walks[i].model.name, len(walks[i].plan)))
    for i in order:
        frames = len(walks[i].plan) * (len(out[-1]) + 1) if out else 0
        if not out or walks[out[-1][0]].model is not walks[i].model or frames > MOST_FRAMES:
            out.append([])
        out[-1].append(i)
    return out


def _completed(walk: _Walk, run: Run) -> Generator[float, None, BakeResult]:
    """Clean a run up and return its bake; drives the walk anew where footfalls are moved."""
    request = walk.request
    plain = _try(walk, run)
    if not request.footfalls:
        return _result(walk, run, plain.clip)

    def attempt(clock: Clock) -> Generator[float, None, Try]:
        (tried,) = yield from _driven([walk], clock)
        return _try(walk, tried)

    clock = Clock(run.phase, leg_offsets(walk.model, walk.plan, request.lead)[0])
    retiming = Retiming(request.footfalls, plain.contacts, clock, plain.clip.fps)
    best = yield from search(retiming, plain, attempt)
    result = _result(walk, best.run, best.clip)
    told = [*cast(list[str], result.report["warnings"]), *retiming.warnings, *retiming.remarks()]
    card = {**result.report, **retiming.card(result.clip), "warnings": told}
    return replace(result, report=card)


def _try(walk: _Walk, run: Run) -> Try:
    clip = _finished(run, walk)
    known = np.zeros((clip.frames, 4)) if clip.contacts is None else clip.contacts
    binary = walk.model.kind.foot.binary
    contacts = known if walk.request.cleanup else binary(known, clip.fps)
    return Try(run, clip, contacts)


def _result(walk: _Walk, run: Run, clip: Clip) -> BakeResult:
    """Return the bake of a finished ``clip``."""
    request = walk.request
    result = clip.resample(request.fps)
    if result.frames < 2:
        raise RefusedError("The path is over within one frame")
    at = np.arange(result.frames) * (clip.fps / request.fps)
    phase = np.interp(at, np.arange(len(run.phase)), run.phase)
    plan = life_size_plan(walk.plan, walk.scale)
    card = report_card(request, walk.model, result, walk.path, plan)
    bake_styles.add_credits(card, request.style, walk.model.kind)
    if run.shares is not None:
        card["experts"] = _activations(run.shares, clip.fps)
    match = exemplar_match(request, walk.model, walk.plan)
    if match is not None:
        card |= remarks(request, walk.plan, cast(list[str], card["warnings"]))
        match = match.at(at)
    return BakeResult(request, result, phase, card, match)


def _activations(shares: Array, fps: float) -> dict[str, object]:
    """Return the shares (T, K) of the experts over the bake, few enough for a chart."""
    at = np.arange(0.0, len(shares) - 1 + 1e-6, fps / CHART_FPS)
    frames = np.arange(len(shares))
    curves = [np.interp(at, frames, column) for column in shares.T]
    rows = np.round(np.stack(curves, axis=1).astype(np.float64), 3)
    return {"fps": CHART_FPS, "shares": rows.tolist()}


def _cadence(request: BakeRequest, frames: int) -> Array:
    """Return (T, 1) the factor of the step rate, with the seed's slow variation."""
    if request.seed == 0:
        return np.full((frames, 1), request.cadence)
    rng = np.random.default_rng(request.seed)
    time = np.arange(frames)[:, None] / trajectory.RATE
    period, shift = rng.uniform(2.0, 9.0, size=6), rng.uniform(0.0, 2.0 * np.pi, size=6)
    waves = np.sin(2.0 * np.pi * time / period + shift).sum(axis=1, keepdims=True)
    return np.asarray(request.cadence * (1.0 + VARIATION * waves / math.sqrt(3.0)))


def _driven(
    walks: Sequence[_Walk], clock: Clock | None = None
) -> Generator[float, None, list[Run]]:
    """Drive walks of one model at once; yield progress up to 0.9 and return the runs."""
    requests, plans = [walk.request for walk in walks], [walk.plan for walk in walks]
    frames = max(len(plan) for plan in plans)
    rates = [_cadence(r, len(p)) for r, p in zip(requests, plans, strict=True)]
    held = [np.pad(rate, ((0, frames - len(rate)), (0, 0)), mode="edge") for rate in rates]
    phase = np.array([request.start_phase for request in requests])
    wishes = [GaitOptions(request.lead, request.experts, clock) for request in requests]
    controller = Controller(walks[0].model, len(walks))
    for given in controller.run(plans, phase, np.concatenate(held, axis=1), wishes):
        if not isinstance(given, float):
            return given
        yield 0.9 * given
    raise RuntimeError("The controller ended without a result")


def _finished(run: Run, walk: _Walk, loops: bool = False) -> Clip:
    """Return the character's motion, of its size and pace: feet planted, head and tail seen to.

    What ``loops`` is not unsteady, or it would not.
    """
    clip, request = run.clip, walk.request
    context = bake_styles.StyleContext(walk.model.kind, walk.scale, None if loops else request.seed)
    clip = bake_styles.apply_styles(clip, request.style, walk.styles, context)
    if request.cleanup and clip.contacts is not None:
        profile = walk.model.gait_profile
        keyed = None if profile.residual is None else replace(EXEMPLAR, soles=profile.soles)
        clip = clean(clip, clip.contacts, walk.plan, keyed)
    clip = follow_through(clip, request.follow_through)
    if request.gaze is not None:
        points = np.array(request.gaze) / walk.scale
        at = np.arange(clip.frames) * (request.fps * math.sqrt(walk.scale) / clip.fps)
        known = np.arange(len(points))
        target = np.stack([np.interp(at, known, column) for column in points.T], axis=-1)
        clip = look_at(clip, target, request.gaze_strength)
    return life_size(clip, walk.scale)


def life_size(clip: Clip, scale: float) -> Clip:
    """Return a clip of the model's size as one of the character's size and pace."""
    return replace(clip.scaled(scale), fps=clip.fps / math.sqrt(scale))


def report_card(
    request: BakeRequest, model: Model, clip: Clip, path: Path, plan: Trajectory
) -> dict[str, object]:
    """Return the report card of a finished bake, with its provenance."""
    pace = math.sqrt(size(request, model))
    low, high = model.info["ranges"]["speed"]
    turn = max(abs(v) for v in model.info["ranges"]["turn"])
    ranges = Ranges((low * pace, high * pace), turn / pace)
    soles = None
    if model.gait_profile.soles is not None:
        soles = tuple(size(request, model) * height for height in model.gait_profile.soles)
    card = report(clip, path, plan, ranges, model.info.get("reference"), soles)
    card["model"] = {"name": model.name, "weights": model.digest}
    card["credits"] = list(model.info["credits"])
    card["seed"] = request.seed
    return card


def cycle(request: BakeRequest) -> BakeResult:
    """Return one gait cycle in place that loops exactly: a next frame would be the first.

    The request's path is not used; speed is its first. The report holds ``ground_speed`` in
    m/s, which is the asked speed adjusted to a whole number of frames, and ``period`` in
    seconds. Raises RefusedError as ``bake`` does.
    """
    model = load_model(request)
    scale = size(request, model)
    speed = request.speed if isinstance(request.speed, float | int) else request.speed[0][1]
    straight = replace(
        request,
        path=((0.0, 0.0, 0.0), (0.0, 0.0, float(speed) * CYCLE_LENGTH * math.sqrt(scale))),
        speed=float(speed),
        start=False,
        stop=False,
        seed=0,
        cyclic=False,
        facing="path",
        gaze=None,
        footfalls=(),
    )
    walk = _planned(straight)
    (run,) = finish(_driven([walk]))
    clip = _finished(run, walk, loops=True)
    loop, ground_speed = cut_cycle(clip, run.phase, request)
    phase = request.start_phase + np.arange(loop.frames) / loop.frames
    card: dict[str, object] = {"ground_speed": ground_speed, "period": loop.frames / loop.fps}
    card["model"] = {"name": model.name, "weights": model.digest}
    match = exemplar_match(request, walk.model, walk.plan)
    if match is not None:
        match = match.at(np.full(loop.frames, 0.5 * len(walk.plan)))
    return BakeResult(request, loop, phase, card, match)


@lru_cache(maxsize=16)
def _scrub_cycle(request: BakeRequest) -> BakeResult:
    return cycle(request)


def pose_at_phase(request: BakeRequest, phase: float) -> BakeResult:
    """Return a bake of one frame: the pose at ``phase`` (cycles) of the request's gait, in place.

    The cycle is kept, so that only the first call of a request takes longer.
    """
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    plain = replace(request, fps=60.0, start_phase=0.0, path=path, gaze=None)
    whole = _scrub_cycle(plain)
    loop = whole.clip
    closed = np.arange(loop.frames + 1) % loop.frames
    clip = Clip(loop.skeleton, loop.rotations[closed], loop.root_positions[closed], loop.fps)
    clip = clip.at_frames(np.array([(phase % 1.0) * loop.frames]), request.fps)
    match = None if whole.exemplar_match is None else whole.exemplar_match.at(np.zeros(1))
    return BakeResult(request, clip, np.array([phase]), {}, match)
