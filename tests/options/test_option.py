# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared options: limits, choices, bodies, unknown keys and the way to JSON and back."""

import json
from typing import Any

import pytest

from motion_addon.errors import RefusedError
from motion_addon.options.bake import BakeOptions
from motion_addon.options.choices import KINDS
from motion_addon.options.fill import FillOptions
from motion_addon.options.herd import HerdOptions
from motion_addon.options.kinds import ANIMAL, ANIMALS, PERSON
from motion_addon.options.option import check_all, options_of, read_all, write_all
from motion_addon.options.take import TakeOptions
from tests.cases import each

GROUPS = (BakeOptions, TakeOptions, HerdOptions, FillOptions)
EXAMPLES: dict[type, dict[str, Any]] = {
    BakeOptions: {"speed": [[0.0, 1.0], [1.0, 2.5]], "experts": [0.0, 4.0], "lead": "left"},
    TakeOptions: {"spot": [1.0, 2.0, 0.0, 90.0], "facing": {"yaw": 30.0}, "gaze": "Ball"},
    HerdOptions: {"count": 3, "spacing": 0.5},
    FillOptions: {"seed": 2, "lock": False, "seam": 8, "stay": True},
}
LIMITED = [
    (group, name)
    for group in GROUPS
    for name, option in options_of(group).items()
    if option.form is None and option.low is not None
]


@each("group", GROUPS)
def test_values_come_back_from_json(group: type) -> None:
    for data in ({}, EXAMPLES[group]):
        made = group(**read_all(group, data, "request"))
        check_all(made)
        plain = json.loads(json.dumps(write_all(made)))
        assert {name: plain[name] for name in data} == data
        assert group(**read_all(group, plain, "request")) == made


@each(("group", "name"), LIMITED)
def test_limits_are_in_and_what_lies_beyond_is_refused(group: type, name: str) -> None:
    option = options_of(group)[name]
    low, high = option.limits
    assert option.read(name, option.low) == low
    with pytest.raises(RefusedError, match=name):
        option.read(name, low - 1)
    if option.high is not None:
        assert option.read(name, option.high) == high
        with pytest.raises(RefusedError, match=name):
            option.read(name, high + 1)


@each("group", GROUPS)
def test_choices_are_read_and_other_words_are_refused(group: type) -> None:
    for name, option in options_of(group).items():
        if option.choices and option.form is None:
            assert [option.read(name, word) for word in option.words] == list(option.words)
            with pytest.raises(RefusedError, match=f"{name} must be one of {option.words[0]}, "):
                option.read(name, "other")


@each("group", GROUPS)
@each(("data", "message"), [({"spede": 1}, "has no key 'spede'"), ([], "must be a JSON object")])
def test_unknown_keys_and_other_values_are_refused(group: type, data: Any, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        read_all(group, data, "request")


def test_options_of_animals_are_for_no_person() -> None:
    assert tuple(word for word, *_ in KINDS) == (PERSON, ANIMAL)
    for group in GROUPS:
        for option in options_of(group).values():
            assert option.bodies in ((), ANIMALS)
            assert option.serves(ANIMAL)
            assert option.serves(PERSON) == (option.bodies == ())
    assert not options_of(BakeOptions)["lead"].serves(PERSON)
