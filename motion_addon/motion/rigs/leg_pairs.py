# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of legs of a rig, found by symmetry and by their reach to the ground."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np

from ..body.rig_bones import RigBones
from ..maths.quat import Array
from .axes import bone_ends

_GROUND = 0.14
"""Share of the animal's height under which the end of a leg is on the ground."""
_ALIKE = 0.12
"""Share by which the lengths of left and right may differ."""


@dataclass(frozen=True, eq=False)
class LegChain:
    """The bones of one leg, from the trunk to the paw."""

    stem: int
    """The bone of the trunk that carries the leg, or -1."""
    bones: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Shape:
    """A rig standing on the ground: y is up, sizes are shares of the height of its legs."""

    rig: RigBones
    heads: Array
    """(B, 3) starts of the bones."""
    ends: Array
    """(B, 3) ends of the bones."""

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
        """Return whether two subtrees are as similar as left and right."""
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
        """Return whether two subtrees lie beside each other, not one on or behind the other."""
        gap = np.abs(self.center(a) - self.center(b))
        return bool(gap[[0, 2]].max() > 0.01)

    def center(self, bone: int) -> Array:
        """Return (3,) the middle of a bone and its descendants."""
        tree = self.below[bone]
        return np.asarray(0.5 * (self.heads[tree] + self.ends[tree]).mean(axis=0))


def upright(rig: RigBones, up: int) -> Shape | None:
    """Return the rig with its axis ``up`` turned to y, on the ground, sized by its height."""
    order = {1: (0, 1, 2), 2: (0, 2, 1), 0: (1, 0, 2)}[up]
    sign = np.array([1.0, 1.0, 1.0 if up == 1 else -1.0])
    heads, ends = (points[:, order] * sign for points in (rig.rest_heads, bone_ends(rig)[0]))
    height = float(np.ptp(heads[:, 1]))
    if height < 1e-6:
        return None
    floor = np.array([0.0, heads[:, 1].min(), 0.0])
    return Shape(rig, (heads - floor) / height, (ends - floor) / height)


def loose_feet(shape: Shape) -> dict[int, int]:
    """Return leg end to the bone that continues the leg although it hangs elsewhere.

    Exported IK rigs keep the feet apart: a foot begins where the leg's last bone ends.
    """
    rig = shape.rig
    tops = [
        b
        for b in range(len(rig))
        if len(rig.ancestors(b)) <= 2 and shape.low[b] < _GROUND and shape.heads[b, 1] < 0.35
    ]
    ends = [b for b in range(len(rig)) if not rig.children[b] and shape.heads[b, 1] >= _GROUND]
    gaps = []
    for leaf, top in product(ends, tops):
        gap = shape.heads[top] - shape.heads[leaf]
        fits = gap[1] < -0.05 and np.linalg.norm(gap[[0, 2]]) < 0.15
        if fits and top not in (leaf, *rig.ancestors(leaf)):
            gaps.append((float(np.linalg.norm(gap)), leaf, top))
    out: dict[int, int] = {}
    for _, leaf, top in sorted(gaps):
        if leaf not in out and top not in out.values():
            out[leaf] = top
    return out


def leg_pairs(shape: Shape, feet: dict[int, int]) -> Iterator[tuple[LegChain, LegChain]]:
    """Yield the two legs of each pair that reaches the ground, in either order of sides."""
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
            yield LegChain(stems[0], tuple(paths[0])), LegChain(stems[1], tuple(paths[1]))


def from_hip(shape: Shape, limb: LegChain, left: Array) -> LegChain:
    """Return a hind leg without the bone that leads from the pelvis out to the hip joint."""
    first, second = (shape.heads[bone] for bone in limb.bones[:2])
    step = second - first
    middle = shape.heads[limb.stem] @ left
    inward = abs(first @ left - middle) < 0.5 * abs(second @ left - middle)
    if len(limb.bones) > 3 and inward and abs(step[1]) < 0.72 * np.linalg.norm(step):
        return LegChain(limb.stem, limb.bones[1:])
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
