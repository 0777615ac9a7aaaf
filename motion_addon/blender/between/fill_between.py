# SPDX-License-Identifier: GPL-3.0-or-later
"""New motion between an animator's keys: owns the order of the steps, and what is refused.

Fill, stitch and loop are one thing: a reel of the rig's channels with rows that are kept and rows
that are new. The kept ones are read as poses, the core makes the others, and the artist's own
controls are brought to them. All that can be refused is refused before the scene is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ..keys import takes
from ..rig import character, readiness
from ..scene import units

if TYPE_CHECKING:
    from ...motion.inbetween.bone_poses import BonePoses
    from ...motion.maths.quat import Array
    from ...motion.rigs.measure import Body
    from .control_bindings import Grip
    from .sampled_action import Puppet, Reel, Track


@dataclass(frozen=True)
class Wanted:
    """What is asked for."""

    seed: int = 0
    lock: bool = True
    seam: int = 15
    keep_place: bool = False
    keys: str = "dense"
    tolerance: float = 0.002


@dataclass(frozen=True, eq=False)
class Made:
    """New motion of a rig, ready to be written."""

    reel: Reel
    first: int
    """Scene frame of its first row."""
    new: Array
    """(T,) bool, the rows that are not an animator's."""
    grips: tuple[Grip, ...]
    report: dict[str, Any]


def wanted(scene: bpy.types.Scene) -> Wanted:
    """Return what the panel asks for."""
    asked, settings = scene.footfall_between, scene.footfall
    return Wanted(
        asked.seed, asked.lock, asked.seam, asked.place == "keep", settings.keys,
        settings.tolerance,
    )  # fmt: skip


def refusal(rig: bpy.types.Object | None, view_layer: bpy.types.ViewLayer) -> str:
    """Return in one plain sentence why nothing can be filled now; empty if it can be tried."""
    problem = readiness.refusal(rig, view_layer)
    if problem or rig is None:
        return problem
    shown = takes.shown(rig)
    if takes.in_review(rig) and shown is not None and takes.baked(shown):
        return "Accept or reject the shown take first"
    if base_action(rig) is None:
        return f"'{rig.name}' has no keys; key two poses or more"
    return ""


def base_action(rig: bpy.types.Object) -> bpy.types.Action | None:
    """Return the artist's own action: what was shown before a filling that is under review."""
    shown = takes.shown(rig)
    if takes.in_review(rig) and shown is not None and not takes.baked(shown):
        before: bpy.types.Action | None = rig.footfall.before_action
        return before
    return rig.animation_data.action if rig.animation_data else None


def fill(context: bpy.types.Context, rig: bpy.types.Object, asked: Wanted) -> Any:
    """Fill the gaps between keyed poses and return the take. Raises RefusedError."""
    from . import key_poses, sampled_action

    action = ready(context, rig)
    frames = key_poses.frames_of(rig, action)
    stays, told = key_poses.known(
        rig, action, sampled_action.read(rig, action, frames), frames, context.scene
    )
    with spare(action.copy()) as trial:
        key_poses.unstep(rig, trial, frames[~stays])
        source = sampled_action.read(rig, trial, frames)
        with played(rig, source) as act:
            goal = act.filled(context.scene, act.world, stays, told, asked)
            made = act.made(context.scene, goal, ~stays, int(frames[0]))

        def put() -> None:
            write(rig, made, asked, trial)

        return commit(context, rig, trial, put, made.report, asked, "Fill")


@contextmanager
def spare(action: bpy.types.Action) -> Iterator[bpy.types.Action]:
    """Lend an action that is removed again if something goes wrong."""
    try:
        yield action
    except BaseException:
        bpy.data.actions.remove(action)
        raise


def ready(context: bpy.types.Context, rig: bpy.types.Object | None) -> bpy.types.Action:
    """Return the action to work on. Raises RefusedError."""
    problem = refusal(rig, context.view_layer)
    if rig is not None and not problem and not rig.footfall.bones:
        character.try_detect(rig)
        problem = refusal(rig, context.view_layer)
    if problem or rig is None:
        raise RefusedError(problem)
    action = base_action(rig)
    assert action is not None
    return action


@dataclass(frozen=True, eq=False)
class Act:
    """A reel being played on a copy of the rig, and what it shows."""

    rig: bpy.types.Object
    body: Body
    puppet: Puppet
    source: Reel
    staged: tuple[Array, Array]
    """Rotations (T, B, 4) and heads (T, B, 3) as if the object stayed where it is."""
    way: tuple[Array, Array]
    """The object's own turns (T, 4) and places (T, 3)."""

    @property
    def world(self) -> tuple[Array, Array]:
        """Rotations (T, B, 4) and heads (T, B, 3) of all bones in the world."""
        from ...motion.maths.quat import apply, mul

        (rotations, heads), (turns, places) = self.staged, self.way
        turned = apply(turns[:, None], heads) + places[:, None]
        return mul(turns[:, None], rotations), turned

    def filled(
        self,
        scene: bpy.types.Scene,
        world: tuple[Array, Array],
        known: Array,
        told: slice,
        asked: Wanted,
    ) -> BonePoses:
        """Return new poses where ``known`` (T,) is False, as if the object stayed; all rows.

        Only the rows of ``told`` are looked at. Raises RefusedError.
        """
        from ...motion.inbetween import mannequin, model

        poses = world[0][told], world[1][told]
        filler = model.load_filler(self.rig.footfall.kind)
        posed = mannequin.of(self.body, filler).fill(
            filler, poses, known[told], units.frame_rate(scene),
            seed=asked.seed, lock=asked.lock,
        )  # fmt: skip
        return self._seen(posed, told)

    def _seen(self, posed: BonePoses, told: slice) -> BonePoses:
        import numpy as np

        from ...motion.maths.quat import apply, inv, mul

        back, places = inv(self.way[0][told]), self.way[1][told]

        def whole(values: Array) -> Array:
            out = np.zeros((len(self.way[0]), values.shape[1]))
            out[told] = values
            return out

        return replace(
            posed,
            rotations={b: whole(mul(back, turn)) for b, turn in posed.rotations.items()},
            positions={b: whole(apply(back, p - places)) for b, p in posed.positions.items()},
        )

    def made(
        self, scene: bpy.types.Scene, goal: BonePoses, new: Array, first: int, row: int = 0
    ) -> Made:
        """Bring the controls to a goal where ``new`` (T,) is True. Raises RefusedError."""
        import numpy as np

        from .control_bindings import find
        from .solve_controls import followed

        grips = find(self.rig, self.body, self.puppet, self.source, row)
        hips = self.body.bone("hips")
        if not any(grip.bone == hips and grip.moved for grip in grips):
            raise RefusedError("Key the location of the hips, or of what moves them, in each pose")
        rows = np.flatnonzero(new)
        done, off = followed(
            self.rig, self.body, self.puppet, self.source, grips, goal, rows, self.staged
        )
        report = _report(scene, self.body, grips, rows, off)
        return Made(done, first, new, grips, report)


@contextmanager
def played(rig: bpy.types.Object, source: Reel) -> Iterator[Act]:
    """Play a reel on a copy of the rig. Raises RefusedError."""
    from . import sampled_action

    body = _body(rig)
    with sampled_action.lent(rig) as puppet:
        rotations, heads, turns, places = puppet.play(source)
        yield Act(rig, body, puppet, source, (rotations, heads), (turns, places))


def _body(rig: bpy.types.Object) -> Body:
    from ...motion.rigs.measure import measure
    from ..rig import control_rigs
    from ..scene import armature

    bones = armature.read_rig(rig)
    return measure(bones, control_rigs.prepare(bones, readiness.mapped(rig)))


def _report(
    scene: bpy.types.Scene, body: Body, grips: tuple[Grip, ...], rows: Array, off: float
) -> dict[str, Any]:
    """Return what the artist should know of a filling."""
    held = {grip.bone for grip in grips}
    rate = units.frame_rate(scene)
    notes = []
    missing = [
        role for role, bones in body.roles.items() if role != "root" and held.isdisjoint(bones)
    ]
    missing = [r for r in missing if not _bent(r, body, held)]
    if missing:
        names = ", ".join(character.role_label(role) for role in missing)
        notes.append(f"Not keyed, and left as they are: {names}.")
    warnings = []
    if off > 0.01 * body.leg_length:
        warnings.append(f"The controls miss the new poses by up to {100.0 * off:.0f} cm.")
    return {
        "frames": len(rows), "seconds": len(rows) / rate, "notes": notes, "warnings": warnings,
    }  # fmt: skip


def _bent(role: str, body: Body, held: set[int]) -> bool:
    """Whether a part of a limb is bent by the IK whose end is held."""
    part, _, side = role.partition(".")
    ends = {"thigh": "foot", "shin": "foot", "upper_arm": "hand", "forearm": "hand"}
    return part in ends and body.bone(f"{ends[part]}.{side}") in held


def commit(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    action: bpy.types.Action,
    put: Callable[[], None],
    report: dict[str, Any],
    asked: Wanted,
    stem: str,
) -> Any:
    """Put keys into an action and show it as a take; nothing can be refused any more."""
    now = takes.Moment(rig, context.scene)
    takes.begin_review(rig, context.scene)
    takes.rewind(rig, context.scene)
    name = takes.free_name(rig, "", stem)
    action.name = f"{rig.name} {name}"
    action.use_fake_user = rig.override_library is not None
    try:
        put()
        takes.assign(rig, action)
    except BaseException:
        now.come_back()
        raise
    stored = {takes.FILLED: stem, "seed": asked.seed, "lock": asked.lock, "seam": asked.seam}
    take = takes.add(rig, name, action, stored, report)
    context.view_layer.update()
    return take


def write(rig: bpy.types.Object, made: Made, asked: Wanted, action: bpy.types.Action) -> None:
    """Write the new rows of the held controls between the keys of an action."""
    import numpy as np

    from ..scene import fcurves
    from . import insert_keys

    bag = fcurves.found_bag(rig, action)
    frames = np.arange(made.first, made.first + len(made.new))
    for path in sorted({p for grip in made.grips for p in (grip.turned, grip.moved) if p}):
        track = made.reel[path]
        fewest = tolerance(rig, track, asked) if asked.keys == "sparse" else None
        insert_keys.write(bag, path, track, frames, made.new, fewest)


def tolerance(rig: bpy.types.Object, track: Track, asked: Wanted) -> float:
    """Return the largest error of a track's fewest keys, in its own units."""
    from ..scene import armature

    share = 0.5 * asked.tolerance
    return share / max(armature.scale_of(rig), 1e-6) if track.channel == "location" else share


def seen_frames(scene: bpy.types.Scene) -> int:
    """Return how many frames before and after a gap are looked at."""
    from . import key_poses

    return round(key_poses.CONTEXT * units.frame_rate(scene))
