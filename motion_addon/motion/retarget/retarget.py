# SPDX-License-Identifier: GPL-3.0-or-later
"""Retarget: motion of one skeleton as poses of another body of the same kind.

``pose`` returns the poses of a rig, which ``channels`` turns into keyframe values; ``to_skeleton``
returns a clip on another skeleton.
"""

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

from ...errors import RefusedError
from ..body.body import Body
from ..body.body_pose import BodyPose
from ..body.kinds import BIPED, QUADRUPED, Kind, kind_of
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..rigs import RigBones, RigMap, detect
from ..rigs.measure import measure
from .pose_animal import AnimalTransfer
from .pose_person import PersonTransfer
from .settings import RetargetSettings
from .sole_heights import planted_ball_height, planted_paw_height, usual_ball_height

_TRANSFERS: Final[Mapping[Kind, type[PersonTransfer | AnimalTransfer]]] = {
    BIPED: PersonTransfer,
    QUADRUPED: AnimalTransfer,
}
"""How the motion of each kind of body moves to another body."""


def source_body(clip: Clip, rig_map: RigMap | None = None, ball: float | None = None) -> Body:
    """Return the body of a clip's skeleton; ``ball`` is its planted ball height (m) if known."""
    rig = RigBones.from_skeleton(clip.skeleton)
    rig_map = rig_map or detect(rig)
    body = measure(rig, rig_map)
    planted = planted_ball_height if body.kind.foot.rolls else planted_paw_height
    return measure(rig, rig_map, ball or planted(clip, body))


def height_ratio(rig: RigBones, rig_map: RigMap, skeleton: Skeleton) -> float:
    """Return the size of a rig over the size of a skeleton, by which a bake is scaled.

    Sizes are compared by ``Body.leg_length``. Raises RefusedError when the map does not fit the
    rig.
    """
    own = RigBones.from_skeleton(skeleton)
    own_map = detect(own)
    foot = kind_of(skeleton).foot
    ball = None if foot.rolls else foot.height(skeleton)
    return measure(rig, rig_map).leg_length / measure(own, own_map, ball).leg_length


def pose(
    clip: Clip, source: Body, target: Body, settings: RetargetSettings | None = None
) -> BodyPose:
    """Return the target's poses for every frame of ``clip``.

    ``source`` is the body of the clip's skeleton (``source_body``), ``target`` of the user's rig
    (``rigs.measure``). Feet keep their world places to the last digit wherever the legs can reach;
    the pelvis comes down smoothly where they could not. Raises RefusedError for bodies of
    different kinds.
    """
    if source.kind is not target.kind:
        raise RefusedError(
            f"This motion is for a body on {source.kind.on_legs} legs; "
            f"the rig stands on {target.kind.on_legs}"
        )
    return _TRANSFERS[source.kind](clip, source, target, settings or RetargetSettings()).pose()


def to_skeleton(
    clip: Clip,
    target: Skeleton,
    *,
    source_ball_height: float | None = None,
    target_ball_height: float | None = None,
    keep: Literal["path", "size"] = "size",
) -> Clip:
    """Return ``clip`` on another motion skeleton, feet flat and planted on ground at zero.

    Joint rotations follow the body parts of the source (rest poses may differ, T or A), feet
    keep their world angles, positions scale with leg length. Ball heights (m) are heights of the
    planted ball joints; None measures the source's in the clip and takes the target's from body
    proportions. Contacts are passed on.

    Raises RefusedError when the parts of the source's body are not recognized.
    """
    source = source_body(clip, ball=source_ball_height)
    rig = RigBones.from_skeleton(target)
    rig_map = detect(rig)
    if target_ball_height is None:
        target_ball_height = usual_ball_height(target, measure(rig, rig_map))
    body = measure(rig, rig_map, target_ball_height)
    posed = pose(
        clip,
        source,
        body,
        RetargetSettings(keep, soles=False, soft_knee=0.001, max_reach=0.9998),
    )
    world = np.tile(quat.IDENTITY.astype(np.float64), (clip.frames, len(target), 1))
    for joint, parent in enumerate(target.parents):
        if joint in posed.rotations:
            # World rotations of joints whose rest is the identity in their own frame.
            world[:, joint] = posed.rotations[joint]
        elif parent >= 0:
            world[:, joint] = world[:, parent]
    local = quat.unroll(quat.normalize(target.local(world))).astype(np.float32)
    root = posed.positions[body.bone("hips")].astype(np.float32)
    return Clip(target, local, root, clip.fps, clip.contacts)
