# SPDX-License-Identifier: GPL-3.0-or-later
"""Grips: which of the keyed controls moves which part of the body, found by trying them.

A mapped bone that goes along with a control as if it were glued to it is what the control has a
grip on, be it by parenting, by constraints, or by the rig's own machinery; so FK and IK, and rigs
of any make, are driven alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy

from ...motion.body.body import Body
from ...motion.maths.quat import Array
from .control_effects import Trial, tried
from .sampled_action import Puppet, Reel

_LIMBS = (("thigh", "shin", "foot"), ("upper_arm", "forearm", "hand"))
_Options = dict[int, "list[Trial]"]
_OUTWARDS = (
    *("hips", "spine", "neck", "head", "tail", "shoulder", "upper_arm", "forearm", "hand"),
    *("thigh", "shin", "foot", "toe", "foreleg", "hindleg"),
)


@dataclass(frozen=True, eq=False)
class Grip:
    """A control and the mapped bone that it moves."""

    control: int
    """Bone of the rig."""
    turned: str | None
    """Data path of its rotation, if that is keyed and moves the bone."""
    moved: str | None
    """Data path of its location, likewise."""
    bone: int
    """Mapped bone."""
    aims: bool
    """Whether it only bends a limb: a pole target or the first bone of an IK limb."""
    turns: Array
    """(B,) bool, bones that turn as it does."""
    swings: Array
    """(B,) bool, bones whose heads go round its own head as it turns."""
    shifts: Array
    """(B,) bool, bones whose heads move as it does."""
    bends: Array
    """(B,) bool, bones that turn as it moves: those that IK bends for it."""


def find(
    rig: bpy.types.Object, body: Body, puppet: Puppet, reel: Reel, row: int
) -> tuple[Grip, ...]:
    """Return the grips of a reel's controls, parents first, as they are on one of its rows."""
    trials = tried(rig, body, puppet, reel, row)
    order = _order(body)
    turners, movers, aims = _sorted(trials, body, order)
    if body.kind.level:
        _shared(turners, reel, body)
    grips = [
        _grip(min(several, key=lambda t: (t.moved is None, t.control != bone)), bone, True)
        for bone, several in aims.items()
    ]
    for bone in order:
        turner = _best(bone, turners[bone], body) if bone in turners else None
        mover = _best(bone, movers[bone], body) if bone in movers else None
        if turner is not None and mover is not None and mover.control == turner.control:
            grips.append(_grip(turner, bone))
            continue
        if mover is not None:
            grips.append(replace(_grip(mover, bone), turned=None))
        if turner is not None:
            grips.append(replace(_grip(turner, bone), moved=None))
    held = [_needed(grip, body, grips) for grip in grips]
    held = [grip for grip in held if grip.turned or grip.moved]
    if body.kind.level:
        held = [_under_ik(grip, held) for grip in held]
    held.sort(key=lambda grip: (grip.aims, order.index(grip.bone)))
    return tuple(held)


def _sorted(
    trials: list[Trial], body: Body, order: list[int]
) -> tuple[_Options, _Options, _Options]:
    """Return which controls turn, which move, and which only bend what each bone is part of."""
    turners: _Options = {}
    movers: _Options = {}
    aims: _Options = {}
    for trial in trials:
        turned = _topmost(trial.turns & trial.swings, order)
        turned = _topmost(trial.led, order) if turned < 0 else turned
        moved = _topmost(trial.shifts, order)
        if turned >= 0:
            turners.setdefault(turned, []).append(trial)
        if moved >= 0:
            movers.setdefault(moved, []).append(trial)
        bent, used = _bent(trial, body)
        if turned < 0 and moved < 0 and bent >= 0:
            aims.setdefault(bent, []).append(used)
    return turners, movers, aims


def _topmost(held: Array, order: list[int]) -> int:
    """Return the held bone that is nearest to the hips, or -1."""
    return next((bone for bone in order if held[bone]), -1)


def _order(body: Body) -> list[int]:
    """Return the mapped bones from the hips outwards."""
    out: list[int] = []
    for part in _OUTWARDS:
        for role in (part, f"{part}.L", f"{part}.R"):
            out += body.roles.get(role, ())
    return out


def _bent(trial: Trial, body: Body) -> tuple[int, Trial]:
    """Return the first bone of the limb that a control bends, or -1, and how it does so."""
    trunk = [b for role in ("hips", "spine") for b in body.roles.get(role, ())]
    if (trial.turn_stirs | trial.shift_stirs)[trunk].any():
        return -1, trial
    whole = body.kind.level
    for limb in limbs_of(body):
        for bone in limb if whole else limb[:1]:
            if trial.turn_stirs[bone]:
                return bone, replace(trial, moved=None)
            if trial.shift_stirs[bone]:
                return bone, replace(trial, turned=None)
    return -1, trial


def limbs_of(body: Body) -> list[tuple[int, ...]]:
    """Return the bones of each limb, from its top to the foot, hand or paw."""
    if body.kind.level:
        return [leg.bones for leg in body.legs]
    found = [
        tuple(body.bone(f"{part}.{side}") for part in limb) for limb in _LIMBS for side in "LR"
    ]
    return [tuple(bone for bone in limb if bone >= 0) for limb in found if limb[0] >= 0]


def _shared(turners: _Options, reel: Reel, body: Body) -> None:
    """Share out the controls that turn one part of a leg: heels turn less of it than paws do.

    What a control turns beyond the others, and none but it does, is what it is for; controls that
    are keyed on fewer frames come last.
    """
    for limb in limbs_of(body):
        for place, bone in enumerate(limb):
            several = turners.get(bone, [])
            most = max((_keys(trial, reel) for trial in several), default=0)
            several[:] = [t for t in several if 2 * _keys(t, reel) >= most]
            for trial in several[:]:
                below = [b for b in limb[place + 1 :] if trial.turns[b] and trial.swings[b]]
                others = [t for t in several if t is not trial]
                own = [b for b in below if not any(t.turns[b] for t in others)]
                if others and own and not turners.get(own[0]):
                    several.remove(trial)
                    turners[own[0]] = [trial]


def _keys(trial: Trial, reel: Reel) -> int:
    """Return on how many frames a control is keyed."""
    return max((len(reel[path].keyed) for path in (trial.turned, trial.moved) if path), default=0)


def _best(bone: int, several: list[Trial], body: Body) -> Trial:
    """Return the control that an animator would take for a bone.

    The bone itself, if it is one of them; else the topmost that does not carry all the rest as a
    root does; of nothing but roots the lowest. What carries an animal's hips carries its trunk.
    """
    for trial in several:
        if trial.control == bone:
            return trial
    if body.kind.level and bone == body.bone("hips"):
        trunk = list(body.trunk)
        several = [t for t in several if (t.turns | t.shifts)[trunk].all()] or several
    ends = [limb[-1] for limb in limbs_of(body)]
    limited = [t for t in several if bone != body.bone("hips") or not t.turns[ends].all()]
    ranked = sorted(limited or several, key=lambda t: int(sum(o.turns[t.control] for o in several)))
    return ranked[0] if limited else ranked[-1]


def _grip(trial: Trial, bone: int, aims: bool = False) -> Grip:
    return Grip(
        trial.control, trial.turned, trial.moved, bone, aims,
        trial.turns, trial.swings, trial.shifts, trial.shift_stirs,
    )  # fmt: skip


def _needed(grip: Grip, body: Body, grips: list[Grip]) -> Grip:
    """Return a grip that uses only what it needs: FK limbs turn, and IK ends move as well."""
    if grip.aims:
        return grip
    if not grip.shifts[grip.bone]:
        grip = replace(grip, moved=None)
    if grip.bone == body.bone("hips"):
        return grip
    upper = _above(grip.bone, body)
    carried = not upper or any(
        other.bone in upper and not other.aims and other.turns[grip.control] for other in grips
    )
    return replace(grip, moved=None) if carried else grip


def _under_ik(grip: Grip, grips: list[Grip]) -> Grip:
    """Return a grip that only says how a leg bends if IK turns its bone for another one."""
    ends = (other for other in grips if other.moved and not other.aims and other is not grip)
    bent = grip.moved is None and any(end.bends[grip.bone] for end in ends)
    return replace(grip, aims=True) if bent else grip


def _above(bone: int, body: Body) -> tuple[int, ...]:
    """Return the bones one of which must carry a bone that is not moved by itself; maybe none."""
    if body.kind.level:
        limb = next((limb for limb in limbs_of(body) if bone in limb), ())
        trunk = body.trunk[: body.trunk.index(bone)] if bone in body.trunk else body.trunk
        return (*trunk, *limb[: limb.index(bone)]) if limb else trunk
    return next((limb[:-1] for limb in limbs_of(body) if bone == limb[-1]), ())
