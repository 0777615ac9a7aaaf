# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean-up of a walk made by hand: feet stand, knees bend, the root is on the plan."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import biped
from motion_addon.motion.cleanup import foot_lock, stances
from motion_addon.motion.cleanup.cleanup import CleanupSettings, clean
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import leg_ik, quat
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.metrics import biped_metrics, clip_metrics
from motion_addon.motion.plan.ground import ground_of
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import plan

FPS = 60.0
HIPS = 0.93
FRONT, UP = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])


def legs() -> Skeleton:
    bones = [("Hips", -1, (0, 0, 0)), ("Spine", 0, (0, 0.1, 0)), ("Neck", 1, (0, 0.4, 0))]
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        top = len(bones)
        bones += [
            (f"{side}UpLeg", 0, (0.09 * sign, -0.04, 0)),
            (f"{side}Leg", top, (0, -0.47, 0)),
            (f"{side}Foot", top + 1, (0, -0.41, 0)),
            (f"{side}Toe", top + 2, (0, -0.075, 0.13)),
            (f"{side}Arm", 2, (0.2 * sign, 0, 0)),
            (f"{side}ForeArm", top + 4, (0, -0.3, 0)),
            (f"{side}Hand", top + 5, (0, -0.25, 0)),
        ]
    names, parents, offsets = zip(*bones, strict=True)
    return Skeleton(tuple(names), np.array(parents), np.array(offsets, dtype=np.float32))


def walk(seconds: float = 10.0, speed: float = 1.2, noise: float = 0.004) -> Clip:
    """Return a stiff walk along +Z whose feet slide a little, with its true contacts."""
    frames = int(seconds * FPS)
    t = np.arange(frames) / FPS
    rng = np.random.default_rng(3)
    skeleton = legs()
    rotations = np.tile(quat.IDENTITY, (frames, len(skeleton), 1))
    contacts = np.zeros((frames, 4), dtype=np.float32)
    root = np.stack([0.02 * np.sin(2 * np.pi * t), 0 * t, speed * t], axis=-1)
    root[:, 1] = HIPS + 0.015 * np.cos(4 * np.pi * t)
    root[:, [0, 2]] += np.cumsum(smooth(rng.normal(size=(frames, 2)), 20), axis=0) / 60
    hips = [skeleton.offsets[skeleton.index(f"{s}UpLeg")].astype(float) for s in ("Left", "Right")]
    for side, name in enumerate(("Left", "Right")):
        phase = (t + 0.5 * side) % 1.0
        swing = np.clip((phase - 0.6) / 0.4, 0.0, 1.0)
        along = np.where(
            phase < 0.6, 0.36 - 1.2 * phase, -0.36 + 0.72 * swing * swing * (3 - 2 * swing)
        )
        ankle = root + hips[side]
        ankle[:, 2] += along * speed / 1.2
        ankle[:, 1] = 0.121 + 0.1 * np.sin(np.pi * swing) ** 2
        ankle += smooth(rng.normal(size=(frames, 3)), 5) * noise * 5
        hip = root + hips[side]
        thigh = np.tile(quat.IDENTITY.astype(float), (frames, 1))
        down = np.broadcast_to([0.0, -1.0, 0.0], (frames, 3))
        knee, reached = hip + 0.4699 * down + 0.02 * FRONT, hip + 0.8798 * down
        bent, reached2 = leg_ik.two_bone(hip, knee, reached, thigh, ankle)
        upper = leg_ik.swing(thigh, down, bent - hip)
        lower = leg_ik.swing(thigh, down, reached2 - bent)
        joint = skeleton.index(f"{name}UpLeg")
        rotations[:, joint] = upper
        rotations[:, joint + 1] = quat.inv_mul(upper, lower)
        rotations[:, joint + 2] = quat.inv(lower)
        contacts[:, 2 * side : 2 * side + 2] = (phase < 0.6)[:, None]
    return Clip(skeleton, rotations.astype(np.float32), root.astype(np.float32), FPS, contacts)


def balls(clip: Clip) -> np.ndarray:
    return foot_contacts.foot_points(clip.skeleton, *clip.world())


@pytest.fixture(scope="module")
def raw() -> Clip:
    return walk()


@pytest.fixture(scope="module")
def cleaned(raw: Clip) -> Clip:
    return clean(raw, raw.contacts)


def test_planted_feet_do_not_slide(raw: Clip, cleaned: Clip) -> None:
    before = clip_metrics.planted_slips(balls(raw), raw.contacts)
    after = clip_metrics.planted_slips(balls(cleaned), cleaned.contacts)
    assert np.median(before) > 1.0
    assert len(after) > 15
    assert np.percentile(after, 95) < 0.1
    assert clip_metrics.foot_skate(balls(cleaned), FPS) < clip_metrics.foot_skate(balls(raw), FPS)


def test_feet_stand_on_the_ground_and_never_under_it(cleaned: Clip) -> None:
    sole = biped.ball_height(cleaned.skeleton)
    errors = clip_metrics.ground_errors(balls(cleaned), cleaned.contacts, sole)
    assert errors["penetration_cm"] < 0.2
    assert errors["floating_cm"] < 1.0


def test_heels_and_toe_tips_stay_over_the_ground(raw: Clip) -> None:
    tips = tuple((raw.skeleton.index(f"{s}Toe"), (0.0, -0.03, 0.065)) for s in ("Left", "Right"))
    skeleton = replace(raw.skeleton, end_sites=tips)
    foot = skeleton.index("LeftFoot")
    rotations = raw.rotations.copy()
    rock = np.sin(np.arange(raw.frames) / 9.0)[:, None] * np.array([0.5, 0.0, 0.0])
    rotations[:, foot] = quat.mul(rotations[:, foot], quat.from_rotvec(rock))
    cleaned = clean(replace(raw, skeleton=skeleton, rotations=rotations), raw.contacts)
    turns, places = cleaned.world()
    toe = tips[0][0]
    tip = places[:, toe] + quat.apply(turns[:, toe], np.array(tips[0][1], dtype=np.float32))
    assert tip[:, 1].min() > 0.005
    assert balls(cleaned)[:, [0, 2], 1].min() > 0.01


def test_knees_do_not_pop_or_snap_straight(raw: Clip, cleaned: Clip) -> None:
    names = cleaned.skeleton.names
    positions = cleaned.world()[1]
    assert biped_metrics.knee_pops(positions, names, FPS) <= biped_metrics.knee_pops(
        raw.world()[1], names, FPS
    )
    assert np.degrees(biped_metrics.knee_angles(positions, names).min()) > 2.0
    assert clip_metrics.jerk(positions, FPS) < 1.2 * clip_metrics.jerk(raw.world()[1], FPS)


def test_only_legs_and_pelvis_change_without_a_plan(raw: Clip, cleaned: Clip) -> None:
    above = [i for i, name in enumerate(raw.skeleton.names) if "Arm" in name or name == "Neck"]
    assert cleaned.rotations[:, above] == pytest.approx(raw.rotations[:, above], abs=1e-6)
    assert cleaned.root_positions[:, [0, 2]] == pytest.approx(raw.root_positions[:, [0, 2]])
    assert np.abs(cleaned.root_positions[:, 1] - raw.root_positions[:, 1]).max() < 0.05
    assert cleaned.frames == raw.frames


def test_root_comes_onto_the_plan(raw: Clip) -> None:
    made = plan(Path.from_points([[0, 0, 0], [0, 0, 12]]), speed=1.2, start=False, stop=False)
    made = replace(made, **{k: getattr(made, k)[:600] for k in ("positions", "facing", "speeds")})
    cleaned = clean(raw, raw.contacts, made)
    off = clip_metrics.mean_root(cleaned.root_positions, FPS) - made.positions
    before = clip_metrics.mean_root(raw.root_positions, FPS) - made.positions
    assert np.linalg.norm(before[:, [0, 2]], axis=-1).max() > 0.05
    assert np.linalg.norm(off[:, [0, 2]], axis=-1)[30:-30].mean() < 0.02
    assert np.percentile(clip_metrics.planted_slips(balls(cleaned), cleaned.contacts), 95) < 0.1


def test_feet_follow_given_ground(raw: Clip) -> None:
    def ramp(points: np.ndarray) -> np.ndarray:
        return np.asarray(0.05 * points[..., 2])

    lifted = replace(
        raw,
        root_positions=raw.root_positions + np.outer(0.05 * raw.root_positions[:, 2], [0, 1, 0]),
    )
    cleaned = clean(lifted, raw.contacts, ground=ramp)
    ball = balls(cleaned)[:, [1, 3]]
    height = ball[..., 1] - ramp(ball) - biped.ball_height(raw.skeleton)
    planted = cleaned.contacts[:, [1, 3]] > 0.5
    assert np.abs(height[planted]).mean() < 0.01
    assert height.min() > -0.01


def test_settings_switch_steps_off(raw: Clip) -> None:
    same = clean(raw, raw.contacts, settings=CleanupSettings(follow=False, lock=False))
    assert same.rotations == pytest.approx(raw.rotations, abs=1e-5)
    assert set(np.unique(same.contacts)) <= {0.0, 1.0}


def test_a_clip_without_contacts_or_of_one_second_passes(raw: Clip) -> None:
    nothing = clean(raw, np.zeros((raw.frames, 4)))
    assert np.isfinite(nothing.rotations).all()
    short = raw.slice(0, 20)
    assert np.isfinite(clean(short, short.contacts).rotations).all()


def test_sloped_plan_is_its_own_ground() -> None:
    made = plan(Path.from_points([[0, 1, 0], [0, 2, 10]]), speed=1.2)
    ground = ground_of(made, len(made), FPS)
    assert ground(made.positions) == pytest.approx(made.positions[:, 1], abs=1e-6)
    beside = made.positions[:, None] + np.array([[0.3, 0.0, 0.0], [0.0, 0.0, 0.2]])
    middle = len(made) // 2
    off = ground(beside)[middle] - made.positions[middle, 1]
    assert off == pytest.approx([0.0, 0.02], abs=1e-3)


def test_bridged_corrections_keep_what_is_known_and_do_not_jump() -> None:
    known = np.zeros(100, dtype=bool)
    known[10:30] = known[60:80] = True
    values = np.where(known, np.where(np.arange(100) < 40, 0.02, -0.01), 9.0)[:, None]
    for fade in (None, (0.12, 0.05)):
        made = foot_lock.bridged(values, known, FPS, fade)
        assert made[known] == pytest.approx(values[known])
        assert np.abs(np.diff(made, axis=0)).max() < 0.012
    assert foot_lock.bridged(values, np.zeros(100, dtype=bool), FPS) == pytest.approx(0.0)


def test_a_dragged_foot_steps_instead() -> None:
    points = np.zeros((120, 3))
    points[40:60, 2] = np.linspace(0.0, 0.4, 20)
    points[60:, 2] = 0.4
    down = np.ones(120)
    found = stances.find_stances(down, down, points, np.zeros(120), FPS, 1.0)
    assert [stand.start for stand in found] == [0, pytest.approx(60, abs=4)]
    assert found[0].stop == pytest.approx(40, abs=4)


def test_a_creeping_foot_steps_once_it_is_too_far_off() -> None:
    points = np.zeros((300, 3))
    points[:, 2] = 0.0005 * np.arange(300)
    down = np.ones(300)
    found = stances.find_stances(down, down, points, np.zeros(300), FPS, 1.0)
    assert len(found) == 2
    assert 10 <= found[1].start - found[0].stop <= 30


def test_two_bone_reaches_exactly_and_never_straightens() -> None:
    rng = np.random.default_rng(0)
    hip = np.zeros((500, 3))
    knee = hip - 0.46 * UP + 0.06 * FRONT
    ankle = hip - 0.86 * UP
    thigh = np.tile(quat.IDENTITY.astype(float), (500, 1))
    target = ankle + rng.normal(size=(500, 3)) * 0.06
    bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, target)
    length = np.linalg.norm(knee[0]) + np.linalg.norm((ankle - knee)[0])
    near = np.linalg.norm(target, axis=-1) < 0.97 * length
    assert reached[near] == pytest.approx(target[near], abs=1e-9)
    assert np.linalg.norm(bent, axis=-1) == pytest.approx(np.linalg.norm(knee[0]))
    assert np.linalg.norm(reached, axis=-1).max() < 0.9995 * length
    assert (bent[:, 2] > -0.1).all()
