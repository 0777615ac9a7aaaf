# SPDX-License-Identifier: GPL-3.0-or-later
"""Herd bakes: each selected rig gets its own path, start and take in one bake.

Each rig of a herd in lanes gets a curve object of its own, so that its take can be baked again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from ..creature import stored_creatures
from ..keys import commit, gate, takes
from ..keys.commit import NewTake
from ..keys.recipe import Recipe
from ..rig import readiness
from ..scene import lane
from ..scene.units import frame_rate, meters_per_unit
from ..style import style_mix
from . import job, scene_request

if TYPE_CHECKING:
    from ...motion.bake.herd import Member
    from ...motion.bake.planning import PlannedWalk
    from ...motion.bake.request import BakeRequest
    from ...motion.rigs import RigMap
    from ..rig.character_size import CharacterSize

Steps = Generator[float, None, list[bpy.types.PropertyGroup]]


def chosen(context: bpy.types.Context, kind: str) -> list[bpy.types.Object]:
    """Return the selected objects of a kind such as ARMATURE, by name."""
    found = [thing for thing in context.selected_objects if thing.type == kind]
    return sorted(found, key=lambda thing: thing.name)


def refusal(context: bpy.types.Context) -> str:
    """Return in one plain sentence why the selection cannot be baked; empty if it can."""
    rigs, curves = chosen(context, "ARMATURE"), chosen(context, "CURVE")
    if context.scene.footfall.way == "spot":
        return "A herd goes along paths; choose Along a Path in the Path panel"
    if len(rigs) < 2:
        return "Select the armatures of the herd, two or more"
    problems = (readiness.refusal(rig, context.view_layer) for rig in rigs)
    problem = next(filter(None, problems), "")
    if problem:
        return problem
    if len(curves) > 1 and len(curves) != len(rigs):
        return (
            f"{len(rigs)} armatures and {len(curves)} curves are selected; select a curve for"
            " each armature, or none to go in lanes along the picked path"
        )
    return "" if len(curves) > 1 else scene_request.path_refusal(context.scene)


def bake_steps(context: bpy.types.Context) -> Steps:
    """Bake one take onto each selected armature; yields progress 0..1 and returns the takes.

    With as many curves selected each armature has its own, in the order of names; else they go in
    lanes along the picked path. Raises RefusedError before anything is changed.
    """
    from ...motion.bake.bake import walks_steps
    from ...motion.maths.progress import part_of

    problem = refusal(context)
    if problem:
        raise RefusedError(problem)
    rigs = chosen(context, "ARMATURE")
    maps = [readiness.mapped(rig) for rig in rigs]
    if len({rig.footfall.kind for rig in rigs}) > 1:
        raise RefusedError("People and animals are selected; bake one kind at a time")
    wanted, sizes = _wanted(context, rigs, maps)
    members = _members(context, rigs, wanted, sizes)
    recipes = [_recipe(w, m) for w, m in zip(wanted, members, strict=True)]
    entries = [gate.opened(context, rig) for rig in rigs]
    every = zip(rigs, members, sizes, recipes, strict=True)
    walks = [_walk(context.scene, *each) for each in every]
    yield 0.0
    results = yield from part_of(walks_steps(walks), 0.0, job.MOTION_SHARE)
    shared = len({own.curve for own in recipes}) == 1
    made: list[NewTake] = []
    try:
        for entry, rig_map, result, own, size in zip(
            entries, maps, results, recipes, sizes, strict=True
        ):
            made.append(job.prepared(context, entry, rig_map, result, own, size))
            yield job.MOTION_SHARE
        lanes = [result.request for result in results] if shared else []
        return _shown(context, made, lanes)
    except BaseException:
        commit.delete(made)
        raise


def _shown(
    context: bpy.types.Context, made: Sequence[NewTake], lanes: Sequence[BakeRequest]
) -> list[bpy.types.PropertyGroup]:
    """Show the takes of a herd, with a curve object of its own for each of the lanes."""
    with lane.added(context.scene) as curves:
        for one, request in zip(made, lanes, strict=False):
            one.recipe["curve"] = curves.add(f"{one.gate.name} Lane", request)
        return job.show(context, made)


def _wanted(
    context: bpy.types.Context, rigs: Sequence[bpy.types.Object], maps: Sequence[RigMap]
) -> tuple[list[Recipe], list[CharacterSize]]:
    """Return the recipe of the settings for each rig, with its own curve, and its size."""
    scene = context.scene
    wanted = [scene_request.from_settings(scene.footfall, rig) for rig in rigs]
    curves = chosen(context, "CURVE")
    if len(curves) > 1:
        pairs = zip(wanted, curves, strict=True)
        wanted = [replace(own, curve=curve.name) for own, curve in pairs]
    rows = zip(rigs, maps, wanted, strict=True)
    return wanted, [stored_creatures.size(r, m, own, scene) for r, m, own in rows]


def _members(
    context: bpy.types.Context,
    rigs: Sequence[bpy.types.Object],
    wanted: Sequence[Recipe],
    sizes: Sequence[CharacterSize],
) -> tuple[Member, ...]:
    """Return the members of the herd, planned for the largest of the rigs."""
    from ...motion.bake.herd import LANE, ROW, Herd, members
    from ...motion.body.kinds import kind_of_model
    from ...motion.plan.ground_mesh import GroundMesh

    settings = context.scene.footfall
    largest = max(sizes, key=lambda size: size.hip_height or size.height or 0.0)
    own = len({one.curve for one in wanted}) > 1
    spacing = settings.herd_spacing * meters_per_unit(context.scene)
    usual = kind_of_model(wanted[0].model).spacing * (largest.hip_height or largest.height or 1.0)
    width = 0.0 if own else LANE * ROW * (spacing or usual) * len(rigs)
    asked = [
        scene_request.request(one, context.scene, largest, rigs, width)
        for one in (wanted if own else wanted[:1])
    ]
    if len({request.cyclic for request in asked}) > 1:
        raise RefusedError("Some curves are closed and some open; close all of them or none")
    grounds = [request.ground for request in asked if request.ground is not None]
    ground = GroundMesh.joined(grounds) if grounds else None
    herd = Herd(
        replace(asked[0], ground=ground),
        count=len(wanted),
        paths=tuple(request.path for request in asked) if own else (),
        lanes=settings.herd_lanes,
        spacing=spacing or None,
        seed=settings.herd_seed,
        speed_jitter=settings.herd_speed_jitter,
        size_jitter=0.0,
    )
    return members(herd)


def _walk(
    scene: bpy.types.Scene, rig: bpy.types.Object, member: Member, size: CharacterSize, own: Recipe
) -> PlannedWalk:
    """Return a member's planned walk at its rig's size and manner, with styles and gaze."""
    from ...motion.bake.planning import plan_bake

    sized = replace(member.request, height=size.height, hip_height=size.hip_height)
    asked = stored_creatures.applied(sized, rig, own)
    asked = style_mix.with_styles(asked, own, scene, frame_rate(scene))
    return scene_request.looking(plan_bake(asked), own, scene)


def _recipe(wanted: Recipe, member: Member) -> Recipe:
    """Return the recipe of a member's take."""
    asked = member.request
    return replace(
        wanted,
        speed=asked.speed,
        start_phase=asked.start_phase,
        seed=asked.seed,
        frame_start=wanted.frame_start + round(member.start * asked.fps),
    )


def summary(done: Sequence[bpy.types.PropertyGroup]) -> tuple[str, list[str]]:
    """Return a sentence on a baked herd, and its different warnings."""
    warnings = [text for take in done for text in takes.report_of(take).get("warnings", ())]
    return f"Baked {len(done)} takes", list(dict.fromkeys(warnings))
