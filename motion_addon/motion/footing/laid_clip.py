# SPDX-License-Identifier: GPL-3.0-or-later
"""A level clip of a canonical skeleton, laid on its footing."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..body.body import Body
from ..body.body_pose import BodyPose
from ..body.kinds import kind_of
from ..body.rig_bones import RigBones
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from ..rigs.detection import detect
from ..rigs.measure import measure
from .footing import Footing
from .lay import Laid, lay

_TRACK_SECONDS = 0.15
"""Spread (s, sigma) of the smoothing of the hips' heading."""


def laid_clip(clip: Clip, footing: Footing) -> tuple[Clip, Laid]:
    """Return a level clip on its footing, and its pose with its own prints."""
    pose = posed(clip)
    laid = lay(pose, footing)
    return replace(written(clip, laid.pose), contacts=contacts_on(clip, footing)), laid


def posed(clip: Clip) -> BodyPose:
    """Return the pose of a clip on its own skeleton."""
    body = body_of(clip)
    rotations, positions = (part.astype(np.float64) for part in clip.world())
    bones = [*body.parents]
    hips = positions[:, [leg.top for leg in body.hind_legs]].mean(axis=1) * [1.0, 0.0, 1.0]
    ahead = quat.apply(rotations[:, bones[0]], np.array([0.0, 0.0, 1.0])) * [1.0, 0.0, 1.0]
    yaws = np.unwrap(quat.yaw_of(smooth(ahead, _TRACK_SECONDS * clip.fps)))
    return BodyPose(
        body,
        {bone: rotations[:, bone] for bone in bones},
        {bone: positions[:, bone] for bone in bones},
        (),
        smooth(hips, _TRACK_SECONDS * clip.fps),
        yaws,
        np.zeros(clip.frames),
        clip.fps,
    )


def body_of(clip: Clip) -> Body:
    """Return the body of a clip's canonical skeleton."""
    return _measured(clip.skeleton)


@lru_cache(maxsize=4)
def _measured(skeleton: Skeleton) -> Body:
    rig = RigBones.from_skeleton(skeleton)
    found = detect(rig)
    return measure(rig, found, found.kind.foot.height(skeleton))


def written(clip: Clip, pose: BodyPose) -> Clip:
    """Return the clip with the world rotations and the root of a pose of its skeleton."""
    world = np.empty(clip.rotations.shape)
    local = clip.rotations.astype(np.float64)
    for joint, parent in enumerate(clip.skeleton.parents):
        known = pose.rotations.get(joint)
        if known is None:
            known = local[:, joint] if parent < 0 else quat.mul(world[:, parent], local[:, joint])
        world[:, joint] = known
    rotations = quat.unroll(quat.normalize(clip.skeleton.local(world)))
    root = pose.positions[pose.body.bone("hips")]
    return replace(
        clip,
        rotations=rotations.astype(np.float32),
        root_positions=root.astype(np.float32),
    )


def contacts_on(clip: Clip, footing: Footing) -> Array | None:
    """Return the contacts (T, P) of a clip without left out stances and with added ones."""
    if clip.contacts is None:
        return None
    kind, out = kind_of(clip.skeleton), np.array(clip.contacts)
    for leg, ball in zip(kind.legs, kind.balls, strict=True):
        first = ball + 1 - len(kind.foot.points)
        for step in footing.steps(leg.name):
            if step.wanted is None or step.level is None:
                out[step.start : step.stop, first : ball + 1] = float(step.wanted is not None)
    return out
