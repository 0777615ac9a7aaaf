# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a named style goes with the strides."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.style import rhythm, transfer
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.request import StyleChoice
from tests.motion.styled_walks import DOG, PERSON, WALKS, Walk


def styled(name: str, walk: Walk = DOG) -> Clip:
    return bake(replace(walk.request, style=(StyleChoice(name=name),))).clip


def nod(clip: Clip, joint: str, girdle: str) -> float:
    """Return how much higher (m) a joint is over the left leg of a girdle than over the right."""
    left, right = (quadruped.LEGS.index(side + girdle) for side in "LR")
    down = clip.contacts > 0.5
    height = clip.world()[1][:, clip.skeleton.index(joint), 1]
    over = [down[:, a] & ~down[:, b] for a, b in ((left, right), (right, left))]
    return float(height[over[0]].mean() - height[over[1]].mean())


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_every_feature_goes_by_one_part_of_the_basis(walk: Walk) -> None:
    observed = sf.observe(walk.clip)
    layout, conditions = observed.layout, observed.conditions()
    columns, features = zip(*rhythm.parts(layout), strict=True)
    assert sorted(np.concatenate(features)) == list(range(layout.features))
    seen = rhythm.basis(layout, conditions)
    assert seen.shape == (walk.clip.frames, columns[-1].stop)
    contacts = conditions[:, layout.contacts]
    down = contacts.reshape(walk.clip.frames, len(layout.tips), -1).max(axis=-1)
    assert np.abs(seen[:, rhythm.swing(layout)][down > 0.999]).max() < 1e-3


def test_a_limp_rises_over_the_leg_that_is_spared() -> None:
    limp, lame = styled("limp"), styled("lame")
    assert nod(limp, "Head", "F") > nod(DOG.clip, "Head", "F") + 0.06
    assert nod(lame, "Pelvis", "H") > nod(DOG.clip, "Pelvis", "H") + 0.015


def test_a_person_who_limps_drops_onto_the_left_foot() -> None:
    def drop(clip: Clip) -> float:
        down = clip.contacts.reshape(clip.frames, 2, 2).max(axis=-1) > 0.5
        hips = clip.root_positions[:, 1]
        return float(hips[down[:, 1] & ~down[:, 0]].mean() - hips[down[:, 0] & ~down[:, 1]].mean())

    assert drop(styled("limp", PERSON)) > drop(PERSON.clip) + 0.025


def test_a_high_step_is_high() -> None:
    lifted = [quadruped.paw_points(clip)[..., 1].max() for clip in (styled("high-step"), DOG.clip)]
    assert lifted[0] > lifted[1] + 0.06


def test_a_rhythm_is_of_named_styles_alone_and_by_their_strength() -> None:
    styler = DOG.styler
    assert set(styler.rhythms) == set(styler.library) - {"neutral"}
    assert set(PERSON.styler.rhythms) <= set(PERSON.styler.library) - {"neutral"}
    code = styler.library["limp"]
    heads = []
    for strength in (0.0, 0.5, 1.0):
        one = transfer.Ingredient(code, strength, None, styler.rhythms["limp"])
        heads.append(nod(transfer.styled(styler, DOG.clip, [one]), "Head", "F"))
    assert np.diff(heads) == pytest.approx(0.5 * (heads[2] - heads[0]), abs=0.01)
    without = transfer.styled(styler, DOG.clip, [transfer.Ingredient(code)])
    assert nod(without, "Head", "F") < heads[1]
