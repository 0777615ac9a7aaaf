# SPDX-License-Identifier: GPL-3.0-or-later
"""From the canonical quadruped back to the rig it came from, with what the rig has beyond it."""

import numpy as np
import pytest

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import plan_similarity
from motion_addon.motion.creature.own_rig import extra_bones, own_rig, paw_reach
from motion_addon.motion.creature.own_rig.extra_bones import ExtraBoneMotion
from motion_addon.motion.creature.own_rig.own_rig import BoneMotion, OwnRig
from motion_addon.motion.maths import quat
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import Trajectory, plan
from tests.motion.beasts import beast, stepping

WALK = (0.0, 0.25, 0.5, 0.75)
TROT = (0.0, 0.5, 0.5, 0.0)
RATE = 1.25
"""Strides a second."""
SIZE = 0.8


def eared(clip: Clip) -> Clip:
    """Return a clip of the beast with a root under its hips and an ear that flaps."""
    old = clip.skeleton
    names = ("ground", *old.names, "ear")
    parents = np.concatenate([[-1], old.parents + 1, [old.index("head") + 1]])
    offsets = np.concatenate([np.zeros((1, 3)), old.offsets, [[0.1, 0.1, 0.0]]])
    offsets[1] = [0.0, clip.root_positions[0, 1], 0.0]
    tips = tuple((joint + 1, tip) for joint, tip in old.end_sites)
    skeleton = Skeleton(names, parents, offsets, tips)
    still = np.tile(quat.IDENTITY, (clip.frames, 1, 1)).astype(np.float32)
    phase = np.arange(clip.frames) * RATE / clip.fps
    flap = 0.3 + 0.4 * np.sin(2.0 * np.pi * phase)
    ear = quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), flap)[:, None]
    rotations = np.concatenate([still, clip.rotations, ear], axis=1)
    # The back twists in two places, of which the canonical trunk knows the sum.
    twist = quat.from_axis_angle(np.array([0.0, 1.0, 0.0]), 0.1 * np.cos(2.0 * np.pi * phase))
    rotations[:, names.index("back")] = twist
    roll = quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), 0.06 * np.sin(2.0 * np.pi * phase))
    rotations[:, names.index("pelvis")] = roll
    place = clip.root_positions * np.array([1.0, 0.0, 1.0])
    return Clip(skeleton, rotations.astype(np.float32), place.astype(np.float32), clip.fps)


def moved(clip: Clip) -> tuple[OwnRig, Clip, BoneMotion, np.ndarray]:
    """Return the rig of a clip, its canonical clip, its bones on level ground and its phase."""
    rest = np.tile(quat.IDENTITY, (len(clip.skeleton), 1)).astype(np.float64)
    own = OwnRig(clip.skeleton, beast()[1], rest)
    turns, places = (values.astype(np.float64) for values in clip.world())
    canonical, _ = own.canonical.convert(turns, places, clip.fps)
    up = canonical.root_positions[0] - own.canonical.landmarks.places(turns, places)[0, 0]
    return own, canonical, BoneMotion(turns, places + up), np.arange(clip.frames) * RATE / clip.fps


@pytest.fixture(scope="module")
def walked() -> tuple[OwnRig, Clip, BoneMotion, np.ndarray]:
    return moved(eared(stepping(SIZE, RATE, 0.8, WALK)))


def posed(own: OwnRig, fitted: ExtraBoneMotion, clip: Clip, *shares: np.ndarray) -> BoneMotion:
    """Return the rig's motion with its extras at phases, similarity and movement."""
    return own_rig.pose(own, clip, extra_bones.corrections(own, fitted, *shares))


def off(own: OwnRig, got: BoneMotion, real: BoneMotion) -> float:
    """Return how far joints are from where they were, mean, over the hip's height."""
    away = np.linalg.norm(got.places - real.places, axis=-1)
    return float(away.mean() / own.canonical.hip_height)


def test_the_rig_takes_its_own_motion_back(walked) -> None:
    own, clip, bones, phase = walked
    bare = off(own, own_rig.pose(own, clip), bones)
    one = np.ones(clip.frames)
    fitted = extra_bones.fit(own, clip, bones, phase)
    whole = off(own, posed(own, fitted, clip, phase, one, one), bones)
    assert bare < 0.02
    assert whole < 0.004


def test_paws_are_where_the_canonical_ones_are(walked) -> None:
    own, _, _, phase = walked
    trot = moved(eared(stepping(SIZE, RATE, 1.6, TROT)))[1]
    fitted = extra_bones.fit(*walked)
    none = np.zeros(trot.frames)
    got = posed(own, fitted, trot, phase, none, none)
    found = own.canonical.landmarks.places(got.turns, got.places)
    paws = found[:, [quadruped.JOINTS.index(name) for name in quadruped.PAWS]]
    assert np.abs(paws - quadruped.paw_points(trot)).max() < 1e-3 * SIZE


def test_an_ear_follows_the_stride_at_any_speed_and_rests_in_a_stand(walked) -> None:
    own, clip, _, phase = walked
    fitted = extra_bones.fit(*walked)
    ear = own.skeleton.index("ear")
    one, none = np.ones(clip.frames), np.zeros(clip.frames)

    def flaps(near: np.ndarray, moving: np.ndarray) -> np.ndarray:
        turns = extra_bones.corrections(own, fitted, phase, near, moving).turns[ear]
        return np.asarray(2.0 * np.arcsin(turns[:, 3]))

    assert np.ptp(flaps(one, one)) == pytest.approx(0.8, rel=0.03)
    assert np.ptp(flaps(none, one)) == pytest.approx(0.8 * extra_bones.KEPT, rel=0.03)
    assert np.ptp(flaps(none, none)) < 1e-6
    assert flaps(none, none).mean() == pytest.approx(0.3, abs=0.01)


def test_of_half_a_stride_only_the_mean_pose_is_taken(walked) -> None:
    own, clip, bones, phase = walked
    half = slice(0, 24)
    short = BoneMotion(bones.turns[half], bones.places[half])
    fitted = extra_bones.fit(own, clip.slice(0, 24), short, phase[half])
    assert not fitted.curves.any()
    assert np.abs(fitted.turns[own.skeleton.index("ear"), 3]) > 0.05


def test_bones_that_shift_do_so_again(walked) -> None:
    own, clip, bones, phase = walked
    ear = own.skeleton.index("ear")
    places = bones.places.copy()
    places[:, ear, 1] += 0.05 * SIZE * (1.0 + np.cos(2.0 * np.pi * phase))
    shifted = BoneMotion(bones.turns, places)
    one = np.ones(clip.frames)
    got = posed(own, extra_bones.fit(own, clip, shifted, phase), clip, phase, one, one)
    assert np.abs(got.places[:, ear] - places[:, ear]).max() < 0.02 * SIZE


def test_a_root_on_the_ground_stays_level(walked) -> None:
    own, clip, bones, phase = walked
    one = np.ones(clip.frames)
    fitted = extra_bones.fit(*walked)
    got = posed(own, fitted, clip, phase, one, one)
    assert fitted.level[0]
    assert np.abs(got.places[:, 0, 1] - bones.places[:, 0, 1]).max() < 0.01 * SIZE


def test_rig_and_extras_are_stored(walked, tmp_path) -> None:
    own, clip, _, phase = walked
    fitted = extra_bones.fit(*walked)
    arrays = {f"own_{k}": v for k, v in own.to_arrays().items()}
    arrays |= {f"extras_{k}": v for k, v in fitted.to_arrays().items()}
    np.savez_compressed(tmp_path / "rig.npz", **arrays)
    with np.load(tmp_path / "rig.npz", allow_pickle=False) as data:
        parts = [
            {k.removeprefix(kind): data[k] for k in data.files if k.startswith(kind)}
            for kind in ("own_", "extras_")
        ]
    again, same = OwnRig.from_arrays(parts[0]), ExtraBoneMotion.from_arrays(parts[1])
    one = np.ones(clip.frames)
    got = posed(again, same, clip, phase, one, one)
    assert off(own, got, posed(own, fitted, clip, phase, one, one)) < 1e-3


def straight(speed: float, gait: str = "auto") -> Trajectory:
    return plan(
        Path.from_points(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 12.0]])),
        speed=((0.0, speed),),
        gait=gait,
        facing="path",
        start=True,
        stop=True,
        mover=quadruped_gaits.MOVER,
    )


def test_nearness_falls_with_gait_and_speed() -> None:
    same, faster = straight(0.9), straight(1.4)
    middle = len(same) // 2
    assert plan_similarity.similarity(same, "walk", 0.9)[middle] > 0.99
    assert 0.1 < plan_similarity.similarity(faster, "walk", 0.9)[len(faster) // 2] < 0.6
    assert plan_similarity.similarity(straight(2.5, "trot"), "walk", 0.9).max() < 0.02
    assert plan_similarity.similarity(same, "walk", 0.9)[0] < 0.05
    assert plan_similarity.moving(same)[[0, middle, -1]] == pytest.approx([0.0, 1.0, 0.0], abs=0.01)


def test_plans_far_from_the_exemplar_are_called_so() -> None:
    assert plan_similarity.warnings(straight(0.9), "walk", 0.9) == []
    (text,) = plan_similarity.warnings(straight(4.5, "gallop"), "walk", 0.9)
    assert text == "The exemplar is a walk at Froude 0.15; a gallop is extrapolated."
    (text,) = plan_similarity.warnings(straight(0.4, "walk"), "walk", 1.4)
    assert "one at 0.029 is extrapolated" in text


def test_legs_that_are_too_short_do_not_snap_straight(walked) -> None:
    own, clip, _, _ = walked
    high = Clip(
        clip.skeleton,
        clip.rotations,
        clip.root_positions + np.float32([0.0, 0.06 * SIZE, 0.0]),
        clip.fps,
        quadruped.paw_contacts(quadruped.paw_points(clip), clip.fps),
    )
    goals = quadruped.paw_points(clip).astype(np.float64)
    moved = {}
    bones = own_rig.pose(own, high)
    for i, leg in enumerate(own.legs):
        goal = leg.goal(bones.turns, goals[:, i])
        moved |= paw_reach.reach(leg, bones.turns, bones.places, goal, np.zeros(clip.frames))
    turned = np.stack([moved[bone] for leg in own.legs for bone in leg.bent], axis=1)
    speeds = quat.to_rotvec(quat.inv_mul(turned[:-1], turned[1:])) * clip.fps
    assert np.abs(np.diff(speeds, axis=0)).max() * clip.fps < 150.0
