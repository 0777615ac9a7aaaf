# SPDX-License-Identifier: GPL-3.0-or-later
"""Detection of a person's body in a skeleton whose names mean nothing.

Works on topology, left-right symmetry and rest positions alone: legs are the mirrored chains
that reach the ground, arms the mirrored chains that leave the spine higher up, the rest between
them is spine, neck and head. Fingers, twist bones, props, skirts and helpers are passed over.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..body.rig_bones import RigBones
from ..maths.quat import Array
from .axes import bone_ends
from .rig_map import RigMap

_LEFT, _UP, _FORWARD = 0, 1, 2


@dataclass(frozen=True, eq=False)
class _Shape:
    """A rig turned so that x is across, y is up, z along; sizes as shares of its height."""

    rig: RigBones
    heads: Array
    tails: Array
    mirror: Array
    """(B,) the bone on the other side; itself on the middle plane; -1 without a partner."""
    pointed: bool
    """Whether bones point along the body, so that a foot's tail shows its direction."""

    def chain(self, bone: int, top: int) -> list[int]:
        """Return the bones from below ``top`` down to ``bone``."""
        out = [bone]
        for above in self.rig.ancestors(bone):
            if above == top:
                break
            out.append(above)
        return out[::-1]

    def paired(self, bone: int) -> bool:
        return self.mirror[bone] not in (-1, bone)

    def stem(self, bone: int) -> int:
        """Return the nearest bone above that lies on the middle plane, or -1."""
        return next((a for a in self.rig.ancestors(bone) if not self.paired(a)), -1)


def _below(rig: RigBones, values: Array) -> Array:
    """Return (B, 3) the mean of ``values`` over each bone and its descendants."""
    total, count = values.copy(), np.ones(len(rig))
    for bone in range(len(rig) - 1, -1, -1):
        parent = int(rig.parents[bone])
        if parent >= 0:
            total[parent] += total[bone]
            count[parent] += count[bone]
    return np.asarray(total / count[:, None])


def _mirror(heads: Array, tails: Array, centers: Array) -> Array:
    """Return each bone's partner across x = 0, by the places of the bone and its descendants."""
    flip = np.array([-1.0, 1.0, 1.0])

    def gap(points: Array) -> Array:
        return np.asarray(np.linalg.norm(points[:, None] * flip - points[None], axis=-1))

    near = gap(heads) + 0.3 * gap(tails) + gap(centers)
    best = near.argmin(axis=1)
    partner = np.where(near[np.arange(len(heads)), best] < 0.04, best, -1)
    middle = np.maximum(np.abs(heads[:, 0]), np.abs(centers[:, 0])) < 0.012
    partner = np.where(middle, np.arange(len(heads)), partner)
    return np.where((partner >= 0) & (partner[partner] == np.arange(len(heads))), partner, -1)


def _shapes(rig: RigBones) -> list[_Shape]:
    """Return the rig seen along each likely pair of up and across axes, likeliest first."""
    options = []
    ends, pointed = bone_ends(rig)
    points = np.concatenate([rig.rest_heads, ends])
    for up in (_UP, _FORWARD, _LEFT):
        for across in (axis for axis in (_LEFT, _FORWARD, _UP) if axis != up):
            along = 3 - up - across
            order = [across, up, along]
            height = float(np.ptp(points[:, up]))
            if height < 1e-6:
                continue
            center = _middle(rig.rest_heads[:, across], height)
            shift = np.zeros(3)
            shift[across], shift[up] = center, points[:, up].min()
            shift[along] = float(np.median(points[:, along]))
            heads = ((rig.rest_heads - shift) / height)[:, order]
            tails = ((ends - shift) / height)[:, order]
            mirror = _mirror(heads, tails, _below(rig, heads))
            pairs = int(np.sum((mirror >= 0) & (mirror != np.arange(len(rig)))))
            options.append(
                (pairs - (0 if up == _UP else 2), _Shape(rig, heads, tails, mirror, pointed))
            )
    options.sort(key=lambda option: -option[0])
    return [shape for pairs, shape in options if pairs >= 6][:3]


def _middle(values: Array, height: float) -> float:
    """Return the coordinate about which most values have a mirrored partner."""
    candidates = np.unique(np.round(np.concatenate([[0.0], values]) / (0.004 * height)))
    candidates = candidates[:200] * 0.004 * height
    spread = values[None, :] - candidates[:, None]
    partnered = [
        int(np.sum(np.abs(row[:, None] + row[None, :]).min(axis=1) < 0.01 * height))
        for row in spread
    ]
    best = int(np.argmax(partnered))
    close = [c for c, n in zip(candidates, partnered, strict=True) if n >= partnered[best] - 1]
    return float(min(close, key=abs))


def _limb(path: list[int], points: Array, low: int, high: int, share: float) -> int:
    """Return the bone of ``path`` between positions low and high whose head is nearest a share
    of the way along the limb's length."""
    steps = [0.0]
    for a, b in pairwise(path):
        steps.append(steps[-1] + float(np.linalg.norm(points[b] - points[a])))
    span = steps[high] - steps[low]
    return min(range(low + 1, high), key=lambda i: abs(steps[i] - steps[low] - share * span))


def _leg(shape: _Shape, path: list[int]) -> tuple[int, int, int, int] | None:
    """Return thigh, shin, foot and toe (or -1) on a chain from the pelvis to the ground."""
    heads = shape.heads
    height = np.array([heads[b][1] for b in path])
    # The thigh starts where the chain turns down: later helpers at the pelvis are above it.
    top = max(i for i in range(len(path)) if height[i] > height.max() - 0.04)
    floor = float(min(height.min(), shape.tails[path[-1]][1]))
    leg = height[top] - floor
    while top + 1 < len(path) and _pelvis_side(heads[path[top]], heads[path[top + 1]], leg):
        top += 1
    low = [i for i in range(top + 1, len(path)) if height[i] - floor < 0.28 * leg]
    if not low or leg < 0.25:
        return None
    ankle = low[0]
    if ankle - top < 2:
        return None
    knee = _limb(path, heads, top, ankle, 0.5)
    return path[top], path[knee], path[ankle], _toe(shape, path[ankle])


def _pelvis_side(head: Array, following: Array, leg: float) -> bool:
    """Whether a bone only leads from the middle of the pelvis out to the hip joint."""
    inward = abs(head[0]) < 0.5 * abs(following[0])
    return bool(inward and np.linalg.norm(following - head) < 0.3 * leg)


def _toe(shape: _Shape, foot: int) -> int:
    """Return the child of the foot that starts farthest from the ankle over the ground, or -1."""
    reach = {
        c: float(np.linalg.norm((shape.heads[c] - shape.heads[foot])[[0, 2]]))
        for c in shape.rig.children[foot]
        if shape.heads[c][1] < shape.heads[foot][1] + 0.01
    }
    far = max(reach, key=lambda c: reach[c], default=-1)
    return far if far >= 0 and reach[far] > 0.02 else -1


def _legs(shape: _Shape) -> tuple[int, tuple[int, int, int, int]] | None:
    """Return the pelvis and the four bones of one leg; the lowest mirrored chain that fits."""
    leaves = [b for b in range(len(shape.rig)) if shape.paired(b) and not shape.rig.children[b]]
    leaves.sort(key=lambda b: (round(float(min(shape.heads[b][1], shape.tails[b][1])), 2), b))
    best: tuple[float, int, tuple[int, int, int, int]] | None = None
    for leaf in leaves:
        pelvis = shape.stem(leaf)
        if min(shape.heads[leaf][1], shape.tails[leaf][1]) > 0.15:
            break
        found = _leg(shape, shape.chain(leaf, pelvis))
        if found is None or pelvis < 0:
            continue
        thigh, shin, foot, toe = found
        even = abs(
            np.linalg.norm(shape.heads[shin] - shape.heads[thigh])
            - np.linalg.norm(shape.heads[foot] - shape.heads[shin])
        )
        straight = np.linalg.norm((shape.heads[foot] - shape.heads[thigh])[[0, 2]])
        deform = 0.0 if shape.rig.deforms is None or shape.rig.deforms[shin] else 0.3
        score = float(even + 0.5 * straight + deform - (0.1 if toe >= 0 else 0.0))
        if best is None or score < best[0] - 1e-9:
            best = (score, pelvis, found)
    return None if best is None else (best[1], best[2])


def _arm(shape: _Shape, path: list[int]) -> list[int] | None:
    """Return [clavicle or -1, upper arm, forearm, hand] on a chain from the chest outwards."""
    heads, rig = shape.heads, shape.rig
    branching = [
        i for i, b in enumerate(path) if sum(1 for c in rig.children[b] if _long(shape, c)) >= 3
    ]
    hand = branching[0] if branching else _bare_hand(shape, path)
    if hand < 2:
        return None
    reach = np.array([np.linalg.norm(heads[path[hand]] - heads[b]) for b in path[: hand + 1]])
    # A clavicle starts near the middle plane, or is short and points elsewhere than the arm.
    inward = abs(heads[path[0]][0]) < 0.55 * abs(heads[path[1]][0])
    short = reach[0] - reach[1] < 0.35 * reach[1] and _turns(heads, path, hand)
    start = 1 if hand >= 3 and (inward or short) else 0
    elbow = _limb(path, heads, start, hand, 0.5)
    return [path[start - 1] if start else -1, path[start], path[elbow], path[hand]]


def _turns(heads: Array, path: list[int], hand: int) -> bool:
    first = heads[path[1]] - heads[path[0]]
    arm = heads[path[hand]] - heads[path[1]]
    cosine = first @ arm / max(float(np.linalg.norm(first) * np.linalg.norm(arm)), 1e-9)
    return bool(cosine < 0.97)


def _long(shape: _Shape, bone: int) -> bool:
    """Whether a chain of at least two bones starts here, such as a finger."""
    return bool(shape.rig.children[bone]) or shape.rig.lengths[bone] > 1e-4


def _bare_hand(shape: _Shape, path: list[int]) -> int:
    """Return the position of the hand on an arm without fingers: the last long step's end."""
    heads = shape.heads
    steps = [float(np.linalg.norm(heads[b] - heads[a])) for a, b in pairwise(path)]
    return max((i + 1 for i, s in enumerate(steps) if s > 0.06), default=0)


def _arms(shape: _Shape, thigh: int) -> tuple[int, list[int]] | None:
    """Return the chest bone and the arm's bones; the mirrored chain that reaches farthest."""
    best: tuple[float, int, list[int]] | None = None
    for leaf in range(len(shape.rig)):
        if shape.rig.children[leaf] or not shape.paired(leaf):
            continue
        chest = shape.stem(leaf)
        path = shape.chain(leaf, chest)
        if chest < 0 or shape.heads[path[0]][1] < shape.heads[thigh][1] + 0.08:
            continue
        arm = _arm(shape, path) if len(path) >= 3 else None
        if arm is None:
            continue
        length = float(np.linalg.norm(shape.heads[arm[3]] - shape.heads[arm[1]]))
        if length > 0.18 and (best is None or length > best[0] + 1e-6):
            best = (length, chest, arm)
    return None if best is None else (best[1], best[2])


def _trunk(shape: _Shape, pelvis: int, chest: int) -> tuple[list[int], list[int], int]:
    """Return spine, neck and head: the chain on the middle plane from the pelvis upwards."""
    rig, heads = shape.rig, shape.heads
    spine = shape.chain(chest, pelvis) if rig.descends(chest, pelvis) else []
    if not spine and chest != pelvis:
        shared = next((a for a in rig.ancestors(chest) if a in rig.ancestors(pelvis)), -1)
        spine = shape.chain(chest, shared)
    spine = [bone for bone in spine if not shape.paired(bone)]
    crown: list[int] = []
    at = chest
    while True:
        # The head is where the chain ends or the face begins.
        up = [c for c in rig.children[at] if not shape.paired(c) and _goes_up(shape, c)]
        faces = [c for c in rig.children[at] if shape.paired(c) or c not in up]
        if not up or (len(crown) >= 2 and len(faces) >= 2):
            break
        at = max(up, key=lambda c: (heads[c][1] + shape.tails[c][1], len(rig.children[c])))
        if crown and np.linalg.norm(heads[at] - heads[crown[-1]]) < 0.012:
            break
        crown.append(at)
    while len(crown) >= 3 and rig.lengths[crown[-1]] < 0.3 * rig.lengths[crown[-2]]:
        crown.pop()
    return spine, crown[:-1], crown[-1] if crown else -1


def _goes_up(shape: _Shape, bone: int) -> bool:
    rise = shape.tails[bone] - shape.heads[bone]
    parent = int(shape.rig.parents[bone])
    above = shape.heads[bone][1] > shape.heads[parent][1] - 0.01
    return bool(above and (rise[1] > 0.3 * np.linalg.norm(rise) or shape.rig.children[bone]))


def _name(shape: _Shape, roles: dict[str, tuple[int, ...]]) -> dict[str, tuple[str, ...]]:
    return {r: tuple(shape.rig.names[b] for b in bones) for r, bones in roles.items() if bones}


def _fronted(shape: _Shape, legs: tuple[int, int, int, int]) -> float:
    """Return +1 or -1, the direction along z that the character faces, by toes, feet and knees."""
    thigh, shin, foot, toe = legs
    if toe >= 0:
        ahead = shape.heads[toe][2] - shape.heads[foot][2]
    else:
        ahead = shape.tails[foot][2] - shape.heads[foot][2] if shape.pointed else 0.0
    if abs(ahead) < 0.015:
        middle = 0.5 * (shape.heads[thigh][2] + shape.heads[foot][2])
        ahead = shape.heads[shin][2] - middle
    return 1.0 if ahead >= 0.0 else -1.0


def _assemble(shape: _Shape) -> RigMap | None:
    found = _legs(shape)
    if found is None:
        return None
    pelvis, leg = found
    trunk = _arms(shape, leg[0])
    if trunk is None:
        return None  # Legs alone may be an animal's.
    chest, arm = trunk
    spine, neck, head = _trunk(shape, pelvis, chest)
    roles: dict[str, tuple[int, ...]] = {"hips": (pelvis,), "spine": tuple(spine)}
    roles.update(neck=tuple(neck), head=(head,) if head >= 0 else ())
    parts: dict[str, int] = dict(zip(("thigh", "shin", "foot", "toe"), leg, strict=True))
    parts.update(zip(("shoulder", "upper_arm", "forearm", "hand"), arm, strict=True))
    front = _fronted(shape, leg)
    for part, bone in parts.items():
        if bone < 0:
            continue
        # In our axes left is +x when the front is +z: x, up and z are right-handed or not.
        hand = _handedness(shape) * front * np.sign(_outward(shape, bone))
        side, other = ("L", "R") if hand > 0 else ("R", "L")
        roles[f"{part}.{side}"] = (bone,)
        if shape.mirror[bone] >= 0:
            roles[f"{part}.{other}"] = (int(shape.mirror[bone]),)
    above = shape.rig.ancestors(pelvis)
    if above:
        roles["root"] = (above[-1],)
    named = _name(shape, roles)
    share = sum(1 for role in named if role != "root") / 20.0
    note = "The bones were recognized by their places, not by their names; check the bone map."
    return RigMap("structure", named, round(min(0.3 + 0.5 * share, 0.8), 3), (note,))


def _outward(shape: _Shape, bone: int) -> float:
    at = bone
    while abs(shape.heads[at][0]) < 0.02 and shape.rig.children[at]:
        at = shape.rig.children[at][0]
    return float(shape.heads[at][0] + shape.tails[at][0])


def _handedness(shape: _Shape) -> float:
    """Return +1 if the shape's x, y, z axes are right-handed in the rig's world."""
    span = [shape.rig.rest_heads - shape.rig.rest_heads[0], shape.heads - shape.heads[0]]
    # Least squares from one set of points to the other has the sign of the axes' order.
    matrix = np.linalg.lstsq(span[0], span[1], rcond=None)[0]
    return 1.0 if np.linalg.det(matrix) >= 0.0 else -1.0


def find_person(rig: RigBones) -> RigMap | None:
    """Return a map by topology, symmetry and rest pose, or None if no person is found."""
    best: RigMap | None = None
    for shape in _shapes(rig):
        found = _assemble(shape)
        if found is not None and (best is None or len(found.missing) < len(best.missing)):
            best = found
    return best
