# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of gaits, and which is used when."""

import numpy as np
import pytest

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from tests.cases import each

LINE = Path.from_points(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 20.0]]))


def speed_at(number: float) -> float:
    """Return the speed (m/s) of the model's animal at a Froude number."""
    return float(np.sqrt(number * quadruped_gaits.GRAVITY * quadruped_gaits.HIP_HEIGHT))


def test_froude_makes_sizes_alike() -> None:
    mouse = quadruped_gaits.froude(0.4, 0.03)
    assert mouse == pytest.approx(quadruped_gaits.froude(0.4 * np.sqrt(2.0 / 0.03), 2.0))
    assert quadruped_gaits.froude(speed_at(0.5), quadruped_gaits.HIP_HEIGHT) == pytest.approx(0.5)


@each(
    ("number", "gait"),
    [(0.05, "walk"), (0.4, "walk"), (0.65, "trot"), (1.9, "trot"), (2.6, "canter"), (4, "gallop")],
)
def test_the_gait_follows_the_froude_number(number: float, gait: str) -> None:
    weights = quadruped_gaits.weights(speed_at(number))
    assert weights[quadruped_gaits.GAITS.index(gait)] == pytest.approx(1.0)


def test_weights_go_over_smoothly_and_sum_to_one() -> None:
    weights = quadruped_gaits.weights(np.linspace(0.0, 6.0, 2000))
    assert np.allclose(weights.sum(axis=-1), 1.0)
    assert np.abs(np.diff(weights, axis=0)).max() < 0.06
    assert weights[0].argmax() == 0


def test_a_forced_gait_is_kept_at_any_speed_but_not_in_a_stand() -> None:
    weights = quadruped_gaits.weights(np.array([0.0, 0.5, 5.0]), "pace")
    assert weights[0, 0] == 1.0
    assert (weights[1:, quadruped_gaits.GAITS.index("pace")] == 1.0).all()


def test_mirrored_offsets_are_the_other_lead() -> None:
    canter = np.array(quadruped_gaits.TABLE["canter"].offsets)
    left = quadruped_gaits.mirrored(canter)
    assert left[0] == 0.0
    assert np.allclose(quadruped_gaits.mirrored(left), canter)
    for name in ("walk", "trot", "pace"):
        offsets = np.array(quadruped_gaits.TABLE[name].offsets)
        assert np.allclose(quadruped_gaits.mirrored(offsets), offsets)


def test_a_dog_plans_with_its_own_gaits() -> None:
    plan = trajectory.plan(LINE, speed=speed_at(1.0), mover=quadruped_gaits.MOVER)
    assert plan.gait.shape[1] == len(quadruped_gaits.GAITS)
    assert plan.gait[len(plan) // 2].argmax() == quadruped_gaits.GAITS.index("trot")
    with pytest.raises(ValueError, match="gallop"):
        trajectory.plan(LINE, gait="jog", mover=quadruped_gaits.MOVER)
    with pytest.raises(ValueError, match="jog"):
        trajectory.plan(LINE, gait="trot")


def test_turned_facing_goes_backward() -> None:
    plan = trajectory.plan(LINE, speed=0.8, facing=("turned", np.pi), mover=quadruped_gaits.MOVER)
    assert np.allclose(plan.facing @ [0.0, 0.0, 1.0], -1.0, atol=1e-3)
    assert plan.positions[-1, 2] == pytest.approx(20.0, abs=0.1)
