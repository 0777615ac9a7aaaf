# SPDX-License-Identifier: GPL-3.0-or-later
"""The soles of a character's skin at rest: the lowest points of each foot, paw, hoof or claw.

A vertex belongs to a foot if it lies near the foot and if the bones of the foot carry most of it.
Bones of the foot are found by their place, since the mapped bones of a control rig do not deform.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import bpy
import numpy as np

from ...motion.body.body import Body, Leg
from ...motion.body.sole import Sole
from ...motion.maths import quat
from ...motion.maths.quat import Array
from ..scene import armature, bound_meshes

PITCHES = np.radians((-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 65.0, 90.0))
ROLLS = np.radians((-15.0, 0.0, 15.0))
"""Turns of a foot in which its points are the lowest."""
ARCH = (-0.5, -0.35), (-0.35, -0.2)
"""Bands of the arch, behind the ball in lengths of the foot from heel to ball."""
GIVES = 0.005
"""How far skin under the arch may sink into a stone, over the leg's length."""
SHARE = 0.5
"""Least share of a vertex's weights that the bones of the foot have."""
AROUND = 0.3
"""Distance from the foot's line within which skin belongs to it, over the leg's length."""
DEEP = 0.35
"""Most that skin lies under the ground of the bones, likewise; deeper vertices are astray."""
_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class _Region:
    """The surroundings of one foot in the body frame."""

    leg: Leg
    bones: frozenset[str]
    """Names of the bones of the foot."""
    shank: frozenset[str]
    """Name of the bone above a paw, whose skin may reach the ground, too."""
    line: tuple[Array, Array]
    """Horizontal ends (3,) of the foot's line: behind the ankle, ahead of the toes."""
    top: float
    """Height up to which skin belongs to the foot."""

    @staticmethod
    def of(leg: Leg) -> _Region:
        """Return the region of a leg's foot, without bones."""
        ankle, ahead = leg.points[-1], quat.apply(leg.foot_yaw, np.array([0.0, 0.0, 1.0]))
        heel = ankle if leg.heel is None else leg.heel
        line = heel * _FLAT, leg.ball * _FLAT + leg.toe_length * ahead
        top = max(float(ankle[1]), float(leg.ball[1])) + 0.02 * leg.reach
        return _Region(leg, frozenset(), frozenset(), line, top)

    def distances(self, points: Array) -> Array:
        """Return (N,) horizontal distances of points (N, 3) from the foot's line.

        Infinite for points that are too high or too deep.
        """
        start, stop = self.line
        along = stop - start
        share = ((points * _FLAT - start) @ along) / max(float(along @ along), 1e-12)
        near = start + np.clip(share, 0.0, 1.0)[:, None] * along
        far = np.linalg.norm(points * _FLAT - near, axis=-1)
        length, height = self.leg.reach, points[:, 1]
        inside = (height <= self.top) & (height > -DEEP * length) & (far < AROUND * length)
        return np.where(inside, far, np.inf)


def regions(body: Body) -> list[_Region]:
    """Return the regions of a body's feet, with the bones that are nearest to each."""
    found = [_Region.of(leg) for leg in body.legs]
    far = np.stack([region.distances(body.heads) for region in found])
    nearest = far.argmin(axis=0)
    of_legs = {bone for leg in body.legs for bone in leg.bones}
    out = []
    for i, region in enumerate(found):
        close = np.flatnonzero(np.isfinite(far[i]) & (nearest == i))
        own = {*region.leg.foot, region.leg.carrier, *(b for b in close if b not in of_legs)}
        names = frozenset(body.rig.names[bone] for bone in own)
        shank = frozenset[str]()
        if region.leg.heel is None and region.leg.foot:
            shank = frozenset({body.rig.names[region.leg.bones[region.leg.bent - 1]]})
        out.append(replace(region, bones=names - shank, shank=shank))
    return out


def soles(obj: bpy.types.Object, body: Body) -> tuple[Sole | None, ...]:
    """Return the soles of a character's legs, in the order of ``body.legs``.

    ``body`` is measured of ``obj``; lengths are in its unit. None is a foot without skin.
    """
    feet, all_bones = regions(body), frozenset(body.rig.names)
    found: list[list[Array]] = [[] for _ in feet]
    above: list[list[Array]] = [[] for _ in feet]
    for mesh, places in resting(obj):
        points = quat.inv_apply(body.world_from_body, places - body.origin)
        for region, own, shank in zip(feet, found, above, strict=True):
            near = np.flatnonzero(np.isfinite(region.distances(points)))
            if len(near):
                own.append(points[near[carried(mesh, near, region.bones, all_bones)]])
            if len(near) and region.shank:
                shank.append(points[near[carried(mesh, near, region.shank, all_bones)]])
    return tuple(
        _sole(leg, np.concatenate(own), np.concatenate([*shank, np.zeros((0, 3))]))
        if any(map(len, own))
        else None
        for leg, own, shank in zip(body.legs, found, above, strict=True)
    )


def _sole(leg: Leg, skin: Array, shank: Array) -> Sole:
    """Return the sole of the skin (N, 3) of a foot, and of the bone above a paw (M, 3)."""
    bones = Sole.of_bones(leg)
    ahead = quat.apply(leg.foot_yaw, np.array([0.0, 0.0, 1.0]))
    place = (skin - leg.ball) @ ahead
    if leg.heel is None:
        return Sole(_lowest(shank, ahead) if len(shank) else shank, _lowest(skin, ahead))
    length = max(float((leg.ball - leg.heel) @ ahead), 1e-6)
    heel, ball = skin[place < -0.5 * length], skin[place > -0.2 * length]
    arch = np.array([0.0, GIVES * leg.reach, 0.0]) + _arch(skin, place / length, ahead)
    return Sole(
        np.concatenate([_lowest(heel, ahead) if len(heel) else bones.heel, arch]),
        _lowest(ball, ahead) if len(ball) else bones.ball,
    )


def _arch(skin: Array, place: Array, ahead: Array) -> Array:
    """Return the lowest points (K, 3) between heel and ball, on either side, of two bands.

    ``place`` (N,) is the way of the skin's points ahead of the ball, in lengths of the foot.
    """
    aside = skin @ np.array([ahead[2], 0.0, -ahead[0]])
    middle = float(np.median(aside)) if len(aside) else 0.0
    out = [np.zeros((0, 3))]
    for start, stop in ARCH:
        for side in (aside <= middle, aside > middle):
            some = skin[(place >= start) & (place < stop) & side]
            out.append(some[some[:, 1].argmin()][None] if len(some) else some)
    return np.concatenate(out)


def _lowest(skin: Array, ahead: Array) -> Array:
    """Return the points (K, 3) of a skin that are the lowest when the foot pitches and rolls."""
    aside = np.array([ahead[2], 0.0, -ahead[0]])
    picked = []
    for pitch, roll in product(PITCHES, ROLLS):
        down = np.sin(pitch) * ahead + np.sin(roll) * aside
        down = down - np.sqrt(max(1.0 - float(down @ down), 0.0)) * np.array([0.0, 1.0, 0.0])
        picked.append(int((skin @ down).argmax()))
    return np.asarray(skin[np.unique(picked)])


def resting(obj: bpy.types.Object) -> Iterator[tuple[bpy.types.Object, Array]]:
    """Yield the meshes of a character, and their vertices (V, 3) at rest in the core's world."""
    now = np.array(obj.matrix_world, dtype=np.float64)
    if abs(np.linalg.det(now[:3, :3])) < 1e-12:
        return
    rest = armature.world_matrix(obj) @ np.linalg.inv(now)
    for mesh in bound_meshes.bound_meshes(obj):
        if not isinstance(mesh.data, bpy.types.Mesh) or not len(mesh.data.vertices):
            continue
        matrix = rest @ np.array(mesh.matrix_world, dtype=np.float64)
        places = _shaped(mesh) @ matrix[:3, :3].T + matrix[:3, 3]
        yield mesh, places @ armature.MOTION_FROM_BLENDER.T


def _shaped(mesh: bpy.types.Object) -> Array:
    """Return the vertices (V, 3) of a mesh with its shape keys, in its own space."""
    assert isinstance(mesh.data, bpy.types.Mesh)
    count = len(mesh.data.vertices)

    def read(source: bpy.types.bpy_prop_collection) -> Array:
        flat = np.empty(3 * count, dtype=np.float32)
        source.foreach_get("co", flat)
        return flat.reshape(-1, 3).astype(np.float64)

    keys = mesh.data.shape_keys
    if keys is None or not keys.use_relative:
        return read(mesh.data.vertices)
    out = read(keys.reference_key.data)
    for key in keys.key_blocks:
        if key.value and not key.mute and key != keys.reference_key:
            out += key.value * (read(key.data) - read(key.relative_key.data))
    return out


def carried(
    mesh: bpy.types.Object, some: Array, bones: frozenset[str], all_bones: frozenset[str]
) -> Array:
    """Return (n,) bool, whether ``bones`` carry most of each of the vertices ``some`` (n,).

    Groups that are not of ``all_bones`` do not count.
    """
    assert isinstance(mesh.data, bpy.types.Mesh)
    known = {group.index for group in mesh.vertex_groups if group.name in all_bones}
    groups = {group.index for group in mesh.vertex_groups if group.name in bones}
    vertices = mesh.data.vertices
    out = np.zeros(len(some), dtype=bool)
    for i, vertex in enumerate(some.tolist()):
        own = total = 0.0
        for entry in vertices[vertex].groups:
            total += entry.weight if entry.group in known else 0.0
            if entry.group in groups:
                own += entry.weight
        out[i] = own > SHARE * total
    return out
