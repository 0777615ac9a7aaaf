# SPDX-License-Identifier: GPL-3.0-or-later
"""One test for one rule: run it on every case, and list all the cases that fail."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., None]


def each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Return a decorator that runs a test on every case, as `parametrize` does, but as one test.

    `names` are the arguments that a case gives. Fixtures are shared by the cases, except
    `tmp_path`, of which each case gets a folder of its own.
    """
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    rows = [dict(zip(keys, c if len(keys) > 1 else (c,), strict=True)) for c in cases]

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failures = []
            for number, row in enumerate(rows):
                try:
                    test(**_own_folder(fixtures, number), **row)
                except (AssertionError, pytest.fail.Exception) as error:
                    failures.append((row, error))
                except Exception as error:
                    error.add_note(f"in the case {row}")
                    raise
            if failures:
                lines = [f"{reprlib.repr(row)}: {error}" for row, error in failures]
                title = f"{len(failures)} of {len(rows)} cases fail"
                raise AssertionError("\n\n".join([title, *lines])) from failures[0][1]

        signature = inspect.signature(test)
        rest = [value for name, value in signature.parameters.items() if name not in keys]
        run.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return run

    return decorate


def _own_folder(fixtures: dict[str, Any], number: int) -> dict[str, Any]:
    if "tmp_path" not in fixtures:
        return fixtures
    folder: Path = fixtures["tmp_path"] / f"case{number}"
    folder.mkdir(parents=True)
    return {**fixtures, "tmp_path": folder}
