# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of body is known by its joints and its models; others are refused."""

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.body.kinds import BIPED, KINDS, QUADRUPED, Kind, kind_of, kind_of_model
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import model
from motion_addon.options import choices
from motion_addon.options.option import Choices
from tests.cases import each


@each("kind", list(KINDS.values()))
def test_the_skeletons_and_words_of_the_models_are_of_their_kind(kind: Kind) -> None:
    assert kind_of(model.load(kind.controller).skeleton) is kind
    assert all(kind_of_model(word) is kind for word in kind.models)


def test_a_creature_is_a_quadruped() -> None:
    assert kind_of_model("creature") is QUADRUPED
    assert QUADRUPED.from_one_clip
    assert not BIPED.from_one_clip


def test_an_unknown_skeleton_is_refused() -> None:
    skeleton = Skeleton(("Root", "Wing"), np.array([-1, 0]), np.zeros((2, 3)))
    with pytest.raises(RefusedError, match="a person or an animal"):
        kind_of(skeleton)


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(RefusedError, match="choose one of: biped, quadruped, creature"):
        kind_of_model("bird")


@pytest.mark.parametrize(
    ("kind", "labels"), [("biped", choices.GAITS), ("quadruped", choices.ANIMAL_GAITS)]
)
def test_each_gait_of_a_kind_has_its_label(kind: str, labels: Choices) -> None:
    assert {word for word, *_ in labels} == {"auto", *KINDS[kind].gaits[1:]}
