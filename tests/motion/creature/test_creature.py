# SPDX-License-Identifier: GPL-3.0-or-later
"""A creature from one clip: adapted, stored, driven; nearer to its clip than any animal is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.controller import Controller
from motion_addon.motion.creature.adaptation.adapt import adapt
from motion_addon.motion.creature.adaptation.creature import Creature, model_of
from motion_addon.motion.creature.reading import exemplar
from motion_addon.motion.creature.reading.exemplar import Exemplar
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path as Way
from tests.cases import each
from tests.motion.dogs import stepping_dog
from training.creature.judging import measures

SPEED = 0.8


def clip(gait: str = "walk", seconds: float = 3.0) -> Clip:
    """Return a dog on paper, which lifts its paws high."""
    return stepping_dog(gait, speed=SPEED, seconds=seconds, stride=0.75)


@pytest.fixture(scope="module")
def shown() -> Exemplar:
    """Return the exemplar of a walk."""
    return exemplar.of_clip(clip(), name="paper dog")


@pytest.fixture(scope="module")
def creature(shown: Exemplar) -> Creature:
    """Return the creature of that walk."""
    return adapt(shown, credit="Nobody's. CC0.")


def driven(model: controller_model.Model, gait: str, speed: float) -> Clip:
    """Return four seconds straight ahead."""
    path = Way.from_points([[0.0, 0.0, 0.0], [0.0, 0.0, 5.0 * speed]])
    plan = trajectory.plan(
        path, speed=speed, gait=gait, start=False, stop=False, mover=quadruped_gaits.MOVER
    )
    *_, runs = Controller(model).run([plan], np.zeros(1), np.ones(1))
    assert isinstance(runs, list)
    return runs[0].clip


def error(made: Clip, shown: Exemplar) -> float:
    """Return how far a motion is from the clip, % of the hip's height."""
    return measures.pose_error(measures.mean_stride(made), measures.mean_stride(shown.clip))


def test_at_its_own_speed_it_moves_as_in_its_clip(shown: Exemplar, creature: Creature) -> None:
    own = driven(model_of(creature), "walk", shown.speed)
    assert error(own, shown) < 3.0
    made, real = stride_rhythm(own), stride_rhythm(shown.clip)
    assert measures.footfall_errors(made, real).max() < 0.03
    assert measures.period_error(made, real) < 2.0


def test_manner_goes_from_any_animal_s_to_the_clip_s(shown: Exemplar, creature: Creature) -> None:
    off = [
        error(driven(model_of(creature, strength), "walk", shown.speed), shown)
        for strength in (0.0, 0.5, 1.0)
    ]
    assert off[0] > off[1] > off[2]


@pytest.mark.parametrize(("gait", "speed"), [("trot", 2.0), ("canter", 3.2)])
def test_gaits_that_were_not_shown(creature: Creature, gait: str, speed: float) -> None:
    made = driven(model_of(creature), gait, speed)
    table = model_of(creature).gait_profile.table[gait].offsets
    off = np.abs((stride_rhythm(made).offsets - np.array(table) + 0.5) % 1.0 - 0.5)
    assert off.max() < 0.12
    low = made.world()[1][..., 1].min()
    assert -0.12 < low < 0.06
    assert np.isfinite(made.rotations).all()


def test_stored_and_read_again(creature: Creature, tmp_path: Path) -> None:
    creature.save(tmp_path / "dog.npz")
    again = Creature.load(tmp_path / "dog.npz")
    assert (again.name, again.credit, again.gait) == ("paper dog", "Nobody's. CC0.", "walk")
    assert again.digest == Creature.from_bytes(again.to_bytes()).digest
    one, two = (driven(model_of(c), "walk", SPEED) for c in (creature, again))
    np.testing.assert_allclose(one.world()[1], two.world()[1], atol=2e-2)
    assert "CC0" in " ".join(model_of(again).info["credits"])


def test_adapting_is_repeatable(shown: Exemplar, creature: Creature) -> None:
    assert adapt(shown, credit="Nobody's. CC0.").digest == creature.digest


def test_a_creature_of_other_weights_is_refused(creature: Creature) -> None:
    with pytest.raises(RefusedError, match="adapt it again"):
        model_of(replace(creature, learner="0" * 12))


@each("data", [b"", b"no creature", b"PK\x03\x04"])
def test_a_file_that_is_none_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(RefusedError, match="holds no creature"):
        Creature.load(tmp_path / "x.npz")


def test_half_a_stride_is_enough() -> None:
    short = exemplar.of_clip(clip("trot", 0.45), name="short")
    found = adapt(short)
    made = driven(model_of(found), "trot", short.speed)
    assert stride_rhythm(made).rate > 0.0 and np.isfinite(made.root_positions).all()


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_canter_of_either_lead_comes_back(mirrored: bool) -> None:
    source = stepping_dog("canter", speed=3.0, seconds=4.0, stride=0.45)
    seen = exemplar.of_clip(source.mirrored() if mirrored else source, name="canter")
    made = driven(model_of(adapt(seen)), "canter", seen.speed)
    assert error(made, seen) < 3.0
    off = measures.footfall_errors(stride_rhythm(made), stride_rhythm(seen.clip))
    assert off.max() < 0.03
