# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic rigs of people of many builds, and a clip whose feet stand still."""

from dataclasses import dataclass

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.leg_ik import two_bone_from_rest
from motion_addon.motion.rigs import RigBones, RigMap, detect
from motion_addon.motion.rigs.measure import measure
from tests.motion.parts import Parts, Stance


@dataclass(frozen=True)
class Build(Stance):
    """Build of a synthetic person."""

    spine: int = 3
    neck: int = 1
    clavicles: bool = True
    toes: bool = True
    fingers: bool = True
    twists: bool = False
    extras: bool = False
    root: bool = True
    pelvis_sides: bool = False
    arms: float = 0.0
    """Degrees that the arms hang below the horizontal: 0 is a T pose."""
    knees: float = 3.0
    """Degrees of bend in the knees."""


def _trunk(parts: Parts, build: Build) -> tuple[str, str]:
    top = parts.add("world", "", (0, 0, 0), (0, 0.1, 0), "root") if build.root else ""
    hips = parts.add("b00", top, (0, 0.98, 0), (0, 1.05, 0), "hips")
    heights = np.linspace(1.06, 1.46, build.spine + 1)
    last = hips
    for i in range(build.spine):
        bow = 0.01 * np.sin(3.0 * i)
        ends = (0, heights[i], bow), (0, heights[i + 1], 0.01 * np.sin(3.0 * i + 3.0))
        last = parts.add(f"b{i + 1:02d}", last, *ends, "spine")
    chest = last
    heights = np.linspace(1.48, 1.6, build.neck + 1)
    for i in range(build.neck):
        ends = (0, heights[i], 0.0), (0, heights[i + 1], 0.01)
        last = parts.add(f"n{i}", last, *ends, "neck")
    head = parts.add("h0", last, (0, 1.6, 0.01), (0, 1.82, 0.02), "head")
    if build.extras:
        for side in (-1, 1):
            parts.add(f"e{side}", head, (0.03 * side, 1.7, 0.1), (0.03 * side, 1.7, 0.12))
        parts.add("jaw", head, (0, 1.62, 0.05), (0, 1.58, 0.1))
        for i in range(8):
            x, z = 0.2 * np.cos(i * np.pi / 4), 0.2 * np.sin(i * np.pi / 4)
            skirt = parts.add(f"k{i}", hips, (x, 0.95, z), (1.3 * x, 0.6, 1.3 * z))
            parts.add(f"k{i}b", skirt, (1.3 * x, 0.6, 1.3 * z), (1.5 * x, 0.3, 1.5 * z))
    return hips, chest


def _leg(parts: Parts, build: Build, hips: str, side: str, s: float) -> None:
    bend = np.radians(build.knees)
    hip = np.array([0.1 * s, 0.94, 0.0])
    knee = hip + 0.44 * np.array([0.0, -np.cos(bend / 2), np.sin(bend / 2)])
    ankle = knee + 0.42 * np.array([0.0, -np.cos(bend / 2), -np.sin(bend / 2)])
    lift = np.array([0.0, 0.09 - ankle[1], 0.0])
    hip, knee, ankle = hip + lift, knee + lift, ankle + lift
    ball = ankle + np.array([0.02 * s, -0.065, 0.13])
    above = hips
    if build.pelvis_sides:
        above = parts.add(f"p{side}", hips, (0, 0.98, 0), hip)
    thigh = parts.add(f"q0{side}", above, hip, knee, f"thigh.{side}")
    if build.twists:
        parts.add(f"qt{side}", thigh, 0.5 * (hip + knee), knee)
    shin = parts.add(f"q1{side}", thigh, knee, ankle, f"shin.{side}")
    foot = parts.add(f"q2{side}", shin, ankle, ball, f"foot.{side}")
    if build.toes:
        parts.add(f"q3{side}", foot, ball, ball + np.array([0.0, -0.005, 0.07]), f"toe.{side}")


def _arm(parts: Parts, build: Build, chest: str, side: str, s: float) -> None:
    down = np.radians(build.arms)
    along = np.array([s * np.cos(down), -np.sin(down), 0.0])
    shoulder = np.array([0.17 * s, 1.43, -0.02])
    elbow = shoulder + 0.28 * along + (0.0, 0.0, -0.01)
    wrist = elbow + 0.26 * along + (0.0, 0.0, 0.02)
    above = chest
    if build.clavicles:
        ends = (0.03 * s, 1.42, 0.0), shoulder
        above = parts.add(f"c{side}", chest, *ends, f"shoulder.{side}")
    upper = parts.add(f"a0{side}", above, shoulder, elbow, f"upper_arm.{side}")
    lower = parts.add(f"a1{side}", upper, elbow, wrist, f"forearm.{side}")
    if build.twists:
        parts.add(f"at{side}", lower, 0.5 * (elbow + wrist), wrist)
    hand = parts.add(f"a2{side}", lower, wrist, wrist + 0.09 * along, f"hand.{side}")
    for finger in range(5 if build.fingers else 0):
        spread = np.array([0.0, 0.0, 0.02 * (2 - finger)])
        last, at = hand, wrist + 0.09 * along + spread
        for joint in range(3):
            last = parts.add(f"f{finger}{joint}{side}", last, at, at + 0.03 * along)
            at = at + 0.03 * along


def human(build: Build | None = None) -> tuple[RigBones, RigMap]:
    """Return a rig with meaningless bone names and its true bone map."""
    build = build or Build()
    parts = Parts()
    hips, chest = _trunk(parts, build)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        _leg(parts, build, hips, side, sign)
        _arm(parts, build, chest, side, sign)
    return parts.rig(build), RigMap("custom", parts.roles)


def skeleton(arms: float = 0.0, knees: float = 3.0) -> tuple[Skeleton, float]:
    """Return a motion skeleton with mocap names, and the height of its root over the ground."""
    rig, rig_map = human(Build(fingers=False, root=False, arms=arms, knees=knees))
    names = {}
    mocap = {
        "shoulder": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand",
        "thigh": "UpLeg", "shin": "Leg", "foot": "Foot", "toe": "Toe",
    }  # fmt: skip
    for role, bones in rig_map.roles.items():
        part, _, side = role.partition(".")
        for i, bone in enumerate(bones):
            word = {"L": "Left", "R": "Right"}.get(side, "")
            names[bone] = word + mocap.get(part, f"{part.title()}{i or ''}")
    heads = rig.rest_heads
    offsets = heads - np.where(rig.parents[:, None] >= 0, heads[rig.parents], heads)
    tips = tuple(
        (i, tuple(float(v) for v in rig.rest_tails[i] - heads[i]))
        for i in range(len(rig))
        if not rig.children[i]
    )
    made = Skeleton(tuple(names[n] for n in rig.names), rig.parents, offsets, tips)  # type: ignore[arg-type]
    return made, float(heads[0, 1])


def standing_clip(frames: int = 90, arms: float = 0.0, seed: int = 1) -> Clip:
    """Return a clip whose feet stand still while hips, spine and arms sway; 60 fps."""
    body_skeleton, height = skeleton(arms)
    rig = RigBones.from_skeleton(body_skeleton, -height)
    body = measure(rig, detect(rig))
    rng = np.random.default_rng(seed)
    time = np.linspace(0.0, 2.0 * np.pi, frames)[:, None]

    def sway(size: float, width: int) -> np.ndarray:
        waves = [np.sin((k + 1) * time + rng.uniform(0, 6, width)) / (k + 1) for k in range(3)]
        return size * sum(waves)

    world = np.tile(quat.IDENTITY.astype(np.float64), (frames, len(body_skeleton), 1))
    local = np.tile(quat.IDENTITY.astype(np.float64), (frames, len(body_skeleton), 1))
    for joint, name in enumerate(body_skeleton.names):
        leg = name.endswith(("UpLeg", "Leg", "Foot", "Toe"))
        size = 0.0 if leg else 0.35 if "Arm" in name or "Hand" in name else 0.08
        local[:, joint] = quat.from_rotvec(sway(size, 3))
    root = np.array([0.0, height - 0.05, 0.0]) + sway(0.02, 3)
    world, positions = body_skeleton.fk(local, root)
    for leg in body.legs:
        hip = positions[:, leg.top]
        pole = quat.apply(world[:, 0], np.array([0.0, 0.0, 1.0]))
        ankle = np.broadcast_to(leg.points[2], hip.shape)
        rest = np.stack([leg.points[0], leg.points[1], leg.points[2]])
        reached = two_bone_from_rest(rest, leg.pole, hip, ankle, pole, 0.999 * leg.reach)
        world[:, leg.top], world[:, leg.middle] = reached[2:]
        world[:, [leg.end, leg.toe]] = quat.IDENTITY
    rotations = quat.unroll(body_skeleton.local(world)).astype(np.float32)
    contacts = np.ones((frames, 4), np.float32)
    return Clip(body_skeleton, rotations, root.astype(np.float32), 60.0, contacts)
