# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of a four-legged body at rest: its trunk, its tail and four limbs of any build.

Owns which bones of a limb are bent to reach its paw, which keep their angle to the ground, and
the point on which it stands. The body frame is that of ``anatomy``: ground under the hips, +Y
up, +Z ahead, +X to the left.
"""

from collections.abc import Mapping

import numpy as np

from ...errors import RefusedError
from ..body.body import Limb, QuadrupedBody
from ..body.quadruped import ROLES
from ..body.rig_bones import RigBones
from ..maths import quat
from ..maths.quat import Array
from .axes import four_legged_axes
from .families.quadrupeds import QUADRUPEDS
from .rig_map import RigMap
from .structure import bone_ends

_LOW = 0.085
"""Share of the hip height under which a bone belongs to the paw."""
_TIP = 0.015
"""Share of the hip height under which a bone starts on the ground itself."""
_FOOT = 0.25
"""Share of the hip height under which the last bone may be a foot that stands on its tip."""


def _filled_tail(rig: RigBones, roles: dict[str, tuple[int, ...]]) -> None:
    """Add the bones beyond the end of the mapped tail, as long as there is only one way on."""
    tail = list(roles.get("tail", ()))
    taken = {bone for bones in roles.values() for bone in bones}
    while tail and len(rig.children[tail[-1]]) == 1 and rig.children[tail[-1]][0] not in taken:
        tail.append(rig.children[tail[-1]][0])
    if tail:
        roles["tail"] = tuple(tail)


def _limb(leg: str, bones: tuple[int, ...], heads: Array, ends: Array, hips: float) -> Limb:
    """Return the limb; ``hips`` is the height of the hip joints (m)."""
    points = heads[list(bones)]
    low = [i for i in range(2, len(bones)) if points[i, 1] < _LOW * hips]
    tip = ends[bones[-1]].copy()
    if low:
        # The last one, unless it only marks the tip on the ground.
        bent = max((i for i in low if points[i, 1] > _TIP * hips), default=low[-1])
        ball = points[bent]
    else:
        tip[1] = 0.0
        foot = len(bones) > 2 and points[-1, 1] < _FOOT * hips
        bent, ball = len(bones) - 1 if foot else len(bones), tip
    path = np.array([*points[:bent], points[bent] if bent < len(bones) else tip])
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
    if lengths.sum() < 1e-5:
        raise RefusedError(f"The leg {ROLES[leg]} has no length")
    toe = float((tip - ball)[2]) if low else 0.0
    if not 0.02 * hips < toe < 0.3 * hips:
        toe = 0.1 * hips
    return Limb(leg, bones, bent, path, ball, toe, quat.IDENTITY.astype(np.float64))


def _ground(low: float, origin: float, hips: float) -> float:
    # An animal usually stands on its rig's origin; trust it when the paws are near.
    return origin if -0.03 * hips < low - origin < 0.15 * hips else low


def measure(rig: RigBones, rig_map: RigMap, ball_height: float | None = None) -> QuadrupedBody:
    """Return the body of a checked map of a four-legged rig.

    ``ball_height`` (m) sets the ground that far under the paws; None finds it from the rig's
    origin and paws. Raises RefusedError when the legs do not stand on four corners.
    """
    roles = {r: tuple(rig.index(name) for name in names) for r, names in rig_map.roles.items()}
    _filled_tail(rig, roles)
    world_from_body, exchanged = four_legged_axes(rig, roles)
    if exchanged:
        raise RefusedError("The left and right legs of the bone map are exchanged")
    body_from_world = quat.inv(world_from_body)
    ends, pointed = bone_ends(rig)
    heads, ends = (quat.apply(body_from_world, points) for points in (rig.rest_heads, ends))
    own = quat.apply(body_from_world, np.asarray(rig.origin))
    chains = {leg: roles[role] for leg, role in ROLES.items()}
    paws = [bones[-1] for bones in chains.values()]
    center = heads[[chains["LH"][0], chains["RH"][0]]].mean(axis=0)
    low = float(heads[paws, 1].min())
    if pointed:
        low = min(low, float(ends[paws, 1].min()))
    ground = _ground(low, float(own[1]), float(center[1]) - low)
    origin = np.array([center[0], ground, center[2]])
    limbs = _limbs(chains, heads - origin, ends - origin)
    if ball_height is not None:
        origin[1] += float(np.mean([limb.ball[1] for limb in limbs])) - ball_height
        limbs = _limbs(chains, heads - origin, ends - origin)
    return QuadrupedBody(
        rig,
        roles,
        world_from_body,
        quat.apply(world_from_body, origin),
        heads - origin,
        quat.mul(body_from_world, rig.rest_rotations),
        (),
        {},
        limbs,
        any(family.name == rig_map.family and family.hanging_tail for family in QUADRUPEDS),
    )


def _limbs(chains: Mapping[str, tuple[int, ...]], heads: Array, ends: Array) -> tuple[Limb, ...]:
    hips = float(heads[[chains["LH"][0], chains["RH"][0]], 1].mean())
    if hips < 1e-4:
        raise RefusedError("The hips of this rig are not above its paws")
    return tuple(_limb(leg, bones, heads, ends, hips) for leg, bones in chains.items())
