# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks: where the canonical quadruped's joints lie on an animal's own rig.

A landmark is a point fixed to one bone of the rig. Stifle, hock and elbow are the joints at which
a limb bends their way in the rest pose; wrist and pastern are placed by their share of the limb's
length; spine, neck and tail are resampled by length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...body import quadruped
from ...clip.skeleton import EndSite, Skeleton
from ...maths import quat
from ...maths.quat import Array

PAW_SHARE = 0.036
"""Height of a standing paw's joint, as a share of the hip height."""
SPINE_SHARES = (0.0, 0.2, 0.37, 0.58, 0.8)
"""Positions of the torso's joints between hips and shoulders, measured on the Labrador."""
NECK_SHARES = (0.0, 0.3, 0.63, 1.0)
TAIL_SHARES = (0.0, 0.15, 0.36, 0.6, 0.8)
WRIST_SHARE = 0.6
"""Usual position of the wrist between elbow and paw, and of the pastern between hock and paw."""
STRAIGHT = np.radians(5.0)
"""Bend in the rest pose below which a joint may not be one."""
SHORT = 0.08
"""Length, as a share of the hip height, up to which a limb's first bone only carries the limb."""
BACKWARD = np.radians(30.0)
"""Backward bend above which a hind limb's second joint is the hip and its first bone the pelvis."""
NOSE = (0.0, -0.12, 0.36)
TAIL = (0.0, -0.3, -0.12)
"""Head to nose and tail root to tail tip, as shares of the hip height, for rigs without bones."""
_STUB = 0.06


@dataclass(frozen=True, eq=False)
class BodyParts:
    """Names of the joints of an animal's legs, spine, neck and tail."""

    legs: Mapping[str, Sequence[str]]
    """Joints of each leg from the top to the paw, by ``quadruped.LEGS``."""
    spine: Sequence[str]
    """The trunk, from the hips to the bone that carries the forelegs."""
    neck: Sequence[str]
    """Neck and head; the head is last."""
    tail: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Landmark:
    """A point fixed to a bone of a rig."""

    joint: int
    offset: Array
    """(3,) meters from the joint, in the rest pose."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Landmarks of all canonical joints and of the tips of chains."""

    joints: tuple[Landmark, ...]
    tips: dict[str, Landmark]
    hip_height: float

    def places(self, rotations: Array, positions: Array) -> Array:
        """Return (T, J, 3) positions of the canonical joints for a rig's world transforms."""
        return _places(self.joints, rotations, positions)

    def tip_places(self, rotations: Array, positions: Array) -> Array:
        """Return (T, K, 3) positions of the tips of chains, in the order of ``tips``."""
        return _places(tuple(self.tips.values()), rotations, positions)

    def rotations(self, rotations: Array) -> Array:
        """Return (T, J, 4) world rotations of the bones that carry the joints."""
        return np.asarray(rotations[:, [landmark.joint for landmark in self.joints]])

    def skeleton(self, rest: Array) -> Skeleton:
        """Return the symmetric canonical skeleton of rest positions (J_rig, 3), meters."""
        turn = np.tile(quat.IDENTITY, (1, len(rest), 1))
        places = self.places(turn, rest[None])[0]
        tips = _places(tuple(self.tips.values()), turn, rest[None])[0]
        parents = quadruped.parents()
        offsets = places - np.where(parents[:, None] < 0, 0.0, places[parents])
        offsets[0] = 0.0
        sites: list[EndSite] = []
        for name, tip in zip(self.tips, tips, strict=True):
            joint = quadruped.JOINTS.index(name)
            x, y, z = (float(v) for v in tip - places[joint])
            sites.append((joint, (x, y, z)))
        return level(Skeleton(quadruped.JOINTS, parents, offsets, tuple(sites)).symmetric())


def _places(landmarks: tuple[Landmark, ...], rotations: Array, positions: Array) -> Array:
    joints = [landmark.joint for landmark in landmarks]
    offsets = np.stack([landmark.offset for landmark in landmarks]).astype(rotations.dtype)
    return np.asarray(positions[:, joints] + quat.apply(rotations[:, joints], offsets[None]))


def hip_height(skeleton: Skeleton) -> float:
    """Return the height of the hip joint above the ground in the rest pose, meters."""
    rest = skeleton.rest_positions()
    drop = rest[skeleton.index("LeftFemur"), 1] - rest[skeleton.index("LeftHindPaw"), 1]
    return float(drop) / (1.0 - PAW_SHARE)


def level(even: Skeleton) -> Skeleton:
    """Return the skeleton with its middle joints at x = 0 and its paws at one height."""
    offsets = even.offsets.copy()
    middle = [even.index(name) for name in (*quadruped.TORSO, *quadruped.NECK, *quadruped.TAIL)]
    offsets[middle, 0] = 0.0
    paws = [even.index(name) for name in quadruped.PAWS]
    heights = even.rest_positions()[paws, 1]
    offsets[paws, 1] += heights.mean() - heights
    return Skeleton(even.names, even.parents, offsets, even.end_sites)


class _Rig:
    """A rig's rest pose on the ground, with its body parts as joint indices."""

    def __init__(self, skeleton: Skeleton, parts: BodyParts) -> None:
        self.skeleton, self.parts = skeleton, parts
        self.rest = skeleton.rest_positions().astype(np.float64)
        self.ends = {j: np.array(v, dtype=np.float64) for j, v in skeleton.end_sites}
        self.legs = {leg: [skeleton.index(n) for n in parts.legs[leg]] for leg in quadruped.LEGS}
        self.ground = min(float(self.line(leg)[:, 1].min()) for leg in quadruped.LEGS)
        self.rest[:, 1] -= self.ground
        self.hip = float(np.mean([self.rest[self.legs[leg][0], 1] for leg in ("LH", "RH")]))
        self.first = {leg: self._first(leg) for leg in quadruped.LEGS}

    def _first(self, leg: str) -> int:
        """Return the index in a leg's chain of the hip or shoulder, which bends first."""
        line = self.line(leg)
        lengths = np.linalg.norm(np.diff(line, axis=0), axis=-1)
        spare = len(self.legs[leg]) - 4
        first = int(spare > 0 and bool(lengths[0] < SHORT * self.hip))
        if leg[1] == "H" and spare > first and _bends(line)[first + 1] < -BACKWARD:
            first += 1
        return first

    def line(self, leg: str) -> Array:
        """Return (n + 1, 3) positions of a leg's joints and its tip in the rest pose."""
        chain = self.legs[leg]
        tip = self.rest[chain[-1]] + self.ends.get(chain[-1], np.zeros(3))
        return np.concatenate([self.rest[chain], tip[None]])

    def at(self, joint: int, place: Array) -> Landmark:
        """Return the landmark on a joint at a position (3,) of the rest pose."""
        return Landmark(joint, np.asarray(place - self.rest[joint]))

    def carrier(self, joint: int) -> int:
        """Return the spine joint that carries a joint; the nearest one if none does."""
        spine = [self.skeleton.index(name) for name in self.parts.spine]
        above = joint
        while above not in spine and self.skeleton.parents[above] >= 0:
            above = int(self.skeleton.parents[above])
        if above in spine:
            return above
        return min(spine, key=lambda bone: float(abs(self.rest[bone, 2] - self.rest[joint, 2])))


def find(skeleton: Skeleton, parts: BodyParts) -> Landmarks:
    """Return the landmarks of a skeleton (rest facing +Z, Y up) with known body parts."""
    rig = _Rig(skeleton, parts)
    places: dict[str, Landmark] = {}
    tips: dict[str, Landmark] = {}
    _torso(rig, places)
    _neck(rig, places, tips)
    _tail(rig, places, tips)
    for name in quadruped.LEGS:
        found = _hindleg(rig, name) if name[1] == "H" else _foreleg(rig, name, places["Withers"])
        places.update(zip(quadruped.LEG_CHAINS[name], found, strict=True))
        chain = rig.legs[name]
        tips[quadruped.LEG_CHAINS[name][-1]] = rig.at(chain[-1], rig.line(name)[-1])
    joints = tuple(places[name] for name in quadruped.JOINTS)
    return Landmarks(joints, tips, rig.hip)


def _along(rig: _Rig, line: Array, bones: list[int], share: float) -> Landmark:
    """Return the landmark at a share of the length of a line (n, 3) whose parts ``bones`` own."""
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=-1)
    far = np.concatenate([[0.0], np.cumsum(lengths)])
    part = int(np.clip(np.searchsorted(far, share * far[-1], side="right") - 1, 0, len(bones) - 1))
    within = (share * far[-1] - far[part]) / max(float(lengths[part]), 1e-9)
    return rig.at(bones[part], line[part] + within * (line[part + 1] - line[part]))


def _torso(rig: _Rig, places: dict[str, Landmark]) -> None:
    spine = [rig.skeleton.index(name) for name in rig.parts.spine]
    tops = {leg: rig.legs[leg][rig.first[leg]] for leg in quadruped.LEGS}
    hips = 0.5 * (rig.rest[tops["LH"]] + rig.rest[tops["RH"]])
    shoulders = 0.5 * (rig.rest[tops["LF"]] + rig.rest[tops["RF"]])
    back, front = rig.carrier(tops["LH"]), rig.carrier(tops["LF"])
    inner = [j for j in spine if hips[2] + _STUB * rig.hip < rig.rest[j, 2] < shoulders[2]]
    inner.sort(key=lambda joint: float(rig.rest[joint, 2]))
    line = np.stack([hips, *(rig.rest[joint] for joint in inner), shoulders])
    line[:, 0] = 0.0
    bones = [back]
    for joint in inner:
        bones.append(joint if joint != back else bones[-1])
    bones[-1] = front
    for name, share in zip(quadruped.TORSO, SPINE_SHARES, strict=True):
        places[name] = _along(rig, line, bones, share)
    places["Withers"] = rig.at(front, places["Withers"].offset + rig.rest[places["Withers"].joint])


def _neck(rig: _Rig, places: dict[str, Landmark], tips: dict[str, Landmark]) -> None:
    bones = [rig.skeleton.index(name) for name in rig.parts.neck]
    head = bones[-1]
    tips["Head"] = rig.at(head, rig.rest[head] + np.array(NOSE) * rig.hip)
    if len(bones) == 1:
        start = places["Withers"]
        root = rig.rest[start.joint] + start.offset
        line = np.stack([0.5 * (root + rig.rest[head]), rig.rest[head]])
        bones = [start.joint]
    else:
        line, bones = rig.rest[bones], bones[:-1]
    for name, share in zip(quadruped.NECK, NECK_SHARES, strict=True):
        places[name] = _along(rig, line, bones, share)
    places["Head"] = rig.at(head, rig.rest[head])


def _tail(rig: _Rig, places: dict[str, Landmark], tips: dict[str, Landmark]) -> None:
    bones = [rig.skeleton.index(name) for name in rig.parts.tail]
    if bones:
        end = rig.rest[bones[-1]] + rig.ends.get(bones[-1], np.array([0.0, -_STUB, 0.0]) * rig.hip)
        line = np.concatenate([rig.rest[bones], end[None]])
    else:
        root = rig.rest[places["Pelvis"].joint] + places["Pelvis"].offset
        line = np.stack([root, root]) + np.array([[0.0, 0.0, -_STUB], TAIL]) * rig.hip
        bones = [places["Pelvis"].joint]
    for name, share in zip(quadruped.TAIL, TAIL_SHARES, strict=True):
        places[name] = _along(rig, line, bones, share)
    tips[quadruped.TAIL[-1]] = rig.at(bones[-1], line[-1])


def _bends(line: Array) -> Array:
    """Return (n,) radians by which each joint of a line bends forward; 0 at the ends."""
    parts = np.diff(line, axis=0)
    angle = np.arctan2(parts[:, 2], -parts[:, 1])
    turn = (angle[:-1] - angle[1:] + np.pi) % (2.0 * np.pi) - np.pi
    return np.concatenate([[0.0], turn, [0.0]])


def _most(values: Array, allowed: Array) -> int | None:
    """Return the index of the largest allowed bend; None if it is below STRAIGHT."""
    best = int(np.argmax(np.where(allowed, values, -np.inf)))
    return best if allowed[best] and values[best] > STRAIGHT else None


def _paw(rig: _Rig, leg: str) -> tuple[Landmark, float]:
    """Return the landmark of a leg's paw and its position along the leg, in joints."""
    line, chain = rig.line(leg), rig.legs[leg]
    level = PAW_SHARE * rig.hip
    low = np.flatnonzero(line[:, 1] < level)
    after = int(low[0]) if len(low) else len(line) - 1
    above, below = line[after - 1], line[after]
    within = float(np.clip((above[1] - level) / max(above[1] - below[1], 1e-9), 0.0, 1.0))
    place = above + within * (below - above)
    gaps = np.linalg.norm(line[:-1] - place, axis=-1)
    near = int(np.argmin(gaps))
    if near >= 2 and gaps[near] < 2.0 * level:
        place = np.array([line[near, 0], level, line[near, 2]])
        return rig.at(chain[near], place), float(near)
    return rig.at(chain[min(after - 1, len(chain) - 1)], place), after - 1 + within


def _between(rig: _Rig, leg: str, top: float, paw: float, share: float) -> tuple[Landmark, float]:
    """Return the landmark nearest to a share of the way between two positions along a leg.

    Positions count joints. If no joint is near, the landmark splits a bone.
    """
    line, chain = rig.line(leg), rig.legs[leg]
    far = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=-1))])
    count = np.arange(len(far))
    start, end = np.interp([top, paw], count, far)
    shares = (far - start) / max(float(end - start), 1e-9)
    off = np.where((count > top) & (count < paw), np.abs(shares - share), np.inf)
    best = int(np.argmin(off))
    if off[best] < 0.35 and best < len(chain):
        return rig.at(chain[best], line[best]), float(best)
    at = float(np.interp(start + share * (end - start), far, count))
    part = min(int(at), len(chain) - 1)
    place = line[part] + (at - part) * (line[part + 1] - line[part])
    return rig.at(chain[part], place), at


def _hindleg(rig: _Rig, leg: str) -> list[Landmark]:
    line, chain = rig.line(leg), rig.legs[leg]
    heights, bends, count = line[:, 1] / rig.hip, _bends(line), np.arange(len(line))
    paw, end = _paw(rig, leg)
    first = rig.first[leg]
    inside = (count > first) & (count < end)
    stifle = _most(bends, inside & (heights > 0.35) & (heights < 0.95))
    low = inside & (heights > 0.1) & (heights < 0.6)
    hock = _most(-bends, low & (count > (stifle or first)))
    if hock is None:
        middle, place = _between(rig, leg, float(stifle or first), end, 0.5)
    else:
        middle, place = rig.at(chain[hock], line[hock]), float(hock)
    if stifle is None:
        knee, _ = _between(rig, leg, float(first), place, 0.5)
    else:
        knee = rig.at(chain[stifle], line[stifle])
    pastern, _ = _between(rig, leg, place, end, WRIST_SHARE)
    return [rig.at(chain[first], line[first]), knee, middle, pastern, paw]


def _foreleg(rig: _Rig, leg: str, withers: Landmark) -> list[Landmark]:
    line, chain = rig.line(leg), rig.legs[leg]
    heights, bends, count = line[:, 1] / rig.hip, _bends(line), np.arange(len(line))
    paw, end = _paw(rig, leg)
    first = rig.first[leg]
    inside = (count > first) & (count < end)
    elbow = _most(-bends, inside & (heights > 0.35) & (heights < 0.85))
    if elbow is None:
        middle, place = _between(rig, leg, float(first), end, 0.4)
    else:
        middle, place = rig.at(chain[elbow], line[elbow]), float(elbow)
    wrist, _ = _between(rig, leg, place, end, WRIST_SHARE)
    shoulder = max(int(np.ceil(place)) - 1, 0)
    humerus = rig.at(chain[shoulder], line[shoulder])
    if shoulder > 0:
        scapula = rig.at(chain[0], line[0])
    else:
        root = rig.rest[withers.joint] + withers.offset
        inner = np.array([0.35 * line[0, 0], line[0, 1], line[0, 2]])
        scapula = rig.at(rig.carrier(chain[0]), 0.15 * root + 0.85 * inner)
    return [scapula, humerus, middle, wrist, paw]
