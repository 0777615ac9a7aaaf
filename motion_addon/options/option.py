# SPDX-License-Identifier: GPL-3.0-or-later
"""One option: its declaration, and how its values are read from JSON and written to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

from ..errors import RefusedError
from . import checks

REQUIRED: Any = MISSING
"""Default of an option that must be given."""
Choices = tuple[tuple[str, str, str], ...]
"""Word, label and tooltip of each choice."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Form:
    """JSON form of an option that is not one number, word, text or flag."""

    shown: str
    """The form in a few words, for the page of options."""
    schema: Mapping[str, Any]
    """JSON schema of the values."""
    read: Callable[[str, Any], Any]
    """Returns the value of a key and its plain JSON; raises RefusedError."""
    write: Callable[[Any], Any] = _same
    """Returns plain JSON that ``read`` reads."""
    checked: type | None = None
    """Type of values that check themselves as they are made."""


@dataclass(frozen=True)
class Option:
    """Everything that is known of one option."""

    label: str
    """Name in the panel."""
    meaning: str
    """One sentence without a final period, the tooltip."""
    default: Any
    """Value if none is given; values have its type."""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: Choices = ()
    bodies: tuple[str, ...] = ()
    """Kinds of body that have the option; empty for all."""
    form: Form | None = None
    """JSON form, if it is none of a plain value."""
    formerly: str = ""
    """Name in older files, whose values ``form`` reads as well; empty for none."""
    panel: Mapping[str, Any] | None = field(default_factory=dict)
    """What Blender's property has more or otherwise; None where the panel has none of that name."""

    @property
    def in_panel(self) -> bool:
        """Whether a property of the same name and value is in the scene's settings."""
        return self.panel is not None and self.form is None

    @property
    def limits(self) -> tuple[float, float]:
        """Least and largest value; infinite where there is no limit."""
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    @property
    def words(self) -> tuple[str, ...]:
        """Words that can be chosen; empty if the option is no choice."""
        return tuple(choice[0] for choice in self.choices)

    def serves(self, body: str) -> bool:
        """Whether a kind of body has the option."""
        return not self.bodies or body in self.bodies

    def read(self, name: str, value: Any) -> Any:
        """Return the value of plain JSON. Raises RefusedError with the key and what it must be."""
        if value is None and self.default is None:
            return None
        if self.form is not None:
            return self.form.read(name, value)
        if self.choices:
            return checks.word(value, name, self.words)
        if isinstance(self.default, bool):
            return checks.flag(value, name)
        if isinstance(self.default, int):
            return checks.whole(value, name, self.low, self.high)
        if isinstance(self.default, str):
            return checks.text(value, name)
        title = f"{name} ({self.unit})" if self.unit else name
        return checks.limited(value, title, self.low, self.high)

    def write(self, value: Any) -> Any:
        """Return plain JSON of a value."""
        return value if self.form is None or value is None else self.form.write(value)


def holding(option: Option, **changes: Any) -> Any:
    """Return the field of a dataclass that holds an option, with ``changes`` to its declaration."""
    changed = replace(option, **changes)
    return field(default=changed.default, metadata={"option": changed})


def formed(default: Any, label: str, meaning: str, form: Form, **more: Any) -> Any:
    """Return the field of an option whose values have a JSON form of their own."""
    return holding(Option(label, meaning, default, form=form, **more))


def number(default: float | None, label: str, meaning: str, **more: Any) -> Any:
    """Return the field of an option that is a number; None as default allows none."""
    return holding(Option(label, meaning, default, **more))


def whole(default: int, label: str, meaning: str, **more: Any) -> Any:
    """Return the field of an option that is a whole number."""
    return holding(Option(label, meaning, default, **more))


def flag(default: bool, label: str, meaning: str, **more: Any) -> Any:
    """Return the field of an option that is true or false."""
    return holding(Option(label, meaning, default, **more))


def word(choices: Choices, label: str, meaning: str, **more: Any) -> Any:
    """Return the field of an option that is one of some words, the first if none is given."""
    return holding(Option(label, meaning, choices[0][0], choices=choices, **more))


def text(default: str, label: str, meaning: str, **more: Any) -> Any:
    """Return the field of an option that is a text, which no property holds as it is."""
    return holding(Option(label, meaning, default, panel=None, **more))


def options_of(group: type) -> dict[str, Option]:
    """Return the options of a dataclass by name."""
    return {
        one.name: one.metadata["option"]
        for one in fields(group)
        if isinstance(one.metadata.get("option"), Option)
    }


def renamed(group: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with the present names of options that older files name otherwise."""
    now = {one.formerly: name for name, one in options_of(group).items() if one.formerly}
    return {now[k] if k in now and now[k] not in data else k: v for k, v in data.items()}


def read_all(group: type, data: Any, what: str) -> dict[str, Any]:
    """Return the values of a JSON object by name; ``what`` names it, such as "request".

    Raises RefusedError for anything else, for unknown keys, and for values that make no sense.
    """
    if not isinstance(data, Mapping):
        raise RefusedError(f"The {what} must be a JSON object, not {checks.shown(data)}")
    data, known = renamed(group, data), options_of(group)
    for name in data:
        if name not in known:
            raise RefusedError(
                f"The {what} has no key {checks.shown(name)}; known are {', '.join(sorted(known))}"
            )
    for name, option in known.items():
        if option.default is REQUIRED and name not in data:
            raise RefusedError(f"The {what} has no {name}; add {name}")
    return {name: known[name].read(name, value) for name, value in data.items()}


def write_all(holder: Any) -> dict[str, Any]:
    """Return plain JSON of all options of a dataclass's instance."""
    return {
        name: one.write(getattr(holder, name)) for name, one in options_of(type(holder)).items()
    }


def check_all(holder: Any) -> None:
    """Raise RefusedError where an instance holds a value that its own JSON would not give."""
    for name, option in options_of(type(holder)).items():
        value = getattr(holder, name)
        own = None if option.form is None else option.form.checked
        if own is not None and isinstance(value, own):
            continue
        read = option.read(name, option.write(value))
        if read != value:
            raise RefusedError(
                f"{name} must be {checks.shown(read)} in code, not {checks.shown(value)}"
            )
