# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to what is driven: the model, the character's size, its path and its plan."""

import math
from dataclasses import replace

import numpy as np

from ...errors import RefusedError
from ..body import biped_gaits
from ..body.mover import Mover
from ..controller import model as controller_model
from ..controller.model import Model
from ..maths import quat
from ..plan import trajectory
from ..plan.path import Path
from ..plan.trajectory import Trajectory
from ..plan.turn_in_place import turn_in_place
from . import creatures
from .request import BakeRequest

ON_THE_SPOT = 0.1
"""Meters at the model's size, the longest path that is a place to turn at."""


def load_model(request: BakeRequest) -> Model:
    """Return the model asked for; raises RefusedError when there is none or it lacks the gait."""
    model = creatures.controller(request) if creatures.is_creature(request) else _shipped(request)
    kind = model.kind
    known = kind.gaits[1:]
    if request.gait != "auto" and request.gait not in known:
        names = ", ".join(known)
        raise RefusedError(
            f"{kind.a_noun.capitalize()} has no gait {request.gait!r}, only {names} and auto"
        )
    if request.lead != "auto" and not kind.leads:
        raise RefusedError(f"{kind.a_noun.capitalize()} has no leading leg; leave lead at auto")
    if request.follow_through and not kind.tail:
        raise RefusedError(
            f"{kind.a_noun.capitalize()} has no tail to lag behind; leave follow_through at 0"
        )
    if request.footfalls and not kind.on_clock:
        raise RefusedError(f"The footfalls of {kind.a_noun} cannot be moved; leave out footfalls")
    if request.experts is not None and model.gate is None:
        raise RefusedError(f"The model {model.name} has no experts to mix; leave out experts")
    if request.experts is not None and len(request.experts) != model.network.sets:
        raise RefusedError(
            f"The model {model.name} has {model.network.sets} experts, so experts must list"
            f" {model.network.sets} factors, not {len(request.experts)}"
        )
    return model


def _shipped(request: BakeRequest) -> Model:
    return controller_model.load(request.model)


def size(request: BakeRequest, model: Model) -> float:
    """Return the character's size over the model's, by its hips or by its height."""
    if request.hip_height is not None:
        return request.hip_height / model.hip_height
    return model.natural_size if request.height is None else request.height / model.height


def walked_path(request: BakeRequest) -> Path:
    """Return the path; raises RefusedError when it has no length."""
    try:
        return Path.from_points(np.array(request.path), cyclic=request.cyclic)
    except ValueError as error:
        raise RefusedError(str(error).rstrip(".")) from error


def mover(model: Model) -> Mover:
    """Return how a model's character moves along a path."""
    return model.gait_profile.mover if model.kind.on_clock else model.kind.mover


def plan_walk(
    request: BakeRequest,
    path: Path,
    scale: float,
    mover: Mover = biped_gaits.MOVER,
) -> Trajectory:
    """Return the plan in the model's size: lengths over ``scale``, speeds over its root.

    By dynamic similarity a character twice as tall walks as the model does, seen larger and
    slower by the square root of two. On a path of next to no length one that is to face
    a way, or to be turned, turns there from the path's direction.
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
    if small.length <= ON_THE_SPOT and facing[0] in ("fixed", "turned"):
        begin, turn = float(quat.yaw_of(small.tangent(0.0))), float(facing[1])
        if facing[0] == "fixed":
            turn = (turn - begin + math.pi) % (2.0 * math.pi) - math.pi
        stands = request.start, request.stop
        return turn_in_place(small.samples[0], begin, turn, mover, request.gait, stands)
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
