# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixtures step by step against the plain ones: every mixing, any crowd, any number at work."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.nn.mixture import (
    MIXINGS,
    ExpertStepper,
    GateStepper,
    LoneExpertStepper,
    stepper,
)
from motion_addon.motion.nn.network import Gate, MixedNetwork, softmax
from tests.cases import each

INPUTS, SPLIT, HIDDEN, OUTPUTS, EXPERTS = 9, 4, 6, 7, 5


def network(seed: int = 0) -> MixedNetwork:
    rng = np.random.default_rng(seed)
    sizes = ((INPUTS, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUTS))
    return MixedNetwork(
        tuple(rng.normal(size=(EXPERTS, b, a)).astype(np.float32) for a, b in sizes),
        tuple(rng.normal(size=(EXPERTS, b)).astype(np.float32) for _, b in sizes),
        rng.normal(size=INPUTS).astype(np.float32),
        rng.uniform(0.5, 2.0, size=INPUTS).astype(np.float32),
        rng.normal(size=OUTPUTS).astype(np.float32),
        rng.uniform(0.5, 2.0, size=OUTPUTS).astype(np.float32),
    )


def gate(active: int = 0) -> Gate:
    rng = np.random.default_rng(7)
    sizes = ((INPUTS, 8), (8, 8), (8, EXPERTS))
    return Gate(
        tuple(rng.normal(size=(b, a)).astype(np.float32) for a, b in sizes),
        tuple(rng.normal(size=b).astype(np.float32) for _, b in sizes),
        active,
    )


def mixed_outputs(net: MixedNetwork, inputs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return (N, O) the mix of what each expert alone gives for inputs (N, I)."""
    alone = [net.mixed(inputs, np.tile(one, (len(inputs), 1))) for one in np.eye(EXPERTS)]
    return np.asarray(sum(shares[:, k, None] * out for k, out in enumerate(alone)))


def some_shares(rng: np.random.Generator, characters: int, active: int) -> np.ndarray:
    return softmax(rng.normal(size=(characters, EXPERTS)), active)


@each("characters", [1, 2, 11])
@each("active", [0, 1, 2, 3])
@each("mixing", MIXINGS)
def test_a_step_is_the_plain_mixture(mixing: str, active: int, characters: int) -> None:
    net, rng = network(), np.random.default_rng(3)
    step = stepper(net, mixing, active, SPLIT, characters)
    known = rng.normal(size=(6, characters, SPLIT)).astype(np.float32)
    prepared = step.prepare(known)
    assert prepared.shape[:2] == (6, characters)
    for frame in range(6):
        state = rng.normal(size=(characters, INPUTS - SPLIT)).astype(np.float32)
        shares = some_shares(rng, characters, active)
        kept = [a.copy() for a in (prepared, state, shares)]
        out = step.step(prepared[frame], state, shares)
        inputs = np.concatenate([known[frame], state], axis=1)
        plain = mixed_outputs if mixing.endswith("output") else MixedNetwork.mixed
        assert out == pytest.approx(plain(net, inputs, shares), rel=1e-4, abs=1e-4)
        for before, after in zip(kept, (prepared, state, shares), strict=True):
            assert np.array_equal(before, after)


def test_only_experts_at_work_are_multiplied() -> None:
    net, rng = network(), np.random.default_rng(4)
    net.weights[1][3] = np.nan
    shares = np.array([[0.3, 0.0, 0.7, 0.0, 0.0], [0.0, 0.6, 0.0, 0.0, 0.4]], dtype=np.float32)
    for whole in (False, True):
        known = rng.normal(size=(2, SPLIT))
        state = rng.normal(size=(2, INPUTS - SPLIT)).astype(np.float32)
        step = ExpertStepper(net, 2, 2, whole)
        assert np.isfinite(step.step(step.prepare(known), state, shares)).all()
        lone = LoneExpertStepper(net, 2, whole, SPLIT)
        assert np.isfinite(lone.step(lone.prepare(known[:1]), state[:1], shares[:1])).all()


def test_characters_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(5)
    step = ExpertStepper(network(), 3, 2, whole=False)
    prepared = step.prepare(rng.normal(size=(3, SPLIT)))
    state = rng.normal(size=(3, INPUTS - SPLIT)).astype(np.float32)
    shares = some_shares(rng, 3, 2)
    before = step.step(prepared, state, shares).copy()
    state[1] += 3.0
    shares[1] = shares[1, ::-1].copy()
    after = step.step(prepared, state, shares)
    assert after[[0, 2]] == pytest.approx(before[[0, 2]], abs=1e-6)
    assert np.abs(after[1] - before[1]).max() > 0.01


def test_unknown_mixings_are_refused() -> None:
    with pytest.raises(ValueError, match="stir"):
        stepper(network(), "stir", 0, SPLIT, 1)


@each("characters", [1, 4])
@each("active", [0, 2])
def test_a_gate_in_steps_is_the_gate(active: int, characters: int) -> None:
    rng = np.random.default_rng(6)
    inputs = rng.normal(size=(10, characters, INPUTS)).astype(np.float32)
    quick = GateStepper(gate(active), SPLIT, characters, np.ones((1, EXPERTS)))
    prepared = quick.prepare(inputs[..., -SPLIT:])
    for frame in range(10):
        shares = quick(inputs[frame, :, :-SPLIT], prepared[frame])
        assert shares == pytest.approx(gate(active)(inputs[frame]), abs=1e-6)
        assert shares.sum(axis=1) == pytest.approx(np.ones(characters), abs=1e-6)
        assert ((shares > 0.0).sum(axis=1) == (active or EXPERTS)).all()


def test_factors_scale_mute_and_solo() -> None:
    rng = np.random.default_rng(8)
    inputs = rng.normal(size=(5, INPUTS)).astype(np.float32)

    def shares(active: int, factors: np.ndarray) -> np.ndarray:
        quick = GateStepper(gate(active), SPLIT, 5, factors)
        return quick(inputs[:, :-SPLIT], quick.prepare(inputs[:, -SPLIT:]))

    factors = np.array([[1.0, 0.0, 2.0, 1.0, 0.5]])
    scaled = gate()(inputs) * factors
    wanted = scaled / scaled.sum(axis=1, keepdims=True)
    assert shares(0, factors) == pytest.approx(wanted, abs=1e-6)
    for active in (0, 2):
        solo = shares(active, np.eye(EXPERTS)[[3]])
        assert solo == pytest.approx(np.tile(np.eye(EXPERTS)[3], (5, 1)))
    for row, best in enumerate(gate()(inputs).argmax(axis=1)):
        muted = np.ones((5, EXPERTS))
        muted[row, best] = 0.0
        found = shares(2, muted)
        assert found[row, best] == 0.0
        assert (found[row] > 0.0).sum() == 2
        others = np.arange(5) != row
        assert found[others] == pytest.approx(replace(gate(), active=2)(inputs)[others], abs=1e-6)
