# SPDX-License-Identifier: GPL-3.0-or-later
"""One bake, from a recipe to a take: the order of the steps.

Everything that can be refused is refused before the scene changes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ..creature import stored_creatures
from ..keys import commit, footfall_keys, gate, recipe, review, takes
from ..keys.commit import NewTake
from ..keys.gate import Gate
from ..keys.layers import take_layers
from ..keys.recipe import Recipe
from ..prints import footprint_axes, nearest_place, print_edits, print_objects
from ..rig.readiness import mapped, refusal
from . import experts, scene_request

if TYPE_CHECKING:
    from ...motion.bake.result import BakeResult
    from ...motion.maths.quat import Array
    from ...motion.rigs import RigMap
    from ..keys.key_plan import KeyPlan
    from ..rig.character_size import CharacterSize

Steps = Generator[float, None, bpy.types.PropertyGroup]
GROUND_SPEED = "footfall_ground_speed"  # custom property of a cycle's action, meters a second
MISSED = 0.01  # meters by which a leg may be too short for an edited footprint
MOTION_SHARE = 0.85  # part of the progress that the motion core takes


def run(steps: Steps) -> bpy.types.PropertyGroup:
    """Take all steps at once and return the take."""
    from ...motion.maths.progress import finish

    return finish(steps)


def bake_steps(
    context: bpy.types.Context,
    rig: bpy.types.Object | None,
    wanted: Recipe,
    again: bool = False,
    draft: dict[str, Any] | None = None,
) -> Steps:
    """Bake a recipe onto a character; yields progress 0..1 and returns the take.

    With ``again`` the take named in the recipe is written anew, unless it was accepted: then its
    keys may hold an animator's work and a new take is made. Raises RefusedError.
    """
    from ...motion.bake.bake import walk_steps
    from ...motion.bake.cycle import cycle
    from ...motion.bake.planning import plan_bake
    from ...motion.maths.progress import part_of

    problem = refusal(rig, context.view_layer)
    if problem or rig is None:
        raise RefusedError(problem)
    entry = gate.opened(context, rig, takes.find(rig, wanted.take) if again else None)
    rig_map = mapped(rig)
    remarks = stored_creatures.remarks(rig, wanted)
    wanted = stored_creatures.named(rig, wanted)
    size = stored_creatures.size(rig, rig_map, wanted, context.scene)
    wanted = _on_spot(wanted, rig, rig_map, again)
    asked = stored_creatures.applied(
        scene_request.request(wanted, context.scene, size), rig, wanted
    )
    yield 0.0
    if wanted.cycle:
        result = cycle(asked)
    else:
        walk = scene_request.looking(plan_bake(asked), wanted, context.scene)
        walk = replace(walk, draft=draft)
        result = yield from part_of(walk_steps(walk), 0.0, MOTION_SHARE)
    card = {**result.report, "notes": [*result.report.get("notes", ()), *remarks]}
    result = replace(result, report=card)
    made = prepared(context, entry, rig_map, result, wanted, size, draft is not None)
    with commit.removed_on_error(made.action):
        return show(context, [made])[0]


def _on_spot(wanted: Recipe, rig: bpy.types.Object, rig_map: RigMap, again: bool) -> Recipe:
    """Return the recipe of a turn with its spot: the old take's, or the character's place."""
    from ..rig import standing_place

    if wanted.turn is None or wanted.spot is not None or wanted.cycle:
        return wanted
    old = takes.find(rig, wanted.take) if again else None
    kept = recipe.stored(old).spot if old else None
    return replace(
        wanted, spot=kept or standing_place.find(rig, rig_map, stored_creatures.model(rig, wanted))
    )


def rebake_steps(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    take: bpy.types.PropertyGroup,
    wanted: Recipe,
    draft: bool = False,
) -> Steps:
    """Bake a take again from a recipe, with the footprints that the artist has edited.

    A draft, while one of them is dragged, keeps the figures of the report card. Raises
    RefusedError.
    """
    from ...motion.bake.reach import OutOfReachError

    moved = () if wanted.cycle else print_edits.of(rig, take, context.scene)
    keyed, read, name = footfall_keys.has_keys(take), print_edits.poses(rig, take), take.name
    wanted = replace(recipe.named(wanted, name), footprints=moved)
    try:
        card = takes.report_of(take) if draft and moved else None
        made = yield from bake_steps(context, rig, wanted, again=True, draft=card)
    except OutOfReachError as error:
        raise nearest_place.refusal(take, error) from error
    nearest_place.forget()
    owner: bpy.types.Object = made.id_data  # type: ignore[assignment]
    if keyed and footfall_keys.movable(made):
        footfall_keys.add_keys(owner, made)
    old = takes.find(owner, name)
    if old is not None:
        print_objects.hand_over(old, made)
    print_objects.place(owner, made, context.scene, read)
    return made


def prepared(
    context: bpy.types.Context,
    entry: Gate,
    rig_map: RigMap,
    result: BakeResult,
    wanted: Recipe,
    size: CharacterSize,
    draft: bool = False,
) -> NewTake:
    """Return the take of a result, with its keys in a new action; nothing else is changed.

    The keys are planned against the state before any take. Raises RefusedError, also for an edited
    footprint of a draft that is out of reach.
    """
    from ..keys import key_plan, playback_check

    rig = entry.passed(context)
    name = entry.take or takes.free_name(rig, wanted.take, _stem(wanted, result.report))
    old = take_layers.Baked.of(takes.find(rig, entry.edited))
    stored = recipe.named(wanted, name).to_json()
    edits: Any = result.report.get("footprints_edited", [])
    stored["footprints"] = footprint_axes.for_recipe(edits, size.meters)
    with commit.new_action(rig, name) as action:
        with review.rewound(rig, context.scene):
            plan = _planned(context, rig, rig_map, result, wanted, size)
            card = _with_prints(result.report, plan, size)
            for problem in _missed(card["footprints"]) if draft else ():
                raise RefusedError(problem.rstrip("."))
            key_plan.fill(plan, rig, action, action.slots[0], wanted.frame_start)
        if wanted.cycle:
            last = wanted.frame_start + round(float(plan.frames[-1]))
            _mark_cycle(action, wanted.frame_start, last, result.report)
        known = result.report.get("notes", ())
        notes = [*plan.notes, *take_layers.remarks(old, entry.take)]
        report = {**card, "notes": [*known, *notes]}
        edited = take_layers.settled(rig, rig_map, old, take_layers.Baked(action, stored, report))
    switch = partial(key_plan.set_switches, plan)
    check = partial(playback_check.warnings, plan, float(wanted.frame_start))
    return NewTake(entry, action, name, stored, report, switch, None if edited else check)


def _planned(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    rig_map: RigMap,
    result: BakeResult,
    wanted: Recipe,
    size: CharacterSize,
) -> KeyPlan:
    from ..keys import key_plan

    clip = size.in_units(result.level_clip)
    footing = None if result.footing is None else result.footing.scaled(1.0 / size.meters)
    settings = scene_request.key_settings(wanted, context.scene, size)
    own = stored_creatures.own_pose(result, clip)
    plan = key_plan.plan_keys(rig, rig_map, clip, settings, own, footing)
    return _closed(plan) if wanted.cycle else plan


def _with_prints(report: dict[str, Any], plan: KeyPlan, size: CharacterSize) -> dict[str, Any]:
    """Return a report card with the footprints that the character itself leaves."""
    if plan.prints is None or not report.get("footprints"):
        return report
    own = plan.prints.card(report["footprints"], size.meters)
    warnings = [*report.get("warnings", ()), *_missed(own)]
    outlines = plan.prints.outlines(size.meters)
    return {**report, "footprints": own, "outlines": outlines, "warnings": warnings}


def _missed(prints: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each edited footprint that the character's leg is too short for."""
    for one in prints:
        if one["pinned"] and one["missed"] > MISSED:
            yield (
                f"The footprint of {one['foot']} at {one['touchdown']:.2f} s is"
                f" {100.0 * one['missed']:.0f} cm farther than the leg reaches."
            )


def _closed(plan: KeyPlan) -> KeyPlan:
    """Repeat the first frame of a loop after its last, so that the loop closes exactly."""
    import numpy as np

    def close(values: Array | None) -> Array | None:
        if values is None or len(values) == 1:
            return values
        turned = values.shape[1] == 4 and values[-1] @ values[0] < 0.0
        return np.concatenate([values, -values[:1] if turned else values[:1]])

    bones = tuple(
        replace(keys, rotation=close(keys.rotation), location=close(keys.location))
        for keys in plan.bones
    )
    frames = np.append(plan.frames, 2.0 * plan.frames[-1] - plan.frames[-2])
    return replace(plan, frames=frames, bones=bones)


def show(context: bpy.types.Context, made: Sequence[NewTake]) -> list[bpy.types.PropertyGroup]:
    """Show prepared takes on their characters, all or none. Raises RefusedError."""
    done = commit.show(context, made)
    for one in made:
        for shares in experts.shares_of(one.report)[:1]:
            experts.lay_rows(context.scene.footfall, len(shares))
    return done


def _stem(wanted: Recipe, report: dict) -> str:
    """Return the first part of a take's name: its most frequent gait."""
    if wanted.cycle or wanted.turn is not None:
        return "Cycle" if wanted.cycle else "Turn"
    shares = report.get("gait") or {"walk": 1.0}
    gait: str = max(shares, key=shares.get) if wanted.gait == "auto" else wanted.gait
    return gait.title()


def _mark_cycle(action: bpy.types.Action, first: int, last: int, report: dict) -> None:
    """Let the action repeat and store the speed at which its feet pass the ground."""
    action.use_frame_range = True
    action.frame_start, action.frame_end = first, last
    action.use_cyclic = True
    action[GROUND_SPEED] = float(report["ground_speed"])
    for curve in takes.curves(action):
        if not any(modifier.type == "CYCLES" for modifier in curve.modifiers):
            curve.modifiers.new("CYCLES")
