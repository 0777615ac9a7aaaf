# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills gaps between an animator's keys: owns the order of the steps, and the refusals.

Fill, Stitch and Close Loop are one process: the rig's channels are sampled, with rows to keep and
rows to fill. The kept rows are read as poses, the motion core makes the others, and the artist's
controls are solved for them. Everything that can be refused is refused before the scene changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import bpy

from ...errors import RefusedError
from ...options.fill import FillOptions
from ...options.option import holding, options_of
from ...options.take import TakeOptions
from ..keys import commit, gate, takes
from ..keys.commit import NewTake
from ..keys.gate import Gate
from ..keys.layers import take_layers
from ..rig import character, readiness
from ..scene import units

if TYPE_CHECKING:
    from ...motion.body.body import Body
    from ...motion.inbetween.proxy import BonePoses
    from ...motion.maths.quat import Array
    from .control_bindings import ControlBinding
    from .sampled_action import ActionPlayer, SampledAction, Track

_TAKE: Final = options_of(TakeOptions)
STITCH: Final = "Stitch"
"""Kind of a filled take that may be longer than the action it continues."""


@dataclass(frozen=True, kw_only=True)
class FillSettings(FillOptions):
    """Options of Fill Between, Stitch and Close Loop, and how the result is keyed."""

    keys: str = holding(_TAKE["keys"])
    tolerance: float = holding(_TAKE["tolerance"])


@dataclass(frozen=True, eq=False)
class FilledAction:
    """An action with new rows of the controls' channels, ready to be written."""

    sampled: SampledAction
    first: int
    """Scene frame of the first row."""
    new: Array
    """(T,) bool, the new rows."""
    bindings: tuple[ControlBinding, ...]
    report: dict[str, Any]


def from_settings(scene: bpy.types.Scene) -> FillSettings:
    """Return the settings of the panel."""
    between, shared = scene.footfall_between, scene.footfall
    return FillSettings(
        seed=between.seed, lock=between.lock, seam=between.seam, stay=between.place == "keep",
        keys=shared.keys, tolerance=shared.tolerance,
    )  # fmt: skip


def refusal(rig: bpy.types.Object | None, view_layer: bpy.types.ViewLayer) -> str:
    """Return in one plain sentence why nothing can be filled; empty if it can be tried."""
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
    """Return the artist's action: while a filled take is under review, the action before it."""
    shown = takes.shown(rig)
    if takes.in_review(rig) and shown is not None and not takes.baked(shown):
        before: bpy.types.Action | None = rig.footfall.before_action
        return before
    return rig.animation_data.action if rig.animation_data else None


def fill(context: bpy.types.Context, rig: bpy.types.Object, settings: FillSettings) -> Any:
    """Fill the gaps between keyed poses and return the take. Raises RefusedError."""
    from . import key_poses, sampled_action

    action, entry = ready(context, rig), opened(context, rig)
    frames = key_poses.frames_of(rig, action)
    kept, window = key_poses.known(
        rig, action, sampled_action.read(rig, action, frames), frames, context.scene
    )
    with commit.removed_on_error(action.copy()) as new_action:
        key_poses.unstep(rig, new_action, frames[~kept])
        source = sampled_action.read(rig, new_action, frames)
        with played(rig, source) as playback:
            goal = playback.new_poses(context.scene, playback.world, kept, window, settings)
            filled = playback.solve(context.scene, goal, ~kept, int(frames[0]))
        write(rig, filled, settings, new_action)
        return show(context, entry, new_action, filled.report, settings, "Fill")


def opened(context: bpy.types.Context, rig: bpy.types.Object) -> Gate:
    """Return the gate of a fill: it keeps the edits of a shown filled take under review."""
    entry, shown = gate.opened(context, rig), takes.shown(rig)
    again = shown is not None and takes.in_review(rig) and not takes.baked(shown)
    return replace(entry, edited=shown.name) if again and shown is not None else entry


def ready(context: bpy.types.Context, rig: bpy.types.Object | None) -> bpy.types.Action:
    """Return the action to fill. Raises RefusedError."""
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
class Playback:
    """A sampled action that is played on a copy of the rig, with its poses."""

    rig: bpy.types.Object
    body: Body
    player: ActionPlayer
    source: SampledAction
    staged: tuple[Array, Array]
    """Rotations (T, B, 4) and heads (T, B, 3) of the bones with the object at rest."""
    travel: tuple[Array, Array]
    """Turns (T, 4) and places (T, 3) of the object, relative to where it rests."""

    @property
    def world(self) -> tuple[Array, Array]:
        """Rotations (T, B, 4) and heads (T, B, 3) of all bones in the world."""
        from ...motion.maths.quat import apply, mul

        (rotations, heads), (turns, places) = self.staged, self.travel
        turned = apply(turns[:, None], heads) + places[:, None]
        return mul(turns[:, None], rotations), turned

    def new_poses(
        self,
        scene: bpy.types.Scene,
        world: tuple[Array, Array],
        known: Array,
        window: slice,
        settings: FillSettings,
    ) -> BonePoses:
        """Return poses at all rows, new where ``known`` (T,) is False, with the object at rest.

        Only the rows of ``window`` are read and filled. Raises RefusedError.
        """
        from ...motion.inbetween import model, proxies

        poses = world[0][window], world[1][window]
        filler = model.load_filler(self.rig.footfall.kind)
        filled = proxies.proxy_of(self.body, filler).fill(
            filler, poses, known[window], units.frame_rate(scene),
            seed=settings.seed, lock=settings.lock,
        )  # fmt: skip
        return self._in_object(filled, window)

    def _in_object(self, poses: BonePoses, window: slice) -> BonePoses:
        """Return world poses of the window as poses at all rows with the object at rest."""
        import numpy as np

        from ...motion.maths.quat import apply, inv, mul

        back, places = inv(self.travel[0][window]), self.travel[1][window]

        def whole(values: Array) -> Array:
            out = np.zeros((len(self.travel[0]), values.shape[1]))
            out[window] = values
            return out

        return replace(
            poses,
            rotations={b: whole(mul(back, turn)) for b, turn in poses.rotations.items()},
            positions={b: whole(apply(back, p - places)) for b, p in poses.positions.items()},
        )

    def solve(
        self, scene: bpy.types.Scene, goal: BonePoses, new: Array, first: int, row: int = 0
    ) -> FilledAction:
        """Return the action with controls solved for ``goal`` at rows ``new`` (T,) bool."""
        import numpy as np

        from .control_bindings import find
        from .solve_controls import solve

        bindings = find(self.rig, self.body, self.player, self.source, row)
        hips = self.body.bone("hips")
        if not any(binding.bone == hips and binding.location_path for binding in bindings):
            raise RefusedError(
                "Key the location of the hips, or of the control that moves them, in each pose"
            )
        rows = np.flatnonzero(new)
        done, error = solve(
            self.rig, self.body, self.player, self.source, bindings, goal, rows, self.staged
        )
        report = _report(scene, self.body, bindings, rows, error)
        return FilledAction(done, first, new, bindings, report)


@contextmanager
def played(rig: bpy.types.Object, source: SampledAction) -> Iterator[Playback]:
    """Play a sampled action on a copy of the rig. Raises RefusedError."""
    from . import sampled_action

    body = _body(rig)
    with sampled_action.player(rig) as player:
        rotations, heads, turns, places = player.play(source)
        yield Playback(rig, body, player, source, (rotations, heads), (turns, places))


def _body(rig: bpy.types.Object) -> Body:
    from ...motion.rigs.measure import measure
    from ..rig import control_rigs
    from ..scene import armature

    bones = armature.read_rig(rig)
    return measure(bones, control_rigs.prepare(bones, readiness.mapped(rig)))


def _report(
    scene: bpy.types.Scene,
    body: Body,
    bindings: tuple[ControlBinding, ...],
    rows: Array,
    error: float,
) -> dict[str, Any]:
    """Return the report card of a filled take."""
    bound = {binding.bone for binding in bindings}
    rate = units.frame_rate(scene)
    notes = []
    missing = [
        role for role, bones in body.roles.items() if role != "root" and bound.isdisjoint(bones)
    ]
    missing = [r for r in missing if not _bent(r, body, bound)]
    if missing:
        names = ", ".join(character.role_label(role) for role in missing)
        notes.append(f"Not keyed, and left as they are: {names}.")
    warnings = []
    if error > 0.01 * body.leg_length:
        warnings.append(f"The controls miss the new poses by up to {100.0 * error:.0f} cm.")
    return {
        "frames": len(rows), "seconds": len(rows) / rate, "notes": notes, "warnings": warnings,
    }  # fmt: skip


def _bent(role: str, body: Body, bound: set[int]) -> bool:
    """Whether a part of a limb is bent by IK: the limb's end is bound."""
    part, _, side = role.partition(".")
    ends = {"thigh": "foot", "shin": "foot", "upper_arm": "hand", "forearm": "hand"}
    return part in ends and body.bone(f"{ends[part]}.{side}") in bound


def show(
    context: bpy.types.Context,
    entry: Gate,
    action: bpy.types.Action,
    report: dict[str, Any],
    settings: FillSettings,
    stem: str,
) -> Any:
    """Show a filled action as a take. Raises RefusedError."""
    rig = entry.passed(context)
    old = take_layers.Baked.of(takes.find(rig, entry.edited))
    name = takes.free_name(rig, "", stem)
    action.name = f"{rig.name} {name}"
    stored: dict[str, Any] = {takes.FILLED: stem, "seed": settings.seed, "lock": settings.lock,
              "seam": settings.seam}  # fmt: skip
    if stem == STITCH and context.scene.footfall.fit_range:
        stored["fit_range"] = True
    take_layers.settled(rig, readiness.mapped(rig), old, take_layers.Baked(action, stored, report))
    return commit.show(context, [NewTake(entry, action, name, stored, report)])[0]


def write(
    rig: bpy.types.Object, filled: FilledAction, settings: FillSettings, action: bpy.types.Action
) -> None:
    """Write the new rows of the bound controls between the keys of an action."""
    import numpy as np

    from ..scene import fcurves
    from . import insert_keys

    bag = fcurves.found_bag(rig, action)
    frames = np.arange(filled.first, filled.first + len(filled.new))
    for path in sorted(
        {
            p
            for binding in filled.bindings
            for p in (binding.rotation_path, binding.location_path)
            if p
        }
    ):
        track = filled.sampled[path]
        fewest = tolerance(rig, track, settings) if settings.keys == "sparse" else None
        insert_keys.write(bag, path, track, frames, filled.new, fewest)


def tolerance(rig: bpy.types.Object, track: Track, settings: FillSettings) -> float:
    """Return the largest error of a track's sparse keys, in the track's units."""
    from ..scene import armature

    share = 0.5 * settings.tolerance
    return share / max(armature.scale_of(rig), 1e-6) if track.channel == "location" else share


def context_frames(scene: bpy.types.Scene) -> int:
    """Return the number of context frames before and after a gap."""
    from . import key_poses

    return round(key_poses.CONTEXT * units.frame_rate(scene))
