# SPDX-License-Identifier: GPL-3.0-or-later
"""Detection of a four-legged body in a skeleton whose names mean little.

Works on topology and rest positions: limbs are the two pairs of like subtrees, one on each side,
that reach from the trunk to the ground; the trunk lies between them, neck and head beyond the
one pair, the tail beyond the other. Ears, jaws, wings, ribs and the targets of IK are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ..body.kinds import QUADRUPED
from ..body.rig_bones import RigBones
from ..maths.quat import Array, unit
from .leg_pairs import LegChain, Shape, from_hip, leg_pairs, loose_feet, upright
from .rig_map import RigMap

_Pair = tuple[LegChain, LegChain]
_CROWN = frozenset(("head", "neck", "skull"))
_TAIL = frozenset(("tail",))
_FORE = frozenset(
    ["front", "fore", "shoulder", "scapula", "clavicle", "arm", "hand", "lf", "rf", "fl", "fr"]
)
_HIND = frozenset(["hind", "back", "rear", "pelvis", "thigh", "lh", "rh", "hl", "hr"])
"""Words in names that show the part of the animal."""


def _girdles(pairs: list[_Pair], shape: Shape) -> Iterator[tuple[_Pair, _Pair]]:
    """Yield pairs of leg pairs that stand apart from each other, likeliest first."""
    options = []
    for one, other in combinations(pairs, 2):
        bones = [set(limb.bones) for limb in (*one, *other)]
        if any(a & b for a, b in combinations(bones, 2)):
            continue
        feet = [
            shape.heads[[limb.bones[-1] for limb in pair]].mean(axis=0) for pair in (one, other)
        ]
        apart = float(np.linalg.norm((feet[0] - feet[1])[[0, 2]]))
        drop = sum(float(shape.heads[pair[0].bones[0], 1]) for pair in (one, other))
        if apart > 0.1:
            options.append((drop, (one, other)))
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


def _says(rig: RigBones, bones: Sequence[int], yes: frozenset[str], no: frozenset[str]) -> float:
    """Return 1 if the names of bones have words of ``yes``, -1 for words of ``no``, else 0."""
    words = {w.lower() for b in bones for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", rig.names[b])}
    return float(bool(words & yes)) - float(bool(words & no))


def _without_slides(rig: RigBones) -> RigBones:
    """Return the rig without bones that only carry the bone after which they are named.

    Converters put them in ("neck__slideA") where a bone slides and every length is fixed; often
    they have them on one side only, which hides that left and right are alike.
    """
    carriers = set()
    for bone in range(len(rig)):
        base = rig.names[bone].partition("__")[0]
        if base != rig.names[bone] and base in rig and rig.descends(rig.index(base), bone):
            carriers.add(bone)
    return rig.subset([b for b in range(len(rig)) if b not in carriers]) if carriers else rig


class _Reading:
    """One way to read a shape: two pairs of limbs and which of them is in front."""

    def __init__(self, shape: Shape, rear: _Pair, fore: _Pair):
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
        """Return the length of a chain outwards; rise and fall count half."""
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
        """Return the evidence that the animal faces this way."""
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
        return total + self._named()

    def _named(self) -> float:
        """Return the evidence of the words in names, -4..4; 0 without such words."""
        rig = self.shape.rig
        rear, fore = ([b for limb in pair for b in limb.bones] for pair in (self.rear, self.fore))
        ends = _says(rig, self.crown, _CROWN, _TAIL) - _says(rig, self.tail, _CROWN, _TAIL)
        return ends + _says(rig, fore, _FORE, _HIND) - _says(rig, rear, _FORE, _HIND)

    def _thick(self, chain: list[int]) -> float:
        return len(self.shape.below[chain[0]]) / max(len(chain), 1) - 1.0

    def _paw(self, limb: LegChain) -> float:
        """Return whether the paw points ahead: -1..1."""
        bones = limb.bones
        toe = self.shape.ends[bones[-1]] - self.shape.heads[bones[-2]]
        flat = float(unit(toe) @ self.ahead)
        return flat * abs(flat)

    def _hock(self, limb: LegChain) -> float:
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
        rear = [from_hip(self.shape, limb, left) for limb in self.rear]
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


def find_animal(rig: RigBones) -> RigMap | None:
    """Return a map by topology and rest pose, or None if no four-legged body is found."""
    rig = _without_slides(rig)
    best: tuple[float, _Reading] | None = None
    for up in (1, 2, 0):
        shape = upright(rig, up)
        if shape is None:
            continue
        pairs = list(leg_pairs(shape, loose_feet(shape)))
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
    return RigMap("quadruped_structure", roles, sure, (note,), kind=QUADRUPED)


def around_legs(rig: RigBones, legs: dict[str, tuple[str, ...]]) -> RigMap | None:
    """Return the map of an animal whose legs are known: the trunk between, neck and tail beyond.

    ``legs`` are the roles of the four legs. None if there is no trunk between them.
    """
    chains = {role: [rig.index(name) for name in names] for role, names in legs.items()}
    shapes = [shape for up in (1, 2, 0) if (shape := upright(rig, up)) is not None]
    if not shapes:
        return None
    drops = [
        sum(float(shape.heads[c[0], 1] - shape.heads[c[-1], 1]) for c in chains.values())
        for shape in shapes
    ]
    shape = shapes[int(np.argmax(drops))]
    limbs = {
        role: LegChain(int(rig.parents[chain[0]]), tuple(chain)) for role, chain in chains.items()
    }
    rear, fore = ((limbs[f"{part}.L"], limbs[f"{part}.R"]) for part in ("hindleg", "foreleg"))
    if min(limb.stem for limb in limbs.values()) < 0:
        return None
    reading = _Reading(shape, rear, fore)
    if not reading.trunk:
        return None
    roles = {r: tuple(rig.names[b] for b in bones) for r, bones in reading.roles().items()}
    return RigMap("custom", roles | legs, 1.0, kind=QUADRUPED)
