# SPDX-License-Identifier: GPL-3.0-or-later
"""Balance is mended: errors halve, planted feet stay, motion stays as smooth."""

from typing import Any

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import kind_of
from motion_addon.motion.cleanup.balance import balanced
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.metrics.balance import balance_of
from motion_addon.motion.metrics.clip_metrics import jerk
from motion_addon.motion.style.request import StyleChoice
from tests.cases import each

BAKES: dict[str, tuple[float, dict[str, Any]]] = {
    "run": (2.5, {}),
    "sprint": (4.0, {}),
    "zombie": (1.2, {"style": (StyleChoice(name="zombie", strength=1.5),)}),
    "gallop": (4.5, {"model": "quadruped", "gait": "gallop"}),
}


def request_of(name: str, **more: Any) -> BakeRequest:
    speed, others = BAKES[name]
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 3.0 * speed))
    return BakeRequest(path=path, speed=speed, fps=60.0, **others, **more)


def errors(clip: Clip) -> tuple[float, float, float]:
    """Return errors in stance (mean and 95 %) and in flight, in cm."""
    found = balance_of(clip, np.asarray(clip.contacts))
    flight = found.flight_errors.mean() if found.flights else 0.0
    return float(found.zmp_errors.mean()), float(np.percentile(found.zmp_errors, 95)), flight


@each("name", BAKES)
def test_errors_halve_while_planted_feet_stay(name: str) -> None:
    before = bake(request_of(name)).clip
    after = balanced(before, 1.0)
    for was, now in zip(errors(before), errors(after), strict=True):
        assert now <= 0.5 * was
    places = kind_of(before.skeleton).foot.places
    moved = np.linalg.norm(places(after) - places(before).astype(np.float64), axis=-1)
    assert moved[before.contacts > 0.5].max() < 1e-3
    assert jerk(after.world()[1], 60.0) <= 1.15 * jerk(before.world()[1], 60.0)


@pytest.fixture(scope="module")
def run() -> Clip:
    return bake(request_of("run")).clip


def test_a_request_mends_as_much_as_it_says(run: Clip) -> None:
    asked = bake(request_of("run", balance=0.5)).clip
    mended = balanced(run, 0.5)
    np.testing.assert_allclose(asked.root_positions, mended.root_positions, atol=1e-6)


def test_half_a_share_mends_half(run: Clip) -> None:
    whole, half, none = (errors(balanced(run, share))[0] for share in (1.0, 0.5, 0.0))
    assert whole < half < none
    assert half == pytest.approx(0.5 * (whole + none), rel=0.35)


def test_no_share_and_a_clip_without_contacts_are_unchanged(run: Clip) -> None:
    assert balanced(run, 0.0) is run
    bare = Clip(run.skeleton, run.rotations, run.root_positions, run.fps)
    assert balanced(bare, 1.0) is bare


def test_what_stands_in_balance_hardly_moves(run: Clip) -> None:
    standing = run.slice(0, 20)
    still = standing.at_frames(np.zeros(60), 60.0)
    moved = balanced(still, 1.0).root_positions - still.root_positions
    assert np.abs(moved).max() < 5e-3
