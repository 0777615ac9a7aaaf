# SPDX-License-Identifier: GPL-3.0-or-later
"""Control bindings: the keyed control that moves each mapped bone, found by moving the controls.

A control is bound to a mapped bone that follows it rigidly, whether by parenting, by constraints
or by the rig's own mechanism. FK, IK and rigs of any make are therefore driven alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy

from ...motion.body.body import Body
from ...motion.maths.quat import Array
from .control_effects import ControlEffect, measure_effects
from .sampled_action import ActionPlayer, SampledAction

_LIMBS = (("thigh", "shin", "foot"), ("upper_arm", "forearm", "hand"))
_Options = dict[int, "list[ControlEffect]"]
_OUTWARDS = (
    *("hips", "spine", "neck", "head", "tail", "shoulder", "upper_arm", "forearm", "hand"),
    *("thigh", "shin", "foot", "toe", "foreleg", "hindleg"),
)
"""Roles without their sides, from the hips outwards."""


@dataclass(frozen=True, eq=False)
class ControlBinding:
    """A control and the mapped bone that it moves; B is the number of bones of the rig."""

    control: int
    """Index of the control in the rig's bones."""
    rotation_path: str | None
    """Data path of the control's rotation, if it is keyed and moves the bone."""
    location_path: str | None
    """Data path of the control's location, if it is keyed and moves the bone."""
    bone: int
    """Index of the mapped bone."""
    only_bends: bool
    """Whether the control only bends a limb: a pole target or the first bone of an IK limb."""
    turning: Array
    """(B,) bool, bones that turn with the control."""
    swinging: Array
    """(B,) bool, bones whose heads swing about the control's head as it turns."""
    shifting: Array
    """(B,) bool, bones whose heads move with the control."""
    bending: Array
    """(B,) bool, bones that turn when the control moves: IK bends them."""


def find(
    rig: bpy.types.Object, body: Body, player: ActionPlayer, sampled: SampledAction, row: int
) -> tuple[ControlBinding, ...]:
    """Return the bindings of an action's controls at one sampled row, parents first."""
    effects = measure_effects(rig, body, player, sampled, row)
    order = _order(body)
    turners, movers, aims = _sorted(effects, body, order)
    if body.kind.roles.whole_legs:
        _assign_leg_controls(turners, sampled, body)
    bindings = [
        _binding(
            min(several, key=lambda t: (t.location_path is None, t.control != bone)), bone, True
        )
        for bone, several in aims.items()
    ]
    for bone in order:
        turner = _best(bone, turners[bone], body) if bone in turners else None
        mover = _best(bone, movers[bone], body) if bone in movers else None
        if turner is not None and mover is not None and mover.control == turner.control:
            bindings.append(_binding(turner, bone))
            continue
        if mover is not None:
            bindings.append(replace(_binding(mover, bone), rotation_path=None))
        if turner is not None:
            bindings.append(replace(_binding(turner, bone), location_path=None))
    found = [_needed(binding, body, bindings) for binding in bindings]
    found = [binding for binding in found if binding.rotation_path or binding.location_path]
    if body.kind.roles.whole_legs:
        found = [_under_ik(binding, found) for binding in found]
    found.sort(key=lambda binding: (binding.only_bends, order.index(binding.bone)))
    return tuple(found)


def _sorted(
    effects: list[ControlEffect], body: Body, order: list[int]
) -> tuple[_Options, _Options, _Options]:
    """Return the effects by bone: those that turn it, that move it, and that only bend its limb."""
    turners: _Options = {}
    movers: _Options = {}
    aims: _Options = {}
    for effect in effects:
        turned = _topmost(effect.turning & effect.swinging, order)
        turned = _topmost(effect.led, order) if turned < 0 else turned
        moved = _topmost(effect.shifting, order)
        if turned >= 0:
            turners.setdefault(turned, []).append(effect)
        if moved >= 0:
            movers.setdefault(moved, []).append(effect)
        bent, used = _bent(effect, body)
        if turned < 0 and moved < 0 and bent >= 0:
            aims.setdefault(bent, []).append(used)
    return turners, movers, aims


def _topmost(mask: Array, order: list[int]) -> int:
    """Return the bone of a mask (B,) that is nearest to the hips, or -1."""
    return next((bone for bone in order if mask[bone]), -1)


def _order(body: Body) -> list[int]:
    """Return the mapped bones from the hips outwards."""
    out: list[int] = []
    for part in _OUTWARDS:
        for role in (part, f"{part}.L", f"{part}.R"):
            out += body.roles.get(role, ())
    return out


def _bent(effect: ControlEffect, body: Body) -> tuple[int, ControlEffect]:
    """Return the first bone of the limb that a control bends, or -1, and the effect to use."""
    trunk = [b for role in ("hips", "spine") for b in body.roles.get(role, ())]
    if (effect.stirred_by_turn | effect.stirred_by_shift)[trunk].any():
        return -1, effect
    for limb in limbs_of(body):
        for bone in limb if body.kind.roles.whole_legs else limb[:1]:
            if effect.stirred_by_turn[bone]:
                return bone, replace(effect, location_path=None)
            if effect.stirred_by_shift[bone]:
                return bone, replace(effect, rotation_path=None)
    return -1, effect


def limbs_of(body: Body) -> list[tuple[int, ...]]:
    """Return the bones of each limb, from its top to the foot, hand or paw."""
    if body.kind.roles.whole_legs:
        return [leg.bones for leg in body.legs]
    found = [
        tuple(body.bone(f"{part}.{side}") for part in limb) for limb in _LIMBS for side in "LR"
    ]
    return [tuple(bone for bone in limb if bone >= 0) for limb in found if limb[0] >= 0]


def _assign_leg_controls(turners: _Options, sampled: SampledAction, body: Body) -> None:
    """Assign several controls of one leg part to different bones: heels turn less than paws.

    A control that alone turns a lower bone is assigned to that bone. Controls with less than half
    the keyed frames of the others are dropped. Changes ``turners``.
    """
    for limb in limbs_of(body):
        for place, bone in enumerate(limb):
            several = turners.get(bone, [])
            most = max((_keys(effect, sampled) for effect in several), default=0)
            several[:] = [t for t in several if 2 * _keys(t, sampled) >= most]
            for effect in several[:]:
                below = [b for b in limb[place + 1 :] if effect.turning[b] and effect.swinging[b]]
                others = [t for t in several if t is not effect]
                own = [b for b in below if not any(t.turning[b] for t in others)]
                if others and own and not turners.get(own[0]):
                    several.remove(effect)
                    turners[own[0]] = [effect]


def _keys(effect: ControlEffect, sampled: SampledAction) -> int:
    """Return on how many frames a control is keyed."""
    return max(
        (len(sampled[path].keyed) for path in (effect.rotation_path, effect.location_path) if path),
        default=0,
    )


def _best(bone: int, several: list[ControlEffect], body: Body) -> ControlEffect:
    """Return the control that an animator would use for a bone.

    That is the bone itself if it is keyed; else the topmost control that does not carry the whole
    body as a root does; else the lowest root. An animal's hips need a control of its whole trunk.
    """
    for effect in several:
        if effect.control == bone:
            return effect
    if body.kind.level and bone == body.bone("hips"):
        trunk = list(body.trunk)
        several = [t for t in several if (t.turning | t.shifting)[trunk].all()] or several
    ends = [limb[-1] for limb in limbs_of(body)]
    limited = [t for t in several if bone != body.bone("hips") or not t.turning[ends].all()]
    ranked = sorted(
        limited or several, key=lambda t: int(sum(o.turning[t.control] for o in several))
    )
    return ranked[0] if limited else ranked[-1]


def _binding(effect: ControlEffect, bone: int, only_bends: bool = False) -> ControlBinding:
    return ControlBinding(
        effect.control, effect.rotation_path, effect.location_path, bone, only_bends,
        effect.turning, effect.swinging, effect.shifting, effect.stirred_by_shift,
    )  # fmt: skip


def _needed(binding: ControlBinding, body: Body, bindings: list[ControlBinding]) -> ControlBinding:
    """Return a binding with the paths that it needs: FK limbs only turn, IK ends also move."""
    if binding.only_bends:
        return binding
    if not binding.shifting[binding.bone]:
        binding = replace(binding, location_path=None)
    if binding.bone == body.bone("hips"):
        return binding
    upper = _above(binding.bone, body)
    carried = not upper or any(
        other.bone in upper and not other.only_bends and other.turning[binding.control]
        for other in bindings
    )
    return replace(binding, location_path=None) if carried else binding


def _under_ik(binding: ControlBinding, bindings: list[ControlBinding]) -> ControlBinding:
    """Return a binding that only bends its leg if the IK of another binding turns its bone."""
    ends = (
        other
        for other in bindings
        if other.location_path and not other.only_bends and other is not binding
    )
    bent = binding.location_path is None and any(end.bending[binding.bone] for end in ends)
    return replace(binding, only_bends=True) if bent else binding


def _above(bone: int, body: Body) -> tuple[int, ...]:
    """Return the bones of which one must carry a bone that has no location keys; may be empty."""
    if body.kind.roles.whole_legs:
        limb = next((limb for limb in limbs_of(body) if bone in limb), ())
        trunk = body.trunk[: body.trunk.index(bone)] if bone in body.trunk else body.trunk
        return (*trunk, *limb[: limb.index(bone)]) if limb else trunk
    return next((limb[:-1] for limb in limbs_of(body) if bone == limb[-1]), ())
