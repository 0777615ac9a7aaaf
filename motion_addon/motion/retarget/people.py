# SPDX-License-Identifier: GPL-3.0-or-later
"""From motion on one skeleton to poses of another body.

Owns how a pose carries over: rest poses are subtracted by body part, spines of any length share
the bend, feet keep their places and angles in the world, and each leg reaches its foot with its
own proportions. ``channels`` turns the result into keys for a rig; ``to_skeleton`` into a clip.
"""

from typing import Literal

import numpy as np

from ...errors import RefusedError
from ..body.body import ARM_PARTS, Body, Leg
from ..body.quadruped import is_quadruped
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import smoothstep
from ..metrics.paw_metrics import paw_height
from ..rigs import RigBones, RigMap, detect
from ..rigs.measure import measure
from . import animals, soles
from .body_pose import BodyPose, RetargetSettings
from .body_track import ground_under, is_loop, lowering, track
from .sole_heights import planted_ankle_height, planted_ball_height, usual_ball_height

__all__ = [
    "BodyPose",
    "RetargetSettings",
    "height_ratio",
    "part_way",
    "pose",
    "source_body",
    "to_skeleton",
]

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])
_COUNTS = {2: "two", 4: "four"}
"""Numbers of legs in words."""
_PALM_SHARES = {"upper_arm": 0.0, "forearm": 0.35, "hand": 1.0}


def source_body(clip: Clip, rig_map: RigMap | None = None, ball: float | None = None) -> Body:
    """Return the body of a clip's skeleton; ``ball`` is its planted ball height (m) if known."""
    rig = RigBones.from_skeleton(clip.skeleton)
    rig_map = rig_map or detect(rig)
    body = measure(rig, rig_map)
    if body.kind.level:
        return measure(rig, rig_map, ball or animals.planted_paw_height(clip, body))
    return measure(rig, rig_map, ball or planted_ball_height(clip, body))


def height_ratio(rig: RigBones, rig_map: RigMap, skeleton: Skeleton) -> float:
    """Return how long the rig's legs are against the skeleton's: what a bake should scale by.

    Animals are compared by the height of their hip joints. Raises RefusedError when the map does
    not fit the rig.
    """
    own = RigBones.from_skeleton(skeleton)
    own_map = detect(own)
    ball = paw_height(skeleton) if is_quadruped(skeleton) else None
    return measure(rig, rig_map).leg_length / measure(own, own_map, ball).leg_length


def part_way(values: list[Array], fraction: float) -> Array:
    """Return the rotation at ``fraction`` of a chain of world rotations (T, 4)."""
    at = fraction * (len(values) - 1)
    low = min(int(at), len(values) - 1)
    if at - low < 1e-9:
        return values[low]
    return quat.slerp(values[low], values[low + 1], at - low)


class _Transfer:
    """One retargeting: the source's world rotations as turns away from its rest pose."""

    def __init__(self, clip: Clip, source: Body, target: Body, settings: RetargetSettings):
        self.source, self.target, self.settings = source, target, settings
        rotations, positions = clip.world()
        self.turns = quat.mul_inv(rotations.astype(np.float64), source.rotations.astype(np.float64))
        self.positions = positions.astype(np.float64)
        self.size = target.leg_length / source.leg_length
        self.ankle = planted_ankle_height(clip, source, self.positions)
        self.out: dict[int, Array] = {}

    def turn(self, role: str) -> Array | None:
        """Return (T, 4) how far the source's role has turned from rest, or None."""
        bone = self.source.bone(role)
        return None if bone < 0 else self.turns[:, bone]

    def chain(self, role: str) -> list[Array]:
        return [self.turns[:, bone] for bone in self.source.roles.get(role, ())]

    def place(self, positions: Array) -> Array:
        """Return source world positions (T, 3) in the target's world."""
        return positions * self.size if self.settings.keep == "size" else positions

    def set(self, role: str, turn: Array | None) -> None:
        bone = self.target.bone(role)
        if bone >= 0 and turn is not None:
            self.out[bone] = quat.mul(turn, self.target.rotations[bone])

    def torso(self) -> None:
        hips = self.turns[:, self.source.bone("hips")]
        self.set("hips", hips)
        spine = [hips, *self.chain("spine")]
        self._spread("spine", spine, include_end=True)
        head = self.turn("head")
        neck = self.chain("neck")
        top = head if head is not None else (neck[-1] if neck else spine[-1])
        self._spread("neck", [spine[-1], *neck, top], include_end=False)
        self.set("head", top)
        for side in "LR":
            self.set(f"shoulder.{side}", self.turn(f"shoulder.{side}"))

    def _spread(self, role: str, values: list[Array], include_end: bool) -> None:
        bones = self.target.roles.get(role, ())
        steps = len(bones) if include_end else len(bones) + 1
        for i, bone in enumerate(bones):
            turn = part_way(values, (i + 1) / steps)
            self.out[bone] = quat.mul(turn, self.target.rotations[bone])

    def arms(self) -> None:
        for side in "LR":
            for part in ARM_PARTS[1:]:
                role = f"{part}.{side}"
                turn = self.turn(role)
                if turn is None or role not in self.target.arm_frames:
                    continue
                ours, theirs = self.target.arm_frames[role], self.source.arm_frames[role]
                roll = self.settings.palms * _PALM_SHARES[part]
                theirs = quat.mul(theirs, quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), roll))
                self.set(role, quat.mul(turn, quat.mul_inv(theirs, ours)))

    def foot(self, side: int, floor: float | None) -> tuple[Array, Array, Array]:
        """Return the target's ball joint (T, 3) and the turns of its foot and toe (T, 4).

        ``floor`` is the height of level ground, None where the ground is uneven.

        The ball of the foot keeps its place over the ground, so that whatever stands in the
        clip stands on the rig. Only feet of very different length stand partly ahead of it, so
        that their ankles do not fall far behind.
        """
        ours, theirs = self.target.legs[side], self.source.legs[side]
        frame = quat.mul(self.turns[:, theirs.end], theirs.foot_yaw)
        turn = quat.mul_inv(frame, ours.foot_yaw)
        ball = self.ball(theirs)
        forward = quat.apply(frame, np.array([0.0, 0.0, 1.0]))
        level = forward * np.where(forward[:, 1:2] < 0.0, _FLAT, 1.0)
        sole = quat.from_two_axes(np.concatenate([level, np.broadcast_to(_UP, ball.shape)], -1))
        up = quat.apply(sole, _UP)
        ball = self.place(ball - up * theirs.ball[1]) + up * ours.ball[1]
        size = self.size if self.settings.keep == "size" else 1.0
        ahead = _ahead(_foot_length(ours), size * _foot_length(theirs))
        ball = ball + quat.apply(sole, np.array([0.0, 0.0, ahead]))
        toe = turn
        if theirs.toe >= 0:
            toe = quat.mul(self.turns[:, theirs.toe], quat.mul_inv(theirs.foot_yaw, ours.foot_yaw))
        if floor is not None:
            ball = soles.lift(ours, ball, floor)
            turn = soles.lower_heel(ours, ball, turn, floor)
            toe = soles.bend_toes(ours, ball, toe, floor)
        return ball, turn, toe

    def ball(self, leg: Leg) -> Array:
        """Return (T, 3) world positions of the source's ball joint."""
        if leg.toe >= 0:
            return self.positions[:, leg.toe]
        reach = quat.apply(self.turns[:, leg.end], leg.ball - leg.points[2])
        return np.asarray(self.positions[:, leg.end] + reach)

    def ground(self, clip: Clip, loop: bool) -> Array:
        """Return (T,) the height of the ground under the feet, all the same where it is level."""
        planted = None if clip.contacts is None else clip.contacts[:, [1, 3]] > 0.5
        balls = [self.place(self.ball(leg)) for leg in self.source.legs]
        height = self.place(np.array(self.source.ball_height))
        return ground_under(balls, float(height), clip.fps, loop, planted)

    def pole(self, side: int) -> Array:
        """Return (T, 3) unit, the way the source's knee points."""
        leg = self.source.legs[side]
        hip, knee, ankle = (self.positions[:, b] for b in (leg.top, leg.middle, leg.end))
        line = quat.unit(ankle - hip)
        assert leg.pole is not None
        carried = quat.apply(self.turns[:, leg.top], leg.pole)
        carried = quat.unit(carried - line * np.sum(carried * line, -1, keepdims=True))
        bend = knee - hip
        bend = bend - line * np.sum(bend * line, -1, keepdims=True)
        size = np.linalg.norm(bend, axis=-1, keepdims=True)
        # A nearly straight knee has no direction of its own: trust the thigh's twist there.
        weight = smoothstep((size / leg.reach - 0.03) / 0.07)
        weight = weight * (np.sum(bend * carried, -1, keepdims=True) > 0.0)
        return quat.unit(weight * quat.unit(bend) + (1.0 - weight) * carried)

    def heading_turns(self) -> list[Array]:
        """Return the turns (T, 4) that together say which way the body goes."""
        shoulders = [self.turn("shoulder.L"), self.turn("shoulder.R")]
        hips = self.turns[:, self.source.bone("hips")]
        return [hips, *self.chain("spine")[-1:], *(t for t in shoulders if t is not None)]

    def hip_center(self, ground: Array) -> Array:
        """Return (T, 3) the middle of the target's hip joints before any lowering.

        Its height over planted ankles scales with the legs, so that knees keep their angles.
        """
        thighs = [self.positions[:, leg.top] for leg in self.source.legs]
        middle = 0.5 * (thighs[0] + thighs[1])
        center = self.place(middle)
        planted = _ankle_height(self.target)
        if not self.settings.soles:
            # Feet that stand pitched in the clip stand as pitched here.
            planted += (self.ankle - _ankle_height(self.source)) * self.size
        over = middle[:, 1] - self.source_ground(ground) - self.ankle
        center[:, 1] = ground + planted + over * self.size
        return center

    def source_ground(self, ground: Array) -> Array:
        return ground / self.size if self.settings.keep == "size" else ground


def _foot_length(leg: Leg) -> float:
    return float(np.linalg.norm((leg.ball - leg.points[2]) * _FLAT))


def _ahead(ours: float, theirs: float) -> float:
    """Return how far (m) ahead of the source's ball the target's stands, by lengths of feet."""
    longer = ours - theirs
    share = min(max(abs(longer) / max(theirs, 1e-6) - 0.4, 0.0), 0.7)
    return share * longer


def _ankle_height(body: Body) -> float:
    return float(np.mean([leg.points[2][1] for leg in body.legs]))


def pose(
    clip: Clip, source: Body, target: Body, settings: RetargetSettings | None = None
) -> BodyPose:
    """Return the target's poses for every frame of ``clip``.

    ``source`` is the body of the clip's skeleton (``source_body``), ``target`` of the user's
    rig (``anatomy.measure``). Feet keep their world places to the last digit wherever the legs
    can reach; the pelvis comes down smoothly where they could not. Animals go to animals and
    humans to humans: RefusedError otherwise.
    """
    settings = settings or RetargetSettings()
    if source.kind is not target.kind:
        raise RefusedError(
            f"This motion is for a body on {_COUNTS[len(source.legs)]} legs; "
            f"the rig stands on {_COUNTS[len(target.legs)]}"
        )
    if source.kind.level:
        return animals.pose(clip, source, target, settings)
    return _human_pose(clip, source, target, settings)


def _human_pose(clip: Clip, source: Body, target: Body, settings: RetargetSettings) -> BodyPose:
    loop = is_loop(clip) if settings.cyclic is None else settings.cyclic
    work = _Transfer(clip, source, target, settings)
    work.torso()
    work.arms()
    hips = work.turns[:, source.bone("hips")]
    ground = work.ground(clip, loop)
    center = work.hip_center(ground)
    joints = [center + quat.apply(hips, leg.points[0] - target.hip_center) for leg in target.legs]
    level = settings.soles and np.ptp(ground) == 0.0
    limits = [settings.max_reach * leg.reach for leg in target.legs]
    feet, ankles = [], []
    for side, leg in enumerate(target.legs):
        ball, foot, toe = work.foot(side, float(ground[0]) if level else None)
        if settings.soles:
            foot = soles.raise_heel(leg, joints[side], ball, foot, limits[side], settings.soft_knee)
        feet.append((foot, toe))
        ankles.append(ball - quat.apply(foot, leg.ball - leg.points[2]))
    down = lowering(joints, ankles, limits, clip.fps, loop, settings.soft_knee)
    drop = down[:, None] * _UP
    hips_bone = target.bone("hips")
    places = {
        hips_bone: center - drop + quat.apply(hips, target.heads[hips_bone] - target.hip_center)
    }
    poles = work.pole(0), work.pole(1)
    for side, leg in enumerate(target.legs):
        foot, toe = feet[side]
        hip = joints[side] - drop
        assert leg.pole is not None
        knee, ankle, thigh, shin = leg_ik.two_bone_from_rest(
            leg.points, leg.pole, hip, ankles[side], poles[side], limits[side]
        )
        for bone, turn, place in ((leg.top, thigh, hip), (leg.middle, shin, knee)):
            work.out[bone] = quat.mul(turn, target.rotations[bone])
            places[bone] = place
        work.out[leg.end] = quat.mul(foot, target.rotations[leg.end])
        places[leg.end] = ankle
        if leg.toe >= 0:
            work.out[leg.toe] = quat.mul(toe, target.rotations[leg.toe])
    _fill_positions(target, work.out, places)
    root, yaws = track(center, work.heading_turns(), clip.fps, loop)
    root[:, 1] = ground
    return BodyPose(target, work.out, places, poles, root, yaws, down, clip.fps)


def _fill_positions(body: Body, rotations: dict[int, Array], places: dict[int, Array]) -> None:
    for bone, parent in body.parents.items():
        if bone in places or bone not in rotations:
            continue
        while parent not in rotations:
            parent = body.parents[parent]
        offset = quat.inv_apply(body.rotations[parent], body.heads[bone] - body.heads[parent])
        places[bone] = places[parent] + quat.apply(rotations[parent], offset)


def to_skeleton(
    clip: Clip,
    target: Skeleton,
    *,
    source_ball_height: float | None = None,
    target_ball_height: float | None = None,
    keep: Literal["path", "size"] = "size",
) -> Clip:
    """Return ``clip`` on another motion skeleton, feet flat and planted on ground at zero.

    Joint rotations follow the body parts of the source (rest poses may differ, T or A), feet
    keep their world angles, positions scale with leg length. Ball heights (m) are those of the
    planted ball joints; None measures the source's in the clip and takes the target's from body
    proportions. Contacts are passed on.

    Raises RefusedError when the source's joints cannot be told apart.
    """
    source = source_body(clip, ball=source_ball_height)
    rig = RigBones.from_skeleton(target)
    rig_map = detect(rig)
    if target_ball_height is None:
        target_ball_height = usual_ball_height(target, measure(rig, rig_map))
    body = measure(rig, rig_map, target_ball_height)
    posed = pose(
        clip,
        source,
        body,
        RetargetSettings(keep, soles=False, soft_knee=0.001, max_reach=0.9998),
    )
    world = np.tile(quat.IDENTITY.astype(np.float64), (clip.frames, len(target), 1))
    for joint, parent in enumerate(target.parents):
        if joint in posed.rotations:
            # World rotations of joints whose rest is the identity in their own frame.
            world[:, joint] = posed.rotations[joint]
        elif parent >= 0:
            world[:, joint] = world[:, parent]
    local = quat.unroll(quat.normalize(target.local(world))).astype(np.float32)
    root = posed.positions[body.bone("hips")].astype(np.float32)
    return Clip(target, local, root, clip.fps, clip.contacts)
