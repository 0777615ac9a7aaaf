# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaps of animals: the shipped model, animals of any size, joints and build, transitions."""

import functools
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped
from motion_addon.motion.body.body import Body
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import (
    animal_file,
    fill_gaps,
    gap,
    model,
    transition,
)
from motion_addon.motion.inbetween.animal_proxy import AnimalProxy
from motion_addon.motion.inbetween.model import Filler
from motion_addon.motion.inbetween.proxies import proxy_of
from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import retarget
from motion_addon.motion.retarget.channels import RigPoser
from motion_addon.motion.rigs.measure import measure
from tests.cases import each
from tests.motion import beasts, walks
from tests.motion.animals import Build, animal

GAP = slice(20, 45)
BUILDS = [Build(), Build(spine=1, neck=1, tail=0, fore=3, hind=3), Build(straight=True, fore=7)]


@pytest.fixture(scope="module")
def filler() -> Filler:
    return model.load_filler("quadruped")


@functools.cache
def trot(speed: float = 1.8) -> Clip:
    """Return a steady trot of the shipped dog, 30 frames a second."""
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 12.0))
    request = BakeRequest(path=path, model="quadruped", speed=speed, gait="trot", fps=30.0)
    clip = bake(request).clip
    return clip.slice(40, 110)


def known(frames: int, missing: slice = GAP) -> np.ndarray:
    mask = np.ones(frames, dtype=bool)
    mask[missing] = False
    return mask


def stepping(size: float = 0.9, speed: float = 0.7) -> Clip:
    """Return the made-up animal walking, 30 frames a second; its joints have other names."""
    return beasts.stepping(size, 1.0, speed, (0.0, 0.25, 0.5, 0.75)).resample(30.0)


def away(clip: Clip, other: Clip, missing: slice = GAP) -> float:
    """Return the mean distance (m) of joints in a gap."""
    return float(
        np.linalg.norm(clip.world()[1][missing] - other.world()[1][missing], axis=-1).mean()
    )


def interpolated(clip: Clip, mask: np.ndarray) -> Clip:
    plain = gap.interpolated(clip.rotations[None], clip.root_positions[None], mask[None])
    return replace(clip, rotations=plain[0][0], root_positions=plain[1][0])


def test_is_described_truly(filler: Filler) -> None:
    layout = gap.GapLayout(len(filler.skeleton))
    assert [filler.info["inputs"], filler.info["outputs"]] == [layout.inputs, layout.outputs]
    assert filler.skeleton.names == quadruped.JOINTS
    assert filler.info["body"] == "quadruped"
    assert filler.info["credits"]


def test_steps_where_interpolation_glides(filler: Filler) -> None:
    clip = trot()
    mask = known(clip.frames)
    out = fill_gaps.fill(filler, clip, mask)
    assert np.array_equal(out.rotations[mask], clip.rotations[mask])
    assert np.array_equal(out.root_positions[mask], clip.root_positions[mask])
    assert away(out, clip) < 0.65 * away(interpolated(clip, mask), clip)


def test_standing_paws_do_not_slide(filler: Filler) -> None:
    clip = trot(1.2)
    out = fill_gaps.fill(filler, clip, known(clip.frames))
    assert out.contacts is not None
    stances = (out.contacts[1:] > 0.5) & (out.contacts[:-1] > 0.5)
    inside = np.zeros(clip.frames - 1, dtype=bool)
    inside[GAP.start : GAP.stop - 1] = True
    steps = np.linalg.norm(np.diff(quadruped.paw_points(out)[..., [0, 2]], axis=0), axis=-1)
    assert stances[inside].any()
    assert steps[inside][stances[inside]].mean() < 0.004


def test_large_animals_move_as_small_ones_do_but_slower(filler: Filler) -> None:
    clip = trot()
    mask = known(clip.frames)
    large = clip.scaled(2.25)
    large = Clip(large.skeleton, large.rotations, large.root_positions, clip.fps / 1.5)
    small = fill_gaps.fill(filler, clip, mask, lock=False)
    out = fill_gaps.fill(filler, large, mask, lock=False)
    assert out.rotations == pytest.approx(small.rotations, abs=2e-3)
    assert out.root_positions == pytest.approx(2.25 * small.root_positions, abs=5e-3)


def test_sixty_frames_at_once_are_quick(filler: Filler) -> None:
    clip = trot()
    mask = known(clip.frames, slice(5, 65))
    fill_gaps.fill(filler, clip, mask)
    began = time.process_time()
    fill_gaps.fill(filler, clip, mask)
    assert time.process_time() - began < 0.6


@pytest.mark.parametrize("unit", [1.0, 100.0])
def test_joints_of_other_names_are_found_by_structure(filler: Filler, unit: float) -> None:
    clip = stepping().scaled(unit).slice(0, 70)
    mask = known(70)
    out = animal_file.fill(filler, clip, mask)
    assert np.array_equal(out.rotations[mask], clip.rotations[mask])
    assert np.array_equal(out.root_positions[mask], clip.root_positions[mask])
    assert np.isfinite(out.rotations).all()
    assert away(out, clip) < 0.3 * unit
    other = replace(clip, rotations=np.where(mask[:, None, None], clip.rotations, quat.IDENTITY))
    assert animal_file.fill(filler, other, mask).rotations == pytest.approx(out.rotations, abs=1e-5)


def test_animals_that_face_and_lie_otherwise_are_filled_alike(filler: Filler) -> None:
    clip = stepping().slice(0, 70)
    turn = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), 0.5 * np.pi).astype(np.float32)
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(turn, rotations[:, 0])
    lying = replace(clip, rotations=rotations, root_positions=quat.apply(turn, clip.root_positions))
    mask = known(70)
    upright, out = (animal_file.fill(filler, c, mask) for c in (clip, lying))
    assert out.root_positions == pytest.approx(quat.apply(turn, upright.root_positions), abs=5e-3)


def test_motion_in_place_stays_in_place(filler: Filler) -> None:
    moving = trot()
    pace = float(np.diff(moving.root_positions[:, 2]).mean())
    back = pace * np.arange(moving.frames)[:, None] * np.float32([0.0, 0.0, 1.0])
    clip = replace(moving, root_positions=(moving.root_positions - back).astype(np.float32))
    own = animal_file.AnimalFile.of(clip)
    mask = known(clip.frames)
    travel = own.proxy.travel(own.poses(clip), mask, 30.0)
    assert np.diff(travel[:, 2]).mean() == pytest.approx(pace, rel=0.5)
    out = animal_file.fill(filler, clip, mask)
    assert np.abs(out.root_positions - clip.root_positions).max() < 0.08
    assert away(out, clip) < 0.85 * away(interpolated(clip, mask), clip)
    still = own.proxy.travel(own.poses(moving), mask, 30.0)
    assert np.abs(still).max() < 1e-9


def test_a_loop_ends_as_it_begins(filler: Filler) -> None:
    clip = stepping().slice(0, 64)
    out = animal_file.loop(filler, clip, 12)
    assert out.frames == clip.frames
    assert np.array_equal(out.rotations[:51], clip.rotations[:51])
    assert out.rotations[-1, 1:] == pytest.approx(clip.rotations[0, 1:], abs=1e-4)
    assert out.root_positions[-1, 2] > 1.0


def test_a_transition_leads_into_another_motion(filler: Filler) -> None:
    first, second = stepping().slice(0, 40), stepping(speed=1.2).slice(7, 50)
    out = animal_file.stitch(filler, first, second, 15)
    assert out.frames == 40 + 15 + 43
    assert np.array_equal(out.rotations[:40], first.rotations)
    assert np.array_equal(out.rotations[55:, 1:], second.rotations[:, 1:])
    assert out.root_positions[55, 2] > first.root_positions[-1, 2]
    with pytest.raises(RefusedError, match="same joints"):
        animal_file.stitch(filler, first, trot(), 15)


def test_transitions_of_the_models_own_joints(filler: Filler) -> None:
    out = transition.stitch(filler, trot().slice(0, 30), trot(1.2).slice(0, 30), 15)
    assert out.frames == 75
    assert np.linalg.norm(np.diff(out.root_positions, axis=0), axis=-1).max() < 0.12


def test_people_and_rubbish_are_refused(filler: Filler) -> None:
    with pytest.raises(RefusedError, match="on two legs, not an animal on four"):
        animal_file.fill(filler, walks.any_clip(1, 70, 30.0), known(70))


def trotting_rig(build: Build) -> tuple[Body, np.ndarray, np.ndarray]:
    """Return a rig of a build that trots: its body and the world poses of all its bones."""
    rig, rig_map = animal(build)
    body = measure(rig, rig_map)
    clip = trot()
    pose = retarget.pose(clip, retarget.source_body(clip), body)
    poser = RigPoser(rig, clip.frames, dict(pose.rotations), dict(pose.positions))
    count = range(len(rig))
    rotations = np.stack([poser.rotation(bone) for bone in count], axis=1)
    heads = np.stack([poser.position(bone) for bone in count], axis=1)
    return body, rotations, heads


@each("build", BUILDS)
def test_kept_poses_of_a_rig_come_back_to_the_bit(build: Build, filler: Filler) -> None:
    body, rotations, heads = trotting_rig(build)
    mask = np.zeros(len(heads), dtype=bool)
    mask[::11] = mask[-1] = mask[20:30] = True
    out = proxy_of(body, filler).fill(filler, (rotations, heads), mask, 30.0)
    for role, bones in body.roles.items():
        for bone in bones if role != "root" else ():
            np.testing.assert_array_equal(out.rotations[bone][mask], rotations[mask, bone])
            np.testing.assert_array_equal(out.positions[bone][mask], heads[mask, bone])
            jolts = np.linalg.norm(np.diff(out.positions[bone], 2, axis=0), axis=-1)
            assert jolts.max() < 0.2


@each("build", BUILDS)
def test_a_proxy_loses_nothing_of_a_rig(build: Build) -> None:
    body, rotations, heads = trotting_rig(build)
    proxy = AnimalProxy.of_body(body)
    bones = proxy.motion((rotations, heads))
    mask = known(len(heads), slice(30, 34))
    back = proxy.bone_motion(proxy.whole_clip((rotations, heads), 30.0), bones, mask)
    off = np.linalg.norm(back.places - bones.places, axis=-1)[~mask]
    assert off.max() < 0.05
    assert off.mean() < 0.01


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = stepping().slice(0, 70)
    asked, out = tmp_path / "request.json", tmp_path / "out.bvh"
    for more in ({"keep": [[0, 19], [45, 69]]}, {"loop": True}, {"then": "keys.bvh"}):
        bvh.write(tmp_path / "keys.bvh", clip)
        request = {"model": "quadruped", "clip": "keys.bvh"} | more
        asked.write_text(json.dumps(request), encoding="utf-8")
        assert main(["inbetween", str(asked), "--out", str(out)]) == 0
        assert "frames filled" in capsys.readouterr().out
        assert set(bvh.read(out).skeleton.names) == set(clip.skeleton.names)
    bvh.write(tmp_path / "keys.bvh", walks.any_clip(1, 70, 30.0))
    assert main(["inbetween", str(asked), "--out", str(out)]) == 2
    assert "not an animal on four" in capsys.readouterr().err
