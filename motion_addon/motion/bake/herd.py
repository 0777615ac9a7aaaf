# SPDX-License-Identifier: GPL-3.0-or-later
"""Herds: from one request to many that differ a little and keep their distance.

Either each animal has a path of its own, or all go along one in lanes beside each other and in
rows behind each other. Distances are between the planned roots, over the whole time: before it
starts and after it stops an animal stands where its path begins and ends.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import RefusedError
from ...options.checks import is_list
from ...options.herd import HerdOptions
from ...options.option import check_all, read_all
from ..controller.model import Model
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import REACH, smooth
from ..plan.path import Path
from .path_ground import PathGround
from .planning import (
    cleared_path,
    life_size_plan,
    load_model,
    mover,
    plan_walk,
    size,
    walked_path,
)
from .request import SPEEDS, BakeRequest, Point, pace_of, read_path

LANE, ROW = 1.4, 1.6
"""Distances of lanes and rows over the least one, so that there is room to vary."""
_TICKS = (0.02, 0.1)
"""Seconds between the times at which distances are looked at, the fewer the faster they go."""
PATIENCE = 60.0
"""Seconds, the longest that an animal waits for others to pass."""
_WAIT = 0.2
_GRID = 0.05
_LEAST_STEP = 0.15
"""Of a lane's length over the path's where it bends the most."""
_Keys = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Herd(HerdOptions):
    """A herd: a request, and how its animals differ."""

    request: BakeRequest
    """Request of each animal; its path is the middle of the herd's."""
    paths: tuple[tuple[Point, ...], ...] = ()
    """A path for each animal, instead of lanes along the request's."""

    def __post_init__(self) -> None:
        check_all(self)
        if self.request.footprints:
            raise RefusedError("The footprints of a herd cannot be edited; bake that animal alone")
        if self.paths and len(self.paths) != self.count:
            raise RefusedError(
                f"A herd of {self.count} needs {self.count} paths or none, not {len(self.paths)}"
            )
        for path in self.paths:
            read_path("path", path)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Herd":
        """Return the herd of plain JSON values: a request's, and the others under ``herd``.

        Raises RefusedError for unknown keys and for values that make no sense.
        """
        if not isinstance(data, Mapping) or not isinstance(data.get("herd"), Mapping):
            raise RefusedError(
                'A herd is a request with an object under "herd", such as {"count": 9}'
            )
        values = dict(data["herd"])
        asked = {key: value for key, value in data.items() if key != "herd"}
        ways: tuple[tuple[Point, ...], ...] = ()
        if "paths" in values:
            paths = values.pop("paths")
            if not is_list(paths) or not paths:
                raise RefusedError("paths must be a list of paths, one for each animal")
            ways = tuple(read_path(f"Path {i} of paths", path) for i, path in enumerate(paths))
            values.setdefault("count", len(paths))
            asked.setdefault("path", paths[0])
        options = read_all(HerdOptions, values, "herd")
        return Herd(BakeRequest.from_json(asked), ways, **options)


@dataclass(frozen=True)
class Member:
    """One animal of a herd."""

    request: BakeRequest
    start: float
    """Seconds after the herd's first frame at which its motion begins; until then it stands."""


def members(herd: Herd) -> tuple[Member, ...]:
    """Return the animals of a herd, the same for the same herd.

    Raises RefusedError with one plain sentence when they cannot keep their distance.
    """
    model = load_model(herd.request)
    rng = np.random.default_rng(herd.seed)
    spacing = _spacing(herd, model)
    if herd.paths:
        ways, lanes = list(herd.paths), list(range(herd.count))
        _check_ends(ways, spacing)
    else:
        ways, lanes = _ways(herd, spacing, rng)
    requests = _varied(herd, model, ways, lanes, rng)
    tracks = [_track(request, model) for request in requests]
    eager = rng.uniform(0.0, 2.0 * _WAIT, size=herd.count)
    starts = _starts(tracks, eager, spacing)
    first = min(starts)
    return tuple(
        Member(_later(request, start - first), round(start - first, 3))
        for request, start in zip(requests, starts, strict=True)
    )


def _later(request: BakeRequest, start: float) -> BakeRequest:
    """Return the request of an animal that starts after some seconds, with the gaze from then."""
    if request.gaze is None:
        return request
    passed = min(round(start * request.fps), len(request.gaze) - 1)
    return replace(request, gaze=request.gaze[passed:])


def _spacing(herd: Herd, model: Model) -> float:
    usual = model.kind.spacing * model.hip_height * size(herd.request, model)
    return usual if herd.spacing is None else herd.spacing


def _ways(
    herd: Herd, spacing: float, rng: np.random.Generator
) -> tuple[list[tuple[Point, ...]], list[int]]:
    """Return a path and the lane of each animal along the request's path."""
    path, count = walked_path(herd.request), herd.count
    lanes = min(herd.lanes or math.ceil(math.sqrt(0.5 * count)), count)
    rows = math.ceil(count / lanes)
    if path.cyclic and rows * ROW * spacing > path.length:
        raise RefusedError(
            f"A closed path of {path.length:.1f} m has no room for {rows} animals one behind the"
            f" other, {spacing:.2f} m apart; use more lanes or a smaller spacing"
        )
    lane, row = np.arange(count) % lanes, np.arange(count) // lanes
    astray = 0.4 * rng.uniform(-1.0, 1.0, size=(2, count)) * (count > 1)
    sides = (lane - 0.5 * (lanes - 1)) * LANE + astray[0] * (LANE - 1.0) * (lanes > 1)
    # Every other lane half a row back, as animals go.
    backs = (row + 0.5 * (lane % 2) * (rows > 1)) * ROW + (1.0 + astray[1]) * (ROW - 1.0)
    backs = (backs - backs.min()) * spacing
    curves = _lanes(path, sides * spacing, float(backs.max()))
    ways = [_cut(curve, path, back) for curve, back in zip(curves, backs, strict=True)]
    return ways, lane.tolist()


def _lanes(path: Path, sides: Array, back: float) -> list[Array]:
    """Return (S, 3) points, about every _GRID meters, of lanes ``sides`` m left of a path.

    An open path is led straight back first, by more than ``back`` meters on any lane.
    """
    widest = float(np.abs(sides).max())
    # A herd turns over more than half its width, or its inner lanes would double back.
    reach = max(1.6 * widest, 0.2)
    margin = math.ceil(REACH * reach / _GRID) + 1
    ahead = round(path.length / _GRID)
    if ahead < 1:
        raise RefusedError(
            f"The path of {100.0 * path.length:.0f} cm is too short for a herd; draw a longer one"
        )
    if path.cyclic:
        center = path.position(np.arange(ahead) * (path.length / ahead))
    else:
        first = -math.ceil(1.5 * back / _GRID) - margin
        center = path.position(np.arange(first, ahead + margin + 1) * (path.length / ahead))
    center = smooth(center, reach / _GRID, path.cyclic)
    step = 0.5 * (np.roll(center, -1, axis=0) - np.roll(center, 1, axis=0))
    step[:, 1] = 0.0
    facing = quat.unit(step)
    left = np.stack([facing[:, 2], np.zeros(len(step)), -facing[:, 0]], axis=-1)
    inside = slice(None) if path.cyclic else slice(margin, -margin)
    out = []
    for side in sides:
        lane = center + side * left
        gain = 0.5 * (np.roll(lane, -1, axis=0) - np.roll(lane, 1, axis=0)) * facing
        if gain[inside].sum(axis=1).min() < _LEAST_STEP * _GRID:
            raise RefusedError(
                f"The path turns too sharply for a herd {2.0 * widest:.1f} m across; use fewer"
                " lanes or a smaller spacing"
            )
        out.append(lane[inside])
    return out


def _cut(lane: Array, path: Path, back: float) -> tuple[Point, ...]:
    """Return the points of a lane from ``back`` meters before the path on to as far from its end.

    A closed lane begins so far back.
    """
    closed = np.concatenate([lane, lane[:1]]) if path.cyclic else lane
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    count = max(round(path.length / 0.1), 1) + 1
    if path.cyclic:
        at = (np.arange(count - 1) * (arc[-1] / (count - 1)) - back) % arc[-1]
    else:
        begin = arc[len(lane) - 1 - round(path.length / _GRID)]
        at = np.linspace(begin, arc[-1], min(count, 5000)) - back
    x, y, z = (np.interp(at, arc, column) for column in closed.T)
    return tuple(zip(x.tolist(), y.tolist(), z.tolist(), strict=True))


def _varied(
    herd: Herd,
    model: Model,
    ways: Sequence[tuple[Point, ...]],
    lanes: Sequence[int],
    rng: np.random.Generator,
) -> list[BakeRequest]:
    """Return a request for each animal, with its own size, speed, phase and seed."""
    request, count = herd.request, herd.count
    sizes = 1.0 + herd.size_jitter * rng.uniform(-1.0, 1.0, size=count)
    speeds = 1.0 + herd.speed_jitter * rng.uniform(-1.0, 1.0, size=count)
    if request.cyclic and not herd.paths:
        # On a loop nobody gets past.
        speeds = speeds[np.array(lanes)]
    phases, seeds = rng.random(count), rng.integers(1, 2**31, size=count)
    by_hips = request.hip_height is not None or (request.height is None and model.kind.by_hips)
    key, whole = ("hip_height", model.hip_height) if by_hips else ("height", model.height)
    whole *= size(request, model)
    out = []
    for i, way in enumerate(ways):
        sized = {key: round(whole * float(sizes[i]), 4)}
        fastest = pace_of(request.model, sized.get("height"), sized.get("hip_height"))
        changes: dict[str, Any] = {
            "path": way,
            "speed": _scaled_speed(request.speed, float(speeds[i]), fastest),
            "start_phase": round(float(phases[i]), 4),
            "seed": int(seeds[i]),
            **sized,
        }
        out.append(replace(request, **changes))
    return out


def _scaled_speed(speed: float | _Keys, factor: float, fastest: float) -> float | _Keys:
    """Return a request's speed times ``factor``, within the limits of a body of that pace."""

    def scaled(value: float) -> float:
        low, high = (round(bound * fastest, 3) for bound in SPEEDS)
        return min(max(value * factor, low), high)

    if isinstance(speed, tuple):
        return tuple((fraction, scaled(value)) for fraction, value in speed)
    return scaled(speed)


@dataclass(frozen=True, eq=False)
class _Track:
    """Positions of an animal over time."""

    points: Array
    """(T, 2) x and z of the planned root, m."""
    rate: float
    """Points per second."""

    def fastest(self) -> float:
        """Return its greatest speed, m/s."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).max() * self.rate)

    def at(self, times: Array) -> Array:
        """Return positions (N, 2) at ``times`` (N,) s after its start; outside them it stands."""
        frames = np.arange(len(self.points)) / self.rate
        return np.stack([np.interp(times, frames, column) for column in self.points.T], axis=1)


def _track(request: BakeRequest, model: Model) -> _Track:
    scale, (path, _) = size(request, model), cleared_path(request, model)
    ground = PathGround.of(request, path, model, scale)
    plan = plan_walk(request, path, scale, mover(model), ground)
    whole = life_size_plan(plan, scale)
    return _Track(whole.positions[:, [0, 2]], float(whole.rate))


def _starts(tracks: Sequence[_Track], eager: Array, spacing: float) -> list[float]:
    """Return the start of each animal in s, one after the other as soon as its way is free."""
    longest = max(len(track.points) / track.rate for track in tracks)
    fastest = max(track.fastest() for track in tracks)
    tick = float(np.clip(0.1 * spacing / max(fastest, 0.1), *_TICKS))
    times = np.arange(0.0, longest + PATIENCE + tick, tick)
    placed: list[Array] = []
    starts: list[float] = []
    for i, track in enumerate(tracks):
        others = np.stack(placed) if placed else np.zeros((0, len(times), 2))
        for start in np.arange(eager[i], PATIENCE, _WAIT):
            mine = track.at(times - start)
            gaps = np.square(others - mine).sum(axis=-1)
            if not gaps.size or gaps.min() >= spacing * spacing:
                break
        else:
            other = int(np.square(others - track.at(times)).sum(axis=-1).min(axis=1).argmin())
            raise RefusedError(
                f"Animals {other + 1} and {i + 1} cannot stay {spacing:.2f} m apart on their paths;"
                " move the paths apart, use more lanes or a smaller spacing"
            )
        placed.append(mine)
        starts.append(float(start))
    return starts


def _check_ends(ways: Sequence[tuple[Point, ...]], spacing: float) -> None:
    """Refuse paths whose ends, where animals stand, are too near each other."""
    for word, index in (("begin", 0), ("end", -1)):
        ends = np.array([way[index] for way in ways])[:, [0, 2]]
        gaps = np.linalg.norm(ends[:, None] - ends, axis=-1)
        gaps[np.diag_indices(len(ends))] = np.inf
        a, b = np.unravel_index(gaps.argmin(), gaps.shape)
        if gaps[a, b] < spacing:
            raise RefusedError(
                f"The paths of animals {a + 1} and {b + 1} {word} {gaps[a, b]:.2f} m apart, nearer"
                f" than {spacing:.2f} m; move them apart or use a smaller spacing"
            )
