# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of a person by another person's motion.

Spines of any length share the bend, arms are matched from a common reference pose, feet keep their
places and angles in the world, and knees keep their direction.
"""

import numpy as np

from ..body.body import ARM_PARTS, Body, Leg
from ..clip.clip import Clip
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import smoothstep
from . import soles
from .body_track import lowering
from .chains import part_way
from .settings import RetargetSettings
from .sole_heights import planted_ankle_height
from .transfer import Support, Transfer

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])
_AHEAD = np.array([0.0, 0.0, 1.0])
_PALM_SHARES = {"upper_arm": 0.0, "forearm": 0.35, "hand": 1.0}


class PersonTransfer(Transfer):
    """A retarget from person to person."""

    def __init__(self, clip: Clip, source: Body, target: Body, settings: RetargetSettings):
        """Measure the height of the clip's planted ankles."""
        super().__init__(clip, source, target, settings)
        self.ankle = planted_ankle_height(clip, source, self.positions)

    def turn_body(self) -> None:
        """Turn trunk, neck, head, shoulders and arms."""
        hips = self._source_turns("hips")[0]
        self._turn_role("hips", hips)
        spine = [hips, *self._source_turns("spine")]
        self._spread("spine", spine, include_end=True)
        neck, head = self._source_turns("neck"), self._source_turns("head")
        top = (head or neck[-1:] or spine[-1:])[0]
        self._spread("neck", [spine[-1], *neck, top], include_end=False)
        self._turn_role("head", top)
        for side in "LR":
            for shoulder in self._source_turns(f"shoulder.{side}")[:1]:
                self._turn_role(f"shoulder.{side}", shoulder)
            self._turn_arm(side)

    def _source_turns(self, role: str) -> list[Array]:
        """Return the turns (T, 4) of the source's bones of a role."""
        return [self.turns[:, bone] for bone in self.source.roles.get(role, ())]

    def _turn_role(self, role: str, turn: Array) -> None:
        """Turn the target's first bone of a role, if it has one."""
        bone = self.target.bone(role)
        if bone >= 0:
            self.turn(bone, turn)

    def _spread(self, role: str, values: list[Array], include_end: bool) -> None:
        """Spread turns (T, 4) along the target's bones of a role."""
        bones = self.target.roles.get(role, ())
        steps = len(bones) if include_end else len(bones) + 1
        for i, bone in enumerate(bones):
            self.turn(bone, part_way(values, (i + 1) / steps))

    def _turn_arm(self, side: str) -> None:
        for part in ARM_PARTS[1:]:
            role = f"{part}.{side}"
            turns = self._source_turns(role)
            if not turns or role not in self.target.arm_frames:
                continue
            ours, theirs = self.target.arm_frames[role], self.source.arm_frames[role]
            roll = self.settings.palms * _PALM_SHARES[part]
            theirs = quat.mul(theirs, quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), roll))
            self._turn_role(role, quat.mul(turns[0], quat.mul_inv(theirs, ours)))

    def hip_center(self, ground: Array) -> Array:
        """Return (T, 3) the middle of the target's hip joints before it is lowered.

        Its height over planted ankles scales with the legs, so that knees keep their angles.
        """
        middle = self.source_tops(self.source.legs)
        center = middle * self.scale
        planted = _ankle_height(self.target)
        if not self.settings.soles:
            # Feet that stand pitched in the clip stand as pitched here.
            planted += (self.ankle - _ankle_height(self.source)) * self.size
        over = middle[:, 1] - ground / self.scale - self.ankle
        center[:, 1] = ground + planted + over * self.size
        return center

    def heading_turns(self) -> list[Array]:
        """Return the turns (T, 4) of hips, chest and shoulders."""
        shoulders = [turn for s in "LR" for turn in self._source_turns(f"shoulder.{s}")[:1]]
        return [*self._source_turns("hips")[:1], *self._source_turns("spine")[-1:], *shoulders]

    def reach_feet(self, support: Support) -> Array:
        """Place the hips, lowered for the legs, and pose the legs; return (T,) the lowering."""
        target, settings, center = self.target, self.settings, support.center
        hips = self.turns[:, self.source.bone("hips")]
        joints = [
            center + quat.apply(hips, leg.points[0] - target.hip_center) for leg in target.legs
        ]
        limits = [settings.max_reach * leg.reach for leg in target.legs]
        feet, ankles = [], []
        for side, leg in enumerate(target.legs):
            ball, foot, toe = self._foot(side, support.floor)
            if settings.soles:
                foot = soles.raise_heel(
                    leg, joints[side], ball, foot, limits[side], settings.soft_knee
                )
            feet.append((foot, toe))
            ankles.append(ball - quat.apply(foot, leg.ball - leg.points[2]))
        down = lowering(joints, ankles, limits, self.clip.fps, self.loop, settings.soft_knee)
        drop = down[:, None] * _UP
        bone = target.bone("hips")
        self.places[bone] = center - drop + quat.apply(hips, target.heads[bone] - target.hip_center)
        self.poles = tuple(self._pole(leg) for leg in self.source.legs)
        for side, leg in enumerate(target.legs):
            self._bend(leg, joints[side] - drop, ankles[side], self.poles[side], limits[side])
            for bone, turn in zip(leg.foot, feet[side], strict=False):
                self.turn(bone, turn)
        self._place_others()
        return down

    def _foot(self, side: int, floor: float | None) -> tuple[Array, Array, Array]:
        """Return the target's ball joint (T, 3) and the turns of its foot and toe (T, 4).

        ``floor`` is the height of level ground, None where the ground is uneven. The ball keeps
        its place over the ground, so that feet in stance in the clip are in stance on the rig.
        Only feet of very different length stand partly ahead of it, so that their ankles do not
        fall far behind.
        """
        ours, theirs = self.target.legs[side], self.source.legs[side]
        frame = quat.mul(self.turns[:, theirs.end], theirs.foot_yaw)
        turn = quat.mul_inv(frame, ours.foot_yaw)
        ball = self.ball(theirs)
        forward = quat.apply(frame, _AHEAD)
        level = forward * np.where(forward[:, 1:2] < 0.0, _FLAT, 1.0)
        sole = quat.from_two_axes(np.concatenate([level, np.broadcast_to(_UP, ball.shape)], -1))
        up = quat.apply(sole, _UP)
        ball = (ball - up * theirs.ball[1]) * self.scale + up * ours.ball[1]
        ahead = _ahead(_foot_length(ours), self.scale * _foot_length(theirs))
        ball = ball + quat.apply(sole, np.array([0.0, 0.0, ahead]))
        toe = turn
        if theirs.toe >= 0:
            toe = quat.mul(self.turns[:, theirs.toe], quat.mul_inv(theirs.foot_yaw, ours.foot_yaw))
        if floor is not None:
            ball = soles.lift(ours, ball, floor)
            turn = soles.lower_heel(ours, ball, turn, floor)
            toe = soles.bend_toes(ours, ball, toe, floor)
        return ball, turn, toe

    def _pole(self, leg: Leg) -> Array:
        """Return (T, 3) unit, the direction of the source's knee."""
        assert leg.pole is not None
        hip, knee, ankle = (self.positions[:, b] for b in (leg.top, leg.middle, leg.end))
        line = quat.unit(ankle - hip)
        carried = quat.apply(self.turns[:, leg.top], leg.pole)
        carried = quat.unit(carried - line * np.sum(carried * line, -1, keepdims=True))
        bend = knee - hip
        bend = bend - line * np.sum(bend * line, -1, keepdims=True)
        size = np.linalg.norm(bend, axis=-1, keepdims=True)
        # A nearly straight knee has no direction of its own; the thigh's twist gives it there.
        weight = smoothstep((size / leg.reach - 0.03) / 0.07)
        weight = weight * (np.sum(bend * carried, -1, keepdims=True) > 0.0)
        return quat.unit(weight * quat.unit(bend) + (1.0 - weight) * carried)

    def _bend(self, leg: Leg, hip: Array, ankle: Array, pole: Array, most: float) -> None:
        """Pose thigh and shin of the target so that its ankle is at ``ankle`` (T, 3)."""
        assert leg.pole is not None
        knee, ankle, thigh, shin = leg_ik.two_bone_from_rest(
            leg.points, leg.pole, hip, ankle, pole, most
        )
        self.turn(leg.top, thigh)
        self.turn(leg.middle, shin)
        self.places |= {leg.top: hip, leg.middle: knee, leg.end: ankle}

    def _place_others(self) -> None:
        """Place the bones that have no place yet on the bones that carry them."""
        body = self.target
        for bone, parent in body.parents.items():
            if bone in self.places or bone not in self.rotations:
                continue
            while parent not in self.rotations:
                parent = body.parents[parent]
            offset = quat.inv_apply(body.rotations[parent], body.heads[bone] - body.heads[parent])
            self.places[bone] = self.places[parent] + quat.apply(self.rotations[parent], offset)


def _foot_length(leg: Leg) -> float:
    return float(np.linalg.norm((leg.ball - leg.points[2]) * _FLAT))


def _ahead(ours: float, theirs: float) -> float:
    """Return the distance (m) of the target's ball ahead of the source's, by lengths of feet."""
    longer = ours - theirs
    share = min(max(abs(longer) / max(theirs, 1e-6) - 0.4, 0.0), 0.7)
    return share * longer


def _ankle_height(body: Body) -> float:
    return float(np.mean([leg.points[2][1] for leg in body.legs]))
