# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way a rig at rest stands and faces."""

from collections.abc import Mapping, Sequence

import numpy as np

from .. import quat
from ..quat import Array
from .bones import RigBones, RigError


def body_axes(rig: RigBones, roles: Mapping[str, Sequence[int]]) -> Array:
    """Return (4,) world_from_body of a rig from its left and right legs and its upright axis.

    Raises RigError when left and right coincide.
    """
    heads = rig.rest_heads
    left = np.zeros(3)
    for part in ("thigh", "shin", "upper_arm", "foot"):
        if f"{part}.L" in roles and f"{part}.R" in roles:
            gap = heads[roles[f"{part}.L"][0]] - heads[roles[f"{part}.R"][0]]
            left += gap if part == "thigh" else 0.2 * gap
    feet = 0.5 * (heads[roles["foot.L"][0]] + heads[roles["foot.R"][0]])
    upright = heads[roles["hips"][0]] - feet
    up = np.eye(3)[np.argmax(np.abs(upright))] * np.sign(upright[np.argmax(np.abs(upright))])
    left -= up * (left @ up)
    if np.linalg.norm(left) < 1e-6:
        raise RigError("The left and right legs of the rig are in the same place")
    left = left / np.linalg.norm(left)
    near = np.eye(3)[np.argmax(np.abs(left))] * np.sign(left[np.argmax(np.abs(left))])
    if left @ near > 0.995:
        left = near
    forward = np.cross(left, up)
    return quat.from_matrix(np.stack([left, up, forward], axis=-1))


def stands_upright(rig: RigBones, roles: Mapping[str, Sequence[int]]) -> bool:
    """Return whether the rest pose has the spine over the legs, as people on two legs have."""
    top = next((roles[r][-1] for r in ("head", "neck", "spine") if roles.get(r)), -1)
    if top < 0:
        return True
    heads = rig.rest_heads
    hips = heads[roles["hips"][0]]
    feet = 0.5 * (heads[roles["foot.L"][0]] + heads[roles["foot.R"][0]])
    return bool(quat.unit(heads[top] - hips) @ quat.unit(feet - hips) < -0.4)
