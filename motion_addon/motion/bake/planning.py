# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to a planned walk: the model, the character's size, its path and its plan."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import RefusedError
from ...options.option import options_of
from ..body.mover import Mover
from ..controller import model as controller_model
from ..controller.model import Model
from ..creature.adaptation.creature_files import LoadedCreature, load_creature
from ..creature.request import CREATURE_MODEL
from ..maths import quat
from ..maths.quat import Array
from ..plan import trajectory
from ..plan.ground_mesh import GroundMesh
from ..plan.obstacles import around
from ..plan.path import Path
from ..plan.trajectory import Trajectory
from ..plan.turn_in_place import turn_in_place
from ..style import bake_styles
from .path_ground import PathGround
from .request import BakeRequest, Point

CLEAR = 0.38
"""Distance between a path and an obstacle, in hip heights: half a body and some room."""
ON_THE_SPOT = 0.1
"""Meters at the model's size, the longest path that is a place to turn at."""


@dataclass(frozen=True, eq=False)
class PlannedWalk:
    """One character of a bake before it is driven."""

    request: BakeRequest
    model: Model
    creature: LoadedCreature | None
    """The creature of the request, read once."""
    scale: float
    """Size of the character over the model's."""
    path: Path
    plan: Trajectory
    """In the model's size."""
    styles: tuple[Array, ...] = ()
    """Embeddings of the request's styles."""
    ground: GroundMesh | None = None
    """Ground on which the level motion is laid; without it the plan has its own heights."""
    course: Array | None = None
    """Heights (m) of the ground under the steps of ``plan``, of the character's size."""
    cadence: Array | None = None
    """Factors (T,) of the step rate on slopes and stairs."""
    notes: tuple[str, ...] = ()
    """What an artist may want to know of the ground."""

    draft: Mapping[str, Any] | None = None
    """Report card of the bake before. With it only a character is laid on its footprints, not the
    model's body; the figures stay those of the card."""

    @property
    def frames(self) -> int:
        """Number of frames of the bake."""
        seconds = (len(self.plan) - 1) / trajectory.RATE * math.sqrt(self.scale)
        return int(seconds * self.request.fps + 1e-6) + 1

    def looking_at(self, points: tuple[Point, ...]) -> "PlannedWalk":
        """Return the walk with a gaze, one point or one for each frame; the plan is the same."""
        return replace(self, request=replace(self.request, gaze=points))


def plan_bake(
    request: BakeRequest, found: tuple[Model, LoadedCreature | None] | None = None
) -> PlannedWalk:
    """Return the planned walk of a request, with the model and creature ``found`` for it before.

    Raises RefusedError for a request that cannot be met.
    """
    model, creature = found or load(request)
    scale, (path, detours) = size(request, model), cleared_path(request, model)
    ground = PathGround.of(request, path, model, scale)
    plan = plan_walk(request, path, scale, mover(model), ground)
    styles = bake_styles.embeddings(request.style, model.kind)
    walk = PlannedWalk(request, model, creature, scale, path, plan, styles, notes=detours)
    if ground is None:
        return walk
    return replace(
        walk,
        path=ground.path,
        ground=ground.mesh,
        course=ground.course(plan, scale),
        cadence=ground.cadence(plan, scale),
        notes=(*detours, *ground.notes),
    )


def load(request: BakeRequest) -> tuple[Model, LoadedCreature | None]:
    """Return the model of a request, and its creature if it is of one. Raises RefusedError."""
    if request.model != CREATURE_MODEL:
        model = controller_model.load(request.model)
        _check_options(request, model)
        return model, None
    creature = load_creature(str(request.exemplar), request.legs, request.manner)
    if request.hip_height is None:
        replace(request, hip_height=creature.creature.hip_height)  # Checks the speeds.
    _check_options(request, creature.model)
    return creature.model, creature


def load_model(request: BakeRequest) -> Model:
    """Return the model of a request. Raises RefusedError."""
    return load(request)[0]


def _check_options(request: BakeRequest, model: Model) -> None:
    """Refuse options that a model or its kind of body does not have."""
    kind, gaits = model.kind, model.kind.gaits[1:]
    if request.gait != "auto" and request.gait not in gaits:
        raise RefusedError(
            f"{kind.a_noun.capitalize()} has no gait {request.gait!r}, only {', '.join(gaits)}"
            " and auto"
        )
    if request.experts is not None and model.gate is None:
        raise RefusedError(f"The model {model.name} has no experts to mix; leave out experts")
    for name, option in options_of(BakeRequest).items():
        if getattr(request, name) != option.default and not option.serves(kind.name):
            usual = option.write(option.default)
            at = str(usual).removesuffix(".0")
            remedy = f"leave out {name}" if usual in (None, ()) else f"leave {name} at {at}"
            raise RefusedError(f"{name} is not for {kind.a_noun}; {remedy}")
    if request.experts is not None and len(request.experts) != model.network.sets:
        raise RefusedError(
            f"The model {model.name} has {model.network.sets} experts, so experts must list"
            f" {model.network.sets} factors, not {len(request.experts)}"
        )


def size(request: BakeRequest, model: Model) -> float:
    """Return the character's size over the model's, by its hips or by its height."""
    if request.hip_height is not None:
        return request.hip_height / model.hip_height
    return model.natural_size if request.height is None else request.height / model.height


def walked_path(request: BakeRequest) -> Path:
    """Return the path of a request as drawn; raises RefusedError when it has no length."""
    return Path.from_points(np.array(request.path), cyclic=request.cyclic)


def cleared_path(request: BakeRequest, model: Model) -> tuple[Path, tuple[str, ...]]:
    """Return the path of a request around its obstacles, and notes on its detours.

    Raises RefusedError when there is no way.
    """
    path = walked_path(request)
    if not request.obstacles:
        return path, ()
    distance = CLEAR * model.hip_height * size(request, model)
    bent, notes = around(path, [np.array(one) for one in request.obstacles], distance)
    return bent, tuple(notes)


def mover(model: Model) -> Mover:
    """Return how a model's character moves along a path."""
    return model.gait_profile.mover if model.kind.on_clock else model.kind.mover


def plan_walk(
    request: BakeRequest,
    path: Path,
    scale: float,
    mover: Mover,
    ground: PathGround | None = None,
) -> Trajectory:
    """Return the plan in the model's size: lengths over ``scale``, speeds over its root.

    On ground the plan is level at height 0, and slopes and stairs change its speeds.

    By dynamic similarity a character twice as tall moves as the model, but larger and slower by
    the square root of two. On a path of a few centimeters a character with a fixed or turned
    facing turns in place, from the path's direction.
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
    drawn = np.array(request.path)
    if request.obstacles:
        drawn = path.samples[:-1] if path.cyclic else path.samples
    points = drawn / scale
    if ground is not None:
        points[:, 1] = 0.0
    small = Path.from_points(points, cyclic=path.cyclic)
    if small.length <= ON_THE_SPOT and facing[0] in ("fixed", "turned"):
        begin, turn = float(quat.yaw_of(small.tangent(0.0))), float(facing[1])
        if facing[0] == "fixed":
            turn = (turn - begin + math.pi) % (2.0 * math.pi) - math.pi
        stands = request.start, request.stop
        return turn_in_place(small.samples[0], begin, turn, mover, request.gait, stands, pace)
    backward = facing[0] == "turned" and math.cos(float(facing[1])) < -0.5
    own_gait = mover.backward if backward and request.gait == "auto" else None
    return trajectory.plan(
        small,
        speed=tuple((fraction, speed / pace) for fraction, speed in keys),
        gait=own_gait or request.gait,
        facing=facing,
        start=request.start,
        stop=request.stop,
        mover=mover,
        pace=pace,
        slowing=None if ground is None else ground.slowing,
    )


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
