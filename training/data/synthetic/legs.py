# SPDX-License-Identifier: GPL-3.0-or-later
"""Leg kinematics: shoulder blades glide, feet roll and fold, two-bone IK solves the long bones.

The parts below hock and wrist have prescribed rotations: they roll over the planted paw, further
than the leg itself turns, and fold in swing. Two bones remain between hip and hock, and between
shoulder and wrist. All amounts are measured on the Labrador.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.body.quadruped import limb
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import leg_ik, quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth, smoothstep

from .creature import Manner, SyntheticCreature
from .feet import Steps

ROLL: Final = {"H": (1.15, 1.0), "F": (1.5, 1.0)}
"""Rotation of a short and of a long foot per radian of the leg."""
LONG: Final = {"H": (0.26, 0.44), "F": (0.18, 0.38)}
"""Shares of the leg below hip or shoulder at which a foot counts as short and as long."""
FOLD: Final = {"H": -0.30, "F": 1.05}
"""Radians, largest fold of the foot in swing."""
FOLDED: Final = {"H": (2.0, 2.0), "F": (2.0, 3.2)}
"""Exponents of the fold over the swing: fore feet fold early."""
YIELD: Final = 0.12
"""Radians by which a loaded pastern yields."""
GLIDE: Final = 0.8
"""Rotation of a shoulder blade per radian of the leg."""
MOST_GLIDE: Final = 0.42
"""Radians, largest rotation of a shoulder blade."""
REACH: Final = 0.986
"""Largest extension of a stance leg, as a share of its two bones."""
SINK: Final = 0.05
"""Largest drop of a hip or shoulder for a long stride, as a share of its height."""
TRIED: Final = np.linspace(0.0, 1.0, 81)
"""Offsets of a paw ahead and behind to test, in hip heights."""
_SIDE = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class FootRotations:
    """Prescribed rotations of the foot of one leg over time."""

    rotations: Array
    """(T, n, 4) world rotations of the parts below hock or wrist, and of the paw."""
    end: Array
    """(T, 3) target of the hock or wrist."""
    swing: Array
    """(T,) elapsed share of the swing."""


@dataclass(frozen=True, eq=False)
class Top:
    """The upper end of one leg over time."""

    carrier: Array
    """(T, 4) world rotation of the leg's parent joint."""
    blade: Array | None
    """(T, 4) world rotation of the shoulder blade; None for hind legs."""
    place: Array
    """(T, 3) position of the hip or shoulder."""


def offset(skeleton: Skeleton, name: str) -> Array:
    """Return (3,) a joint's offset in float64."""
    return np.asarray(skeleton.offsets[skeleton.index(name)], dtype=np.float64)


def top(skeleton: Skeleton, name: str, torso: tuple[Array, Array], steps: Steps) -> Top:
    """Return the upper end of a leg from the rotations and positions of the torso."""
    chain = quadruped.LEG_CHAINS[name]
    i = quadruped.LEGS.index(name)
    carrier = torso[0][:, -1 if name[1] == "F" else 0]
    place = torso[1][:, -1 if name[1] == "F" else 0] + quat.apply(
        carrier, offset(skeleton, chain[0])
    )
    if name[1] == "H":
        return Top(carrier, None, place)
    rest = skeleton.rest_positions().astype(np.float64)
    stand = rest[skeleton.index(chain[-1])] - rest[skeleton.index(chain[0])]
    lean = leg_angle(steps, i, place) - np.arctan2(stand[2], -stand[1])
    glide = MOST_GLIDE * np.tanh(GLIDE * lean / MOST_GLIDE)
    blade = quat.mul(carrier, quat.from_axis_angle(_SIDE, -glide))
    return Top(carrier, blade, place + quat.apply(blade, offset(skeleton, chain[1])))


def leg_angle(steps: Steps, column: int, place: Array) -> Array:
    """Return (T,) the angle (radians) by which a paw is ahead of ``place``, along its heading."""
    away = quat.apply(quat.yaw(-steps.yaws[:, column]), steps.paws[:, column] - place)
    return np.asarray(np.arctan2(away[:, 2], -away[:, 1]))


def foot(
    creature: SyntheticCreature, manner: Manner, name: str, place: Array, steps: Steps, fps: float
) -> FootRotations:
    """Return the rotations of a leg's foot for its hip or shoulder at ``place`` (T, 3)."""
    skeleton = creature.skeleton
    i, girdle = quadruped.LEGS.index(name), name[1]
    chain = quadruped.LEG_CHAINS[name]
    led = chain[3:] if girdle == "F" else chain[2:]
    rest = skeleton.rest_positions().astype(np.float64)
    start = limb(name)[0]
    stand = rest[skeleton.index(chain[-1])] - rest[skeleton.index(start)]
    lean = leg_angle(steps, i, place) - np.arctan2(stand[2], -stand[1])
    lean = smooth(np.clip(lean, -0.8, 0.8), 0.012 * fps)
    rise, fall = FOLDED[girdle]
    x = steps.swing[:, i]
    peak = rise / (rise + fall)
    bump = x**rise * (1.0 - x) ** fall / (peak**rise * (1.0 - peak) ** fall)
    lifted = np.clip((steps.paws[:, i, 1] / quadruped_gaits.HIP_HEIGHT - 0.036) / 0.09, 0.0, 1.3)
    long = _long(skeleton, name)
    fold = FOLD[girdle] * (1.0 - 0.4 * long) * bump * lifted * min(0.7 + 0.3 * manner.lift, 1.35)
    roll = ROLL[girdle][0] + long * (ROLL[girdle][1] - ROLL[girdle][0])
    give = YIELD * np.sin(np.pi * steps.stance[:, i]) * (1.0 - creature.build.sprawl)
    out = creature.toes_out * (1.0 if girdle == "H" else 0.7)
    aim = quat.yaw(steps.yaws[:, i] + (out if name[0] == "L" else -out))
    rotations = []
    end = steps.paws[:, i].copy()
    for joint, last in zip(led[1:], (*(False,) * (len(led) - 2), True), strict=True):
        turn = fold - roll * lean - (give if last else 0.0)
        rotations.append(quat.mul(aim, quat.from_axis_angle(_SIDE, turn)))
        end = end - quat.apply(rotations[-1], offset(skeleton, joint))
    droop = np.abs(FOLD["F"]) * 0.8 * bump * lifted - 0.12 * np.sin(np.pi * x) ** 2 * lifted
    rotations.append(quat.mul(aim, quat.from_axis_angle(_SIDE, droop)))
    return FootRotations(np.stack(rotations, axis=1), end, x)


def _long(skeleton: Skeleton, name: str) -> float:
    """Return the relative length of a leg's foot, from 0 (bear, dog) to 1 (horse)."""
    chain = quadruped.LEG_CHAINS[name]
    lengths = [float(np.linalg.norm(offset(skeleton, joint))) for joint in chain[1:]]
    used = lengths[1:] if name[1] == "F" else lengths
    low, high = LONG[name[1]]
    return float(np.clip((sum(used[2:]) / sum(used) - low) / (high - low), 0.0, 1.0))


def reaches(creature: SyntheticCreature, manner: Manner) -> tuple[float, Array]:
    """Return the longest travel (m) of the body over a paw, and (4,) each leg's middle (m)."""
    found = spans(creature, manner)
    middles = np.clip(0.5 * (found[:, 0] - found[:, 1]), -0.12, 0.12)
    return float(np.maximum(found.sum(axis=1).min(), 0.25 * quadruped_gaits.HIP_HEIGHT)), middles


def spans(creature: SyntheticCreature, manner: Manner) -> Array:
    """Return (4, 2) the reach (m) of each paw ahead of and behind its rest position.

    Found by testing the offsets TRIED with the trunk lowered by SINK.
    """
    skeleton = creature.skeleton
    away = np.concatenate([-TRIED[::-1], TRIED[1:]]) * quadruped_gaits.HIP_HEIGHT
    rest = skeleton.rest_positions().astype(np.float64)
    paws = [skeleton.index(name) for name in quadruped.PAWS]
    at = np.repeat(rest[None, paws], len(away), axis=0)
    at[..., 2] += away[:, None]
    still = np.zeros((len(away), 4))
    steps = Steps(at, still, still + 1.0, still, still, still, at, still[:, 0])
    ends = [skeleton.index(name) for name in (quadruped.TORSO[0], quadruped.TORSO[-1])]
    sink = SINK * quadruped_gaits.HIP_HEIGHT
    places = np.repeat(rest[None, ends] - [0.0, sink, 0.0], len(away), axis=0)
    torso = np.tile(quat.IDENTITY.astype(np.float64), (len(away), 2, 1)), places
    out = np.zeros((4, 2))
    middle = len(TRIED) - 1
    for i, name in enumerate(quadruped.LEGS):
        above = top(skeleton, name, torso, steps)
        held = foot(creature, manner, name, above.place, steps, 1e-6)
        far = lack(skeleton, name, above.place, held.end) > 0.0
        ahead, behind = far[middle:], far[middle::-1]
        out[i] = [TRIED[int(np.argmax(f)) if f.any() else -1] for f in (ahead, behind)]
    return out * quadruped_gaits.HIP_HEIGHT


def bones(skeleton: Skeleton, name: str) -> float:
    """Return the length (m) of the two long bones of a leg."""
    _, middle, end, _ = limb(name)
    return float(sum(np.linalg.norm(offset(skeleton, joint)) for joint in (middle, end)))


def lack(skeleton: Skeleton, name: str, place: Array, end: Array) -> Array:
    """Return (T,) the drop (m) of a hip or shoulder that its leg needs to reach."""
    most = REACH * bones(skeleton, name)
    away = ((place - end)[:, [0, 2]] ** 2).sum(axis=-1)
    height = np.sqrt(np.maximum(most**2 - away, (0.45 * most) ** 2))
    return np.asarray(np.maximum(place[:, 1] - end[:, 1] - height, 0.0))


def solve(skeleton: Skeleton, name: str, above: Top, held: FootRotations) -> dict[str, Array]:
    """Return the world rotations (T, 4) of all joints of a leg."""
    upper, middle, end, _ = limb(name)
    chain = quadruped.LEG_CHAINS[name]
    arm, shin = offset(skeleton, middle), offset(skeleton, end)
    carrier = above.carrier
    knee = above.place + quat.apply(carrier, arm)
    ankle = knee + quat.apply(carrier, shin)
    front = pole(skeleton, name)
    target = _within(above.place, held, bones(skeleton, name))
    bent, reached = leg_ik.two_bone(above.place, knee, ankle, carrier, target, front)
    thigh = leg_ik.swing(carrier, knee - above.place, bent - above.place)
    calf = leg_ik.swing(carrier, ankle - knee, reached - bent)
    out = {upper: thigh, middle: calf}
    if above.blade is not None:
        out[chain[0]] = above.blade
    first = chain.index(end)
    for part, joint in enumerate(chain[first:]):
        out[joint] = held.rotations[:, part]
    return out


def _within(place: Array, held: FootRotations, length: float) -> Array:
    """Return the target (T, 3) of hock or wrist, limited in swing so that the leg stays bent."""
    away = held.end - place
    far = np.linalg.norm(away, axis=-1)
    share = smoothstep(held.swing, 0.0, 0.12) * (1.0 - smoothstep(held.swing, 0.85, 1.0))
    most = (REACH - 0.03 * share) * length
    width = 0.012 * length
    near = most - width * np.logaddexp(0.0, (most - far) / width)
    wanted = far + share * (near - far)
    return np.asarray(place + away * (wanted / np.maximum(far, 1e-9))[:, None])


def pole(skeleton: Skeleton, name: str) -> Array:
    """Return (3,) the direction of a leg's elbow or knee in the rest pose."""
    _, middle, end, _ = limb(name)
    arm, shin = offset(skeleton, middle), offset(skeleton, end)
    line = quat.unit(arm + shin)
    return quat.unit(arm - (arm @ line) * line)
