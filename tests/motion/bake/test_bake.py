# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case, whole: what is asked for is what is baked."""

import functools
import itertools
import json
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake, bake_steps
from motion_addon.motion.bake.driven_walks import forget
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.smoothing import smooth
from tests.cases import each

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 6.0))
BEND = ((0.0, 0.0, 0.0), (0.0, 0.0, 3.0), (2.0, 0.0, 4.5), (4.0, 0.0, 4.5))


@functools.cache
def made(path: Any = LINE, **options: Any) -> BakeResult:
    return bake(BakeRequest(path=path, **options))


def speeds(result: BakeResult) -> np.ndarray:
    """Return the ground speed of the hips (T - 1,), smoothed over about a step."""
    fps = result.clip.fps
    flat = smooth(result.clip.root_positions * [1, 0, 1], 0.2 * fps)
    return np.linalg.norm(np.diff(flat, axis=0), axis=-1) * fps


def facing(result: BakeResult) -> np.ndarray:
    return features.facing(result.clip.skeleton, result.clip.world()[1])


def step_rate(result: BakeResult) -> float:
    """Return cycles per second in the middle of the walk."""
    middle = slice(len(result.phase) // 3, 2 * len(result.phase) // 3)
    return float(np.diff(result.phase[middle]).mean() * result.clip.fps)


def test_result_is_whole() -> None:
    result = made()
    clip = result.clip
    assert clip.fps == 30.0
    assert len(result.phase) == clip.frames == len(clip.contacts)
    assert set(np.unique(clip.contacts)) == {0.0, 1.0}
    assert np.isfinite(clip.rotations).all()
    assert np.isfinite(clip.root_positions).all()
    assert np.linalg.norm(clip.rotations, axis=-1) == pytest.approx(
        np.ones(clip.rotations.shape[:2]), abs=1e-5
    )
    assert np.diff(result.phase).min() >= 0.0
    assert clip.skeleton.names == controller_model.load("biped").skeleton.names
    assert 6.0 / 1.3 + 1.5 < clip.seconds < 6.0 / 1.3 + 5.0


def test_motion_has_no_pops() -> None:
    clip = made(BEND, fps=60.0).clip
    turned = np.abs(np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1))
    assert np.degrees(2.0 * np.arccos(np.clip(turned, 0, 1))).max() < 25.0
    assert np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1).min() > 0.0
    assert np.linalg.norm(np.diff(clip.root_positions, axis=0), axis=-1).max() * 60.0 < 3.0


def test_walk_goes_along_the_path() -> None:
    root = made(BEND).clip.root_positions
    assert root[0, [0, 2]] == pytest.approx([0.0, 0.0], abs=0.06)
    assert root[-1, [0, 2]] == pytest.approx([4.0, 4.5], abs=0.12)
    corners = np.array(BEND)[:, [0, 2]]
    dense = np.concatenate([np.linspace(a, b, 200) for a, b in itertools.pairwise(corners)])
    gap = np.linalg.norm(root[:, None, [0, 2]] - dense, axis=-1).min(axis=1)
    assert gap.mean() < 0.06
    assert gap.max() < 0.25


def test_same_request_same_bytes() -> None:
    first = made(BEND, seed=3)
    forget()
    second = bake(BakeRequest(path=BEND, seed=3))
    assert first.clip.rotations.tobytes() == second.clip.rotations.tobytes()
    assert first.clip.root_positions.tobytes() == second.clip.root_positions.tobytes()
    assert first.phase.tobytes() == second.phase.tobytes()
    assert json.dumps(first.report) == json.dumps(second.report)


def test_seeds_vary_the_steps_a_little() -> None:
    plain, one, two = (made(BEND, seed=seed) for seed in (0, 3, 4))
    assert len({len(result.phase) for result in (plain, one, two)}) == 1
    assert np.abs(one.phase - two.phase).max() > 0.01
    assert np.abs(one.phase - plain.phase).max() > 0.01
    assert step_rate(one) == pytest.approx(step_rate(plain), rel=0.2)
    gap = np.linalg.norm(one.clip.root_positions - plain.clip.root_positions, axis=-1)
    assert gap.max() < 0.15


@each("phase", [0.0, 0.25, 0.5, 0.9, 1.0])
@each("start", [True, False])
def test_first_frame_has_the_start_phase(phase: float, start: bool) -> None:
    result = made(((0.0, 0.0, 0.0), (0.0, 0.0, 2.0)), start_phase=phase, start=start)
    assert result.phase[0] == phase


def test_cadence_changes_the_steps_not_the_speed() -> None:
    slow, plain, quick = (made(cadence=factor) for factor in (0.8, 1.0, 1.25))
    assert step_rate(slow) < 0.95 * step_rate(plain)
    assert step_rate(quick) > 1.02 * step_rate(plain)
    assert slow.clip.frames == plain.clip.frames == quick.clip.frames
    strides = [float(result.report["stride_length"]) for result in (slow, plain, quick)]
    assert strides[0] > strides[2]


def test_starts_and_stops_in_a_stand() -> None:
    result = made()
    pace = speeds(result)
    assert pace[:12].max() < 0.12
    assert pace[-12:].max() < 0.12
    assert result.clip.contacts[3].all()
    assert result.clip.contacts[-3:].all()
    points = foot_contacts.foot_points(result.clip.skeleton, *result.clip.world())
    for ends in (points[:12], points[-12:]):
        assert np.abs(np.diff(ends[..., [0, 2]], axis=0)).max() < 0.004
        assert np.abs(np.diff(ends[..., 1], axis=0)).max() < 0.01
    assert pace[len(pace) // 2] == pytest.approx(1.3, abs=0.15)


@each(("start", "stop"), [(False, True), (True, False), (False, False)])
def test_starts_and_stops_in_full_swing(start: bool, stop: bool) -> None:
    root = made(start=start, stop=stop).clip.root_positions[:, 2]
    first, last = 2.0 * (root[15] - root[0]), 2.0 * (root[-1] - root[-16])
    assert first == pytest.approx(0.0 if start else 1.3, abs=0.15)
    assert last == pytest.approx(0.0 if stop else 1.3, abs=0.15)


@pytest.mark.parametrize("height", [0.9, 3.4])
def test_height_scales_the_body_not_the_path(height: float) -> None:
    model = controller_model.load("biped")
    scale = height / model.height
    plain, sized = made(), made(height=height)
    assert sized.clip.skeleton.offsets == pytest.approx(scale * plain.clip.skeleton.offsets)
    hips = [np.median(result.clip.root_positions[:, 1]) for result in (plain, sized)]
    assert hips[1] / hips[0] == pytest.approx(scale, rel=0.06)
    assert sized.clip.fps == 30.0
    assert sized.clip.root_positions[-1, 2] == pytest.approx(6.0, abs=0.1 * max(scale, 1))
    pace = speeds(sized)
    assert pace[len(pace) // 2] == pytest.approx(1.3, abs=0.2)
    # Long legs make fewer steps of the same way.
    assert (step_rate(sized) < step_rate(plain)) == (scale > 1.0)


def test_the_models_own_height_changes_nothing() -> None:
    own = made(height=controller_model.load("biped").height)
    gap = np.abs(own.clip.root_positions - made().clip.root_positions)
    assert gap.max() < 1e-3


@pytest.mark.parametrize("yaw", [40.0, -40.0])
def test_facing_a_fixed_way(yaw: float) -> None:
    seen = facing(made(facing=("yaw", yaw), speed=0.9))
    middle = seen[30:-30].mean(axis=0)
    assert np.degrees(quat.yaw_of(middle)) == pytest.approx(yaw, abs=15.0)


@pytest.mark.parametrize("height", [None, 0.8])
def test_facing_a_point(height: float | None) -> None:
    target = np.array([4.0, 1.0, 3.0])
    speed = 0.9 if height is None else 0.6
    result = made(facing=("look_at", tuple(target)), speed=speed, height=height)
    towards = target - result.clip.root_positions
    off = np.degrees(quat.yaw_of(facing(result)) - quat.yaw_of(towards))
    off = (off + 180.0) % 360.0 - 180.0
    assert np.abs(off[20:-20]).mean() < 20.0


def test_closed_paths_close() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    ring = tuple((2.0 * np.sin(a), 0.0, 2.0 * np.cos(a)) for a in angle.tolist())
    result = made(ring, cyclic=True, start=False, stop=False)
    root = result.clip.root_positions
    assert np.hypot(root[:, 0], root[:, 2]) == pytest.approx(np.full(len(root), 2.0), abs=0.15)
    walked = np.linalg.norm(np.diff(root[:, [0, 2]], axis=0), axis=-1).sum()
    assert walked == pytest.approx(4.0 * np.pi, rel=0.06)
    ahead = root[-1] + (root[-1] - root[-2])
    assert ahead[[0, 2]] == pytest.approx(root[0, [0, 2]], abs=0.15)
    open_end = made(ring, start=False, stop=False).clip.root_positions
    assert np.linalg.norm(open_end[-1] - open_end[0]) > 0.2


def test_keyed_speeds_are_walked() -> None:
    keys = ((0.0, 0.8), (0.35, 0.8), (0.65, 1.6), (1.0, 1.6))
    result = made(((0.0, 0.0, 0.0), (0.0, 0.0, 10.0)), speed=keys, start=False, stop=False)
    pace, at = speeds(result), result.clip.root_positions[:-1, 2]
    assert pace[(at > 1.0) & (at < 3.0)].mean() == pytest.approx(0.8, abs=0.08)
    assert pace[(at > 7.0) & (at < 9.0)].mean() == pytest.approx(1.6, abs=0.12)


@pytest.mark.parametrize(("gait", "low"), [("crouch", True), ("walk", False)])
def test_gait_is_obeyed(gait: str, low: bool) -> None:
    result = made(gait=gait, speed=1.0)
    hips = float(np.median(result.clip.root_positions[30:-30, 1]))
    assert (hips < 0.9 * controller_model.load("biped").hip_height) == low


@each("fps", [24.0, 59.94, 120.0])
def test_frame_rate_only_samples(fps: float) -> None:
    plain, other = made(fps=60.0), made(fps=fps)
    assert other.clip.fps == fps
    assert other.clip.seconds == pytest.approx(plain.clip.seconds, abs=1.0 / fps)
    at = np.arange(other.clip.frames) * 60.0 / fps
    for axis in range(3):
        wanted = np.interp(at, np.arange(plain.clip.frames), plain.clip.root_positions[:, axis])
        assert np.abs(other.clip.root_positions[:, axis] - wanted).max() < 1e-3
    wanted = np.interp(at, np.arange(len(plain.phase)), plain.phase)
    assert np.abs(other.phase - wanted).max() < 1e-3


def test_motion_is_the_same_anywhere() -> None:
    turn, shift = quat.yaw(np.array(2.2)), np.array([15.0, 0.0, -40.0])
    there = tuple(tuple(p) for p in (quat.apply(turn, np.array(BEND)) + shift).tolist())
    here, moved = made(BEND).clip, made(there).clip
    wanted = quat.apply(turn, here.world()[1]) + shift
    assert np.abs(moved.world()[1] - wanted).max() < 0.02


def test_level_ground_may_lie_anywhere() -> None:
    high = tuple((x, 12.5, z) for x, _, z in BEND)
    here, moved = made(BEND).clip.world()[1], made(high).clip.world()[1]
    assert np.abs(moved - here - [0.0, 12.5, 0.0]).max() < 0.01


def test_without_clean_up_the_network_is_left_alone() -> None:
    raw, clean = made(BEND, cleanup=False), made(BEND)
    assert raw.clip.frames == clean.clip.frames
    assert np.abs(raw.clip.rotations - clean.clip.rotations).max() > 0.0
    head = raw.clip.skeleton.index("Head")
    off = raw.clip.world()[1][:, head] - clean.clip.world()[1][:, head]
    assert np.linalg.norm(off, axis=-1).max() < 0.15
    slid = [result.report["slip_median_cm"] for result in (raw, clean)]
    assert slid[1] < 0.5 * slid[0]


def test_planted_feet_stay_planted() -> None:
    clip = made(BEND, fps=60.0).clip
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())
    for ball in (1, 3):
        for start, stop in foot_contacts.runs(clip.contacts[:, ball] > 0.5):
            flat = points[start:stop, ball][:, [0, 2]]
            assert np.linalg.norm(flat - flat[0], axis=-1).max() < 0.02
    lowest = points[..., 1].min()
    assert lowest > -0.02


def test_progress_can_be_shown_and_cancelled() -> None:
    forget()
    steps = bake_steps(BakeRequest(path=BEND))
    shown = list(steps)
    assert shown == sorted(shown)
    assert 0.0 <= shown[0] <= shown[-1] <= 1.0
    assert len(shown) > 3
    forget()
    cancelled = bake_steps(BakeRequest(path=BEND))
    next(cancelled)
    cancelled.close()
    assert list(cancelled) == []


def test_report_is_plain_json_with_its_origin() -> None:
    result = made(BEND)
    card = json.loads(json.dumps(result.report, allow_nan=False))
    assert card["model"] == {"name": "biped", "weights": controller_model.load("biped").digest}
    assert card["credits"]
    assert card["seed"] == 0
    assert card["frames"] == result.clip.frames
    for name in ("path_mean_cm", "foot_skate", "slip_median_cm", "stride_length", "cadence"):
        assert np.isfinite(card[name])
    assert isinstance(card["warnings"], list)


@each(
    "options",
    [
        {"fps": 1.0},
        {"fps": 240.0},
        {"speed": 6.0},
        {"speed": 0.1, "path": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.5))},
        {"height": 0.3, "speed": 0.3, "path": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.5))},
        {"height": 10.0},
        {"cadence": 0.75},
        {"cadence": 1.5},
        {"facing": ("yaw", 180.0)},
        {"facing": ("look_at", (0.0, 0.0, 3.0))},
        {"path": ((0.0, 0.0, 0.0), (0.0, 0.0, 2.0), (0.0, 0.0, 0.0))},
        {"path": ((0.0, 0.0, 0.0), (0.0, 1.0, 4.0))},
        {"path": ((1e4, 50.0, -1e4), (1e4, 50.0, 3.0 - 1e4))},
        {"path": ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 1.0)), "cyclic": True},
        {"gait": "run", "speed": 0.5},
        {"gait": "crouch", "speed": 4.0},
        {"seed": 2**70},
        {"speed": ((1.0, 1.0), (0.0, 2.0))},
    ],
)
def test_extremes_still_bake(options: dict[str, Any]) -> None:
    result = made(**({"path": LINE} | options))
    assert np.isfinite(result.clip.rotations).all()
    assert np.isfinite(result.clip.root_positions).all()
    json.dumps(result.report, allow_nan=False)
    goal = np.array(options.get("path", LINE))[0 if options.get("cyclic") else -1]
    size = max(options.get("height", 1.7) / 1.7, 1.0)
    assert np.linalg.norm((result.clip.root_positions[-1] - goal)[[0, 2]]) < 0.3 * size


def test_planted_feet_follow_a_slope() -> None:
    clip = made(((0.0, 0.0, 0.0), (0.0, 0.8, 6.0))).clip
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())[:, [1, 3]]
    stands = clip.contacts[:, [1, 3]] > 0.5
    above = points[..., 1] - np.clip(points[..., 2], 0.0, 6.0) * 0.8 / 6.0
    middle = (points[..., 2] > 0.3) & (points[..., 2] < 5.7)
    assert above[stands & middle] == pytest.approx(
        np.full(int((stands & middle).sum()), controller_model.load("biped").info["ball_height"]),
        abs=0.02,
    )


@pytest.mark.parametrize("length", [0.01, 0.3])
def test_tiny_paths(length: float) -> None:
    result = made(((0.0, 0.0, 0.0), (0.0, 0.0, length)))
    assert np.isfinite(result.clip.root_positions).all()
    assert result.clip.root_positions[-1, 2] == pytest.approx(length, abs=0.08)
    json.dumps(result.report, allow_nan=False)


def test_saved_clip_loads(tmp_path: Any) -> None:
    made().save(tmp_path / "walk.npz")
    back = made().clip.load(tmp_path / "walk.npz")
    assert np.array_equal(back.rotations, made().clip.rotations)


@each(
    ("options", "word"),
    [
        ({"model": "elephant"}, "elephant"),
        ({"path": ((1.0, 2.0, 3.0), (1.0, 2.0, 3.0))}, "path"),
        ({"path": ((0.0, 0.0, 0.0), (1e-12, 0.0, 0.0))}, "path"),
        ({"path": ((0.0, 0.0, 0.0), (0.0, 5.0, 0.0))}, "path"),
        (
            {"path": ((0.0, 0.0, 0.0), (0.01, 0.0, 0.0)), "fps": 2.0}
            | {"start": False, "stop": False},
            "frame",
        ),
    ],
)
def test_what_cannot_be_baked_is_said_in_one_line(options: dict[str, Any], word: str) -> None:
    with pytest.raises(RefusedError, match=word) as caught:
        bake(BakeRequest(**({"path": LINE} | options)))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_five_minutes() -> None:
    corners = [(8.0 * (i % 2), 0.0, 5.0 * (i // 2)) for i in range(60)]
    turned = [corners[i + 1 - 2 * (i % 2)] if (i // 2) % 2 else corners[i] for i in range(60)]
    result = bake(BakeRequest(path=tuple(turned), speed=1.25))
    clip = result.clip
    assert clip.seconds > 300.0
    assert np.isfinite(clip.rotations).all()
    hips = smooth(clip.root_positions[:, 1], 15.0)
    assert np.abs(hips / np.median(hips) - 1.0).max() < 0.1
    second = round(clip.fps)
    every = result.phase[second:-second:second]
    assert np.diff(every)[3:-3].min() > 0.15
    head = clip.world()[1][:, clip.skeleton.index("Head"), 1]
    assert head.min() > 1.2
    thirds = np.array_split(np.diff(result.phase) * clip.fps, 3)
    assert thirds[2].mean() == pytest.approx(thirds[0].mean(), rel=0.1)
    assert float(result.report["path_mean_cm"]) < 10.0
