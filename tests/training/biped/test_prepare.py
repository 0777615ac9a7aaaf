# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of a walk whose steps, phase and course are known, because it was baked."""

import functools
from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.body.biped_gaits import GAITS
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from motion_addon.motion.plan.trajectory import RATE
from training.biped import prepare

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 10.0))
BEND = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0), (3.0, 0.0, 6.0))


@functools.cache
def walk(path: tuple = LINE, speed: float = 1.3) -> BakeResult:
    return bake(BakeRequest(path=path, speed=speed, fps=60.0, start=False, stop=False))


@functools.cache
def labels(path: tuple = LINE, speed: float = 1.3) -> dict[str, np.ndarray]:
    return prepare.label(walk(path, speed).clip)


def test_every_frame_is_labeled() -> None:
    clip, found = walk(BEND).clip, labels(BEND)
    joints = len(clip.skeleton)
    shapes = {
        "control": (features.CONTROL.stop,),
        "matrices": (3, 3),
        "moves": (3,),
        "axes": (joints, 6),
        "hips": (3,),
        "contacts": (4,),
        "phase": (),
        "phase_rate": (),
        "speed": (),
    }
    assert {key: value.shape for key, value in found.items()} == {
        key: (clip.frames, *shape) for key, shape in shapes.items()
    }
    assert all(np.isfinite(value).all() for value in found.values())


@pytest.mark.parametrize("speed", [1.3, 2.4])
def test_phase_is_that_of_the_walk(speed: float) -> None:
    found, truth = labels(speed=speed), walk(speed=speed).phase
    inner = slice(80, -80)
    off = (found["phase"] - truth + 0.5)[inner] % 1.0 - 0.5
    assert np.abs(off).mean() < 0.06
    assert np.abs(off).max() < 0.16
    rate = np.gradient(truth)[inner].mean() * RATE
    assert found["phase_rate"][inner].mean() == pytest.approx(rate, rel=0.08)
    assert found["phase_rate"].min() >= 0.0
    assert found["phase"].min() >= 0.0
    assert found["phase"].max() < 1.0


def test_course_speed_and_gait() -> None:
    found = labels()
    inner = slice(70, -70)
    assert found["speed"][inner] == pytest.approx(np.full(len(found["speed"]) - 140, 1.3), abs=0.15)
    motion = found["control"][inner, features.MOTION]
    assert motion.mean(axis=0) == pytest.approx([0.0, 1.3, 0.0], abs=0.1)
    n = len(features.WINDOW)
    gait = found["control"][inner, 4 * n : features.TRAJECTORY.stop].reshape(-1, n, len(GAITS))
    assert gait[..., [GAITS.index("walk"), GAITS.index("jog")]].sum(axis=-1).min() > 0.8


def test_body_is_seen_from_the_root() -> None:
    """The same walk elsewhere and turned has the same labels."""
    clip = walk(BEND).clip
    turn = quat.yaw(np.array(1.9))
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(turn, rotations[:, 0])
    shift = np.array([5.0, 0.0, -8.0])
    root = (quat.apply(turn, clip.root_positions) + shift).astype(np.float32)
    there = prepare.label(
        replace(clip, rotations=rotations.astype(np.float32), root_positions=root)
    )
    for key in ("control", "axes", "hips", "matrices", "moves", "phase", "speed"):
        assert np.abs(there[key] - labels(BEND)[key]).max() < 5e-3, key


def test_labels_rebuild_the_motion() -> None:
    """Root motion, hips and axes together are the clip again."""
    found, skeleton = labels(BEND), walk(BEND).clip.skeleton
    planted, stands = prepare.planted(walk(BEND).clip)
    _, positions = planted.world()
    assert np.array_equal(found["contacts"], stands)
    root = features.root_track(skeleton, positions)
    world = quat.mul(features.root_rotations(root)[:, None], quat.from_two_axes(found["axes"]))
    hips = root.positions + quat.apply(features.root_rotations(root), found["hips"])
    _, rebuilt = skeleton.fk(skeleton.local(world), hips)
    assert np.abs(rebuilt - positions).max() < 1e-3


def test_contacts_are_the_baked_ones() -> None:
    agree = labels()["contacts"] == walk().clip.contacts
    assert agree[60:-60].mean() > 0.88


def test_mirror_image_has_mirrored_labels() -> None:
    clip, found = walk(BEND).clip, labels(BEND)
    other = prepare.label(clip.mirrored())
    assert (other["contacts"][:, [2, 3, 0, 1]] == found["contacts"]).mean() > 0.995
    inner = slice(80, -80)
    off = (other["phase"] - found["phase"])[inner] % 1.0
    assert off == pytest.approx(np.full(len(off), 0.5), abs=0.03)
    assert np.abs(other["hips"] * [-1, 1, 1] - found["hips"]).max() < 5e-3
    flip = np.array([-1.0, 1.0, -1.0])
    motion = slice(features.MOTION.start, features.MOTION.stop)
    assert np.abs(other["control"][:, motion] * flip - found["control"][:, motion]).max() < 2e-2


def test_clips_come_onto_the_models_skeleton() -> None:
    clip = walk().clip.resample(30.0)
    taller = clip.skeleton.scaled(1.0)
    out = prepare.on_model_skeleton(clip, taller, floor=0.3)
    assert (out.fps, out.skeleton) == (RATE, taller)
    assert out.root_positions[0, 1] == pytest.approx(clip.root_positions[0, 1] - 0.3)
    assert abs(out.frames - 2 * clip.frames) <= 2
    names = ("Pelvis", *clip.skeleton.names[1:])
    odd = type(taller)(names, taller.parents, taller.offsets)
    with pytest.raises(ValueError, match="joints"):
        prepare.on_model_skeleton(Clip(odd, clip.rotations, clip.root_positions, 30.0), taller, 0.0)


def test_planted_feet_do_not_slide() -> None:
    clip = walk(BEND).clip
    drift = np.linspace(0.0, 0.25, clip.frames)[:, None] * np.array([1.0, 0.0, 0.0])
    sliding = replace(clip, root_positions=(clip.root_positions + drift).astype(np.float32))
    fixed, stands = prepare.planted(sliding)
    points = foot_contacts.foot_points(fixed.skeleton, *fixed.world())
    slips = []
    for ball in (1, 3):
        for start, stop in foot_contacts.runs(stands[:, ball] > 0.5):
            stood = points[start + 8 : stop - 8, ball][:, [0, 2]]
            if len(stood) > 3:
                slips.append(np.linalg.norm(stood - stood[0], axis=-1).max())
    assert len(slips) > 6
    assert np.median(slips) < 0.002
