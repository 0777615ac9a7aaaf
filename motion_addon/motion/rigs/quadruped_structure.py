# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a four-legged body in a skeleton without telling names.

Works on topology and rest positions: limbs are the two pairs of like subtrees, one on each side,
that reach from the trunk to the ground; the trunk lies between them, neck and head beyond the
one pair, the tail beyond the other. Ears, jaws, wings, ribs and the targets of IK are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from ..quat import Array, unit
from .bones import RigBones
from .rigmap import RigMap
from .structure import bone_ends

_GROUND = 0.14
"""Share of the animal's height under which the end of a limb stands on the ground."""
_ALIKE = 0.12
"""Share by which the lengths of left and right may differ."""


@dataclass(frozen=True, eq=False)
class _Limb:
    """The bones of one leg from the trunk to the paw."""

    stem: int
    """The bone of the trunk that carries the leg, or -1."""
    bones: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Shape:
    """A rig standing on the ground: y is up, sizes are shares of the height of its legs."""

    rig: RigBones
    heads: Array
    """(B, 3) where the bones start."""
    ends: Array
    """(B, 3) where they end."""

    @cached_property
    def below(self) -> list[list[int]]:
        """Bones of the subtree of each bone, itself included."""
        out: list[list[int]] = [[b] for b in range(len(self.rig))]
        for bone in range(len(self.rig) - 1, 0, -1):
            if self.rig.parents[bone] >= 0:
                out[self.rig.parents[bone]].extend(out[bone])
        return out

    @cached_property
    def low(self) -> Array:
        """(B,) the lowest height of each subtree."""
        own = np.minimum(self.heads[:, 1], self.ends[:, 1])
        return np.array([own[tree].min() for tree in self.below])

    @cached_property
    def lengths(self) -> list[Array]:
        """The sorted distances between joints under each bone."""
        step = np.linalg.norm(self.heads - self.heads[np.maximum(self.rig.parents, 0)], axis=1)
        return [np.sort(step[tree[1:]]) for tree in self.below]

    def alike(self, a: int, b: int) -> bool:
        """Whether two subtrees are as like as left and right."""
        ours, theirs = self.lengths[a], self.lengths[b]
        if len(ours) != len(theirs):
            return False
        size = max(float(ours.sum()), float(theirs.sum()), 1e-9)
        return bool(np.abs(ours - theirs).sum() < _ALIKE * size)

    @cached_property
    def partner(self) -> list[int]:
        """The bone on the other side for each bone whose subtree has a twin beside it, or -1."""
        out = [-1] * len(self.rig)
        families = (*self.rig.children, [b for b, p in enumerate(self.rig.parents) if p < 0])
        for siblings in families:
            for a, b in combinations(siblings, 2):
                if out[a] < 0 and out[b] < 0 and self.alike(a, b) and self._apart(a, b):
                    out[a], out[b] = b, a
        return out

    def _apart(self, a: int, b: int) -> bool:
        """Whether two subtrees lie beside each other, not one upon or behind the other."""
        gap = np.abs(self.center(a) - self.center(b))
        return bool(gap[[0, 2]].max() > 0.01)

    def center(self, bone: int) -> Array:
        """Return (3,) the middle of a bone and all that hangs on it."""
        tree = self.below[bone]
        return np.asarray(0.5 * (self.heads[tree] + self.ends[tree]).mean(axis=0))


def _upright(rig: RigBones, up: int) -> Shape | None:
    """Return the rig with its axis ``up`` turned to y, on the ground, sized by its height."""
    order = {1: (0, 1, 2), 2: (0, 2, 1), 0: (1, 0, 2)}[up]
    sign = np.array([1.0, 1.0, 1.0 if up == 1 else -1.0])
    heads, ends = (points[:, order] * sign for points in (rig.rest_heads, bone_ends(rig)[0]))
    height = float(np.ptp(heads[:, 1]))
    if height < 1e-6:
        return None
    floor = np.array([0.0, heads[:, 1].min(), 0.0])
    return Shape(rig, (heads - floor) / height, (ends - floor) / height)


def _feet(shape: Shape) -> dict[int, int]:
    """Return the bones that carry on a leg from its last bone though they hang elsewhere.

    Exported IK rigs keep the feet apart: a foot begins where the leg's last bone ends.
    """
    rig = shape.rig
    tops = [
        b
        for b in range(len(rig))
        if len(rig.ancestors(b)) <= 2 and shape.low[b] < _GROUND and shape.heads[b, 1] < 0.35
    ]
    out: dict[int, int] = {}
    for leaf in (b for b in range(len(rig)) if not rig.children[b]):
        if shape.heads[leaf, 1] < _GROUND:
            continue
        nearest = np.inf
        for top in tops:
            gap = shape.heads[top] - shape.heads[leaf]
            size = float(np.linalg.norm(gap))
            fits = gap[1] < -0.05 and np.linalg.norm(gap[[0, 2]]) < 0.15
            if fits and size < nearest and top not in (leaf, *rig.ancestors(leaf)):
                nearest, out[leaf] = size, top
    return out


def _pairs(shape: Shape, feet: dict[int, int]) -> Iterator[tuple[_Limb, _Limb]]:
    """Yield the left and right (or right and left) limbs that reach the ground."""
    partner = shape.partner
    for a in range(len(shape.rig)):
        b = partner[a]
        if b < a or a in feet.values() or b in feet.values():
            continue
        paths = [_path(shape, top, feet) for top in (a, b)]
        if paths[0] and len(paths[0]) == len(paths[1]):
            cut = [_tipless(shape, path) for path in paths]
            paths = cut if len(cut[0]) == len(cut[1]) else paths
            stems = [int(shape.rig.parents[top]) for top in (a, b)]
            yield _Limb(stems[0], tuple(paths[0])), _Limb(stems[1], tuple(paths[1]))


def _from_hip(shape: Shape, limb: _Limb, left: Array) -> _Limb:
    """Return a hind leg without the bone that leads from the pelvis out to the hip joint."""
    first, second = (shape.heads[bone] for bone in limb.bones[:2])
    step = second - first
    middle = shape.heads[limb.stem] @ left
    inward = abs(first @ left - middle) < 0.5 * abs(second @ left - middle)
    if len(limb.bones) > 3 and inward and abs(step[1]) < 0.72 * np.linalg.norm(step):
        return _Limb(limb.stem, limb.bones[1:])
    return limb


def _path(shape: Shape, top: int, feet: dict[int, int]) -> list[int]:
    """Return the leg that starts at ``top``, or nothing if it does not reach the ground."""
    reach = {b: shape.low[feet[b]] if b in feet else shape.low[b] for b in shape.below[top]}
    low = min(shape.low[top], *reach.values())
    if low > _GROUND or shape.heads[top, 1] - low < 0.2:
        return []
    path, at = [top], top
    while True:
        below = [c for c in shape.rig.children[at] if _goes_down(shape, c, low, feet)]
        if not below and at in feet:
            below = [feet[at]]
        toes = len(below) > 1 and shape.heads[at, 1] - low < 0.25
        if not below or toes:
            break
        at = min(below, key=lambda c: (_lowest(shape, c, feet) > low + 0.05, -len(shape.below[c])))
        path.append(at)
    while len(path) > 3 and np.linalg.norm(shape.heads[path[1]] - shape.heads[path[0]]) < 0.02:
        path = path[1:]
    return path if len(path) >= 2 else []


def _lowest(shape: Shape, bone: int, feet: dict[int, int]) -> float:
    ends = [float(shape.low[feet[b]]) for b in shape.below[bone] if b in feet]
    return min([float(shape.low[bone]), *ends])


def _goes_down(shape: Shape, bone: int, low: float, feet: dict[int, int]) -> bool:
    return _lowest(shape, bone, feet) < low + _GROUND


def _tipless(shape: Shape, path: list[int]) -> list[int]:
    """Return a leg without the empty bone that marks where a paw on the ground ends."""
    bare = len(path) > 3 and not shape.rig.children[path[-1]]
    return path[:-1] if bare and shape.heads[path[-2], 1] < 0.02 else path


def _girdles(pairs: list[tuple[_Limb, _Limb]], shape: Shape) -> Iterator[list[tuple[_Limb, ...]]]:
    """Yield two pairs of limbs that stand apart from each other, likeliest first."""
    options = []
    for one, other in combinations(pairs, 2):
        bones = [set(limb.bones) for limb in (*one, *other)]
        if any(a & b for a, b in combinations(bones, 2)):
            continue
        feet = [0.5 * sum(shape.heads[limb.bones[-1]] for limb in pair) for pair in (one, other)]
        apart = float(np.linalg.norm((feet[0] - feet[1])[[0, 2]]))
        drop = sum(float(shape.heads[pair[0].bones[0], 1]) for pair in (one, other))
        if apart > 0.1:
            options.append((drop, [one, other]))
    options.sort(key=lambda option: -option[0])
    yield from (pairs for _, pairs in options)


def _trunk(shape: Shape, hips: int, chest: int) -> list[int] | None:
    """Return the bones from ``hips`` to ``chest`` through the tree, both included."""
    rig, heads = shape.rig, shape.heads
    up = [hips, *rig.ancestors(hips)]
    down = [chest, *rig.ancestors(chest)]
    shared = next((b for b in up if b in down), -1)
    if shared < 0:
        return None
    path = [*up[: up.index(shared) + 1], *reversed(down[: down.index(shared)])]
    if shared not in (hips, chest) and heads[shared, 1] < 0.5 * heads[[hips, chest], 1].min():
        path.remove(shared)  # A root under the animal is no part of its back.
    return path


class _Reading:
    """One way to read a shape: two pairs of limbs and which of them is in front."""

    def __init__(self, shape: Shape, rear: tuple[_Limb, ...], fore: tuple[_Limb, ...]):
        self.shape, self.rear, self.fore = shape, rear, fore
        heads = shape.heads
        feet = [np.mean([heads[limb.bones[-1]] for limb in pair], axis=0) for pair in (rear, fore)]
        tops = [np.mean([heads[limb.bones[0]] for limb in pair], axis=0) for pair in (rear, fore)]
        ahead = 0.5 * (feet[1] - feet[0] + tops[1] - tops[0]) * np.array([1.0, 0.0, 1.0])
        self.ahead = unit(ahead)
        self.tops = tops
        self.trunk = _trunk(shape, rear[0].stem, fore[0].stem) or []
        taken = {b for limb in (*rear, *fore) for b in limb.bones}
        self.taken = taken | set(self.trunk)
        self.left = np.cross(np.array([0.0, 1.0, 0.0]), self.ahead)
        self.crown = self._center(self.trunk[-1:], +1.0)
        self.tail = self._center([*self.trunk[:1], *self._behind()], -1.0)
        if self.tail and (stem := int(shape.rig.parents[self.tail[0]])) not in self.trunk:
            above = shape.rig.ancestors(self.trunk[0])
            self.trunk = [*reversed(above[: above.index(stem) + 1]), *self.trunk]

    def _behind(self) -> list[int]:
        """Return the bones of the back above the hips in the tree that may carry the tail."""
        above = self.shape.rig.ancestors(self.trunk[0])[:2] if self.trunk else []
        near = self.shape.heads[self.trunk[0], 1] if self.trunk else 0.0
        return [b for b in above if b not in self.taken and self.shape.heads[b, 1] > 0.8 * near]

    def _center(self, starts: list[int], sign: float) -> list[int]:
        """Return the longest chain of unpaired bones from the trunk's end outwards."""
        away = sign * self.ahead
        best: tuple[float, list[int]] = (0.02, [])
        for start in starts:
            for bone in self._onward(start):
                if bone not in starts:
                    chain = self._chain(bone, away)
                    best = max(best, (self._reach(chain, start, away), chain))
        return best[1]

    def _reach(self, chain: list[int], start: int, away: Array) -> float:
        """Return how far a chain goes out, counting what rises or hangs half."""
        points = np.concatenate([self.shape.heads[chain], self.shape.ends[chain[-1:]]])
        from_start = points - self.shape.heads[start]
        return float((from_start @ away + 0.3 * np.abs(from_start[:, 1])).max())

    def _onward(self, bone: int) -> list[int]:
        rig = self.shape.rig
        return [c for c in rig.children[bone] if c not in self.taken and not self._paired(c)]

    def _paired(self, bone: int) -> bool:
        """Whether a bone has a twin on the other side of the animal."""
        twin = self.shape.partner[bone]
        if twin < 0:
            return False
        gap = self.shape.center(bone) - self.shape.center(twin)
        return bool(abs(gap @ self.left) > 0.015)

    def _faces(self, bone: int) -> list[int]:
        """Return the paired bones that hang on ``bone``, such as ears and eyes."""
        return [c for c in self.shape.rig.children[bone] if self._paired(c)]

    def _chain(self, bone: int, away: Array) -> list[int]:
        chain = [bone]
        while options := self._onward(chain[-1]):
            ended = len(chain) > 1 and away @ self.ahead > 0.0 and self._faces(chain[-1])
            chain.append(max(options, key=lambda c: self._weight(c, away)))
            if ended:
                break
        return chain

    def _weight(self, bone: int, away: Array) -> float:
        shape, tree = self.shape, self.shape.below[bone]
        faces = sum(self._paired(b) for b in tree)
        points = np.concatenate([shape.heads[tree], shape.ends[tree]]) - shape.heads[bone]
        return float((points @ away).max() + points[:, 1].mean()) + 0.1 * min(faces, 2)

    def score(self) -> float:
        """Return how sure it is that the animal faces this way."""
        heads, shape = self.shape.heads, self.shape
        total = 0.0
        for pair, share in ((self.rear, 1.0), (self.fore, 0.6)):
            total += share * float(np.mean([self._paw(limb) for limb in pair]))
        total += float(np.mean([self._hock(limb) for limb in self.rear]))
        total -= float(np.mean([self._hock(limb) for limb in self.fore]))
        ends = [chain[-1] if chain else -1 for chain in (self.crown, self.tail)]
        faces = [
            sum(self._paired(b) for c in chain for b in shape.below[c][:40]) if chain else 0
            for chain in (self.crown, self.tail)
        ]
        total += 1.5 * float(np.sign(faces[0] - faces[1]))
        if self.crown:
            total += 0.5
        if min(ends) >= 0:
            total += 1.5 * float(np.clip(3.0 * (heads[ends[0], 1] - heads[ends[1], 1]), -1, 1))
            total += float(np.clip(self._thick(self.crown) - self._thick(self.tail), -0.5, 0.5))
        return total

    def _thick(self, chain: list[int]) -> float:
        return len(self.shape.below[chain[0]]) / max(len(chain), 1) - 1.0

    def _paw(self, limb: _Limb) -> float:
        """Return whether the paw points ahead: -1..1."""
        bones = limb.bones
        toe = self.shape.ends[bones[-1]] - self.shape.heads[bones[-2]]
        flat = float(unit(toe) @ self.ahead)
        return flat * abs(flat)

    def _hock(self, limb: _Limb) -> float:
        """Return whether the leg has its lower bend behind and the upper one ahead: -1..1."""
        heads = self.shape.heads
        path = np.array([*heads[list(limb.bones)], self.shape.ends[limb.bones[-1]]])
        line = path[-1] - path[0]
        share = (path[:, 1] - path[0, 1]) / min(line[1], -1e-6)
        out = (path - path[0] - share[:, None] * line) @ self.ahead
        middle = (share > 0.15) & (share < 0.85)
        if not middle.any():
            return 0.0
        low = middle & (share > 0.45)
        return float(np.clip(-5.0 * out[low].min(initial=0.0), 0.0, 1.0))

    def head(self) -> int:
        """Return the position of the head on the crown: where ears and eyes are, or its end."""
        heads, crown = self.shape.heads, self.crown
        for at, bone in enumerate(crown):
            faces = self._faces(bone)
            if at > 0 and faces:
                face = heads[faces].mean(axis=0)
                rises = at + 1 < len(crown) and heads[crown[at + 1], 1] > heads[bone, 1]
                near = range(max(at - 1, 1), at + 1 + rises)
                return min(near, key=lambda i: float(np.linalg.norm(heads[crown[i]] - face)))
        last = len(crown) - 1
        if last > 1:
            before, jaw = np.diff(heads[crown[last - 2 :]], axis=0)
            if jaw[1] < 0.0 and np.linalg.norm(jaw) < 0.5 * np.linalg.norm(before):
                last -= 1
        return last

    def roles(self) -> dict[str, tuple[int, ...]]:
        """Return role to bones."""
        head = self.head()
        roles: dict[str, tuple[int, ...]] = {
            "hips": tuple(self.trunk[:1]),
            "spine": tuple(self.trunk[1:]),
            "neck": tuple(self.crown[: max(head, 0)]),
            "head": tuple(self.crown[head : head + 1]) if head >= 0 else (),
            "tail": tuple(self.tail),
        }
        left = self.left
        rear = [_from_hip(self.shape, limb, left) for limb in self.rear]
        for part, pair in (("hindleg", rear), ("foreleg", self.fore)):
            across = [
                float(self.shape.heads[list(limb.bones)].mean(axis=0) @ left) for limb in pair
            ]
            sides = "LR" if across[0] > across[1] else "RL"
            for side, limb in zip(sides, pair, strict=True):
                roles[f"{part}.{side}"] = limb.bones
        above = self.shape.rig.ancestors(self.trunk[0])
        free = [bone for bone in above if bone not in self.taken]
        if free:
            roles["root"] = (free[-1],)
        return roles


def find_quadruped(rig: RigBones) -> RigMap | None:
    """Return a map by topology and rest pose, or None if no four-legged body is seen."""
    best: tuple[float, _Reading] | None = None
    for up in (1, 2, 0):
        shape = _upright(rig, up)
        if shape is None:
            continue
        pairs = list(_pairs(shape, _feet(shape)))
        for one, other in _girdles(pairs, shape):
            for rear, fore in ((one, other), (other, one)):
                reading = _Reading(shape, rear, fore)
                if reading.trunk and (best is None or reading.score() > best[0] + 1e-6):
                    best = (reading.score(), reading)
            if best is not None:
                break
        if best is not None:
            break
    if best is None:
        return None
    roles = {r: tuple(rig.names[b] for b in bones) for r, bones in best[1].roles().items()}
    note = "The bones were recognized by their places, not by their names; check the bone map."
    sure = round(float(np.clip(0.45 + 0.08 * best[0], 0.3, 0.8)), 3)
    return RigMap("quadruped_structure", roles, sure, (note,), kind="quadruped")
