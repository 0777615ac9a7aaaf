# SPDX-License-Identifier: GPL-3.0-or-later
"""Rig families and the finding of a bone map.

Each family is one table in a file of this package; adding a rig adds a file and one line here.
"""

from typing import Final

import numpy as np

from ...errors import RefusedError
from ..body.kinds import QUADRUPED
from ..body.rig_bones import RigBones
from ..maths import quat
from .axes import body_axes, four_legged_axes, stands_on_four, stands_upright
from .families import auto_rig_pro, daz, makehuman, mixamo, mocap, quaternius, rigify, unreal, vrm
from .families.family import Family
from .families.quadrupeds import QUADRUPEDS
from .families.rigify_quadruped import RIGIFY_QUADRUPEDS
from .quadruped_structure import find_quadruped
from .rig_map import (
    CHAIN_ROLES,
    REQUIRED_ROLES,
    ROLES,
    RigMap,
    chain_roles,
    required_roles,
    roles_of,
)
from .structure import find_structure

__all__ = [
    "CHAIN_ROLES",
    "FAMILIES",
    "QUADRUPED_FAMILIES",
    "REQUIRED_ROLES",
    "ROLES",
    "Family",
    "RefusedError",
    "RigBones",
    "RigMap",
    "chain_roles",
    "detect",
    "family_label",
    "required_roles",
    "roles_of",
]

FAMILIES: Final = (
    rigify.RIGIFY,
    auto_rig_pro.AUTO_RIG_PRO,
    mixamo.MIXAMO_CONTROL,
    quaternius.MESH2MOTION,
    rigify.RIGIFY_DEFORM,
    rigify.RIGIFY_META,
    mixamo.MIXAMO,
    vrm.VROID,
    daz.CHARACTER_CREATOR,
    daz.GENESIS8,
    daz.GENESIS9,
    unreal.UNREAL,
    auto_rig_pro.AUTO_RIG_PRO_DEFORM,
    makehuman.MAKEHUMAN,
    makehuman.MAKEHUMAN_CMU,
    mocap.BIPED,
    mocap.SMPL,
    vrm.VRCHAT,
    quaternius.QUATERNIUS,
    mocap.XSENS,
    vrm.UNITY,
    mocap.MOCAP,
)
"""Every family, those with the clearest marks first."""

QUADRUPED_FAMILIES: Final = (*QUADRUPEDS, *RIGIFY_QUADRUPEDS)
"""Every family of four-legged rigs."""

_LABELS: Final = {
    "structure": "Unnamed humanoid",
    "quadruped_structure": "Unnamed quadruped",
    "custom": "Custom map",
}


def family_label(name: str) -> str:
    """Return the label of a family by its name, for display."""
    known = {family.name: family.label for family in (*QUADRUPED_FAMILIES, *FAMILIES)}
    return known.get(name, _LABELS.get(name, name))


def is_control_family(name: str) -> bool:
    """Return whether a family's bones are a control rig's."""
    families = (*FAMILIES, *QUADRUPED_FAMILIES)
    return any(family.controls for family in families if family.name == name)


def detect(rig: RigBones) -> RigMap:
    """Return the best bone map for ``rig``: by family names, else by structure.

    Its ``kind`` says on how many legs the rig walks. The map may lack required roles (see
    ``RigMap.missing``); nothing is raised for a rig that is neither, so that a panel can show
    what was found.
    """
    for family in QUADRUPED_FAMILIES:
        named = _named_quadruped(rig, family)
        if named is not None:
            return named
    human = _detect_biped(rig)
    stands = human.usable and human.confidence > _DOUBTFUL and not _on_four(rig, human)
    if stands and human.family != "structure":
        return human
    animal = find_quadruped(rig)
    if animal is not None:
        animal = _four_faced(rig, animal)
    return human if animal is None else animal


_DOUBTFUL: Final = 0.1
"""Confidence of a map whose rest pose does not fit its kind."""


def _detect_biped(rig: RigBones) -> RigMap:
    best: RigMap | None = None
    for family in FAMILIES:
        found = _by_family(rig, family)
        if found and (best is None or _score(found) > _score(best)):
            best = found
    if best is None or not best.usable:
        guess = find_structure(rig)
        if guess is not None and (best is None or _score(guess) > _score(best)):
            best = guess
    if best is None:
        return RigMap("custom", {}, 0.0, ("No human or animal was recognized in this rig.",))
    return _faced(rig, best)


def _on_four(rig: RigBones, found: RigMap) -> bool:
    return stands_on_four(rig, _indices(rig, found))


def _indices(rig: RigBones, found: RigMap) -> dict[str, list[int]]:
    return {role: [rig.index(n) for n in names] for role, names in found.roles.items()}


def _named_quadruped(rig: RigBones, family: Family) -> RigMap | None:
    """Return the map of a four-legged family, or None if the rig is none of it."""
    roles = family.match(rig)
    found = RigMap(family.name, roles, 0.9, kind=QUADRUPED)
    whole = all(
        len(roles.get(f"{part}.{s}", ())) >= 3 for part in ("foreleg", "hindleg") for s in "LR"
    )
    return _four_faced(rig, found) if found.usable and whole else None


def _four_faced(rig: RigBones, found: RigMap) -> RigMap | None:
    """Add the facing direction; exchange the sides if names are mirrored; None if it cannot be."""
    try:
        axes, exchanged = four_legged_axes(rig, _indices(rig, found))
    except RefusedError:
        return None
    roles, notes = dict(found.roles), found.notes
    if exchanged:
        roles = {_other_side(role): names for role, names in roles.items()}
        notes = (*notes, "Left and right are exchanged in the bone names.")
    forward = quat.apply(axes, np.array([0.0, 0.0, 1.0]))
    facing = (float(forward[0]), float(forward[1]), float(forward[2]))
    return RigMap(found.family, roles, found.confidence, notes, facing, QUADRUPED)


def _score(found: RigMap) -> tuple[int, int]:
    required = sum(role in found.roles for role in REQUIRED_ROLES)
    return required, sum(len(names) for names in found.roles.values())


def _by_family(rig: RigBones, family: Family) -> RigMap | None:
    roles = dict(family.match(rig))
    if sum(role in roles for role in REQUIRED_ROLES) < 3:
        return None
    if family.name.startswith("rigify"):
        roles = _split_spine(rig, roles)
    expected = sum(1 for role in ROLES if role != "root" and role in roles)
    share = expected / (len(ROLES) - 1)
    return RigMap(family.name, roles, round(0.5 + 0.5 * share, 3))


def _split_spine(rig: RigBones, roles: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Divide Rigify's numbered spine where the shoulders hang, however many bones it has."""
    base = roles.get("hips", ("",))[0]
    shoulder = roles.get("shoulder.L", roles.get("upper_arm.L", ("",)))[0]
    chain = [name for i in range(1, 40) if (name := f"{base}.{i:03d}") in rig]
    if len(chain) < 3 or shoulder not in rig:
        return roles
    heights = rig.rest_heads @ np.asarray(_spine_axis(rig, base, chain[-1]))
    level = heights[rig.index(shoulder)]
    above = rig.ancestors(rig.index(shoulder))
    hung = [name for name in chain if rig.index(name) in above]
    chest = (
        hung[-1]
        if hung
        else max(
            (n for n in chain if heights[rig.index(n)] < level), key=chain.index, default=chain[0]
        )
    )
    cut = chain.index(chest) + 1
    crown = chain[cut:]
    return {
        **roles,
        "spine": tuple(chain[:cut]),
        "neck": tuple(crown[:-1]),
        "head": tuple(crown[-1:]),
    }


def _spine_axis(rig: RigBones, low: str, high: str) -> list[float]:
    axis = rig.rest_heads[rig.index(high)] - rig.rest_heads[rig.index(low)]
    return list(axis / max(float(np.linalg.norm(axis)), 1e-9))


def _faced(rig: RigBones, found: RigMap) -> RigMap:
    """Add the facing direction; exchange the sides if the feet say that names are mirrored."""
    if not found.usable:
        return found
    indices = _indices(rig, found)
    try:
        axes = body_axes(rig, indices)
    except RefusedError as error:
        return RigMap(found.family, found.roles, _DOUBTFUL, (*found.notes, f"{error}."))
    if not stands_upright(rig, indices):
        note = "The rest pose does not stand upright on two legs."
        return RigMap(found.family, found.roles, _DOUBTFUL, (*found.notes, note))
    forward = quat.apply(axes, np.array([0.0, 0.0, 1.0]))
    notes = found.notes
    roles = dict(found.roles)
    toes = [f"toe.{s}" for s in "LR" if f"toe.{s}" in indices]
    if len(toes) == 2:
        ahead = sum(
            (rig.rest_heads[indices[t][0]] - rig.rest_heads[indices[f"foot{t[3:]}"][0]]) @ forward
            for t in toes
        )
        if ahead < -0.02 * float(np.ptp(rig.rest_heads, axis=0).max()):
            roles = {_other_side(role): names for role, names in roles.items()}
            notes = (*notes, "Left and right are exchanged in the bone names.")
            forward = -forward
    facing = (float(forward[0]), float(forward[1]), float(forward[2]))
    return RigMap(found.family, roles, found.confidence, notes, facing)


def _other_side(role: str) -> str:
    if role.endswith(".L"):
        return role[:-1] + "R"
    return role[:-1] + "L" if role.endswith(".R") else role
