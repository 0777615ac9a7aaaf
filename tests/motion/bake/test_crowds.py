# SPDX-License-Identifier: GPL-3.0-or-later
"""Many bakes at once are the single ones; experts and leads are obeyed, and refused on two legs."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake import bake as baking
from motion_addon.motion.bake import driving
from motion_addon.motion.bake.bake import bake, bake_many
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.controller import model
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion import mixtures

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0))
BEND = ((1.0, 0.0, 0.0), (1.0, 0.0, 2.0), (3.0, 0.0, 3.0))
K = mixtures.EXPERTS


@pytest.fixture(params=["blend", "top2_blend"])
def animals(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Let "quadruped" be a model of random weights; give its way of mixing."""
    mixtures.write(tmp_path, request.param)
    real = model.load

    @functools.cache
    def load(name: str) -> model.Model:
        return real(name, tmp_path) if name == "quadruped" else real(name)

    monkeypatch.setattr(model, "load", load)
    return request.param


def animal(path: Any = LINE, **options: Any) -> BakeRequest:
    return BakeRequest(path=path, model="quadruped", **options)


def worst(a: BakeResult, b: BakeResult) -> float:
    """Return the largest difference of joint positions (m), orientation axes and phase."""
    (turned_a, at_a), (turned_b, at_b) = a.clip.world(), b.clip.world()
    axes = np.abs(quat.to_two_axes(turned_a) - quat.to_two_axes(turned_b)).max()
    return max(np.abs(at_a - at_b).max(), axes, np.abs(a.phase - b.phase).max())


def same(requests: list[BakeRequest]) -> None:
    for request, found in zip(requests, bake_many(requests), strict=True):
        alone = bake(request)
        assert found.request is request
        assert worst(found, alone) < 1e-4
        assert np.array_equal(found.clip.contacts, alone.clip.contacts)
        assert set(found.report) == set(alone.report)
        assert found.report["gait"] == alone.report["gait"]


def test_people_together_as_alone() -> None:
    same(
        [
            BakeRequest(path=LINE, seed=4, fps=24.0),
            BakeRequest(path=BEND, speed=0.9, start_phase=0.4, height=1.5),
            BakeRequest(path=LINE, speed=2.2, cadence=1.1, stop=False),
        ]
    )


def test_animals_and_people_together_as_alone(animals: str) -> None:
    muted = (0.0, *(1.0,) * (K - 1))
    same(
        [
            animal(BEND, speed=1.0, seed=9),
            BakeRequest(path=LINE),
            animal(speed=3.0, gait="canter", lead="left", start_phase=0.7, experts=muted),
            animal(hip_height=0.3, speed=0.6, facing=("turned", 180.0)),
        ]
    )


def test_crowds_are_driven_in_batches(animals: str, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [animal(((0.0, 0.0, 0.0), (0.0, 0.0, z)), speed=1.5) for z in (5.0, 1.0, 3.0)]
    whole = bake_many(requests)
    monkeypatch.setattr(driving, "MOST_FRAMES", 500)
    for found, wanted in zip(bake_many(requests), whole, strict=True):
        assert found.request is wanted.request
        assert worst(found, wanted) < 1e-4


def test_progress_of_many_can_be_shown_and_cancelled() -> None:
    requests = [BakeRequest(path=LINE, seed=i) for i in range(3)]
    shown = list(baking.bake_many_steps(requests))
    assert shown == sorted(shown)
    assert 0.0 < shown[0] < shown[-1] == 1.0
    cancelled = baking.bake_many_steps(requests)
    next(cancelled)
    cancelled.close()
    assert list(cancelled) == []
    assert bake_many([]) == []


def test_one_bad_request_is_said() -> None:
    with pytest.raises(RefusedError, match="path"):
        bake_many([BakeRequest(path=LINE), BakeRequest(path=((0.0, 0.0, 0.0),) * 2)])


def test_activations_are_reported(animals: str) -> None:
    result = bake(animal(hip_height=0.3, speed=0.6))
    card = json.loads(json.dumps(result.report, allow_nan=False))["experts"]
    shares = np.array(card["shares"])
    assert card["fps"] == 10
    assert shares.shape[1] == K
    assert len(shares) == pytest.approx(result.clip.seconds * 10.0 + 1.0, abs=1.0)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(shares)), abs=0.003)
    assert "experts" not in bake(BakeRequest(path=LINE)).report


def test_experts_are_muted_and_played_alone(animals: str) -> None:
    plain, muted, solo = (
        bake(animal(experts=factors))
        for factors in (None, (1.0, 1.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 0.0, 0.0))
    )
    shares = [np.array(result.report["experts"]["shares"]) for result in (plain, muted, solo)]
    assert shares[0][:, 2].max() > 0.05
    assert shares[1][:, 2].max() == 0.0
    assert shares[2] == pytest.approx(np.tile(np.eye(K)[2], (len(shares[2]), 1)))
    assert worst(plain, muted) > 1e-3
    assert worst(plain, bake(animal(experts=(1.0,) * K))) == 0.0
    assert worst(plain, bake(animal(experts=(2.0,) * K))) < 1e-4


def test_a_lead_is_obeyed(animals: str) -> None:
    left, right, auto = (
        bake(animal(speed=3.0, gait="canter", lead=lead)) for lead in ("left", "right", "auto")
    )
    assert worst(left, right) > 1e-3
    assert worst(right, auto) == 0.0


@each(
    ("options", "word"),
    [
        ({"model": "biped", "lead": "left"}, "lead"),
        ({"model": "biped", "experts": (1.0, 0.0)}, "experts"),
        ({"model": "quadruped", "experts": (1.0, 0.0)}, f"{K} factors, not 2"),
        ({"model": "quadruped", "gait": "jog"}, "jog"),
    ],
)
def test_what_a_model_cannot_do(animals: str, options: dict[str, Any], word: str) -> None:
    with pytest.raises(RefusedError, match=word) as caught:
        bake(BakeRequest(path=LINE, **options))
    assert "\n" not in str(caught.value)
