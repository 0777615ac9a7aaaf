# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case: from a request to a clip with planted feet and its report card."""

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TypeVar

import numpy as np

from . import gaits, models, trajectory
from .cleanup import CleanupSettings, clean
from .clip import Clip
from .controller import Controller, Run
from .cycle import cut_cycle
from .models import Model
from .path import Path
from .quat import Array
from .report import Ranges, report
from .request import BakeRequest, RequestError
from .trajectory import Trajectory

__all__ = ["BakeRequest", "BakeResult", "RequestError", "bake", "bake_steps", "cycle"]

_Result = TypeVar("_Result")

MOVERS = {"biped": trajectory.PERSON, "quadruped": gaits.DOG}
"""How each kind of body moves along a path."""

VARIATION = 0.04
"""Standard deviation of the step rate's slow variation when a seed is given."""
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

    def save(self, path: FilePath) -> None:
        """Write the clip as ``.npz``."""
        self.clip.save(path)


def bake(request: BakeRequest) -> BakeResult:
    """Return the finished bake; blocks.

    Raises RequestError with one plain sentence when the request cannot be met.
    """
    return _last(bake_steps(request))


def bake_steps(request: BakeRequest) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result; stop asking to cancel."""
    model = load_model(request)
    scale = size(request, model)
    path = walked_path(request)
    plan = plan_walk(request, path, scale, model.body)
    run = yield from _drive(request, model, plan)
    yield 0.9
    clip = life_size(_finished(run, plan, request), scale)
    yield 0.95
    result = clip.resample(request.fps)
    if result.frames < 2:
        raise RequestError("The path is over within one frame")
    at = np.arange(result.frames) * (clip.fps / request.fps)
    phase = np.interp(at, np.arange(len(run.phase)), run.phase)
    card = report_card(request, model, result, path, life_size_plan(plan, scale))
    return BakeResult(request, result, phase, card)


def load_model(request: BakeRequest) -> Model:
    """Return the model asked for; raises RequestError when there is none or it lacks the gait."""
    try:
        model = models.load(request.model)
    except models.ModelError as error:
        raise RequestError(str(error)) from error
    known = MOVERS[model.body].gaits[1:]
    if request.gait != "auto" and request.gait not in known:
        names = ", ".join(known)
        raise RequestError(f"A {model.body} has no gait {request.gait!r}, only {names} and auto")
    return model


def size(request: BakeRequest, model: Model) -> float:
    """Return the character's size over the model's, by its hips or by its height."""
    if request.hip_height is not None:
        return request.hip_height / model.hip_height
    return 1.0 if request.height is None else request.height / model.height


def walked_path(request: BakeRequest) -> Path:
    """Return the path; raises RequestError when it has no length."""
    try:
        return Path.from_points(np.array(request.path), cyclic=request.cyclic)
    except ValueError as error:
        raise RequestError(str(error).rstrip(".")) from error


def plan_walk(request: BakeRequest, path: Path, scale: float, body: str = "biped") -> Trajectory:
    """Return the plan in the model's size: lengths over ``scale``, speeds over its root.

    By dynamic similarity a character twice as tall walks as the model does, seen larger and
    slower by the square root of two.
    """
    pace = math.sqrt(scale)
    keys = request.speed if isinstance(request.speed, tuple) else ((0.0, request.speed),)
    facing: trajectory.Facing = "path"
    if not isinstance(request.facing, str):
        kind, value = request.facing
        if kind in ("yaw", "turned"):
            facing = ("fixed" if kind == "yaw" else "turned", math.radians(value))
        else:
            facing = ("look_at", tuple(v / scale for v in value))
    small = Path.from_points(np.array(request.path) / scale, cyclic=path.cyclic)
    return trajectory.plan(
        small,
        speed=tuple((fraction, speed / pace) for fraction, speed in keys),
        gait=request.gait,
        facing=facing,
        start=request.start,
        stop=request.stop,
        mover=MOVERS[body],
    )


def _cadence(request: BakeRequest, frames: int) -> Array:
    """Return (T, 1) the factor of the step rate, with the seed's slow variation."""
    if request.seed == 0:
        return np.full((frames, 1), request.cadence)
    rng = np.random.default_rng(request.seed)
    time = np.arange(frames)[:, None] / trajectory.RATE
    period, shift = rng.uniform(2.0, 9.0, size=6), rng.uniform(0.0, 2.0 * np.pi, size=6)
    waves = np.sin(2.0 * np.pi * time / period + shift).sum(axis=1, keepdims=True)
    return np.asarray(request.cadence * (1.0 + VARIATION * waves / math.sqrt(3.0)))


def _drive(request: BakeRequest, model: Model, plan: Trajectory) -> Generator[float, None, Run]:
    cadence = _cadence(request, len(plan.positions))
    for given in Controller(model).run([plan], np.array([request.start_phase]), cadence):
        if isinstance(given, float):
            yield 0.9 * given
        else:
            return given[0]
    raise RuntimeError("The controller ended without a result")


def _finished(run: Run, plan: Trajectory, request: BakeRequest) -> Clip:
    """Return the cleaned motion, or the network's own where that is asked for."""
    if not request.cleanup or run.clip.contacts is None:
        return run.clip
    return clean(run.clip, run.clip.contacts, plan, CleanupSettings())


def life_size(clip: Clip, scale: float) -> Clip:
    """Return a clip of the model's size as one of the character's size and pace."""
    return replace(clip.scaled(scale), fps=clip.fps / math.sqrt(scale))


def life_size_plan(plan: Trajectory, scale: float) -> Trajectory:
    """Return a plan of the model's size as one of the character's size and pace."""
    pace = math.sqrt(scale)
    return replace(
        plan,
        positions=plan.positions * scale,
        speeds=plan.speeds * pace,
        distance=plan.distance * scale,
        rate=plan.rate / pace,  # type: ignore[arg-type]
    )


def report_card(
    request: BakeRequest, model: Model, clip: Clip, path: Path, plan: Trajectory
) -> dict[str, object]:
    """Return the report card of a finished bake, with its provenance."""
    pace = math.sqrt(size(request, model))
    low, high = model.info["ranges"]["speed"]
    turn = max(abs(v) for v in model.info["ranges"]["turn"])
    ranges = Ranges((low * pace, high * pace), turn / pace)
    card = report(clip, path, plan, ranges, model.info.get("reference"))
    card["model"] = {"name": model.name, "weights": model.digest}
    card["credits"] = list(model.info["credits"])
    card["seed"] = request.seed
    return card


def cycle(request: BakeRequest) -> BakeResult:
    """Return one gait cycle in place that loops exactly: a next frame would be the first.

    The request's path is not used; speed is its first. The report holds ``ground_speed`` in
    m/s, which is the asked speed adjusted to a whole number of frames, and ``period`` in
    seconds. Raises RequestError as ``bake`` does.
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
    )
    plan = plan_walk(straight, walked_path(straight), scale, model.body)
    run = _last(_drive(straight, model, plan))
    clip = life_size(_finished(run, plan, request), scale)
    loop, ground_speed = cut_cycle(clip, run.phase, request)
    phase = request.start_phase + np.arange(loop.frames) / loop.frames
    card: dict[str, object] = {"ground_speed": ground_speed, "period": loop.frames / loop.fps}
    card["model"] = {"name": model.name, "weights": model.digest}
    return BakeResult(request, loop, phase, card)


def _last(steps: Generator[float, None, _Result]) -> _Result:
    """Run ``steps`` to their end and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


@lru_cache(maxsize=16)
def _scrub_cycle(request: BakeRequest) -> Clip:
    return cycle(request).clip


def pose_at_phase(request: BakeRequest, phase: float) -> Clip:
    """Return one frame: the pose at ``phase`` (cycles) of the request's gait, in place.

    The cycle is kept, so that only the first call of a request takes longer.
    """
    plain = replace(request, fps=60.0, start_phase=0.0, path=((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    loop = _scrub_cycle(plain)
    closed = np.arange(loop.frames + 1) % loop.frames
    clip = Clip(loop.skeleton, loop.rotations[closed], loop.root_positions[closed], loop.fps)
    return clip.at_frames(np.array([(phase % 1.0) * loop.frames]), request.fps)
