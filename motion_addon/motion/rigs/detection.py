# SPDX-License-Identifier: GPL-3.0-or-later
"""Detection of a rig's bone map: by the names of a known family, else by its structure."""

from typing import Final

import numpy as np

from ...errors import RefusedError
from ..body.rig_bones import RigBones
from ..body.roles import PERSON_ROLES
from ..maths import quat
from ..maths.quat import Array
from .animal_structure import find_animal
from .axes import body_axes, four_legged_axes, stands_on_four, stands_upright
from .families import FAMILIES
from .families.family import Family
from .person_structure import find_person
from .rig_map import RigMap

_LABELS: Final = {
    "structure": "Unnamed humanoid",
    "quadruped_structure": "Unnamed quadruped",
    "custom": "Custom map",
}
_DOUBTFUL: Final = 0.1
"""Confidence of a map whose rest pose does not fit its kind."""
EXCHANGED: Final = "Left and right are exchanged in the bone names."
"""Note of a rig map whose sides were exchanged."""


def family_label(name: str) -> str:
    """Return the label of a family by its name, for display."""
    known = {family.name: family.label for family in FAMILIES}
    return known.get(name, _LABELS.get(name, name))


def detect(rig: RigBones) -> RigMap:
    """Return the best bone map for ``rig``: by family names, else by structure.

    The map may lack required roles (see ``RigMap.missing``). Nothing is raised for a rig that is
    neither person nor animal, so that a panel can show the parts that were found.
    """
    animals = (_named_animal(rig, family) for family in FAMILIES if family.kind.forelegs)
    named = next((found for found in animals if found is not None), None)
    if named is not None:
        return named
    person = _person(rig)
    stands = person.usable and person.confidence > _DOUBTFUL
    if stands and person.family != "structure" and not stands_on_four(rig, _indices(rig, person)):
        return person
    animal = find_animal(rig)
    faced = None if animal is None else _animal_facing(rig, animal)
    return person if faced is None else faced


def _indices(rig: RigBones, found: RigMap) -> dict[str, list[int]]:
    return {role: [rig.index(n) for n in names] for role, names in found.roles.items()}


def _facing(axes: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in quat.apply(axes, np.array([0.0, 0.0, 1.0])))
    return x, y, z


def _named_animal(rig: RigBones, family: Family) -> RigMap | None:
    """Return the map of an animal's family, or None if the rig is not of that family."""
    roles = family.match(rig)
    found = RigMap(family.name, roles, 0.9, kind=family.kind)
    whole = all(
        len(roles.get(f"{part}.{s}", ())) >= 3 for part in ("foreleg", "hindleg") for s in "LR"
    )
    return _animal_facing(rig, found) if found.usable and whole else None


def _animal_facing(rig: RigBones, found: RigMap) -> RigMap | None:
    """Add the facing direction and exchange mirrored sides; None if the legs do not fit."""
    try:
        axes, exchanged = four_legged_axes(rig, _indices(rig, found))
    except RefusedError:
        return None
    roles, notes = dict(found.roles), found.notes
    if exchanged:
        roles = {_other_side(role): names for role, names in roles.items()}
        notes = (*notes, EXCHANGED)
    return RigMap(found.family, roles, found.confidence, notes, _facing(axes), found.kind)


def _person(rig: RigBones) -> RigMap:
    """Return the best map of a person: by the family that fits best, else by structure."""
    best: RigMap | None = None
    for family in FAMILIES:
        found = None if family.kind.forelegs else _named_person(rig, family)
        if found and (best is None or _score(found) > _score(best)):
            best = found
    if best is None or not best.usable:
        guess = find_person(rig)
        if guess is not None and (best is None or _score(guess) > _score(best)):
            best = guess
    if best is None:
        return RigMap("custom", {}, 0.0, ("No human or animal was recognized in this rig.",))
    return _person_facing(rig, best)


def _score(found: RigMap) -> tuple[int, int]:
    required = sum(role in found.roles for role in PERSON_ROLES.required)
    return required, sum(len(names) for names in found.roles.values())


def _named_person(rig: RigBones, family: Family) -> RigMap | None:
    roles = dict(family.match(rig))
    if sum(role in roles for role in PERSON_ROLES.required) < 3:
        return None
    if family.numbered_spine:
        roles = _split_spine(rig, roles)
    expected = sum(1 for role in PERSON_ROLES.every if role != "root" and role in roles)
    share = expected / (len(PERSON_ROLES.every) - 1)
    return RigMap(family.name, roles, round(0.5 + 0.5 * share, 3))


def _split_spine(rig: RigBones, roles: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Divide a numbered spine of any length where the shoulders hang on it."""
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


def _person_facing(rig: RigBones, found: RigMap) -> RigMap:
    """Add the facing direction and exchange the sides if the feet show mirrored names."""
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
            notes = (*notes, EXCHANGED)
            forward = -forward
    x, y, z = (float(v) for v in forward)
    return RigMap(found.family, roles, found.confidence, notes, (x, y, z))


def _other_side(role: str) -> str:
    if role.endswith(".L"):
        return role[:-1] + "R"
    return role[:-1] + "L" if role.endswith(".R") else role
