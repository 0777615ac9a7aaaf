# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of a body at rest that retargeting needs: facing, sizes and limb frames.

Owns the body frame of a rig: origin on the ground under the hips, +Y up, +Z forward, +X to the
character's left, whatever way the rig stands in the world. Shared by the rigs' detection and
by ``retarget``.
"""

from collections.abc import Mapping

import numpy as np

from ...errors import RefusedError
from ..body.body import Body, Leg
from ..body.rig_bones import RigBones
from ..maths import quat
from ..maths.quat import Array
from . import measure_animal
from .axes import body_axes, stands_upright
from .rig_map import RigMap

__all__ = ["Body", "Leg", "measure"]


def _role_indices(rig: RigBones, rig_map: RigMap) -> dict[str, tuple[int, ...]]:
    return {r: tuple(rig.index(name) for name in names) for r, names in rig_map.roles.items()}


def _foot_tip(rig: RigBones, heads: Array, tails: Array, foot: int, toe: int) -> Array:
    if toe >= 0:
        return np.asarray(heads[toe])
    below = [c for c in rig.children[foot] if heads[c][1] < heads[foot][1]]
    ahead = [c for c in below if heads[c][2] > heads[foot][2]]
    if ahead:
        return np.asarray(heads[ahead].mean(axis=0))
    return np.asarray(tails[foot])


def _leg(rig: RigBones, heads: Array, tails: Array, bones: tuple[int, int, int, int]) -> Leg:
    thigh, shin, foot, toe = bones
    hip, knee, ankle = heads[thigh], heads[shin], heads[foot]
    ball = _foot_tip(rig, heads, tails, foot, toe)
    flat = (ball - ankle) * np.array([1.0, 0.0, 1.0])
    if flat[2] < 0.2 * np.linalg.norm(flat) or np.linalg.norm(flat) < 1e-4:
        flat = np.array([0.0, 0.0, 1.0])
    line = quat.unit(ankle - hip)
    bend = (knee - hip) - line * ((knee - hip) @ line)
    length = np.linalg.norm(ankle - hip)
    ahead = np.array([0.0, 0.0, 1.0])
    # A rest pose with clearly bent knees says which way they point; a straight one does not.
    pole = bend if np.linalg.norm(bend) > 0.06 * length and bend[2] > 0.0 else ahead
    pole = quat.unit(pole - line * (pole @ line))
    thigh_length, shin_length = np.linalg.norm(knee - hip), np.linalg.norm(ankle - knee)
    if min(thigh_length, shin_length) < 1e-5:
        raise RefusedError(f'The leg bone "{rig.names[thigh]}" has no length')
    heel, toe_length = _sole(rig, heads, tails, (foot, toe), quat.unit(flat))
    return Leg(
        *bones,
        hip,
        knee,
        ankle,
        ball,
        float(thigh_length),
        float(shin_length),
        pole,
        quat.yaw(quat.yaw_of(flat)),
        heel,
        toe_length,
    )


def _sole(
    rig: RigBones, heads: Array, tails: Array, bones: tuple[int, int], ahead: Array
) -> tuple[Array, float]:
    """Return the heel (3,) and the length of the toes, guessed where no bone shows them."""
    foot, toe = bones
    ankle = heads[foot]
    length = float((_foot_tip(rig, heads, tails, foot, toe) - ankle) @ ahead)
    low = [p for c in rig.children[foot] for p in (heads[c], tails[c]) if p[1] < 0.6 * ankle[1]]
    behind = max([0.45 * abs(length), *(float((ankle - p) @ ahead) for p in low)])
    heel = ankle - ahead * min(behind, abs(length))
    usual = 0.6 * abs(length)
    forward = float((tails[toe] - heads[toe]) @ ahead) if toe >= 0 else usual
    toes = forward if 0.3 * usual < forward < 3.0 * usual else usual
    return heel * np.array([1.0, 0.0, 1.0]), toes


def _hand_direction(rig: RigBones, heads: Array, tails: Array, hand: int, arm: Array) -> Array:
    fingers = [c for c in rig.children[hand] if np.linalg.norm(heads[c] - heads[hand]) > 1e-4]
    options = [heads[fingers].mean(axis=0)] if len(fingers) > 1 else []
    options += [tails[hand], *(heads[c] for c in fingers)]
    for tip in options:
        direction = quat.unit(tip - heads[hand])
        if direction @ arm > 0.6:
            return direction
    return arm


def _limb_frames(
    rig: RigBones, roles: Mapping[str, tuple[int, ...]], heads: Array, tails: Array
) -> dict[str, Array]:
    frames: dict[str, Array] = {}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        chain = [roles.get(f"{part}.{side}", (-1,))[0] for part in ("upper_arm", "forearm", "hand")]
        upper, fore, hand = chain
        if upper < 0:
            continue
        along = [quat.unit((heads[fore] if fore >= 0 else tails[upper]) - heads[upper])]
        if fore >= 0:
            along.append(quat.unit((heads[hand] if hand >= 0 else tails[fore]) - heads[fore]))
        if hand >= 0:
            along.append(_hand_direction(rig, heads, tails, hand, along[-1]))
        frame = quat.IDENTITY.astype(np.float64)
        before = np.array([sign, 0.0, 0.0])
        for part, direction in zip(("upper_arm", "forearm", "hand"), along, strict=False):
            frame = quat.mul(quat.between(before, direction), frame)
            frames[f"{part}.{side}"] = frame
            before = direction
    return frames


def _ground(heads: Array, tails: Array, feet: list[int], origin: float, height: float) -> float:
    low = float(min(heads[feet][:, 1].min(), tails[feet][:, 1].min()))
    # A character usually stands on its own origin; trust it when the feet are near.
    return origin if abs(low - origin) < 0.1 * height else low


def measure(rig: RigBones, rig_map: RigMap, ball_height: float | None = None) -> Body:
    """Return the body of a mapped rig; raises RefusedError when the map does not fit.

    ``ball_height`` (m) sets the ground that far under the ball joints; None finds the ground
    from the rig's origin and feet. A map of a four-legged rig gives a ``QuadrupedBody``.
    """
    rig_map.check(rig)
    if rig_map.kind.level:
        return measure_animal.measure(rig, rig_map, ball_height)
    roles = _role_indices(rig, rig_map)
    if not stands_upright(rig, roles):
        raise RefusedError(
            "The rest pose of this rig does not stand upright on two legs; if it is a human, "
            "pose it standing and apply that as its rest pose"
        )
    world_from_body = body_axes(rig, roles)
    body_from_world = quat.inv(world_from_body)
    heads = quat.apply(body_from_world, rig.rest_heads)
    tails = quat.apply(body_from_world, rig.rest_tails)
    own = quat.apply(body_from_world, np.asarray(rig.origin))
    feet = [roles[f"{p}.{s}"][0] for p in ("foot", "toe") for s in "LR" if f"{p}.{s}" in roles]
    sides = [
        tuple(roles.get(f"{part}.{side}", (-1,))[0] for part in ("thigh", "shin", "foot", "toe"))
        for side in "LR"
    ]
    height = float(heads[roles["hips"][0], 1] - heads[feet][:, 1].min())
    if ball_height is None:
        ground = _ground(heads, tails, feet, float(own[1]), height)
    else:
        balls = [_foot_tip(rig, heads, tails, foot, toe)[1] for _, _, foot, toe in sides]
        ground = float(np.mean(balls)) - ball_height
    center = 0.5 * (heads[sides[0][0]] + heads[sides[1][0]])
    origin = np.array([center[0], ground, center[2]])
    heads, tails = heads - origin, tails - origin
    legs = (_leg(rig, heads, tails, sides[0]), _leg(rig, heads, tails, sides[1]))  # type: ignore[arg-type]
    return Body(
        rig,
        roles,
        world_from_body,
        quat.apply(world_from_body, origin),
        heads,
        quat.mul(body_from_world, rig.rest_rotations),
        legs,
        _limb_frames(rig, roles, heads, tails),
    )
