# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of declared options: a JSON schema for programs and tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import RefusedError
from .option import REQUIRED, Option, options_of

BEGIN = "<!-- options: {} -->"
END = "<!-- end -->"


def schema(group: type, title: str) -> dict[str, Any]:
    """Return the JSON schema of an object with the options of a dataclass."""
    known = options_of(group)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {name: _property(option) for name, option in known.items()},
        "required": [name for name, option in known.items() if option.default is REQUIRED],
        "additionalProperties": False,
    }


def _property(option: Option) -> dict[str, Any]:
    out: dict[str, Any] = {"title": option.label, "description": _sentence(option)}
    kind = dict(option.form.schema) if option.form is not None else _plain(option)
    if option.default is None:
        kind = {"anyOf": [kind, {"type": "null"}]}
    if option.default is not REQUIRED:
        out["default"] = option.write(option.default)
    return out | kind


def _sentence(option: Option) -> str:
    unit = f", in {option.unit}" if option.unit and option.form is None else ""
    bodies = f"; for {', '.join(option.bodies)} only" if option.bodies else ""
    return f"{option.meaning}{unit}{bodies}"


def _plain(option: Option) -> dict[str, Any]:
    if option.choices:
        return {"enum": list(option.words)}
    kinds: Mapping[type, str] = {bool: "boolean", int: "integer", str: "string"}
    kind: dict[str, Any] = {"type": kinds.get(type(option.default), "number")}
    if option.low is not None:
        kind["minimum"] = option.low
    if option.high is not None:
        kind["maximum"] = option.high
    return kind


def table(group: type) -> str:
    """Return a Markdown table of the options of a dataclass."""
    lines = ["| key | values | default | for | meaning |", "| --- | --- | --- | --- | --- |"]
    for name, option in options_of(group).items():
        bodies = ", ".join(option.bodies) or "all"
        cells = (f"`{name}`", _values(option), _default(option), bodies, option.meaning)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _values(option: Option) -> str:
    if option.form is not None:
        return option.form.shown
    if option.choices:
        text = ", ".join(f"`{word}`" for word in option.words)
    elif isinstance(option.default, bool):
        text = "true or false"
    elif isinstance(option.default, str):
        text = "text"
    else:
        whole = "whole number" if isinstance(option.default, int) else "number"
        text = f"{whole}{_limits(option)}"
    return f"{text}, {option.unit}" if option.unit else text


def _limits(option: Option) -> str:
    if option.low is None:
        return ""
    return f" from {option.low:.10g}" + ("" if option.high is None else f" to {option.high:.10g}")


def _default(option: Option) -> str:
    if option.default is REQUIRED:
        return "required"
    plain = option.write(option.default)
    if plain is None or plain in ("", (), []):
        return "none"
    return f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"


def page_with(page: str, tables: Mapping[str, str]) -> str:
    """Return a page with the ``tables`` between their marks; raises RefusedError without a mark."""
    for name, text in tables.items():
        begin = BEGIN.format(name)
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(END)
        if not found or not closed:
            raise RefusedError(f"The page has no line {begin} with {END} after it; add both")
        page = f"{before}{begin}\n{text}\n{END}{after}"
    return page
