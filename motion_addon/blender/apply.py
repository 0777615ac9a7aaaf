# SPDX-License-Identifier: GPL-3.0-or-later
"""From a baked clip to keys on an armature: the one entry point for operators.

Owns the order of the steps: read the rig, retarget, choose the bones that carry the keys (deform
bones, Rigify's controls, custom IK targets), convert to channels, thin out, write. Does not own
the mathematics (``motion.retarget``), nor F-curves (``fcurves``), nor takes and undo.

    plan = plan_keys(obj, rig_map, clip, KeySettings(root_motion="root"))
    before = snapshot(obj, plan)                 # to restore exactly, when a take is rejected
    action = write(plan, obj, frame_start=1)     # a new action; or write(plan, obj, action, slot)
    restore(obj, before)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import bpy

    from ..motion.clip import Clip
    from ..motion.rigs import RigMap

RootMotion = Literal["hips", "root", "object", "in_place"]


@dataclass(frozen=True)
class KeySettings:
    """How a clip becomes keys."""

    root_motion: RootMotion = "hips"
    """Where the travel goes: the hips, the root bone, the object, or nowhere."""
    keys: Literal["dense", "sparse"] = "dense"
    """One key a frame, or the fewest keys within ``tolerance``."""
    tolerance: float = 0.002
    """Largest error of a sparse curve: metres for locations, radians for rotations."""
    fps: float | None = None
    """Scene frames per second; None takes the clip's own rate (one key on each frame)."""
    keep_path: bool = True
    """Keep the clip's ground positions; False scales them with the character's size."""
    controls: Literal["auto", "deform"] = "auto"
    """Auto keys a control rig's own controls where it has them; deform keys the mapped bones."""


@dataclass(frozen=True)
class BoneKeys:
    """Channels of one pose bone over all frames of the plan."""

    bone: str
    rotation: np.ndarray | None
    """(T, 4) wxyz, sign-continuous, in the bone's own rest basis (``matrix_basis``)."""
    location: np.ndarray | None
    """(T, 3) in the bone's own rest basis and armature units."""


@dataclass(frozen=True)
class KeyPlan:
    """Everything that ``write`` puts into an action; plain arrays, no Blender data."""

    frames: np.ndarray
    """(T,) scene frames, starting at 0."""
    bones: tuple[BoneKeys, ...]
    object_location: np.ndarray | None = None
    """(T, 3) in the object's own ``location`` (parent space), for root motion on the object."""
    object_rotation: np.ndarray | None = None
    """(T, 4) wxyz, likewise."""
    switches: tuple[tuple[str, str, float], ...] = ()
    """(pose bone, custom property, value): IK/FK switches set and keyed once at the start."""
    settings: KeySettings = field(default_factory=KeySettings)
    notes: tuple[str, ...] = ()
    """Plain sentences worth showing to the artist."""


def plan_keys(
    obj: bpy.types.Object, rig_map: RigMap, clip: Clip, settings: KeySettings | None = None
) -> KeyPlan:
    """Retarget ``clip`` to the armature ``obj`` and lay out its channels; changes nothing.

    Args:
        obj: an armature object; its world matrix, parent and rest pose are respected.
        rig_map: from ``rigs.detect(armature.read_rig(obj))`` or edited by the artist.
        clip: world = path coordinates, motion axes (Y up), as ``bake`` returns it.
        settings: see ``KeySettings``.

    Raises:
        RigError: one plain sentence (linked data, no bones, zero scale, missing roles, ...).
    """
    raise NotImplementedError


def write(
    plan: KeyPlan,
    obj: bpy.types.Object,
    action: bpy.types.Action | None = None,
    slot: Any | None = None,
    frame_start: float = 1.0,
) -> bpy.types.Action:
    """Write the plan's keys into ``action`` (None makes one) and assign it to ``obj``.

    ``slot`` None takes the action's slot for this object, or adds one. F-curves of the same
    channels in that slot are replaced, others are left alone. Keys land on
    ``frame_start + plan.frames``. Returns the action.
    """
    raise NotImplementedError


def snapshot(obj: bpy.types.Object, plan: KeyPlan) -> dict[str, Any]:
    """Return the values of every channel and switch that the plan would touch."""
    raise NotImplementedError


def restore(obj: bpy.types.Object, values: dict[str, Any]) -> None:
    """Put back what ``snapshot`` returned (channels and switches, not the action)."""
    raise NotImplementedError
