# SPDX-License-Identifier: GPL-3.0-or-later
"""Obstacles to a take: parents, constraints, drivers, NLA strips and scales that move the rig.

Found by effect on one evaluated frame: an obstacle is named only where the evaluated transform
differs from the planned one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..scene import armature, fcurves
from .expected_places import carriers

if TYPE_CHECKING:
    from ...motion.maths.quat import Array
    from .expected_places import Expected
    from .key_plan import BoneKeys, KeyPlan

_SHARE = 0.25
"""Share of the limit below which a single effect does not count."""
_MECHANISM = ("COPY_TRANSFORMS", "COPY_ROTATION", "CHILD_OF", "ARMATURE", "IK")
"""Constraints between bones of one rig that the plan of a control rig uses."""
_PROPERTIES = ("location", "rotation", "scale", "delta")


@dataclass(frozen=True)
class _Gauge:
    """Measures by how much one transform instead of another displaces a foot."""

    limit: float
    leg_length: float
    unit: float = 1.0
    """World length of a unit of the matrices' translations."""

    @staticmethod
    def of(wanted: Expected, unit: float = 1.0) -> _Gauge:
        """Return the gauge of a plan."""
        return _Gauge(_SHARE * wanted.limit, wanted.leg_length, unit)

    def differ(self, a: Array | Matrix, b: Array | Matrix) -> bool:
        """Whether two matrices (4, 4) differ enough to count."""
        one, other = (Matrix(np.array(m, dtype=np.float64).tolist()).decompose() for m in (a, b))
        away = (one[0] - other[0]).length * self.unit
        angle = one[1].rotation_difference(other[1]).angle
        scale = float(np.abs(np.array(one[2]) - np.array(other[2])).max())
        return away + self.leg_length * (min(angle, 2.0 * np.pi - angle) + scale) > self.limit


def find(
    rig: bpy.types.Object, plan: KeyPlan, wanted: Expected, row: int, graph: bpy.types.Depsgraph
) -> Iterator[str]:
    """Yield the obstacles on a frame of the plan, as nouns for a sentence.

    ``graph`` is evaluated at the frame ``row`` of the plan.
    """
    played = rig.evaluated_get(graph)
    yield from _of_object(rig, played, plan, wanted, row, graph)
    yield from _of_bones(rig, played, plan, wanted, row)


def _of_object(
    rig: bpy.types.Object,
    played: bpy.types.Object,
    plan: KeyPlan,
    wanted: Expected,
    row: int,
    graph: bpy.types.Depsgraph,
) -> Iterator[str]:
    """Yield what moves the object: its parents, constraints, drivers or strips."""
    gauge = _Gauge.of(wanted)
    now = dict(carriers(rig, lambda obj: obj.evaluated_get(graph)))
    moved = [n for n, then in wanted.parents.items() if n in now and gauge.differ(now[n], then)]
    if moved:
        yield f'the motion of the parent "{moved[-1]}"'
    carried = wanted.world @ np.linalg.inv(wanted.basis)
    if moved:
        nearest = next(iter(now))
        carried = now[nearest] @ np.linalg.inv(wanted.parents[nearest]) @ carried
    basis = np.array(played.matrix_basis, dtype=np.float64)
    if gauge.differ(carried @ basis, played.matrix_world):
        yield from (f'the constraint "{c.name}" on "{rig.name}"' for c in _active(rig))
    if gauge.differ(carried @ basis, carried @ _planned_basis(rig, plan, wanted, row)):
        yield from _animation(rig, "", f'"{rig.name}"')


def _planned_basis(rig: bpy.types.Object, plan: KeyPlan, wanted: Expected, row: int) -> Array:
    if plan.object_location is None or plan.object_rotation is None:
        return wanted.basis
    return armature.keyed_basis(rig, plan.object_location[row], plan.object_rotation[row])


def _of_bones(
    rig: bpy.types.Object,
    played: bpy.types.Object,
    plan: KeyPlan,
    wanted: Expected,
    row: int,
) -> Iterator[str]:
    """Yield what moves bones off their keys: constraints, drivers, strips or a scale."""
    assert played.pose is not None
    gauge = _Gauge.of(wanted, float(abs(np.linalg.det(wanted.world[:3, :3])) ** (1.0 / 3.0)))
    keyed = {keys.bone: keys for keys in plan.bones}
    for name in _bones(rig, wanted, keyed):
        bone = played.pose.bones[name]
        if gauge.differ(_unconstrained(bone), bone.matrix):
            own = [c for c in _active(bone) if not _is_mechanism(rig, c)]
            yield from (f'the constraint "{c.name}" on "{name}"' for c in own)
        planned = _planned(keyed.get(name), row, bone)
        if gauge.differ(bone.matrix_basis, planned):
            yield from _animation(rig, f"{fcurves.bone_path(name)}.", f'"{name}"')


def _bones(rig: bpy.types.Object, wanted: Expected, keyed: Mapping[str, BoneKeys]) -> Iterator[str]:
    """Yield the bones that move the checked ones, or all keyed controls of a control rig."""
    if not all(name in keyed for name in wanted.places):
        yield from keyed
        return
    assert rig.pose is not None
    seen = set()
    for name in wanted.places:
        bone = rig.pose.bones[name]
        for each in (bone, *bone.parent_recursive):
            if each.name not in seen:
                seen.add(each.name)
                yield each.name


def _unconstrained(bone: bpy.types.PoseBone) -> Matrix:
    """Return the evaluated matrix of a bone without the effect of its own constraints."""
    own = bone.bone
    if bone.parent is None:
        return own.convert_local_to_pose(bone.matrix_basis, own.matrix_local)
    return own.convert_local_to_pose(
        bone.matrix_basis,
        own.matrix_local,
        parent_matrix=bone.parent.matrix,
        parent_matrix_local=bone.parent.bone.matrix_local,
    )


def _planned(keys: BoneKeys | None, row: int, bone: bpy.types.PoseBone) -> Matrix:
    """Return the planned ``matrix_basis`` of a bone; what has no keys rests."""
    place, turn, _ = bone.matrix_basis.decompose()
    if not (bone.bone.use_connect and bone.parent):
        place = Vector()
    if keys is not None and keys.location is not None:
        place = Vector(_at(keys.location, row))
    if keys is None:
        turn = Quaternion()
    elif keys.rotation is not None:
        turn = Quaternion(_at(keys.rotation, row))
    return Matrix.LocRotScale(place, turn, None)


def _at(values: Array, row: int) -> list[float]:
    found: list[float] = values[row if len(values) > 1 else 0].tolist()
    return found


def _active(owner: bpy.types.Object | bpy.types.PoseBone) -> Iterator[bpy.types.Constraint]:
    """Yield the constraints of an evaluated object or bone that have an effect."""
    for constraint in owner.constraints:
        if not constraint.mute and constraint.influence > 0.0 and constraint.is_valid:
            yield constraint


def _is_mechanism(rig: bpy.types.Object, constraint: bpy.types.Constraint) -> bool:
    """Whether a constraint is one that the plan of a control rig reckons with."""
    if constraint.type not in _MECHANISM or constraint.influence <= 0.5:
        return False
    targets = getattr(constraint, "targets", None) or [constraint]
    return any(target.target is not None and target.target.name == rig.name for target in targets)


def _animation(rig: bpy.types.Object, stem: str, label: str) -> Iterator[str]:
    """Yield the drivers, else the NLA strips, that animate the transform of an object or bone."""
    starts = tuple(stem + name for name in _PROPERTIES)
    data = rig.animation_data
    drivers = [] if data is None else [c.data_path for c in data.drivers if not c.mute]
    found = [path for path in drivers if path.startswith(starts)]
    if found:
        yield from (f'the driver on "{path.removeprefix(stem)}" of {label}' for path in found)
        return
    for strip in fcurves.strips(rig):
        if any(curve.data_path.startswith(starts) for curve in fcurves.curves_of(strip)):
            yield f'the NLA strip "{strip.name}"'
