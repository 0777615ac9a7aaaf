# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that yield their progress from 0 to 1 and return a result."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def last(steps: Generator[float, None, Result]) -> Result:
    """Run a job to its end and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def within(
    steps: Generator[float, None, Result], start: float, share: float
) -> Generator[float, None, Result]:
    """Yield the progress of a job as a share of a longer one's, and return its result."""
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        yield start + share * done
