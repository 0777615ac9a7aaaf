# SPDX-License-Identifier: GPL-3.0-or-later
"""Loops of four-legged gaits: exact, in place, with paws that move back at the ground's speed."""

import numpy as np
import pytest

from motion_addon.motion.bake.cycle import cut_cycle
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped
from motion_addon.motion.cleanup.cleanup import clean
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.dogs import FPS, stepping_dog

REQUEST = BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), speed=1.0, fps=60.0)
GAITS = {
    "walk": {"speed": 0.8, "stride": 0.7},
    "trot": {"speed": 1.8, "stride": 0.5},
    "gallop": {"speed": 3.5, "stride": 0.4},
}


def looped(gait: str, noise: float = 0.0) -> tuple[Clip, float]:
    clip = stepping_dog(gait, seconds=8.0, noise=noise, **GAITS[gait])
    phase = np.arange(clip.frames) / FPS / GAITS[gait]["stride"]
    return cut_cycle(clean(clip, clip.contacts), phase, REQUEST)


@each("gait", GAITS)
def test_loop_is_one_stride_in_place_without_a_seam(gait: str) -> None:
    loop, speed = looped(gait, noise=0.003)
    assert speed == pytest.approx(GAITS[gait]["speed"], rel=0.05)
    assert loop.seconds + 1.0 / FPS == pytest.approx(GAITS[gait]["stride"], abs=1.0 / FPS)
    assert np.abs(loop.root_positions[:, [0, 2]]).max() < 0.05
    at = np.arange(2 * loop.frames) % loop.frames
    turns = quat.to_rotvec(quat.inv_mul(loop.rotations[at[:-1]], loop.rotations[at[1:]]))
    step = np.linalg.norm(turns, axis=-1).max(axis=-1)
    seam = loop.frames - 1
    assert step[seam] <= 1.2 * np.delete(step, seam).max()
    change = np.linalg.norm(np.diff(turns, axis=0), axis=-1).max(axis=-1)
    assert change[seam - 1 : seam + 1].max() <= 1.3 * np.delete(change, [seam - 1, seam]).max()


@each("gait", GAITS)
def test_each_paw_stands_once_and_moves_back_with_the_ground(gait: str) -> None:
    loop, speed = looped(gait, noise=0.003)
    points = quadruped.paw_points(loop)
    at = np.arange(2 * loop.frames) % loop.frames
    for leg in range(4):
        down = loop.contacts[:, leg] > 0.5
        assert (down & ~np.roll(down, 1)).sum() == 1
        for start, stop in foot_contacts.runs(down[at]):
            if stop - start > 3:
                steps = np.diff(points[at][start:stop, leg], axis=0) * FPS
                assert steps[:, 2].mean() == pytest.approx(-speed, rel=0.1)
                assert np.abs(steps[:, 2] + speed).max() < 0.25 * speed


def test_cut_of_a_perfect_stride_gives_itself_back() -> None:
    clip = stepping_dog("trot", 1.8, stride=0.5)
    loop, speed = cut_cycle(clip, np.arange(clip.frames) / 30.0, REQUEST)
    assert loop.frames == 30
    assert speed == pytest.approx(1.8, rel=1e-4)
    start = 30 * int(np.floor(clip.frames // 2 / 30.0) - 1)
    same = np.abs((loop.rotations * clip.rotations[start : start + 30]).sum(axis=-1))
    assert same == pytest.approx(np.ones_like(same), abs=1e-5)
    assert np.array_equal(loop.contacts, clip.contacts[start : start + 30])
