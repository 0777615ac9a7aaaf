# SPDX-License-Identifier: GPL-3.0-or-later
"""The plain way of putting a level walk on a ground, to compare with: IK of projected feet.

Each foot is raised by the ground's height under it, the hips by the mean of the feet.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from motion_addon.motion.body.sole import Sole
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.footing import laid_clip, legs, trunk
from motion_addon.motion.footing.foot import FootTrack
from motion_addon.motion.plan.ground_mesh import GroundMesh


def projected(clip: Clip, ground: GroundMesh) -> Clip:
    """Return a level clip whose feet are raised by the heights of a ground under them."""
    pose = laid_clip.posed(clip)
    tracks = [FootTrack.of(pose, leg, Sole.of_bones(leg)) for leg in pose.body.legs]
    rises = [np.nan_to_num(ground.heights(track.ball)) for track in tracks]
    up = np.array([0.0, 1.0, 0.0])
    lifted = trunk.lifted(pose, np.mean(rises, axis=0))
    rotations, positions = dict(lifted.rotations), dict(lifted.positions)
    for leg, track, rise in zip(pose.body.legs, tracks, rises, strict=True):
        turned, placed, _ = legs.reach(pose, lifted, leg, track.moved(rise[:, None] * up))
        rotations |= turned
        positions |= placed
    done = replace(lifted, rotations=rotations, positions=positions)
    return replace(laid_clip.written(clip, done), contacts=None)
