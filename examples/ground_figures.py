# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of feet on a ground, measured on the evaluated skin of a keyed character.

Distances are signed: below 0 is under the surface.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np

from examples.character import Character
from examples.courses import Ground
from motion_addon.blender.rig import control_rigs, skin_soles
from motion_addon.blender.scene import armature
from motion_addon.motion import rigs
from motion_addon.motion.body.body import Body, Leg
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.footing.footing import Footing
from motion_addon.motion.maths import quat
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.metrics.biped_metrics import KNEE_POP
from motion_addon.motion.metrics.quadruped_metrics import POP
from motion_addon.motion.rigs.measure import measure

CM: Final = 100.0
THICK: Final = 0.06
"""Height over the lowest skin of a foot at rest up to which its skin is measured, over the leg."""
TOUCHING: Final = 0.004
"""Meters over the lowest skin, or over the ground, up to which skin touches it."""
LIFTED: Final = np.radians(2.0)
"""Pitch of a foot, from its usual one in a contact of the heel, at which the heel has lifted."""


@dataclass(frozen=True, eq=False)
class Foot:
    """The skin of one foot, by numbers of vertices."""

    leg: Leg
    skin: np.ndarray
    """(N,) all low skin."""
    heel: np.ndarray
    """(H,) places in ``skin``; none for a paw."""
    ball: np.ndarray
    """(B,) places in ``skin``."""


@dataclass(frozen=True, eq=False)
class Motion:
    """A keyed motion as seen in the scene, Blender's axes."""

    skins: list[np.ndarray]
    """Of each foot (T, N, 3)."""
    hips: np.ndarray
    """(T, 3)"""
    bends: np.ndarray
    """(T, K) of knees or of all joints of the legs, radians."""


@dataclass(frozen=True)
class Figures:
    """Figures of one motion; lengths in centimeters."""

    median: float
    most: float
    """95 % of stance frames are nearer to the ground."""
    stance: float
    """Deepest skin in a stance, 0 or more."""
    swing: float
    """Deepest skin outside of stances."""
    slip: float
    """95th percentile of the way of a sole's middle in a stance."""
    skate: float
    pops: float
    """Jumps of the bends of legs, each minute."""
    jerk: float
    worst: tuple[tuple[str, int, float], ...] = ()
    """Foot and region, frame, and distance of the farthest stance frames."""
    deepest: tuple[tuple[str, int, float], ...] = ()


def body_of(rig: bpy.types.Object) -> Body:
    """Return the body of a rig."""
    bones = armature.read_rig(rig)
    return measure(bones, control_rigs.prepare(bones, rigs.detect(bones)))


def feet_of(creature: Character, body: Body) -> list[Foot]:
    """Return the feet of a character in the rest pose."""
    mesh = creature.body.data
    count = len(mesh.vertices)
    flat = np.empty(3 * count, np.float32)
    mesh.vertices.foreach_get("co", flat)
    matrix = np.array(creature.body.matrix_world)
    world = flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    core = world @ armature.MOTION_FROM_BLENDER.T
    points = quat.inv_apply(body.world_from_body, core - body.origin)
    names = [group.name for group in creature.body.vertex_groups]
    shares = np.zeros((count, len(names)))
    for vertex in mesh.vertices:
        for entry in vertex.groups:
            shares[vertex.index, entry.group] = entry.weight
    total = np.maximum(shares.sum(axis=1), 1e-9)
    feet = []
    for region in skin_soles.regions(body):
        leg = region.leg
        own = shares[:, [i for i, name in enumerate(names) if name in region.bones]].sum(axis=1)
        skin = np.flatnonzero((own > 0.5 * total) & np.isfinite(region.distances(points)))
        low = points[skin, 1].min()
        skin = skin[points[skin, 1] < low + THICK * leg.reach]
        ahead = quat.apply(leg.foot_yaw, np.array([0.0, 0.0, 1.0]))
        place = (points[skin] - leg.ball) @ ahead
        heel, ball = np.zeros(0, int), np.arange(len(skin))
        if leg.heel is not None:
            length = float((leg.ball - leg.heel) @ ahead)
            heel = np.flatnonzero(place < -0.5 * length)
            ball = np.flatnonzero(place > -0.2 * length)
        feet.append(Foot(leg, skin, heel, ball))
    return feet


def sample(creature: Character, body: Body, feet: list[Foot], frames: int) -> Motion:
    """Return the evaluated motion of a character that is keyed from frame 0."""
    rig, scene = creature.rig, bpy.context.scene
    order = [bone.name for bone in rig.pose.bones]
    chains = [[order.index(body.rig.names[bone]) for bone in leg.bones] for leg in body.legs]
    hip = order.index(body.rig.names[body.bone("hips")])
    skins: list[list[np.ndarray]] = [[] for _ in feet]
    heads = np.empty((frames, len(order), 3))
    matrices = np.empty(len(order) * 16, np.float32)
    for frame in range(frames):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        shown, mesh = rig.evaluated_get(graph), creature.body.evaluated_get(graph)
        shown.pose.bones.foreach_get("matrix", matrices)
        here = matrices.reshape(-1, 4, 4)[:, 3, :3]
        matrix = np.array(shown.matrix_world)
        heads[frame] = here @ matrix[:3, :3].T + matrix[:3, 3]
        points = np.empty(3 * len(mesh.data.vertices), np.float32)
        mesh.data.vertices.foreach_get("co", points)
        matrix = np.array(mesh.matrix_world)
        for foot, out in zip(feet, skins, strict=True):
            out.append(points.reshape(-1, 3)[foot.skin] @ matrix[:3, :3].T + matrix[:3, 3])
    bends = [_bend(heads[:, chain[i : i + 3]]) for chain in chains for i in range(len(chain) - 2)]
    if body.kind.foot.rolls:
        bends = [_bend(heads[:, chain[:3]]) for chain in chains]
    return Motion([np.stack(s) for s in skins], heads[:, hip], np.stack(bends, axis=1))


def _bend(joints: np.ndarray) -> np.ndarray:
    """Return (T,) the angle at the middle one of three joints (T, 3, 3)."""
    one, two = quat.unit(joints[:, 1] - joints[:, 0]), quat.unit(joints[:, 2] - joints[:, 1])
    return np.arccos(np.clip((one * two).sum(axis=-1), -1.0, 1.0))


def figures(
    motion: Motion, feet: list[Foot], footing: Footing, ground: Ground, body: Body
) -> Figures:
    """Return the figures of a motion on a ground; stances are those of ``footing``."""
    stands: list[tuple[str, int, float]] = []
    depths: dict[bool, list[tuple[str, int, float]]] = {True: [], False: []}
    slips: list[float] = []
    tracks = []
    for index, (foot, skin) in enumerate(zip(feet, motion.skins, strict=True)):
        over = ground.over(skin.reshape(-1, 3)).reshape(skin.shape[:2])
        heel, ball = footing.marks(body.kind, index)
        low = over.min(axis=1)
        name = foot.leg.joints.name
        for frame, depth in enumerate(low):
            depths[bool(heel[frame] or ball[frame])].append((name, frame, CM * float(depth)))
        for part, own, down in (
            ("heel", foot.heel, _held(heel, skin, foot)),
            ("ball", foot.ball, ball),
        ):
            if len(own):
                stands += [
                    (f"{name} {part}", int(f), CM * float(over[f, own].min()))
                    for f in np.flatnonzero(down)
                ]
        middle, height = _middle(skin[:, foot.ball], over[:, foot.ball])
        slips += _slips(skin[:, foot.ball], over[:, foot.ball], ball)
        tracks.append(np.stack([middle[:, 0], height, middle[:, 1]], axis=1))
    distances = np.abs([distance for *_, distance in stands])
    fps, size = footing.fps, body.leg_length / body.kind.hip_height
    rolls = body.kind.foot.rolls
    skate = clip_metrics.foot_skate(
        np.stack(tracks, axis=1),
        fps,
        tuple(range(len(feet))),
        clip_metrics.SKATE_HEIGHT * (1.0 if rolls else size),
    )
    return Figures(
        float(np.median(distances)),
        float(np.percentile(distances, 95)),
        _deepest(depths[True]),
        _deepest(depths[False]),
        float(np.percentile(slips, 95)) if slips else 0.0,
        skate,
        clip_metrics.pops(motion.bends, fps, KNEE_POP if rolls else POP / size),
        clip_metrics.jerk(motion.hips[:, None], fps),
        tuple(_spread(sorted(stands, key=lambda one: -abs(one[2])))),
        tuple(_spread(sorted(depths[False], key=lambda one: one[2]))),
    )


def _deepest(depths: list[tuple[str, int, float]]) -> float:
    """Return how deep (cm) the deepest skin is in some frames, 0 or more."""
    return max([0.0, *(-depth for *_, depth in depths)])


def _spread(
    found: list[tuple[str, int, float]], count: int = 3
) -> Iterator[tuple[str, int, float]]:
    """Yield the first few that are more than 10 frames apart or of other feet."""
    done: list[tuple[str, int, float]] = []
    for one in found:
        if all(one[0] != other[0] or abs(one[1] - other[1]) > 10 for other in done):
            done.append(one)
            yield one
        if len(done) == count:
            return


def _held(heel: np.ndarray, skin: np.ndarray, foot: Foot) -> np.ndarray:
    """Return (T,) the frames of a heel's contacts (T,) before it lifts, by the pitch of the foot.

    A contact ends late: it keeps the heel in its place while the heel has begun to rise.
    """
    if not len(foot.heel):
        return heel
    line = skin[:, foot.ball].mean(axis=1) - skin[:, foot.heel].mean(axis=1)
    pitch = np.arctan2(line[:, 2], np.linalg.norm(line[:, :2], axis=-1))
    out = np.zeros(len(heel), bool)
    for start, stop in runs(heel):
        usual = np.percentile(pitch[start:stop], 60)
        out[start:stop] = pitch[start:stop] > usual - LIFTED
    return out


def _middle(skin: np.ndarray, over: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return place (T, 3) and height (T,) of the middle of the skin that is lowest in general."""
    usual = np.percentile(over, 10, axis=0)
    own = usual <= usual.min() + 0.01
    return skin[:, own].mean(axis=1), over[:, own].mean(axis=1)


def _slips(skin: np.ndarray, over: np.ndarray, down: np.ndarray) -> list[float]:
    """Return the way (cm) that the skin (T, N, 3) which touches the ground goes in each stance."""
    steps = np.diff(skin, axis=0)
    low = np.maximum(over[1:], over[:-1])
    touching = low <= np.maximum(low.min(axis=1, keepdims=True), 0.0) + TOUCHING
    share = touching / np.maximum(touching.sum(axis=1, keepdims=True), 1)
    ways = np.linalg.norm((steps * share[..., None]).sum(axis=1), axis=-1)
    return [CM * float(ways[start : stop - 1].sum()) for start, stop in runs(down)]
