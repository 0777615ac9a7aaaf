# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bones of a rig do in a filling, and how new poses lead over to those that are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..cleanup import foot_lock
from ..maths import quat
from ..maths.quat import Array


@dataclass(frozen=True, eq=False)
class BonePoses:
    """World poses of a body's mapped bones over time."""

    rotations: Mapping[int, Array]
    """Bone index to (T, 4) world_from_bone."""
    positions: Mapping[int, Array]
    """Bone index to (T, 3) world position of its head."""
    contacts: Array
    """(T, 4) as in a clip."""


def bridged_rotations(turned: Array, before: Array, known: Array, fps: float) -> Array:
    """Return rotations (T, ..., 4) that are ``before`` at ``known`` (T,) frames.

    Between those, ``turned`` is off by what leads over from one kept frame to the next.
    """
    off = quat.to_rotvec(quat.inv_mul(turned, before.astype(np.float64)))
    out = quat.mul(turned, quat.from_rotvec(_bridged(off, known, fps)))
    return quat.unroll(np.where(_like(known, out), before, out))


def bridged_positions(placed: Array, before: Array, known: Array, fps: float) -> Array:
    """Return places (T, ..., 3) that are ``before`` at ``known`` (T,) frames, likewise."""
    out = placed + _bridged(before - placed, known, fps)
    return np.where(_like(known, out), before, out)


def _bridged(off: Array, known: Array, fps: float) -> Array:
    """Return (T, ...) what holds at ``known`` (T,) frames, bridged over the others."""
    off = np.where(_like(known, off), off, 0.0)
    return foot_lock.bridged(off.reshape(len(off), -1), known, fps).reshape(off.shape)


def _like(known: Array, values: Array) -> Array:
    return known.reshape(-1, *(1,) * (values.ndim - 1))
