# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped model that fills gaps: described truly, steps where interpolation glides, quick."""

import functools
import time

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip import contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.inbetween import fill_gaps, gap, model
from motion_addon.motion.metrics import clip_metrics
from tests.cases import each

GAP = slice(20, 50)


@functools.cache
def walk(fps: float = 30.0, speed: float = 1.3) -> Clip:
    """Return a steady walk or run, as the biped bakes it."""
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 20.0))
    clip = bake(BakeRequest(path=path, speed=speed, fps=fps)).clip
    middle = clip.frames // 2
    return clip.slice(middle, middle + round(7 * fps / 3))


def kept(frames: int, missing: slice = GAP) -> np.ndarray:
    known = np.ones(frames, dtype=bool)
    known[missing] = False
    return known


def test_is_described_truly() -> None:
    filler = model.load_filler("biped")
    layout = gap.GapLayout(len(filler.skeleton))
    assert [filler.info["inputs"], filler.info["outputs"]] == [layout.inputs, layout.outputs]
    assert filler.info["rate"] == gap.RATE
    assert filler.info["credits"]
    assert filler.skeleton.names == controller_model.load("biped").skeleton.names
    assert len(filler.digest) == 12
    with pytest.raises(RefusedError, match="fills gaps in the motion of a dragon"):
        model.load_filler("dragon")


@each("speed", [1.3, 3.2])
@each("fps", [24.0, 30.0, 60.0])
def test_steps_where_interpolation_glides(fps: float, speed: float) -> None:
    clip = walk(fps, speed)
    missing = slice(round(GAP.start * fps / 30), round(GAP.stop * fps / 30))
    known = kept(clip.frames, missing)
    out = fill_gaps.fill(model.load_filler("biped"), clip, known)
    plain = gap.interpolated(clip.rotations[None], clip.root_positions[None], known[None])
    glide = Clip(clip.skeleton, plain[0][0], plain[1][0], fps)
    truth, found, glided = (c.world()[1][missing] for c in (clip, out, glide))
    ours, theirs = (np.linalg.norm(a - truth, axis=-1).mean() for a in (found, glided))
    assert ours < 0.65 * theirs
    skates = [
        clip_metrics.foot_skate(
            contacts.foot_points(c.skeleton, *c.slice(*_bounds(missing)).world()), fps
        )
        for c in (out, glide)
    ]
    assert skates[0] < 0.5 * skates[1]


def _bounds(part: slice) -> tuple[int, int]:
    return part.start - 1, part.stop + 1


def test_no_jolt_at_the_ends_of_a_gap() -> None:
    clip = walk()
    out = fill_gaps.fill(model.load_filler("biped"), clip, kept(clip.frames))
    jolts = [
        np.linalg.norm(np.diff(c.world()[1], n=2, axis=0), axis=-1).mean(axis=1)
        for c in (clip, out)
    ]
    ends = [GAP.start - 2, GAP.start - 1, GAP.stop - 2, GAP.stop - 1]
    assert jolts[1][ends].max() < 2.0 * jolts[0].max()


def test_variants_differ_and_keep_the_poses() -> None:
    clip = walk()
    known = kept(clip.frames)
    filler = model.load_filler("biped")
    outs = [fill_gaps.fill(filler, clip, known, seed=seed) for seed in (0, 1, 2)]
    for out in outs:
        assert np.array_equal(out.rotations[known], clip.rotations[known])
    places = [out.world()[1][GAP] for out in outs]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.linalg.norm(places[i] - places[j], axis=-1).mean() > 0.01


def test_sixty_frames_at_once_are_quick() -> None:
    clip = walk()
    known = kept(clip.frames, slice(5, 65))
    fill_gaps.fill(model.load_filler("biped"), clip, known)
    began = time.process_time()
    fill_gaps.fill(model.load_filler("biped"), clip, known)
    assert time.process_time() - began < 0.6
