# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean-up of dogs that walk on paper: paws stand, legs bend, the trunk is on the plan."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped
from motion_addon.motion.body.quadruped import JOINTS, LEGS, paw_height
from motion_addon.motion.cleanup import foot_lock, stances
from motion_addon.motion.cleanup.cleanup import EXEMPLAR, CleanupSettings, clean
from motion_addon.motion.cleanup.lower_body import LowerBody
from motion_addon.motion.cleanup.paw import Paw
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import plan
from tests.cases import each
from tests.motion.dogs import FPS, dog, stepping_dog

GAITS = {
    "walk": {"speed": 0.8},
    "trot": {"speed": 1.8, "stride": 0.5},
    "gallop": {"speed": 4.0, "stride": 0.4, "noise": 0.002},
}
_UP = np.array([0.0, 1.0, 0.0])


def slips(clip: Clip) -> np.ndarray:
    """Return the way (cm) of each paw in each of its contacts."""
    steps = np.linalg.norm(np.diff(quadruped.paw_points(clip)[..., [0, 2]], axis=0), axis=-1)
    found = []
    for column in range(4):
        for a, b in foot_contacts.runs(clip.contacts[:, column] > 0.5):
            found.append(100.0 * steps[a : b - 1, column].sum())
    return np.array(found)


def height(clip: Clip, ground: Callable[[np.ndarray], np.ndarray] | None = None) -> np.ndarray:
    """Return (T, 4) how far paws are over their standing height (m)."""
    points = quadruped.paw_points(clip).astype(float)
    level = 0.0 if ground is None else ground(points)
    return points[..., 1] - level - paw_height(clip.skeleton)


def bends(clip: Clip) -> np.ndarray:
    """Return (T, 4) the bends (rad) of knees and elbows."""
    places = clip.world()[1].astype(float)
    out = []
    for name in LEGS:
        a, b, c = (places[:, JOINTS.index(joint)] for joint in quadruped.limb(name)[:3])
        out.append(np.arccos(np.clip((quat.unit(b - a) * quat.unit(c - b)).sum(axis=-1), -1, 1)))
    return np.stack(out, axis=-1)


@pytest.fixture(scope="module")
def raw() -> Clip:
    return stepping_dog("walk", 0.8, seconds=12.0, noise=0.004)


@pytest.fixture(scope="module")
def cleaned(raw: Clip) -> Clip:
    return clean(raw, raw.contacts)


@each("gait", GAITS)
def test_standing_paws_do_not_slide_in_any_gait(gait: str) -> None:
    raw = stepping_dog(gait, seconds=6.0, **{"noise": 0.004, **GAITS[gait]})
    done = clean(raw, raw.contacts)
    assert np.median(slips(raw)) > 0.3
    assert slips(done).max() < 0.05
    assert len(slips(done)) >= 0.9 * len(slips(raw)), "hardly a stand is lost"
    assert (done.contacts > 0.5).mean() > 0.75 * (raw.contacts > 0.5).mean()


def test_paws_stand_on_the_ground_and_never_under_it(cleaned: Clip) -> None:
    over = height(cleaned)
    assert over.min() > -0.002
    assert np.percentile(over[cleaned.contacts > 0.5], 95) < 0.01
    swing = over[:, 1][cleaned.contacts[:, 1] < 0.5]
    assert swing.max() > 0.04, "swinging paws stay in the air"


def test_elbows_and_knees_neither_snap_straight_nor_pop(raw: Clip, cleaned: Clip) -> None:
    assert np.degrees(bends(cleaned).min()) > 2.0
    kick = [np.abs(np.diff(bends(clip), n=2, axis=0)).max() for clip in (raw, cleaned)]
    assert kick[1] < 1.3 * kick[0]
    before, after = (clip_metrics.jerk(clip.world()[1], FPS) for clip in (raw, cleaned))
    assert after < 1.25 * before


def test_elbows_point_back_and_knees_forward(cleaned: Clip) -> None:
    places = cleaned.world()[1]
    for name in LEGS:
        a, b, c = (places[:, JOINTS.index(joint)] for joint in quadruped.limb(name)[:3])
        bulge = (b - 0.5 * (a + c))[:, 2]
        assert (bulge < 0.0 if name[1] == "F" else bulge > 0.0).all()


def test_paws_only_turn_about_the_vertical_on_level_ground(raw: Clip, cleaned: Clip) -> None:
    before, after = raw.world()[0].astype(float), cleaned.world()[0].astype(float)
    for name in quadruped.PAWS:
        joint = JOINTS.index(name)
        turned = quat.mul_inv(after[:, joint], before[:, joint])
        assert np.abs(quat.apply(turned, _UP)[:, 1]).min() == pytest.approx(1.0, abs=1e-4)


def test_standing_paws_do_not_twist() -> None:
    raw = stepping_dog("walk", 0.8, seconds=6.0)
    rotations = raw.rotations.copy()
    paw = JOINTS.index("LeftHindPaw")
    wag = 0.2 * np.sin(np.arange(raw.frames) / 5.0)
    rotations[:, paw] = quat.mul(quat.yaw(wag), rotations[:, paw]).astype(np.float32)
    wagging = replace(raw, rotations=rotations)
    spread = []
    for clip in (wagging, clean(wagging, raw.contacts)):
        yaw = foot_lock.yaw_of_foot(clip.world()[0][:, paw].astype(float))
        stands = [s for s in foot_contacts.runs(clip.contacts[:, 0] > 0.5) if s[1] - s[0] > 15]
        spread.append(max(np.ptp(yaw[a + 2 : b - 2]) for a, b in stands))
    assert spread[0] > 0.25
    assert spread[1] < 0.01


def test_standing_paws_lie_on_a_slope(raw: Clip) -> None:
    done = clean(raw, raw.contacts, ground=lambda points: 0.2 * points[..., 2])
    normal = quat.unit(np.array([0.0, 1.0, -0.2]))
    before, after = raw.world()[0].astype(float), done.world()[0].astype(float)
    paw = JOINTS.index("RightForePaw")
    middle = [(a + b) // 2 for a, b in foot_contacts.runs(done.contacts[:, 3] > 0.5) if b - a > 20]
    turned = quat.mul_inv(after[middle, paw], before[middle, paw])
    assert quat.apply(turned, _UP) == pytest.approx(np.tile(normal, (len(middle), 1)), abs=0.02)


def test_only_legs_and_pelvis_change_without_a_plan(raw: Clip, cleaned: Clip) -> None:
    legs = {name for chain in quadruped.LEG_CHAINS.values() for name in chain} | {"Pelvis"}
    others = [i for i, name in enumerate(JOINTS) if name not in legs]
    same = np.abs((cleaned.rotations[:, others] * raw.rotations[:, others]).sum(axis=-1))
    assert same == pytest.approx(np.ones_like(same), abs=1e-5)
    moved = cleaned.root_positions - raw.root_positions
    assert np.abs(moved).max() < 0.04
    assert cleaned.frames == raw.frames


def test_middle_of_the_trunk_comes_onto_the_plan(raw: Clip) -> None:
    made = plan(Path.from_points([[0.1, 0, 0], [0.1, 0, 12]]), speed=0.8, start=False, stop=False)
    done = clean(raw, raw.contacts, made)
    center = LowerBody.of(done).center
    off = (clip_metrics.mean_root(center, FPS) - made.positions[: len(center)])[:, [0, 2]]
    assert np.linalg.norm(off, axis=-1)[40:-40].mean() < 0.02
    assert slips(done).max() < 0.05


def test_heading_comes_onto_the_plan(raw: Clip) -> None:
    turned = replace(raw, rotations=raw.rotations.copy())
    yaw = quat.yaw(np.float32(0.3))
    turned.rotations[:, 0] = quat.mul(yaw, turned.rotations[:, 0])
    made = plan(Path.from_points([[0, 0, 0], [0, 0, 12]]), speed=0.8, start=False, stop=False)
    ahead = LowerBody.of(clean(turned, raw.contacts, made)).forward
    assert np.abs(quat.yaw_of(ahead)).mean() < 0.12


@pytest.mark.parametrize("slope", [-0.2, 0.2])
def test_trunk_pitches_with_the_slope(raw: Clip, slope: float) -> None:
    def ramp(points: np.ndarray) -> np.ndarray:
        return np.asarray(slope * points[..., 2])

    done = clean(raw, raw.contacts, ground=ramp)
    assert slips(done).max() < 0.1
    over = height(done, ramp)
    assert over.min() > -0.005
    assert np.percentile(over[done.contacts > 0.5], 90) < 0.015
    ahead = LowerBody.of(done).forward
    pitch = np.arctan2(ahead[:, 1], np.linalg.norm(ahead[:, [0, 2]], axis=-1))
    flat = LowerBody.of(raw).forward
    flat_pitch = np.arctan2(flat[:, 1], np.linalg.norm(flat[:, [0, 2]], axis=-1))
    assert (pitch - flat_pitch).mean() == pytest.approx(np.arctan(slope), abs=0.03)


def test_girdles_follow_a_step_in_the_ground_one_after_the_other(raw: Clip) -> None:
    def step(points: np.ndarray) -> np.ndarray:
        return np.where(points[..., 2] > 4.0, -0.06, 0.0)

    done = clean(raw, raw.contacts, ground=step)
    before, after = LowerBody.of(raw), LowerBody.of(done)
    fell = []
    for part in ("LeftHumerus", "LeftFemur"):
        drop = (after.positions[part] - before.positions[part])[:, 1]
        assert drop[:60].mean() == pytest.approx(0.0, abs=0.015)
        assert drop[-60:].mean() == pytest.approx(-0.06, abs=0.015)
        fell.append(int(np.argmax(drop < -0.03)))
    assert 10 < fell[1] - fell[0] < 60
    assert slips(done).max() < 0.1


def test_lift_raises_each_girdle_by_its_own() -> None:
    body = LowerBody.of(stepping_dog(seconds=1.0))
    tops = [quadruped.limb(name)[0] for name in LEGS]
    before = {joint: body.positions[joint].copy() for joint in body.positions}
    turns = body.rotations["LeftRadius"].copy()
    body.lift(np.full(60, -0.02), np.full(60, 0.03))
    rise = [(body.positions[joint] - before[joint])[:, 1].mean() for joint in tops]
    assert rise == pytest.approx([-0.02, 0.03, -0.02, 0.03], abs=1e-6)
    assert body.rotations["LeftRadius"] == pytest.approx(turns)
    for above, below in (("LeftHumerus", "LeftRadius"), ("LeftFemur", "LeftTibia")):
        bone = body.positions[below] - body.positions[above]
        assert bone == pytest.approx(before[below] - before[above])


def test_smaller_animals_are_cleaned_alike(raw: Clip) -> None:
    small = clean(raw.scaled(0.5), raw.contacts)
    over = height(small)
    assert slips(small).max() < 0.05
    assert over.min() > -0.002


def test_settings_switch_steps_off(raw: Clip) -> None:
    same = clean(raw, raw.contacts, settings=CleanupSettings(follow=False, lock=False))
    turned = np.abs((same.rotations * raw.rotations).sum(axis=-1))
    assert turned == pytest.approx(np.ones_like(turned), abs=1e-5)
    assert same.root_positions == pytest.approx(raw.root_positions)


def test_clips_without_contacts_or_of_a_moment_pass(raw: Clip) -> None:
    nothing = clean(raw, np.zeros((raw.frames, 4)))
    assert np.isfinite(nothing.rotations).all()
    short = raw.slice(0, 20)
    assert np.isfinite(clean(short, short.contacts).rotations).all()


def test_rules_of_a_stand_keep_a_galloping_paw() -> None:
    points = np.zeros((60, 3))
    points[:, 2] = np.interp(np.arange(60), [0, 20, 26, 59], [0.0, 2.0, 2.0, 5.0])
    down = np.zeros(60)
    down[20:26] = 1.0
    usual = stances.find_stances(down, down, points, np.full(60, 4.0), FPS, 0.6)
    paw = stances.find_stances(down, down, points, np.full(60, 4.0), FPS, 0.6, Paw.rules)
    assert not usual
    assert [stand.stop - stand.start for stand in paw] == [pytest.approx(5, abs=1)]


def test_paws_of_the_dog_have_the_height_of_the_model() -> None:
    assert paw_height(dog()) == pytest.approx(0.02, rel=0.02)


@each("speed", [0.5, 0.9, 1.4, 2.0])
def test_paws_do_not_trip_as_it_starts_and_stops(speed: float) -> None:
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0))
    clip = bake(BakeRequest(path=path, model="quadruped", speed=speed, fps=60.0)).clip
    assert clip.contacts is not None
    pace = np.linalg.norm(np.gradient(clip.root_positions, axis=0), axis=-1) * clip.fps
    slow = smooth(pace, 15.0) < 0.4
    short = []
    for column in clip.contacts.T > 0.5:
        for parts in (column, ~column):
            inner = foot_contacts.runs(parts)[1:-1]
            short += [(a, b) for a, b in inner if slow[a:b].all() and b - a < 6]
    assert len(short) <= 1


def test_paws_stand_as_high_as_they_are_told(raw: Clip) -> None:
    usual = paw_height(raw.skeleton)
    soles = (usual + 0.02, usual, usual + 0.02, usual - 0.01)
    made = clean(raw, raw.contacts, settings=replace(EXEMPLAR, soles=soles))
    standing = made.contacts > 0.5
    for leg, (over, wanted) in enumerate(zip(height(made).T, soles, strict=True)):
        inside = smooth(standing[:, leg].astype(float), 3.0) > 0.98
        np.testing.assert_allclose(over[inside], wanted - usual, atol=0.0025)
