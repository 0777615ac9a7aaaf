# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads bytes, text and JSON that anybody may have written.

Size and depth are checked first. Whatever is wrong with the contents, a RefusedError names the
file and says what to do.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from ..errors import RefusedError

MOST_JSON: Final = 32_000_000
"""Largest JSON file that is read, bytes."""
DEEPEST: Final = 32
"""Lists and objects that may lie inside each other in JSON."""


def read_bytes(path: Path | str, most: int) -> bytes:
    """Return the contents of a file of at most ``most`` bytes. Raises RefusedError."""
    place = Path(path)
    try:
        if place.is_dir():
            raise RefusedError(f"{place} is a folder; choose a file")
        if not place.is_file():
            raise RefusedError(f"{place} cannot be read: there is no such file; check the path")
        with place.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(size) if size <= most else b""
    except RefusedError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RefusedError(f"{place} cannot be read: {reason.lower()}; check the path") from error
    if size > most:
        raise RefusedError(
            f"{place.name} is larger than {most / 1e6:g} MB, the most that is read; choose another"
            " file"
        )
    return data


def decoded(data: bytes) -> str:
    """Return the text of a file: UTF-8, or UTF-16 that says so; unknown bytes are replaced."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def read_json(path: Path | str, most: int = MOST_JSON) -> Any:
    """Return the plain values of a JSON file. Raises RefusedError."""
    data, name = read_bytes(path, most), Path(path).name
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name} is not JSON: it is not UTF-8 text; save it again") from error
    return parsed(text, name)


def parsed(text: str, name: str) -> Any:
    """Return the plain values of JSON text; ``name`` is its file. Raises RefusedError."""
    try:
        values = json.loads(text)
    except RecursionError as error:
        raise _too_deep(name) from error
    except json.JSONDecodeError as error:
        raise RefusedError(
            f"{name} is not valid JSON: {error.msg} (line {error.lineno}); correct it"
        ) from error
    except ValueError as error:
        raise RefusedError(f"{name} is not valid JSON: a number is too long; correct it") from error
    _check_values(values, name)
    return values


def _check_values(values: Any, name: str) -> None:
    """Raise RefusedError for values nested too deep, and for text that cannot be written."""
    level = [values]
    for _ in range(DEEPEST):
        words = [value for value in level if isinstance(value, str)]
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                words.extend(value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        try:
            broken = "\0" in "".join(words).encode("utf-8").decode("utf-8")
        except UnicodeEncodeError:
            broken = True
        if broken:
            raise RefusedError(f"{name} holds text with characters that are none; correct it")
        level = below
    if level:
        raise _too_deep(name)


def _too_deep(name: str) -> RefusedError:
    return RefusedError(
        f"{name} has more than {DEEPEST} lists and objects inside each other; correct it"
    )
