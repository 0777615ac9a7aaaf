# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections that make new poses meet the kept ones, interpolated over the gaps."""

import numpy as np

from ..cleanup import foot_lock
from ..maths import quat
from ..maths.quat import Array


def bridged_rotations(turned: Array, before: Array, known: Array, fps: float) -> Array:
    """Return rotations (T, ..., 4) that are ``before`` at ``known`` (T,) frames.

    Elsewhere they are ``turned``, corrected by the interpolated difference at the kept frames.
    """
    off = quat.to_rotvec(quat.inv_mul(turned, before.astype(np.float64)))
    out = quat.mul(turned, quat.from_rotvec(_bridged(off, known, fps)))
    return quat.unroll(np.where(_like(known, out), before, out))


def bridged_positions(placed: Array, before: Array, known: Array, fps: float) -> Array:
    """Return positions (T, ..., 3) that are ``before`` at ``known`` (T,) frames, likewise."""
    out = placed + _bridged(before - placed, known, fps)
    return np.where(_like(known, out), before, out)


def _bridged(off: Array, known: Array, fps: float) -> Array:
    """Return values (T, ...) of ``known`` (T,) frames, interpolated smoothly over the others."""
    off = np.where(_like(known, off), off, 0.0)
    return foot_lock.bridged(off.reshape(len(off), -1), known, fps).reshape(off.shape)


def _like(known: Array, values: Array) -> Array:
    return known.reshape(-1, *(1,) * (values.ndim - 1))
